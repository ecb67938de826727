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

    def take(self, rows: npt.NDArray[Any] | slice) -> WindowFit:
        """Return the fits of some windows, by number, mask or slice."""
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
    n, y_mean, x_mean, yc, xc = _centred(y, x)
    sst = np.vecdot(yc, yc)
    scatter = np.moveaxis(np.vecdot(xc[:, None], xc), 2, 0)
    flat = np.einsum("naa->na", scatter) <= _ROUNDING * (n * x_mean**2).T
    scatter[flat.any(axis=1)] = 0.0  # a constant factor: what is left of it is rounding
    k = parameters(model, x.shape[0])
    if model == "market":
        beta = _solve(scatter, np.vecdot(xc, yc).T)
    else:
        beta = np.full((y.shape[0], x.shape[0]), 1.0 if model == "market_adjusted" else 0.0)
    for factor, line in enumerate(xc):
        line *= beta[:, factor, None]
        yc -= line
    sse = np.vecdot(yc, yc)
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
    factor_sum : array, (N, m) or (D, N, m)
        Sums of the factors over those days, or over D sets of that many days.

    Returns
    -------
    array, (N,) or (D, N)
    """
    if model == "market_adjusted":
        return np.zeros(factor_sum.shape[:-1])
    intercept: Floats = np.broadcast_to(length**2 / np.maximum(fit.n, 1), factor_sum.shape[:-1])
    if model == "mean":
        return intercept
    deviation = factor_sum - length * fit.mean
    return np.asarray(intercept + np.vecdot(deviation, _solve(fit.scatter, deviation)))


def _centred(y: Floats, x: Floats) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """Return usable sessions, means, and deviations from them, zero on sessions left out."""
    ones = np.ones(y.shape[1])
    n = np.full(y.shape[0], y.shape[1], dtype=np.int64)
    y_mean, x_mean = y @ ones / n, x @ ones / n
    if np.isfinite(y_mean).all() and np.isfinite(x_mean).all():
        return n, y_mean, x_mean, y - y_mean[:, None], x - x_mean[:, :, None]
    usable = np.isfinite(y) & np.isfinite(x).all(axis=0)
    n = usable.sum(axis=1, dtype=np.int64)
    y, x = np.where(usable, y, 0.0), np.where(usable, x, 0.0)
    y_mean, x_mean = (values @ ones / np.maximum(n, 1) for values in (y, x))
    return n, y_mean, x_mean, (y - y_mean[:, None]) * usable, (x - x_mean[:, :, None]) * usable


def _solve(scatter: Floats, right: Floats) -> Floats:
    """Solve ``scatter @ b = right``, (..., N, m), for each window; NaN for collinear factors."""
    scale = np.sqrt(np.einsum("naa->na", scatter))
    with np.errstate(invalid="ignore", divide="ignore"):
        if scatter.shape[1] == 1:  # no algebra to call a library for, window by window
            return np.where(scale > 0, right / scatter[:, 0], np.nan)
        correlation = scatter / (scale[:, :, None] * scale[:, None, :])
        sound = np.linalg.det(np.nan_to_num(correlation, posinf=0.0, neginf=0.0)) > 1e-12
        safe = np.where(sound[:, None, None], correlation, np.eye(scatter.shape[1]))
        solution = np.linalg.solve(safe, (right / scale)[..., None])[..., 0] / scale
    return np.where(sound[:, None], solution, np.nan)
