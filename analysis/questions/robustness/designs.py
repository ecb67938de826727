"""What each claim of the curves measures, and on which days under each coding of the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.snapshot.claims import Difference, Events, Mean, OnEvents
from analysis.snapshot.optional_choices import Coding, Measure
from analysis.snapshot.portfolios import Leg, Portfolio, parse_portfolio
from analysis.study.episodes import chosen_days
from analysis.study.outcomes import SIGN
from analysis.study.panel import Panel, chain_distance, chained, with_events
from analysis.study.variants import coded_events

__all__ = [
    "Codings",
    "Days",
    "Episodes",
    "claim_days",
    "curve_claims",
    "measured_portfolio",
    "scores",
    "toggle_disappointment",
]

Ints = npt.NDArray[np.int64]
Bounds = tuple[int, int]


@dataclass(frozen=True)
class Episodes:
    """The episodes of one coding.

    Attributes
    ----------
    days : list of (D_e,)
        Places of the days of each episode among those of the claim.
    factor : (E,)
        +1 or -1: what the response is multiplied by.
    second : (E,)
        Whether the episode is on the side that is subtracted.
    cluster : (E,)
        The chain of listed events to which the first day of the episode belongs.
    """

    days: list[Ints]
    factor: Ints
    second: npt.NDArray[np.bool_]
    cluster: Ints


@dataclass(frozen=True)
class Days:
    """All days a claim uses under some coding.

    Attributes
    ----------
    position, cluster : (D,)
        Session of the day, and the chain of listed events it belongs to.
    codings : tuple of str
    episodes : mapping
        By coding and event window: what chains into an episode may depend on the window.
    """

    position: Ints
    cluster: Ints
    codings: tuple[Coding, ...]
    episodes: Mapping[tuple[Coding, Bounds], Episodes]


def curve_claims(panel: Panel) -> dict[str, Mean | Difference]:
    """Return the claims that have menus in study.toml; the snapshot holds no others among them."""
    claims = panel.snapshot.registered
    found = {key: claims[key] for key in panel.snapshot.choices.own_curve.claims}
    return {key: claim for key, claim in found.items() if isinstance(claim, Mean | Difference)}


def measured_portfolio(panel: Panel, claim: Mean | Difference, measure: Measure) -> Portfolio:
    """Return the portfolio of a claim; a slope is on another measure of its scores."""
    portfolio = parse_portfolio(claim.of, panel.snapshot)
    leg = portfolio.long
    if not leg.scores or measure == "share":
        return portfolio
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


class Codings:
    """The event list of a study coded in every way; days that claims share are found once."""

    def __init__(self, panel: Panel, codings: Sequence[Coding]) -> None:
        clusters = panel.events.assign(cluster=panel.events["episode"])
        self._panels: dict[tuple[Coding, int | None], Panel] = {}
        self._alike: dict[Coding, Coding] = {}  # the first coding with the same list of events
        lists: list[tuple[Coding, pd.DataFrame]] = []
        for coding in codings:
            listed = coded_events(clusters, coding)
            alike = next((name for name, known in lists if known is listed), coding)
            self._alike[coding] = alike
            if alike == coding:
                lists.append((coding, listed))
                ordered = listed.sort_values(["day0", "cluster"])
                self._panels[coding, None] = with_events(panel, ordered)
        self._days: dict[tuple[Coding, int | None, Events], pd.DataFrame] = {}

    def choose(self, claim: OnEvents, coding: Coding, window: Bounds) -> pd.DataFrame:
        """Choose the days of every side of a claim, with their factors, for an event window."""
        sides = []
        for place, events in enumerate(claim.sides.values()):
            asked = toggle_disappointment(events) if coding == "disappointment" else events
            days = self._find(coding, window, replace(asked, signed=True))
            sign = days["sign"] if asked.signed else 1
            sides.append(days.assign(second=place > 0, factor=sign * SIGN[claim.claimed]))
        return pd.concat(sides)

    def _find(self, coding: Coding, window: Bounds, events: Events) -> pd.DataFrame:
        """Find the days of a kind of events, whatever their responses, with their sessions."""
        coding = self._alike[coding]
        listed = self._panels[coding, None]
        distance = chain_distance(listed, window)
        if (key := (coding, distance, events)) not in self._days:
            if (coding, distance) not in self._panels:
                self._panels[coding, distance] = chained(listed, window)
            coded = self._panels[coding, distance]
            every = coded.events[["cluster"]].assign(car=1.0, scar=1.0)
            days = chosen_days(coded, every, events)
            sessions = coded.snapshot.sessions
            place = sessions.get_indexer(pd.DatetimeIndex(days["day0"]))
            self._days[key] = days.assign(position=place)
        return self._days[key]


def claim_days(
    claim: OnEvents, coded: Codings, codings: Sequence[Coding], windows: Sequence[Bounds]
) -> Days:
    """Find the days and episodes of a claim under some codings, for every event window."""
    found = {(c, w): coded.choose(claim, c, w) for c, w in product(codings, windows)}
    days = pd.concat(found.values()).groupby("position")["cluster"].min()
    position = days.index.to_numpy(dtype=np.int64)
    return Days(
        position,
        days.to_numpy(dtype=np.int64),
        tuple(codings),
        {key: _group(rows, position) for key, rows in found.items()},
    )


def toggle_disappointment(events: Events) -> Events:
    """Take disappointment out where it is in, and add it to tightening where it is not."""
    kept = tuple(d for d in events.directions if d != "disappointment")
    if kept == events.directions and "tightening" in kept:
        kept = (*kept, "disappointment")
    return replace(events, directions=kept)


def _group(rows: pd.DataFrame, position: Ints) -> Episodes:
    """Gather the days of each episode, in the order of sides and episodes."""
    columns = {name: rows[name].to_numpy() for name in ("second", "episode", "factor", "cluster")}
    order = np.lexsort((columns["episode"], columns["second"]))
    second, episode, factor, cluster = (columns[name][order] for name in columns)
    place = np.searchsorted(position, rows["position"].to_numpy()[order])
    new = np.flatnonzero((np.diff(episode) != 0) | (np.diff(second) != 0)) + 1
    first = np.concatenate([[0], new]) if order.size else new
    return Episodes(
        np.split(place, new) if order.size else [],
        factor[first].astype(np.int64),
        second[first].astype(bool),
        cluster[first].astype(np.int64),
    )
