"""Calendars of events on several exchanges: the registered one, and all its rotations at once.

A calendar says for each event on which session of each exchange its day 0 lies. Many calendars of
the same events are worked on together, one row each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.snapshot.claims import Events
from analysis.snapshot.load import Snapshot
from analysis.snapshot.own_sessions import own_returns
from analysis.study.each_firm import place_days
from analysis.study.each_session import MEASURES, FirmTable

__all__ = ["Calendars", "Episodes", "average", "chain", "place_events", "rotate"]

NEAREST = 4  # sessions: rotations by fewer lie on the events themselves
FAR = np.iinfo(np.int64).max // 2


@dataclass(frozen=True)
class Calendars:
    """C calendars of the same E events.

    Attributes
    ----------
    events : DataFrame, (E, ...)
        ``id``, ``direction``, ``leave_out`` (tickers with semicolons, empty for none) and others.
    home : str
        The exchange of the market, by whose sessions episodes are chained.
    places : mapping of str to array, (C, E)
        By exchange: session of the day 0; -1 where it has none.
    """

    events: pd.DataFrame
    home: str
    places: Mapping[str, Ints]


@dataclass(frozen=True)
class Episodes:
    """The episodes of C calendars, E places for each, of which those without an episode are empty.

    Attributes
    ----------
    label : array, (C, E)
        The episode of each event, from 0 in order of time; -1 where no firm counts.
    counts : array, (D, C, E)
        How many events of each direction an episode holds.
    directions : tuple of str, (D,)
    mixed : array, (C, E)
        Whether its events point opposite ways.
    values : mapping of str to array, (C, E)
        By measure: the mean over its events of the mean over firms; NaN where there is none.
    """

    label: Ints
    counts: Ints
    directions: tuple[str, ...]
    mixed: Bools
    values: Mapping[str, Floats]

    def enter(self, asked: Events) -> Bools:
        """Mark the episodes that hold events of the directions asked for and no others. (C, E)."""
        own = [place for place, name in enumerate(self.directions) if name in asked.directions]
        total = self.counts.sum(axis=0)
        whole = (total > 0) & (self.counts[own].sum(axis=0) == total)
        return np.asarray(whole & (asked.mixed | ~self.mixed))


def place_events(
    snapshot: Snapshot, events: pd.DataFrame, earlier: Bools | None = None
) -> Calendars:
    """Place events on the sessions of each exchange by their day 0s there.

    Parameters
    ----------
    events : DataFrame, (E, ...)
        Rows of the events of the study.
    earlier : array of bool, (E,), optional
        Events whose day 0 is taken one session earlier on every exchange.
    """
    choices, places = snapshot.choices, {}
    for code, sessions in _sessions(snapshot).items():
        place = sessions.get_indexer(pd.DatetimeIndex(events[choices.exchanges[code].day0]))
        back = (
            np.zeros(len(events), dtype=np.int64) if earlier is None else earlier.astype(np.int64)
        )
        places[code] = np.where(place < 0, -1, np.maximum(place - back, -1))[None]
    named = events[list(choices.registered.leave_out)].agg(";".join, axis=1)
    return Calendars(events.assign(leave_out=named), choices.home, places)


def rotate(snapshot: Snapshot, calendar: Calendars) -> Calendars:
    """Rotate a calendar round ``each_firm.span`` by every number of sessions that is far enough.

    An event keeps its lag on another exchange: the first session on or after the date of the
    market's exchange, or after it. Events outside of the span stay out.

    Parameters
    ----------
    calendar : Calendars
        One calendar.
    """
    choices, sessions = snapshot.choices, _sessions(snapshot)
    home = sessions[calendar.home]
    first, last = (pd.Timestamp(day) for day in choices.each_firm.span)
    start, end = home.searchsorted(first), home.searchsorted(last, side="right")
    length, place = end - start, calendar.places[calendar.home][0]
    inside = (place >= start) & (place < end)
    steps = np.arange(NEAREST, length - NEAREST + 1)[:, None]
    moved = np.where(inside, start + (place - start + steps) % length, -1)
    places = {calendar.home: moved}
    for code, own in sessions.items():
        if code == calendar.home:
            continue
        listed = calendar.events[choices.exchanges[code].day0].to_numpy()
        later = listed > calendar.events[choices.exchanges[calendar.home].day0].to_numpy()
        to = np.stack([place_days(home, own, lag) for lag in (0, 1)])
        to = np.where(to < len(own), to, -1)
        places[code] = np.where(inside, to[later.astype(np.int64), moved], -1)
    return Calendars(calendar.events, calendar.home, places)


def _sessions(snapshot: Snapshot) -> dict[str, pd.DatetimeIndex]:
    frames = own_returns(snapshot)
    return {code: pd.DatetimeIndex(frame.index) for code, frame in frames.items()}


def average(
    snapshot: Snapshot,
    calendars: Calendars,
    table: FirmTable,
    *,
    own_news: bool = False,
    measures: Sequence[str] = MEASURES,
) -> Episodes:
    """Average over the firms that count, chain events into episodes, average over their events.

    Parameters
    ----------
    table : FirmTable
        The firms that may count, with what they show.
    own_news : bool
        Whether firms stay in the events that are their own news.
    """
    events, choices = calendars.events, snapshot.choices
    out = [set(cell.split(";")) for cell in events["leave_out"]]
    held = np.array([[own_news or firm not in each for firm in table.firms] for each in out])
    found = {name: table.look_up(name, calendars.places) for name in measures}
    counted = held & ~np.isnan(next(iter(found.values())))
    firms = counted.sum(axis=-1)
    label = chain(calendars.places[calendars.home], firms > 0, choices.episodes.distance)
    tested = {name: each.sign for name, each in choices.directions.items() if each.tested}
    codes = events["direction"].map({name: place for place, name in enumerate(tested)}).to_numpy()
    counts = np.stack([_add_up(label, (codes == place) * 1.0) for place in range(len(tested))])
    signs = np.array(list(tested.values()))
    up, down = (counts[signs == sign].sum(axis=0) for sign in (1, -1))
    with np.errstate(invalid="ignore"):
        values = {
            name: _add_up(label, np.where(counted, of, 0.0).sum(axis=-1) / firms)
            / counts.sum(axis=0)
            for name, of in found.items()
        }
    return Episodes(label, counts.astype(np.int64), tuple(tested), (up > 0) & (down > 0), values)


def chain(places: Ints, there: Bools, distance: int) -> Ints:
    """Number the episodes of each calendar: chains of day 0s at most `distance` sessions apart.

    Parameters
    ----------
    places : array, (C, E)
        Sessions of the day 0s, in any order.
    there : array of bool, (C, E)
        Events that belong to the calendar.

    Returns
    -------
    array, (C, E)
        From 0 in order of time; -1 for the others.
    """
    known = np.where(there, places, FAR)
    order = np.argsort(known, axis=1, kind="stable")
    starts = np.diff(np.take_along_axis(known, order, axis=1), axis=1) > distance
    label = np.zeros(places.shape, dtype=np.int64)
    np.put_along_axis(label, order[:, 1:], np.cumsum(starts, axis=1), axis=1)
    return np.where(there, label, -1)


def _add_up(label: Ints, values: Floats) -> Floats:
    """Add up values of events over their episodes. (C, E)."""
    rows, size = label.shape
    there = label >= 0
    flat = (np.arange(rows)[:, None] * size + label)[there]
    weights = np.broadcast_to(values, label.shape)[there]
    added = np.bincount(flat, weights, minlength=rows * size)
    return np.asarray(added.reshape(rows, size), dtype=float)
