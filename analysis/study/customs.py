"""Customs data: whether China's export figures go with the returns of the miners."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.estimators.dependence.lead_lag import lead_lag, moving_blocks
from analysis.estimators.names import Method
from analysis.estimators.returns import equal_weight
from analysis.snapshot.customs import monthly_panel, release_days
from analysis.study.panel import Panel, estimate
from analysis.study.placebo import quiet_sessions

__all__ = [
    "DOLLARS",
    "METHODS",
    "NAMES",
    "SERIES",
    "TONNES",
    "clear_of_events",
    "correlations",
    "export_changes",
    "monthly_returns",
    "own_generator",
    "release_returns",
    "release_tests",
]

SERIES = {"rare_earths_total": "headline", "magnets_total": "magnets"}  # what the claims speak of
TONNES = {**SERIES, "magnets_to_us": "magnets_us"}
DOLLARS = "rare_earths_total_usd"  # the headline's value, for its value a tonne
NAMES = {
    "headline": "Headline exports",
    "magnets": "Magnet exports",
    "magnets_us": "Magnets to the US",
    "unit_value": "Headline unit value",
}
METHODS: tuple[Method, ...] = ("pearson", "spearman")


def export_changes(panel: Panel) -> dict[str, pd.Series]:
    """Return the log change of every series by month, unknown months left out.

    The unit value is the headline's value in dollars over its tonnage.
    """
    changes = monthly_panel(panel.snapshot.customs, panel.snapshot.choices)["change"]
    found = {name: changes.xs(series) for series, name in TONNES.items()}
    found["unit_value"] = changes.xs(DOLLARS) - found["headline"]
    return {name: change.dropna() for name, change in found.items()}


def monthly_returns(panel: Panel) -> pd.DataFrame:
    """Compound each core firm's returns within whole calendar months.

    Returns
    -------
    DataFrame
        Months by core firms and ``core``, their equal-weight mean (fraction). A firm's month counts
        if it traded as the present firm on every session of it.
    """
    firms = list(panel.snapshot.choices.firms.core)
    returns = panel.returns[firms]
    months = panel.snapshot.sessions.to_period("M")
    whole = returns.notna().groupby(months).all()
    compounded = (1 + returns.fillna(0)).groupby(months).prod() - 1
    monthly = compounded.where(whole)
    return monthly.assign(core=equal_weight(monthly, firms))


def correlations(
    panel: Panel,
    methods: Sequence[Method] = METHODS,
    pairs: Sequence[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Correlate log changes of exports with monthly returns at leads and lags.

    ``pairs`` of series and asset default to the two series of the claims with every core firm and
    their equal-weight mean ``core``, and the other series with ``core`` alone. Every pair has
    random numbers of its own, so that no result depends on what else is asked for.

    Returns
    -------
    DataFrame
        ``series``, ``asset``, ``method``, ``lag`` (months; positive: exports lead), ``n``,
        ``estimate``, ``low``, ``high``, ``p``, ``mde``.
    """
    choices = panel.snapshot.choices
    changes, returns = export_changes(panel), monthly_returns(panel)
    if pairs is None:
        pairs = [
            (series, str(asset))
            for series in changes
            for asset in returns
            if series in SERIES.values() or asset == "core"
        ]
    frames = []
    for series, asset in pairs:
        for method in methods:
            found = lead_lag(
                changes[series],
                returns[asset].dropna(),
                choices.customs.lags,
                method=method,
                block=choices.customs.block,
                draws=choices.inference.draws,
                rng=own_generator(choices.inference.seed, series, asset, method),
                level=choices.inference.level,
            )
            found = found.rename_axis("lag").reset_index()
            frames.append(found.assign(series=series, asset=asset, method=method))
    return pd.concat(frames, ignore_index=True)


def own_generator(seed: int, *names: str) -> np.random.Generator:
    """Return a generator that depends on the seed and these names alone."""
    return np.random.default_rng([seed, crc32("/".join(names).encode())])


def release_returns(panel: Panel) -> pd.DataFrame:
    """Compute the core portfolio's CAR on the days on which figures were released.

    Returns
    -------
    DataFrame
        One row a release with a session: ``series``, ``month``, ``coverage``, ``day0``, ``change``
        (log change of the figure, NaN where unknown), ``car``, ``se``, ``raw`` (fraction),
        ``clear`` (no listed event within the episode distance).
    """
    choices = panel.snapshot.choices
    changes = export_changes(panel)
    days = release_days(panel.snapshot.customs, panel.snapshot.sessions)
    names = {**TONNES, DOLLARS: "unit_value"}
    days = days[days["series"].isin(names)].dropna(subset=["session"])
    days = days.drop(columns="reason").rename(columns={"session": "day0"})
    days = days.drop_duplicates(["series", "day0"], keep="last")
    core = equal_weight(panel.returns, list(choices.firms.core)).rename("core")
    fitted = estimate(panel.snapshot, panel.returns.assign(core=core), days.assign(ticker="core"))
    found = pd.concat([fitted.rows, fitted.car(*choices.customs.release_window)], axis=1)
    found["series"] = found["series"].map(names)
    found["change"] = [
        changes[series].get(month, np.nan)
        for series, month in zip(found["series"], found["month"], strict=True)
    ]
    found["clear"] = clear_of_events(panel, pd.DatetimeIndex(found["day0"]))
    columns = ["series", "month", "coverage", "day0", "change", "raw", "car", "se", "clear"]
    return found.dropna(subset=["car"])[columns]


def clear_of_events(panel: Panel, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    """Mark sessions with no listed event within the episode distance."""
    at = panel.snapshot.sessions.get_indexer(days)
    clear: npt.NDArray[np.bool_] = quiet_sessions(panel)[at]
    return clear


def release_tests(panel: Panel, released: pd.DataFrame) -> pd.DataFrame:
    """Test the mean CAR of each series over all its release days and over those clear of events.

    Returns
    -------
    DataFrame
        ``series``, ``n``, ``mean``, ``low``, ``high`` (moving-block bootstrap over releases),
        ``p`` (Student t); ``n_clear``, ``mean_clear``, ``p_clear``. The unit value has the release
        days of the headline and is left out.
    """
    choices = panel.snapshot.choices
    rows = []
    for name in TONNES.values():
        part = released[released["series"] == name].sort_values("day0")
        car, clear = part["car"].to_numpy(), part.loc[part["clear"], "car"]
        rng = own_generator(choices.inference.seed, "release", name)
        block = min(choices.customs.block, len(car))
        drawn = car[moving_blocks(len(car), block, choices.inference.draws, rng)].mean(axis=1)
        tail = (1 - choices.inference.level) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail])
        rows.append(
            {
                "series": name,
                "n": len(part),
                "mean": float(car.mean()),
                "low": float(low),
                "high": float(high),
                "p": float(stats.ttest_1samp(car, 0).pvalue),
                "n_clear": len(clear),
                "mean_clear": float(clear.mean()),
                "p_clear": float(stats.ttest_1samp(clear, 0).pvalue),
            }
        )
    return pd.DataFrame(rows)
