"""Mean rank of each estimation and event day over many firm-events, a block at a time.

Ranks are taken within each firm-event over its estimation and event days together, divided by one
more than their number and less one half, so that they sum to zero; a missing day has none. The
estimation days are sorted once and the event days put in their places, for three kinds of event
day: abnormal returns, standardised abnormal returns, and the whole window as one day.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, reduce

import numpy as np
import numpy.typing as npt

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.blocks import Runner, side_by_side
from analysis.estimators.events.fits import Fitted

__all__ = ["DailyRanks", "daily_ranks", "deviation_sums", "sort_days"]


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
    positive : float
        Mean share of estimation residuals above zero.
    """

    firms: Ints
    values: Floats
    plain: Floats
    standardised: Floats
    window: Floats
    spread: Floats
    positive: float


@dataclass(frozen=True, slots=True)
class SortedDays:
    """Estimation days of B firm-events and their order.

    Attributes
    ----------
    values : (B, W)
        Values in increasing order; NaN for missing days and beyond, W a power of two above L1.
    place : (B, L1)
        Place of each day in that order from 1 on; 0 for a missing day. In few bytes a day, for
        quick comparisons.
    rank : (B, L1)
        The same, shared by equal values.
    count : (B,)
        Days with a value.
    firms : (L1,)
        Firm-events with a value on each day.
    """

    values: Floats
    place: npt.NDArray[np.signedinteger]
    rank: npt.NDArray[np.number]
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
    shares, parts = zip(
        *fitted.map(side_by_side(run), work, scar / _or_one(wide), width=length), strict=True
    )
    sums = reduce(np.add, parts)
    firms = sums[0]
    with np.errstate(invalid="ignore"):
        values, plain, standardised = sums[1:4] / firms
        window = sums[4, : length + 1] / np.append(firms[:length], n)
    positive = float(sum(shares)) / max(n, 1)
    return DailyRanks(firms, values, plain, standardised, window, spread, positive)


def sort_days(residuals: Floats) -> SortedDays:
    """Sort the estimation days of each firm-event, (B, L1), NaN where missing."""
    rows, length = residuals.shape
    starts = np.arange(rows)[:, None] * length
    order = (np.argsort(residuals, axis=1) + starts).ravel()
    values = np.full((rows, 2 ** length.bit_length()), np.nan)
    values[:, :length] = residuals.ravel().take(order).reshape(rows, length)
    place = np.empty(residuals.shape, dtype=np.min_scalar_type(-1 - length))
    place.ravel()[order] = np.tile(np.arange(1, length + 1, dtype=place.dtype), rows)
    rank: npt.NDArray[np.number] = place
    if (values[:, 1:length] == values[:, : length - 1]).any():
        below, upto = (
            _bisect(values, values[:, :length], than) for than in (np.less, np.less_equal)
        )
        ranked = (below + upto + 1) / 2
        rank = ranked.ravel().take(starts + place - 1)
    if np.isfinite(values[:, length - 1]).all():  # missing days come last
        return SortedDays(values, place, rank, np.full(rows, length), np.full(length, rows))
    known = np.isfinite(residuals)
    place, rank = np.where(known, place, 0), np.where(known, rank, 0)
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
    weight = 1.0 / (days.count + event.shape[1] + 1)
    below, upto = _places(days, event)
    # Each event day moves the estimation days above it by one rank, those equal to it by half.
    moves = weight @ _beyond(days.place, below, np.greater)
    tied = moves if upto is below else weight @ _beyond(days.place, upto, np.greater)
    before = weight @ days.rank + (moves + tied) / 2 - days.firms / 2
    after = weight @ ((below + upto) / 2 + _ranks_among(event)) - len(event) / 2
    return np.concatenate([before, after])


def _places(days: SortedDays, event: Floats) -> tuple[Ints, Ints]:
    """Return how many estimation days lie below, and not above, each event value. (B, L2) each."""
    below = _bisect(days.values, event, np.less)
    slots = np.arange(len(event))[:, None] * days.values.shape[1]
    tied = (days.values.ravel().take(slots + below) == event).any()
    return below, _bisect(days.values, event, np.less_equal) if tied else below


