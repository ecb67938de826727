"""Portfolio and joint tests against the multivariate linear model, and their size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.multivariate.multivariate_ols import _MultivariateOLS

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.joint import equal_response_f, joint_f
from analysis.estimators.events.portfolio import portfolio_study, portfolio_t


@pytest.fixture
def study(returns, events):
    """Six firms on one date."""
    return event_study(returns, events.iloc[:6])


def multivariate_f(returns, study, contrast):
    """Return Wilks' F for ``contrast`` of the day-0 coefficients in the multivariate regression."""
    at = int(study.position[0])
    used = returns.iloc[np.r_[at - 130 : at - 10, at]]
    day = np.r_[np.zeros(120), 1.0]
    x = np.column_stack([np.ones(121), used["SPY"], day])
    y = used[[f"A{i}" for i in range(6)]].to_numpy()
    test = _MultivariateOLS(y, x).fit().mv_test([("h", np.array([[0.0, 0, 1]]), contrast)])
    return test.results["h"]["stat"].loc["Wilks' lambda"]


def test_joint_f_is_wilks_f(returns, study):
    """All CARs zero: the F of the multivariate linear model."""
    expected = multivariate_f(returns, study, np.eye(6))
    ours = joint_f(study, 0, 0)
    assert ours.statistic == pytest.approx(float(expected["F Value"]), rel=1e-8)
    assert (ours.df, ours.df2) == (expected["Num DF"], expected["Den DF"])
    assert ours.p == pytest.approx(float(expected["Pr > F"]), rel=1e-8)


def test_equal_response_f_is_wilks_f(returns, study):
    """All CARs equal: the F of their differences, whichever firm is the base."""
    contrast = np.vstack([np.eye(5), -np.ones(5)])
    expected = multivariate_f(returns, study, contrast)
    ours = equal_response_f(study, 0, 0)
    assert ours.statistic == pytest.approx(float(expected["F Value"]), rel=1e-8)
    assert (ours.df, ours.df2) == (expected["Num DF"], expected["Den DF"])


def test_squared_portfolio_t_is_the_f_of_the_average(returns, study):
    """The equal-weight portfolio tests the average day-0 coefficient."""
    expected = multivariate_f(returns, study, np.full((6, 1), 1 / 6))
    ours = portfolio_t(study, 0, 0)
    assert ours.statistic**2 == pytest.approx(float(expected["F Value"]), rel=1e-8)
    assert ours.df == expected["Den DF"]


def test_joint_f_of_one_firm_is_its_squared_t(returns, events):
    """With one firm nothing is joint."""
    one = event_study(returns, events.iloc[:1])
    assert joint_f(one, -1, 3).statistic == pytest.approx(one.car(-1, 3)["t"][0] ** 2, rel=1e-9)


@pytest.mark.parametrize("model", ["market", "mean", "market_adjusted", "no_intercept"])
def test_joint_f_under_each_model_agrees_with_the_rows(returns, events, model):
    """Each model's joint F with one firm is the squared t of its row."""
    one = event_study(returns, events.iloc[:1], model=model)
    assert joint_f(one, 0, 4).statistic == pytest.approx(one.car(0, 4)["t"][0] ** 2, rel=1e-9)


def test_portfolio_is_the_regression_of_the_mean_return(returns, study):
    """Its fit is that of the average return on the factor."""
    at = int(study.position[0])
    mean = returns[[f"A{i}" for i in range(6)]].mean(axis=1).iloc[at - 130 : at - 10]
    fit = sm.OLS(
        mean.to_numpy(), sm.add_constant(returns["SPY"].iloc[at - 130 : at - 10].to_numpy())
    ).fit()
    row = portfolio_study(study, "day0").rows.iloc[0]
    assert row["beta_SPY"] == pytest.approx(fit.params[1], rel=1e-9)
    assert row["sigma"] == pytest.approx(np.sqrt(fit.mse_resid), rel=1e-9)
    assert row["n_firms"] == 6
    assert row["ticker"] == "A0+A1+A2+A3+A4+A5"


def test_portfolio_car_is_the_mean_of_the_cars(study):
    """Least squares is linear: averaging and fitting change places."""
    joined = portfolio_study(study, "day0")
    assert joined.car(0, 4)["car"][0] == pytest.approx(study.car(0, 4)["car"].mean(), rel=1e-9)


