"""The firm-events of one group over one window, in the shape the pooled tests need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.blocks import Runner, here
from analysis.estimators.events.daily_ranks import DailyRanks, daily_ranks
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.fits import Fitted
from analysis.estimators.events.moments import Moments, Sums
from analysis.estimators.events.residual_sums import (
    UnitSums,
    day_starts,
    join_days,
    mean_correlation,
    sum_whole,
)
from analysis.estimators.events.windows import in_time

__all__ = ["Sample", "draw_sample"]


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
    first, last : int
        Bounds of the window, event days.
    cut : (N,) or None
        Event days of each window, where some are cut short.
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
    first: int
    last: int
    fitted: Fitted
    run: Runner = here
    cut: Ints | None = None

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
        return np.asarray(self.sigma * np.sqrt(self.days if self.cut is None else self.cut))

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
        share = 1.0 if self.cut is None else self.cut / self.days  # of the window that counts
        return Sums(
            days=self.days,
            car=Moments.of(self.car),
            scar=Moments.of(self.scar),
            variance=float(variance.sum()),
            variance_squared=float((variance**2 / df).sum()),
            plain=float(plain.sum()),
            plain_squared=float((plain**2 / df).sum()),
            sar=float(self.sar_sum.sum()),
            unit=float((self.unit_sum / share).sum()),
            inverse=float((1 / self.se).sum()),
            patell=float((share * df / np.where(df > 2, df - 2, np.nan)).sum()),
            fewest=int(self.df.min(initial=np.iinfo(np.int64).max)),
        )

    @cached_property
    def correlation(self) -> float:
        """Mean correlation of residuals over all pairs, as :func:`mean_correlation`."""
        return mean_correlation(self.size, self.unit_sums.sums)

    @cached_property
    def unit_sums(self) -> UnitSums:
        """Residuals scaled to unit length and summed by day 0."""
        if self.fitted.unit_sums:
            return self.fitted.unit_sums
        ordered = self.fitted.take(in_time(self.day0))
        length = ordered.panel.layout.length
        return join_days(ordered.map(self.run, _unit_sums, width=length), length)

    @cached_property
    def ranks(self) -> DailyRanks:
        """Mean ranks by event day, see :mod:`analysis.estimators.events.daily_ranks`."""
        return daily_ranks(self.fitted, self.first, self.last, self.scar, self.run)


def draw_sample(study: EventStudy, first: int, last: int) -> Sample:
    """Collect the firm-events of a study over ``[first, last]``; ``study.take`` picks a group.

    Raises
    ------
    ValueError
        If the window is not inside the event window.
    """
    over = study.over(first, last)
    observed = np.isfinite(over.car)
    whole = bool(observed.all())
    rows = slice(None) if whole else np.flatnonzero(observed)
    kept = study.fitted if whole else study.fitted.take(rows)
    lengths = study.lengths(first, last)[observed]
    return Sample(
        car=over.car[rows],
        se=over.se[rows],
        sigma=kept.fit.sigma,
        sar_sum=over.sar[rows],
        unit_sum=over.unit[rows],
        df=kept.fit.n - kept.fit.k,
        day0=kept.position,
        first=first,
        last=last,
        fitted=kept,
        run=study.run,
        cut=None if (lengths == last - first + 1).all() else lengths,
    )


def _unit_sums(block: Fitted) -> UnitSums:
    """Return the sums of a block of firm-events in order of time."""
    starts = np.flatnonzero(day_starts(block.position))
    dates = block.position[starts]
    own, layout = block.panel.own, block.panel.layout
    apart = own is not None and own.among(block.column).size > 0
    if not apart and (block.fit.n == layout.length).all():
        y = block.panel.estimation_returns(block.column, block.position)
        return UnitSums(
            dates, sum_whole(y, block.panel.estimation_factors(dates), block.fit, starts)
        )
    residuals = block.residuals()
    if own is not None and apart:  # correlations are those of common days
        start = block.position - layout.before
        residuals = own.on_common_days(residuals, block.column, start, block.position)
    unit = np.nan_to_num(residuals) / np.sqrt(block.fit.sse)[:, None]
    return UnitSums(dates, np.add.reduceat(unit, starts))
