"""Relative beta on a user's own prices: ``analysis.relative_beta``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.arrays import Floats
from analysis.estimators.beta.by_column import Settings, fit_columns
from analysis.estimators.beta.equality import equal_betas
from analysis.estimators.beta.relative import shrink_betas
from analysis.estimators.beta.rolling import beta_paths
from analysis.estimators.multiplicity import holm
from analysis.estimators.returns import take_returns
from analysis.userfiles.beta_result import YEAR, BetaResult
from analysis.userfiles.options import BetaOptions, takes
from analysis.userfiles.output import check_columns
from analysis.userfiles.periods import whole_periods

__all__ = ["BetaResult", "relative_beta"]

LARGEST = 1e60  # return of an asset, as a fraction: its fourth power is still a number
FEWEST = {"day": 30, "week": 12, "month": 12}  # common returns below which no beta is worth a row
MARKET = "\0market"  # of the benchmark among the assets: no asset is called so


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
    table = _by_period(prices[[*assets, choices.benchmark]], choices)
    try:
        common = CommonReturns(table, choices, _rate(prices, choices))
        parts = [_estimate(names, found, choices) for names, found in common.groups(assets)]
        reasons = {name: part.reasons.get(name, "") for part in parts for name in part.names}
        betas = _in_order([part.betas for part in parts], assets)
        equality = _equality(common, [name for name in assets if not reasons[name]], choices)
    except ValueError as error:
        raise UserDataError(f"beta: {error}; change the option or the file") from None
    if betas.empty:
        raise UserDataError(_tell_none(prices, assets, reasons, choices))
    if len(betas) > 1:
        betas["shrunk"] = shrink_betas(betas["beta"], betas["se_hc3"])
    skipped = [(name, reasons[name]) for name in assets if reasons[name]]
    return BetaResult(
        betas=betas,
        rolling=_in_order([part.rolling for part in parts], assets),
        equality=equality,
        skipped=pd.DataFrame(skipped, columns=["ticker", "reason"]),
        options=choices,
        days=prices[assets].notna().sum(),
    )


class CommonReturns:
    """Returns of some assets and the benchmark on the days that all of them share.

    Without a hole in any series these are the returns of all days. A risk-free return is taken
    from both, that of the day on which a return ends.
    """

    def __init__(
        self, table: pd.DataFrame, options: BetaOptions, rate: pd.Series | None = None
    ) -> None:
        self._rate = rate
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
        returns = take_returns(table, self._kind) if self._given == "prices" else table
        return returns if self._rate is None else returns.sub(self._rate[returns.index], axis=0)

    def of(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the returns of the assets and, as MARKET, of the benchmark."""
        columns = [*names, MARKET]
        if not self._holed:
            return self._returns[columns]
        return self._taken(self._table[columns].dropna())

    def groups(self, names: Sequence[str]) -> Iterator[tuple[list[str], pd.DataFrame]]:
        """Yield the assets that miss the same days, with their returns and those of MARKET."""
        missing = self._table[list(names)].isna().to_numpy()
        together: dict[bytes, list[str]] = {}
        for name, lacks in zip(names, missing.T, strict=True):
            together.setdefault(np.packbits(lacks).tobytes(), []).append(name)
        for members in together.values():
            yield members, self.of(members)


def _assets(prices: pd.DataFrame, options: BetaOptions) -> list[str]:
    """Return the assets asked for; raise UserDataError where a column is no good."""
    apart = {options.benchmark, options.risk_free}
    named = options.assets or tuple(c for c in prices.columns if c not in apart)
    rate = [options.risk_free] if options.risk_free else []
    check_columns("prices", prices, (options.benchmark, *rate, *named))
    values = _by_period(prices[[options.benchmark]].dropna(), options).iloc[:, 0]
    fewest = FEWEST[options.frequency]
    if values.size < fewest or values.min() == values.max():
        hint = _slow(prices, options)
        raise UserDataError(
            f"prices, column {options.benchmark}: expected {fewest} varying prices of the "
            f"benchmark or more, found {values.size}; {hint or 'choose another benchmark'}"
        )
    return list(dict.fromkeys(named))


def _by_period(prices: pd.DataFrame, options: BetaOptions) -> pd.DataFrame:
    """Return the table with one row a day, week or month."""
    if options.frequency == "day":
        return prices
    kind = None if options.given == "prices" else options.returns
    return whole_periods(prices, options.frequency, kind)


