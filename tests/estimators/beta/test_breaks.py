"""The sup-Wald test against statsmodels, against its limit law, and on planted breaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.estimators.beta.breaks import sup_wald, wald_path


def series(n: int, break_at: int, change: float, seed: int, noise: float = 0.02):
    """Return y and x by session: the slope is 1 and moves by ``change`` at ``break_at``."""
    rng = np.random.default_rng(seed)
    sessions = pd.bdate_range("2025-03-17", periods=n)
    x = rng.normal(0, 0.01, n)
    slope = 1 + change * (np.arange(n) >= break_at)
    return pd.Series(slope * x + rng.normal(0, noise, n), sessions), pd.Series(x, sessions)


def test_statistic_is_the_robust_wald_of_two_regressions():
    """At every split: squared slope difference over the sum of the HC1 variances."""
    y, x = series(80, 40, 0.5, seed=1)
    y, x = y.to_numpy() * 50, x.to_numpy() * 100
    splits = np.array([12, 40, 61])
    wald, before, after = wald_path(y[None], x, splits)
    for column, split in enumerate(splits):
        fits = [
            sm.OLS(a, sm.add_constant(b)).fit(cov_type="HC1")
            for a, b in ((y[:split], x[:split]), (y[split:], x[split:]))
        ]
        slopes, errors = ([f.params[1] for f in fits], [f.bse[1] for f in fits])
        expected = (slopes[1] - slopes[0]) ** 2 / (errors[0] ** 2 + errors[1] ** 2)
        assert wald[0, column] == pytest.approx(expected, rel=1e-9)
        assert (before[0, column], after[0, column]) == pytest.approx(tuple(slopes), rel=1e-9)


def test_planted_break_is_found_at_its_date():
    """A slope that rises from 1 to 4 half way is found, dated within a week, and estimated."""
    y, x = series(340, 170, 3.0, seed=2)
    test = sup_wald(y, x, trim=0.15, draws=199, rng=np.random.default_rng(1))
    assert test.p == test.p_min == 1 / 200
    assert abs(y.index.get_loc(test.first) - 170) <= 8
    assert test.before == pytest.approx(1.0, abs=0.5)
    assert test.after == pytest.approx(4.0, abs=0.5)


def test_units_do_not_matter():
    """Returns in percent, and a shift of either series, give the same test."""
    y, x = series(200, 100, 1.0, seed=3)
    one, other = (
        sup_wald(a, b, trim=0.15, draws=99, rng=np.random.default_rng(1))
        for a, b in ((y, x), (100 * y + 3, 100 * x - 1))
    )
    assert other.statistic == pytest.approx(one.statistic, rel=1e-9)
    assert (other.p, other.first) == (one.p, one.first)
    assert other.before == pytest.approx(one.before, rel=1e-9)


def test_missing_returns_are_left_out():
    """A gap shortens the sample and nothing else."""
    y, x = series(200, 100, 1.0, seed=3)
    gap = y.copy()
    gap.iloc[30:40] = np.nan
    one = sup_wald(gap, x, trim=0.15, draws=19, rng=np.random.default_rng(1))
    other = sup_wald(gap.dropna(), x, trim=0.15, draws=19, rng=np.random.default_rng(1))
    assert (one.n, one.statistic) == (190, other.statistic)


def test_short_or_constant_samples_are_refused():
    """Both sides need sessions, and the regressor has to move."""
    y, x = series(20, 10, 1.0, seed=3)
    with pytest.raises(ValueError, match="too few"):
        sup_wald(y, x, trim=0.15, draws=9, rng=np.random.default_rng(1))
    y, x = series(100, 10, 1.0, seed=3)
    with pytest.raises(ValueError, match="does not vary"):
        sup_wald(y, x * 0, trim=0.15, draws=9, rng=np.random.default_rng(1))


def supremum_of_the_bridge(trim: float, seed: int) -> np.ndarray:
    """Draw the limit law: the largest squared standardised Brownian bridge."""
    rng = np.random.default_rng(seed)
    n, draws = 1000, 4000
    path = rng.normal(0, n**-0.5, (draws, n)).cumsum(axis=1)
    time = np.arange(1, n + 1) / n
    inside = (time >= trim) & (time <= 1 - trim)
    bridge = path - path[:, -1:] * time
    return (bridge[:, inside] ** 2 / (time * (1 - time))[inside]).max(axis=1)


@pytest.mark.slow
def test_statistic_follows_its_limit_law():
    """On many normal sessions the 95% point is that of the limit law (Andrews 1993)."""
    rng = np.random.default_rng(5)
    n = 2000
    splits = np.arange(300, 1701)
    largest = []
    for _ in range(40):
        x = rng.normal(size=n)
        largest.append(wald_path(rng.normal(size=(50, n)), x, splits)[0].max(axis=1))
    expected = np.quantile(supremum_of_the_bridge(0.15, 6), 0.95)
    found = np.quantile(np.concatenate(largest), 0.95)
    assert found == pytest.approx(expected, rel=0.06)
    assert expected == pytest.approx(8.7, abs=0.35)  # the tables give 8.68 after correction


@pytest.mark.slow
@pytest.mark.parametrize("tails", ["normal", "t3, wild market early"])
def test_size_of_the_bootstrap(tails):
    """Without a break it rejects in 5% of samples, also with fat tails and a wild first month."""
    rng = np.random.default_rng(8)
    n, rejected, runs = 200, 0, 300
    sessions = pd.bdate_range("2025-03-17", periods=n)
    for _ in range(runs):
        x, noise = rng.normal(0, 0.01, n), rng.normal(0, 0.05, n)
        if tails != "normal":
            x[:25] *= 4
            noise = 0.03 * rng.standard_t(3, n) * (1 + 20 * np.abs(x))
        y = pd.Series(1.5 * x + noise, sessions)
        test = sup_wald(y, pd.Series(x, sessions), trim=0.15, draws=199, rng=rng)
        rejected += test.p <= 0.05
    assert 0.02 * runs <= rejected <= 0.085 * runs


def test_draws_flip_the_errors_of_forecasts_without_each_session():
    """The p counts draws of randomly signed leave-one-out errors that are as large or larger."""
    rng = np.random.default_rng(8)
    sessions = pd.bdate_range("2025-03-17", periods=26)
    x = pd.Series(rng.standard_t(2, 26), sessions)
    y = x + pd.Series(rng.normal(0, 1, 26), sessions)
    test = sup_wald(y, x, trim=0.2, draws=399, rng=np.random.default_rng(1))
    left, right = stats.zscore(np.column_stack([y, x])).T
    errors = sm.OLS(left, sm.add_constant(right)).fit().get_influence().resid_press
    signs = np.random.default_rng(1).choice([-1.0, 1.0], (399, 26))
    largest = wald_path(signs * errors, right, np.arange(6, 21))[0].max(axis=1)
    assert test.p == (1 + (largest >= test.statistic).sum()) / 400
    assert 0.05 < test.p < 0.95
