"""Tests of the sign and the signed rank of CARs, with exact p-values.

Each treats firm-events as independent. Detectable effects are mean CARs, fractions: those of the
t-test over the root of the asymptotic relative efficiency under normal CARs (2/π for signs, 3/π for
signed ranks), infinite where no p reaches 0.05.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import special

from analysis.estimators.arrays import Floats
from analysis.estimators.events.firm_events import Sample
from analysis.estimators.significance import LEVEL, Significance, minimum_detectable, refused

__all__ = ["generalized_sign", "sign", "wilcoxon"]

SIGN_EFFICIENCY = 2 / math.pi
RANK_EFFICIENCY = 3 / math.pi
EXACT_LIMIT = 500  # firm-events up to which the signed-rank distribution is computed exactly
FEWEST_FOR_NORMAL = 30  # dates below which no p comes from the normal law


def sign(sample: Sample) -> Significance:
    """Return the sign test: the number of positive CARs against one half; exact binomial p.

    Zeros are left out. The smallest p is 2 / 2^N.
    """
    moved = sample.car[sample.car != 0]
    return _binomial("sign", sample, int((moved > 0).sum()), moved.size, 0.5)


def generalized_sign(sample: Sample) -> Significance:
    """Return the generalised sign test: positive CARs against the share in estimation windows.

    The share is the mean over firm-events of the share of positive estimation residuals (Cowan
    1992, Review of Quantitative Finance and Accounting 2); the p-value is exact binomial rather
    than normal.
    """
    if not sample.size:
        return refused("generalized_sign", 0, "no firm-event has a fully observed window")
    positive = int((sample.car > 0).sum())
    return _binomial("generalized_sign", sample, positive, sample.size, sample.ranks.positive)


def wilcoxon(sample: Sample) -> Significance:
    """Return the signed-rank test of the CARs (Wilcoxon 1945, Biometrics Bulletin 1).

    Exact p up to 500 firm-events, normal beyond if they stand on 30 dates or more, else refused.
    Zeros are left out. The smallest p is 2 / 2^N.
    """
    moved = sample.car[sample.car != 0]
    if moved.size < 2:
        return refused("wilcoxon", sample.size, "needs at least two firm-events that moved")
    exact = moved.size <= EXACT_LIMIT
    if not exact and np.unique(sample.day0).size < FEWEST_FOR_NORMAL:
        return refused(
            "wilcoxon", sample.size, "too many firm-events for an exact p, too few dates"
        )
    rises, normal_p = _rank_sum(moved)
    p_min = 2.0 ** (1 - moved.size)
    return Significance(
        "wilcoxon",
        sample.size,
        estimate=sample.caar,
        statistic=rises,
        p=_exact_p(moved) if exact else normal_p,
        p_min=p_min,
        mde=_detectable(sample, RANK_EFFICIENCY, p_min),
    )


def _rank_sum(moved: Floats) -> tuple[float, float]:
    """Return the ranks of rises added up, and their two-sided p by the normal law, ties allowed."""
    n = moved.size
    _, place, ties = np.unique(np.abs(moved), return_inverse=True, return_counts=True)
    ranks = (ties.cumsum() - (ties - 1) / 2)[place]
    rises = float(ranks[moved > 0].sum())
    variance = (n * (n + 1) * (2 * n + 1) - float((ties**3.0 - ties).sum()) / 2) / 24
    return rises, 2.0 * float(special.ndtr(-abs(rises - n * (n + 1) / 4) / math.sqrt(variance)))


def _exact_p(moved: Floats) -> float:
    # Imported here: scipy.stats takes longer than a study with too many events for an exact p.
    from scipy import stats

    return float(stats.wilcoxon(moved, method="exact").pvalue)


def _binomial(name: str, sample: Sample, positive: int, n: int, share: float) -> Significance:
    """Return the exact two-sided binomial test of `positive` out of n against `share`."""
    if n < 2 or not 0 < share < 1:
        return refused(name, sample.size, "needs at least two firm-events that moved")
    # The rarer end alone, or both ends where they are equally likely.
    rare, other = sorted((share**n, (1 - share) ** n))
    p_min = rare + other if other <= rare * (1 + 1e-7) else rare
    return Significance(
        name,
        sample.size,
        estimate=sample.caar,
        statistic=(positive - n * share) / math.sqrt(n * share * (1 - share)),
        p=_binomial_p(positive, n, share),
        p_min=p_min,
        mde=_detectable(sample, SIGN_EFFICIENCY, p_min),
    )


@lru_cache(maxsize=4096)
def _binomial_p(positive: int, n: int, share: float) -> float:
    """Return the probability of all counts no likelier than `positive`, which is two-sided.

    Kept, since few counts recur over many groups.
    """
    counts = np.arange(n + 1)
    ways = special.gammaln(n + 1) - special.gammaln(counts + 1) - special.gammaln(n - counts + 1)
    log_p = ways + special.xlogy(counts, share) + special.xlog1py(n - counts, -share)
    likelier = np.flatnonzero(log_p > log_p[positive] + 1e-7)
    if not likelier.size:
        return 1.0
    first, last = int(likelier[0]), int(likelier[-1])
    below = float(special.betaincc(first, n - first + 1, share)) if first else 0.0
    above = float(special.betainc(last + 1, n - last, share)) if last < n else 0.0
    return min(below + above, 1.0)


def _detectable(sample: Sample, efficiency: float, p_min: float) -> float:
    """Return the detectable mean CAR of a test with this efficiency against the t-test."""
    if p_min > LEVEL:
        return math.inf
    se = float(sample.car.std(ddof=1)) / math.sqrt(sample.size * efficiency)
    return float(minimum_detectable(se, sample.size - 1))
