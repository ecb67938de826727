"""Scholes-Williams and Dimson event studies against regressions written out one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.named_tests import run_tests
from analysis.estimators.events.portfolio import portfolio_study

MODELS = ("scholes_williams", "dimson")


def windows(returns, study, row):
    """Return the event's returns and, with one more session at both ends, the factor's."""
    at = int(study.position[row])
    y = returns[study.rows["ticker"][row]].iloc[at - 130 : at - 10]
    return y, returns["SPY"].iloc[at - 131 : at - 9]


def weights(model, x):
    """Return w of ``β̂ = w'y`` from the factor on the window and its two neighbours."""
    lag, same, lead = x[:-2], x[1:-1], x[2:]
    if model == "scholes_williams":
        z = lag + same + lead
        return (z - z.mean()) / ((z - z.mean()) @ same)
    design = np.column_stack([np.ones(len(same)), lag, same, lead])
    return np.array([0.0, 1, 1, 1]) @ np.linalg.pinv(design)


@pytest.mark.parametrize("model", MODELS)
def test_fit_and_error_follow_from_the_weights(returns, events, model):
    """β̂ = w'y, α̂ from the means, s² over n - 2, and the variance of α̂L2 + β̂Σx plus errors.

    The error is worked out from the linear map of returns to CAR, not from our formula.
    """
    study = event_study(returns, events, model=model)
    cars = study.car(-1, 3)
    for row in (0, 7, 14):
        y, x = (part.to_numpy() for part in windows(returns, study, row))
        w, same = weights(model, x), x[1:-1]
        beta = w @ y
        alpha = y.mean() - beta * same.mean()
        s2 = ((y - alpha - beta * same) ** 2).sum() / 118
        at = int(study.position[row])
        event = returns.iloc[at - 1 : at + 4]
        ar = event[study.rows["ticker"][row]] - alpha - beta * event["SPY"]
        total = event["SPY"].sum()
        mapped = 5 * (1 / 120 - same.mean() * w) + total * w  # the estimated normal return
        error = np.sqrt(s2 * (5 + mapped @ mapped))
        found = study.rows.iloc[row]
        assert found["beta_SPY"] == pytest.approx(beta, rel=1e-9)
        assert found["alpha"] == pytest.approx(alpha, rel=1e-9)
        assert found["sigma"] == pytest.approx(np.sqrt(s2), rel=1e-9)
        assert cars["car"][row] == pytest.approx(ar.sum(), rel=1e-9)
        assert cars["se"][row] == pytest.approx(error, rel=1e-9)
        assert cars["df"][row] == 118


def test_dimson_is_the_sum_of_three_slopes(returns, events):
    """Statsmodels' regression on the factor a session before, the same and a session after."""
    study = event_study(returns, events, model="dimson")
    y, x = windows(returns, study, 4)
    shifted = pd.concat([x.shift(1), x, x.shift(-1)], axis=1).loc[y.index]
    fit = sm.OLS(y.to_numpy(), sm.add_constant(shifted.to_numpy())).fit()
    assert study.rows["beta_SPY"][4] == pytest.approx(fit.params[1:].sum(), rel=1e-9)


def test_scholes_williams_is_the_instrumental_slope(returns, events):
    """The ratio of the covariances with the factor on three sessions."""
    study = event_study(returns, events, model="scholes_williams")
    y, x = windows(returns, study, 4)
    three = x.shift(1) + x + x.shift(-1)
    _, with_x, with_y = np.cov(pd.concat([three, x, y], axis=1).dropna().to_numpy().T)[0]
    assert study.rows["beta_SPY"][4] == pytest.approx(with_y / with_x, rel=1e-9)


