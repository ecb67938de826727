"""Customs data: whether China's export figures go with the returns of the miners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.dependence import Method, lead_lag
from analysis.estimators.returns import equal_weight
from analysis.findings.panel import Panel, estimate
from analysis.snapshot.customs import monthly_panel, release_days

__all__ = [
    "METHODS",
    "NAMES",
    "SERIES",
    "correlations",
    "monthly_returns",
    "release_returns",
    "release_tests",
]

SERIES = {"rare_earths_total": "headline", "magnets_total": "magnets"}
NAMES = {"headline": "Headline exports", "magnets": "Magnet exports"}
METHODS: tuple[Method, ...] = ("pearson", "spearman")


def monthly_returns(panel: Panel) -> pd.DataFrame:
    """Compound each core firm's returns within whole calendar months.

    Returns
    -------
    DataFrame
        Months by core firms and ``core``, their equal-weight mean (fraction). A firm's month counts
        if it traded as the present firm on every session of it.
    """
    firms = list(panel.snapshot.study.firms.core)
    returns = panel.returns[firms]
    months = panel.snapshot.sessions.to_period("M")
    whole = returns.notna().groupby(months).all()
    compounded = (1 + returns.fillna(0)).groupby(months).prod() - 1
    monthly = compounded.where(whole)
    return monthly.assign(core=equal_weight(monthly, firms))


def correlations(
    panel: Panel, methods: Sequence[Method] = METHODS, assets: Sequence[str] | None = None
) -> pd.DataFrame:
    """Correlate log changes of exports with monthly returns at leads and lags.

    ``assets`` defaults to every core firm and their equal-weight mean ``core``.

    Returns
    -------
    DataFrame
        ``series``, ``asset``, ``method``, ``lag`` (months; positive: exports lead), ``n``,
        ``estimate``, ``low``, ``high``, ``p``, ``mde``.
    """
    study = panel.snapshot.study
    changes = monthly_panel(panel.snapshot.customs, study)
    returns = monthly_returns(panel)
    rng = np.random.default_rng(study.inference.seed)
    frames = []
    for series, name in SERIES.items():
        x = changes.xs(series)["change"].dropna()
        for asset in assets or returns.columns:
            for method in methods:
                found = lead_lag(
                    x,
                    returns[asset].dropna(),
                    study.customs.lags,
                    method=method,
                    block=study.customs.block,
                    draws=study.inference.draws,
                    rng=rng,
                    level=study.inference.level,
                )
                found = found.rename_axis("lag").reset_index()
                frames.append(found.assign(series=name, asset=asset, method=method))
    return pd.concat(frames, ignore_index=True)


def release_returns(panel: Panel) -> pd.DataFrame:
    """Compute the core portfolio's CAR on the days on which figures were released.

    Returns
    -------
    DataFrame
        One row a release with a session: ``series``, ``month``, ``day0``, ``change`` (log change
        of the figure, NaN where unknown), ``car``, ``se``, ``raw`` (fraction).
    """
    study = panel.snapshot.study
    changes = monthly_panel(panel.snapshot.customs, study)
    days = release_days(panel.snapshot.customs, panel.snapshot.sessions)
    days = days[days["series"].isin(SERIES)].dropna(subset=["session"])
    days = days.drop(columns="reason").rename(columns={"session": "day0"})
    days = days.drop_duplicates(["series", "day0"], keep="last")
    core = equal_weight(panel.returns, list(study.firms.core)).rename("core")
    fitted = estimate(panel.snapshot, panel.returns.assign(core=core), days.assign(ticker="core"))
    found = pd.concat([fitted.rows, fitted.car(*study.customs.release_window)], axis=1)
    found["change"] = [
        changes["change"].get((series, month), np.nan)
        for series, month in zip(found["series"], found["month"], strict=True)
    ]
    found["series"] = found["series"].map(SERIES)
    return found.dropna(subset=["car"])[["series", "month", "day0", "change", "raw", "car", "se"]]


def release_tests(panel: Panel, released: pd.DataFrame) -> pd.DataFrame:
    """Test the mean CAR of each series and its rank correlation with the figure released."""
    level = panel.snapshot.study.inference.level
    rows = []
    for name, part in released.groupby("series", sort=False):
        mean = stats.ttest_1samp(part["car"], 0)
        low, high = mean.confidence_interval(level)
        both = part.dropna(subset=["change"])
        rank = stats.spearmanr(both["change"], both["car"])
        rows.append(
            {
                "series": NAMES[str(name)],
                "n": len(part),
                "mean": float(part["car"].mean()),
                "low": float(low),
                "high": float(high),
                "p": float(mean.pvalue),
                "n_change": len(both),
                "rank": float(rank.statistic),
                "p_rank": float(rank.pvalue),
            }
        )
    return pd.DataFrame(rows)
