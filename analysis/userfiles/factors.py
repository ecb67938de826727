"""Factors of the normal return from a file of their own, by name or as a well-known set."""

from __future__ import annotations

import pandas as pd

from analysis.errors import UserDataError
from analysis.userfiles.options import EventOptions
from analysis.userfiles.output import check_columns

__all__ = ["name_factors", "risk_free"]

SETS = {  # columns of each set of factors, in small letters without marks
    "ff3": ("mktrf", "smb", "hml"),
    "ff5": ("mktrf", "smb", "hml", "rmw", "cma"),
    "carhart": ("mktrf", "smb", "hml", "mom"),
}
OTHER_NAMES = {"umd": "mom", "wml": "mom", "mkt": "mktrf", "mktmrf": "mktrf"}


def _plain(name: object) -> str:
    small = "".join(letter for letter in str(name).lower() if letter.isalnum())
    return OTHER_NAMES.get(small, small)


def name_factors(
    options: EventOptions, prices: pd.DataFrame, factor_returns: pd.DataFrame | None
) -> tuple[str, ...]:
    """Return the columns of the factors, the benchmark first.

    Raises
    ------
    UserDataError
        If a column is missing, or the model needs factors that are not given.
    """
    table = factor_returns if factor_returns is not None else pd.DataFrame()
    if options.model in SETS:
        wanted = SETS[options.model]
        names = {_plain(name): str(name) for name in reversed(table.columns)}
        lacking = [name for name in wanted if name not in names]
        if lacking:
            found = ", ".join(map(str, table.columns)) or "no file of factors"
            raise UserDataError(
                f"--model {options.model}: expected the factors {', '.join(wanted)} in the file of "
                f"--factors, found {found}; give the file that has them"
            )
        return (*(names[name] for name in wanted), *options.factors)
    if not options.benchmark and options.model != "mean":
        raise UserDataError(
            "--benchmark: expected a column of the market, found none; name one of "
            f"{', '.join(map(str, [*prices.columns, *table.columns][:8]))}"
        )
    wanted = (options.benchmark, *options.factors) if options.benchmark else options.factors
    further = [name for name in table.columns if name not in prices.columns]
    check_columns("prices", prices.head(0).join(table.head(0)[further]), wanted)
    return wanted


def risk_free(factors: tuple[str, ...], factor_returns: pd.DataFrame | None) -> pd.Series | None:
    """Return the risk-free rate of the file, if the benchmark is a return in excess of it."""
    if factor_returns is None or not factors or _plain(factors[0]) != "mktrf":
        return None
    return next((factor_returns[n] for n in factor_returns.columns if _plain(n) == "rf"), None)
