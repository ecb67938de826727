from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimators.events.windows import (
    count_inside,
    estimation_slice,
    event_time,
    group_episodes,
)

POSITIONS = st.lists(st.integers(0, 200), min_size=1, max_size=40)


def test_gap_11_and_length_120_mean_days_minus_130_to_minus_11():
    """The convention of the estimation window, in event time."""
    window = estimation_slice(500, length=120, gap=11)
    assert (window.start - 500, window.stop - 1 - 500) == (-130, -11)


def test_estimation_window_is_cut_at_the_first_session():
    """A negative bound would count from the end of the data."""
    assert estimation_slice(40, length=120, gap=11) == slice(0, 30)
    assert estimation_slice(5, length=120, gap=11) == slice(0, 0)


@pytest.mark.parametrize(("length", "gap"), [(0, 11), (120, 0)])
def test_estimation_window_needs_positive_length_and_gap(length, gap):
    """Day 0 itself is never estimated on."""
    with pytest.raises(ValueError, match="at least 1"):
        estimation_slice(500, length, gap)


def test_event_time_includes_both_ends():
    """[-1, 2] has four days."""
    assert event_time(-1, 2).tolist() == [-1, 0, 1, 2]
    with pytest.raises(ValueError, match="first <= last"):
        event_time(1, 0)


def test_episodes_chain():
    """10, 12 and 14 hang together at distance 2, although 10 and 14 are four apart."""
    assert group_episodes([14, 10, 30, 12, 10], 2).tolist() == [0, 0, 1, 0, 0]


def test_episodes_of_dates_count_sessions():
    """Friday and Monday are one session apart."""
    calendar = pd.bdate_range("2025-10-01", periods=40)
    days = pd.DatetimeIndex(["2025-10-24", "2025-10-27", "2025-10-30"])
    assert group_episodes(days, 1, calendar).tolist() == [0, 0, 1]


def test_episodes_of_dates_need_a_calendar():
    """Without the calendar a distance in sessions is unknown."""
    with pytest.raises(ValueError, match="calendar"):
        group_episodes(pd.DatetimeIndex(["2025-10-24"]), 1)


def test_episode_on_a_holiday_is_named():
    """The error says which date is no session."""
    calendar = pd.bdate_range("2025-10-01", periods=40)
    with pytest.raises(ValueError, match="2025-10-25 is not a session"):
        group_episodes(pd.DatetimeIndex(["2025-10-25"]), 1, calendar)


@given(POSITIONS, st.integers(0, 5))
def test_neighbours_share_an_episode_exactly_within_the_distance(positions, distance):
    """In order of time a new episode starts where the step exceeds the distance."""
    ordered = np.sort(positions)
    episodes = group_episodes(ordered, distance)
    assert episodes[0] == 0
    np.testing.assert_array_equal(np.diff(episodes), np.diff(ordered) > distance)


@given(POSITIONS, st.integers(0, 5), st.randoms())
def test_episodes_do_not_depend_on_the_order(positions, distance, random):
    """Shuffling the events shuffles their numbers along."""
    order = list(range(len(positions)))
    random.shuffle(order)
    shuffled = group_episodes(np.array(positions)[order], distance)
    np.testing.assert_array_equal(shuffled, group_episodes(positions, distance)[order])


@given(POSITIONS, POSITIONS, st.integers(-30, 0), st.integers(0, 30))
def test_count_inside_is_the_plain_count(day0, listed, first, last):
    """Both bounds belong to the window."""
    expected = [sum(d + first <= q <= d + last for q in listed) for d in day0]
    assert count_inside(day0, listed, first, last).tolist() == expected
