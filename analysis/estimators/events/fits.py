"""Fitted events as arrays alone: what is derived from them, for a block of events or for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from analysis.estimators.arrays import Array, Floats, Ints
from analysis.estimators.blocks import Runner, blocks
from analysis.estimators.events.garch_errors import Forecast
from analysis.estimators.events.layout import Panel
from analysis.estimators.events.models import WindowFit, excess_variance
from analysis.estimators.events.residual_sums import UnitSums
from analysis.estimators.names import Model

__all__ = ["Fitted", "Window"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Fitted:
    """N events with the fits of their estimation windows.

    Every method computes from the panel what it returns; nothing of the size of the windows is
    held. Where N is large, :meth:`map` does so block by block.

    Attributes
    ----------
    panel : Panel
        Returns of A assets and m factors.
    column, position : (N,)
        Row of the asset in the panel, session of day 0.
    fit : WindowFit
        N fits.
    model : Model
        Model of the normal return.
    forecast : Forecast or None
        Variances of the event days where the model of the errors forecasts them (GARCH).
    unit_sums : UnitSums or None
        Sums of these events' residuals by day 0, where they came with the fits.
    """

    panel: Panel
    column: Ints
    position: Ints
    fit: WindowFit
    model: Model
    forecast: Forecast | None = None
    unit_sums: UnitSums | None = None

    @property
    def size(self) -> int:
        """Events, N."""
        return self.position.size

    def take(self, rows: Array | slice) -> Fitted:
        """Return some of the events, by number, mask or slice."""
        return Fitted(self.panel, *self._arrays(rows))

    def _arrays(self, rows: Array | slice) -> tuple[Ints, Ints, WindowFit, Model, Forecast | None]:
        """Return what is needed of some events besides the panel."""
        forecast = self.forecast.take(rows) if self.forecast else None
        fit = self.fit.take(rows)
        return self.column[rows], self.position[rows], fit, self.model, forecast

    def map(
        self,
        run: Runner,
        work: Callable[..., R],
        *columns: Array,
        width: int,
    ) -> Iterator[R]:
        """Yield ``work(block, *columns of the block)`` for one block of events after the other.

        Parameters
        ----------
        run : Runner
            Where blocks are worked on.
        work : callable
            Takes a :class:`Fitted`.
        columns : arrays of N rows
            Cut into blocks like the events.
        width : int
            Days of an event that `work` handles.
        """
        tasks = ((self._arrays(at), *(c[at] for c in columns)) for at in blocks(self.size, width))
        return run(partial(_on_block, work), self.panel, tasks)

    def window(self, first: int, last: int) -> Window:
        """Return the events' window ``[first, last]`` in event time."""
        raw, factors = self.panel.event_windows(self.column, self.position, first, last)
        low = self.panel.layout.first
        ahead = self.forecast and self.forecast.days(slice(first - low, last - low + 1))
        return Window(raw, factors, self.fit, self.model, ahead)

    def residuals(self) -> Floats:
        """Return the estimation residuals, NaN on sessions that did not enter. (N, L1)."""
        y, x = self.panel.estimation_windows(self.column, self.position)
        return _unexpected(y, x, self.fit)


@dataclass(frozen=True, slots=True)
class Window:
    """N events on L2 consecutive event days.

    Attributes
    ----------
    raw : (N, L2)
        Realised returns, fraction; NaN beyond the data or where one is missing.
    factors : (m, N, L2)
        Factor returns.
    fit : WindowFit
        N fits.
    model : Model
        Model of the normal return.
    forecast : Forecast or None
        Variances of the L2 days where the model of the errors forecasts them.
    """

    raw: Floats
    factors: Floats
    fit: WindowFit
    model: Model
    forecast: Forecast | None = None

    def ar(self) -> Floats:
        """Return the abnormal returns, fraction. (N, L2)."""
        return _unexpected(self.raw.copy(order="K"), self.factors.copy(order="K"), self.fit)

    def scale(self) -> Floats:
        """Return se(CAR) over sigma, ``√(L2 + L2²/L1 + d'S⁻¹d)``. (N,)."""
        length = self.raw.shape[1]
        if self.forecast:
            variance = self.forecast.of_sum(self.factors.sum(axis=2).T)
            return np.asarray(np.sqrt(variance) / self.fit.sigma)
        excess = excess_variance(self.fit, self.model, length, self.factors.sum(axis=2).T)
        return np.asarray(np.sqrt(length + excess))

    def errors(self) -> Floats:
        """Return the forecast-corrected error of each day's abnormal return. (N, L2)."""
        if self.forecast:
            return np.sqrt(self.forecast.of_days(self.factors))
        excess = excess_variance(self.fit, self.model, 1, self.factors.transpose(2, 1, 0))
        return np.asarray((self.fit.sigma * np.sqrt(1.0 + excess)).T)


def _unexpected(y: Floats, x: Floats, fit: WindowFit) -> Floats:
    """Return ``y - alpha - beta'x``, computed in the place of `y` and `x`."""
    y -= fit.alpha[:, None]
    for place, line in enumerate(x):
        line *= fit.beta[:, place, None]
        y -= line
    return y


def _on_block(work: Callable[..., R], panel: Panel, arrays: Any, *columns: Array) -> R:
    """Put a block of events together and work on it."""
    return work(Fitted(panel, *arrays), *columns)
