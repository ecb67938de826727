"""Models of the normal return, fitted for all estimation windows at once in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.estimators.arrays import Array, Bools, Floats, Ints
from analysis.estimators.names import Model

__all__ = [
    "WindowFit",
    "excess_variance",
    "fit_deviations",
    "fit_sums",
    "fit_windows",
    "parameters",
    "regressors",
    "window_sums",
]


# Sums of squares below this share of their scale are rounding, not variation.
_ROUNDING = 1e-20
# Share of a sum of squares that must be left for its difference to keep all digits that matter.
_MOVES = 1e-3
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

    def take(self, rows: Array | slice) -> WindowFit:
        """Return the fits of some windows, by number, mask or slice."""
        return WindowFit(**{name: getattr(self, name)[rows] for name in _ARRAYS}, k=self.k)

    def updated(self, rows: Ints, others: WindowFit) -> WindowFit:
        """Put other fits in the place of some, by number."""
        for name in _ARRAYS:
            getattr(self, name)[rows] = getattr(others, name)
        return self

    @property
    def sigma(self) -> Floats:
        """Residual standard deviation, divisor ``n - k``; NaN without degrees of freedom. (N,)."""
        df = self.n - self.k
        sigma: Floats = np.sqrt(np.where(df > 0, self.sse / np.maximum(df, 1), np.nan))
        return sigma

    @property
    def constant(self) -> Bools:
        """Windows in which the return does not vary. (N,)."""
        return np.asarray(self.sst <= _ROUNDING * self.n)

    @property
    def perfect(self) -> Bools:
        """Windows in which the model leaves no residual. (N,)."""
        floor = np.maximum(self.sst, _ROUNDING * self.n)
        return np.asarray(self.sse <= _ROUNDING * floor)


def regressors(factors: Floats, model: Model) -> Floats:
    """Return what a model regresses returns on: the factors, (S, m), and a constant if it has one.

    (S, 1 + m), or (S, m) without an intercept.
    """
    if model == "no_intercept":
        return factors
    return np.column_stack([np.ones(len(factors)), factors])


def parameters(model: Model, factors: int) -> int:
    """Return k, the estimated parameters: 1 + m, m without an intercept, 1 and 0 without slopes."""
    return {"mean": 1, "market_adjusted": 0, "no_intercept": factors}.get(model, 1 + factors)


def fit_windows(y: Floats, x: Floats, model: Model) -> WindowFit:
    """Fit the model in every window; sessions with a missing value are left out of the window.

    The market model is ordinary least squares on an intercept and m factors, the mean model an
    intercept alone, the market-adjusted model the market model at intercept 0 and slope 1
    (Brown and Warner 1985, J. Financial Economics 14); without an intercept all means count as 0.

    Parameters
    ----------
    y : array, (N, L)
        Returns, windows by sessions, NaN where missing.
    x : array, (m, N, L)
        Factor returns over the same windows.
    model : {"market", "mean", "market_adjusted", "no_intercept"}
        The market-adjusted model takes exactly one factor.

    Returns
    -------
    WindowFit
        NaN coefficients where the factors are constant or collinear.
    """
    fit, sound = fit_sums(window_sums(y, x), y.shape[1], model)
    rows = np.flatnonzero(~sound)
    return fit.updated(rows, fit_deviations(y[rows], x[:, rows], model)) if rows.size else fit


def window_sums(y: Floats, x: Floats, starts: Ints | None = None) -> tuple[Floats, ...]:
    """Return sums over whole windows; NaN where a value is missing.

    Parameters
    ----------
    y : array, (N, L)
        Returns.
    x : array, (m, N, L) or (m, P, L)
        Factor returns over the same windows, or over those of P days.
    starts : array of int, (P,), optional
        Number of the first of each day's windows of returns, which stand day by day.

    Returns
    -------
    tuple of arrays
        Sums of y and of its square, (N,), of each factor, (N, m), of the factors' products,
        (N, m, m), and of each factor times y, (N, m).
    """
    ones = np.ones(y.shape[1])
    x_sum, x_products = np.vecdot(x, ones).T, np.moveaxis(np.vecdot(x[:, None], x), 2, 0)
    if starts is None:  # y @ ones would start BLAS threads
        return np.vecdot(y, ones), np.vecdot(y, y), x_sum, x_products, np.vecdot(x, y).T
    sums = np.empty((len(y), 1 + len(x)))
    design = np.concatenate([np.broadcast_to(ones, (1, *x.shape[1:])), x]).transpose(1, 2, 0)
    for day, (a, b) in zip(design, pairwise([*starts.tolist(), len(y)]), strict=True):
        np.matmul(y[a:b], day, out=sums[a:b])
    rows = np.repeat(np.arange(starts.size), np.diff(starts, append=len(y)))
    return sums[:, 0], np.vecdot(y, y), x_sum[rows], x_products[rows], sums[:, 1:]


def fit_sums(sums: tuple[Floats, ...], length: int, model: Model) -> tuple[WindowFit, Bools]:
    """Fit from the :func:`window_sums` over `length` sessions, and say which fits are sound. (N,).

    Not those of windows in which a value is missing, or in which means or the fit take so much of
    the sums of squares that their differences would lose more than four digits.
    """
    y_sum, y_squares, x_sum, x_squares, products = sums
    y_mean, x_mean = _means(y_sum / length, x_sum / length, model)
    sst = y_squares - length * y_mean**2
    scatter = x_squares - length * x_mean[:, :, None] * x_mean[:, None]
    cross = products - length * x_mean * y_mean[:, None]
    beta = _slopes(scatter, cross, model)
    sse = sst - _dot(beta, 2 * cross - _dot(scatter, beta[:, None]))
    moves = _diagonal(scatter) > _MOVES * _diagonal(x_squares)
    sound = (np.minimum(sse, sst) > _MOVES * y_squares) & moves.all(axis=1)
    n = np.full(y_mean.shape, length, dtype=np.int64)
    return _put_together((n, y_mean, x_mean, sst, scatter), beta, sse, model), sound


def fit_deviations(y: Floats, x: Floats, model: Model) -> WindowFit:
    """Fit as :func:`fit_windows`, from deviations from the means over the usable sessions.

    Slower than from sums, but no difference loses digits.
    """
    usable = np.isfinite(y) & np.isfinite(x).all(axis=0)
    n = usable.sum(axis=1, dtype=np.int64)
    count = np.maximum(n, 1)
    y_mean, x_mean = (np.where(usable, v, 0.0).sum(axis=-1) / count for v in (y, x))
    y_mean, x_mean = _means(y_mean, x_mean, model)
    yc = np.where(usable, y - y_mean[:, None], 0.0)
    xc = np.where(usable, x - x_mean[:, :, None], 0.0)
    sst = np.vecdot(yc, yc)
    scatter = np.moveaxis(np.vecdot(xc[:, None], xc), 2, 0)
    flat = _diagonal(scatter) <= _ROUNDING * (n * x_mean**2).T
    scatter[flat.any(axis=1)] = 0.0  # a constant factor: what is left of it is rounding
    beta = _slopes(scatter, np.vecdot(xc, yc).T, model)
    residuals = yc - np.einsum("na,anl->nl", beta, xc)
    sse = np.vecdot(residuals, residuals)
    return _put_together((n, y_mean, x_mean.T, sst, scatter), beta, sse, model)


def excess_variance(fit: WindowFit, model: Model, length: int, factor_sum: Floats) -> Floats:
    """Return the estimation-error part of a CAR's variance, in units of the residual variance.

    ``L2²/L1 + d' S⁻¹ d`` with ``d = Σ(f − f̄)`` over the L2 event days: the general form of the
    forecast-error term (Patell 1976, J. Accounting Research 14; Salinger 1992, JFQA 27). It is
    ``L2²/L1`` for the mean model, zero for the market-adjusted one, and without an intercept the
    second term alone, with ``d = Σ f``.

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
    scale = 0 if model == "no_intercept" else length**2
    intercept: Floats = np.broadcast_to(scale / np.maximum(fit.n, 1), factor_sum.shape[:-1])
    if model == "mean":
        return intercept
    deviation = factor_sum - length * fit.mean
    return np.asarray(intercept + _dot(deviation, _solve(fit.scatter, deviation)))


