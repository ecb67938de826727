"""Tests for windows of many sessions: buy-and-hold returns and a portfolio in calendar time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.long_run import (
    bhar_skewness_adjusted_t,
    bhar_t,
    calendar_portfolio,
    calendar_time_t,
)
from analysis.estimators.events.own_sessions import trade_to_trade
from analysis.estimators.returns import simple_returns

WINDOW = (1, 40)
CHOICES: dict[str, Any] = {
    "factors": ("M", "S"), "length": 100, "gap": 5, "minimum": 50, "window": WINDOW,
}  # fmt: skip


@pytest.fixture
def returns():
    """Returns of four firms and two factors."""
    rng = np.random.default_rng(5)
    dates = pd.bdate_range("2020-01-01", periods=400)
    table = pd.DataFrame(rng.normal(0, 0.01, (400, 2)), dates, ["M", "S"])
    for name in "ABCD":
        table[name] = table["M"] - 0.3 * table["S"] + rng.normal(0, 0.02, 400)
    return table


def events_on(returns: pd.DataFrame, days: dict[str, list[int]]) -> pd.DataFrame:
    rows = [(name, returns.index[day]) for name, at in days.items() for day in at]
    return pd.DataFrame(rows, columns=["ticker", "day0"])


def overlapping(returns: pd.DataFrame, **choices: Any) -> EventStudy:
    events = events_on(returns, {"A": [150, 170], "B": [160], "C": [300], "D": [340]})
    return event_study(returns, events, **(CHOICES | choices))


def test_buy_and_hold_returns_compound(returns):
    """The mean of products less products of predictions, and scipy's t on them."""
    study = overlapping(returns)
    held = []
    for event, fit in zip(study.events.itertuples(), study.rows.itertuples(), strict=True):
        at = returns.index.get_loc(event.day0)
        part = returns.iloc[at + WINDOW[0] : at + WINDOW[1] + 1]
        normal = fit.alpha + fit.beta_M * part["M"] + fit.beta_S * part["S"]
        held.append((1 + part[event.ticker]).prod() - (1 + normal).prod())
    found, expected = bhar_t(study, *WINDOW), stats.ttest_1samp(held, 0)
    assert found.estimate == pytest.approx(np.mean(held), rel=1e-10)
    assert (found.statistic, found.p) == pytest.approx(tuple(expected), rel=1e-9)
    s, n, apart = np.mean(held) / np.std(held, ddof=1), len(held), np.array(held) - np.mean(held)
    g = n / ((n - 1) * (n - 2)) * (apart**3).sum() / np.std(held, ddof=1) ** 3
    t = np.sqrt(n) * (s + g * s**2 / 3 + g**2 * s**3 / 27 + g / (6 * n))
    skewed = bhar_skewness_adjusted_t(study, *WINDOW)
    assert skewed.statistic == pytest.approx(t, rel=1e-9)
    assert skewed.p == pytest.approx(2 * stats.t.sf(abs(t), n - 1), rel=1e-9)


def test_calendar_portfolio_is_a_regression_over_calendar_time(returns):
    """A loop over sessions and firms, each once, then least squares with HC3 by statsmodels."""
    study = overlapping(returns)
    y, x = [], []
    places = [(e.ticker, returns.index.get_loc(e.day0)) for e in study.events.itertuples()]
    for day in range(len(returns)):
        inside = {str(name) for name, at in places if WINDOW[0] <= day - at <= WINDOW[1]}
        if inside:
            y.append(returns.iloc[day][sorted(inside)].mean())
            x.append(returns.iloc[day][["M", "S"]].to_numpy())
    fit = sm.OLS(np.array(y, dtype=float), sm.add_constant(np.array(x, dtype=float))).fit()
    found = calendar_time_t(study, *WINDOW)
    length = WINDOW[1] - WINDOW[0] + 1
    assert found.n == len(y) == 140
    assert found.estimate == pytest.approx(length * fit.params[0], rel=1e-9)
    assert found.se == pytest.approx(length * fit.HC3_se[0], rel=1e-9)
    assert found.statistic == pytest.approx(fit.params[0] / fit.HC3_se[0], rel=1e-9)
    assert found.df == len(y) - 3
    assert found.p == pytest.approx(2 * stats.t.sf(abs(found.statistic), found.df), rel=1e-9)


