"""What questions share: means over episodes, rotations, verdicts on families and on joint signs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimators.multiplicity import holm
from analysis.results import Provenance
from analysis.study.episodes import mean_over
from analysis.study.families import any_adjusted
from analysis.study.outcomes import decide_all
from analysis.study.series import rotate_days, series_days

SOURCE = Provenance("analysis.study.families.any_adjusted", "planted")


def test_mean_over_episodes_is_student_s():
    """Against scipy: of 1, 2, 4 and 5; a missing episode does not count."""
    values = pd.Series([1.0, 2.0, np.nan, 4.0, 5.0])
    mean = mean_over(values)
    known = values.dropna()
    expected = stats.ttest_1samp(known, 0.0)
    assert (mean.n, mean.estimate) == (4, 3.0)
    assert mean.p == pytest.approx(expected.pvalue)
    for level in (0.8, 0.95):
        assert mean.interval(level) == pytest.approx(tuple(expected.confidence_interval(level)))


def test_two_episodes_are_no_sample():
    """Below three episodes nothing is known but their number."""
    mean = mean_over(pd.Series([1.0, 2.0]))
    assert mean.n == 2
    assert np.isnan([mean.estimate, mean.p, *mean.interval(0.95)]).all()


def test_series_is_looked_up_and_rotated(committed):
    """A series of ones has a mean of one on every calendar; two episodes turn none."""
    ones = pd.Series(1.0, committed.snapshot.sessions)
    days = series_days(committed, ones, "easing")
    assert set(committed.events.loc[days.index, "direction"]) == {"easing"}
    turned = rotate_days(ones, days, 20)
    assert (turned.observed, turned.null.min(), turned.null.max()) == pytest.approx((1, 1, 1))
    few = days[days["episode"].isin(days["episode"].unique()[:2])]
    assert np.isnan([(rotated := rotate_days(ones, few, 20)).p, rotated.null.mean()]).all()


def test_sessions_without_a_value_leave_the_sample(committed):
    """An event whose session has no value is not averaged."""
    ones = pd.Series(1.0, committed.snapshot.sessions)
    days = series_days(committed, ones, "easing")
    ones[days["day0"].iloc[0]] = np.nan
    assert len(series_days(committed, ones, "easing")) == len(days) - 1


@pytest.mark.parametrize(
    ("p", "verdict", "evidence"),
    [
        ([0.01, 0.5, np.nan], "some", "smallest adjusted p 0.02 of 2"),
        ([0.03, 0.5, np.nan], "none", "smallest adjusted p 0.06 of 2"),
    ],
)
def test_a_family_holds_if_its_smallest_adjusted_p_does(committed, p, verdict, evidence):
    """Two tests double the smallest p; what was not tested does not count."""
    adjusted = pd.Series(holm(p))
    rule, words = "p below {size}", ("some", "none")
    found = any_adjusted(committed, "family", adjusted, words, rule, SOURCE, counted=True)
    assert (found.verdict, found.evidence, found.rule) == (verdict, evidence, "p below 0.05")


def test_size_of_a_family_is_the_study_s(committed):
    """At a level of 90% an adjusted p of 0.06 is small enough."""
    choices = committed.snapshot.choices
    choices = replace(choices, inference=replace(choices.inference, level=0.9))
    panel = replace(committed, snapshot=replace(committed.snapshot, choices=choices))
    found = any_adjusted(panel, "family", pd.Series([0.06]), ("some", "none"), "{size}", SOURCE)
    assert (found.verdict, found.rule) == ("some", "0.1")


@pytest.mark.parametrize(
    ("holds", "rejected", "verdict"),
    [
        ([False, False], True, "supported"),
        ([False, False], False, "right sign within noise"),
        ([True, True], True, "contradicted"),
        ([True, True], False, "wrong sign within noise"),
        ([True, False], True, "mixed"),
    ],
)
def test_claim_of_negative_signs_is_judged_the_other_way(holds, rejected, verdict):
    """None positive is what a claim of negative ones says."""
    assert decide_all(holds, rejected, -1) == verdict
