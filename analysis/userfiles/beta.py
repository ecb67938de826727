"""Relative beta on a user's own prices: ``analysis.relative_beta``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.beta.equality import equal_betas
from analysis.estimators.beta.relative import (
    Slope,
    UpDown,
    bootstrap_beta,
    dimson_beta,
    huber_beta,
    ols_beta,
    scholes_williams_beta,
    shrink_betas,
    up_down_beta,
)
from analysis.estimators.beta.rolling import ewm_beta, rolling_beta
from analysis.estimators.multiplicity import holm
from analysis.estimators.returns import take_returns
from analysis.userfiles.options import BetaOptions, takes
from analysis.userfiles.output import as_text, check_columns, plain, records, spec

__all__ = ["document", "relative_beta"]

MOST_TOLD = 3  # assets that are named on the terminal
LARGEST = 1e60  # return of an asset, as a fraction: its fourth power is still a number
FEWEST = 30  # common returns below which no beta is worth a row
MARKET = "\0market"  # of the benchmark among the assets: no asset is called so
SHOWN = ["ticker", "n", "beta", "se_hc3", "low", "high", "huber.beta", "r2"]  # in the summary


@dataclass(frozen=True)
class BetaResult:
    """Frames of one run.

    Attributes
    ----------
    betas : DataFrame, one row an asset
        Least squares with three errors, shrunk and other estimates; see ``docs/beta.md``.
    rolling : DataFrame
        ``ticker``, ``date`` (last session of the window), ``beta``, ``se``, ``low``, ``high``,
        ``weighted`` (exponential weights).
    equality : DataFrame
        Tests of equal betas: of all assets first, then of each pair.
    skipped : DataFrame
        ``ticker``, ``reason``.
    options : BetaOptions
        What was chosen.
    days : Series
        Days with a price, by asset.
    """

    betas: pd.DataFrame
    rolling: pd.DataFrame
    equality: pd.DataFrame
    skipped: pd.DataFrame
    options: BetaOptions
    days: pd.Series

    def warnings(self) -> list[str]:
        """Return what a reader should know: assets that lack days of the benchmark, or have more.

        Returns then go from one common day to the next, a Friday to Monday.
        """
        told = []
        for row in self.betas.to_dict("records") if self.options.missing == "trade" else ():
            own = int(self.days[row["ticker"]])
            if own > row["n"] + 1:
                told.append(
                    f"{row['ticker']}: returns between the {row['n'] + 1:,} days that it shares "
                    f"with {self.options.benchmark}, of {own:,}"
                )
        more = f"{len(told) - MOST_TOLD} more assets with returns between common days"
        return told[:MOST_TOLD] + [more] * (len(told) > MOST_TOLD)

    def summary(self) -> str:
        """Return the betas and the tests that they are equal as text."""
        found = f"{len(self.betas)} assets on {self.options.benchmark}, {len(self.skipped)} skipped"
        tables = (
            self.betas.reindex(columns=SHOWN),
            self.equality.drop(columns="betas", errors="ignore"),
        )
        return "\n\n".join([found, *(as_text(table) for table in tables if len(table))])


@takes(BetaOptions)
def relative_beta(prices: pd.DataFrame, **options: Any) -> BetaResult:
    """Estimate the beta of each asset on a benchmark, in ways that disagree if few days decide.

    Parameters
    ----------
    prices : DataFrame, (T, A)
        Sessions (increasing dates) by assets; missing prices stay missing.
    **options

    Returns
    -------
    BetaResult

    Raises
    ------
    UserDataError
        If a column is missing, the benchmark does not vary, or the estimators refuse the options.

    Examples
    --------
    >>> import analysis, pandas as pd
    >>> prices = pd.read_csv("docs/example/prices.csv", index_col="date", parse_dates=True)
    >>> result = analysis.relative_beta(prices, benchmark="SPY", assets=["MP", "CRML"])
    >>> print(result.summary())
    2 assets on SPY, 0 skipped
    <BLANKLINE>
    ticker   n  beta se_hc3    low  high huber.beta      r2
        MP 456 1.246  0.237 0.7803 1.712      1.167 0.06245
      CRML 456 1.718 0.5185 0.6988 2.737      1.702 0.03445
    <BLANKLINE>
     assets     f p_value f_clustered p_clustered df1 df2   n p_value_holm p_clustered_holm
    MP+CRML 1.448  0.2294       1.489       0.223   1 454 456       0.2294            0.223
    """
    choices = BetaOptions(**options)
    assets = _assets(prices, choices)
    try:
        common = CommonReturns(prices[[*assets, choices.benchmark]], choices)
        pairs = {name: common.of([name]) for name in assets}
        reasons = {name: _reason(pair[name], pair[MARKET]) for name, pair in pairs.items()}
        kept = [name for name in assets if not reasons[name]]
        fits = [(name, pairs[name][name], pairs[name][MARKET]) for name in kept]
        betas = pd.DataFrame([_row(name, y, x, choices) for name, y, x in fits])
        rolling = [_rolling(name, y, x, choices) for name, y, x in fits]
        equality = _equality(common, kept)
    except ValueError as error:
        raise UserDataError(f"beta: {error}; change the option or the file") from None
    if len(kept) > 1:
        betas["shrunk"] = shrink_betas(betas["beta"], betas["se_hc3"])
    skipped = [{"ticker": name, "reason": text} for name, text in reasons.items() if text]
    return BetaResult(
        betas=betas,
        rolling=pd.concat(rolling, ignore_index=True) if rolling else pd.DataFrame(),
        equality=equality,
        skipped=pd.DataFrame(skipped),
        options=choices,
        days=prices[assets].notna().sum(),
    )


class CommonReturns:
    """Returns of some assets and the benchmark on the days that all of them share.

    Without a hole in any series these are the returns of all days.
    """

    def __init__(self, table: pd.DataFrame, options: BetaOptions) -> None:
        named = table.set_axis([*table.columns[:-1], MARKET], axis=1).astype(float)
        if options.missing == "lump":
            named = named[named[MARKET].notna()]
            alive = named.ffill().notna() & named.bfill().notna()
            filled = named.ffill() if options.given == "prices" else named.fillna(0)
            named = filled.where(alive)
        self._kind, self._given = options.returns, options.given
        self._holed = options.missing == "trade" and bool(named.isna().any(axis=None))
        self._table = named
        self._returns = self._taken(named)
        largest = self._returns.abs().max()
        if (largest > LARGEST).any():
            name = str(largest.idxmax()).replace(MARKET, options.benchmark)
            raise ValueError(
                f"{name}: expected returns that have a square, found {largest.max():.3g}"
            )

    def _taken(self, table: pd.DataFrame) -> pd.DataFrame:
        return take_returns(table, self._kind) if self._given == "prices" else table

    def of(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the returns of the assets and, as MARKET, of the benchmark."""
        columns = [*names, MARKET]
        if not self._holed:
            return self._returns[columns]
        return self._taken(self._table[columns].dropna())


