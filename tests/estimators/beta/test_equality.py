"""Tests of equal betas against the multivariate linear model and systems of regressions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.system import SUR
from statsmodels.multivariate.multivariate_ols import _MultivariateOLS

from analysis.estimators.beta.equality import equal_betas


def design(x: pd.Series | pd.DataFrame) -> np.ndarray:
    return sm.add_constant(x.to_numpy(), has_constant="add")


def test_equal_betas_is_the_multivariate_f(returns):
    """The exact F equals that of the multivariate linear model for equal slopes."""
    assets = returns[["A0", "A1", "A2"]]
    ours = equal_betas(assets, returns["SPY"])
    model = _MultivariateOLS(assets.to_numpy(), design(returns["SPY"])).fit()
    contrast = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    test = model.mv_test([("equal", np.array([[0.0, 1.0]]), contrast)])
    wilks = test.results["equal"]["stat"].loc["Wilks' lambda"]
    assert ours.f == pytest.approx(float(wilks["F Value"]), rel=1e-8)
    assert (ours.df1, ours.df2) == (wilks["Num DF"], wilks["Den DF"])
    assert ours.p == pytest.approx(float(wilks["Pr > F"]), rel=1e-8)


def test_equal_betas_is_the_sur_wald_in_its_exact_form(returns):
    """With the same regressor for all, SUR's Wald times a known factor is the exact F."""
    assets = ["A0", "A1", "A2"]
    x = pd.DataFrame({"const": 1.0, "SPY": returns["SPY"]})
    fit = SUR({a: {"dependent": returns[a], "exog": x} for a in assets}).fit(
        method="ols", cov_type="unadjusted"
    )
    slopes = fit.params.to_numpy()[1::2]
    covariance = fit.cov.to_numpy()[1::2, 1::2]
    pick = np.array([[1.0, 0, -1], [0, 1, -1]])
    wald = (pick @ slopes) @ np.linalg.solve(pick @ covariance @ pick.T, pick @ slopes)
    n, q = 400, 2
    exact = wald * (n - 2) / n * (n - 2 - q + 1) / ((n - 2) * q)
    ours = equal_betas(returns[assets], returns["SPY"])
    assert ours.f == pytest.approx(exact, rel=1e-8)


def test_clustered_wald_equals_stacked_regression_clustered_by_day(returns):
    """Stacking the firms and clustering by session gives the same covariance."""
    assets = ["A0", "A1", "A2"]
    y = returns[assets].to_numpy().T.ravel()
    blocks = np.kron(np.eye(3), design(returns["SPY"]))
    fit = sm.OLS(y, blocks).fit(
        cov_type="cluster",
        cov_kwds={"groups": np.tile(np.arange(400), 3), "use_correction": False},
    )
    pick = np.zeros((2, 6))
    pick[0, [1, 5]], pick[1, [3, 5]] = (1, -1), (1, -1)
    wald = float(np.squeeze(fit.wald_test(pick, use_f=False, scalar=True).statistic))
    n, q = 400, 2
    expected = wald * (n - 2) / n * (n - 2 - q + 1) / ((n - 2) * q)
    ours = equal_betas(returns[assets], returns["SPY"])
    assert ours.f_clustered == pytest.approx(expected, rel=1e-8)


def test_equal_betas_does_not_depend_on_the_order_of_the_firms(returns):
    """The contrast to the last firm is as good as any other."""
    one = equal_betas(returns[["A0", "A1", "A2"]], returns["SPY"])
    two = equal_betas(returns[["A2", "A0", "A1"]], returns["SPY"])
    assert one.f == pytest.approx(two.f, rel=1e-9)
    assert one.f_clustered == pytest.approx(two.f_clustered, rel=1e-9)


def test_equal_betas_needs_two_assets_and_enough_sessions(returns):
    """One slope is equal to itself; as many sessions as firms leave nothing to test with."""
    with pytest.raises(ValueError, match="two assets"):
        equal_betas(returns[["A0"]], returns["SPY"])
    with pytest.raises(ValueError, match="too few"):
        equal_betas(returns[["A0", "A1"]].iloc[:3], returns["SPY"])


def test_one_session_more_than_too_few_is_enough(returns):
    """Two assets: three complete sessions are too few, four leave two degrees of freedom."""
    assert (equal_betas(returns[["A0", "A1"]].iloc[:4], returns["SPY"])).df2 == 2
    gap = returns[["A0", "A1"]].iloc[:4].copy()
    gap.iloc[1, 0] = np.nan
    with pytest.raises(ValueError, match="3 complete sessions are too few for 2 assets"):
        equal_betas(gap, returns["SPY"])
