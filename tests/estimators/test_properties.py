"""What must not matter, and what must add up, whatever the data: properties of the whole study."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.named_tests import run_tests
from analysis.estimators.returns import log_returns, simple_returns

MODELS = ("market", "mean", "market_adjusted", "scholes_williams", "dimson")
ONCE = settings(max_examples=12, deadline=None)
NAMES = ("t_time_series", "patell", "kp_bmp", "corrado", "wilcoxon", "portfolio_t", "joint_f")


@pytest.fixture(scope="module")
def prices(simulated):
    """Prices of six firms and two funds."""
    return 30 * (1 + simulated(11)).cumprod()


def study(prices, model="market", kind="simple", tickers=range(6), at=300):
    returns = (log_returns if kind == "log" else simple_returns)(prices)
    events = pd.DataFrame({"ticker": [f"A{i}" for i in tickers], "day0": prices.index[at]})
    return event_study(returns, events, model=model, kind=kind)


def outcomes(found):
    return run_tests(found, 0, 3, np.random.default_rng(0), NAMES)[["statistic", "p"]]


@ONCE
@given(
    st.lists(st.floats(1e-3, 1e3), min_size=8, max_size=8),
    st.sampled_from(MODELS),
    st.sampled_from(["simple", "log"]),
)
def test_scale_of_prices_does_not_matter(prices, factors, model, kind):
    """A split or another currency of any asset changes no CAR and no error."""
    plain = study(prices, model, kind).car(0, 3)
    scaled = study(prices * np.array(factors), model, kind).car(0, 3)
    np.testing.assert_allclose(scaled[["car", "se", "bhar"]], plain[["car", "se", "bhar"]], 1e-8)


@ONCE
@given(st.integers(-500, 500), st.sampled_from(MODELS))
def test_date_of_the_calendar_does_not_matter(prices, days, model):
    """All dates moved by the same number of sessions: the same numbers."""
    moved = prices.set_axis(prices.index + pd.offsets.BDay(days))
    pd.testing.assert_frame_equal(study(moved, model).car(0, 3), study(prices, model).car(0, 3))


@ONCE
@given(st.permutations(range(6)))
def test_order_of_the_firms_does_not_matter(prices, order):
    """No test of a group depends on the order of its rows."""
    pd.testing.assert_frame_equal(
        outcomes(study(prices, tickers=order)), outcomes(study(prices)), rtol=1e-8
    )


@ONCE
@given(st.integers(-10, 19), st.sampled_from(MODELS))
def test_window_is_the_sum_of_its_parts(prices, cut, model):
    """CAR[-10, 20] = CAR[-10, cut] + CAR[cut + 1, 20], and compounded returns multiply."""
    found = study(prices, model)
    whole, early, late = (found.car(*w) for w in ((-10, 20), (-10, cut), (cut + 1, 20)))
    np.testing.assert_allclose(whole["car"], early["car"] + late["car"], rtol=1e-8, atol=1e-14)
    joined = (1 + early["raw"]) * (1 + late["raw"]) - 1
    np.testing.assert_allclose(whole["raw"], joined, rtol=1e-8, atol=1e-14)


@ONCE
@given(st.sets(st.integers(170, 288), max_size=50))
def test_gaps_leave_the_fit_of_the_sessions_that_are_left(prices, gaps):
    """A missing price takes two returns out of the estimation; the rest is plain least squares."""
    holed = prices.copy()
    holed.iloc[list(gaps), 0] = np.nan
    found = study(holed, tickers=[0])
    returns = simple_returns(holed).loc[prices.index[170] : prices.index[289], ["A0", "SPY"]]
    left = returns.dropna()
    fit = sm.OLS(left["A0"].to_numpy(), sm.add_constant(left["SPY"].to_numpy())).fit()
    if len(left) < 60:
        assert found.skipped["reason"].str.startswith("too few").all()
        return
    row = found.rows.iloc[0]
    assert row["n_estimation"] == len(left)
    assert (row["estimation_start"], row["estimation_end"]) == (left.index[0], left.index[-1])
    assert row["beta_SPY"] == pytest.approx(fit.params[1], rel=1e-9)
    assert row["sigma"] == pytest.approx(np.sqrt(fit.scale), rel=1e-9)


@ONCE
@given(st.floats(-0.05, 0.05))
def test_drift_of_the_firm_goes_into_alpha(prices, drift):
    """The same amount added to every return of a firm moves alpha and no abnormal return."""
    returns = simple_returns(prices)
    events = pd.DataFrame({"ticker": ["A1"], "day0": [returns.index[300]]})
    plain = event_study(returns, events)
    moved = event_study(returns.assign(A1=returns["A1"] + drift), events)
    np.testing.assert_allclose(moved.ar, plain.ar, rtol=1e-7, atol=1e-14)
    assert moved.rows["alpha"][0] - plain.rows["alpha"][0] == pytest.approx(drift, abs=1e-14)
