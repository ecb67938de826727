"""Series of figures: whether their changes go with the returns of the firms."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.dependence.lead_lag import lead_lag, moving_blocks
from analysis.estimators.dependence.seasons import less_earlier_years
from analysis.estimators.names import Method
from analysis.estimators.returns import equal_weight
from analysis.reads import once
from analysis.snapshot.claims import Correlation
from analysis.snapshot.customs import monthly_panel, release_days
from analysis.snapshot.load import Snapshot
from analysis.snapshot.periods import Every, every_of
from analysis.snapshot.portfolios import parse_portfolio
from analysis.snapshot.series_choices import Series
from analysis.study.episodes import FEWEST
from analysis.study.panel import Panel, estimate
from analysis.study.placebo import quiet_sessions

__all__ = [
    "METHODS",
    "aligned_correlations",
    "correlate",
    "correlations",
    "each_firm_keys",
    "export_changes",
    "export_months",
    "list_names",
    "list_series",
    "monthly_returns",
    "release_returns",
    "release_tests",
    "say_every",
    "seasonal_changes",
    "series_keys",
]

METHODS: tuple[Method, ...] = ("pearson", "spearman")


def list_series(snapshot: Snapshot) -> dict[str, Series]:
    """Return the monthly series that are used, by their name in the file, in the order of tables.

    Those of ``customs.series`` that have figures; where the study names none, all of the file.
    """
    there = dict.fromkeys(snapshot.customs["series"])
    named = snapshot.choices.customs.series
    if not named:
        return {s: Series(s, s.replace("_", " ").capitalize(), each_firm=True) for s in there}
    return {series: entry for series, entry in named.items() if series in there}


def series_keys(snapshot: Snapshot) -> dict[str, str]:
    """Return the key of every series that is used, by its name in the file."""
    return {series: entry.key for series, entry in list_series(snapshot).items()}


def each_firm_keys(snapshot: Snapshot) -> dict[str, str]:
    """Return the same of those that are held against every core firm."""
    return {series: e.key for series, e in list_series(snapshot).items() if e.each_firm}


def list_names(snapshot: Snapshot) -> dict[str, str]:
    """Return the names in print by key, the series made of two with them."""
    names = {entry.key: entry.name for entry in list_series(snapshot).values()}
    made = snapshot.choices.customs.per_unit
    return names | ({made.key: made.name} if made else {})


def say_every(snapshot: Snapshot) -> Every:
    """Return the frequency of the figures, with its words."""
    return every_of(snapshot.customs["month"])


def export_months(panel: Panel) -> pd.DataFrame:
    """Return every export series by month: see :func:`analysis.snapshot.customs.monthly_panel`."""
    snapshot = panel.snapshot
    return once(snapshot, "months", lambda: monthly_panel(snapshot.customs, snapshot.choices))


def export_changes(panel: Panel) -> dict[str, pd.Series]:
    """Return the log change of every series by month, unknown months left out."""
    changes, made = export_months(panel)["change"], panel.snapshot.choices.customs.per_unit
    found = {name: changes.xs(series) for series, name in series_keys(panel.snapshot).items()}
    if made:
        found[made.key] = changes.xs(made.of) - changes.xs(made.per)
    return {name: change.dropna() for name, change in found.items()}


def seasonal_changes(panel: Panel, series: str) -> pd.Series:
    """Return the log change of a series less its mean in the same month of earlier years.

    Years before those of the study count for the means; months without an earlier year are left
    out.
    """
    snapshot = panel.snapshot
    figures = pd.concat([snapshot.earlier_customs, snapshot.customs], ignore_index=True)
    figures = figures[figures["series"] == series]
    changes = monthly_panel(figures, snapshot.choices)["change"].xs(series).dropna()
    adjusted = less_earlier_years(changes)
    first = snapshot.customs.loc[snapshot.customs["series"] == series, "month"].min()
    kept: pd.Series = adjusted[adjusted.index >= first].dropna()
    return kept


def aligned_correlations(panel: Panel, claim: Correlation) -> pd.DataFrame:
    """Correlate the series of a claim with returns as it asks: by lag, by release, or both.

    Returns
    -------
    DataFrame
        ``series``, ``with`` (``lag N`` or ``release``), and what :func:`correlate` finds.
    """
    changes, monthly = export_changes(panel), portfolio_months(panel, claim.of).dropna()
    keys = series_keys(panel.snapshot)
    released, frames = release_returns(panel), []
    single = released[released["coverage"] == "month"]  # sums of two months tell neither's change
    for series in claim.series:
        name = keys[series]
        x = seasonal_changes(panel, series) if series in claim.seasonal else changes[name]
        by_lag = correlate(
            panel.snapshot, x, monthly, claim.lags, "pearson", name, claim.of, "aligned"
        )
        frames.append(by_lag.assign(series=name, at=[f"lag {lag}" for lag in claim.lags]))
        if claim.releases:
            cars = single[single["series"] == name].set_index("month")["car"]
            at_once = correlate(panel.snapshot, x, cars, [0], "pearson", name, claim.of, "release")
            frames.append(at_once.assign(series=name, at="release"))
    return pd.concat(frames, ignore_index=True).rename(columns={"at": "with"})


def monthly_returns(panel: Panel) -> pd.DataFrame:
    """Compound each core firm's returns within the whole months, quarters or weeks of the figures.

    Returns
    -------
    DataFrame
        Months by core firms and ``core``, their equal-weight mean (fraction). A firm's month counts
        if it traded as the present firm on every session of it.
    """
    firms = list(panel.snapshot.choices.firms.core)
    monthly = _compound(panel, firms)
    return monthly.assign(core=equal_weight(monthly, firms))


def _compound(panel: Panel, tickers: Sequence[str]) -> pd.DataFrame:
    returns = panel.returns[list(tickers)]
    every = pd.PeriodIndex(panel.snapshot.customs["month"]).freqstr
    months = panel.snapshot.sessions.to_period(every)
    whole = returns.notna().groupby(months).all()
    return ((1 + returns.fillna(0)).groupby(months).prod() - 1).where(whole)


def portfolio_months(panel: Panel, of: str) -> pd.Series:
    """Compound the returns of the members of a portfolio within whole months, and hold it.

    The core is held by the firms that are known in a month.
    """
    if of == "core":
        return monthly_returns(panel)["core"]
    portfolio = parse_portfolio(of, panel.snapshot)
    return portfolio.hold(_compound(panel, portfolio.members))


def correlations(
    panel: Panel,
    methods: Sequence[Method] = METHODS,
    pairs: Sequence[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Correlate log changes of exports with monthly returns at leads and lags.

    ``pairs`` of series and asset default to every core firm and their equal-weight mean ``core``
    for the series that ask for it, and ``core`` alone for the others. Every pair has
    random numbers of its own, so that no result depends on what else is asked for.

    Returns
    -------
    DataFrame
        ``series``, ``asset``, ``method``, ``lag`` (months; positive: exports lead), ``n``,
        ``estimate``, ``low``, ``high``, ``p``, ``mde``.
    """
    changes, returns = export_changes(panel), monthly_returns(panel)
    wide = each_firm_keys(panel.snapshot).values()
    if pairs is None:
        pairs = [
            (series, str(asset))
            for series in changes
            for asset in returns
            if series in wide or asset == "core"
        ]
    lags, frames = panel.snapshot.choices.customs.lags, []
    for series, asset in pairs:
        known = returns[asset] if asset in returns else portfolio_months(panel, asset)
        x, y = changes[series], known.dropna()
        for method in methods:
            names = (series, asset, method)
            found = correlate(panel.snapshot, x, y, lags, method, *names).reset_index()
            frames.append(found.assign(series=series, asset=asset, method=method))
    return pd.concat(frames, ignore_index=True)


