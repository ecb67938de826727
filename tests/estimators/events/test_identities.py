"""Identities between the estimators and whole systems of regressions, over windows of several days.

Independent sources: the multivariate linear model of statsmodels, seemingly unrelated regressions
of linearmodels, the exact sign test of statsmodels, and permutations counted by scipy.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from linearmodels.system import SUR
from scipy import stats
from statsmodels.multivariate.multivariate_ols import _MultivariateOLS
from statsmodels.stats.descriptivestats import sign_test

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.across_episodes import sign_flip
from analysis.estimators.events.firm_events import draw_sample
from analysis.estimators.events.joint import equal_response_f, joint_f
from analysis.estimators.events.parametric import bmp, kp_bmp
from analysis.estimators.events.portfolio import portfolio_t
from analysis.estimators.events.signs import sign, wilcoxon
from analysis.estimators.names import Model

FIRMS = [f"A{i}" for i in range(6)]
FACTORS = {
    "market": ("SPY",),
    "market and sector": ("SPY", "XME"),
    "mean": (),
    "no_intercept": ("SPY",),
}
FIRST, LAST = -1, 2
DAYS = LAST - FIRST + 1


def system(returns, at, factors, intercept):
    """Return responses and design with one dummy per window day, full sample."""
    used = returns.iloc[np.r_[at - 130 : at - 10, at + FIRST : at + LAST + 1]]
    dummies = np.vstack([np.zeros((120, DAYS)), np.eye(DAYS)])
    constant = np.ones((len(used), int(intercept)))
    return used[FIRMS], np.hstack([constant, used[list(factors)].to_numpy(), dummies])


@pytest.fixture(params=FACTORS)
def case(request, returns, events):
    """The study of six firms on one date, its system of regressions, and k."""
    factors = FACTORS[request.param]
    named: dict[str, Model] = {"mean": "mean", "no_intercept": "no_intercept"}
    model = named.get(request.param, "market")
    study = event_study(returns, events.iloc[:6], factors=factors, model=model)
    intercept = model != "no_intercept"
    y, x = system(returns, int(study.position[0]), factors, intercept)
    return study, y, x, intercept + len(factors)


def wilks(y, x, k, contrast):
    """Return Wilks' F of the summed day coefficients times `contrast` in the linear model."""
    summed = np.r_[np.zeros(k), np.ones(DAYS)][None]
    found = _MultivariateOLS(y.to_numpy(), x).fit().mv_test([("h", summed, contrast)])
    return found.results["h"]["stat"].loc["Wilks' lambda"]


def test_joint_f_is_wilks_f_over_a_window(case):
    """All CARs of four days zero, under one factor, two and none."""
    study, y, x, k = case
    expected, ours = wilks(y, x, k, np.eye(6)), joint_f(study, FIRST, LAST)
    assert ours.statistic == pytest.approx(float(expected["F Value"]), rel=1e-8)
    assert (ours.df, ours.df2) == (expected["Num DF"], expected["Den DF"])


def test_equal_response_f_is_wilks_f_over_a_window(case):
    """All CARs of four days equal."""
    study, y, x, k = case
    expected = wilks(y, x, k, np.vstack([np.eye(5), -np.ones(5)]))
    ours = equal_response_f(study, FIRST, LAST)
    assert ours.statistic == pytest.approx(float(expected["F Value"]), rel=1e-8)
    assert (ours.df, ours.df2) == (expected["Num DF"], expected["Den DF"])


@pytest.mark.parametrize("weights", ["equal", "risk"])
def test_squared_portfolio_t_is_the_f_of_the_weighted_car(case, weights):
    """Equal weights and risk weights, with the weights taken as given."""
    study, y, x, k = case
    share = np.ones(6) if weights == "equal" else 1 / study.sigma
    expected = wilks(y, x, k, (share / share.sum())[:, None])
    ours = portfolio_t(study, FIRST, LAST, weights)
    assert ours.statistic**2 == pytest.approx(float(expected["F Value"]), rel=1e-8)
    assert ours.df == expected["Den DF"]


