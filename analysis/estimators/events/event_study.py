"""The result of an event study: fits, abnormal returns and what is derived from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimators.arrays import Array, Floats, Ints
from analysis.estimators.blocks import Runner, blocks, here, side_by_side
from analysis.estimators.events.fits import Fitted
from analysis.estimators.events.layout import Panel
from analysis.estimators.events.models import WindowFit
from analysis.estimators.names import Kind, Model

__all__ = ["EventStudy"]


@dataclass(frozen=True, slots=True)
class Cumulated:
    """What a window of event days adds up to for N events; NaN where it is not fully observed.

    Attributes
    ----------
    raw : (N,)
        Compounded realised return, fraction.
    car, se : (N,)
        CAR and its standard error with the forecast-error term, fractions.
    bhar : (N,)
        Compounded realised less compounded normal return, fraction.
    sar, unit : (N,)
        Sums of the AR over its forecast-corrected error, and of one over that error.
    """

    raw: Floats
    car: Floats
    se: Floats
    bhar: Floats
    sar: Floats
    unit: Floats


@dataclass(frozen=True)
class EventStudy:
    """Fits and abnormal returns of N events over L event days.

    What has the size of the windows is computed when it is asked for: a study of many events
    holds no more than a few numbers an event.

    Attributes
    ----------
    events : DataFrame, (N, ...)
        The columns of the events that have a fit.
    fitted : Fitted
        Their returns and fits, for inference.
    skipped : DataFrame
        Events without a fit: their columns and a ``reason``.
    factors : tuple of str
        Names of the m factors that entered; none for the mean model.
    minimum, kind
        Fewest estimation sessions, "simple" or "log" returns.
    run : Runner
        Where blocks of events are worked on.
    spans : (N, 2) or None
        First and last event day of each event, where windows are cut to them: those of a firm that
        ends, or of events with windows of their own.
    """

    events: pd.DataFrame
    fitted: Fitted
    skipped: pd.DataFrame
    factors: tuple[str, ...]
    minimum: int
    kind: Kind
    run: Runner = here
    spans: Ints | None = None
    _kept: dict[tuple[int, int], Cumulated] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def take(self, rows: Array) -> EventStudy:
        """Return the study of some of its rows, by number or mask; nothing is fitted again."""
        if rows.dtype == bool and rows.all():
            return self
        events = self.events.iloc[np.arange(self.fitted.size)[rows]].reset_index(drop=True)
        spans = None if self.spans is None else self.spans[rows]
        return replace(self, events=events, fitted=self.fitted.take(rows), spans=spans)

    def cut_to(self, spans: Ints) -> EventStudy:
        """Return the study with all windows cut to the first and last event day of each event."""
        return replace(self, spans=spans)

    def lengths(self, first: int, last: int) -> Ints:
        """Return how many days of the window ``[first, last]`` count for each event. (N,)."""
        if self.spans is None:
            return np.full(self.fitted.size, last - first + 1)
        low, high = np.maximum(self.spans[:, 0], first), np.minimum(self.spans[:, 1], last)
        return np.asarray(np.maximum(high - low + 1, 0))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The events with their fits, (N, ...).

        The columns of the events, then ``estimation_start`` and ``estimation_end`` (first and last
        usable session), ``n_estimation`` (usable sessions), ``alpha`` (fraction a session),
        ``beta_<factor>``, ``sigma`` (residual standard deviation, fraction, divisor n - k), ``k``.
        """
        first, last = _bounds(self.fitted)
        fit, sessions = self.fit, self.panel.sessions
        fitted: dict[str, Array | pd.DatetimeIndex] = {
            "estimation_start": sessions[first],
            "estimation_end": sessions[last],
            "n_estimation": fit.n,
            "alpha": fit.alpha,
            **{f"beta_{name}": fit.beta[:, place] for place, name in enumerate(self.factors)},
            "sigma": fit.sigma,
            "k": np.full(fit.n.shape, fit.k),
        }
        return self.events.assign(**fitted)

    @property
    def panel(self) -> Panel:
        """Laid-out returns."""
        return self.fitted.panel

    @property
    def column(self) -> Ints:
        """Row of each event's asset in the panel. (N,)."""
        return self.fitted.column

    @property
    def position(self) -> Ints:
        """Session of each event's day 0. (N,)."""
        return self.fitted.position

    @property
    def fit(self) -> WindowFit:
        """The fits of the N estimation windows."""
        return self.fitted.fit

    @property
    def model(self) -> Model:
        """Model of the normal return."""
        return self.fitted.model

    @property
    def event_time(self) -> Ints:
        """Event days. (L,)."""
        return np.arange(self.panel.layout.first, self.panel.layout.last + 1)

    @property
    def bounds(self) -> tuple[int, int]:
        """First and last event day."""
        return self.panel.layout.first, self.panel.layout.last

    @cached_property
    def raw(self) -> Floats:
        """Realised returns, fraction; NaN beyond the data or where one is missing. (N, L)."""
        return self.fitted.window(*self.bounds).raw

    @cached_property
    def ar(self) -> Floats:
        """Abnormal returns, fraction; NaN as in `raw`. (N, L)."""
        first, last = self.bounds
        ar, sums = np.empty((self.fitted.size, last - first + 1)), []
        work = partial(_added_up, first=first, last=last, kind=self.kind)
        found = self.fitted.map(self.run, work, width=ar.shape[1])
        for part, (block, more) in zip(blocks(*ar.shape), found, strict=True):
            ar[part] = block
            sums.append(more)
        self._kept[first, last] = self._cut(first, last, np.concatenate(sums, axis=1))
        return ar

    @cached_property
    def factor_window(self) -> Floats:
        """Factor returns on the event window. (N, L, m)."""
        return np.moveaxis(self.fitted.window(*self.bounds).factors, 0, 2)

    @property
    def sigma(self) -> Floats:
        """Residual standard deviation of each event's fit, fraction, divisor n - k. (N,)."""
        return self.fit.sigma

    @property
    def df(self) -> Ints:
        """Degrees of freedom of each fit, n - k. (N,)."""
        return self.fit.n - self.fit.k

    @property
    def dates(self) -> int:
        """Different day 0s."""
        return int(np.unique(self.position).size)

    def days(self, first: int, last: int) -> slice:
        """Return the place of the event days ``first, ..., last`` in the event window.

        Raises
        ------
        ValueError
            If they are not inside the event window.
        """
        low, high = self.bounds
        if not low <= first <= last <= high:
            raise ValueError(
                f"window [{first}, {last}] is not inside the event window [{low}, {high}]"
            )
        return slice(first - low, last - low + 1)

    def car(self, first: int, last: int) -> pd.DataFrame:
        """Return the cumulative abnormal return of each event over ``[first, last]``.

        The variance holds the forecast-error term, ``s²·(L2 + L2²/L1 + d'S⁻¹d)`` with d the sum
        of the factors' deviations from their estimation means (Patell 1976, J. Accounting
        Research 14); t has n - k degrees of freedom.

        Returns
        -------
        DataFrame, (N, 7)
            ``raw`` compounded realised return, ``car``, ``se``, ``bhar`` (compounded realised less
            compounded normal return) as fractions; ``t``, ``df``, ``p`` (two-sided Student t).
            All NaN where the window is not fully observed.

        Raises
        ------
        ValueError
            If the window is not inside the event window.
        """
        over = self.over(first, last)
        t = over.car / over.se
        parts = side_by_side(here)(_two_sided, self.df, ((t, part) for part in blocks(t.size, 16)))
        columns = {
            "raw": over.raw,
            "car": over.car,
            "se": over.se,
            "t": t,
            "df": self.df,
            "p": np.concatenate(list(parts)),
            "bhar": over.bhar,
        }
        return pd.DataFrame(columns, index=self.events.index)

    def over(self, first: int, last: int) -> Cumulated:
        """Return what the event days ``first, ..., last`` add up to; kept, for tests ask again.

        Raises
        ------
        ValueError
            If the window is not inside the event window.
        """
        self.days(first, last)
        if (first, last) not in self._kept:
            work = partial(_cumulated, first=first, last=last, kind=self.kind)
            parts = self.fitted.map(self.run, work, width=last - first + 1)
            self._kept[first, last] = self._cut(first, last, np.concatenate(list(parts), axis=1))
        return self._kept[first, last]

    def _cut(self, first: int, last: int, sums: Floats) -> Cumulated:
        """Replace the sums, (6, N), of events whose window is cut; none is left: NaN."""
        if self.spans is not None:
            spans = np.clip(self.spans, [first, -np.inf], [np.inf, last]).astype(np.int64)
            short = (spans != (first, last)).any(axis=1)
            for low, high in np.unique(spans[short], axis=0).tolist():
                rows = np.flatnonzero((spans == (low, high)).all(axis=1))
                if low > high:
                    sums[:, rows] = np.nan
                    continue
                work = partial(_cumulated, first=low, last=high, kind=self.kind)
                parts = self.fitted.take(rows).map(self.run, work, width=high - low + 1)
                sums[:, rows] = np.concatenate(list(parts), axis=1)
        return Cumulated(*sums)


