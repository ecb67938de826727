"""Sessions of events: their order, episodes, and what falls inside a window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.estimators.arrays import Ints

__all__ = ["count_inside", "group_episodes", "in_time"]


def in_time(position: Ints) -> Ints:
    """Return the order of events by the session of their day 0, equal ones as they come. (N,)."""
    # NumPy sorts small integers by counting, ten times as fast.
    small = position.astype(np.min_scalar_type(int(position.max(initial=0))))
    return np.argsort(small, kind="stable")


def group_episodes(position: npt.ArrayLike, distance: int) -> Ints:
    """Number the episodes: chains of day 0s at most `distance` sessions from the one before.

    Parameters
    ----------
    position : array of int, (N,)
        Sessions of the day 0s, in any order; repeats are welcome.
    distance : int
        0 groups equal days only.

    Returns
    -------
    array of int, (N,)
        Episode numbers from 0 in order of time, aligned with `position`.

    Raises
    ------
    ValueError
        If `distance` is negative.
    """
    if distance < 0:
        raise ValueError(f"episodes: expected a distance of at least 0, found {distance}")
    ordered, place = np.unique(np.asarray(position, dtype=np.int64), return_inverse=True)
    starts = np.diff(ordered, prepend=ordered[:1]) > distance
    return np.cumsum(starts, dtype=np.int64)[place]


def count_inside(day0: npt.ArrayLike, listed: npt.ArrayLike, first: int, last: int) -> Ints:
    """Count the listed events on the event days ``first, ..., last`` of each event.

    Parameters
    ----------
    day0 : array of int, (N,)
        Positions of the events' sessions.
    listed : array of int, (M,)
        Positions of the listed events, in any order.
    first, last : int
        Bounds of the window in event time, both included.

    Returns
    -------
    array of int, (N,)
    """
    ordered = np.sort(np.asarray(listed, dtype=np.int64))
    anchors = np.asarray(day0, dtype=np.int64)
    upto = np.searchsorted(ordered, anchors + last, side="right")
    before = np.searchsorted(ordered, anchors + first, side="left")
    return (upto - before).astype(np.int64)