def _rate(prices: pd.DataFrame, options: BetaOptions) -> pd.Series | None:
    """Return the risk-free return of each row: percent a year over rows a year.

    A day without a rate has that of the day before: an account earns it until it changes.
    """
    if options.risk_free is None:
        return None
    rates = prices[[options.risk_free]].astype(float).ffill()
    if options.frequency != "day":
        rates = whole_periods(rates, options.frequency, None)
    rate = rates.iloc[:, 0] / 100 / YEAR[options.frequency]
    return np.log1p(rate) if options.returns == "log" else rate


def _slow(prices: pd.DataFrame, options: BetaOptions) -> str:
    """Return the advice for a file of months or weeks that was taken for one of days."""
    if options.frequency != "day" or len(prices) < FEWEST["month"]:
        return ""
    days = pd.Series(prices.index).diff().dt.days.median()
    if not days > 5:
        return ""
    unit = "week" if days < 15 else "month"
    return f"say --frequency {unit} if a row is a {unit}: then {FEWEST[unit]} returns are enough"


def _tell_none(
    prices: pd.DataFrame, assets: Sequence[str], reasons: dict[str, str], options: BetaOptions
) -> str:
    """Say why no asset has a beta."""
    told = "; ".join(f"{name}: {reasons[name]}" for name in assets[:3])
    return (
        f"beta: expected one asset with a beta or more, found none of {len(assets)} ({told}); "
        f"{_slow(prices, options) or 'choose other assets'}"
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What was found of assets that share their days, and why some of them have no beta."""

    names: list[str]
    betas: pd.DataFrame
    rolling: pd.DataFrame
    reasons: dict[str, str]


def _estimate(names: list[str], returns: pd.DataFrame, options: BetaOptions) -> _Part:
    """Estimate the betas and the paths of assets that share their days."""
    market, values = returns[MARKET].to_numpy(), returns[names].to_numpy()
    rows = ~np.isnan(values).any(axis=1) & ~np.isnan(market)
    y, x = values[rows], market[rows]
    found = (_reason(y[:, at], x, options) for at in range(len(names)))
    reasons = dict(zip(names, found, strict=True))
    kept = [at for at, name in enumerate(names) if not reasons[name]]
    if not kept:
        return _Part(names, pd.DataFrame(), pd.DataFrame(), reasons)
    dates, tickers = returns.index[rows], [names[at] for at in kept]
    settings = Settings(options.hac, options.lags, options.leads, options.block, options.draws,
                        options.seed)  # fmt: skip
    fields = fit_columns(values[:, kept], market, settings)
    betas = pd.DataFrame({"ticker": tickers, "start": dates[0], "end": dates[-1], **fields})
    paths = beta_paths(y[:, kept], x, options.window, options.halflife)
    days = dates[options.window - 1 :]
    labels = {"ticker": np.repeat(tickers, len(days)), "date": np.tile(days, len(kept))}
    path = pd.DataFrame(labels | {name: lines.ravel() for name, lines in paths.items()})
    return _Part(names, betas, path, reasons)


def _reason(y: Floats, x: Floats, options: BetaOptions) -> str:
    """Say why an asset has no beta; empty where it has one."""
    fewest = FEWEST[options.frequency]
    if len(y) < fewest:
        return f"too few common returns (found {len(y)}, needed {fewest})"
    if float(y.std(ddof=1)) <= 1e-12:
        return "constant returns"
    if np.allclose(y, x, rtol=1e-9, atol=1e-12):
        return "the benchmark itself"
    return ""


def _in_order(parts: Sequence[pd.DataFrame], assets: Sequence[str]) -> pd.DataFrame:
    """Join tables by asset, in the order of the assets."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return next((part for part in parts if len(part.columns)), pd.DataFrame())
    whole = pd.concat(filled, ignore_index=True)
    order = pd.Index(assets).get_indexer(pd.Index(whole["ticker"]))
    return whole.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _equality(common: CommonReturns, names: Sequence[str], options: BetaOptions) -> pd.DataFrame:
    """Test all assets together, then, if asked for, each pair on its common days, Holm over them.

    Two assets are all of them.
    """
    sets = [tuple(names)] if len(names) > 1 else []
    if options.pairs and len(names) > 2:
        sets += combinations(names, 2)
    rows = []
    for members in map(list, sets):
        returns = common.of(members)
        known = returns[members].notna().all(axis=1).sum()
        if known >= FEWEST[options.frequency] + len(members):
            found = asdict(equal_betas(returns[members], returns[MARKET]))
            found["betas"] = found["betas"].tolist()
            rows.append({"assets": "+".join(members)} | found)
    table = pd.DataFrame(rows).rename(columns={"p": "p_value"})
    for column in ("p_value", "p_clustered") if rows else ():
        pair = table["assets"].str.count(r"\+") == 1
        table.loc[pair, f"{column}_holm"] = holm(table.loc[pair, column])
    return table
