"""Joint placebo calendars: all clusters of event days moved at once, the same for every claim."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.questions.robustness.cars import held_tickers
from analysis.questions.robustness.designs import Days
from analysis.snapshot.eligibility import estimable
from analysis.study.panel import Panel
from analysis.study.placebo import quiet_sessions

__all__ = ["joint_flips", "joint_shifts", "placements"]

Ints = npt.NDArray[np.int64]


def placements(panel: Panel, calendars: Iterable[Days]) -> dict[int, Ints]:
    """Find every shift of a cluster of event days that makes it a placebo.

    A cluster is a chain of listed events no more than ``episodes.distance`` sessions apart; its
    days keep their distances. Each moved day is clear of all listed events, has an own estimation
    window for the same firms as the day it replaces, and leaves the longest event window inside
    the data.

    Returns
    -------
    dict
        From the number of the cluster to its shifts in sessions, in order; possibly none.
    """
    choices, sessions = panel.snapshot.choices, len(panel.snapshot.sessions)
    reach = max(last for rules in choices.curve.claims.values() for _, last in rules.windows)
    inside = np.arange(sessions) < sessions - reach
    clear = quiet_sessions(panel, choices.curve.clear) & inside
    rules = choices.estimation
    able = estimable(panel.snapshot, held_tickers(panel), rules.length, rules.gap)
    everything = pd.concat(
        pd.DataFrame({"cluster": d.cluster, "position": d.position}) for d in calendars
    )
    shifts = {}
    for cluster, group in everything.drop_duplicates().groupby("cluster"):
        days = group["position"].to_numpy()
        move = np.arange(-days.min(), sessions - days.max())
        moved = days[:, None] + move
        same = (able[:, moved] == able[:, days][:, :, None]).all(axis=0)
        shifts[int(str(cluster))] = move[(clear[moved] & same).all(axis=0)]
    return shifts


def joint_shifts(found: dict[int, Ints], draws: int, rng: np.random.Generator) -> dict[int, Ints]:
    """Draw one shift a cluster and calendar, independently and with replacement.

    Returns
    -------
    dict
        From the cluster to its shifts, (draws,); beyond all data where it has no placement.
    """
    return {
        cluster: found[cluster][rng.integers(0, found[cluster].size, draws)]
        if found[cluster].size
        else np.full(draws, np.iinfo(np.int32).min)
        for cluster in sorted(found)
    }


def joint_flips(
    found: dict[int, Ints], draws: int, rng: np.random.Generator
) -> dict[int, npt.NDArray[np.float64]]:
    """Draw one sign a cluster and draw: +1 or -1, (draws,) each."""
    return {cluster: rng.choice([-1.0, 1.0], draws) for cluster in sorted(found)}
