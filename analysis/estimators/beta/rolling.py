"""Beta through time: over a rolling window and with exponential weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

__all__ = ["ewm_beta", "rolling_beta"]


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
    if window < 3:
        raise ValueError(f"rolling beta: expected a window of at least 3 sessions, found {window}")
    pairs = pd.concat([y, x], axis=1, join="inner").dropna().astype(float)
    if len(pairs) < window:
        return pd.DataFrame(
            columns=["beta", "se", "low", "high"], index=pairs.index[:0], dtype=float
        )
    left, right = (pairs.to_numpy() - pairs.to_numpy().mean(axis=0)).T
    moments = np.stack([left, right, left**2, right**2, left * right])
    prefix = np.pad(np.cumsum(moments, axis=1), ((0, 0), (1, 0)))
    sy, sx, syy, sxx, sxy = prefix[:, window:] - prefix[:, :-window]
    syy, sxx, sxy = syy - sy**2 / window, sxx - sx**2 / window, sxy - sx * sy / window
    sxx = np.where(sxx > 1e-12 * (right @ right), sxx, np.nan)  # below this it is rounding
    beta = sxy / sxx
    se = np.sqrt(np.maximum(syy - beta * sxy, 0.0) / (window - 2) / sxx)
    half = float(stats.t.ppf(0.5 + level / 2, window - 2)) * se
    return pd.DataFrame(
        {"beta": beta, "se": se, "low": beta - half, "high": beta + half},
        index=pairs.index[window - 1 :],
    )


def ewm_beta(y: pd.Series, x: pd.Series, halflife: float, minimum: int = 20) -> pd.Series:
    """Return the slope of `y` on `x` with weights that halve every `halflife` sessions.

    Exponentially weighted covariance over variance, on sessions with both returns; missing for
    the first ``minimum - 1`` of them.
    """
    pairs = pd.concat([y.rename("y"), x.rename("x")], axis=1, join="inner").dropna()
    weighted = pairs["x"].ewm(halflife=halflife, min_periods=minimum)
    return (weighted.cov(pairs["y"]) / weighted.var()).rename("beta")