def test_hand_worked_scholes_williams():
    """Four estimation days, in percent, as on paper.

    Factor 0 | 1, -1, 1, -1 | 0, 2, so that z = 0, 1, -1, 0, and returns 1, -4, 2, 1. Σzx = -2 and
    Σzy = -6: slope 3, intercept 0, residuals -2, -1, -1, 4, s² = 22 / 2 = 11, w'w = 2 / 4. On days
    0 and 1 the returns 1 and 7 leave 1 and 1; the variance is 11 (2 + 4/4 + 2²/2) = 55.
    """
    index = pd.bdate_range("2025-01-01", periods=7)
    frame = pd.DataFrame({"A": [5, 1, -4, 2, 1, 1, 7], "M": [0, 1, -1, 1, -1, 0, 2]}, index) / 100
    events = pd.DataFrame({"ticker": ["A"], "day0": [index[5]]})
    options: dict[str, Any] = {"length": 4, "gap": 1, "minimum": 4, "window": (0, 1)}
    study = event_study(frame, events, factors=["M"], model="scholes_williams", **options)
    row, car = study.rows.iloc[0], study.car(0, 1).iloc[0]
    assert row["beta_M"] == pytest.approx(3.0)
    assert row["alpha"] == pytest.approx(0.0, abs=1e-15)
    assert row["sigma"] == pytest.approx(0.01 * np.sqrt(11))
    assert car["car"] == pytest.approx(0.02)
    assert car["se"] == pytest.approx(0.01 * np.sqrt(55))


@pytest.mark.parametrize("model", MODELS)
def test_slope_of_a_stale_price_is_recovered(model):
    """Half of the move arrives a session late: least squares sees half the slope, these all."""
    rng = np.random.default_rng(5)
    market = pd.Series(rng.normal(0, 0.01, 900), pd.bdate_range("2020-01-01", periods=900))
    stale = 1.0 * market + 1.0 * market.shift(1).fillna(0) + rng.normal(0, 0.005, 900)
    returns = pd.DataFrame({"A": stale, "SPY": market})
    events = pd.DataFrame({"ticker": ["A"], "day0": [returns.index[880]]})
    options: dict[str, Any] = {"length": 800, "minimum": 100}
    plain = event_study(returns, events, **options).rows["beta_SPY"][0]
    assert plain == pytest.approx(1.0, abs=0.15)
    assert event_study(returns, events, model=model, **options).rows["beta_SPY"][
        0
    ] == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("model", MODELS)
def test_session_without_neighbours_does_not_enter(returns, events, model):
    """A missing factor takes three sessions out of the fit, and the row counts what is left."""
    at = returns.index.get_loc(events["day0"][0])
    returns.iloc[at - 60, returns.columns.get_loc("SPY")] = np.nan
    study = event_study(returns, events.iloc[:1], model=model)
    assert study.rows["n_estimation"][0] == 117
    assert int(np.isfinite(study.fitted.residuals()[0]).sum()) == 117
    assert study.fitted.residuals()[0][
        np.isfinite(study.fitted.residuals()[0])
    ].sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_first_session_of_the_data_lacks_a_neighbour(returns, model):
    """The window that reaches the first session starts a session later."""
    events = pd.DataFrame({"ticker": ["A0"], "day0": [returns.index[100]]})
    row = event_study(returns, events, model=model).rows.iloc[0]
    assert row["estimation_start"] == returns.index[1]
    assert row["n_estimation"] == 89


@pytest.mark.parametrize("model", MODELS)
def test_portfolio_car_is_the_mean_of_the_cars(returns, events, model):
    """Both slopes are linear in the return, so that averaging and fitting change places."""
    study = event_study(returns, events.iloc[:6], model=model)
    joined = portfolio_study(study, "day0")
    assert joined.car(0, 4)["car"][0] == pytest.approx(study.car(0, 4)["car"].mean(), rel=1e-9)


@pytest.mark.parametrize("model", [*MODELS, "garch"])
def test_tests_built_on_least_squares_are_refused(returns, events, model):
    """Exact F tests and the conformal refit say why they give no number; the others give one."""
    study = event_study(returns, events.iloc[:3], model=model, minimum=100)
    table = run_tests(study, 0, 1, np.random.default_rng(0))
    for name in ("joint_f", "equal_response_f", "conformal"):
        assert "least squares" in table["reason"][name]
    for name in ("t_time_series", "patell", "kp_bmp", "corrado", "portfolio_t"):
        assert 0 < table["p"][name] <= 1


@pytest.mark.parametrize("model", MODELS)
def test_two_factors_are_refused(returns, events, model):
    """The corrections are defined for one market."""
    with pytest.raises(ValueError, match="expected one factor, found"):
        event_study(returns, events, model=model, factors=("SPY", "XME"))
