"""Rotated calendars: worked by hand, exact under dependence, and able to see an effect."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.rotation import rotate


def test_rotations_are_worked_by_hand():
    """Five sessions, events on the first and third: all rotations but the identity."""
    values = pd.Series([1.0, 2.0, 3.0, 4.0, 10.0])
    result = rotate(values, pd.Series([0.5, 0.5], index=[0, 2]), clear=1)
    assert result.observed == 2.0
    assert result.null.tolist() == [3.0, 6.5, 2.5, 6.0]
    assert result.p_min == 1 / 5
    assert result.p == 1 / 5  # centre 4.5: the events are 2.5 away, no rotation more than 2.0
    single = rotate(values, pd.Series([1.0], index=[0]), clear=1)
    assert single.p == 2 / 5  # centre 4.75: 3.75 away, and 10 is 5.25 away


def test_sessions_without_an_outcome_are_taken_out():
    """A gap neither moves an event nor enters a mean."""
    values = pd.Series([1.0, np.nan, 2.0, 3.0, 4.0, 10.0])
    result = rotate(values, pd.Series([0.5, 0.5], index=[0, 3]), clear=1)
    assert (result.observed, result.null.tolist()) == (2.0, [3.0, 6.5, 2.5, 6.0])


def test_near_rotations_are_left_out():
    """Calendars closer than the asked distance in either direction do not count."""
    values = pd.Series(np.arange(100.0))
    assert len(rotate(values, pd.Series([1.0], index=[50]), clear=40).null) == 21


def test_impossible_requests_are_refused():
    """An event day needs an outcome, and the sample room to turn."""
    values = pd.Series(np.arange(10.0))
    with pytest.raises(ValueError, match="no response on 11"):
        rotate(values, pd.Series([1.0], index=[11]), clear=1)
    with pytest.raises(ValueError, match="leave no calendar"):
        rotate(values, pd.Series([1.0], index=[3]), clear=6)


def test_planted_effect_is_the_smallest_p():
    """An outcome raised on the event days only is beyond every rotation."""
    rng = np.random.default_rng(1)
    values = pd.Series(rng.normal(size=400))
    days = pd.Series(0.1, index=np.sort(rng.choice(400, 10, replace=False)))
    values[days.index] += 3
    result = rotate(values, days, clear=5)
    assert result.p == result.p_min


def test_size_with_overlapping_outcomes():
    """Moving averages on clustered days: about 5% of true nulls are rejected."""
    rng = np.random.default_rng(2)
    rejected = 0
    for _ in range(400):
        values = pd.Series(rng.normal(size=420)).rolling(20).mean().dropna().reset_index(drop=True)
        starts = rng.choice(380, 6, replace=False)
        days = np.sort(np.concatenate([starts, starts + 3]))
        rejected += rotate(values, pd.Series(1 / 12, index=days), clear=20).p <= 0.05
    assert 8 <= rejected <= 34
