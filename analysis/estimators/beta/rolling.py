"""Beta through time: over a rolling window and with exponential weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimators.arrays import Floats

__all__ = ["beta_paths", "ewm_beta", "rolling_beta"]

COLUMNS = ["beta", "se", "low", "high"]
FEWEST = 20  # sessions below which exponential weights give no slope


def rolling_beta(y: pd.Series, x: pd.Series, window: int, level: float = 0.95) -> pd.DataFrame:
    """Return the least-squares slope of `y` on `x` over the last `window` sessions.

    Closed form on prefix sums of the series less their means: one pass, whatever the window.

    Parameters
    ----------
    y, x : Series
        Returns, matched by index; a session counts if both are observed.
    window : int
        Sessions in each regression.
    level : float
        Coverage of the interval.

    Returns
    -------
    DataFrame
        ``beta``, ``se`` (classical), ``low``, ``high`` (t with window - 2 degrees of
        freedom), by the last session of the window; NaN where `x` does not vary.

    Raises
    ------
    ValueError
        If `window` is below three.
    """
    _check_window(window)
    pairs = pd.concat([y, x], axis=1, join="inner").dropna().astype(float)
    if len(pairs) < window:
        return pd.DataFrame(columns=COLUMNS, index=pairs.index[:0], dtype=float)
    left, right = (pairs.to_numpy() - pairs.to_numpy().mean(axis=0)).T
    return pd.DataFrame(_roll(left, right, window, level), index=pairs.index[window - 1 :])


def _roll(left: Floats, right: Floats, window: int, level: float) -> dict[str, Floats]:
    """Return slopes of centered (..., n) on (n,), errors and bounds. (..., n - window + 1)."""

    def over(values: Floats) -> Floats:
        prefix = np.concatenate([np.zeros_like(values[..., :1]), values.cumsum(axis=-1)], axis=-1)
        return np.asarray(prefix[..., window:] - prefix[..., :-window])

    sy, sx, syy, sxx, sxy = map(over, (left, right, left**2, right**2, left * right))
    syy, sxx, sxy = syy - sy**2 / window, sxx - sx**2 / window, sxy - sx * sy / window
    sxx = np.where(sxx > 1e-12 * (right @ right), sxx, np.nan)  # below this it is rounding
    beta = sxy / sxx
    se = np.sqrt(np.maximum(syy - beta * sxy, 0.0) / (window - 2) / sxx)
    half = float(special.stdtrit(window - 2, 0.5 + level / 2)) * se
    return {"beta": beta, "se": se, "low": beta - half, "high": beta + half}


def beta_paths(
    Y: Floats, x: Floats, window: int, halflife: float, level: float = 0.95
) -> dict[str, Floats]:
    """Return the paths of many assets: those of :func:`rolling_beta` and :func:`ewm_beta`.

    Parameters
    ----------
    Y : (n, A)
        Returns, all known.
    x : (n,)

    Returns
    -------
    dict of arrays, (A, n - window + 1)
        ``beta``, ``se``, ``low``, ``high`` and ``weighted``, by the last session of the window.

    Raises
    ------
    ValueError
        If `window` is below three.
    """
    _check_window(window)
    count = max(len(Y) - window + 1, 0)
    if not count:
        return {name: np.empty((Y.shape[1], 0)) for name in (*COLUMNS, "weighted")}
    left, right = np.ascontiguousarray((Y - Y.mean(axis=0)).T), x - x.mean()
    weighted = _decay(left, right, halflife)[:, -count:]
    return _roll(left, right, window, level) | {"weighted": weighted}


def _decay(left: Floats, right: Floats, halflife: float) -> Floats:
    """Return slopes of (A, n) on (n,) with weights that halve; NaN below ``FEWEST`` sessions."""
    kept = 0.5 ** (1 / halflife)
    total = sx = sxx = 0.0
    sy = np.zeros(len(left))
    sxy, found = sy.copy(), np.full(left.shape, np.nan)
    for at, value in enumerate(right.tolist()):
        now = left[:, at]
        total, sx, sxx = kept * total + 1, kept * sx + value, kept * sxx + value**2
        sy, sxy = kept * sy + now, kept * sxy + value * now
        spread = sxx - sx**2 / total
        if at + 1 >= FEWEST and spread > 0:
            found[:, at] = (sxy - sx * sy / total) / spread
    return found


def ewm_beta(y: pd.Series, x: pd.Series, halflife: float, minimum: int = FEWEST) -> pd.Series:
    """Return the slope of `y` on `x` with weights that halve every `halflife` sessions.

    Exponentially weighted covariance over variance, on sessions with both returns; missing for
    the first ``minimum - 1`` of them.
    """
    pairs = pd.concat([y.rename("y"), x.rename("x")], axis=1, join="inner").dropna()
    weighted = pairs["x"].ewm(halflife=halflife, min_periods=minimum)
    return (weighted.cov(pairs["y"]) / weighted.var()).rename("beta")


def _check_window(window: int) -> None:
    if window < 3:
        raise ValueError(f"rolling beta: expected a window of at least 3 sessions, found {window}")
