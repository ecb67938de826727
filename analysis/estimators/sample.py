"""The firm-events of one group over one window, in the shape the pooled tests need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.estimators.study import EventStudy

__all__ = ["Sample", "draw_sample", "mean_correlation"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """N firm-events with a fully observed window of L2 event days.

    Attributes
    ----------
    car, se, plain : (N,)
        CAR and its standard error with and without the forecast-error term, fractions.
    ar, errors : (N, L2)
        Abnormal returns and their forecast-corrected errors of the day, fractions.
    residuals : (N, L1)
        Estimation residuals, NaN on sessions not used.
    df : (N,)
        Degrees of freedom of the fits, n - k.
    day0 : (N,)
        Session of each event.
    dropped : int
        Firm-events left out because their window is not fully observed.
    """

    car: Floats
    se: Floats
    plain: Floats
    ar: Floats
    errors: Floats
    residuals: Floats
    df: Ints
    day0: Ints
    dropped: int

    @property
    def size(self) -> int:
        """Firm-events, N."""
        return self.car.size

    @property
    def days(self) -> int:
        """Event days, L2."""
        return int(self.ar.shape[1])

    @property
    def sar(self) -> Floats:
        """Abnormal returns over their errors. (N, L2)."""
        return self.ar / self.errors

    @property
    def scar(self) -> Floats:
        """CAR over its forecast-corrected standard error. (N,)."""
        return self.car / self.se

    @property
    def caar(self) -> float:
        """Mean CAR, fraction."""
        return float(self.car.mean()) if self.size else np.nan


def draw_sample(study: EventStudy, first: int, last: int) -> Sample:
    """Collect the firm-events of a study over ``[first, last]``; ``study.take`` picks a group.

    Raises
    ------
    ValueError
        If the window is not inside the event window.
    """
    part = study.days(first, last)
    observed = np.atleast_1d(np.isfinite(study.ar[:, part]).all(axis=1))
    kept = study if observed.all() else study.take(observed)
    daily = [kept.scale(day, day) for day in range(first, last + 1)]
    return Sample(
        car=kept.ar[:, part].sum(axis=1),
        se=kept.sigma * kept.scale(first, last),
        plain=kept.sigma * np.sqrt(last - first + 1),
        ar=kept.ar[:, part],
        errors=kept.sigma[:, None] * np.stack(daily, axis=1),
        residuals=kept.residuals,
        df=kept.df,
        day0=kept.position,
        dropped=int((~observed).sum()),
    )


def mean_correlation(sample: Sample) -> float:
    """Return the mean correlation of residuals over all pairs of firm-events, r̄.

    Pairs that share their day 0 count with the correlation of their estimation residuals, pairs
    on different days with zero. No pair is looped over: with residuals scaled to unit length the
    squared length of their sum on a day 0 is N_d plus the correlations of its pairs. NaN for one
    firm-event. (Kolari and Pynnönen 2010, Review of Financial Studies 23.)
    """
    n = sample.size
    if n < 2:
        return float("nan")
    order = np.argsort(sample.day0, kind="stable")
    starts = np.flatnonzero(np.diff(sample.day0[order], prepend=-1))
    filled = np.nan_to_num(sample.residuals[order])
    filled /= np.sqrt(np.einsum("nl,nl->n", filled, filled))[:, None]
    sums = np.add.reduceat(filled, starts, axis=0)
    return float(((sums**2).sum() - n) / (n * (n - 1)))
