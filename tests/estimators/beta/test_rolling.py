"""Betas through time against regressions of each window."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.regression.rolling import RollingOLS

from analysis.estimators.beta.rolling import ewm_beta, rolling_beta


def design(x: pd.Series | pd.DataFrame) -> np.ndarray:
    return sm.add_constant(x.to_numpy(), has_constant="add")


@pytest.mark.parametrize("window", [3, 60, 120])
def test_rolling_beta_equals_a_regression_per_window(returns, window):
    """Prefix sums give what RollingOLS gives, slope and error."""
    ours = rolling_beta(returns["A0"], returns["SPY"], window)
    oracle = RollingOLS(returns["A0"].to_numpy(), design(returns["SPY"]), window=window).fit()
    np.testing.assert_allclose(ours["beta"], oracle.params[window - 1 :, 1], rtol=1e-8)
    np.testing.assert_allclose(ours["se"], oracle.bse[window - 1 :, 1], rtol=1e-6)
    assert ours.index[0] == returns.index[window - 1]


def test_rolling_beta_skips_missing_pairs(returns):
    """The window counts sessions on which both returns are known."""
    y = returns["A0"].copy()
    y.iloc[50:60] = np.nan
    complete = y.drop(y.index[50:60])
    expected = rolling_beta(complete, returns["SPY"], 60)
    pd.testing.assert_frame_equal(rolling_beta(y, returns["SPY"], 60), expected)


def test_rolling_beta_of_a_still_factor_is_unknown(returns):
    """No variation, no slope."""
    x = returns["SPY"].copy()
    x.iloc[100:200] = 0.01
    ours = rolling_beta(returns["A0"], x, 60)
    assert ours["beta"].isna().sum() == 41


def test_rolling_beta_with_too_few_sessions(returns):
    """Fewer sessions than the window give an empty table; a window of two is an error."""
    assert rolling_beta(returns["A0"].iloc[:20], returns["SPY"], 60).empty
    with pytest.raises(ValueError, match="at least 3"):
        rolling_beta(returns["A0"], returns["SPY"], 2)


def test_ewm_beta_is_a_weighted_slope(returns):
    """The last value is the weighted least-squares slope with halving weights."""
    ours = ewm_beta(returns["A0"], returns["SPY"], halflife=30)
    weights = 0.5 ** (np.arange(400)[::-1] / 30)
    fit = sm.WLS(returns["A0"].to_numpy(), design(returns["SPY"]), weights=weights).fit()
    assert ours.iloc[-1] == pytest.approx(fit.params[1], rel=1e-9)
    assert ours.isna().sum() == 19
