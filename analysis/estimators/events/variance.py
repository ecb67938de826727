"""Do prices move more on event days? Sizes of standardised abnormal returns, without their signs.

News may push some shares up and others down, and its sign may be coded wrong: a mean of signed
responses then shows nothing. The mean square on event days against that of other days still sees
the news, and the calendar of events, moved round the sample, says how large it gets by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats
from analysis.estimators.events.rotation import Side, rotate

__all__ = ["VarianceRatio", "average_sizes", "compare_variance", "share_left", "shares_left"]


@dataclass(frozen=True)
class VarianceRatio:
    """Mean size on event days over that on other days.

    Attributes
    ----------
    ratio, low, high : float
        One: event days are like others. Bounds: percentile bootstrap over blocks.
    days, episodes, others : int
        Event days, blocks of them, and other days.
    p, p_min : float
        Against rotated calendars.
    """

    ratio: float
    low: float
    high: float
    days: int
    episodes: int
    others: int
    p: float
    p_min: float


def average_sizes(
    scores: pd.DataFrame, power: int = 2, window: tuple[int, int] = (0, 0)
) -> pd.Series:
    """Average the absolute scores, or a power of them, over assets and the days of a window.

    Parameters
    ----------
    scores : DataFrame, (T, F)
        Standardised abnormal returns (in standard errors) by session and asset; NaN where there is
        none.
    power : int
        2 for squares, 1 for absolute values.
    window : (int, int)
        First and last event day.

    Returns
    -------
    Series, (T,)
        By day 0; NaN where a day of the window has no score at all.
    """
    first, last = window
    sizes = (scores.abs() ** power).mean(axis=1)
    over: pd.Series = sizes.rolling(last - first + 1).mean().shift(-last)
    return over


def compare_variance(
    values: pd.Series,
    episodes: pd.Series,
    other: pd.DatetimeIndex,
    *,
    clear: int = 1,
    side: Side = "greater",
    level: float = 0.95,
    draws: int,
    seed: int = 0,
) -> VarianceRatio:
    """Compare the mean size on event days with that on other days.

    Every event day counts once, whatever the number of its headlines. The p-value is that of
    :func:`analysis.estimators.events.rotation.rotate`: the whole calendar moves, so that clusters
    of events and of volatility stay. The interval resamples episodes with all their days and, apart
    from them, the stretches of other days between event days.

    Parameters
    ----------
    values : Series, (T,)
        From :func:`average_sizes`, by session.
    episodes : Series, (N,)
        Episode of each event day, by session; days without a value are left out.
    other : DatetimeIndex
        Sessions that event days are compared with.
    clear : int
        Rotations by fewer sessions are left out: as many as the window has days.
    side : {"two-sided", "greater", "less"}
        What is claimed of event days.
    level : float
        Coverage of the interval.
    draws, seed : int
        Of the bootstrap, and of rotations where there are more.

    Raises
    ------
    ValueError
        If no event day, or no other day, has a value.
    """
    known = values.dropna()
    held = episodes[~episodes.index.duplicated() & episodes.index.isin(known.index)]
    rest = known[known.index.isin(other)]
    if held.empty or rest.empty:
        what = "event" if held.empty else "other"
        raise ValueError(f"variance: expected {what} days with a value, found none")
    rng = np.random.default_rng(seed)
    weights = pd.Series(1 / len(held), held.index)
    turned = rotate(known, weights, clear, side=side, draws=draws, rng=rng)
    stretch = known.index.isin(held.index).cumsum()[known.index.isin(rest.index)]
    above = _resampled(known[held.index], held.to_numpy(), draws, rng)
    below = _resampled(rest, stretch, draws, rng)
    low, high = np.quantile(above / below, [(1 - level) / 2, (1 + level) / 2])
    return VarianceRatio(
        turned.observed / float(rest.mean()),
        float(low),
        float(high),
        len(held),
        held.nunique(),
        len(rest),
        turned.p,
        turned.p_min,
    )


def share_left(
    left: pd.Series,
    whole: pd.Series,
    episodes: pd.Series,
    *,
    level: float = 0.95,
    draws: int,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Share of the mean square of some moves that is left when a part of them is taken out.

    Parameters
    ----------
    left, whole : Series, (N,)
        What is left of each move, and the move (fraction); none missing.
    episodes : Series, (N,)
        Episode of each: the bootstrap draws episodes with all their moves.
    level : float
        Coverage of the percentile interval.
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    (float, float, float)
        Sum of squares left over that of the moves, above one where the part that was taken out
        moved against the rest; bounds.

    Raises
    ------
    ValueError
        If no move differs from zero.
    """
    if not (whole != 0).any():
        raise ValueError("variance: expected moves other than zero, found none")
    squares = pd.DataFrame({"left": left**2, "whole": whole**2}).groupby(episodes).sum().to_numpy()
    found = shares_left(*squares.T[:, None], level=level, draws=draws, seed=seed)
    share, low, high = (float(part[0]) for part in found)
    return share, low, high


def shares_left(
    left: Floats, whole: Floats, *, level: float = 0.95, draws: int, seed: int = 0
) -> tuple[Floats, Floats, Floats]:
    """Do what :func:`share_left` does for many ways of taking a part out, with the same draws.

    Parameters
    ----------
    left, whole : array, (N, K)
        By episode, sums of squares of what is left of its moves, and of the moves.
    level, draws, seed
        As there.

    Returns
    -------
    tuple of array, (N,)
        Shares and their bounds.
    """
    times = _count_draws(left.shape[1], draws, seed)
    moves = whole[:1] if (whole == whole[0]).all() else whole
    drawn = (left @ times) / (moves @ times)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1, overwrite_input=True)
    return left.sum(axis=1) / whole.sum(axis=1), low, high


@lru_cache(maxsize=4)
def _count_draws(episodes: int, draws: int, seed: int) -> Floats:
    """Say how often each draw with replacement holds each episode. (K, draws)."""
    picked = np.random.default_rng(seed).integers(0, episodes, (draws, episodes))
    cells = picked + np.arange(draws)[:, None] * episodes
    counts = np.bincount(cells.ravel(), minlength=draws * episodes)
    return np.ascontiguousarray(counts.reshape(draws, episodes).T, dtype=float)


def _resampled(values: pd.Series, block: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Return the means of values whose blocks are drawn with replacement. (draws,)."""
    blocks = values.groupby(np.asarray(block)).agg(["sum", "size"]).to_numpy(dtype=float)
    picked = rng.integers(0, len(blocks), (draws, len(blocks)))
    sums, counts = blocks[picked].sum(axis=1).T
    means: Floats = sums / counts
    return means
