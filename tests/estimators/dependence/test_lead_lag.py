"""Lead-lag correlations against scipy, planted leads, and the resampling schemes themselves."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimators.dependence.lead_lag import (
    correlation,
    detectable,
    lead_lag,
    moving_blocks,
    needed_pairs,
    permuted_blocks,
)

OPTIONS = {"block": 3, "draws": 499}


def months(values, start="2023-01"):
    return pd.Series(values, index=pd.period_range(start, periods=len(values), freq="M"))


def noise(seed, n=36):
    return months(np.random.default_rng(seed).normal(size=n))


@pytest.mark.parametrize(
    ("method", "oracle"),
    [("pearson", stats.pearsonr), ("spearman", stats.spearmanr), ("kendall", stats.kendalltau)],
)
def test_estimates_equal_scipy(method, oracle):
    """Also with ties, which the rank measures must share out."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 6, (2, 5, 30)).astype(float)
    expected = [oracle(a, b).statistic for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(correlation(x, y, method), expected, rtol=1e-12)


def test_positive_lag_means_x_leads():
    """Where y repeats x two months later, lag +2 has correlation 1 and lag -2 does not."""
    x = noise(1)
    y = x.copy()
    y.index = y.index + 2
    table = lead_lag(x, y, [-2, 0, 2], method="pearson", rng=np.random.default_rng(0), **OPTIONS)
    assert table.loc[2, "estimate"] == pytest.approx(1.0)
    assert abs(table["estimate"][-2]) < 0.6
    assert table["p"][2] == table["p_min"][2] == 1 / 500
    assert table.loc[2, "n"] == 36


def test_months_are_matched_by_the_calendar():
    """Removing a month removes its pairs and leaves all others as they were."""
    x, y = noise(1), noise(2)
    holed = x.drop(x.index[10])
    table = lead_lag(holed, y, [1], method="pearson", rng=np.random.default_rng(0), **OPTIONS)
    keep = np.delete(np.arange(35), 10)
    expected = np.corrcoef(x.to_numpy()[keep], y.to_numpy()[keep + 1])[0, 1]
    assert table.loc[1, "n"] == 34
    assert table.loc[1, "estimate"] == pytest.approx(expected)


def test_missing_value_and_missing_month_are_the_same():
    """NaN and an absent row both mean unknown."""
    x, y = noise(1), noise(2)
    hole = x.copy()
    hole.iloc[10] = np.nan
    absent, missing = (
        lead_lag(s, y, [0, 1], method="spearman", rng=np.random.default_rng(0), **OPTIONS)
        for s in (hole, x.drop(x.index[10]))
    )
    pd.testing.assert_frame_equal(absent, missing)


def test_too_few_pairs_give_only_their_number():
    """Five months allow no statement."""
    table = lead_lag(
        noise(1, 5), noise(2, 5), [0], method="pearson", rng=np.random.default_rng(0), **OPTIONS
    )
    assert table.loc[0, "n"] == 5
    assert table.loc[0].drop("n").isna().all()


def test_constant_series_gives_only_the_number_of_pairs():
    """A correlation with a constant is unknown, not zero."""
    table = lead_lag(
        noise(1) * 0.0, noise(2), [0], method="pearson", rng=np.random.default_rng(0), **OPTIONS
    )
    assert table.loc[0, "n"] == 36
    assert table.loc[0].drop("n").isna().all()


def test_smallest_p_counts_the_orders_of_the_blocks():
    """Nine pairs in blocks of three have 3! = 6 orders: no p below 1/6 means anything."""
    table = lead_lag(
        noise(1, 9), noise(2, 9), [0], method="pearson", rng=np.random.default_rng(0), **OPTIONS
    )
    assert table.loc[0, "p_min"] == pytest.approx(1 / 6)


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_p_is_right_when_nothing_is_there(method):
    """Of 200 unrelated pairs about 5% fall below 0.05: at most 21 with probability 0.999."""
    rng = np.random.default_rng(11)
    low = 0
    for _ in range(200):
        x, y = months(rng.normal(size=24)), months(rng.normal(size=24))
        table = lead_lag(x, y, [0], block=3, draws=99, method=method, rng=rng)
        low += int(table["p"][0] <= 0.05)
    assert 1 <= low <= 21


def test_interval_covers_the_estimate_and_widens_with_the_level():
    """The 99% interval holds the 90% interval."""
    x, y = noise(1), noise(1) + noise(2)
    wide, narrow = (
        lead_lag(
            x, y, [0], method="pearson", rng=np.random.default_rng(5), level=level, **OPTIONS
        ).loc[0]
        for level in (0.99, 0.90)
    )
    assert wide["low"] < narrow["low"] < narrow["estimate"] < narrow["high"] < wide["high"]


def test_moving_blocks_run_in_order():
    """Within a block rows follow each other and stay inside the sample."""
    rows = moving_blocks(10, 3, 200, np.random.default_rng(0))
    assert rows.shape == (200, 10)
    assert rows.min() == 0
    assert rows.max() == 9
    for start in (0, 3, 6):
        assert (np.diff(rows[:, start : start + 3], axis=1) == 1).all()


def test_permuted_blocks_keep_every_row():
    """A permutation moves rows, it loses none, also when the last block is short."""
    rows = permuted_blocks(10, 3, 200, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(np.arange(10), (200, 1)))
    assert len(np.unique(rows, axis=0)) == 24


def test_detectable_correlation_has_its_power():
    """Drawn at the detectable correlation, the usual test rejects in about 80% of samples."""
    rho = detectable(30)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4000, 30))
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=(4000, 30))
    r = correlation(x, y, "pearson")
    t = r * np.sqrt(28 / (1 - r**2))
    assert (np.abs(t) > stats.t.ppf(0.975, 28)).mean() == pytest.approx(0.80, abs=0.025)


