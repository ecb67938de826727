"""Mean rank of each estimation and event day over many firm-events, a block at a time.

Ranks are taken within each firm-event over its estimation and event days together, divided by one
more than their number and less one half, so that they sum to zero; a missing day has none. The
estimation days are sorted once and the event days put in their places, for three kinds of event
day: abnormal returns, standardised abnormal returns, and the whole window as one day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial, reduce

import numpy as np
import numpy.typing as npt

from analysis.estimators.blocks import Runner
from analysis.estimators.fitted import Fitted

__all__ = ["DailyRanks", "daily_ranks", "deviation_sums", "sort_days"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DailyRanks:
    """Means over N firm-events of the days of the estimation window, then of the event window.

    Attributes
    ----------
    firms : (L1 + L2,)
        Firm-events with a return on each day.
    values : (L1 + L2,)
        Mean residual or abnormal return, fraction; NaN on a day without firms, as in all means.
    plain : (L1 + L2,)
        Mean rank deviation of residuals and abnormal returns.
    standardised : (L1 + L2,)
        The same with event days over their error and the spread of that day over firm-events.
    window : (L1 + 1,)
        The same with the window as one day: SCAR over its spread over firm-events.
    spread : (L2,)
        Spread of the standardised abnormal returns of each event day; NaN for one firm-event.
    """

    firms: Ints
    values: Floats
    plain: Floats
    standardised: Floats
    window: Floats
    spread: Floats


@dataclass(frozen=True, slots=True)
class SortedDays:
    """Estimation days of B firm-events and their order.

    Attributes
    ----------
    values : (B, W)
        Values in increasing order; NaN for missing days and beyond, W a power of two above L1.
    place : (B, L1)
        Place of each day in that order from 1 on; 0 for a missing day.
    rank : (B, L1)
        The same, shared by equal values.
    count : (B,)
        Days with a value.
    firms : (L1,)
        Firm-events with a value on each day.
    """

    values: Floats
    place: Ints
    rank: Floats
    count: Ints
    firms: Ints


def daily_ranks(fitted: Fitted, first: int, last: int, scar: Floats, run: Runner) -> DailyRanks:
    """Rank the days of all firm-events.

    Parameters
    ----------
    fitted : Fitted
        N firm-events, fully observed over ``[first, last]``.
    first, last : int
        Bounds of the window, event days.
    scar : (N,)
        Standardised cumulative abnormal returns.
    run : Runner
        Where blocks of events are worked on.
    """
    n, length = fitted.size, fitted.panel.layout.length
    spread = _spread(fitted, first, last, run)
    wide = float(scar.std(ddof=1)) if n > 1 else np.nan
    work = partial(_rank_sums, first=first, last=last, spread=_or_one(spread))
    sums = _total(fitted.map(run, work, scar / _or_one(wide)))
    firms = sums[0]
    with np.errstate(invalid="ignore"):
        values, plain, standardised = sums[1:4] / firms
        window = sums[4, : length + 1] / np.append(firms[:length], n)
    return DailyRanks(firms, values, plain, standardised, window, spread)


def sort_days(residuals: Floats) -> SortedDays:
    """Sort the estimation days of each firm-event, (B, L1), NaN where missing."""
    rows, length = residuals.shape
    known = np.isfinite(residuals)
    starts = np.arange(rows)[:, None] * length
    order = np.argsort(residuals, axis=1) + starts
    values = np.full((rows, 2 ** length.bit_length()), np.nan)
    values[:, :length] = residuals.ravel().take(order)
    place = np.empty(residuals.shape, dtype=np.int64)
    place.ravel()[order] = np.arange(1, length + 1)
    tied = (values[:, 1:length] == values[:, : length - 1]).any()
    rank = place.astype(float)
    if tied:
        rank = _shared_ranks(values[:, :length]).ravel().take(starts + place - 1)
    if not known.all():
        place[~known], rank[~known] = 0, 0.0
    return SortedDays(values, place, rank, known.sum(axis=1), known.sum(axis=0))


def deviation_sums(days: SortedDays, event: Floats) -> Floats:
    """Return rank deviations among estimation and event days, summed over B firm-events.

    Parameters
    ----------
    days : SortedDays
        Estimation days.
    event : (B, L2)
        Values of the event days.

    Returns
    -------
    array, (L1 + L2,)
        Sums of ``rank / (T + 1) - 1/2`` by day, T the days of a firm-event.
    """
    rows, width = days.place.shape[0], days.place.shape[1] + 2
    weight = 1.0 / (days.count + event.shape[1] + 1)
    below, upto = _places(days, event)
    # Each event day moves the estimation days above it by one rank, those equal to it by half.
    starts = np.arange(rows)[:, None] * width
    moved = np.bincount((starts + below + 1).ravel(), minlength=rows * width)
    moved += np.bincount((starts + upto + 1).ravel(), minlength=rows * width)
    moves = moved.reshape(rows, width).cumsum(axis=1).ravel().take(starts + days.place)
    before = weight @ days.rank + weight / 2 @ moves - days.firms / 2
    after = weight @ ((below + upto) / 2 + _ranks_among(event)) - rows / 2
    return np.concatenate([before, after])


def _places(days: SortedDays, event: Floats) -> tuple[Ints, Ints]:
    """Return how many estimation days lie below, and not above, each event value. (B, L2) each."""
    below = _bisect(days.values, event, np.less)
    slots = np.arange(len(event))[:, None] * days.values.shape[1]
    tied = (days.values.ravel().take(slots + below) == event).any()
    return below, _bisect(days.values, event, np.less_equal) if tied else below


def _rank_sums(block: Fitted, scar: Floats, first: int, last: int, spread: Floats) -> Floats:
    """Return a block's sums by day: firms, values, and three kinds of rank deviations. (5, D)."""
    residuals, window = block.residuals(), block.window(first, last)
    ar, sigma = window.ar(), block.fit.sigma[:, None]
    days = sort_days(residuals)
    # Residuals over sigma stand where residuals do, so event days are multiplied by it instead.
    kinds = [ar, ar / window.errors() / spread * sigma, scar[:, None] * sigma]
    sums = np.zeros((5, residuals.shape[1] + ar.shape[1]))
    sums[0] = np.append(days.firms, np.full(ar.shape[1], len(ar)))
    sums[1] = np.append(np.nansum(residuals, axis=0), ar.sum(axis=0))
    for row, event in zip(sums[2:], kinds, strict=True):
        summed = deviation_sums(days, event)
        row[: summed.size] = summed
    return sums


