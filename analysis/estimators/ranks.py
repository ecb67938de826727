"""Rank tests: where the event days stand among all days of each firm-event.

Ranks are taken within each firm-event over its estimation and event days together, divided by one
more than their number and less one half, so that they sum to zero; a missing day has none. Days
are matched in event time. The spread of the mean rank over all days, not over the window alone,
gives the error, so firms on one shared day 0 may be correlated.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

from analysis.estimators.outcome import Outcome, minimum_detectable, refused, two_sided_t
from analysis.estimators.sample import Sample
from analysis.estimators.signs import RANK_EFFICIENCY

__all__ = ["corrado", "corrado_zivney", "grank_t", "rank_deviations"]

Floats = npt.NDArray[np.float64]

FEWEST_FOR_GRANK = 30


def rank_deviations(values: Floats) -> Floats:
    """Return ``rank / (T + 1) - 1/2`` within each row, (N, D); ties share, NaN stays NaN."""
    count = np.isfinite(values).sum(axis=1, keepdims=True)
    # Missing values sort to the end, where they cannot change a rank.
    ranks = stats.rankdata(np.where(np.isnan(values), np.inf, values), axis=1)
    deviations: Floats = np.where(np.isnan(values), np.nan, ranks / (count + 1) - 0.5)
    return deviations


def corrado(sample: Sample) -> Outcome:
    """Return the rank test of the abnormal returns (Corrado 1989, J. Financial Economics 23).

    ``Σ Ū_t / (√L2 S)`` over the event days, with ``S² = Σ_t (n_t / N) Ū_t² / T`` over all T days,
    corrected for missing days as in Corrado and Zivney (1992); t(T - 1).
    """
    return _rank_t("corrado", sample, sample.residuals, sample.ar)


def corrado_zivney(sample: Sample) -> Outcome:
    """Return the rank test of standardised abnormal returns, robust to event-day variance.

    Event days are divided by the spread of their standardised returns over firms (Corrado and
    Zivney 1992, J. Financial and Quantitative Analysis 27). Refused below two firm-events.
    """
    name = "corrado_zivney"
    if sample.size < 2:
        return refused(name, sample.size, "needs at least two firm-events")
    spread = sample.sar.std(axis=0, ddof=1)
    if not (spread > 0).all():
        return refused(name, sample.size, "no variation over firm-events to standardise by")
    return _rank_t(name, sample, _standardised(sample), sample.sar / spread)


def grank_t(sample: Sample) -> Outcome:
    """Return the generalised rank t of the cumulative abnormal return.

    The window counts as one day with the SCAR over its spread across firms; with Z its mean rank
    over S, ``Z √((T - 2) / (T - 1 - Z²))`` has T - 2 degrees of freedom (Kolari and Pynnönen
    2011, J. Empirical Finance 18). Refused below 30 firm-events: the spread of a few SCARs moves
    with their mean, and true nulls are rejected in about a fifth of the samples.
    """
    name, n = "grank_t", sample.size
    if n < FEWEST_FOR_GRANK:
        return refused(name, n, f"rejects too often below {FEWEST_FOR_GRANK} firm-events")
    spread = float(sample.scar.std(ddof=1))
    if not spread > 0:
        return refused(name, n, "no variation over firm-events to standardise by")
    values = np.column_stack([_standardised(sample), sample.scar / spread])
    means, error = _means(rank_deviations(values))
    days = means.size
    z = float(means[-1]) / error
    t = z * math.sqrt((days - 2) / (days - 1 - z**2))
    per_unit = float((1 / sample.se).mean())
    se = spread / math.sqrt(n * RANK_EFFICIENCY) / per_unit
    return Outcome(
        name,
        n,
        estimate=sample.caar,
        statistic=t,
        df=days - 2,
        p=two_sided_t(t, days - 2),
        p_min=0.0,
        mde=float(minimum_detectable(se, days - 2)),
    )


def _standardised(sample: Sample) -> Floats:
    """Return estimation residuals over their own standard deviation, (N, L1)."""
    squares = np.nansum(sample.residuals**2, axis=1)
    standardised: Floats = sample.residuals / np.sqrt(squares / sample.df)[:, None]
    return standardised


def _means(deviations: Floats) -> tuple[Floats, float]:
    """Return the mean deviation of each day with firms, and their root mean square S."""
    means, firms = _daily_means(deviations)
    return means, math.sqrt(float((firms / len(deviations) * means**2).mean()))


def _daily_means(values: Floats) -> tuple[Floats, Floats]:
    """Return the mean over firms of each day with firms, and their number."""
    firms = np.isfinite(values).sum(axis=0)
    seen = firms > 0
    return np.nansum(values, axis=0)[seen] / firms[seen], firms[seen].astype(float)


def _rank_t(name: str, sample: Sample, before: Floats, event: Floats) -> Outcome:
    """Return the rank test of the event days among all days."""
    n, length = sample.size, sample.days
    if n == 0:
        return refused(name, n, "no firm-event with a fully observed window")
    means, error = _means(rank_deviations(np.column_stack([before, event])))
    days = means.size
    statistic = float(means[-length:].sum()) / (math.sqrt(length) * error)
    largest = ((days - (length - 1) / 2) / (days + 1) - 0.5) * math.sqrt(length) / error
    daily, _ = _daily_means(np.column_stack([sample.residuals, sample.ar]))
    se = float(daily.std(ddof=1)) * math.sqrt(length / RANK_EFFICIENCY)
    return Outcome(
        name,
        n,
        estimate=sample.caar,
        statistic=statistic,
        df=days - 1,
        p=two_sided_t(statistic, days - 1),
        p_min=two_sided_t(largest, days - 1),
        mde=float(minimum_detectable(se, days - 1)),
    )
