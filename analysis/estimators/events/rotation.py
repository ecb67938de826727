"""Placebo calendars: all event days moved together round the sample, their spacing kept.

Where responses of neighbouring sessions overlap, as volatilities and holding returns do, single
placebo dates drawn at random would look more independent than the events are. Moving the whole
calendar keeps the gaps between events and the dependence over time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats

__all__ = ["Rotation", "rotate"]


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
        Two-sided, by the distance from the mean of `null`; the observed calendar counts as one.
    """

    observed: float
    null: Floats
    p: float
    p_min: float


def rotate(values: pd.Series, days: pd.Series, clear: int) -> Rotation:
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
    response, weights = known.to_numpy(dtype=float), days.to_numpy(dtype=float)
    observed = float(weights @ response[places])
    null: Floats = response[(places[None] + shifts[:, None]) % count] @ weights
    centre = null.mean()
    extreme = int((np.abs(null - centre) >= abs(observed - centre) * (1 - 1e-12)).sum())
    return Rotation(observed, null, (1 + extreme) / (1 + null.size), 1 / (1 + null.size))
