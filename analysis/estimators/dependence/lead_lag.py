"""Dependence of two series at leads and lags."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.names import Method

__all__ = [
    "FEWEST_PAIRS",
    "correlation",
    "detectable",
    "lead_lag",
    "moving_blocks",
    "needed_pairs",
]


# Fisher's z of n pairs has the variance a / (n - b) (Fieller, Hartley and Pearson 1957, Biometrika
# 44).
_FISHER: dict[Method, tuple[float, int]] = {
    "pearson": (1.0, 3),
    "spearman": (1.06, 3),
    "kendall": (0.437, 4),
}
Ranks = npt.NDArray[np.int32]

FEWEST_PAIRS = 6  # below this neither the blocks nor the normal approximation mean anything


def lead_lag(
    x: pd.Series,
    y: pd.Series,
    lags: Sequence[int],
    *,
    method: Method,
    block: int,
    draws: int,
    rng: np.random.Generator,
    level: float = 0.95,
) -> pd.DataFrame:
    """Correlate ``x(t)`` with ``y(t + lag)`` for every lag; a positive lag means `x` leads.

    Pairs are matched by period or session number, so that a missing one never joins its
    neighbours. The interval takes the percentiles of a moving-block bootstrap of the pairs in
    order of time. The p-value comes from block permutation: the blocks of `y` change places against
    `x`, which keeps the dependence within a block, and the observed order counts as one draw.

    Parameters
    ----------
    x, y : Series
        Values on a PeriodIndex (months, quarters, weeks) or on whole numbers, such as those of
        sessions, each once and of one kind in both; gaps and missing values are welcome.
    lags : sequence of int
        Periods, or numbers.
    method : {"pearson", "spearman", "kendall"}
        Kendall is tau-b.
    block : int
        Pairs in a block of both resampling schemes.
    draws : int
        Draws of each scheme.
    level : float
        Coverage of the interval.

    Returns
    -------
    DataFrame, one row a lag
        ``n`` pairs, ``estimate``, ``low``, ``high``, two-sided ``p``, ``p_min`` (smallest
        attainable: one over the draws plus one, or over the orders of the blocks) and ``mde``,
        the absolute correlation that a two-sided 5% test finds with probability 0.8. All but n
        NaN below six pairs or without variation.

    Raises
    ------
    ValueError
        If an index is neither periods of one length nor whole numbers, or not unique, or `block`
        or `draws` is below one.
    """
    if block < 1 or draws < 1:
        raise ValueError(f"lead-lag: block {block} and draws {draws} must be at least 1")
    x, y = _regular(x, "x"), _regular(y, "y")
    if isinstance(x.index, pd.PeriodIndex) and x.index.dtype != y.index.dtype:
        raise ValueError(f"lead-lag: x has {x.index.dtype}, y {y.index.dtype}")
    rows = []
    for lag in lags:
        shifted = pd.Series(y.to_numpy(), index=y.index - lag)
        pairs = pd.concat([x, shifted], axis=1, join="inner").dropna().sort_index()
        rows.append(_one_lag(pairs.to_numpy(), method, block, draws, rng, level))
    return pd.DataFrame(rows, index=pd.Index(list(lags), name="lag"))


def correlation(x: Floats, y: Floats, method: Method) -> Floats:
    """Return the correlation of each row of `x` with the same row of `y`, (D, n) to (D,).

    NaN where a row has no variation.
    """
    if method == "kendall":
        return _tau_b(x, y)
    if method == "spearman":
        x, y = stats.rankdata(x, axis=1), stats.rankdata(y, axis=1)
    xc, yc = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    scale = np.sqrt(_products(xc, xc) * _products(yc, yc))
    moved = scale > 1e-14 * np.abs(x).max(axis=1) * np.abs(y).max(axis=1)
    rho: Floats = np.divide(_products(xc, yc), scale, out=np.full(scale.shape, np.nan), where=moved)
    return rho


def _products(x: Floats, y: Floats) -> Floats:
    """Return the inner product of each row of `x` with the same row of `y`. (D,)."""
    products: Floats = np.einsum("dn,dn->d", x, y)
    return products


def detectable(
    n: int, method: Method = "pearson", power: float = 0.8, level: float = 0.05
) -> float:
    """Return the absolute correlation that a two-sided test of n pairs finds with `power`.

    Fisher's z with the variance of _FISHER. Pairs are taken as independent: a lower bound for
    dependent ones. NaN below six pairs. `level` is the size of the test.
    """
    if n < FEWEST_PAIRS:
        return math.nan
    scale, lost = _FISHER[method]
    return math.tanh(_distance(power, level) * math.sqrt(scale / (n - lost)))


def needed_pairs(
    rho: float, method: Method = "pearson", power: float = 0.8, level: float = 0.05
) -> int:
    """Return the fewest pairs at which :func:`detectable` is at most `rho`, for 0 < rho < 1.

    Raises
    ------
    ValueError
        If `rho` is not between zero and one.
    """
    if not 0 < rho < 1:
        raise ValueError(f"correlation: expected a number between 0 and 1, found {rho}")
    scale, lost = _FISHER[method]
    needed = scale * (_distance(power, level) / math.atanh(rho)) ** 2 + lost
    return max(FEWEST_PAIRS, math.ceil(needed))


def _distance(power: float, level: float) -> float:
    """Return the standard errors between zero and an effect found with `power`."""
    return float(stats.norm.ppf(1 - level / 2) + stats.norm.ppf(power))


def _one_lag(
    pairs: Floats, method: Method, block: int, draws: int, rng: np.random.Generator, level: float
) -> dict[str, float]:
    """Return the row of one lag."""
    n = len(pairs)
    empty = dict.fromkeys(("estimate", "low", "high", "p", "p_min", "mde"), math.nan)
    if n < FEWEST_PAIRS:
        return {"n": n, **empty}
    x, y = pairs.T
    found = detectable(n, method)
    estimate = float(correlation(x[None], y[None], method)[0])
    if math.isnan(estimate):
        return {"n": n, **empty}
    block = min(block, n)
    drawn = moving_blocks(n, block, draws, rng)
    boot = _in_chunks(x, y, drawn, drawn, method)
    low, high = np.nanquantile(boot, [0.5 - level / 2, 0.5 + level / 2])
    shuffled = permuted_blocks(n, block, draws, rng)
    null = _permuted(x, y, shuffled, method)
    # A rounding error must not decide whether a draw ties with the estimate.
    extreme = int((np.abs(null) >= abs(estimate) - 1e-12).sum())
    return {
        "n": n,
        "estimate": estimate,
        "low": float(low),
        "high": float(high),
        "p": (1 + extreme) / (1 + draws),
        "p_min": max(1 / (1 + draws), 1 / math.factorial(math.ceil(n / block))),
        "mde": found,
    }


def moving_blocks(n: int, block: int, draws: int, rng: np.random.Generator) -> Ints:
    """Return row numbers of a moving-block bootstrap, (draws, n); the last block is cut."""
    starts = rng.integers(0, n - block + 1, (draws, math.ceil(n / block)))
    rows = starts[:, :, None] + np.arange(block)
    return rows.reshape(draws, -1)[:, :n].astype(np.int64)


def permuted_blocks(n: int, block: int, draws: int, rng: np.random.Generator) -> Ints:
    """Return row numbers in which the blocks of `block` rows change places, (draws, n)."""
    count = math.ceil(n / block)
    order = rng.random((draws, count)).argsort(axis=1)
    rows = (order[:, :, None] * block + np.arange(block)).reshape(draws, -1)
    return rows[rows < n].reshape(draws, n).astype(np.int64)


def _in_chunks(x: Floats, y: Floats, left: Ints, right: Ints, method: Method) -> Floats:
    """Correlate what each row draws of `x` and of `y`, in chunks near the processor. (D,)."""
    size = max(1, 40_000 // len(x))
    if method == "spearman":
        xs, ys = (np.unique(values, return_inverse=True)[1] for values in (x, y))
    parts = []
    for start in range(0, len(left), size):
        a, b = left[start : start + size], right[start : start + size]
        if method == "spearman":
            parts.append(correlation(_ranks(xs[a]), _ranks(ys[b]), "pearson"))
        else:
            parts.append(correlation(x[a], y[b], method))
    return np.concatenate(parts)


def _ranks(codes: Ints) -> Floats:
    """Rank each row of small whole numbers from zero on, ties by their mean. (D, n).

    By counting: faster than sorting where few numbers come again and again.
    """
    width = int(codes.max()) + 1
    at = codes + width * np.arange(len(codes))[:, None]
    counts = np.bincount(at.ravel(), minlength=width * len(codes)).reshape(len(codes), width)
    ranks = np.cumsum(counts, axis=1) - (counts - 1) / 2
    return np.asarray(ranks.ravel()[at])


def _permuted(x: Floats, y: Floats, shuffled: Ints, method: Method) -> Floats:
    """Correlate `x` with `y` in other orders, which change neither means nor spreads. (D,)."""
    if method == "kendall":
        return np.concatenate(
            [
                _tau_b(x[None], y[rows])
                for rows in np.array_split(shuffled, max(1, shuffled.size // 40_000))
            ]
        )
    if method == "spearman":
        x, y = stats.rankdata(x), stats.rankdata(y)
    xc, yc = x - x.mean(), y - y.mean()
    return np.asarray(yc[shuffled] @ xc / np.sqrt((xc @ xc) * (yc @ yc)))


def _tau_b(x: Floats, y: Floats) -> Floats:
    """Return Kendall's tau-b of each row of y, (D, n), with that of x, or its one row. (D,)."""
    n = x.shape[1]
    ranks = [stats.rankdata(values, method="dense", axis=1).astype(np.int32) for values in (x, y)]
    agreeing = np.zeros(len(y), dtype=np.int64)
    for step in range(1, n):  # all pairs that stand `step` rows apart
        signs = [_signs(rank[:, step:], rank[:, :-step]) for rank in ranks]
        agreeing += (signs[0] * signs[1]).sum(axis=1, dtype=np.int32)
    untied = np.sqrt(_untied(ranks[0]) * _untied(ranks[1]).astype(float))
    tau: Floats = np.divide(
        agreeing.astype(float), untied, out=np.full(untied.shape, np.nan), where=untied > 0
    )
    return tau


def _signs(left: Ranks, right: Ranks) -> npt.NDArray[np.int8]:
    """Return the signs of differences, as small as they can be."""
    above: npt.NDArray[np.int8] = (left > right).view(np.int8) - (left < right).view(np.int8)
    return above


def _untied(ranks: Ranks) -> Ints:
    """Return the number of pairs in each row whose ranks, from one on, differ. (D,)."""
    n = ranks.shape[1]
    tied = [int((c * (c - 1) // 2).sum()) for c in map(np.bincount, ranks)]
    return np.asarray(n * (n - 1) // 2 - np.array(tied), dtype=np.int64)


def _regular(series: pd.Series, name: str) -> pd.Series:
    """Return the series if it stands on unique periods or whole numbers."""
    index = series.index
    periods = isinstance(index, pd.PeriodIndex)
    if not periods and index.dtype.kind != "i":
        raise ValueError(f"lead-lag: expected a PeriodIndex or whole numbers for {name}")
    if not index.is_unique:
        unit = "period" if periods else "number"
        raise ValueError(f"lead-lag: {name} has {unit} {index[index.duplicated()][0]} twice")
    return series.astype(float)
