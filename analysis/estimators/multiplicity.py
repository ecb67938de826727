"""Families of tests: adjusted p-values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from analysis.estimators.arrays import Floats

__all__ = ["benjamini_hochberg", "holm", "holm_beside", "holm_each", "spend", "step_down"]


def holm(p: npt.ArrayLike) -> Floats:
    """Return p-values adjusted so that one threshold bounds the chance of any false rejection.

    ``max over j <= i of min(1, (M - j + 1) p_(j))`` (Holm 1979, Scandinavian J. Statistics 6);
    right under any dependence.

    Parameters
    ----------
    p : array, (M,)
        NaN stays NaN and does not count as a test.

    Returns
    -------
    array, (M,)
    """
    return _by_rank(p, lambda ordered, rank: np.maximum.accumulate(ordered * rank[::-1]))


def spend(size: float, tests: int, look: int) -> float:
    """Return the threshold of the p-value at one of the looks at data that keep growing.

    ``size / (tests 2^look)``, looks counted from one: over all looks at all tests the thresholds
    add up to `size`, so that by Bonferroni's inequality the chance of any false rejection ever is
    at most that, under any dependence and whenever the looks are taken.
    """
    return size / (tests * 2.0**look)


def holm_beside(p: npt.ArrayLike, others: npt.ArrayLike) -> Floats:
    """Return what Holm's method makes of one test's p, each of many, while others keep theirs.

    Parameters
    ----------
    p : array, (N,)
        Values of the one test; NaN stays NaN.
    others : array, (M,)
        The p-values of the other tests of the family; NaN does not count as a test.

    Returns
    -------
    array, (N,)
        Adjusted p-values of the one test: those of :func:`holm` over ``M + 1`` tests.
    """
    own, held = np.asarray(p, dtype=float), np.sort(np.asarray(others, dtype=float))
    held = held[~np.isnan(held)]
    tests = held.size + 1
    before = np.concatenate([[0.0], np.maximum.accumulate(held * (tests - np.arange(held.size)))])
    rank = np.searchsorted(held, own)
    adjusted: Floats = np.minimum(np.maximum(before[rank], (tests - rank) * own), 1.0)
    return adjusted


def holm_each(p: npt.ArrayLike) -> Floats:
    """Return what :func:`holm` makes of each of many families.

    Parameters
    ----------
    p : array, (M, N)
        A family a column; NaN stays NaN and does not count as a test.

    Returns
    -------
    array, (M, N)
    """
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, axis=0, kind="stable")  # NaN comes last
    left = (~np.isnan(values)).sum(axis=0) - np.arange(len(values))[:, None]
    ranked = np.maximum.accumulate(np.take_along_axis(values, order, axis=0) * left, axis=0)
    adjusted = np.empty_like(values)
    np.put_along_axis(adjusted, order, np.minimum(ranked, 1.0), axis=0)
    return adjusted


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """Return p-values adjusted to bound the expected share of false rejections.

    ``min over j >= i of M p_(j) / j`` (Benjamini and Hochberg 1995, J. Royal Statistical Society B
    57); for independent or positively dependent tests. NaN as in :func:`holm`.
    """
    return _by_rank(
        p, lambda ordered, rank: np.minimum.accumulate((ordered * rank.size / rank)[::-1])[::-1]
    )


def step_down(statistics: npt.ArrayLike, draws: npt.ArrayLike) -> Floats:
    """Return step-down max-T p-values over joint draws, which keep the tests' dependence.

    The largest statistic is held against the largest of each draw, the next against the largest
    of the rest, and so on (Westfall and Young 1993; Romano and Wolf 2005, Econometrica 73). The
    observed values count as one draw.

    Parameters
    ----------
    statistics : array, (M,)
        Observed statistics; their absolute values count.
    draws : array, (D, M)
        The same statistics under the null, one joint draw a row.

    Returns
    -------
    array, (M,)
        At least 1 / (D + 1), in the order of `statistics`.

    Raises
    ------
    ValueError
        If the shapes do not fit or a value is missing.
    """
    observed, null = np.abs(np.asarray(statistics, float)), np.abs(np.asarray(draws, float))
    if null.ndim != 2 or null.shape[1] != observed.size:
        raise ValueError(f"step-down: {observed.size} statistics do not fit draws {null.shape}")
    if np.isnan(observed).any() or np.isnan(null).any():
        raise ValueError("step-down: a statistic or a draw is missing")
    order = np.argsort(-observed, kind="stable")
    rest = np.maximum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
    p = (1 + (rest >= observed[order]).sum(axis=0)) / (1 + len(null))
    adjusted = np.empty(observed.size)
    adjusted[order] = np.maximum.accumulate(p)
    return adjusted


def _by_rank(p: npt.ArrayLike, adjust: Callable[[Floats, Floats], Floats]) -> Floats:
    """Apply `adjust` to the known p-values in increasing order with their ranks; cap at one."""
    values = np.asarray(p, dtype=float)
    known = np.flatnonzero(~np.isnan(values))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise ValueError("p-values: expected numbers between 0 and 1")
    order = known[np.argsort(values[known], kind="stable")]
    adjusted = np.full(values.shape, np.nan)
    adjusted[order] = np.minimum(adjust(values[order], np.arange(1.0, order.size + 1)), 1.0)
    return adjusted
