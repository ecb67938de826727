"""Rank and sign tests against scipy, brute force and their formulas in loops."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.daily_ranks import deviation_sums, sort_days
from analysis.estimators.events.firm_events import Sample, draw_sample
from analysis.estimators.events.ranks import corrado, corrado_zivney, grank_t
from analysis.estimators.events.signs import _binomial_p, generalized_sign, sign, wilcoxon
from analysis.estimators.significance import minimum_detectable


@pytest.fixture
def sample(returns, events) -> Sample:
    return draw_sample(event_study(returns, events), 0, 2)


@pytest.fixture
def large(simulated) -> Sample:
    """Forty firms on one date."""
    returns = simulated(9, assets=40)
    events = pd.DataFrame(
        {"ticker": [f"A{i}" for i in range(40)], "day0": [returns.index[300]] * 40}
    )
    return draw_sample(event_study(returns, events), 0, 2)


def moved(sample: Sample, car) -> Sample:
    from dataclasses import replace

    return replace(sample, car=np.asarray(car, float))


@settings(max_examples=50, deadline=None)
@given(
    arrays(float, (3, 12), elements=st.integers(-5, 5).map(float)),
    arrays(float, (3, 4), elements=st.integers(-5, 5).map(float)),
    st.integers(0, 11),
)
def test_event_days_put_among_sorted_days_have_the_ranks_of_all_days(before, event, hole):
    """Scipy's ranks of the joined days, also with ties and with a missing day, which takes none."""
    before[0, hole] = np.nan
    joined = np.column_stack([before, event])
    expected = np.zeros(16)
    for row in joined:
        known = np.isfinite(row)
        expected[known] += stats.rankdata(row[known]) / (known.sum() + 1) - 0.5
    found = deviation_sums(sort_days(before), event)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found.sum() == pytest.approx(0.0, abs=1e-12)


def rank_statistic(values, length):
    """Return the rank statistic from loops: K - 1/2, daily means, S over all days."""
    n, days = values.shape
    u = np.array([stats.rankdata(row) / (days + 1) - 0.5 for row in values])
    means = [sum(u[i, t] for i in range(n)) / n for t in range(days)]
    s = math.sqrt(sum(m**2 for m in means) / days)
    return sum(means[-length:]) / math.sqrt(length) / s


def test_corrado_by_its_formula(sample):
    """Mean rank of the event days over the spread of the mean rank of all days."""
    window = sample.fitted.window(0, 2)
    values = np.column_stack([sample.fitted.residuals(), window.ar()])
    ours = corrado(sample)
    assert ours.statistic == pytest.approx(rank_statistic(values, 3), rel=1e-12)
    assert ours.df == 122
    assert ours.p == pytest.approx(2 * stats.t.sf(abs(ours.statistic), 122))


def test_corrado_zivney_by_its_formula(sample):
    """Residuals over sigma; event days over their own error and the day's spread over firms."""
    residuals, window = sample.fitted.residuals(), sample.fitted.window(0, 2)
    sigma = np.sqrt((residuals**2).sum(axis=1) / 118)
    sar = window.ar() / window.errors()
    event = sar / sar.std(axis=0, ddof=1)
    values = np.column_stack([residuals / sigma[:, None], event])
    assert corrado_zivney(sample).statistic == pytest.approx(rank_statistic(values, 3), rel=1e-12)


def test_corrado_survives_missing_days(returns, events):
    """A firm with a hole is ranked among its own days and counts less on the days it lacks."""
    returns.iloc[100:110, 0] = np.nan
    ours = corrado(draw_sample(event_study(returns, events.iloc[:6]), 0, 0))
    assert np.isfinite(ours.statistic)
    assert ours.df == 120


def test_smallest_rank_p_of_one_firm_says_that_it_cannot_be_small():
    """The best rank of one firm gives a statistic near √3: no p below 0.08."""
    rng = np.random.default_rng(0)
    index = pd.bdate_range("2024-01-01", periods=140)
    frame = pd.DataFrame(rng.normal(0, 0.01, (140, 2)), index=index, columns=["A", "SPY"])
    frame.iloc[135, 0] = 5.0
    events = pd.DataFrame({"ticker": ["A"], "day0": [index[135]]})
    study = event_study(frame, events, window=(0, 0), length=120, gap=1)
    ours = corrado(draw_sample(study, 0, 0))
    assert ours.p == pytest.approx(ours.p_min)
    assert 0.08 < ours.p_min < 0.1


