"""Relative betas of many assets on one market at once: what ``relative`` fits one by one.

Assets that share their sessions share the regressors, so that one inverse, one set of bootstrap
blocks and one pass serve all of them. Numbers agree with those of
:mod:`analysis.estimators.beta.relative` and of statsmodels to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from analysis.estimators.arrays import Bools, Floats

__all__ = ["Settings", "fit_columns"]

HUBER = 1.345  # robust standard deviations beyond which a residual weighs less
MOST_STEPS = 500  # of reweighting
SETTLED = 1e-13  # relative change of a slope at which reweighting ends


@dataclass(frozen=True, slots=True)
class Settings:
    """Lags of the HAC errors and of Dimson's sum, blocks and draws of the bootstrap, coverage."""

    hac: int
    lags: int
    leads: int
    block: int
    draws: int
    seed: int
    level: float = 0.95


def fit_columns(Y: Floats, x: Floats, settings: Settings) -> dict[str, npt.NDArray[np.generic]]:
    """Estimate the slope of each column of `Y` on `x` in all ways.

    Parameters
    ----------
    Y : (T, A)
        Returns, fractions; each row is known in all columns or in none.
    x : (T,)
        Returns of the market. Lags and leads count rows, known or not.

    Returns
    -------
    dict of arrays, (A,)
        Fields of ``ols_beta`` with the bounds ``low`` and ``high`` by HC3, and those of
        ``huber_beta``, ``dimson_beta`` and ``up_down_beta`` under ``huber.beta``, ...; see
        :mod:`analysis.estimators.beta.relative` for the sources. ``bootstrap.beta``, ... is the
        slope with percentile bounds from a moving-block bootstrap (Künsch 1989, Annals of
        Statistics 17): blocks of sessions in order are drawn with replacement until n are filled,
        the last one is cut; its ``se`` is the standard deviation of the draws.
        ``scholes_williams`` is ``cov(y, z) / cov(x, z)`` with ``z_t = x_{t-1} + x_t + x_{t+1}``
        (Scholes and Williams 1977, J. Financial Economics 5).

    Raises
    ------
    ValueError
        If rows are too few, the market does not vary, or the block does not fit.
    """
    known: Bools = np.asarray(~np.isnan(Y).any(axis=1))
    rows = known & ~np.isnan(x)
    y, market = Y[rows], x[rows]
    found: dict[str, npt.NDArray[np.generic]] = {}
    found |= _ols(y, market, settings)
    found["scholes_williams"] = _scholes_williams(Y, x, known)
    parts = {
        "huber": _huber(y, market, settings),
        "dimson": _dimson(Y, x, known, settings),
        "bootstrap": _bootstrap(y, market, settings),
        "up_down": _up_down(y, market, settings),
    }
    for kind, fields in parts.items():
        found |= {f"{kind}.{name}": np.broadcast_to(v, y.shape[1]) for name, v in fields.items()}
    return {name: np.broadcast_to(values, y.shape[1]) for name, values in found.items()}


class _Fit:
    """Least squares of (n, A) on one design (n, k)."""

    def __init__(self, y: Floats, design: Floats) -> None:
        n, k = design.shape
        if n < k + 1:
            raise ValueError(f"beta: {n} complete sessions are too few")
        self.y, self.design, self.df = y, design, n - k
        q, r = np.linalg.qr(design)
        if (np.abs(np.diag(r)) <= 1e-12 * np.abs(np.diag(r)).max()).any():
            raise ValueError("beta: a factor is constant")
        self.params: Floats = np.linalg.solve(r, q.T @ y)
        self.residuals: Floats = y - design @ self.params
        self._influence: Floats = np.linalg.solve(r, q.T)  # of each row on each parameter
        self.leverage: Floats = (q**2).sum(axis=1)

    def estimate(self, contrast: Floats) -> Floats:
        """Return a sum of parameters. (A,)."""
        return np.asarray(contrast @ self.params)

    def hac(self, contrast: Floats, lags: int) -> Floats:
        """Return its Newey-West error with the correction n / (n - k). (A,)."""
        scores = (contrast @ self._influence)[:, None] * self.residuals
        n = len(scores)
        total = (scores**2).sum(axis=0)
        for lag in range(1, min(lags, n - 1) + 1):
            total += 2 * (1 - lag / (lags + 1)) * (scores[lag:] * scores[:-lag]).sum(axis=0)
        return np.asarray(np.sqrt(total * n / self.df))

    def hc3(self, contrast: Floats) -> Floats:
        """Return its HC3 error. (A,)."""
        scores = (contrast @ self._influence / (1 - self.leverage))[:, None] * self.residuals
        return np.asarray(np.sqrt((scores**2).sum(axis=0)))


