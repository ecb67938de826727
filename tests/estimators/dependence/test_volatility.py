from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from arch import arch_model

from analysis.estimators.dependence.volatility import (
    garch,
    half_life,
    leverage,
    volatility_change,
)


def test_volatility_change_compares_the_days_around(returns):
    """Event days -20 to -1 against 1 to 10; day 0 is in neither."""
    ours = volatility_change(returns, before=20, after=10)
    earlier = returns["A0"].iloc[180:200].std()
    later = returns["A0"].iloc[201:211].std()
    assert ours["A0"].iloc[200] == pytest.approx(np.log(later / earlier), rel=1e-9)


def test_day_0_does_not_enter_the_change(returns):
    """A jump on the day is not a change of volatility."""
    before = volatility_change(returns, 20, 10).iloc[200]
    returns.iloc[200] += 1.0
    pd.testing.assert_series_equal(volatility_change(returns, 20, 10).iloc[200], before)


def test_doubled_volatility_shows_as_log_two(returns):
    """Returns that double from a session on."""
    calm = pd.concat([returns.iloc[:100]] * 2).reset_index(drop=True)
    calm.iloc[100:] *= 2.0
    change = volatility_change(calm, before=99, after=99)
    flat = volatility_change(pd.concat([returns.iloc[:100]] * 2).reset_index(drop=True), 99, 99)
    np.testing.assert_allclose(change.iloc[100] - flat.iloc[100], np.log(2.0), rtol=1e-9)


def test_constant_returns_have_no_change():
    """Zero over zero is unknown."""
    still = pd.DataFrame({"A": np.zeros(60)})
    assert volatility_change(still, 10, 10)["A"].isna().all()


def test_garch_recovers_its_parameters():
    """5,000 simulated returns with α 0.1 and β 0.85."""
    rng = np.random.default_rng(12)
    h, shock, values = 1e-4, 0.0, []
    for _ in range(5000):
        h = 5e-6 + 0.10 * shock**2 + 0.85 * h
        shock = np.sqrt(h) * rng.normal()
        values.append(shock)
    series = pd.Series(values, index=pd.bdate_range("2000-01-03", periods=5000))
    fit = garch(series, "normal")
    assert fit.persistence == pytest.approx(0.95, abs=0.05)
    assert fit.conditional.mean() == pytest.approx(0.01, rel=0.1)
    assert fit.conditional.index.equals(series.index)


def test_half_of_a_shock_is_gone_after_the_half_life():
    """The persistence to the power of the half-life is a half; a shock that stays has none."""
    assert 0.95 ** half_life(0.95) == pytest.approx(0.5)
    assert half_life(1.0) == np.inf


def test_garch_does_not_depend_on_the_unit(returns):
    """Percent or fraction: the persistence stays, volatility scales."""
    one, two = garch(returns["A0"], "normal"), garch(returns["A0"] * 100, "normal")
    assert one.persistence == pytest.approx(two.persistence, abs=1e-3)
    assert two.conditional.iloc[-1] == pytest.approx(100 * one.conditional.iloc[-1], rel=1e-6)


def test_garch_refuses_short_series(returns):
    """Below a hundred returns the likelihood says nothing."""
    with pytest.raises(ValueError, match="at least 100"):
        garch(returns["A0"].iloc[:50])


def gjr_returns(gamma: float, n: int, seed: int) -> pd.Series:
    """Simulate the model whose leverage term is tested, with normal shocks."""
    rng = np.random.default_rng(seed)
    shocks, returns, variance = rng.normal(size=n), np.empty(n), 1e-4
    for t in range(n):
        returns[t] = np.sqrt(variance) * shocks[t]
        falls = gamma * (returns[t] < 0)
        variance = 5e-6 + (0.03 + falls) * returns[t] ** 2 + (0.90 - gamma / 2) * variance
    return pd.Series(returns)


def test_planted_leverage_is_found():
    """A fall that adds more than a rise of its size is found; without it nothing is."""
    found = leverage(gjr_returns(0.25, 3000, seed=1), "normal")
    assert found.gamma == pytest.approx(0.25, abs=3 * found.se)
    assert found.p < 0.001
    assert leverage(gjr_returns(0.0, 3000, seed=2), "normal").p > 0.05


def test_leverage_is_what_arch_fits():
    """The same model fitted by arch on returns in percent."""
    returns = gjr_returns(0.2, 800, seed=3)
    oracle = arch_model(100 * returns, mean="Constant", p=1, o=1, q=1, dist="t", rescale=False)
    fit = oracle.fit(disp="off")
    assert leverage(returns).gamma == pytest.approx(fit.params["gamma[1]"], abs=2e-3)
    with pytest.raises(ValueError, match="at least 100"):
        leverage(returns.iloc[:50])