def test_grank_by_its_formula(large):
    """The window as one day: rank of the re-standardised SCAR among the estimation days."""
    residuals = large.fitted.residuals()
    sigma = np.sqrt((residuals**2).sum(axis=1) / 118)
    scar = large.scar / large.scar.std(ddof=1)
    z = rank_statistic(np.column_stack([residuals / sigma[:, None], scar]), 1)
    days = 121
    ours = grank_t(large)
    assert ours.statistic == pytest.approx(z * math.sqrt((days - 2) / (days - 1 - z**2)), rel=1e-12)
    assert ours.df == 119


def test_grank_is_refused_below_thirty(sample):
    """The reason stands in the outcome."""
    assert grank_t(sample).reason == "rejects too often below 30 firm-events"


def test_ranks_resist_one_wild_firm(simulated):
    """Multiplying one firm's event-day returns by a thousand hardly moves a rank statistic."""
    returns = simulated(9, assets=40)
    events = pd.DataFrame(
        {"ticker": [f"A{i}" for i in range(40)], "day0": [returns.index[300]] * 40}
    )
    before = corrado(draw_sample(event_study(returns, events), 0, 2)).statistic
    returns.iloc[300:303, 0] *= 1000.0
    after = corrado(draw_sample(event_study(returns, events), 0, 2)).statistic
    assert abs(after - before) < 0.5


def test_sign_is_the_exact_binomial(sample):
    """Scipy's binomial test of the number of positive CARs."""
    expected = stats.binomtest(int((sample.car > 0).sum()), 18, 0.5).pvalue
    ours = sign(sample)
    assert ours.p == pytest.approx(expected)
    assert ours.p_min == pytest.approx(2 / 2**18)


def test_sign_leaves_out_zeros(sample):
    """A firm that did not move tells nothing about the sign."""
    car = np.r_[np.zeros(10), np.ones(8)]
    ours = sign(moved(sample, car))
    assert ours.p == pytest.approx(2 / 2**8)


def test_three_firms_cannot_be_significant_by_sign(returns, events):
    """The smallest p is 1/4, so no effect can be detected."""
    sample = draw_sample(event_study(returns, events.iloc[:3]), 0, 0)
    for test in (sign, wilcoxon):
        assert test(sample).p_min == pytest.approx(0.25)
        assert test(sample).mde == math.inf


def test_generalized_sign_uses_the_share_of_the_estimation_window(sample):
    """Cowan's z against the mean share of positive residuals, with the binomial p."""
    share = np.mean([(row > 0).sum() / 120 for row in sample.fitted.residuals()])
    positive = int((sample.car > 0).sum())
    ours = generalized_sign(sample)
    expected = (positive - 18 * share) / math.sqrt(18 * share * (1 - share))
    assert ours.statistic == pytest.approx(expected)
    assert ours.p == pytest.approx(stats.binomtest(positive, 18, share).pvalue)


def test_wilcoxon_is_the_share_of_sign_patterns(sample):
    """All 2^8 patterns of signs, counted."""
    car = sample.car[:8]
    small = moved(sample, car)
    ranks = stats.rankdata(np.abs(car))
    sums = [ranks[np.array(p)].sum() for p in itertools.product([True, False], repeat=8)]
    centre, observed = ranks.sum() / 2, ranks[car > 0].sum()
    expected = np.mean([abs(s - centre) >= abs(observed - centre) - 1e-9 for s in sums])
    ours = wilcoxon(small)
    assert ours.statistic == observed
    assert ours.p == pytest.approx(expected)


def test_wilcoxon_gives_no_normal_p_on_few_dates(sample):
    """Six hundred firm-events on three dates: too many to list, too clustered for a normal."""
    from dataclasses import replace

    many = replace(sample, car=np.random.default_rng(0).normal(size=600), day0=np.arange(600) % 3)
    assert "too few dates" in wilcoxon(many).reason
    spread = replace(many, day0=np.arange(600))
    assert 0 < wilcoxon(spread).p <= 1


@pytest.mark.parametrize("digits", [1, 2, 9])
def test_wilcoxon_of_many_events_is_scipys_normal(sample, digits):
    """With the variance that ties leave, many or none."""
    from dataclasses import replace

    car = np.random.default_rng(digits).normal(0.1, 1.0, 700).round(digits)
    ours = wilcoxon(replace(sample, car=car, day0=np.arange(700)))
    kept = car[car != 0]
    assert ours.p == pytest.approx(stats.wilcoxon(kept, method="approx").pvalue, rel=1e-12)
    assert ours.statistic == stats.rankdata(np.abs(kept))[kept > 0].sum()


@given(st.integers(2, 600), st.floats(0.01, 0.99), st.floats(0, 1))
def test_binomial_p_is_scipys(n, share, place):
    """Of any count against any share, both ends where they are as rare."""
    positive = round(place * n)
    expected = stats.binomtest(positive, n, share).pvalue
    assert _binomial_p(positive, n, share) == pytest.approx(expected, rel=1e-9, abs=1e-290)


