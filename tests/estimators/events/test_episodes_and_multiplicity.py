"""Episodes, sign flips and families of tests against scipy, statsmodels and brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.estimators.events.across_episodes import across_episodes_t, sign_flip, two_sample_im
from analysis.estimators.multiplicity import (
    benjamini_hochberg,
    holm,
    holm_beside,
    holm_each,
    spend,
    step_down,
)
from analysis.estimators.significance import minimum_detectable, power_at

VALUES = np.array([0.4, 1.9, -0.3, 1.1, 0.8, 0.2, 1.5])
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def test_across_episodes_is_the_one_sample_t():
    """Scipy's t-test; unknown episodes are left out."""
    ours = across_episodes_t(np.r_[VALUES, np.nan])
    expected = stats.ttest_1samp(VALUES, 0.0)
    assert (ours.statistic, ours.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert (ours.n, ours.df) == (7, 6)


def test_one_episode_is_refused():
    """One number has no spread."""
    for ours in (across_episodes_t([1.0]), sign_flip([1.0], np.random.default_rng(0))):
        assert ours.reason == "needs at least two episodes"


def test_sign_flip_lists_all_patterns():
    """The share of the 2^7 sign patterns whose mean is at least as far from zero."""
    means = [abs(np.dot(s, VALUES)) for s in itertools.product([1, -1], repeat=7)]
    expected = np.mean([m >= abs(VALUES.sum()) - 1e-12 for m in means])
    ours = sign_flip(VALUES, np.random.default_rng(0))
    assert ours.p == pytest.approx(expected)
    assert ours.p_min == 2 / 2**7


@pytest.mark.parametrize("side", [1, -1])
def test_sign_flip_by_hand(side):
    """Of the four means of 3 and 1, two are as far from zero as that which was observed."""
    ours = sign_flip([3.0 * side, 1.0 * side], np.random.default_rng(0))
    assert (ours.estimate, ours.statistic, ours.n) == (2.0 * side, 2.0, 2)
    assert (ours.p, ours.p_min, ours.mde) == (0.5, 0.5, math.inf)


def test_patterns_of_sixteen_are_listed_and_of_seventeen_drawn():
    """The smallest p says which it was; six episodes detect what the t across them does."""
    for k, smallest in ((16, 2 / 2**16), (17, 1 / 10_000)):
        ours = sign_flip(np.ones(k), np.random.default_rng(0))
        assert (ours.p_min, ours.mde) == (smallest, 0.0)
        assert smallest <= ours.p < smallest + 5e-4
    ours = sign_flip(VALUES[:6], np.random.default_rng(0))
    se = VALUES[:6].std(ddof=1) / math.sqrt(6)
    assert ours.mde == pytest.approx(float(minimum_detectable(se, 5)))


def test_two_sides_of_two_episodes_are_enough():
    """One degree of freedom; the mean of the second is taken from that of the first."""
    ours = two_sample_im([1.0, 2.0, np.nan], [3.0, 5.0])
    assert (ours.n, ours.df, ours.estimate) == (4, 1, -2.5)
    assert ours.statistic == pytest.approx(-2.5 / math.sqrt(0.25 + 1.0))


def test_sign_flip_knows_no_most_episodes():
    """With 1,023 episodes 2^K is the last power of two that a float holds; 1,100 work as well."""
    values = np.random.default_rng(5).normal(0.1, 1, 1_100)
    for k in (1_023, 1_024, 1_100):
        ours = sign_flip(values[:k], np.random.default_rng(2), draws=999)
        assert (ours.n, ours.p_min) == (k, 1 / 1_000)
        assert 0 < ours.p < 0.1
    blind = sign_flip(values, np.random.default_rng(2), draws=10**6 // 1_100 * 2 + 1)
    rng = np.random.default_rng(2)
    signs = rng.choice([-1.0, 1.0], (10**6 // 1_100 * 2 + 1, 1_100))
    more = np.abs(signs @ values) >= abs(values.sum()) * (1 - 1e-12)
    assert blind.p == (1 + more.sum()) / (1 + len(signs))  # drawn some at a time, the same signs


def test_sign_flip_of_many_episodes_agrees_with_scipy():
    """Beyond 16 episodes random patterns give the p of scipy's permutation test."""
    values = np.random.default_rng(1).normal(0.35, 1, 24)
    ours = sign_flip(values, np.random.default_rng(2))
    oracle = stats.permutation_test(
        (values,),
        np.mean,
        permutation_type="samples",
        n_resamples=20_000,
        rng=np.random.default_rng(3),
    )
    assert ours.p == pytest.approx(oracle.pvalue, abs=0.012)
    assert ours.p_min == 1 / 10_000


def test_five_episodes_cannot_be_significant():
    """The smallest p is 1/16, and the detectable effect infinite."""
    ours = sign_flip([1.0, 1.1, 1.2, 1.3, 1.4], np.random.default_rng(0))
    assert ours.p == ours.p_min == 1 / 16
    assert ours.mde == math.inf


def test_all_equal_signs_reach_the_smallest_p():
    """Six episodes of one sign: p is 2 / 64."""
    assert sign_flip([1, 2, 3, 4, 5, 6], np.random.default_rng(0)).p == 1 / 32


def test_two_sample_statistic_is_welchs_on_the_smaller_degrees_of_freedom():
    """Scipy's Welch statistic, with min(K_a, K_b) - 1 degrees of freedom."""
    other = np.array([-0.5, 0.3, -1.2, 0.1])
    ours = two_sample_im(VALUES, other)
    welch = stats.ttest_ind(VALUES, other, equal_var=False)
    assert ours.statistic == pytest.approx(welch.statistic)
    assert ours.df == 3
    assert ours.p == pytest.approx(2 * stats.t.sf(abs(welch.statistic), 3))
    assert two_sample_im(VALUES, [1.0]).reason == "needs at least two episodes on each side"


def test_t_across_episodes_holds_under_unequal_variances():
    """Eight episodes, one with four times the spread: at most 6% of 4,000 nulls are rejected."""
    rng = np.random.default_rng(4)
    values = rng.normal(size=(4000, 8)) * np.r_[np.ones(7), 4.0]
    rejected = np.mean([across_episodes_t(row).p <= 0.05 for row in values[:1000]])
    assert rejected <= 0.06


@given(P_VALUES)
def test_holm_and_benjamini_hochberg_equal_statsmodels(p):
    """The adjusted p-values of the standard library."""
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], atol=1e-15)
    np.testing.assert_allclose(
        benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1], atol=1e-15
    )


@given(
    p=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    others=st.lists(st.floats(0, 1), max_size=6),
)
def test_one_p_beside_others_is_adjusted_as_in_the_whole_family(p, others):
    """Each value of the one test by itself, ties with others as well."""
    expected = [holm([value, *others])[0] for value in p]
    np.testing.assert_allclose(holm_beside(p, [*others, np.nan]), expected, rtol=1e-12)
    assert np.isnan(holm_beside([np.nan], others)).all()


def test_unknown_p_values_do_not_count():
    """A refused test neither uses up the family nor gets a number."""
    np.testing.assert_allclose(holm([0.01, np.nan, 0.04]), [0.02, np.nan, 0.04])
    assert np.isnan(holm([np.nan])).all()


def test_p_outside_zero_and_one_is_refused():
    """A z handed over by mistake does not pass for a p."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([1.96])


def naive_step_down(observed, draws):
    """Return step-down p-values from loops over the remaining tests."""
    order = sorted(range(len(observed)), key=lambda i: -abs(observed[i]))
    result, floor = [0.0] * len(observed), 0.0
    for place, test in enumerate(order):
        rest = order[place:]
        hits = sum(max(abs(d[i]) for i in rest) >= abs(observed[test]) for d in draws)
        floor = max(floor, (1 + hits) / (1 + len(draws)))
        result[test] = floor
    return result


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_step_down_equals_its_definition(seed, tests):
    """Whatever the order of the statistics."""
    rng = np.random.default_rng(seed)
    observed, draws = rng.normal(0, 2, tests), rng.normal(size=(50, tests))
    np.testing.assert_allclose(step_down(observed, draws), naive_step_down(observed, draws))


def test_step_down_is_sharper_than_holm_on_dependent_tests():
    """Five copies of one test count as one."""
    draws = np.repeat(np.random.default_rng(5).normal(size=(999, 1)), 5, axis=1)
    observed = np.full(5, 2.2)
    single = (1 + (np.abs(draws[:, 0]) >= 2.2).sum()) / 1000
    np.testing.assert_allclose(step_down(observed, draws), single)
    assert holm(np.full(5, single))[0] == pytest.approx(min(5 * single, 1))


def test_step_down_refuses_what_does_not_fit():
    """Shapes and missing values are errors."""
    with pytest.raises(ValueError, match="do not fit"):
        step_down([1.0, 2.0], np.zeros((10, 3)))
    with pytest.raises(ValueError, match="missing"):
        step_down([1.0, np.nan], np.zeros((10, 2)))


@pytest.mark.parametrize("df", [1, 2, 5, 11, 30, 118, 2000])
@pytest.mark.parametrize(("power", "level"), [(0.8, 0.05), (0.5, 0.1), (0.95, 0.01)])
def test_minimum_detectable_effect_has_its_power(df, power, level):
    """The noncentral t, by its square the exact noncentral F, leaves the bounds that often."""
    effect = float(minimum_detectable(2.0, df, power, level)) / 2.0
    critical = stats.t.ppf(1 - level / 2, df)
    assert stats.ncf.sf(critical**2, 1, df, effect**2) == pytest.approx(power, abs=1e-9)


def test_power_has_a_value_at_every_effect():
    """Power grows from the size of the test to one, also where scipy's noncentral t has none."""
    powers = [power_at(effect, 1.0, 118) for effect in (0, 1e-9, 1, 3, 8, 38, 1000)]
    assert powers == sorted(powers)
    assert powers[0] == pytest.approx(0.05, abs=1e-12)
    assert powers[-1] == pytest.approx(1, abs=1e-12)


def test_minimum_detectable_effect_takes_arrays():
    """One number for each pair of error and degrees of freedom."""
    effects = minimum_detectable(np.array([1.0, 2.0, 1.0]), np.array([118, 118, 5]))
    assert effects[1] == pytest.approx(2 * effects[0])
    assert effects[2] > effects[0]


@pytest.mark.parametrize(("effect", "df"), [(0.5, 2), (1.5, 5), (3.0, 20), (0.0, 7)])
def test_power_is_that_of_the_noncentral_t(effect, df):
    """The power at an effect agrees with scipy's noncentral t; at zero it is the size."""
    critical = stats.t.ppf(0.975, df)
    expected = stats.nct.sf(critical, df, effect) + stats.nct.cdf(-critical, df, effect)
    assert power_at(effect, 1.0, df) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_detectable_effect_inverts_the_power(power):
    """At the detectable effect the power is the one asked for, at any level."""
    effect = float(minimum_detectable(0.03, 6, power, 0.10))
    assert power_at(effect, 0.03, 6, 0.10) == pytest.approx(power, abs=1e-9)


def test_step_down_by_hand():
    """Two statistics, three joint draws; equal ones count, and p never falls with the order."""
    draws = [[1.0, 3.0], [-2.0, 0.5], [0.1, -0.2]]
    # 2.0 against the largest of each draw (3, 2, 0.2): two; 0.5 against its own (3, 0.5, 0.2): two.
    np.testing.assert_allclose(step_down([2.0, -0.5], draws), [3 / 4, 3 / 4])
    # 2.5 alone: one of three. The other may not be smaller.
    np.testing.assert_allclose(step_down([2.5, 4.0], draws), [1 / 4, 1 / 4])


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_p_values_may_be_nought_or_one(p):
    """The bounds themselves are probabilities."""
    for adjust in (holm, benjamini_hochberg):
        np.testing.assert_array_equal(adjust([p, p]), [p, p])


def test_families_side_by_side_are_adjusted_as_each_alone():
    """Column by column, with holes, ties, one that would exceed one, and a family of none."""
    table = np.array([[0.01, 0.7, np.nan], [0.04, np.nan, np.nan], [0.01, 0.8, np.nan]])
    alone = np.column_stack([holm(column) for column in table.T])
    np.testing.assert_allclose(holm_each(table), alone)


def test_a_threshold_is_halved_at_each_look():
    """From one half of the share of a test on."""
    assert spend(0.05, 5, 1) == 0.005
    assert spend(0.05, 5, 2) == 0.0025
    assert spend(0.05, 1, 3) == 0.00625
