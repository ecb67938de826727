"""Tests of the mean abnormal return over firm-events, from their moments.

Each treats firm-events as independent unless it says otherwise: on shared event days all but the
Kolari-Pynnönen versions reject true nulls too often. Estimates and detectable effects are mean
CARs, fractions. No p-value comes from the normal law: Student's t on N - 1 degrees of freedom
stands in for it, or those named.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.estimators.outcome import Outcome, refused, student
from analysis.estimators.sample import Sample

__all__ = [
    "bmp",
    "kp_bmp",
    "kp_patell",
    "patell",
    "skewness_adjusted_t",
    "t_cross_sectional",
    "t_time_series",
]

ALONE = "needs at least two firm-events"


def t_time_series(sample: Sample, *, forecast: bool = True) -> Outcome:
    """Return the t of the mean CAR from the firms' estimation variances.

    ``Σ CAR / √(Σ se²)``, se with the forecast-error term or, without `forecast`, ``s √L2``
    (MacKinlay 1997, J. Economic Literature 35). Degrees of freedom after Satterthwaite (1946),
    ``(Σ se²)² / Σ (se⁴ / (n - k))``; exact for one firm.
    """
    name = "t_time_series" if forecast else "t_time_series_no_forecast"
    if sample.size == 0:
        return refused(name, 0, "no firm-event with a fully observed window")
    variance = (sample.se if forecast else sample.plain) ** 2
    total = float(variance.sum())
    df = total**2 / float((variance**2 / sample.df).sum())
    return student(name, sample.size, sample.caar, float(np.sqrt(total)) / sample.size, df)


def t_cross_sectional(sample: Sample) -> Outcome:
    """Return the t of the mean CAR from the spread of the CARs; N - 1 degrees of freedom.

    (Brown and Warner 1985, J. Financial Economics 14, section 5.)
    """
    return _one_sample("t_cross_sectional", sample)


def skewness_adjusted_t(sample: Sample) -> Outcome:
    """Return the cross-sectional t corrected for skewness; t(N - 1).

    ``√N (S + γ S²/3 + γ² S³/27 + γ/(6N))`` with S the mean CAR over its standard deviation and γ
    the sample skewness (Hall 1992, J. Royal Statistical Society B 54). The detectable effect is
    that of the plain t.
    """
    name, n = "skewness_adjusted_t", sample.size
    plain = _one_sample(name, sample)
    if n < 3 or plain.reason:
        return refused(name, n, plain.reason or "needs at least three firm-events")
    spread = float(sample.car.std(ddof=1))
    s = sample.caar / spread
    skew = n / ((n - 1) * (n - 2)) * float((((sample.car - sample.caar) / spread) ** 3).sum())
    t = np.sqrt(n) * (s + skew * s**2 / 3 + skew**2 * s**3 / 27 + skew / (6 * n))
    return _restated(plain, float(t))


def patell(sample: Sample) -> Outcome:
    """Return Patell's statistic: daily standardised AR summed over firms and days.

    ``Σ_i Σ_t SAR_it / √(Σ_i L2 q_i)`` with ``q = (n - k) / (n - k - 2)`` (Patell 1976, J.
    Accounting Research 14).
    """
    return _patell("patell", sample, correlation=0.0)


def kp_patell(sample: Sample) -> Outcome:
    """Return Patell's statistic over ``√(1 + (N - 1) r̄)``, r̄ the mean residual correlation.

    (Kolari and Pynnönen 2010, Review of Financial Studies 23.)
    """
    return _patell("kp_patell", sample, correlation=sample.correlation)


def bmp(sample: Sample) -> Outcome:
    """Return the cross-sectional t of the standardised CARs, robust to event-day variance.

    ``mean(SCAR) √N / sd(SCAR)``; SCAR holds the full forecast-error variance (Boehmer, Musumeci
    and Poulsen 1991, J. Financial Economics 30).
    """
    return _bmp("bmp", sample, correlation=0.0)


def kp_bmp(sample: Sample) -> Outcome:
    """Return the BMP statistic times ``√((1 - r̄) / (1 + (N - 1) r̄))``.

    r̄ is the mean residual correlation (Kolari and Pynnönen 2010, Review of Financial Studies 23).
    Holds its size for few firms on one day with t(N - 1), not with the normal law.
    """
    return _bmp("kp_bmp", sample, correlation=sample.correlation)


def _one_sample(name: str, sample: Sample) -> Outcome:
    """Return the one-sample t of the CARs."""
    n = sample.size
    if n < 2:
        return refused(name, n, ALONE)
    return student(name, n, sample.caar, float(sample.car.std(ddof=1)) / np.sqrt(n), n - 1)


def _patell(name: str, sample: Sample, correlation: float) -> Outcome:
    """Return Patell's statistic with its variance inflated for the mean correlation."""
    n = sample.size
    if n < 2:
        return refused(name, n, ALONE)
    if (sample.df <= 2).any():
        return refused(name, n, "needs more than two degrees of freedom in every fit")
    inflation = 1 + (n - 1) * correlation
    if not inflation > 0:
        return refused(name, n, "the mean residual correlation leaves no variance")
    q = sample.df / (sample.df - 2)
    error = float(np.sqrt(sample.days * q.sum() * inflation))
    # In CAR units: an effect of c in every CAR, spread evenly, adds c / L2 to each AR.
    per_unit = float(sample.unit_sum.sum()) / sample.days
    return _scaled(name, sample, float(sample.sar_sum.sum()), error, per_unit)


def _bmp(name: str, sample: Sample, correlation: float) -> Outcome:
    """Return the BMP statistic with its error inflated for the mean correlation."""
    n = sample.size
    if n < 2:
        return refused(name, n, ALONE)
    inflation = (1 + (n - 1) * correlation) / (1 - correlation)
    if not (inflation > 0 and np.isfinite(inflation)):
        return refused(name, n, "the mean residual correlation leaves no variance")
    error = float(sample.scar.std(ddof=1) * np.sqrt(inflation / n))
    return _scaled(name, sample, float(sample.scar.mean()), error, float((1 / sample.se).mean()))


def _scaled(name: str, sample: Sample, value: float, error: float, per_unit: float) -> Outcome:
    """Return the t of a standardised sum, with its detectable effect as a mean CAR.

    `per_unit` is what an effect of one in every CAR adds to `value`.
    """
    if not error > 0:
        return refused(name, sample.size, "no variation to judge the estimate by")
    scaled = student(name, sample.size, value, error, sample.size - 1)
    return replace(scaled, estimate=sample.caar, se=float("nan"), mde=scaled.mde / per_unit)


def _restated(outcome: Outcome, statistic: float) -> Outcome:
    """Return the outcome with another statistic on the same degrees of freedom."""
    again = student(outcome.name, outcome.n, statistic, 1.0, outcome.df)
    return replace(outcome, statistic=statistic, p=again.p)