def _means(y: Floats, x: Floats, model: Model) -> tuple[Floats, Floats]:
    """Return the means from which returns and factors deviate: none without an intercept."""
    return (np.zeros_like(y), np.zeros_like(x)) if model == "no_intercept" else (y, x)


def _slopes(scatter: Floats, cross: Floats, model: Model) -> Floats:
    """Return the slopes, estimated or fixed by the model. (N, m)."""
    if model in ("market", "no_intercept"):
        return _solve(scatter, cross)
    return np.full(cross.shape, 1.0 if model == "market_adjusted" else 0.0)


def _put_together(
    moments: tuple[Ints, Floats, Floats, Floats, Floats], beta: Floats, sse: Floats, model: Model
) -> WindowFit:
    """Return the fit with its intercept, from ``n, y_mean, x_mean, sst, scatter`` and slopes."""
    n, y_mean, x_mean, sst, scatter = moments
    alpha = y_mean - _dot(beta, x_mean)
    if model == "market_adjusted":
        # The intercept is not estimated: its square stays in the residuals.
        sse = sse + n * alpha**2
        alpha = np.zeros_like(alpha)
    return WindowFit(alpha, beta, sse, sst, n, x_mean, scatter, parameters(model, beta.shape[1]))


def _diagonal(matrices: Floats) -> Floats:
    """Return the diagonals of square matrices, (N, m)."""
    return np.diagonal(matrices, axis1=1, axis2=2)


def _dot(a: Floats, b: Floats) -> Floats:
    """Return the sum of products over the factors, (..., m): a loop over few, not one an event."""
    products = (a[..., place] * b[..., place] for place in range(a.shape[-1]))
    return sum(products, np.zeros(a.shape[:-1]))


def _solve(scatter: Floats, right: Floats) -> Floats:
    """Solve ``scatter @ b = right``, (..., N, m), for each window; NaN for collinear factors."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt(_diagonal(scatter))
        if scatter.shape[1] == 1:  # no algebra to call a library for, window by window
            return np.where(scale > 0, right / scatter[:, 0], np.nan)
        correlation = scatter / (scale[:, :, None] * scale[:, None, :])
        sound = np.linalg.det(np.nan_to_num(correlation, posinf=0.0, neginf=0.0)) > 1e-12
        safe = np.where(sound[:, None, None], correlation, np.eye(scatter.shape[1]))
        solution = np.linalg.solve(safe, (right / scale)[..., None])[..., 0] / scale
    return np.where(sound[:, None], solution, np.nan)
