"""Pooled tests against their formulas written out firm by firm, and the identities between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.firm_events import Sample, draw_sample
from analysis.estimators.events.fits import Fitted
from analysis.estimators.events.layout import Layout, Panel
from analysis.estimators.events.models import WindowFit
from analysis.estimators.events.parametric import (
    bmp,
    kp_bmp,
    kp_patell,
    patell,
    skewness_adjusted_t,
    t_cross_sectional,
    t_time_series,
)


def hand_sample(car, se=None, residuals=None, day0=None, df=118) -> Sample:
    """Build a sample of one event day from the numbers of a hand-worked example."""
    car = np.asarray(car, float)
    n = car.size
    se = np.ones(n) if se is None else np.asarray(se, float)
    residuals = np.eye(n) if residuals is None else np.asarray(residuals, float)
    return Sample(
        car=car,
        se=se,
        sigma=se,
        sar_sum=car / se,
        unit_sum=1 / se,
        df=np.full(n, df),
        day0=np.zeros(n, int) if day0 is None else np.asarray(day0),
        first=0,
        last=0,
        fitted=by_hand(residuals),
    )


def by_hand(residuals) -> Fitted:
    """Build events with these residuals: returns of a model whose parameters are all zero."""
    n, length = residuals.shape
    panel = Panel(
        sessions=pd.bdate_range("2024-01-01", periods=length + 1),
        assets=tuple(f"A{i}" for i in range(n)),
        layout=Layout(length, 1, 0, 0),
        observed=np.column_stack([residuals, np.zeros(n)]),
        estimation=np.column_stack([residuals, np.zeros(n)]),
        factors=np.empty((0, length + 1)),
    )
    zero, none = np.zeros(n), np.empty((n, 0))
    squares = (residuals**2).sum(axis=1)
    scatter, full = np.empty((n, 0, 0)), np.full(n, length)
    fit = WindowFit(zero, none, squares, squares, full, none, scatter, k=0)
    return Fitted(panel, np.arange(n), np.zeros(n, int), fit, "mean")


@pytest.fixture
def sample(returns, events) -> Sample:
    return draw_sample(event_study(returns, events), -1, 3)


def test_cross_sectional_t_is_the_one_sample_t(sample):
    """Scipy's t-test of the CARs."""
    expected = stats.ttest_1samp(sample.car, 0.0)
    ours = t_cross_sectional(sample)
    assert ours.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert ours.p == pytest.approx(expected.pvalue, rel=1e-9)


def test_time_series_t_by_hand():
    """CARs 3 and 1 with errors 1 and 2: mean 2, error √5 / 2, Satterthwaite 25 / (17 / 118)."""
    ours = t_time_series(hand_sample([3.0, 1.0], [1.0, 2.0]))
    assert ours.statistic == pytest.approx(2.0 / (np.sqrt(5.0) / 2.0))
    assert ours.df == pytest.approx(25.0 * 118 / 17)


def test_time_series_t_of_one_firm_is_its_own(returns, events):
    """One firm's pooled t is the t of its row, with its degrees of freedom."""
    study = event_study(returns, events.iloc[:1])
    row = study.car(0, 2).iloc[0]
    ours = t_time_series(draw_sample(study, 0, 2))
    assert (ours.statistic, ours.df) == pytest.approx((row["t"], row["df"]))
    assert ours.p == pytest.approx(row["p"])


def test_forecast_term_makes_the_time_series_t_smaller(sample):
    """The estimated coefficients add variance to every CAR."""
    with_term, without = t_time_series(sample), t_time_series(sample, forecast=False)
    assert abs(with_term.statistic) < abs(without.statistic)
    assert without.se == pytest.approx(np.sqrt((sample.plain**2).sum()) / sample.size)


def test_patell_by_its_formula(sample):
    """Daily standardised returns over the root of L2 times q, summed over firms."""
    q = sample.df / (sample.df - 2)
    window = sample.fitted.window(-1, 3)
    total = sum((a / e).sum() for a, e in zip(window.ar(), window.errors(), strict=True))
    expected = total / np.sqrt(sum(5 * value for value in q))
    assert patell(sample).statistic == pytest.approx(expected, rel=1e-12)


def test_bmp_by_its_formula(sample):
    """Cross-sectional t of the CARs over their full errors, on N - 1 degrees of freedom."""
    scar = sample.car / sample.se
    ours = bmp(sample)
    expected = scar.mean() / (scar.std(ddof=1) / np.sqrt(scar.size))
    assert ours.statistic == pytest.approx(expected, rel=1e-12)
    assert ours.p == pytest.approx(2 * stats.t.sf(abs(expected), scar.size - 1))


def test_kolari_pynnonen_by_hand():
    """SCARs 1 and 3, correlation 1/2: BMP 2 times √(0.5 / 1.5); Patell 4 / √(2q) over √1.5."""
    residuals = [[1.0, 0.0], [0.5, np.sqrt(0.75)]]
    sample = hand_sample([1.0, 3.0], residuals=residuals)
    assert sample.correlation == pytest.approx(0.5)
    assert bmp(sample).statistic == pytest.approx(2.0)
    assert kp_bmp(sample).statistic == pytest.approx(2.0 / np.sqrt(3.0))
    q = 118 / 116
    assert kp_patell(sample).statistic == pytest.approx(4.0 / np.sqrt(2 * q * 1.5))
    assert kp_bmp(sample).df == 1


