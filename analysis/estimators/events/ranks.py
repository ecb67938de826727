"""Rank tests: where the event days stand among all days of each firm-event.

Ranks are taken within each firm-event over its estimation and event days together, divided by one
more than their number and less one half, so that they sum to zero; a missing day has none. Days
are matched in event time. The spread of the mean rank over all days, not over the window alone,
gives the error, so firms on one shared day 0 may be correlated.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.estimators.arrays import Floats
from analysis.estimators.events.firm_events import Sample
from analysis.estimators.events.signs import RANK_EFFICIENCY
from analysis.estimators.significance import Significance, minimum_detectable, refused, two_sided_t

__all__ = ["corrado", "corrado_zivney", "grank_t"]

FEWEST_FOR_GRANK = 30


def corrado(sample: Sample) -> Significance:
    """Return the rank test of the abnormal returns (Corrado 1989, J. Financial Economics 23).

    ``Σ Ū_t / (√L2 S)`` over the event days, with ``S² = Σ_t (n_t / N) Ū_t² / T`` over all T days,
    corrected for missing days as in Corrado and Zivney (1992); t(T - 1).
    """
    if not sample.size:
        return refused("corrado", 0, "no firm-event with a fully observed window")
    return _rank_t("corrado", sample, sample.ranks.plain)


def corrado_zivney(sample: Sample) -> Significance:
    """Return the rank test of standardised abnormal returns, robust to event-day variance.

    Event days are divided by the spread of their standardised returns over firms (Corrado and
    Zivney 1992, J. Financial and Quantitative Analysis 27). Refused below two firm-events.
    """
    name = "corrado_zivney"
    if sample.size < 2:
        return refused(name, sample.size, "needs at least two firm-events")
    if not (sample.ranks.spread > 0).all():
        return refused(name, sample.size, "no variation over firm-events to standardise by")
    return _rank_t(name, sample, sample.ranks.standardised)


def grank_t(sample: Sample) -> Significance:
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
    firms = np.append(sample.ranks.firms[: -sample.days], n)
    means, error = _means(sample.ranks.window, firms / n)
    days = means.size
    z = float(means[-1]) / error
    t = z * math.sqrt((days - 2) / (days - 1 - z**2))
    per_unit = float((1 / sample.se).mean())
    se = spread / math.sqrt(n * RANK_EFFICIENCY) / per_unit
    return Significance(
        name,
        n,
        estimate=sample.caar,
        statistic=t,
        df=days - 2,
        p=two_sided_t(t, days - 2),
        p_min=0.0,
        mde=float(minimum_detectable(se, days - 2)),
    )


def _means(means: Floats, weights: Floats) -> tuple[Floats, float]:
    """Return the mean deviation of each day with firms, and their weighted root mean square S."""
    seen = weights > 0
    return means[seen], math.sqrt(float((weights[seen] * means[seen] ** 2).mean()))


def _rank_t(name: str, sample: Sample, deviations: Floats) -> Significance:
    """Return the rank test of the event days among all days."""
    n, length = sample.size, sample.days
    means, error = _means(deviations, sample.ranks.firms / n)
    days = means.size
    statistic = float(means[-length:].sum()) / (math.sqrt(length) * error)
    largest = ((days - (length - 1) / 2) / (days + 1) - 0.5) * math.sqrt(length) / error
    daily = sample.ranks.values[sample.ranks.firms > 0]
    se = float(daily.std(ddof=1)) * math.sqrt(length / RANK_EFFICIENCY)
    return Significance(
        name,
        n,
        estimate=sample.caar,
        statistic=statistic,
        df=days - 1,
        p=two_sided_t(statistic, days - 1),
        p_min=two_sided_t(largest, days - 1),
        mde=float(minimum_detectable(se, days - 1)),
    )
