"""Directions of news, and episodes: event days so close to one another that they count once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from analysis.estimators.events.windows import group_episodes
from analysis.snapshot.toml_file import CLOSED, Text

__all__ = ["Direction", "Directions", "assign_episodes"]


@dataclass(frozen=True, config=CLOSED)
class Direction:
    """One direction of news: what it is, and which way it is expected to move the shares.

    ``policy`` says whether it is pooled, signed, with the others of the policy under study. What
    is not ``tested`` is described; it makes no episode mixed, and may be expected to move the
    shares neither way.
    """

    words: Text
    sign: Literal[1, -1, 0]
    policy: bool = True
    tested: bool = True

    @model_validator(mode="after")
    def _has_a_sign(self) -> Direction:
        if self.tested and not self.sign:
            raise ValueError("Input should be tested = false where no sign is expected")
        if self.policy and not self.tested:
            raise ValueError("Input should be policy = false where tested = false")
        return self


def _usable(directions: Mapping[str, Direction]) -> Mapping[str, Direction]:
    if not any(direction.policy for direction in directions.values()):
        raise ValueError("Input should be directions of which one at least has policy = true")
    if taken := sorted({"all", "policy"} & {*directions}):  # names of what is pooled
        raise ValueError(f"Input should be directions by other names than {taken[0]}")
    return directions


Directions = Annotated[
    Mapping[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Direction],
    AfterValidator(_usable),
]
"""The directions of a study by name, in the order in which they are shown."""


def assign_episodes(
    events: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    distance: int,
    directions: Mapping[str, Direction],
) -> pd.DataFrame:
    """Number the episodes of a set of events.

    Episodes depend on which events are in the set, so they are computed and never stored: leaving a
    row out can split one. An episode is mixed when its events are expected to move shares opposite
    ways; a mixed episode is left out and not averaged.

    Parameters
    ----------
    events : pandas.DataFrame
        Columns ``id``, ``day0`` (a session each) and ``direction``.
    sessions : pandas.DatetimeIndex
        All sessions in order.
    distance : int
        Day 0s at most this many sessions apart, chained, are one episode.
    directions : mapping of str to Direction
        For their signs.

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
    rows = events[["id", "day0", "direction"]].reset_index(drop=True)
    places = sessions.get_indexer(pd.DatetimeIndex(rows["day0"]))
    if (places < 0).any():
        raise ValueError(f"episodes: {rows['day0'][places < 0].iloc[0].date()} is not a session")
    labels = group_episodes(places, distance)
    signs = {n: each.sign for n, each in directions.items() if each.tested}
    sign = np.array([signs.get(direction, 0) for direction in rows["direction"]])
    up, down = (np.bincount(labels, sign == way) for way in (1, -1))
    return pd.DataFrame(
        {
            "event": rows["id"],
            "episode": labels + 1,
            "day0": rows["day0"],
            "direction": rows["direction"],
            "mixed": ((up > 0) & (down > 0))[labels],
        }
    )
