"""Relative beta: how much one return moves with another, with errors that bear looking at.

Series are matched by their index and incomplete rows are left out; a sample that allows no fit is a
ValueError. Returns are fractions, slopes have no unit, windows and lags count sessions. Intervals
are Student's t with `level` coverage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.regression.quantile_regression import QuantReg
from statsmodels.robust.norms import HuberT
from statsmodels.robust.robust_linear_model import RLM
from statsmodels.tools import add_constant

from analysis.estimators.arrays import Floats

__all__ = [
    "Slope",
    "UpDown",
    "dimson_beta",
    "huber_beta",
    "median_beta",
    "ols_beta",
    "shrink_betas",
    "up_down_beta",
]

Errors = Literal["ols", "hc3", "hac"]


@dataclass(frozen=True, slots=True)
class BetaFit:
    """Least-squares regression of a return on another.

    Attributes
    ----------
    n, df : int
        Sessions, and n - 2.
    alpha, beta : float
        Intercept (fraction a session) and slope.
    se_ols, se_hc3, se_hac : float
        Standard errors of `beta`: classical, HC3, and Newey-West with the Bartlett kernel.
    r2, sigma : float
        Share explained; residual standard deviation, fraction, divisor n - 2.
    """

    n: int
    df: int
    alpha: float
    beta: float
    se_ols: float
    se_hc3: float
    se_hac: float
    r2: float
    sigma: float

    def interval(self, errors: Errors = "hc3", level: float = 0.95) -> tuple[float, float]:
        """Return the bounds of the interval of `beta` from Student's t with n - 2 df."""
        se = {"ols": self.se_ols, "hc3": self.se_hc3, "hac": self.se_hac}[errors]
        slope = _slope(self.beta, se, self.n, self.df, level)
        return slope.low, slope.high


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope, its standard error, the bounds of its interval and the sessions behind it."""

    beta: float
    se: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class UpDown:
    """Slopes on rising and on falling days, and their difference (up less down) with HAC error."""

    up: float
    se_up: float
    n_up: int
    down: float
    se_down: float
    n_down: int
    difference: float
    se_difference: float
    t: float
    df: int
    p: float


def ols_beta(y: pd.Series, x: pd.Series, hac_lags: int) -> BetaFit:
    """Regress `y` on an intercept and `x`, with classical, HC3 and HAC errors.

    HC3 after MacKinnon and White (1985, J. Econometrics 29); HAC after Newey and West (1987,
    Econometrica 55) with `hac_lags` sessions and the correction n / (n - k).
    """
    left, design = _matched(y, x)
    fit = OLS(left, design).fit()
    return BetaFit(
        n=len(left),
        df=int(fit.df_resid),
        alpha=float(fit.params[0]),
        beta=float(fit.params[1]),
        se_ols=float(fit.bse[1]),
        se_hc3=float(fit.HC3_se[1]),
        se_hac=float(_fit_hac(left, design, hac_lags).bse[1]),
        r2=float(fit.rsquared),
        sigma=float(np.sqrt(fit.mse_resid)),
    )


def huber_beta(y: pd.Series, x: pd.Series, level: float = 0.95) -> Slope:
    """Regress `y` on `x` with Huber's loss (1964, Annals of Mathematical Statistics 35).

    Residuals beyond 1.345 robust standard deviations weigh less, so that a few days do not decide
    the slope.
    """
    left, design = _matched(y, x)
    fit = RLM(left, design, M=HuberT()).fit(maxiter=500)
    return _slope(float(fit.params[1]), float(fit.bse[1]), len(left), len(left) - 2, level)


def median_beta(y: pd.Series, x: pd.Series, level: float = 0.95) -> Slope:
    """Regress the median of `y` on `x` (Koenker and Bassett 1978, Econometrica 46).

    The error is the kernel sandwich of statsmodels (Epanechnikov, Hall and Sheather's bandwidth).
    """
    left, design = _matched(y, x)
    fit = QuantReg(left, design).fit(q=0.5, max_iter=5000)
    return _slope(float(fit.params[1]), float(fit.bse[1]), len(left), len(left) - 2, level)


def dimson_beta(
    y: pd.Series, x: pd.Series, *, lags: int, leads: int, hac_lags: int, level: float = 0.95
) -> Slope:
    """Return the sum of the slopes on lagged, same-day and leading `x`, with HAC error.

    For assets that trade late or seldom (Dimson 1979, J. Financial Economics 7). Lags and leads
    count rows of `x`.
    """
    shifts = {f"x{shift:+d}": x.shift(-shift) for shift in range(-lags, leads + 1)}
    left, design = _matched(y, pd.DataFrame(shifts))
    fit = _fit_hac(left, design, hac_lags)
    pick = np.r_[0.0, np.ones(len(shifts))]
    se = float(np.sqrt(pick @ fit.cov_params() @ pick))
    return _slope(float(pick @ fit.params), se, len(left), int(fit.df_resid), level)


def up_down_beta(y: pd.Series, x: pd.Series, hac_lags: int) -> UpDown:
    """Return the slopes of `y` on `x` over days with ``x >= 0`` and over days with ``x < 0``.

    Each side has its own intercept, as in Ang, Chen and Xing (2006, Review of Financial Studies
    19), so the slopes equal those of two regressions; one regression over all days in order gives
    the HAC error of their difference. p is two-sided Student t with n - 4 degrees of freedom.
    A side with fewer than three days is a ValueError.
    """
    left, design = _matched(y, x)
    values = design[:, 1]
    rises = values >= 0
    if min(rises.sum(), (~rises).sum()) < 3:
        raise ValueError("up and down beta: expected at least three days on each side")
    design = np.column_stack([rises, ~rises, values * rises, values * ~rises]).astype(float)
    fit = _fit_hac(left, design, hac_lags)
    contrast = np.array([0.0, 0.0, 1.0, -1.0])
    difference = float(contrast @ fit.params)
    se = float(np.sqrt(contrast @ fit.cov_params() @ contrast))
    df = int(fit.df_resid)
    return UpDown(
        up=float(fit.params[2]),
        se_up=float(fit.bse[2]),
        n_up=int(rises.sum()),
        down=float(fit.params[3]),
        se_down=float(fit.bse[3]),
        n_down=int((~rises).sum()),
        difference=difference,
        se_difference=se,
        t=difference / se,
        df=df,
        p=2.0 * float(stats.t.sf(abs(difference / se), df)),
    )


def shrink_betas(betas: pd.Series, errors: pd.Series) -> pd.Series:
    """Pull noisy slopes towards the mean of their peers (Vasicek 1973, J. Finance 28).

    Each slope gets the weight ``v / (v + se²)`` and the mean of all slopes the rest, with v the
    variance between the slopes beyond the mean squared error, at least zero.
    `errors` are the standard errors; both have the same index, (A,).
    """
    between = max(float(betas.var(ddof=1)) - float((errors**2).mean()), 0.0)
    weight = between / (between + errors**2)
    return weight * betas + (1.0 - weight) * betas.mean()


def _matched(y: pd.Series, x: pd.Series | pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the complete rows of `y`, (n,), and of an intercept and `x`, (n, k)."""
    rows = pd.concat([y, x], axis=1, join="inner").dropna().to_numpy(dtype=float)
    if len(rows) < rows.shape[1] + 2:
        raise ValueError(f"beta: {len(rows)} complete sessions are too few")
    if (rows[:, 1:].std(axis=0) == 0).any():
        raise ValueError("beta: a factor is constant")
    return rows[:, 0], add_constant(rows[:, 1:], has_constant="add")


def _fit_hac(y: Floats, design: Floats, lags: int) -> Any:
    """Fit by least squares with Newey-West errors; the results of statsmodels."""
    kernel = {"maxlags": lags, "use_correction": True}
    return OLS(y, design).fit(cov_type="HAC", cov_kwds=kernel)


def _slope(beta: float, se: float, n: int, df: int, level: float) -> Slope:
    """Return a slope with its interval from Student's t."""
    half = float(stats.t.ppf(0.5 + level / 2, df)) * se
    return Slope(beta, se, beta - half, beta + half, n)