def _rank_sums(
    block: Fitted, scar: Floats, first: int, last: int, spread: Floats
) -> tuple[float, Floats]:
    """Return a block's sum of the shares of positive residuals, and its sums by day.

    By day, (5, D): firms, values, and three kinds of rank deviations.
    """
    residuals, window = block.residuals(), block.window(first, last)
    ar, sigma = window.ar(), block.fit.sigma[:, None]
    days = sort_days(residuals)
    # Residuals over sigma stand where residuals do, so event days are multiplied by it instead.
    kinds = [ar, ar / window.errors() / spread * sigma, scar[:, None] * sigma]
    sums = np.zeros((5, residuals.shape[1] + ar.shape[1]))
    sums[0] = np.append(days.firms, np.full(ar.shape[1], len(ar)))
    summed = np.sum if (days.count == residuals.shape[1]).all() else np.nansum
    sums[1] = np.append(summed(residuals, axis=0), ar.sum(axis=0))
    for row, event in zip(sums[2:], kinds, strict=True):
        deviations = deviation_sums(days, event)
        row[: deviations.size] = deviations
    negative = _bisect(days.values, np.zeros((len(ar), 1)), np.less_equal)[:, 0]
    return float(((days.count - negative) / np.maximum(days.count, 1)).sum()), sums


def _spread(fitted: Fitted, first: int, last: int, run: Runner) -> Floats:
    """Return the standard deviation over firm-events of each event day's standardised AR. (L2,)."""
    if fitted.size < 2:
        return np.full(last - first + 1, np.nan)
    work = partial(_moments, first=first, last=last)
    parts = fitted.map(run, work, width=last - first + 1)
    return np.asarray(np.sqrt(reduce(_joined, parts)[2] / (fitted.size - 1)))


def _moments(block: Fitted, first: int, last: int) -> tuple[int, Floats, Floats]:
    """Return size, means and sums of squared deviations of a block's standardised AR. (L2,)."""
    window = block.window(first, last)
    sar = window.ar() / window.errors()
    mean = sar.mean(axis=0)
    return block.size, mean, ((sar - mean) ** 2).sum(axis=0)


def _joined(
    a: tuple[int, Floats, Floats], b: tuple[int, Floats, Floats]
) -> tuple[int, Floats, Floats]:
    """Join the moments of two blocks (Chan, Golub and LeVeque 1983, American Statistician 37)."""
    n, apart = a[0] + b[0], b[1] - a[1]
    return n, a[1] + apart * b[0] / n, a[2] + b[2] + apart**2 * a[0] * b[0] / n


def _or_one(spread: npt.ArrayLike) -> Floats:
    """Return spreads, one in the place of those that cannot be divided by."""
    values = np.asarray(spread, dtype=float)
    return np.where(values > 0, values, 1.0)


def _ranks_among(event: Floats) -> Floats:
    """Return ranks 1, 2, ... within each row, (B, L2); equal values share theirs."""
    rows, days = event.shape
    below = _beyond(event, event, np.greater)
    if below.sum(dtype=np.int64) == rows * days * (days - 1) // 2:  # each pair has an order
        return np.asarray(below + 1.0, dtype=float)
    upto = _beyond(event, event, np.greater_equal)
    ranks = (below.astype(float) + upto + 1) / 2
    return np.asarray(np.where(np.isnan(event).any(axis=1, keepdims=True), np.nan, ranks))


def _beyond(
    values: npt.NDArray[np.number], limits: npt.NDArray[np.number], than: np.ufunc
) -> npt.NDArray[np.signedinteger]:
    """Return how many of the limits of its row, (B, E), each value is greater `than`. (B, D)."""
    count = np.zeros(values.shape, dtype=np.min_scalar_type(-1 - limits.shape[1]))
    flags = np.empty(values.shape, dtype=bool)
    for limit in limits.astype(values.dtype).T:
        than(values, limit[:, None], out=flags)
        count += flags.view(np.int8)
    return count


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
