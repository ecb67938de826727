"""Residuals scaled to unit length and summed over the firm-events of each day 0.

The squared length of such a sum is the number of its firm-events plus the correlations of all their
pairs, so r̄ follows from one row a day 0, whatever the number of pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.estimators.events.models import WindowFit

__all__ = ["UnitSums", "day_starts", "join_days", "mean_correlation", "sum_whole"]


@dataclass(frozen=True, slots=True)
class UnitSums:
    """Sums over the firm-events of P day 0s.

    Attributes
    ----------
    dates : (P,)
        Sessions of the day 0s, in order of time.
    sums : (P, L1)
        Residuals over their root sum of squares, summed; a missing residual counts as zero.
    """

    dates: Ints
    sums: Floats


def day_starts(position: Ints) -> Bools:
    """Say which of the events, in order of time, (N,), is the first of its day 0."""
    return np.asarray(np.diff(position, prepend=-1) != 0)


def sum_whole(y: Floats, x: Floats, fit: WindowFit, starts: Ints) -> Floats:
    """Return the sums by day of windows without a missing value. (P, L1).

    ``Σ w (y - α - β'x) = Σ w y - Σ w α - x'Σ w β`` with ``w = 1 / √sse``, for x is shared by the
    firms of a day: no residual is computed.

    Parameters
    ----------
    y : (N, L1)
        Returns of firm-events in order of time.
    x : (m, P, L1)
        Factors on each day's window.
    fit : WindowFit
        N fits.
    starts : (P,)
        Number of the first firm-event of each day.
    """
    weight = 1.0 / np.sqrt(fit.sse)
    sums = np.empty((starts.size, y.shape[1]))
    for row, (a, b) in zip(sums, pairwise([*starts.tolist(), len(y)]), strict=True):
        np.matmul(weight[a:b], y[a:b], out=row)
    sums -= np.add.reduceat(weight * fit.alpha, starts)[:, None]
    slopes = np.add.reduceat(weight[:, None] * fit.beta, starts)
    for line, slope in zip(x, slopes.T, strict=True):
        sums -= line * slope[:, None]
    return sums


def join_days(parts: Iterable[UnitSums], length: int) -> UnitSums:
    """Return the sums of parts in order of time; a day 0 may end one part and begin the next.

    `length` is L1.
    """
    held = list(parts)
    dates = np.unique(np.concatenate([part.dates for part in held]))
    sums = np.zeros((dates.size, length))
    for part in held:
        first = int(np.searchsorted(dates, part.dates[0])) if part.dates.size else 0
        sums[first : first + part.dates.size] += part.sums
    return UnitSums(dates, sums)


def mean_correlation(n: int, sums: Floats) -> float:
    """Return the mean correlation of residuals over all pairs of `n` firm-events, r̄.

    Pairs that share their day 0 count with the correlation of their estimation residuals, pairs
    on different days with zero. NaN for one firm-event. (Kolari and Pynnönen 2010, Review of
    Financial Studies 23.)
    """
    return float((np.vdot(sums, sums) - n) / (n * (n - 1))) if n > 1 else float("nan")
