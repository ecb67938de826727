"""The firm-events of one group over one window, in the shape the pooled tests need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analysis.estimators.blocks import Runner, here
from analysis.estimators.daily_ranks import DailyRanks, daily_ranks
from analysis.estimators.fitted import Fitted
from analysis.estimators.study import EventStudy
from analysis.estimators.sums import Moments, Sums

__all__ = ["Sample", "draw_sample", "mean_correlation", "pair_correlation", "residual_sums"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """N firm-events with a fully observed window of L2 event days.

    Attributes
    ----------
    car, se : (N,)
        CAR and its standard error with the forecast-error term, fractions.
    sigma : (N,)
        Residual standard deviation of the fit, fraction.
    sar_sum, unit_sum : (N,)
        Sums over the window of the AR over its forecast-corrected error, and of one over it.
    df : (N,)
        Degrees of freedom of the fits, n - k.
    day0 : (N,)
        Session of each event.
    dropped : int
        Firm-events left out because their window is not fully observed.
    first, last : int
        Bounds of the window, event days.
    fitted : Fitted
        The firm-events, from which AR and residuals are computed a block at a time.
    run : Runner
        Where blocks of events are worked on.
    """

    car: Floats
    se: Floats
    sigma: Floats
    sar_sum: Floats
    unit_sum: Floats
    df: Ints
    day0: Ints
    dropped: int
    first: int
    last: int
    fitted: Fitted
    run: Runner = here

    @property
    def size(self) -> int:
        """Firm-events, N."""
        return self.car.size

    @property
    def days(self) -> int:
        """Event days, L2."""
        return self.last - self.first + 1

    @property
    def plain(self) -> Floats:
        """Standard error of the CAR without the forecast-error term, fraction. (N,)."""
        return np.asarray(self.sigma * np.sqrt(self.days))

    @property
    def scar(self) -> Floats:
        """CAR over its forecast-corrected standard error. (N,)."""
        return self.car / self.se

    @property
    def caar(self) -> float:
        """Mean CAR, fraction."""
        return float(self.car.mean()) if self.size else np.nan

    @cached_property
    def sums(self) -> Sums:
        """What the parametric tests need of these firm-events."""
        variance, plain = self.se**2, self.plain**2
        df = self.df.astype(float)
        return Sums(
            days=self.days,
            car=Moments.of(self.car),
            scar=Moments.of(self.scar),
            variance=float(variance.sum()),
            variance_squared=float((variance**2 / df).sum()),
            plain=float(plain.sum()),
            plain_squared=float((plain**2 / df).sum()),
            sar=float(self.sar_sum.sum()),
            unit=float(self.unit_sum.sum()),
            inverse=float((1 / self.se).sum()),
            patell=float((df / np.where(df > 2, df - 2, np.nan)).sum()),
            fewest=int(self.df.min(initial=np.iinfo(np.int64).max)),
        )

    @cached_property
    def correlation(self) -> float:
        """Mean correlation of residuals over all pairs, as :func:`mean_correlation`."""
        return mean_correlation(self)

    @cached_property
    def ranks(self) -> DailyRanks:
        """Mean ranks by event day, as :func:`analysis.estimators.daily_ranks.daily_ranks`."""
        return daily_ranks(self.fitted, self.first, self.last, self.scar, self.run)


def draw_sample(study: EventStudy, first: int, last: int) -> Sample:
    """Collect the firm-events of a study over ``[first, last]``; ``study.take`` picks a group.

    Raises
    ------
    ValueError
        If the window is not inside the event window.
    """
    study.days(first, last)
    work = partial(_window_sums, first=first, last=last)
    sums = np.concatenate(list(study.fitted.map(study.run, work)), axis=1)
    observed = np.isfinite(sums[0])
    kept, whole = study.fitted, bool(observed.all())
    if not whole:
        kept, sums = kept.take(observed), sums[:, observed]
    car, se, sar_sum, unit_sum = sums
    return Sample(
        car=car,
        se=se,
        sigma=kept.fit.sigma,
        sar_sum=sar_sum,
        unit_sum=unit_sum,
        df=kept.fit.n - kept.fit.k,
        day0=kept.position,
        dropped=int((~observed).sum()),
        first=first,
        last=last,
        fitted=kept,
        run=study.run,
    )


def mean_correlation(sample: Sample) -> float:
    """Return the mean correlation of residuals over all pairs of firm-events, r̄.

    Pairs that share their day 0 count with the correlation of their estimation residuals, pairs
    on different days with zero. No pair is looped over: with residuals scaled to unit length the
    squared length of their sum on a day 0 is N_d plus the correlations of its pairs. NaN for one
    firm-event. (Kolari and Pynnönen 2010, Review of Financial Studies 23.)
    """
    if sample.size < 2:
        return float("nan")
    return pair_correlation(sample.size, residual_sums(sample)[1])


def residual_sums(sample: Sample) -> tuple[Ints, Floats]:
    """Return the day 0s and, on each, the sum of residuals scaled to unit length. (P,), (P, L1)."""
    dates, place = np.unique(sample.day0, return_inverse=True)
    sums = np.zeros((dates.size, sample.fitted.panel.layout.length))
    if sample.size:
        by_day = np.argsort(place, kind="stable")
        for start, part in sample.fitted.map(sample.run, _unit_sums, place, rows=by_day):
            sums[start : start + len(part)] += part
    return dates, sums


def pair_correlation(n: int, sums: Floats) -> float:
    """Return r̄ of `n` firm-events from their :func:`residual_sums`; NaN for one."""
    return float((np.vdot(sums, sums) - n) / (n * (n - 1))) if n > 1 else float("nan")


def _window_sums(block: Fitted, first: int, last: int) -> Floats:
    """Return CAR, its error, and the sums of SAR and of one over the daily errors. (4, B)."""
    window = block.window(first, last)
    ar, errors, se = window.ar(), window.errors(), block.fit.sigma * window.scale()
    return np.stack([ar.sum(axis=1), se, (ar / errors).sum(axis=1), (1.0 / errors).sum(axis=1)])


def _unit_sums(block: Fitted, place: Ints) -> tuple[int, Floats]:
    """Return the first of the days, and by day the sum of residuals scaled to unit length.

    ``Σ w (y - α - β'x) = Σ w y - Σ w α - x'Σ w β`` with ``w = 1 / √sse``, for x is shared by the
    firms of a day: the residuals themselves are not needed unless a value is missing.
    """
    fit, weight = block.fit, 1.0 / np.sqrt(block.fit.sse)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    bounds = [*starts, place.size]
    if (fit.n < block.panel.layout.length).any():
        residuals = np.nan_to_num(block.residuals())
        return int(place[0]), np.stack([weight[a:b] @ residuals[a:b] for a, b in pairwise(bounds)])
    y = block.panel.estimation_returns(block.column, block.position)
    sums = np.stack([weight[a:b] @ y[a:b] for a, b in pairwise(bounds)])
    sums -= np.add.reduceat(weight * fit.alpha, starts)[:, None]
    slopes = np.add.reduceat(weight[:, None] * fit.beta, starts)
    x = block.panel.estimation_factors(block.position[starts])
    for line, slope in zip(x, slopes.T, strict=True):
        sums -= line * slope[:, None]
    return int(place[0]), sums