def test_risk_weights_give_volatile_firms_less(study):
    """The weights are proportional to 1 / sigma and sum to one."""
    weights = (1 / study.sigma) / (1 / study.sigma).sum()
    joined = portfolio_study(study, "day0", "risk")
    expected = weights @ study.car(0, 4)["car"].to_numpy()
    assert joined.car(0, 4)["car"][0] == pytest.approx(expected, rel=1e-9)
    assert joined.sigma[0] < portfolio_study(study, "day0").sigma[0]


def test_portfolio_uses_the_sessions_all_members_share(returns, events):
    """Nine sessions missing in one firm are missing in the portfolio."""
    at = returns.index.get_loc(events["day0"][0])
    returns.iloc[at - 50 : at - 41, 2] = np.nan
    study = event_study(returns, events.iloc[:6])
    assert portfolio_study(study, "day0").rows["n_estimation"][0] == 111
    assert portfolio_t(study, 0, 0).df == 109
    assert joint_f(study, 0, 0).df2 == 109 - 6 + 1


def test_one_portfolio_for_each_date(returns, events):
    """Rows are in the order of the dates."""
    study = event_study(returns, events)
    joined = portfolio_study(study, "day0")
    assert joined.rows["day0"].tolist() == sorted(set(events["day0"]))
    alone = portfolio_study(study.take(np.arange(6, 12)), "day0")
    assert joined.car(0, 1)["t"][1] == pytest.approx(alone.car(0, 1)["t"][0], rel=1e-12)


def test_portfolio_refuses_several_days_and_doubled_firms(returns, events):
    """Both would be a different statistic under the same name."""
    study = event_study(returns, events.assign(group="x"))
    with pytest.raises(ValueError, match="3 different day 0s"):
        portfolio_study(study, "group")
    twice = event_study(returns, pd.concat([events.iloc[:1]] * 2))
    with pytest.raises(ValueError, match="twice"):
        portfolio_study(twice, "day0")


def test_tests_of_one_date_are_refused_on_several(returns, events):
    """The outcome says what it needs."""
    study = event_study(returns, events)
    for test in (portfolio_t, joint_f, equal_response_f):
        assert "share one day 0" in test(study, 0, 0).reason


def test_unobserved_window_is_refused(returns):
    """A window beyond the data gives a reason instead of a number."""
    events = pd.DataFrame({"ticker": ["A0", "A1"], "day0": [returns.index[-2]] * 2})
    study = event_study(returns, events)
    for test in (portfolio_t, joint_f, equal_response_f):
        assert test(study, 0, 3).reason == "a return is missing in the event window"


def studies_of_single_days(returns, first, last):
    """Fit three firms on every session of a range at once; yield the study of each day."""
    days = np.repeat(returns.index[first:last], 3)
    events = pd.DataFrame({"ticker": ["A0", "A1", "A2"] * (last - first), "day0": days})
    study = event_study(returns, events, factors=("SPY", "XME"), window=(0, 0))
    for row in range(0, len(events), 3):
        yield study.take(np.arange(row, row + 3))


@pytest.mark.slow
def test_exact_tests_hold_their_size_on_correlated_firms(simulated):
    """Three correlated normal firms, 600 dates: each rejects in 3 to 7.5% at 5%.

    Estimation windows overlap; the event days do not, so rejections are close to independent and
    the bounds are more than two standard errors wide.
    """
    returns = simulated(21, sessions=750, assets=3)
    rejections = {portfolio_t: 0, joint_f: 0, equal_response_f: 0}
    for study in studies_of_single_days(returns, 140, 740):
        for test in rejections:
            rejections[test] += test(study, 0, 0).p <= 0.05
    for test, count in rejections.items():
        assert 0.03 <= count / 600 <= 0.075, test.__name__


@pytest.mark.slow
def test_detectable_joint_effect_is_found_four_times_in_five(simulated):
    """Planting the detectable move of the portfolio is significant on about 80% of the days."""
    returns = simulated(22, sessions=540, assets=3)
    found = 0
    for study in studies_of_single_days(returns, 140, 540):
        plain = portfolio_t(study, 0, 0)
        planted = (plain.estimate + plain.mde) / plain.se
        found += abs(planted) > 1.98
    assert 0.74 <= found / 400 <= 0.86