def document(result: BetaResult, files: Sequence[Path]) -> dict[str, Any]:
    """Arrange a result for JSON: one entry an asset, its other estimates and path inside it."""
    assets = []
    for row in result.betas.to_dict("records"):
        path = result.rolling[result.rolling["ticker"] == row["ticker"]]
        assets.append(_nested(row) | {"rolling": records(path.drop(columns="ticker"))})
    return {
        "spec": spec(result.options, files),
        "assets": assets,
        "equality": records(result.equality),
        "skipped": records(result.skipped),
    }


def _assets(prices: pd.DataFrame, options: BetaOptions) -> list[str]:
    """Return the assets asked for; raise UserDataError where a column is no good."""
    named = options.assets or tuple(c for c in prices.columns if c != options.benchmark)
    check_columns("prices", prices, (options.benchmark, *named))
    values = prices[options.benchmark].dropna()
    if values.size < FEWEST or values.min() == values.max():
        raise UserDataError(
            f"prices, column {options.benchmark}: expected {FEWEST} varying prices of the "
            f"benchmark or more, found {values.size}; choose another benchmark"
        )
    return list(dict.fromkeys(named))


def _reason(returns: pd.Series, market: pd.Series) -> str:
    """Say why an asset has no beta; empty where it has one."""
    common = returns[returns.notna() & market.notna()]
    if len(common) < FEWEST:
        return f"too few common returns (found {len(common)}, needed {FEWEST})"
    if float(common.std()) <= 1e-12:
        return "constant returns"
    if np.allclose(common, market[common.index], rtol=1e-9, atol=1e-12):
        return "the benchmark itself"
    return ""


def _row(name: str, y: pd.Series, x: pd.Series, options: BetaOptions) -> dict[str, Any]:
    """Return every estimate of one asset, flat: ``huber.beta``, ``up_down.t``, ..."""
    common = y.index[y.notna() & x.notna()]
    fit = ols_beta(y, x, options.hac)
    low, high = fit.interval("hc3")
    shifts = {"lags": options.lags, "leads": options.leads, "hac_lags": options.hac}
    rng = np.random.default_rng(options.seed)
    others: dict[str, Slope | UpDown] = {
        "huber": huber_beta(y, x),
        "dimson": dimson_beta(y, x, **shifts),
        "bootstrap": bootstrap_beta(y, x, options.block, options.draws, rng),
        "up_down": up_down_beta(y, x, options.hac),
    }
    return (
        {"ticker": name, "start": common[0], "end": common[-1]}
        | asdict(fit)
        | {"low": low, "high": high, "scholes_williams": scholes_williams_beta(y, x)}
        | {f"{kind}.{k}": v for kind, found in others.items() for k, v in asdict(found).items()}
    )


def _rolling(name: str, y: pd.Series, x: pd.Series, options: BetaOptions) -> pd.DataFrame:
    """Return the path of one asset's beta."""
    path = rolling_beta(y, x, options.window)
    path["weighted"] = ewm_beta(y, x, options.halflife)
    path.insert(0, "ticker", name)
    return path.rename_axis("date").reset_index()[["ticker", "date", *path.columns[1:]]]


def _equality(common: CommonReturns, names: Sequence[str]) -> pd.DataFrame:
    """Test all assets together, then each pair, on their common days; Holm over the pairs."""
    sets = [tuple(names)] if len(names) > 2 else []
    rows = []
    for members in map(list, (*sets, *combinations(names, 2))):
        returns = common.of(members)
        if returns[members].notna().all(axis=1).sum() >= FEWEST + len(members):
            found = asdict(equal_betas(returns[members], returns[MARKET]))
            found["betas"] = found["betas"].tolist()
            rows.append({"assets": "+".join(members)} | found)
    table = pd.DataFrame(rows).rename(columns={"p": "p_value"})
    for column in ("p_value", "p_clustered") if rows else ():
        pair = table["assets"].str.count(r"\+") == 1
        table.loc[pair, f"{column}_holm"] = holm(table.loc[pair, column])
    return table


def _nested(row: dict[Any, Any]) -> dict[str, Any]:
    """Turn ``huber.beta`` into an entry ``beta`` of ``huber``."""
    nested: dict[str, Any] = {}
    for name, value in row.items():
        outer, _, inner = str(name).partition(".")
        place = nested.setdefault(outer, {}) if inner else nested
        place[inner or outer] = plain(value)
    return nested