def _spread(fitted: Fitted, first: int, last: int, run: Runner) -> Floats:
    """Return the standard deviation over firm-events of each event day's standardised AR. (L2,)."""
    if fitted.size < 2:
        return np.full(last - first + 1, np.nan)
    zero = np.zeros(last - first + 1)
    mean = _total(fitted.map(run, partial(_moment, first=first, last=last, centre=zero, power=1)))
    centre = mean / fitted.size
    work = partial(_moment, first=first, last=last, centre=centre, power=2)
    return np.sqrt(_total(fitted.map(run, work)) / (fitted.size - 1))


def _total(parts: Iterator[Floats]) -> Floats:
    """Return the sum of arrays of one shape, in order."""
    return reduce(np.add, parts)


def _moment(block: Fitted, first: int, last: int, centre: Floats, power: int) -> Floats:
    """Return the sums over a block of powers of standardised AR less `centre`. (L2,)."""
    window = block.window(first, last)
    sar = window.ar() / window.errors()
    return np.asarray(((sar - centre) ** power).sum(axis=0))


def _or_one(spread: npt.ArrayLike) -> Floats:
    """Return spreads, one in the place of those that cannot be divided by."""
    values = np.asarray(spread, dtype=float)
    return np.where(values > 0, values, 1.0)


def _shared_ranks(ordered: Floats) -> Floats:
    """Return ranks 1, 2, ... along sorted rows, (B, L); equal values share theirs."""
    place = np.arange(ordered.shape[1])
    edge = np.ones((len(ordered), 1), dtype=bool)
    changes = ordered[:, 1:] != ordered[:, :-1]
    starts = np.where(np.hstack([edge, changes]), place, 0)
    ends = np.where(np.hstack([changes, edge]), place, place[-1])
    first = np.maximum.accumulate(starts, axis=1)
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    return (first + last) / 2 + 1.0


def _ranks_among(event: Floats) -> Floats:
    """Return ranks 1, 2, ... within each row, (B, L2); equal values share theirs."""
    twice = np.ones(event.shape)
    for day in range(event.shape[1]):
        twice += event > event[:, day, None]
        twice += event >= event[:, day, None]
    return twice / 2


def _bisect(ordered: Floats, wanted: Floats, before: np.ufunc) -> Ints:
    """Return how many values of each sorted row come `before` those wanted, by halving. (B, E).

    Rows hold a power of two of places, NaN in those that are not used.
    """
    width = ordered.shape[1]
    flat, slots = ordered.ravel(), np.arange(len(ordered))[:, None] * width - 1
    found = np.zeros(wanted.shape, dtype=np.int64)
    step = width // 2
    while step:
        found += step * before(flat.take(slots + found + step), wanted)
        step //= 2
    return found
