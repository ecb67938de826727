"""Exact joint tests over firms that share a day 0, from the multivariate regression."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import special

from analysis.estimators.arrays import Bools, Floats
from analysis.estimators.events.common_days import on_common_days
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.fits import Fitted
from analysis.estimators.events.models import regressors
from analysis.estimators.names import LEAST_SQUARES
from analysis.estimators.significance import LEVEL, POWER, Significance, refused

__all__ = ["equal_response_f", "joint_f"]


def joint_f(study: EventStudy, first: int, last: int) -> Significance:
    """Test that the CARs of all firms on their one day 0 are zero.

    ``F = T² (ν - N + 1) / (ν N)`` with Hotelling's ``T² = c' Σ̂⁻¹ c / h``, c the CARs, Σ̂ the
    residual covariance with ``ν = n - k`` and h the forecast-error factor of the window; exact for
    normal residuals (Schipper and Thompson 1983, J. Accounting Research 21; Binder
    1998, Review of Quantitative Finance and Accounting 11). All firms are fitted over the
    sessions on which all are observed.

    Returns
    -------
    Significance
        ``joint_f``; the estimate is the mean CAR, `mde` the CAR that, in all firms at once, is
        found with probability 0.8. Refused with several day 0s or too few sessions.
    """
    return _contrast_f("joint_f", study, first, last)


def equal_response_f(study: EventStudy, first: int, last: int) -> Significance:
    """Test that the CARs of all firms on their one day 0 are equal.

    As :func:`joint_f`, for the N - 1 differences of CARs.

    Returns
    -------
    Significance
        ``equal_response_f``; the estimate is the range of the CARs, `mde` the smallest distance
        of one firm from all others that is found with probability 0.8.
    """
    n = study.fitted.size
    if n < 2:
        return refused("equal_response_f", n, "needs at least two firms")
    return _contrast_f("equal_response_f", study, first, last)


def _contrast_f(name: str, study: EventStudy, first: int, last: int) -> Significance:
    """Return the exact F of ``contrast @ CAR = 0``, of all CARs or of their differences."""
    n = study.fitted.size
    if study.dates != 1 or np.unique(study.column).size < n:
        return refused(name, n, "needs distinct firms that share one day 0")
    if study.model not in LEAST_SQUARES:
        return refused(name, n, f"exact for least squares only, not for {study.model}")
    try:
        study = on_common_days(study)
    except ValueError as error:
        return refused(name, n, str(error))
    if study.fitted.size < n:
        return refused(name, n, str(study.skipped["reason"].iloc[0]))
    part = study.days(first, last)
    if np.isnan(study.ar[:, part]).any():
        return refused(name, n, "a return is missing in the event window")
    usable = np.logical_and.reduce(
        list(study.fitted.map(study.run, _observed, width=study.panel.layout.length))
    )
    q, nu = n if name == "joint_f" else n - 1, int(usable.sum()) - study.fit.k
    if nu - q + 1 < 1:
        return refused(name, n, f"{usable.sum()} common sessions are too few for {n} firms")
    cars, covariance = _common_fit(study, part, usable)
    contrast = np.eye(n) if name == "joint_f" else np.eye(n - 1, n) - np.eye(1, n, n - 1)
    differences = contrast @ cars
    inverse = np.linalg.pinv(contrast @ covariance @ contrast.T)
    scale = (nu - q + 1) / (nu * q)
    statistic = float(differences @ inverse @ differences) * scale
    df2 = nu - q + 1
    # λ per squared effect: in all firms at once, or in the one firm that shows it best.
    moves = contrast.sum(axis=1, keepdims=True) if name == "joint_f" else contrast
    information = float(np.einsum("qm,qr,rm->m", moves, inverse, moves).max())
    return Significance(
        name,
        n,
        estimate=float(cars.mean() if name == "joint_f" else np.ptp(cars)),
        statistic=statistic,
        df=q,
        df2=df2,
        p=float(special.fdtrc(q, df2, statistic)),
        p_min=0.0,
        mde=math.sqrt(_noncentrality(q, df2) / information),
    )


def _observed(block: Fitted) -> Bools:
    """Return the estimation sessions on which all firms of a block are observed. (L1,)."""
    return np.asarray(np.isfinite(block.residuals()).all(axis=0))


def _common_fit(study: EventStudy, part: slice, usable: Bools) -> tuple[Floats, Floats]:
    """Return CARs and their forecast-corrected covariance from the common sessions of all firms."""
    y, x = study.panel.estimation_windows(study.column, study.position)
    returns, factors = y[:, usable].T, x[:, 0, usable].T
    event, event_factors = study.raw[:, part].T, study.factor_window[0, part]
    if study.model == "market_adjusted":
        residuals, ar, excess = returns - factors, event - event_factors, 0.0
    else:
        design, forecast = (regressors(each, study.model) for each in (factors, event_factors))
        coefficients = np.linalg.lstsq(design, returns, rcond=None)[0]
        residuals, ar = returns - design @ coefficients, event - forecast @ coefficients
        total = forecast.sum(axis=0)
        excess = float(total @ np.linalg.solve(design.T @ design, total))
    nu = max(len(returns) - study.fit.k, 1)
    covariance = residuals.T @ residuals / nu * (len(event) + excess)
    return ar.sum(axis=0), covariance


@lru_cache(maxsize=1024)
def _noncentrality(df1: int, df2: int) -> float:
    """Return the noncentrality at which the 5% F-test has a power of 0.8."""
    # Imported here: scipy.stats takes longer than a study on several days, which has no joint F.
    from scipy import optimize, stats

    critical = float(stats.f.ppf(1 - LEVEL, df1, df2))

    def shortfall(value: float) -> float:
        return float(stats.ncf.sf(critical, df1, df2, value)) - POWER

    return float(optimize.brentq(shortfall, 1e-6, 10_000.0))
