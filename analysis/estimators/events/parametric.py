"""Tests of the mean abnormal return over firm-events, from their moments.

Each treats firm-events as independent unless it says otherwise: on shared event days all but the
Kolari-Pynnönen versions reject true nulls too often. Estimates and detectable effects are mean
CARs, fractions. No p-value comes from the normal law: Student's t on N - 1 degrees of freedom
stands in for it, or those named.
"""

from __future__ import annotations

import math
from dataclasses import replace

from analysis.estimators.events.moments import Moments, Pooled, Sums
from analysis.estimators.significance import Significance, refused, student

__all__ = [
    "bmp",
    "kp_bmp",
    "kp_patell",
    "one_sample",
    "one_sample_skewed",
    "patell",
    "skewness_adjusted_t",
    "t_cross_sectional",
    "t_time_series",
]

ALONE = "needs at least two firm-events"


def t_time_series(group: Pooled, *, forecast: bool = True) -> Significance:
    """Return the t of the mean CAR from the firms' estimation variances.

    ``Σ CAR / √(Σ se²)``, se with the forecast-error term or, without `forecast`, ``s √L2``
    (MacKinlay 1997, J. Economic Literature 35). Degrees of freedom after Satterthwaite (1946),
    ``(Σ se²)² / Σ (se⁴ / (n - k))``; exact for one firm.
    """
    name = "t_time_series" if forecast else "t_time_series_no_forecast"
    sums, n = group.sums, group.sums.car.n
    if n == 0:
        return refused(name, 0, "no firm-event with a fully observed window")
    total = sums.variance if forecast else sums.plain
    df = total**2 / (sums.variance_squared if forecast else sums.plain_squared)
    return student(name, n, sums.car.mean, math.sqrt(total) / n, df)


def t_cross_sectional(group: Pooled) -> Significance:
    """Return the t of the mean CAR from the spread of the CARs; N - 1 degrees of freedom.

    (Brown and Warner 1985, J. Financial Economics 14, section 5.)
    """
    return one_sample("t_cross_sectional", group.sums.car)


def skewness_adjusted_t(group: Pooled) -> Significance:
    """Return the cross-sectional t corrected for skewness; t(N - 1).

    ``√N (S + γ S²/3 + γ² S³/27 + γ/(6N))`` with S the mean CAR over its standard deviation and γ
    the sample skewness (Hall 1992, J. Royal Statistical Society B 54). The detectable effect is
    that of the plain t.
    """
    return one_sample_skewed("skewness_adjusted_t", group.sums.car)


def one_sample_skewed(name: str, values: Moments) -> Significance:
    """Return the one-sample t of some values, corrected for their skewness."""
    n = values.n
    plain = one_sample(name, values)
    if n < 3 or plain.reason:
        return refused(name, n, plain.reason or "needs at least three firm-events")
    s = values.mean / values.spread
    skew = n / ((n - 1) * (n - 2)) * values.cubes / values.spread**3
    t = math.sqrt(n) * (s + skew * s**2 / 3 + skew**2 * s**3 / 27 + skew / (6 * n))
    return replace(plain, statistic=t, p=student(name, n, t, 1.0, plain.df).p)


def patell(group: Pooled) -> Significance:
    """Return Patell's statistic: daily standardised AR summed over firms and days.

    ``Σ_i Σ_t SAR_it / √(Σ_i L2 q_i)`` with ``q = (n - k) / (n - k - 2)`` (Patell 1976, J.
    Accounting Research 14).
    """
    return _patell("patell", group.sums, correlation=0.0)


def kp_patell(group: Pooled) -> Significance:
    """Return Patell's statistic over ``√(1 + (N - 1) r̄)``, r̄ the mean residual correlation.

    (Kolari and Pynnönen 2010, Review of Financial Studies 23.)
    """
    return _patell("kp_patell", group.sums, correlation=group.correlation)


def bmp(group: Pooled) -> Significance:
    """Return the cross-sectional t of the standardised CARs, robust to event-day variance.

    ``mean(SCAR) √N / sd(SCAR)``; SCAR holds the full forecast-error variance (Boehmer, Musumeci
    and Poulsen 1991, J. Financial Economics 30).
    """
    return _bmp("bmp", group.sums, correlation=0.0)


def kp_bmp(group: Pooled) -> Significance:
    """Return the BMP statistic times ``√((1 - r̄) / (1 + (N - 1) r̄))``.

    r̄ is the mean residual correlation (Kolari and Pynnönen 2010, Review of Financial Studies 23).
    Holds its size for few firms on one day with t(N - 1), not with the normal law.
    """
    return _bmp("kp_bmp", group.sums, correlation=group.correlation)


def one_sample(name: str, values: Moments) -> Significance:
    """Return the one-sample t of some values, one a firm-event."""
    if values.n < 2:
        return refused(name, values.n, ALONE)
    return student(name, values.n, values.mean, values.spread / math.sqrt(values.n), values.n - 1)


def _patell(name: str, sums: Sums, correlation: float) -> Significance:
    """Return Patell's statistic with its variance inflated for the mean correlation."""
    n = sums.car.n
    if n < 2:
        return refused(name, n, ALONE)
    if sums.fewest <= 2:
        return refused(name, n, "needs more than two degrees of freedom in every fit")
    inflation = 1 + (n - 1) * correlation
    if not inflation > 0:
        return refused(name, n, "the mean residual correlation leaves no variance")
    error = math.sqrt(sums.days * sums.patell * inflation)
    # In CAR units: an effect of c in every CAR, spread evenly, adds c / L2 to each AR.
    return _scaled(name, sums, sums.sar, error, sums.unit / sums.days)


def _bmp(name: str, sums: Sums, correlation: float) -> Significance:
    """Return the BMP statistic with its error inflated for the mean correlation."""
    n = sums.car.n
    if n < 2:
        return refused(name, n, ALONE)
    left = 1 - correlation
    inflation = (1 + (n - 1) * correlation) / left if left else math.inf
    if not (inflation > 0 and math.isfinite(inflation)):
        return refused(name, n, "the mean residual correlation leaves no variance")
    error = sums.scar.spread * math.sqrt(inflation / n)
    return _scaled(name, sums, sums.scar.mean, error, sums.inverse / n)


def _scaled(name: str, sums: Sums, value: float, error: float, per_unit: float) -> Significance:
    """Return the t of a standardised sum, with its detectable effect as a mean CAR.

    `per_unit` is what an effect of one in every CAR adds to `value`.
    """
    n = sums.car.n
    if not error > 0:
        return refused(name, n, "no variation to judge the estimate by")
    scaled = student(name, n, value, error, n - 1)
    return replace(scaled, estimate=sums.car.mean, se=float("nan"), mde=scaled.mde / per_unit)
