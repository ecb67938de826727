"""From firms to events to episodes, of the calendar as it was and of every turn of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .record import TESTED, Flags, Floats, Places, Record, split_firms
from .responses import Responses

DISTANCE = 1  # New York sessions between day 0s of one episode at most
NEAREST = 4  # sessions by which the calendar is turned at least, either way
MEASURES = ("scar", "car", "day", "day_car", "square")


@dataclass(frozen=True)
class Values:
    """Mean over the eligible firms of each measure, by event; ``count`` are these firms.

    All are (calendars, events); the places are those in New York.
    """

    york: Places
    count: Places
    measures: Mapping[str, Floats]


@dataclass(frozen=True)
class Episodes:
    """Mean over the events of each episode, (calendars, episodes); nan where there is none.

    ``holds`` says, by direction, whether an episode holds news of it; ``group`` is the episode
    of each event, -1 without one, (calendars, events).
    """

    measures: Mapping[str, Floats]
    holds: Mapping[str, Flags]
    group: Places
    first: Places

    def pure(self, direction: str) -> Flags:
        """Say which episodes hold one direction and none else."""
        alone: Flags = self.holds[direction].copy()
        for other in TESTED:
            if other != direction:
                alone &= ~self.holds[other]
        return alone

    @property
    def any(self) -> Flags:
        """Say which episodes there are."""
        found: Flags = np.logical_or.reduce([self.holds[name] for name in TESTED])
        return found

    @property
    def mixed(self) -> Flags:
        """Say which hold easing and something else."""
        found: Flags = self.holds["easing"] & (self.holds["tightening"] | self.holds["support"])
        return found

    def of(self, measure: str, chosen: Flags) -> Floats:
        """Return a measure of chosen episodes of the calendar as it was, (K,)."""
        found: Floats = self.measures[measure][0][chosen[0]]
        return found

    def mean(self, measure: str, chosen: Flags) -> Floats:
        """Return the mean of a measure over chosen episodes, by calendar."""
        total = np.where(chosen, self.measures[measure], 0.0).sum(axis=1)
        count = chosen.sum(axis=1)
        found: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return found


@dataclass(frozen=True)
class Calendar:
    """Events with the sessions they fall on, in each of several calendars, (calendars, events)."""

    york: Places
    sydney: Places


def as_it_was(events: pd.DataFrame) -> Calendar:
    """Return the calendar of events, alone."""
    return Calendar(events[["XNYS"]].to_numpy().T, events[["XASX"]].to_numpy().T)


def turned(record: Record, events: pd.DataFrame) -> tuple[pd.DataFrame, Calendar]:
    """Turn the events of the span by every number of New York sessions but the nearest ones.

    Days before the span are on no circle: they are left out.
    """
    first, length = record.span
    events = events[events["XNYS"].between(first, first + length - 1)].reset_index(drop=True)
    steps = np.arange(NEAREST, length - NEAREST + 1)
    york = first + (events["XNYS"].to_numpy() - first + steps[:, None]) % length
    dates = (record.sessions[name][events[name]] for name in ("XNYS", "XASX"))
    same = np.equal(*(days.to_numpy() for days in dates))
    return events, Calendar(york, record.sydney(york, same))


def measure_events(
    firms: Mapping[str, Responses],
    events: pd.DataFrame,
    calendar: Calendar,
    *,
    own_news: bool = False,
) -> Values:
    """Average over the eligible firms of each event; with ``own_news`` none is left out for it."""
    count = np.zeros(calendar.york.shape, dtype=np.intp)
    sums = {name: np.zeros(count.shape) for name in MEASURES}
    left_out = [split_firms(cell) for cell in events["leave_out"]]
    for ticker, found in firms.items():
        places = calendar.york if found.venue == "XNYS" else calendar.sydney
        allowed = np.array([own_news or ticker not in out for out in left_out])
        counts = found.usable[places] & allowed
        count += counts
        series = {"scar": found.scar, "car": found.car, "day": found.day,
                  "day_car": found.day_car, "square": found.day**2}  # fmt: skip
        for name, values in series.items():
            sums[name] += np.where(counts, values[places], 0.0)
    means = {
        name: np.where(count > 0, total / np.maximum(count, 1), np.nan)
        for name, total in sums.items()
    }
    return Values(calendar.york, count, means)


def form(values: Values, directions: pd.Series) -> Episodes:
    """Chain the events that have a firm into episodes."""
    calendars, events = values.york.shape
    rows = np.arange(calendars)[:, None]
    order = np.argsort(values.york, axis=1, kind="stable")
    place = values.york[rows, order]
    valid = values.count[rows, order] > 0
    last = np.maximum.accumulate(np.where(valid, place, -10), axis=1)
    previous = np.concatenate([np.full((calendars, 1), -10), last[:, :-1]], axis=1)
    number = np.cumsum(valid & (place - previous > DISTANCE), axis=1) - 1
    flat = (rows * events + number)[valid]

    def total(what: Floats) -> Floats:
        summed = np.bincount(flat, what[rows, order][valid], calendars * events)
        return summed.astype(np.float64).reshape(calendars, events)

    size = total(np.ones(place.shape))
    kinds = directions.to_numpy()
    holds = {
        name: total(np.broadcast_to((kinds == name).astype(float), place.shape)) > 0
        for name in TESTED
    }
    means = {
        name: np.where(size > 0, total(np.nan_to_num(found)) / np.maximum(size, 1), np.nan)
        for name, found in values.measures.items()
    }
    group = np.full(place.shape, -1)
    np.put_along_axis(group, order, np.where(valid, number, -1), axis=1)
    first = np.full(place.shape, np.iinfo(np.intp).max)
    np.minimum.at(first.reshape(-1), flat, place[valid])
    return Episodes(means, holds, group, first)
