"""The result of an event study: fits, abnormal returns and what is derived from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.estimators.garch_errors import Forecast
from analysis.estimators.models import Model, WindowFit, excess_variance
from analysis.estimators.panel import Panel, blocks

__all__ = ["EventStudy", "Kind"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Kind = Literal["simple", "log"]


@dataclass(frozen=True)
class EventStudy:
    """Fits and abnormal returns of N events over L event days.

    Attributes
    ----------
    rows : DataFrame, (N, ...)
        The columns of the events, then ``estimation_start`` and ``estimation_end`` (first and last
        usable session), ``n_estimation`` (usable sessions), ``alpha`` (fraction a session),
        ``beta_<factor>``, ``sigma`` (residual standard deviation, fraction, divisor n - k), ``k``.
    event_time : (L,)
        Event days.
    raw, ar : (N, L)
        Realised and abnormal returns, fraction; NaN beyond the data or where a return is missing.
    factor_window : (N, L, m)
        Factor returns on the event window.
    skipped : DataFrame
        Events without a fit: their columns and a ``reason``.
    factors : tuple of str
        Names of the m factors that entered; none for the mean model.
    model, minimum, kind
        Model of the normal return, fewest estimation sessions, "simple" or "log" returns.
    panel, column, position, fit
        Laid-out returns, the events' rows in it and sessions (N,), and the fits, for inference.
    forecast : Forecast or None
        Variances of the event days where the model of the errors forecasts them (GARCH).
    """

    rows: pd.DataFrame
    event_time: Ints
    raw: Floats
    ar: Floats
    factor_window: Floats
    skipped: pd.DataFrame
    factors: tuple[str, ...]
    model: Model
    minimum: int
    kind: Kind
    panel: Panel
    column: Ints
    position: Ints
    fit: WindowFit
    forecast: Forecast | None = None

    def take(self, rows: npt.NDArray[Any]) -> EventStudy:
        """Return the study of some of its rows, by number or mask; nothing is fitted again."""
        return replace(
            self,
            rows=self.rows.iloc[np.arange(len(self.rows))[rows]].reset_index(drop=True),
            raw=self.raw[rows],
            ar=self.ar[rows],
            factor_window=self.factor_window[rows],
            column=self.column[rows],
            position=self.position[rows],
            fit=self.fit.take(rows),
            forecast=self.forecast.take(rows) if self.forecast else None,
        )

    @property
    def residuals(self) -> Floats:
        """Estimation residuals, (N, length), NaN on sessions that did not enter the fit.

        Computed on demand, so that a study of many events does not hold them.
        """
        return self.residuals_of(np.arange(len(self.rows)))

    def residuals_of(self, rows: Ints) -> Floats:
        """Return the estimation residuals of some rows, (len(rows), length)."""
        residuals = np.empty((rows.size, self.panel.layout.length))
        for part in blocks(rows.size):
            at = rows[part]
            y, x = self.panel.estimation_windows(self.column[at], self.position[at])
            fitted = np.einsum("na,anl->nl", self.fit.beta[at], x)
            residuals[part] = y - self.fit.alpha[at, None] - fitted
        return residuals

    @property
    def sigma(self) -> Floats:
        """Residual standard deviation of each event's fit, fraction, divisor n - k. (N,)."""
        return self.fit.sigma

    @property
    def df(self) -> Ints:
        """Degrees of freedom of each fit, n - k. (N,)."""
        return self.fit.n - self.fit.k

    def days(self, first: int, last: int) -> slice:
        """Return the place of the event days ``first, ..., last`` in the event window.

        Raises
        ------
        ValueError
            If they are not inside the event window.
        """
        low, high = int(self.event_time[0]), int(self.event_time[-1])
        if not low <= first <= last <= high:
            raise ValueError(
                f"window [{first}, {last}] is not inside the event window [{low}, {high}]"
            )
        return slice(first - low, last - low + 1)

    def scale(self, first: int, last: int) -> Floats:
        """Return se(CAR) over sigma: ``√(L2 + L2²/L1 + d'S⁻¹d)`` of each event. (N,)."""
        part = self.days(first, last)
        length = last - first + 1
        factor_sum = self.factor_window[:, part].sum(axis=1)
        if self.forecast:
            return np.sqrt(self.forecast.of_sum(part, factor_sum)) / self.sigma
        return np.sqrt(length + excess_variance(self.fit, self.model, length, factor_sum))

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
        part = self.days(first, last)
        raw, ar = self.raw[:, part], self.ar[:, part]
        car = ar.sum(axis=1)
        se = np.where(np.isnan(car), np.nan, self.sigma * self.scale(first, last))
        t = car / se
        held = _compound(np.where(np.isnan(ar), np.nan, raw), self.kind)
        return pd.DataFrame(
            {
                "raw": _compound(raw, self.kind),
                "car": car,
                "se": se,
                "t": t,
                "df": self.df,
                "p": 2.0 * stats.t.sf(np.abs(t), self.df),
                "bhar": held - _compound(raw - ar, self.kind),
            },
            index=self.rows.index,
        )

    def sar(self) -> Floats:
        """Return standardised abnormal returns, AR over its forecast-corrected error. (N, L)."""
        scales = np.stack([self.scale(int(day), int(day)) for day in self.event_time], axis=1)
        sar: Floats = self.ar / (self.sigma[:, None] * scales)
        return sar


def _compound(values: Floats, kind: Kind) -> Floats:
    """Return the compounded simple return along the last axis."""
    if kind == "log":
        return np.asarray(np.expm1(values.sum(axis=1)))
    return np.asarray(np.prod(1.0 + values, axis=1) - 1.0)
