"""Betas against statsmodels, linearmodels and scipy, and against planted slopes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.estimators.beta.by_column import Settings, fit_columns
from analysis.estimators.beta.relative import (
    dimson_beta,
    huber_beta,
    median_beta,
    ols_beta,
    shrink_betas,
    up_down_beta,
)


def design(x: pd.Series | pd.DataFrame) -> np.ndarray:
    return sm.add_constant(x.to_numpy(), has_constant="add")


def test_ols_beta_has_the_errors_of_the_textbook(returns):
    """Slope, classical and HC3 error from their matrix formulas."""
    y, x = returns["A0"].to_numpy(), design(returns["SPY"])
    fit = ols_beta(returns["A0"], returns["SPY"], hac_lags=5)
    bread = np.linalg.inv(x.T @ x)
    coefficients = bread @ x.T @ y
    residuals = y - x @ coefficients
    leverage = np.einsum("ij,jk,ik->i", x, bread, x)
    meat = (x * (residuals / (1 - leverage))[:, None] ** 2).T @ x
    assert fit.beta == pytest.approx(coefficients[1], rel=1e-9)
    assert fit.alpha == pytest.approx(coefficients[0], rel=1e-9)
    assert fit.se_hc3 == pytest.approx(np.sqrt((bread @ meat @ bread)[1, 1]), rel=1e-9)
    assert fit.sigma == pytest.approx(np.sqrt(residuals @ residuals / 398), rel=1e-9)
    assert fit.se_ols == pytest.approx(fit.sigma * np.sqrt(bread[1, 1]), rel=1e-9)


def test_hac_error_is_the_bartlett_sum(returns):
    """Newey-West from its definition: weighted cross products of the scores."""
    y, x = returns["A0"].to_numpy(), design(returns["SPY"])
    bread = np.linalg.inv(x.T @ x)
    scores = x * (y - x @ (bread @ x.T @ y))[:, None]
    meat = scores.T @ scores
    for lag in range(1, 4):
        cross = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / 4) * (cross + cross.T)
    expected = np.sqrt((bread @ meat @ bread)[1, 1] * 400 / 398)
    fit = ols_beta(returns["A0"], returns["SPY"], hac_lags=3)
    assert fit.se_hac == pytest.approx(expected, rel=1e-9)


def test_interval_is_slope_plus_and_minus_t_errors(returns):
    """The 95% interval on 398 degrees of freedom."""
    fit = ols_beta(returns["A0"], returns["SPY"], hac_lags=5)
    low, high = fit.interval("hac")
    assert (low + high) / 2 == pytest.approx(fit.beta)
    assert (high - low) / 2 == pytest.approx(1.965942 * fit.se_hac, rel=1e-6)


def test_pairs_are_matched_by_date(returns):
    """Incomplete rows are left out, and the order of the rows does not matter."""
    y = returns["A0"].copy()
    y.iloc[:10] = np.nan
    expected = ols_beta(y.iloc[10:], returns["SPY"].iloc[10:], hac_lags=5)
    fit = ols_beta(y, returns["SPY"], hac_lags=5)
    assert fit.beta == pytest.approx(expected.beta, rel=1e-12)
    assert fit.n == 390


def test_constant_factor_and_short_samples_are_refused(returns):
    """A slope needs variation and degrees of freedom."""
    with pytest.raises(ValueError, match="constant"):
        ols_beta(returns["A0"], returns["SPY"] * 0.0, hac_lags=5)
    with pytest.raises(ValueError, match="too few"):
        ols_beta(returns["A0"].iloc[:3], returns["SPY"], hac_lags=1)


def test_huber_beta_resists_a_few_wild_days(returns):
    """Three planted days move least squares by more than three times as much."""
    y = returns["A0"].copy()
    top = returns["SPY"].nlargest(3).index
    y[top] += 1.0
    ols = [ols_beta(s, returns["SPY"], 5).beta for s in (returns["A0"], y)]
    huber = [huber_beta(s, returns["SPY"]).beta for s in (returns["A0"], y)]
    assert abs(ols[1] - ols[0]) > 3 * abs(huber[1] - huber[0])


def test_dimson_beta_adds_up_late_reaction():
    """A return that takes half the factor today and half tomorrow has beta 1 in sum."""
    rng = np.random.default_rng(7)
    x = pd.Series(rng.normal(0, 0.01, 2000), index=pd.bdate_range("2015-01-01", periods=2000))
    y = 0.5 * x + 0.5 * x.shift(1) + rng.normal(0, 0.002, 2000)
    assert ols_beta(y, x, 5).beta == pytest.approx(0.5, abs=0.05)
    dimson = dimson_beta(y, x, lags=1, leads=1, hac_lags=5)
    assert dimson.beta == pytest.approx(1.0, abs=0.05)
    assert dimson.low < 1.0 < dimson.high


def test_dimson_beta_is_the_sum_of_the_slopes(returns):
    """Sum and error from the multiple regression on lag, day and lead."""
    x = returns["SPY"]
    frame = pd.concat([x.shift(1), x, x.shift(-1)], axis=1).iloc[1:-1]
    fit = sm.OLS(returns["A0"].iloc[1:-1].to_numpy(), design(frame)).fit(
        cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": True}
    )
    total = fit.t_test(np.array([0.0, 1, 1, 1]))
    ours = dimson_beta(returns["A0"], x, lags=1, leads=1, hac_lags=5)
    assert ours.beta == pytest.approx(float(total.effect.squeeze()), rel=1e-9)
    assert ours.se == pytest.approx(float(total.sd.squeeze()), rel=1e-9)


def test_up_and_down_slopes_equal_two_regressions(returns):
    """Each side has its own intercept, so the slopes are those of the halves."""
    y, x = returns["A0"], returns["SPY"]
    fit = up_down_beta(y, x, hac_lags=5)
    assert fit.up == pytest.approx(ols_beta(y[x >= 0], x[x >= 0], 5).beta, rel=1e-9)
    assert fit.down == pytest.approx(ols_beta(y[x < 0], x[x < 0], 5).beta, rel=1e-9)
    assert fit.difference == pytest.approx(fit.up - fit.down)
    assert fit.n_up + fit.n_down == 400


def test_planted_asymmetry_is_found():
    """A slope of 3 on falls and 1 on rises shows as a difference of -2."""
    rng = np.random.default_rng(8)
    x = pd.Series(rng.normal(0, 0.01, 1500))
    y = np.where(x < 0, 3 * x, x) + rng.normal(0, 0.005, 1500)
    fit = up_down_beta(pd.Series(y), x, hac_lags=5)
    assert fit.difference == pytest.approx(-2.0, abs=0.25)
    assert fit.p < 1e-6


def test_up_down_needs_both_sides(returns):
    """A factor that only rises has no downside."""
    with pytest.raises(ValueError, match="each side"):
        up_down_beta(returns["A0"], returns["SPY"].abs(), hac_lags=5)


def bootstrap(returns: pd.DataFrame, block: int, draws: int) -> dict[str, float]:
    """Return the bootstrap of the slope of A0 on SPY by field."""
    settings = Settings(hac=5, lags=1, leads=1, block=block, draws=draws, seed=3)
    found = fit_columns(returns[["A0"]].to_numpy(), returns["SPY"].to_numpy(), settings)
    parts = ("beta", "se", "low", "high", "n")
    return {name: float(found[f"bootstrap.{name}"][0]) for name in parts}


def test_bootstrap_with_blocks_of_one_session_has_the_robust_error(returns):
    """Independent draws of pairs estimate the heteroskedasticity-robust error."""
    ours = bootstrap(returns, 1, 4000)
    fit = ols_beta(returns["A0"], returns["SPY"], 5)
    assert ours["beta"] == pytest.approx(fit.beta, rel=1e-9)
    assert ours["se"] == pytest.approx(fit.se_hc3, rel=0.06)
    assert ours["low"] < fit.beta < ours["high"]


def test_bootstrap_of_one_block_returns_the_sample(returns):
    """A block as long as the sample is the sample: no spread is left."""
    ours = bootstrap(returns, 400, 50)
    assert ours["se"] == pytest.approx(0.0, abs=1e-9)
    assert ours["low"] == pytest.approx(ours["beta"])


def test_bootstrap_refuses_an_impossible_block(returns):
    """A block longer than the sample cannot be drawn."""
    with pytest.raises(ValueError, match="block"):
        bootstrap(returns, 401, 10)


def test_shrinking_pulls_the_noisier_slope_further():
    """Slopes 0, 1, 5 with variance 7 and mean squared error 1: v = 6, the weights are 6/7, ..."""
    betas = pd.Series([0.0, 1.0, 5.0], index=list("abc"))
    errors = pd.Series([1.0, 0.5, np.sqrt(1.75)], index=list("abc"))
    shrunk = shrink_betas(betas, errors)
    expected = [2 * (1 - 6 / 7), 1 * 6 / 6.25 + 2 * 0.25 / 6.25, (5 * 6 + 2 * 1.75) / 7.75]
    np.testing.assert_allclose(shrunk, expected)


def test_shrinking_without_real_differences_gives_the_mean():
    """If the errors explain the spread, all get the peer mean."""
    betas, errors = pd.Series([0.9, 1.1]), pd.Series([1.0, 1.0])
    np.testing.assert_allclose(shrink_betas(betas, errors), 1.0)


def test_median_beta_is_the_quantile_regression(returns):
    """The planted slope, and no single day can move it by more than a little."""
    y = returns["A0"].copy()
    plain = median_beta(y, returns["SPY"])
    oracle = sm.QuantReg(y.to_numpy(), design(returns["SPY"])).fit(q=0.5)
    assert plain.beta == pytest.approx(oracle.params[1], rel=1e-3)
    assert plain.low < plain.beta < plain.high
    residuals = y - plain.beta * returns["SPY"]
    above = residuals > residuals.median()
    assert abs(above.mean() - 0.5) < 0.01
    y[returns["SPY"].idxmax()] += 5.0
    assert abs(median_beta(y, returns["SPY"]).beta - plain.beta) < 2 * plain.se