def test_kp_equals_bmp_and_patell_without_correlation():
    """At mean correlation zero the adjustment is one."""
    sample = hand_sample([1.0, 3.0, 2.5])
    assert sample.correlation == pytest.approx(0.0)
    assert kp_bmp(sample).statistic == pytest.approx(bmp(sample).statistic)
    assert kp_patell(sample).statistic == pytest.approx(patell(sample).statistic)


def test_bmp_ignores_the_forecast_term_on_a_shared_date(returns, events):
    """On one date the term scales all SCARs alike, and the spread scales with them."""
    sample = draw_sample(event_study(returns, events.iloc[:6]), 0, 2)
    without = replace(sample, se=sample.plain)
    assert bmp(sample).statistic == pytest.approx(bmp(without).statistic, rel=1e-9)


def test_mean_correlation_equals_the_mean_of_all_pairs(returns, events):
    """On one date: the mean off-diagonal entry of the residuals' correlation matrix."""
    sample = draw_sample(event_study(returns, events.iloc[:6]), 0, 0)
    matrix = np.asarray(np.corrcoef(sample.fitted.residuals()))
    expected = matrix[np.triu_indices(6, 1)].mean()
    assert sample.correlation == pytest.approx(expected, rel=1e-9)


def test_pairs_on_different_dates_count_as_uncorrelated(returns, events):
    """Three dates of six: 45 of 153 pairs share a date."""
    study = event_study(returns, events)
    pooled = draw_sample(study, 0, 0).correlation
    parts = [draw_sample(study.take(np.arange(6) + i), 0, 0).correlation for i in (0, 6, 12)]
    assert pooled == pytest.approx(sum(parts) * 15 / 153, rel=1e-9)


def test_skewness_adjusted_t_by_hand():
    """CARs 0, 0, 3: S = 1/√3, skewness √3; the statistic is √3 (S + γS²/3 + γ²S³/27 + γ/18)."""
    ours = skewness_adjusted_t(hand_sample([0.0, 0.0, 3.0]))
    s, g = 1 / np.sqrt(3), np.sqrt(3)
    expected = np.sqrt(3) * (s + g * s**2 / 3 + g**2 * s**3 / 27 + g / 18)
    assert ours.statistic == pytest.approx(expected)
    assert ours.df == 2


def test_skewness_adjusted_t_of_a_symmetric_sample_is_the_plain_t():
    """Without skewness there is nothing to adjust."""
    sample = hand_sample([-1.0, 0.5, 2.0])
    assert skewness_adjusted_t(sample).statistic == pytest.approx(
        t_cross_sectional(sample).statistic
    )


@pytest.mark.parametrize("test", [bmp, patell, kp_bmp, kp_patell, t_time_series, t_cross_sectional])
def test_detectable_effect_moves_the_statistic_by_its_noncentrality(sample, test):
    """Adding the detectable effect to every CAR adds noncentrality, not more nor less."""
    before = test(sample)
    errors = sample.fitted.window(-1, 3).errors()
    sar_sum = sample.sar_sum + (before.mde / 5 / errors).sum(axis=1)
    plus = replace(sample, car=sample.car + before.mde, sar_sum=sar_sum)
    moved = test(plus).statistic - before.statistic
    assert 2.7 < moved < 3.1  # between the normal's 2.80 and that of few degrees of freedom


def test_no_p_comes_from_the_normal_law():
    """With three firms a statistic of 2.9 is far from the normal's 0.004."""
    ours = bmp(hand_sample([0.9, 1.7, 2.4]))
    assert ours.statistic > 2.5
    assert ours.p > 0.05


@pytest.mark.parametrize("test", [bmp, patell, kp_bmp, kp_patell, t_cross_sectional])
def test_one_firm_is_refused_with_the_reason(test):
    """The outcome says why, and carries no number."""
    ours = test(hand_sample([1.0]))
    assert ours.reason == "needs at least two firm-events"
    assert np.isnan(ours.p)


def test_identical_cars_are_refused():
    """Without spread no t exists; it is not infinite."""
    assert t_cross_sectional(hand_sample([1.0, 1.0])).reason.startswith("no variation")
    assert bmp(hand_sample([1.0, 1.0])).reason.startswith("no variation")


def test_incomplete_windows_are_left_out(returns):
    """An event near the end of the data drops out of the pooled test, not of the study."""
    events = pd.DataFrame({"ticker": ["A0", "A1", "A2"], "day0": returns.index[[200, 300, 398]]})
    sample = draw_sample(event_study(returns, events), 0, 3)
    assert sample.size == 2


def test_an_idle_firm_changes_no_other_firms_t(returns, events):
    """Adding a firm to the study leaves the rows of the others untouched."""
    few, many = event_study(returns, events.iloc[:3]), event_study(returns, events.iloc[:6])
    pd.testing.assert_frame_equal(few.car(0, 2), many.car(0, 2).iloc[:3])
