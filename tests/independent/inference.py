"""Tests across episodes, adjustment, detectable effects."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats


def one_sample(values: npt.ArrayLike) -> tuple[float, float, float]:
    """Return mean, standard error and two-sided p of Student's t on K - 1 degrees of freedom."""
    x = np.asarray(values, dtype=float)
    error = x.std(ddof=1) / np.sqrt(len(x))
    return x.mean(), error, 2 * stats.t.sf(abs(x.mean() / error), len(x) - 1)


def two_samples(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[float, float, float]:
    """Return difference, standard error and p of Ibragimov and Mueller: min(K) - 1 degrees."""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    error = np.sqrt(x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y))
    gap = x.mean() - y.mean()
    return gap, error, 2 * stats.t.sf(abs(gap / error), min(len(x), len(y)) - 1)


def interval(middle: float, error: float, freedom: int, level: float) -> tuple[float, float]:
    """Return the Student interval."""
    half = stats.t.ppf((1 + level) / 2, freedom) * error
    return middle - half, middle + half


def detectable(error: float, freedom: int, size: float, power: float) -> float:
    """Return the smallest true mean that a two-sided t test finds with probability ``power``."""
    bound = stats.t.ppf(1 - size / 2, freedom) ** 2  # the square of a noncentral t is an F

    def lacks(shift: float) -> float:
        return stats.ncf.sf(bound, 1, freedom, shift**2) - power

    return error * optimize.brentq(lacks, 0.1, 50.0, xtol=1e-13)


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Return p-values adjusted over the family after Holm."""
    order = sorted(p, key=p.__getitem__)
    adjusted, largest = {}, 0.0
    for rank, name in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p[name]))
        adjusted[name] = largest
    return adjusted


def permutation_p(
    pairs: npt.NDArray[np.float64], block: int, draws: int = 20_000, seed: int = 7
) -> float:
    """Return the two-sided p of a correlation: blocks of the second column in random order."""
    count = len(pairs)
    x, y = ((pairs - pairs.mean(axis=0)) / pairs.std(axis=0)).T
    rows = -(-count // block)
    blocks = np.arange(rows * block).reshape(rows, block)
    order = np.random.default_rng(seed).random((draws, rows)).argsort(axis=1)
    places = blocks[order].reshape(draws, -1)
    places = places[places < count].reshape(draws, count)  # the last block may be short
    drawn = np.abs(y[places] @ x)
    return float((1 + (drawn >= abs(x @ y) - 1e-9).sum()) / (1 + draws))


def bootstrap_interval(
    pairs: npt.NDArray[np.float64], block: int, level: float, draws: int = 20_000, seed: int = 7
) -> tuple[float, float]:
    """Return the percentile interval of a correlation from moving blocks of pairs."""
    count = len(pairs)
    starts = np.random.default_rng(seed).integers(0, count - block + 1, (draws, -(-count // block)))
    places = (starts[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :count]
    drawn = pairs[places] - pairs[places].mean(axis=1, keepdims=True)
    square = (drawn**2).sum(axis=1).prod(axis=1)
    found = np.quantile(
        drawn.prod(axis=2).sum(axis=1) / np.sqrt(square), [(1 - level) / 2, (1 + level) / 2]
    )
    return float(found[0]), float(found[1])
