"""What each claim of the curves compares, and on which days under each coding of the events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.findings.panel import Panel
from analysis.findings.portfolios import Weigher, contrast, equal, slope
from analysis.snapshot.curve import Coding, Measure
from analysis.snapshot.episodes import SIGNS, assign_episodes

__all__ = ["DESIGNS", "Days", "Design", "Episodes", "Side", "claim_days", "coded_events", "scores"]

Ints = npt.NDArray[np.int64]
POLICY = ("tightening", "disappointment", "easing")


@dataclass(frozen=True)
class Side:
    """Directions that are averaged, and the factor of their responses (None: expected sign)."""

    directions: tuple[str, ...]
    factor: int | None = None


@dataclass(frozen=True)
class Design:
    """A mean over the episodes of one side, or the difference of two sides, of one portfolio."""

    sides: tuple[Side, ...]
    weigher: Callable[[Panel, Measure], Weigher]


@dataclass(frozen=True)
class Episodes:
    """The episodes of one coding, as places among the days of the claim.

    Attributes
    ----------
    average : (E, D)
        True where a day belongs to the episode.
    factor : (E,)
        +1 or -1: what the response is multiplied by.
    second : (E,)
        Whether the episode is on the side that is subtracted.
    cluster : (E,)
        The chain of listed events to which the first day of the episode belongs.
    """

    average: npt.NDArray[np.bool_]
    factor: Ints
    second: npt.NDArray[np.bool_]
    cluster: Ints

    @cached_property
    def days(self) -> list[Ints]:
        """Places of the days of each episode."""
        return [np.flatnonzero(row) for row in self.average]


@dataclass(frozen=True)
class Days:
    """All days a claim uses under some coding.

    Attributes
    ----------
    position, cluster : (D,)
        Session of the day, and the chain of listed events it belongs to.
    codings : mapping
        Episodes of each coding.
    """

    position: Ints
    cluster: Ints
    codings: Mapping[Coding, Episodes]


def _core(panel: Panel, _: Measure) -> Weigher:
    return equal(panel.snapshot.study.firms.core)


def _pure(panel: Panel, _: Measure) -> Weigher:
    return equal(panel.snapshot.study.baskets["heavy_exposed"])


def _pure_less_producer(panel: Panel, _: Measure) -> Weigher:
    baskets = panel.snapshot.study.baskets
    return contrast(baskets["heavy_exposed"], baskets["producer"])


def _gradient(panel: Panel, measure: Measure) -> Weigher:
    return slope(scores(panel, measure))


TIGHTENING, EASING = Side(("tightening",), 1), Side(("easing",), 1)
DESIGNS: Mapping[str, Design] = {
    "A3": Design((Side(POLICY),), _gradient),
    "A4": Design((Side(POLICY),), _core),
    "A9": Design((EASING,), _core),
    "A11": Design((Side(("easing",), -1), TIGHTENING), _pure),
    "B3": Design((TIGHTENING, EASING), _core),
    "B11": Design((TIGHTENING, EASING), _pure_less_producer),
}


def scores(panel: Panel, measure: Measure) -> pd.Series:
    """Measure the heavy exposure of the core firms.

    Rank and basket are stretched to the range of the stated share, so that a slope on any of the
    three is in return for a heavy share of one.
    """
    study = panel.snapshot.study
    share = panel.snapshot.universe["heavy_share"][list(study.firms.core)].astype(float)
    if measure == "share":
        return share
    raw = share.rank()
    if measure == "basket":
        raw = pd.Series(share.index.isin(study.baskets["heavy_exposed"]) * 1.0, share.index)
    return (raw - raw.min()) / (raw.max() - raw.min()) * (share.max() - share.min()) + share.min()


def coded_events(events: pd.DataFrame, coding: Coding) -> pd.DataFrame:
    """Return the event list under a coding; what it leaves out is treated as never listed."""
    judged = events["alternative_direction"] != ""
    if coding == "judgement_out":
        return events[~judged]
    if coding == "sector_only":
        return events[events["scope"] == "sector"]
    if coding == "judgement_recoded":
        turned = events["alternative_direction"].where(judged, events["direction"])
        return events.assign(direction=turned)
    if coding == "alternative_day":
        return events.assign(day0=events["alternative_day0"].fillna(events["day0"]))
    return events


def claim_days(panel: Panel, design: Design, codings: Sequence[Coding]) -> Days:
    """Find the days and episodes of a claim under every coding."""
    found = {c: _all_sides(panel, design, c) for c in codings}
    days = pd.concat(found.values()).groupby("position")["cluster"].min()
    position = days.index.to_numpy(dtype=np.int64)
    return Days(
        position,
        days.to_numpy(dtype=np.int64),
        {c: _grouped(rows, position) for c, rows in found.items()},
    )


def _all_sides(panel: Panel, design: Design, coding: Coding) -> pd.DataFrame:
    events = coded_events(panel.events, coding)
    sides = [_toggled(s) for s in design.sides] if coding == "disappointment" else design.sides
    rows = [_side_days(panel, events, s).assign(second=n > 0) for n, s in enumerate(sides)]
    return pd.concat(rows, ignore_index=True)


def _toggled(side: Side) -> Side:
    """Take disappointment out where it is in, and add it to tightening where it is not."""
    kept = tuple(d for d in side.directions if d != "disappointment")
    if len(kept) == len(side.directions) and "tightening" in kept:
        kept = (*kept, "disappointment")
    return Side(kept, side.factor)


def _side_days(panel: Panel, events: pd.DataFrame, side: Side) -> pd.DataFrame:
    """Apply the rules of :func:`analysis.findings.episodes.episode_values` to a coded list."""
    sessions = panel.snapshot.sessions
    plain = events.reset_index(names="id")[["id", "day0", "direction"]]
    episodes = assign_episodes(plain, sessions, panel.snapshot.study.episodes.distance)
    asked = plain["direction"].isin(side.directions)
    keep = asked & ~episodes["mixed"] & ~plain["day0"].isin(plain.loc[~asked, "day0"])
    keep &= (events["status"] == "confirmatory").to_numpy()
    rows = pd.DataFrame(
        {
            "episode": episodes["episode"],
            "position": sessions.get_indexer(pd.DatetimeIndex(plain["day0"])),
            "cluster": panel.events["episode"].reindex(plain["id"]).to_numpy(),
            "factor": side.factor or plain["direction"].map(SIGNS),
        }
    )
    return rows[keep].sort_values(["position", "cluster"]).drop_duplicates(["episode", "position"])


def _grouped(rows: pd.DataFrame, position: Ints) -> Episodes:
    groups = rows.groupby(["second", "episode"], sort=True)
    number = groups.ngroup().to_numpy()
    average = np.zeros((groups.ngroups, position.size), dtype=bool)
    average[number, np.searchsorted(position, rows["position"])] = True
    first = groups.first().reset_index()
    return Episodes(
        average,
        first["factor"].to_numpy(dtype=np.int64),
        first["second"].to_numpy(dtype=bool),
        first["cluster"].to_numpy(dtype=np.int64),
    )