@pytest.mark.parametrize(
    ("car", "p", "statistic", "p_min"),
    [
        ([1, -1, 0, 2, 3], 0.625, 1.0, 0.125),  # three of four: (1 + 4) twice over 16
        ([1, 2], 0.5, math.sqrt(2), 0.5),
        ([-1, -2, -3], 0.25, -math.sqrt(3), 0.25),
    ],
)
def test_sign_by_hand(sample, car, p, statistic, p_min):
    """Counts of positive ones among those that moved, both tails of the binomial law."""
    ours = sign(moved(sample, car))
    assert ours.p == pytest.approx(p)
    assert ours.p_min == pytest.approx(p_min)
    assert ours.statistic == pytest.approx(statistic)


def test_signs_need_two_that_moved(sample):
    """One is refused, two are not; a zero does not move."""
    for test in (sign, wilcoxon):
        assert "at least two" in test(moved(sample, [1.0])).reason
        assert "at least two" in test(moved(sample, [1.0, 0.0])).reason
        assert not test(moved(sample, [1.0, 2.0])).reason


def with_share(sample: Sample, share: float) -> Sample:
    """The sample, with another share of positive residuals in its estimation windows."""
    sample.__dict__["ranks"] = SimpleNamespace(positive=share)  # where it would be kept
    return sample


@pytest.mark.parametrize(
    ("share", "p_min"), [(0.4, 0.064), (0.6, 0.064), (0.45, 0.091125), (0.5, 0.25)]
)
def test_the_smallest_p_is_that_of_the_rarer_end(sample, share, p_min):
    """Of three: the cube of the smaller share, both ends where they are equal."""
    three = with_share(moved(sample, [1.0, 2.0, -3.0]), share)
    assert generalized_sign(three).p_min == pytest.approx(p_min)


def test_a_firm_that_did_not_move_is_no_positive_one(sample):
    """Against a share of one half: one of three, none of no firm."""
    still = with_share(moved(sample, [0.0, 1.0, -1.0]), 0.5)
    assert generalized_sign(still).statistic == pytest.approx(-0.5 / math.sqrt(0.75))
    assert generalized_sign(moved(sample, [])).n == 0


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_all_or_none_says_nothing(sample, share):
    """Estimation windows without a positive residual, or with no other."""
    assert generalized_sign(with_share(moved(sample, [1.0, 2.0]), share)).reason


def test_signed_ranks_are_exact_to_five_hundred_and_normal_from_thirty_dates(sample):
    """Each limit itself belongs to the side that the text says."""
    from dataclasses import replace

    draws = np.random.default_rng(1).normal(0.1, 1, 501)
    on = {dates: np.arange(501) % dates for dates in (29, 30)}
    exact = wilcoxon(replace(sample, car=draws[:500], day0=on[29][:500]))
    assert exact.p == pytest.approx(stats.wilcoxon(draws[:500], method="exact").pvalue)
    assert "too few dates" in wilcoxon(replace(sample, car=draws, day0=on[29])).reason
    normal = wilcoxon(replace(sample, car=draws, day0=on[30]))
    assert normal.p == pytest.approx(stats.wilcoxon(draws, method="approx").pvalue)
    zero = replace(sample, car=np.append(draws[:500], 0.0), day0=on[29])
    assert wilcoxon(zero).p == pytest.approx(exact.p)
    assert exact.p_min == 2.0**-499


def test_signs_detect_what_the_t_test_does_less_their_efficiency(sample):
    """The standard error grows by the root of pi over two, or over three; 80% power at 5%."""
    car = np.random.default_rng(2).normal(0, 0.02, 8)
    many = moved(sample, car)
    for test, efficiency in ((sign, 2 / math.pi), (wilcoxon, 3 / math.pi)):
        se = car.std(ddof=1) / math.sqrt(many.size * efficiency)
        df = many.size - 1
        bound = stats.t.ppf(0.975, df)
        shift = test(many).mde / se
        power = stats.nct.sf(bound, df, shift) + stats.nct.cdf(-bound, df, shift)
        assert power == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize("test", [corrado, corrado_zivney])
def test_rank_tests_find_what_exceeds_the_spread_of_daily_means(returns, events, sample, test):
    """The detectable CAR: that of a t on the days' means over firms, ranks being 3 / π as good."""
    study = event_study(returns, events)
    window = study.ar[:, study.days(0, 2)]
    days = np.concatenate([sample.fitted.residuals().mean(axis=0), window.mean(axis=0)])
    se = np.std(days, ddof=1) * math.sqrt(3 / (3 / math.pi))
    expected = minimum_detectable(se, len(days) - 1)
    assert test(sample).mde == pytest.approx(float(expected), rel=1e-9)