def test_cars_and_errors_are_those_of_sur(case):
    """Seemingly unrelated regressions with day dummies: CAR, its error, and the joint Wald.

    linearmodels divides the covariance by all sessions, we by n - k: the window's days fit
    exactly, so that (120 + 4) / (120 - k) lies between the variances. Hotelling's Wald over six
    firms becomes the exact F with (ν - 5) / 6ν.
    """
    study, y, x, k = case
    exog = pd.DataFrame(x, index=y.index, columns=[f"x{i}" for i in range(x.shape[1])])
    fit = SUR({firm: {"dependent": y[firm], "exog": exog} for firm in FIRMS}).fit(
        method="ols", cov_type="unadjusted"
    )
    pick = np.kron(np.eye(6), np.r_[np.zeros(k), np.ones(DAYS)])
    cars = pick @ fit.params.to_numpy()
    covariance = pick @ fit.cov.to_numpy() @ pick.T * (120 + DAYS) / (120 - k)
    ours = study.car(FIRST, LAST)
    np.testing.assert_allclose(ours["car"], cars, rtol=1e-9)
    np.testing.assert_allclose(ours["se"], np.sqrt(np.diag(covariance)), rtol=1e-9)
    wald, nu = cars @ np.linalg.solve(covariance, cars), 120 - k
    exact = wald * (nu - 5) / (6 * nu)
    assert joint_f(study, FIRST, LAST).statistic == pytest.approx(exact, rel=1e-8)


def test_bmp_and_kp_agree_when_residuals_do_not_correlate(case):
    """KP is BMP times the root of (1 - r) / (1 + 5r): at r = 0 the same, here as computed."""
    study = case[0]
    sample = draw_sample(study, FIRST, LAST)
    residuals = study.fitted.residuals()
    scaled = residuals / np.linalg.norm(residuals, axis=1, keepdims=True)
    r = (scaled @ scaled.T)[np.triu_indices(6, 1)].mean()
    expected = bmp(sample).statistic * np.sqrt((1 - r) / (1 + 5 * r))
    assert kp_bmp(sample).statistic == pytest.approx(expected, rel=1e-9)


def test_sign_p_is_that_of_statsmodels(case):
    """The exact sign test, an implementation of its own."""
    sample = draw_sample(case[0], FIRST, LAST)
    assert sign(sample).p == pytest.approx(sign_test(sample.car)[1], rel=1e-12)


def test_signed_rank_p_counts_all_sign_patterns(case):
    """Scipy's permutation test over all 2^6 patterns with the signed-rank sum."""
    sample = draw_sample(case[0], FIRST, LAST)

    def centred(values, axis):
        ranks = stats.rankdata(np.abs(values), axis=axis)
        return np.abs((np.sign(values) * ranks).sum(axis=axis))

    found = stats.permutation_test(
        (sample.car,), centred, permutation_type="samples", n_resamples=9999,
        alternative="greater", vectorized=True,
    )  # fmt: skip
    assert wilcoxon(sample).p == pytest.approx(found.pvalue, rel=1e-12)


def test_ranks_are_scipys_to_the_last_digit(case):
    """Rank over T + 1 less one half, taken back: the ranks, whole or half numbers, exactly."""
    study = case[0]
    values = np.column_stack([study.fitted.residuals(), study.ar[:, study.days(FIRST, LAST)]])
    for row, ranks in enumerate(stats.rankdata(values, axis=1)):
        deviations = draw_sample(study.take(np.array([row])), FIRST, LAST).ranks.plain
        back = (deviations + 0.5) * (values.shape[1] + 1)
        np.testing.assert_allclose(back, ranks, rtol=1e-12)
        assert np.array_equal(np.round(2 * back), 2 * ranks)


def test_sign_flips_are_scipys_permutations():
    """All 2^7 patterns of seven episodes."""
    values = np.random.default_rng(3).normal(0.4, 1, 7)
    found = stats.permutation_test(
        (values,), lambda v, axis: np.abs(v.mean(axis=axis)), permutation_type="samples",
        n_resamples=9999, alternative="greater", vectorized=True,
    )  # fmt: skip
    ours = sign_flip(values, np.random.default_rng(0))
    assert ours.p == pytest.approx(found.pvalue, rel=1e-12)


def test_mean_model_is_the_market_model_on_a_market_that_explains_nothing(returns, events):
    """A factor orthogonal to the firm and at its own mean on day 0 changes no abnormal return."""
    at = returns.index.get_loc(events["day0"][0])
    window = slice(at - 130, at - 10)
    y = returns["A0"].to_numpy()
    x = np.random.default_rng(2).normal(size=len(y))
    yc = y[window] - y[window].mean()
    x[window] -= x[window].mean()
    x[window] -= (x[window] @ yc) / (yc @ yc) * yc
    x[at] = x[window].mean()
    frame = returns.assign(IDLE=x)
    event = events.iloc[:1]
    market = event_study(frame, event, factors=["IDLE"]).car(0, 0)["car"][0]
    mean = event_study(frame, event, model="mean").car(0, 0)["car"][0]
    assert market == pytest.approx(mean, rel=1e-9)