def test_detectable_correlation_is_unknown_for_a_handful():
    """Five pairs are too few for the approximation."""
    assert math.isnan(detectable(5))
    assert detectable(30, "kendall") < detectable(30) < detectable(30, "spearman")


def test_index_must_be_of_periods_of_one_length_and_unique():
    """The error names the series and what it needs."""
    rng = np.random.default_rng(0)
    daily = pd.Series(range(20), index=pd.bdate_range("2025-01-01", periods=20))
    with pytest.raises(ValueError, match="PeriodIndex or whole numbers for y"):
        lead_lag(noise(1), daily, [0], method="pearson", rng=rng, **OPTIONS)
    twice = pd.concat([noise(1), noise(1).iloc[:1]])
    with pytest.raises(ValueError, match="x has period 2023-01 twice"):
        lead_lag(twice, noise(1), [0], method="pearson", rng=rng, **OPTIONS)
    weekly = pd.Series(range(20), index=pd.period_range("2025-01-03", periods=20, freq="W-FRI"))
    with pytest.raises(ValueError, match=r"x has period\[M\], y period\[W-FRI\]"):
        lead_lag(noise(1), weekly, [0], method="pearson", rng=rng, **OPTIONS)
    with pytest.raises(ValueError, match="at least 1"):
        lead_lag(noise(1), noise(2), [0], method="pearson", rng=rng, block=0, draws=9)


def test_needed_pairs_are_the_textbook_value():
    """Eighty-five pairs show a correlation of 0.3 with Pearson, the textbook value."""
    assert needed_pairs(0.3) == 85


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
@pytest.mark.parametrize("rho", [0.15, 0.3, 0.6])
def test_needed_pairs_invert_the_detectable_correlation(method, rho):
    """With that many pairs the correlation is detectable, with one fewer it is not."""
    n = needed_pairs(rho, method)
    assert detectable(n, method) <= rho < detectable(n - 1, method)


@pytest.mark.parametrize("rho", [0.0, 1.0, -0.2])
def test_needed_pairs_refuse_what_is_no_target(rho):
    """Zero, one and negative values are an error that says what is expected."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        needed_pairs(rho)