def _slope(beta: Floats, se: Floats, n: int, df: int, level: float) -> dict[str, Floats]:
    half = special.stdtrit(df, 0.5 + level / 2) * se
    return {"beta": beta, "se": se, "low": beta - half, "high": beta + half, "n": np.array(n)}


def _line(market: Floats) -> Floats:
    """Return the design of an intercept and the market."""
    return np.column_stack([np.ones(market.size), market])


def _ols(y: Floats, market: Floats, settings: Settings) -> dict[str, Floats]:
    fit, pick = _Fit(y, _line(market)), np.array([0.0, 1.0])
    n = len(y)
    ssr = (fit.residuals**2).sum(axis=0)
    apart = market - market.mean()
    sigma = np.sqrt(ssr / fit.df)
    slope = _slope(fit.params[1], fit.hc3(pick), n, fit.df, settings.level)
    return {
        "n": np.array(n),
        "df": np.array(fit.df),
        "alpha": fit.params[0],
        "beta": fit.params[1],
        "se_ols": sigma / np.sqrt(apart @ apart),
        "se_hc3": slope["se"],
        "se_hac": fit.hac(pick, settings.hac),
        "r2": 1 - ssr / ((y - y.mean(axis=0)) ** 2).sum(axis=0),
        "sigma": sigma,
        "low": slope["low"],
        "high": slope["high"],
    }


def _shifted(x: Floats, by: int) -> Floats:
    """Return `x` as many rows later, NaN where there is none."""
    moved = np.full(x.size, np.nan)
    if abs(by) < x.size:
        moved[max(by, 0) : x.size + min(by, 0)] = x[max(-by, 0) : x.size - max(by, 0)]
    return moved


def _dimson(Y: Floats, x: Floats, known: Bools, settings: Settings) -> dict[str, Floats]:
    lines = [_shifted(x, -by) for by in range(-settings.lags, settings.leads + 1)]
    rows = known & ~np.isnan(lines).any(axis=0)
    design = np.column_stack([np.ones(x.size), *lines])[rows]
    fit = _Fit(Y[rows], design)
    pick = np.r_[0.0, np.ones(len(lines))]
    se = fit.hac(pick, settings.hac)
    return _slope(fit.estimate(pick), se, int(rows.sum()), fit.df, settings.level)


def _scholes_williams(Y: Floats, x: Floats, known: Bools) -> Floats:
    instrument = _shifted(x, 1) + x + _shifted(x, -1)
    rows = known & ~np.isnan(instrument)
    apart = instrument[rows] - instrument[rows].mean()
    return np.asarray(apart @ Y[rows] / (apart @ x[rows]))


def _up_down(y: Floats, market: Floats, settings: Settings) -> dict[str, Floats]:
    rises = market >= 0
    if min(rises.sum(), (~rises).sum()) < 3:
        raise ValueError("up and down beta: expected at least three days on each side")
    design = np.column_stack([rises, ~rises, market * rises, market * ~rises]).astype(float)
    fit = _Fit(y, design)
    up, down = np.eye(4)[2:]
    difference, se = fit.estimate(up - down), fit.hac(up - down, settings.hac)
    return {
        "up": fit.params[2],
        "se_up": fit.hac(up, settings.hac),
        "n_up": rises.sum(),
        "down": fit.params[3],
        "se_down": fit.hac(down, settings.hac),
        "n_down": (~rises).sum(),
        "difference": difference,
        "se_difference": se,
        "t": difference / se,
        "df": np.array(fit.df),
        "p": 2.0 * special.stdtr(fit.df, -np.abs(difference / se)),
    }