def correlate(
    snapshot: Snapshot,
    x: pd.Series,
    y: pd.Series,
    lags: Sequence[int],
    method: Method,
    *names: str,
) -> pd.DataFrame:
    """Correlate with the study's blocks, draws and level: see :func:`lead_lag`.

    ``names`` tell the random numbers from those of other pairs.
    """
    block, inference = snapshot.choices.customs.block, snapshot.choices.inference
    rng = own_generator(inference.seed, *names)
    draws, level = inference.draws, inference.level
    return lead_lag(x, y, lags, method=method, block=block, draws=draws, rng=rng, level=level)


def own_generator(seed: int, *names: str) -> np.random.Generator:
    """Return a generator that depends on the seed and these names alone."""
    return np.random.default_rng([seed, crc32("/".join(names).encode())])


def release_returns(panel: Panel) -> pd.DataFrame:
    """Compute the core portfolio's CAR on the days on which figures were released.

    Returns
    -------
    DataFrame
        One row a release with a session: ``series``, ``month``, ``coverage``, ``day0``, ``change``
        (log change of the figure, NaN where unknown), ``raw``, ``car``, ``se`` (fraction),
        ``clear`` (no listed event within the episode distance).
    """
    choices, names = panel.snapshot.choices, series_keys(panel.snapshot)
    if made := choices.customs.per_unit:
        names = {**names, made.of: made.key}
    days = release_days(panel.snapshot.customs, panel.snapshot.sessions)
    days = days[days["series"].isin(names)].dropna(subset=["session"])
    days = days.drop(columns="reason").rename(columns={"session": "day0"})
    days = days.drop_duplicates(["series", "day0"], keep="last")
    core = equal_weight(panel.returns, list(choices.firms.core)).rename("core")
    returns, days = panel.returns.assign(core=core), days.assign(ticker="core")
    fitted = estimate(panel.snapshot, returns, days, intercept=panel.intercept)
    found = pd.concat([fitted.rows, fitted.car(*choices.customs.release_window)], axis=1)
    found["series"] = found["series"].map(names)
    changes = pd.concat(export_changes(panel), names=["series", "month"]).rename("change")
    found = found.join(changes, on=["series", "month"])
    at = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(found["day0"]))
    found["clear"] = quiet_sessions(panel)[at]
    columns = ["series", "month", "coverage", "day0", "change", "raw", "car", "se", "clear"]
    return found.dropna(subset=["car"])[columns]


