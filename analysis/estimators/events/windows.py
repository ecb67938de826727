"""Event time and sessions: windows around day 0, episodes, and what falls inside a window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.arrays import Ints

__all__ = [
    "count_inside",
    "estimation_slice",
    "event_time",
    "group_episodes",
    "in_time",
]


def event_time(first: int, last: int) -> Ints:
    """Return the event days ``first, ..., last`` of a window; day 0 is the event's session.

    Raises
    ------
    ValueError
        If `first` lies after `last`.
    """
    if first > last:
        raise ValueError(f"window: expected first <= last, found [{first}, {last}]")
    return np.arange(first, last + 1, dtype=np.int64)


def in_time(position: Ints) -> Ints:
    """Return the order of events by the session of their day 0, equal ones as they come. (N,)."""
    # NumPy sorts small integers by counting, ten times as fast.
    small = position.astype(np.min_scalar_type(int(position.max(initial=0))))
    return np.argsort(small, kind="stable")


def estimation_slice(day0: int, length: int, gap: int) -> slice:
    """Return the positions of the estimation window of an event.

    Parameters
    ----------
    day0 : int
        Position of the event's session.
    length, gap : int
        Sessions in the window; its last session lies `gap` sessions before day 0. A length of 120
        and a gap of 11 give the event days -130 to -11.

    Returns
    -------
    slice
        Half-open, cut at the first session of the data; empty if nothing is left.

    Raises
    ------
    ValueError
        If `length` or `gap` is below one.
    """
    if length < 1 or gap < 1:
        raise ValueError(f"estimation window: length {length} and gap {gap} must be at least 1")
    stop = max(day0 - gap + 1, 0)
    return slice(max(day0 - gap - length + 1, 0), stop)


def group_episodes(
    sessions: npt.ArrayLike | pd.DatetimeIndex,
    distance: int,
    calendar: pd.DatetimeIndex | None = None,
) -> Ints:
    """Number the episodes: chains of day 0s at most `distance` sessions from the one before.

    Parameters
    ----------
    sessions : array of int, (N,), or DatetimeIndex
        Positions of the day 0s in the calendar, in any order; repeats are welcome. Dates need
        `calendar`.
    distance : int
        Largest distance in sessions between neighbours in one episode; 0 groups equal days only.
    calendar : DatetimeIndex, optional
        All sessions in order, to turn dates into positions.

    Returns
    -------
    array of int, (N,)
        Episode numbers from 0 in order of time, aligned with `sessions`.

    Raises
    ------
    ValueError
        If dates come without a calendar or a date is not in it, or `distance` is negative.
    """
    if distance < 0:
        raise ValueError(f"episodes: expected a distance of at least 0, found {distance}")
    positions = _positions(sessions, calendar)
    ordered, place = np.unique(positions, return_inverse=True)
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


def _positions(
    sessions: npt.ArrayLike | pd.DatetimeIndex, calendar: pd.DatetimeIndex | None
) -> Ints:
    """Return positions as they are, and dates as their positions in the calendar."""
    values = np.asarray(sessions)
    if values.dtype.kind in "iu" or values.size == 0:
        return values.astype(np.int64)
    if calendar is None:
        raise ValueError("episodes: expected positions of sessions, or dates with their calendar")
    dates = pd.DatetimeIndex(values)
    positions = calendar.get_indexer(dates)
    if (positions < 0).any():
        raise ValueError(f"episodes: {dates[positions < 0][0].date()} is not a session")
    return positions.astype(np.int64)
