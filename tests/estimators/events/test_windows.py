from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimators.events.windows import count_inside, group_episodes

POSITIONS = st.lists(st.integers(0, 200), min_size=1, max_size=40)


def test_episodes_chain():
    """10, 12 and 14 hang together at distance 2, although 10 and 14 are four apart."""
    assert group_episodes([14, 10, 30, 12, 10], 2).tolist() == [0, 0, 1, 0, 0]


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