def _bootstrap(y: Floats, market: Floats, settings: Settings) -> dict[str, Floats]:
    """Return slopes with percentile bounds over moving blocks; all assets share the blocks."""
    n, block = len(y), settings.block
    if not 1 <= block <= n:
        raise ValueError(f"bootstrap: expected a block of 1 to {n} sessions, found {block}")
    rng = np.random.default_rng(settings.seed)
    full, rest = divmod(n, block)
    left, values = y - y.mean(axis=0), (market - market.mean())[:, None]
    moments = np.hstack([values, values**2, left, values * left])
    prefix = np.vstack([np.zeros(moments.shape[1]), np.cumsum(moments, axis=0)])
    total = np.zeros((settings.draws, moments.shape[1]))
    for length, count in ((block, full), (rest, 1)) if rest else ((block, full),):
        sums = prefix[length:] - prefix[:-length]
        starts = rng.integers(0, len(sums), (settings.draws, count))
        ends = np.arange(settings.draws + 1) * count
        drawn = (np.ones(starts.size), starts.ravel(), ends)
        total += sparse.csr_array(drawn, shape=(settings.draws, len(sums))) @ sums
    sx, sxx = total[:, :1], total[:, 1:2]
    sy, sxy = np.hsplit(total[:, 2:], 2)
    slopes = (sxy - sx * sy / n) / (sxx - sx**2 / n)
    low, high = np.quantile(slopes, [0.5 - settings.level / 2, 0.5 + settings.level / 2], axis=0)
    slope = values[:, 0] @ left / float(values[:, 0] @ values[:, 0])
    return {
        "beta": slope,
        "se": slopes.std(axis=0, ddof=1),
        "low": low,
        "high": high,
        "n": np.array(n),
    }


def _huber(y: Floats, market: Floats, settings: Settings) -> dict[str, Floats]:
    """Return slopes under Huber's loss, reweighted until they settle, each with its own scale."""
    design = _line(market)
    params = _Fit(y, design).params
    residuals = y - design @ params
    scale = _scale(residuals)
    running = np.arange(y.shape[1])
    for _ in range(MOST_STEPS):
        size = np.abs(residuals[:, running]) / scale[running]
        weights = np.where(size <= HUBER, 1.0, HUBER / np.maximum(size, HUBER))
        before = params[:, running]
        params[:, running] = _weighted(y[:, running], market, weights)
        residuals[:, running] = y[:, running] - design @ params[:, running]
        scale[running] = _scale(residuals[:, running])
        moved = np.abs(params[:, running] - before) > SETTLED * np.abs(params[:, running])
        running = running[moved.any(axis=0)]
        if not running.size:
            break
    n, df = len(y), len(y) - 2
    inside = np.abs(residuals / scale) <= HUBER
    m, spread = inside.mean(axis=0), inside.var(axis=0)
    k = 1 + 2 / n * spread / m**2
    psi = np.clip(residuals / scale, -HUBER, HUBER)
    apart = market - market.mean()
    variance = k**2 * (psi**2).sum(axis=0) / df * scale**2 / m**2 / (apart @ apart)
    return _slope(params[1], np.sqrt(variance), n, df, settings.level)


def _scale(residuals: Floats) -> Floats:
    """Return the median absolute residual, in standard deviations of a normal law. (A,)."""
    return np.asarray(np.median(np.abs(residuals), axis=0) / special.ndtri(0.75))


def _weighted(y: Floats, market: Floats, weights: Floats) -> Floats:
    """Return intercepts and slopes of least squares, each column under its own weights. (2, A)."""
    total = weights.sum(axis=0)
    mean_x, mean_y = market @ weights / total, (weights * y).sum(axis=0) / total
    apart = market[:, None] - mean_x
    slope = (weights * apart * (y - mean_y)).sum(axis=0) / (weights * apart**2).sum(axis=0)
    return np.stack([mean_y - slope * mean_x, slope])
