"""A break of unknown date in a slope: the largest robust Wald statistic over all dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats, Ints

__all__ = ["sup_wald", "wald_path"]

CHUNK = 200  # bootstrap draws held in memory at a time
FEWEST = 5  # sessions on a side of the break: two are parameters


@dataclass(frozen=True)
class BreakTest:
    """The sup-Wald test of one slope.

    Attributes
    ----------
    statistic : float
        Largest Wald statistic over the admissible dates.
    first : object
        Label of the first session of the later regime at that date.
    before, after : float
        Slopes on the two sides.
    p, p_min : float
        Bootstrap p, ``(1 + #{draws at least as large}) / (1 + draws)``; smallest attainable.
    n : int
        Sessions with both returns.
    path : Series
        Wald statistic by first session of the later regime.
    """

    statistic: float
    first: object
    before: float
    after: float
    p: float
    p_min: float
    n: int
    path: pd.Series


def sup_wald(
    y: pd.Series, x: pd.Series, *, trim: float, draws: int, rng: np.random.Generator
) -> BreakTest:
    """Test for one break of unknown date in the slope of `y` on `x`.

    At each date the sample is split, both sides get their own intercept and slope, and the squared
    difference of the slopes is divided by its heteroskedasticity-robust variance (HC1 on each
    side); the statistic is the largest value (Andrews 1993, Econometrica 61). Its null law on a few
    hundred sessions of unequal variance comes from a wild bootstrap with the regressor fixed
    (Hansen 2000, J. Econometrics 97): residuals of the fit without a break, over one less their
    leverage, with random signs. Changes in the regressor's own law, such as calm
    against wild markets, are kept. Autocorrelated residuals are not allowed for.

    Parameters
    ----------
    y, x : Series
        Returns (fractions), matched by index; incomplete rows are left out.
    trim : float
        Share of the sessions that the break keeps clear of each end.
    draws : int
        Bootstrap draws.

    Raises
    ------
    ValueError
        If a side could hold fewer than five sessions, or `x` does not vary.
    """
    pairs = pd.concat([y, x], axis=1, join="inner").dropna().astype(float)
    n = len(pairs)
    fewest = int(np.ceil(trim * n))
    if fewest < FEWEST:
        raise ValueError(f"break test: {n} sessions are too few to trim {trim:g} at each end")
    left, right = (pairs.to_numpy() - pairs.to_numpy().mean(axis=0)).T
    if not right.std() > 0:
        raise ValueError("break test: the regressor does not vary")
    left, right = left / left.std(), right / right.std()
    splits = np.arange(fewest, n - fewest + 1)
    wald, before, after = wald_path(left[None], right, splits)
    best = int(np.argmax(wald[0]))
    largest = _bootstrap(left, right, splits, draws, rng)
    scale = float(pairs.iloc[:, 0].std(ddof=0) / pairs.iloc[:, 1].std(ddof=0))
    statistic = float(wald[0, best])
    return BreakTest(
        statistic=statistic,
        first=pairs.index[splits[best]],
        before=float(before[0, best]) * scale,
        after=float(after[0, best]) * scale,
        p=float(1 + (largest >= statistic).sum()) / (1 + draws),
        p_min=1 / (1 + draws),
        n=n,
        path=pd.Series(wald[0], index=pairs.index[splits], name="wald"),
    )


def wald_path(y: Floats, x: Floats, splits: Ints) -> tuple[Floats, Floats, Floats]:
    """Return Wald statistics of equal slopes before and after each split, and both slopes.

    All splits come from prefix sums of the products of `x` and `y`, so that `y` may hold many
    series. Center and scale both first: the sums reach the fourth power.

    Parameters
    ----------
    y : array, (D, n)
    x : array, (n,)
    splits : array of int, (C,)
        Sessions on the earlier side.

    Returns
    -------
    tuple of array, (D, C)
        Statistic, slope before, slope after.
    """
    powers = [x**k for k in range(5)]
    moments = [_sides(p[None], splits) for p in powers]
    with_y = [_sides(p * y, splits) for p in powers[:4]]
    with_y2 = [_sides(p * y**2, splits) for p in powers[:3]]
    (before, error), (after, other) = (
        _robust(*([sums[side] for sums in part] for part in (moments, with_y, with_y2)))
        for side in (0, 1)
    )
    return (after - before) ** 2 / (error + other), before, after


def _sides(values: Floats, splits: Ints) -> tuple[Floats, Floats]:
    """Sum the rows of (D, n) before and after every split: two of (D, C)."""
    prefix = np.cumsum(values, axis=1)
    earlier = prefix[:, splits - 1]
    return earlier, prefix[:, -1:] - earlier


def _robust(m: list[Floats], my: list[Floats], myy: list[Floats]) -> tuple[Floats, Floats]:
    """Return slope and HC1 variance from the sums of x^k, x^k y and x^k y²."""
    n = m[0]
    mean = m[1] / n
    sxx = m[2] - n * mean**2
    slope = (my[1] - mean * my[0]) / sxx
    level = my[0] / n - slope * mean
    squares = [  # sums of x^k e², e = y - level - slope x
        myy[k]
        + level**2 * m[k]
        + slope**2 * m[k + 2]
        - 2 * level * my[k]
        - 2 * slope * my[k + 1]
        + 2 * level * slope * m[k + 1]
        for k in range(3)
    ]
    meat = squares[2] - 2 * mean * squares[1] + mean**2 * squares[0]
    variance: Floats = meat / sxx**2 * n / (n - 2)
    return slope, variance


def _bootstrap(y: Floats, x: Floats, splits: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """Return the largest Wald statistic of each draw under no break, (draws,)."""
    n = y.size
    residuals = (y - x * (x @ y) / n) / (1 - 1 / n - x**2 / n)
    largest = []
    for start in range(0, draws, CHUNK):
        signs = rng.choice([-1.0, 1.0], (min(CHUNK, draws - start), n))
        largest.append(wald_path(signs * residuals, x, splits)[0].max(axis=1))
    return np.concatenate(largest)
