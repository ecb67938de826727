"""What each claim of the curves compares, and on which days under each coding of the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import StudyError
from analysis.snapshot.claims import Difference, Events, Mean
from analysis.snapshot.curve_choices import Coding, Measure
from analysis.snapshot.episodes import assign_episodes
from analysis.snapshot.portfolios import Leg, Portfolio, parse_portfolio
from analysis.study.directions import list_signs
from analysis.study.panel import Panel

__all__ = [
    "Days",
    "Design",
    "Episodes",
    "Side",
    "claim_days",
    "coded_events",
    "measured_portfolio",
    "read_designs",
    "scores",
]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Side:
    """Directions that are averaged, and the factor of their responses (None: expected sign)."""

    directions: tuple[str, ...]
    factor: int | None = None


@dataclass(frozen=True)
class Design:
    """A mean over the episodes of one side, or the difference of two sides, of one portfolio."""

    of: str
    sides: tuple[Side, ...]


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


def read_designs(panel: Panel) -> dict[str, Design]:
    """Read off the claims of the curves what is compared: one side, or the first less the second.

    Raises
    ------
    StudyError
        If a claim that has menus in study.toml is no mean and no difference.
    """
    designs = {}
    for key in panel.snapshot.choices.own_curve.claims:
        claim = panel.snapshot.claims.get(key)
        if isinstance(claim, Mean):
            asked: tuple[Events, ...] = (claim.events,)
        elif isinstance(claim, Difference):
            asked = (claim.first, claim.second)
        else:
            raise StudyError(
                f"study.toml, key curve.claims.{key}: expected a claim of the kind mean or "
                "difference in claims.toml, found none; correct the id or remove the menus"
            )
        sides = tuple(Side(e.directions, None if e.signed else 1) for e in asked)
        designs[key] = Design(claim.of, sides)
    return designs


def measured_portfolio(panel: Panel, design: Design, measure: Measure) -> Portfolio:
    """Return the portfolio of a claim; a slope is on another measure of its scores."""
    portfolio = parse_portfolio(design.of, panel.snapshot)
    if not portfolio.long.scores or measure == "share":
        return portfolio
    leg = portfolio.long
    return replace(portfolio, long=replace(leg, scores=tuple(scores(panel, leg, measure))))


def scores(panel: Panel, leg: Leg, measure: Measure) -> pd.Series:
    """Measure the exposure of a leg's members by rank, or by whether the basket holds them.

    Rank and basket are stretched to the range of the stated share, so that a slope on any of the
    three is in return for a share of one.
    """
    share = pd.Series(leg.scores, list(leg.members))
    raw = share.rank()
    if measure == "basket":
        heavy = panel.snapshot.choices.baskets["heavy_exposed"]
        raw = pd.Series(share.index.isin(heavy) * 1.0, share.index)
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
    """Apply the rules of :func:`analysis.study.episodes.judge_events` to a coded list."""
    sessions, choices = panel.snapshot.sessions, panel.snapshot.choices
    plain = events.reset_index(names="id")[["id", "day0", "direction"]]
    episodes = assign_episodes(plain, sessions, choices.episodes.distance, choices.directions)
    asked = plain["direction"].isin(side.directions)
    keep = asked & ~episodes["mixed"] & ~plain["day0"].isin(plain.loc[~asked, "day0"])
    keep &= (events["status"] == "confirmatory").to_numpy()
    rows = pd.DataFrame(
        {
            "episode": episodes["episode"],
            "position": sessions.get_indexer(pd.DatetimeIndex(plain["day0"])),
            "cluster": panel.events["episode"].reindex(plain["id"]).to_numpy(),
            "factor": side.factor or plain["direction"].map(list_signs(choices)),
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
