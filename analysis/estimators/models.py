"""Models of the normal return, fitted for all estimation windows at once in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "LEAST_SQUARES",
    "Model",
    "WindowFit",
    "excess_variance",
    "fit_windows",
    "parameters",
]

Model = Literal["market", "mean", "market_adjusted", "scholes_williams", "dimson", "garch"]
LEAST_SQUARES: tuple[Model, ...] = ("market", "mean", "market_adjusted")
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Sums of squares below this share of their scale are rounding, not variation.
_ROUNDING = 1e-20
_ARRAYS = ("alpha", "beta", "sse", "sst", "n", "mean", "scatter")


@dataclass(frozen=True, slots=True)
class WindowFit:
    """Fits of N estimation windows on m factors.

    Attributes
    ----------
    alpha : (N,)
        Intercept, fraction a session; zero where the model has none.
    beta : (N, m)
        Slopes on the factors.
    sse, sst : (N,)
        Sum of squared residuals, and of squared deviations of the return from its mean.
    n : (N,)
        Usable sessions: return and all factors observed.
    mean : (N, m)
        Means of the factors over the usable sessions.
    scatter : (N, m, m)
        Cross products of the factors' deviations from `mean`.
    k : int
        Estimated parameters.
    """

    alpha: Floats
    beta: Floats
    sse: Floats
    sst: Floats
    n: Ints
    mean: Floats
    scatter: Floats
    k: int

    @classmethod
    def join(cls, fits: Sequence[WindowFit]) -> WindowFit:
        """Return one fit that holds the windows of all, in order."""
        joined = {name: np.concatenate([getattr(fit, name) for fit in fits]) for name in _ARRAYS}
        return cls(**joined, k=fits[0].k)

    def take(self, rows: npt.NDArray[Any]) -> WindowFit:
        """Return the fits of some windows, by number or mask."""
        return WindowFit(**{name: getattr(self, name)[rows] for name in _ARRAYS}, k=self.k)

    @property
    def sigma(self) -> Floats:
        """Residual standard deviation, divisor ``n - k``; NaN without degrees of freedom. (N,)."""
        df = self.n - self.k
        sigma: Floats = np.sqrt(np.where(df > 0, self.sse / np.maximum(df, 1), np.nan))
        return sigma

    @property
    def constant(self) -> npt.NDArray[np.bool_]:
        """Windows in which the return does not vary. (N,)."""
        return np.asarray(self.sst <= _ROUNDING * self.n)

    @property
    def perfect(self) -> npt.NDArray[np.bool_]:
        """Windows in which the model leaves no residual. (N,)."""
        floor = np.maximum(self.sst, _ROUNDING * self.n)
        return np.asarray(self.sse <= _ROUNDING * floor)


def parameters(model: Model, factors: int) -> int:
    """Return k, the estimated parameters of the normal return: 1 + m, or 1 and 0 without slopes."""
    return {"mean": 1, "market_adjusted": 0}.get(model, 1 + factors)


def fit_windows(y: Floats, x: Floats, model: Model) -> WindowFit:
    """Fit the model in every window; sessions with a missing value are left out of the window.

    The market model is ordinary least squares on an intercept and m factors, the mean model an
    intercept alone, the market-adjusted model the market model at intercept 0 and slope 1
    (Brown and Warner 1985, J. Financial Economics 14).

    Parameters
    ----------
    y : array, (N, L)
        Returns, windows by sessions, NaN where missing.
    x : array, (m, N, L)
        Factor returns over the same windows.
    model : {"market", "mean", "market_adjusted"}
        The market-adjusted model takes exactly one factor.

    Returns
    -------
    WindowFit
        NaN coefficients where the factors are constant or collinear.
    """
    usable = _usable(y, x)
    n = np.full(y.shape[0], y.shape[1], dtype=np.int64)
    if usable is not None:
        n = usable.sum(axis=1, dtype=np.int64)
        y, x = np.where(usable, y, 0.0), np.where(usable, x, 0.0)
    count = np.maximum(n, 1)
    y_mean, x_mean = y.sum(axis=1) / count, x.sum(axis=2) / count
    yc, xc = y - y_mean[:, None], x - x_mean[:, :, None]
    if usable is not None:
        yc *= usable
        xc *= usable
    sst = np.einsum("nl,nl->n", yc, yc)
    scatter = np.einsum("anl,bnl->nab", xc, xc)
    flat = np.einsum("naa->na", scatter) <= _ROUNDING * (count * x_mean**2).T
    scatter[flat.any(axis=1)] = 0.0  # a constant factor: what is left of it is rounding
    k = parameters(model, x.shape[0])
    if model == "market":
        beta = _solve(scatter, np.einsum("anl,nl->na", xc, yc))
    else:
        beta = np.full((y.shape[0], x.shape[0]), 1.0 if model == "market_adjusted" else 0.0)
    for factor in range(x.shape[0]):
        yc -= beta[:, factor, None] * xc[factor]
    sse = np.einsum("nl,nl->n", yc, yc)
    alpha = y_mean - np.einsum("na,an->n", beta, x_mean)
    if model == "market_adjusted":
        sse += n * alpha**2  # the intercept is not estimated: its square stays in the residuals
        alpha = np.zeros_like(alpha)
    return WindowFit(alpha, beta, sse, sst, n, x_mean.T, scatter, k)


def excess_variance(fit: WindowFit, model: Model, length: int, factor_sum: Floats) -> Floats:
    """Return the estimation-error part of a CAR's variance, in units of the residual variance.

    ``L2²/L1 + d' S⁻¹ d`` with ``d = Σ(f − f̄)`` over the L2 event days: the general form of the
    forecast-error term (Patell 1976, J. Accounting Research 14; Salinger 1992, JFQA 27). It is
    ``L2²/L1`` for the mean model and zero for the market-adjusted one.

    Parameters
    ----------
    fit : WindowFit
        Fits of N windows.
    length : int
        Event days in the sum, L2.
    factor_sum : array, (N, m)
        Sums of the factors over those days.

    Returns
    -------
    array, (N,)
    """
    if model == "market_adjusted":
        return np.zeros(fit.n.shape)
    intercept: Floats = length**2 / np.maximum(fit.n, 1)
    if model == "mean":
        return intercept
    deviation = factor_sum - length * fit.mean
    intercept += np.einsum("na,na->n", deviation, _solve(fit.scatter, deviation))
    return intercept


def _usable(y: Floats, x: Floats) -> npt.NDArray[np.bool_] | None:
    """Return the mask of complete sessions, (N, L), or None if all are complete (the fast path)."""
    if np.isfinite(y.sum()) and np.isfinite(x.sum()):
        return None
    return np.isfinite(y) & np.isfinite(x).all(axis=0)


def _solve(scatter: Floats, right: Floats) -> Floats:
    """Solve ``scatter @ b = right`` for each window; NaN where the factors are collinear."""
    scale = np.sqrt(np.einsum("naa->na", scatter))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = scatter / (scale[:, :, None] * scale[:, None, :])
        sound = np.linalg.det(np.nan_to_num(correlation, posinf=0.0, neginf=0.0)) > 1e-12
        safe = np.where(sound[:, None, None], correlation, np.eye(scatter.shape[1]))
        solution = np.linalg.solve(safe, (right / scale)[:, :, None])[:, :, 0] / scale
    return np.where(sound[:, None], solution, np.nan)
