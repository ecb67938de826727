"""Series with one value a session, such as a net return or a ratio of volatilities, at events."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.events.rotation import Rotation, rotate
from analysis.snapshot.claims import Events
from analysis.study.episodes import FEWEST, chosen_days
from analysis.study.panel import Panel
from analysis.study.responses import series_responses

__all__ = ["mean_weights", "rotate_days", "series_days"]


def series_days(panel: Panel, values: pd.Series, *directions: str) -> pd.DataFrame:
    """Choose the days of some directions on which a series has a value: :func:`chosen_days`."""
    found = series_responses(panel, values).at_events(panel)
    return chosen_days(panel, found, Events(directions=directions))


def mean_weights(days: pd.DataFrame) -> pd.Series:
    """Weight each event day so that the weighted sum is the mean over episodes; by session."""
    sizes = days.groupby("episode")["day0"].transform("size")
    return pd.Series((1 / sizes / days["episode"].nunique()).to_numpy(), days["day0"].to_numpy())


def rotate_days(values: pd.Series, days: pd.DataFrame, clear: int) -> Rotation:
    """Hold the mean of a series over episodes against rotated calendars.

    Parameters
    ----------
    values : Series, (T,)
        By session.
    days : DataFrame
        See :func:`series_days`; fewer than three episodes give missing values.
    clear : int
        Rotations by fewer sessions are left out.
    """
    if days["episode"].nunique() < FEWEST:
        return Rotation(np.nan, np.full(1, np.nan), np.nan, np.nan)
    return rotate(values, mean_weights(days), clear)
