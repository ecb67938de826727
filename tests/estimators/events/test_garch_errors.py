"""The event study with GARCH(1,1) errors against the arch package and by its formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from arch import arch_model

from analysis.estimators.events import garch_errors
from analysis.estimators.events.abnormal import event_study

OPTIONS: dict[str, Any] = {"model": "garch", "length": 250, "minimum": 100, "window": (-2, 3)}


@pytest.fixture(scope="module")
def restless():
    """600 sessions of a firm whose variance follows a GARCH(1,1), and of the market."""
    rng = np.random.default_rng(8)
    h, errors = 4e-4, np.empty(600)
    for t in range(600):
        errors[t] = np.sqrt(h) * rng.normal()
        h = 4e-5 + 0.3 * errors[t] ** 2 + 0.6 * h
    market = rng.normal(0, 0.01, 600)
    frame = pd.DataFrame({"A": 0.001 + 1.5 * market + errors, "SPY": market})
    return frame.set_index(pd.bdate_range("2022-01-03", periods=600))


@pytest.fixture(scope="module")
def fitted(restless):
    """The same window fitted with the arch package, in percent."""
    window = restless.iloc[400 - 260 : 400 - 10]
    model = arch_model(100 * window["A"], x=window[["SPY"]], mean="LS", p=1, q=1, rescale=False)
    return model.fit(disp="off")


def study(restless, **options):
    events = pd.DataFrame({"ticker": ["A"], "day0": [restless.index[400]]})
    return event_study(restless, events, **(OPTIONS | options))


def test_coefficients_are_those_of_the_arch_package(restless, fitted):
    """Whatever unit the likelihood is maximised in; the optimiser stops within 1e-4."""
    row = study(restless).rows.iloc[0]
    assert row["alpha"] == pytest.approx(fitted.params["Const"] / 100, rel=1e-3)
    assert row["beta_SPY"] == pytest.approx(fitted.params["SPY"] / 100, rel=1e-4)
    assert row["k"] == 2


def test_variance_of_an_event_day_is_the_forecast_of_the_arch_package(restless, fitted):
    """Event day -2 lies 9 sessions after the end of the estimation window, day 3 14."""
    ours = study(restless).fitted.forecast.variance[0]
    ahead = np.zeros((1, 14))
    theirs = fitted.forecast(horizon=14, x={"SPY": ahead}, reindex=False).variance.to_numpy()[0]
    np.testing.assert_allclose(ours, theirs[8:] / 1e4, rtol=2e-3)


def test_forecast_by_hand():
    """ω 1, persistence 1/2 and 4 to start from: 4, then 1 + 4/2 = 3, then 1 + 3/2 = 2.5."""
    path = garch_errors._expected(4.0, 1.0, 0.5, np.array([1, 2, 3]))
    np.testing.assert_allclose(path, [4.0, 3.0, 2.5], rtol=1e-15)


def test_error_of_a_car_adds_days_and_coefficients(restless):
    """The forecast variances of the days, and (L2, Σx) C (L2, Σx)' for the coefficients."""
    found = study(restless)
    forecast, row = found.fitted.forecast, found.car(0, 2).iloc[0]
    moved = np.array([3.0, restless["SPY"].iloc[400:403].sum()])
    expected = forecast.variance[0, 2:5].sum() + moved @ forecast.covariance[0] @ moved
    assert row["se"] == pytest.approx(np.sqrt(expected), rel=1e-9)


def test_restless_days_before_the_event_widen_the_error(restless):
    """Ten wild sessions at the end of the estimation window: a wider error than in the calm."""
    calm = study(restless, gap=3)
    wild = restless.copy()
    wild.iloc[388:398, 0] *= 6
    assert study(wild, gap=3).car(-2, 3)["se"][0] > 2 * calm.car(-2, 3)["se"][0]


def test_missing_sessions_at_the_end_lengthen_the_forecast(restless):
    """Four sessions without a return before the gap: event day -2 is 13 ahead of the last one."""
    holed = restless.copy()
    holed.iloc[400 - 14 : 400 - 10, 0] = np.nan
    window = restless.iloc[400 - 260 : 400 - 14]
    _, path, _ = garch_errors.fit_garch(
        window["A"].to_numpy(), window[["SPY"]].to_numpy(), np.arange(13, 19)
    )
    np.testing.assert_allclose(study(holed).fitted.forecast.variance[0], path, rtol=1e-12)


def test_take_keeps_forecasts_with_their_rows(returns, events):
    """A group carries the errors of its own events."""
    whole = event_study(returns, events.iloc[:4], model="garch", minimum=100)
    part = whole.take(np.array([2, 0]))
    np.testing.assert_allclose(part.car(0, 1)["se"], whole.car(0, 1)["se"][[2, 0]], rtol=1e-15)


def test_without_factor_variance_the_reason_says_so(returns, events):
    """A factor that does not move cannot have a slope."""
    returns["SPY"] = 0.001
    found = event_study(returns, events.iloc[:1], model="garch", minimum=100)
    assert "factors are constant or collinear" in found.skipped["reason"][0]


def test_likelihood_that_does_not_converge_is_skipped(returns, events, monkeypatch):
    """No number comes from an optimiser that gave up."""

    def gave_up(_, x, horizons):
        k = 1 + x.shape[1]
        return np.full(k, np.nan), np.full(horizons.size, np.nan), np.full((k, k), np.nan)

    monkeypatch.setattr(garch_errors, "fit_garch", gave_up)
    found = event_study(returns, events.iloc[:1], model="garch", minimum=100)
    assert found.rows.empty
    assert "does not converge" in found.skipped["reason"][0]


def test_short_windows_are_refused(returns, events):
    """Below a hundred sessions the likelihood says nothing."""
    with pytest.raises(ValueError, match="expected 100 or more for garch, found 60"):
        event_study(returns, events, model="garch", minimum=60)