def _added_up(block: Fitted, first: int, last: int, kind: Kind) -> tuple[Floats, Floats]:
    """Return a block's abnormal returns, (B, L2), and the arrays of :class:`Cumulated`, (6, B)."""
    window = block.window(first, last)
    raw, ar, errors = window.raw, window.ar(), window.errors()
    held, car = _compound(raw, kind), ar.sum(axis=1)
    bhar = held - _compound(raw - ar, kind)
    sar, unit = (ar / errors).sum(axis=1), (1.0 / errors).sum(axis=1)
    sums = np.stack([held, car, block.fit.sigma * window.scale(), bhar, sar, unit])
    sums[1:, np.isnan(car)] = np.nan
    return ar, sums


def _cumulated(block: Fitted, first: int, last: int, kind: Kind) -> Floats:
    """Return the arrays of :class:`Cumulated` for a block of events. (6, B)."""
    return _added_up(block, first, last, kind)[1]


def _two_sided(df: Ints, t: Floats, part: slice) -> Floats:
    """Return two-sided p-values by Student's t, for some of the events."""
    return np.asarray(2.0 * special.stdtr(df[part], -np.abs(t[part])))


def _compound(values: Floats, kind: Kind) -> Floats:
    """Return the compounded simple return along the last axis."""
    if kind == "log":
        return np.asarray(np.expm1(values.sum(axis=1)))
    return np.asarray(np.prod(1.0 + values, axis=1) - 1.0)


def _bounds(fitted: Fitted) -> tuple[Ints, Ints]:
    """Return the sessions of the first and last usable estimation return of each event."""
    length, before = fitted.panel.layout.length, fitted.panel.layout.before
    first = np.zeros(fitted.size, dtype=np.int64)
    last = np.full(fitted.size, length - 1, dtype=np.int64)
    holed = np.flatnonzero(fitted.fit.n < length)
    for part in blocks(holed.size, length):
        at = holed[part]
        usable = np.isfinite(fitted.take(at).residuals())
        first[at] = usable.argmax(axis=1)
        last[at] = length - 1 - usable[:, ::-1].argmax(axis=1)
    start, end = first + fitted.position - before, last + fitted.position - before
    if (own := fitted.panel.own) is not None:
        at = own.among(fitted.column)
        dates = own.estimation_dates(fitted.column[at], fitted.position[at], length)
        rows = np.arange(at.size)
        start[at], end[at] = dates[rows, first[at]], dates[rows, last[at]]
    return start, end
