"""Joint nulls of curves: all clusters of event days moved, or flipped, at once for every claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.questions.robustness.cars import held_tickers
from analysis.questions.robustness.designs import Days
from analysis.questions.robustness.rule import CurveSummary
from analysis.snapshot.eligibility import estimable
from analysis.study.panel import Panel
from analysis.study.placebo import quiet_sessions

__all__ = [
    "GRID",
    "JointP",
    "Nulls",
    "gather_nulls",
    "joint_flips",
    "joint_p",
    "joint_shifts",
    "placements",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
GRID = np.linspace(0.0, 1.0, 201)  # ranks at which the sorted curve is compared with its nulls


@dataclass(frozen=True)
class Nulls:
    """Curves without an effect, one a draw.

    Attributes
    ----------
    median, share_sign, share_significant : (B,)
        As in :class:`CurveSummary`.
    sorted : (G, B)
        Estimates at the ranks of :data:`GRID`.
    """

    median: Floats
    share_sign: Floats
    share_significant: Floats
    sorted: Floats


@dataclass(frozen=True)
class JointP:
    """Joint p-values of a curve's summary; NaN without testable specifications.

    Attributes
    ----------
    median : float
        Two-sided with equal tails: twice the smaller tail of the null distribution.
    share_sign, share_significant : float
        One-sided: draws with at least the observed share in the claimed direction.
    """

    median: float
    share_sign: float
    share_significant: float


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


def gather_nulls(estimates: Floats, sides: npt.NDArray[np.int8]) -> Nulls:
    """Summarise (N, B) estimates and significant signs by draw; untestable ones are left out."""
    ordered = np.sort(np.ascontiguousarray(estimates.T), axis=1)  # NaN last
    count = np.isfinite(ordered).sum(axis=1)
    last = np.maximum(count - 1, 0)[:, None]
    middle = np.concatenate([last // 2, (last + 1) // 2], axis=1)
    rank = np.rint(GRID * last).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Nulls(
            median=np.take_along_axis(ordered, middle, axis=1).mean(axis=1),
            share_sign=(estimates > 0).sum(axis=0) / count,
            share_significant=(sides > 0).sum(axis=0) / count,
            sorted=np.take_along_axis(ordered, rank, axis=1).T,
        )


def joint_p(observed: CurveSummary, nulls: Nulls) -> JointP:
    """Compare the observed curve with the curves of a null; each p is (1 + hits) / (1 + draws)."""
    below = _tail(-observed.median, -nulls.median)
    return JointP(
        median=min(1.0, 2 * min(below, _tail(observed.median, nulls.median))),
        share_sign=_tail(observed.share_sign, nulls.share_sign),
        share_significant=_tail(observed.share_significant, nulls.share_significant),
    )


def _tail(observed: float, null: Floats) -> float:
    known = null[np.isfinite(null)]
    if np.isnan(observed) or known.size == 0:
        return float("nan")
    # Ties count, whatever rounding does to them.
    slack = 1e-12 * max(abs(observed), 1e-12)
    return float((1 + (known >= observed - slack).sum()) / (1 + known.size))
