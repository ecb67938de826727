"""Placebo calendars: all event days moved together round the sample, their spacing kept.

Where responses of neighbouring sessions overlap, as volatilities and holding returns do, single
placebo dates drawn at random would look more independent than the events are. Moving the whole
calendar keeps the gaps between events and the dependence over time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Bools, Floats

__all__ = ["Rotation", "Side", "rotate"]

Side = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True)
class Rotation:
    """A weighted mean over event days against the same on every rotated calendar.

    Attributes
    ----------
    observed : float
        Mean over the events.
    null : array, (S,)
        Means over the rotated calendars.
    p, p_min : float
        The observed calendar counts as one; two-sided by the distance from the mean of `null`.
    """

    observed: float
    null: Floats
    p: float
    p_min: float


def rotate(
    values: pd.Series,
    days: pd.Series,
    clear: int,
    *,
    side: Side = "two-sided",
    draws: int | None = None,
    rng: np.random.Generator | None = None,
) -> Rotation:
    """Compare a mean over event days with its values on rotated calendars.

    Parameters
    ----------
    values : Series, (T,)
        A response at every session, by session; sessions without one are taken out first.
    days : Series, (N,)
        Weight of each event day (summing to one), by session; days may repeat.
    clear : int
        Rotations by fewer sessions than this, in either direction, are left out: their windows
        overlap with those of the events themselves.
    side : {"two-sided", "greater", "less"}
        What counts against chance: a mean as far from that of the rotations, as large, as small.
    draws : int, optional
        Most rotations that are computed: all of them if there are no more, else as many drawn
        without replacement by `rng`.

    Raises
    ------
    ValueError
        If a day has no value or no rotation is left.
    """
    known = values.dropna()
    places = known.index.get_indexer(pd.Index(days.index))
    if (places < 0).any():
        raise ValueError(f"rotation: no response on {days.index[places < 0][0]}")
    count = len(known)
    shifts = np.arange(clear, count - clear + 1)
    if shifts.size == 0:
        raise ValueError(f"rotation: {count} sessions leave no calendar {clear} sessions away")
    if draws is not None and shifts.size > draws:
        shifts = (rng or np.random.default_rng()).choice(shifts, draws, replace=False)
    response, weights = known.to_numpy(dtype=float), days.to_numpy(dtype=float)
    observed = float(weights @ response[places])
    null: Floats = response[(places[None] + shifts[:, None]) % count] @ weights
    extreme = int(_as_extreme(observed, null, side).sum())
    return Rotation(observed, null, (1 + extreme) / (1 + null.size), 1 / (1 + null.size))


def _as_extreme(observed: float, null: Floats, side: Side) -> Bools:
    """Mark the rotations whose mean is at least as extreme, but for rounding."""
    if side == "two-sided":
        centre = null.mean()
        return np.asarray(np.abs(null - centre) >= abs(observed - centre) * (1 - 1e-12))
    sign = 1 if side == "greater" else -1
    return np.asarray(sign * null >= sign * observed - abs(observed) * 1e-12)
