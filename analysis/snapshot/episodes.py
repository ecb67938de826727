"""Episodes: event days so close to one another that they count once for inference."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.estimators.events.windows import group_episodes

__all__ = ["SIGNS", "assign_episodes"]

SIGNS: Mapping[str, int] = {"tightening": 1, "disappointment": 1, "support": 1, "easing": -1}
"""Which way the hypotheses say that miners move on news of each direction."""


def assign_episodes(
    events: pd.DataFrame, sessions: pd.DatetimeIndex, distance: int
) -> pd.DataFrame:
    """Number the episodes of a set of events.

    Episodes depend on which events are in the set, so they are computed and never stored: leaving a
    row out can split one. An episode is mixed when its events point in opposite directions (easing
    against any of the other three); a mixed episode is left out and not averaged.

    Parameters
    ----------
    events : pandas.DataFrame
        Columns ``id``, ``day0`` (a session each) and ``direction``.
    sessions : pandas.DatetimeIndex
        All sessions in order.
    distance : int
        Day 0s at most this many sessions apart, chained, are one episode.

    Returns
    -------
    pandas.DataFrame
        One row per event in the order given: ``event``, ``episode`` (from 1, by date), ``day0``,
        ``direction``, ``mixed`` (bool).

    Raises
    ------
    ValueError
        If a day 0 is no session.
    """
    day0 = pd.DatetimeIndex(events["day0"])
    places = sessions.get_indexer(day0)
    if (places < 0).any():
        raise ValueError(f"episodes: {day0[places < 0][0].date()} is not a session")
    labels = group_episodes(places, distance)
    signs = events["direction"].map(SIGNS).reset_index(drop=True)
    return pd.DataFrame(
        {
            "event": events["id"].to_numpy(),
            "episode": labels + 1,
            "day0": events["day0"].to_numpy(),
            "direction": events["direction"].to_numpy(),
            "mixed": (signs.groupby(labels).transform("nunique") > 1).to_numpy(),
        }
    )
