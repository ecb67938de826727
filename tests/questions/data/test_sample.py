"""Facts that must hold between findings and data, and a planted lag that must be found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.questions.data import sample
from analysis.questions.relative_beta import betas as relative_beta
from analysis.study.customs import correlations, monthly_returns
from analysis.study.panel import Panel


def test_betas_equal_covariance_over_variance(committed):
    """The full-sample beta, worked out here on the shared sessions."""
    betas = relative_beta.full_sample(committed).set_index(["firm", "benchmark"])["beta"]
    shared = committed.returns[["MP", "USAR", "CRML", "SPY"]].dropna()
    for firm in ("MP", "USAR", "CRML"):
        expected = np.cov(shared[firm], shared["SPY"])[0, 1] / shared["SPY"].var()
        assert betas[firm, "SPY"] == pytest.approx(expected, rel=1e-9)


def test_monthly_returns_count_whole_months_only(committed):
    """USAR's first month is April 2025: it listed in the middle of March."""
    months = monthly_returns(committed)["USAR"].dropna().index
    assert str(months[0]) == "2025-04"


def with_changes(panel: Panel, changes: pd.Series) -> Panel:
    """Replace the headline exports by levels whose log changes are the given ones."""
    levels = 1000 * np.exp(changes.cumsum())
    start = pd.Series([1000.0], index=pd.PeriodIndex([changes.index[0] - 1]))
    like = panel.snapshot.customs
    headline = like["series"] == "rare_earths_total"
    template = like[headline & (like["coverage"] == "month")].iloc[0].to_dict()
    template |= {"low": np.nan, "high": np.nan, "status": "reported"}
    rows = [template | {"month": m, "value": v} for m, v in pd.concat([start, levels]).items()]
    made = pd.DataFrame(rows).astype(like.dtypes.to_dict())
    customs = pd.concat([made, like[~headline]], ignore_index=True)
    return replace(panel, snapshot=replace(panel.snapshot, customs=customs))


def test_planted_customs_lag_is_found(quick):
    """Exports made from the next month's return correlate at lag one and nowhere else."""
    core = monthly_returns(quick)["core"].dropna()
    panel = with_changes(quick, core.shift(-1).dropna())
    lags = correlations(panel, ["pearson"], [("headline", "core")])
    headline = lags[lags["series"] == "headline"].set_index("lag")["estimate"]
    assert headline[1] == pytest.approx(1.0, abs=1e-9)
    assert headline.drop(1).abs().max() < 0.8


def test_an_event_without_a_second_coding_is_not_counted(committed: Panel) -> None:
    """Unknown is neither agreement nor disagreement."""
    events = committed.events.copy()
    events.loc[events.index[0], "second_direction"] = ""
    events.loc[events.index[1], "second_direction"] = "easing"
    numbers = {n.key: n.value for n in sample.compute(replace(committed, events=events)).numbers}
    assert events.iloc[1]["direction"] != "easing"
    assert numbers["data.second_coded"] == len(events) - 1
    assert numbers["data.second_agreeing"] == len(events) - 2