def release_tests(panel: Panel, released: pd.DataFrame) -> pd.DataFrame:
    """Test the mean CAR of each series over all its release days and over those clear of events.

    Returns
    -------
    DataFrame
        ``series``, ``n``, ``mean``, ``low``, ``high`` (moving-block bootstrap over releases),
        ``p`` (Student t); ``n_clear``, ``mean_clear``, ``p_clear``. Series with fewer than three
        release days are left out, and one made of two, which has the days of another.
    """
    choices, rows = panel.snapshot.choices, []
    for name in series_keys(panel.snapshot).values():
        part = released[released["series"] == name].sort_values("day0")
        car = part["car"].to_numpy()
        if len(car) < FEWEST:
            continue
        row: dict[str, str | float] = {"series": name}
        for end, values in (("", car), ("_clear", car[part["clear"]])):
            mean, p = np.nan, np.nan
            if len(values) >= FEWEST:
                mean, p = float(values.mean()), float(stats.ttest_1samp(values, 0).pvalue)
            row |= {f"n{end}": len(values), f"mean{end}": mean, f"p{end}": p}
        rng = own_generator(choices.inference.seed, "release", name)
        block = min(choices.customs.block, len(car))
        drawn = car[moving_blocks(len(car), block, choices.inference.draws, rng)].mean(axis=1)
        row["low"], row["high"] = np.quantile(drawn, choices.inference.tails)
        rows.append(row)
    columns = ["series", "n", "mean", "p", "n_clear", "mean_clear", "p_clear", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
