"""Lead-lag correlation on a user's own series: ``python -m analysis correlate --help``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.dependence.lead_lag import FEWEST_PAIRS, Method, lead_lag
from analysis.estimators.multiplicity import benjamini_hochberg, holm
from analysis.userfiles.output import plain, records

__all__ = ["METHODS", "Choices", "document", "joined", "run"]

METHODS = get_args(Method)
Form = Literal["level", "change", "log_change"]


@dataclass(frozen=True)
class Choices:
    """Every choice of one run; lags, leads and block count months or rows, as ``unit`` says.

    ``x_as`` and ``y_as`` turn series into changes from the row or month before.
    """

    x: tuple[str, ...]
    y: tuple[str, ...]
    unit: Literal["row", "month"] = "row"
    x_as: Form = "level"
    y_as: Form = "level"
    lags: int = 3
    leads: int = 3
    methods: tuple[str, ...] = METHODS
    block: int = 3
    draws: int = 4999
    seed: int = 1


def joined(frames: Sequence[pd.DataFrame], unit: Literal["row", "month"]) -> pd.DataFrame:
    """Put tables side by side by date or month.

    Returns
    -------
    DataFrame
        On a monthly PeriodIndex without gaps, or on row numbers of all dates in order.

    Raises
    ------
    UserDataError
        If two tables have a column of the same name, or a table two rows in a month.
    """
    names = [str(c) for frame in frames for c in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserDataError(f"data: expected each column once, found {twice[0]!r} again; rename it")
    if unit == "month":
        table = pd.concat([_monthly(frame) for frame in frames], axis=1).sort_index()
        return table.reindex(pd.period_range(table.index[0], table.index[-1], freq="M"))
    return pd.concat(frames, axis=1).sort_index().reset_index(drop=True)


def run(table: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    """Correlate every x with every y at every lead and lag by every method.

    Parameters
    ----------
    table : DataFrame
        From :func:`joined`.
    choices : Choices
        Everything else.

    Returns
    -------
    DataFrame, one row a correlation
        ``x``, ``y``, ``method``, ``lag`` (positive: x leads), ``n``, ``estimate``, ``low``,
        ``high``, ``p_value``, ``p_min``, ``mde``, ``p_holm``, ``p_bh`` (over all rows),
        ``reason`` where there is no number.

    Raises
    ------
    UserDataError
        If a column is missing or the choices cannot be used.
    """
    _check(table, choices)
    rng = np.random.default_rng(choices.seed)
    left = _formed(table[list(choices.x)], choices.x_as)
    right = _formed(table[list(choices.y)], choices.y_as)
    parts = []
    for x in choices.x:
        for y in choices.y:
            for method in choices.methods:
                found = lead_lag(
                    left[x], right[y], range(-choices.lags, choices.leads + 1),
                    method=cast(Method, method),
                    block=choices.block, draws=choices.draws, rng=rng,
                )  # fmt: skip
                parts.append(found.reset_index().assign(x=x, y=y, method=method))
    rows = pd.concat(parts, ignore_index=True).rename(columns={"p": "p_value"})
    few = rows["n"] < FEWEST_PAIRS
    reason = np.where(few, f"needs at least {FEWEST_PAIRS} pairs", "a series does not vary")
    rows["reason"] = np.where(rows["p_value"].isna(), reason, "")
    rows["p_holm"] = holm(rows["p_value"])
    rows["p_bh"] = benjamini_hochberg(rows["p_value"])
    return rows[["x", "y", "method", "lag", "n", "estimate", "low", "high", "p_value", "p_min",
                 "mde", "p_holm", "p_bh", "reason"]]  # fmt: skip


def document(rows: pd.DataFrame, settings: dict[str, Any]) -> dict[str, Any]:
    """Arrange a result for JSON, with the size of the family and its smallest p."""
    family = {
        "tests": int(rows["p_value"].notna().sum()),
        "smallest_p_value": plain(rows["p_value"].min()),
        "smallest_p_holm": plain(rows["p_holm"].min()),
    }
    return {"spec": settings, "family": family, "correlations": records(rows)}


def _monthly(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table by month, or say which month has two rows."""
    months = pd.DatetimeIndex(frame.index).to_period("M")
    if months.has_duplicates:
        again = months[months.duplicated()][0]
        raise UserDataError(f"data: expected one row a month, found {again} again; use --unit row")
    return frame.set_axis(months, axis=0)


def _formed(table: pd.DataFrame, form: Form) -> pd.DataFrame:
    """Return the series as they are, or their changes from the row or month before."""
    if form == "level":
        return table
    if form == "change":
        return table.diff()
    for name in table.columns:
        low = table[name] <= 0
        if low.any():
            raise UserDataError(
                f"data, column {name}: expected positive values for log changes, found "
                f"{table.loc[low, name].iloc[0]:g}; take changes instead"
            )
    return pd.DataFrame(np.log(table)).diff()


def _check(table: pd.DataFrame, choices: Choices) -> None:
    for name in (*choices.x, *choices.y):
        if name not in table.columns:
            raise UserDataError(
                f"data: expected a column {name!r}, found "
                f"{', '.join(map(str, table.columns[:8]))}; name one of the columns"
            )
    unknown = [name for name in choices.methods if name not in METHODS]
    if unknown:
        raise UserDataError(
            f"methods: expected names from {', '.join(METHODS)}, found {unknown[0]!r}; correct it"
        )
    for option, least in {"lags": 0, "leads": 0, "block": 1, "draws": 1}.items():
        if getattr(choices, option) < least:
            found = getattr(choices, option)
            raise UserDataError(f"{option}: expected {least} or more, found {found}; change it")
