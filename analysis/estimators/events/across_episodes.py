"""Inference across episodes: each contributes one number, whatever firms and days it holds."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from analysis.estimators.arrays import Floats
from analysis.estimators.significance import (
    LEVEL,
    Significance,
    minimum_detectable,
    refused,
    student,
)

__all__ = ["across_episodes_t", "sign_flip", "two_sample_im"]

EXACT_LIMIT = 16  # up to this many episodes all 2^K sign patterns are listed
CELLS = 1_000_000  # signs held at a time: 8 MB


def across_episodes_t(values: npt.ArrayLike) -> Significance:
    """Test that the mean over episodes is zero: t with K - 1 degrees of freedom.

    Valid for few episodes of unequal variance (Ibragimov and Müller 2010, J. Business and Economic
    Statistics 28), which event-day variance makes them.

    Parameters
    ----------
    values : array, (K,)
        One number an episode, such as its standardised portfolio CAR; NaN is left out.

    Returns
    -------
    Significance
        ``across_episodes_t``; the estimate has the unit of `values`. Refused below two episodes.
    """
    kept = _kept(values)
    if kept.size < 2:
        return refused("across_episodes_t", kept.size, "needs at least two episodes")
    se = float(kept.std(ddof=1)) / math.sqrt(kept.size)
    return student("across_episodes_t", kept.size, float(kept.mean()), se, kept.size - 1)


def sign_flip(values: npt.ArrayLike, rng: np.random.Generator, draws: int = 9999) -> Significance:
    """Test that episodes are symmetric around zero by flipping their signs.

    All 2^K patterns up to 16 episodes, else `draws` random ones and the observed one (Canay,
    Romano and Shaikh 2017, Econometrica 85). The statistic is the absolute mean.

    Parameters
    ----------
    values : array, (K,)
        One number an episode; NaN is left out.

    Returns
    -------
    Significance
        ``sign_flip``, with ``p_min`` at least 2 / 2^K. With fewer than six episodes no p reaches
        0.05: the detectable effect is infinite. Otherwise it is that of the t across episodes.
    """
    kept = _kept(values)
    k = kept.size
    if k < 2:
        return refused("sign_flip", k, "needs at least two episodes")
    smallest = math.ldexp(2.0, -k)  # 2 / 2^K: beyond 1,023 episodes 2^K itself is no float
    if k <= EXACT_LIMIT:
        signs = 1.0 - 2.0 * ((np.arange(2**k)[:, None] >> np.arange(k)) & 1)
        flipped = np.abs(signs @ kept) / k
    else:
        flipped = np.abs(np.append(kept.sum(), _flipped_sums(kept, rng, draws))) / k
        smallest = max(1.0 / (draws + 1), smallest)
    mean = float(kept.mean())
    se = float(kept.std(ddof=1)) / math.sqrt(k)
    return Significance(
        "sign_flip",
        k,
        estimate=mean,
        statistic=abs(mean),
        p=float(np.mean(flipped >= abs(mean) * (1 - 1e-12))),
        p_min=smallest,
        mde=float(minimum_detectable(se, k - 1)) if smallest <= LEVEL else math.inf,
    )


def _flipped_sums(values: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Return the sums of K values under `draws` random patterns of signs, some at a time."""
    size = max(1, CELLS // values.size)
    counts = [min(size, draws - start) for start in range(0, draws, size)]
    return np.concatenate([rng.choice([-1.0, 1.0], (n, values.size)) @ values for n in counts])


def two_sample_im(a: npt.ArrayLike, b: npt.ArrayLike) -> Significance:
    """Test that two sets of episodes have the same mean, without equal variances.

    ``t = (ā − b̄) / √(s_a²/K_a + s_b²/K_b)`` with ``min(K_a, K_b) − 1`` degrees of freedom
    (Ibragimov and Müller 2016, Review of Economics and Statistics 98).

    Parameters
    ----------
    a, b : arrays, (K_a,) and (K_b,)
        One number an episode; NaN is left out.

    Returns
    -------
    Significance
        ``two_sample_im``; the estimate is the difference of the means, a less b.
    """
    first, second = _kept(a), _kept(b)
    n, fewest = first.size + second.size, min(first.size, second.size)
    if fewest < 2:
        return refused("two_sample_im", n, "needs at least two episodes on each side")
    se = math.sqrt(first.var(ddof=1) / first.size + second.var(ddof=1) / second.size)
    return student("two_sample_im", n, float(first.mean() - second.mean()), se, fewest - 1)


def _kept(values: npt.ArrayLike) -> Floats:
    """Return the known values as a flat array."""
    flat = np.asarray(values, dtype=float).ravel()
    known: Floats = flat[~np.isnan(flat)]
    return known