@pytest.mark.parametrize("model", ["market_adjusted", "mean"])
def test_models_without_a_slope_give_their_abnormal_returns(returns, model):
    """The mean of abnormal returns by day, and an intercept alone."""
    factors = ("M",) if model == "market_adjusted" else ()
    study = overlapping(returns, model=model, factors=factors)
    y, x = calendar_portfolio(study, *WINDOW)
    assert x.shape == (y.size, 0)
    fit = sm.OLS(y, np.ones(y.size)).fit()
    found = calendar_time_t(study, *WINDOW)
    assert found.statistic == pytest.approx(fit.params[0] / fit.HC3_se[0], rel=1e-9)
    assert y[0] == pytest.approx(study.ar[0, 0], rel=1e-12)


def test_firms_on_sessions_of_their_own_keep_their_dates(returns):
    """A firm without prices on some days is in the portfolio on its own, with its factors."""
    prices = 50 * (1 + returns[["A", "B", "M", "S"]]).cumprod()
    prices.loc[prices.index[[120, 165, 166, 180]], "A"] = np.nan
    own = trade_to_trade(prices["A"].to_numpy(), prices[["M", "S"]].to_numpy().T,
                         np.empty((0, len(prices))), "simple")  # fmt: skip
    events = events_on(returns, {"A": [150], "B": [160]})
    table = simple_returns(prices).reindex(prices.index)
    study = event_study(table, events, own={"A": own}, **CHOICES)
    y, x = calendar_portfolio(study, *WINDOW)
    mine = prices["A"].dropna().pct_change()
    days = mine.index[mine.index.get_loc(returns.index[150]) + np.arange(WINDOW[0], WINDOW[1] + 1)]
    joined = pd.concat([mine[days], table["B"].iloc[161:201]], axis=1, sort=True)
    factors = prices[["M", "S"]].loc[prices["A"].notna()].pct_change().loc[days]
    both = pd.concat([factors, table[["M", "S"]].iloc[161:201]], keys=["A", "B"])
    np.testing.assert_allclose(y, joined.mean(axis=1), rtol=1e-10)
    np.testing.assert_allclose(x, both.groupby(level=1).mean(), rtol=1e-9)


def test_cut_windows_leave_the_portfolio_when_they_end(returns):
    """A firm whose window is cut is not held beyond it."""
    study = overlapping(returns).take(np.array([3, 4]))
    cut = study.cut_to(np.array([[1, 15], [1, 40]]))
    assert calendar_portfolio(cut, *WINDOW)[0].size == 15 + 40
    assert calendar_portfolio(study, *WINDOW)[0].size == 80


def test_few_sessions_are_refused(returns):
    """Ten sessions or more, and no session that fits itself."""
    study = overlapping(returns)
    assert "needs 10 calendar sessions" in calendar_time_t(study.take(np.array([3])), 1, 5).reason
    assert bhar_t(study.take(np.array([3])), 1, 5).reason == "needs at least two firm-events"
    empty = study.take(np.array([], dtype=int))
    assert calendar_time_t(empty, 1, 5).n == 0


def test_size_holds_where_windows_overlap():
    """Where firms share their noise the portfolio's t keeps its level, the t of BHARs does not."""
    rng, rejected = np.random.default_rng(3), np.zeros(2)
    for _ in range(200):
        shared = rng.normal(0, 0.02, 260)
        market = rng.normal(0, 0.01, 260)
        firms = {f"F{i}": market + shared + rng.normal(0, 0.01, 260) for i in range(8)}
        table = pd.DataFrame(firms | {"M": market}, pd.bdate_range("2020-01-01", periods=260))
        events = events_on(table, {name: [150 + 3 * i] for i, name in enumerate(firms)})
        study = event_study(table, events, **(CHOICES | {"factors": ("M",), "window": (1, 60)}))
        tests = (calendar_time_t(study, 1, 60), bhar_t(study, 1, 60))
        rejected += [test.p < 0.05 for test in tests]
    assert rejected[0] / 200 < 0.1
    assert rejected[1] / 200 > 0.3
