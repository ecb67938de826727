"""What each claim of the curves measures, and on which days under each coding of the events."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.reads import once
from analysis.snapshot.claims import Difference, Events, Mean, OnEvents
from analysis.snapshot.optional_choices import Coding, Measure
from analysis.snapshot.portfolios import Leg, Portfolio, parse_portfolio
from analysis.study.episodes import chosen_days
from analysis.study.outcomes import SIGN
from analysis.study.panel import Panel, chained, with_events
from analysis.study.variants import coded_events

__all__ = [
    "Days",
    "Episodes",
    "claim_days",
    "curve_claims",
    "measured_portfolio",
    "name_scores",
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


def name_scores(claim: Mean | Difference) -> str:
    """Say in words on which column the slope of a claim is; nothing of another portfolio."""
    found = re.search(r"slope\(.*,\s*(\w+)\s*\)", claim.of)
    return found[1].replace("_", " ") if found else ""


def scores(panel: Panel, leg: Leg, measure: Measure) -> pd.Series:
    """Measure the exposure of a leg's members by rank, or by whether the basket holds them.

    Rank and basket are stretched to the range of the stated share, so that a slope on any of the
    three is in return for a share of one.
    """
    share = pd.Series(leg.scores, list(leg.members))
    raw = share.rank()
    if measure == "basket":
        choices = panel.snapshot.choices
        exposed = choices.baskets[choices.exposure.firms]
        raw = pd.Series(share.index.isin(exposed) * 1.0, share.index)
    return (raw - raw.min()) / (raw.max() - raw.min()) * (share.max() - share.min()) + share.min()


def claim_days(
    panel: Panel, claim: OnEvents, codings: Sequence[Coding], windows: Sequence[Bounds]
) -> Days:
    """Find the days and episodes of a claim under every coding, for every event window."""
    found = {
        (coding, window): _choose(_coded(panel, coding, window), claim, coding)
        for coding, window in product(codings, windows)
    }
    days = pd.concat(found.values()).groupby("position")["cluster"].min()
    position = days.index.to_numpy(dtype=np.int64)
    return Days(
        position,
        days.to_numpy(dtype=np.int64),
        tuple(codings),
        {key: _group(rows, position) for key, rows in found.items()},
    )


def _coded(panel: Panel, coding: Coding, window: Bounds) -> Panel:
    """Return the panel with the list as it is coded, and the episodes for a window."""

    def code() -> Panel:
        clusters = panel.events.assign(cluster=panel.events["episode"])
        listed = coded_events(clusters, coding).sort_values(["day0", "cluster"])
        return with_events(panel, listed)

    listed = "baseline" if coding == "disappointment" else coding  # it asks otherwise of one list
    return chained(once(panel, ("coded", listed), code), window)


def _choose(coded: Panel, claim: OnEvents, coding: Coding) -> pd.DataFrame:
    """Choose the days of every side from the list as it is coded, with their factors."""
    every = coded.events[["cluster"]].assign(car=1.0, scar=1.0)  # whatever its response
    sides = []
    for place, events in enumerate(claim.sides.values()):
        asked = toggle_disappointment(events) if coding == "disappointment" else events
        shared = replace(asked, signed=True)
        days = once(coded, ("days", shared), partial(chosen_days, coded, every, shared))
        sign = days["sign"] if asked.signed else 1
        sides.append(days.assign(second=place > 0, factor=sign * SIGN[claim.claimed]))
    rows = pd.concat(sides)
    sessions = coded.snapshot.sessions
    return rows.assign(position=sessions.get_indexer(pd.DatetimeIndex(rows["day0"])))


def toggle_disappointment(events: Events) -> Events:
    """Take disappointment out where it is in, and add it to tightening where it is not."""
    kept = tuple(d for d in events.directions if d != "disappointment")
    if kept == events.directions and "tightening" in kept:
        kept = (*kept, "disappointment")
    return replace(events, directions=kept)


def _group(rows: pd.DataFrame, position: Ints) -> Episodes:
    """Group the rows of the first side, then of the second, by episode."""
    keys = [rows[name].to_numpy(dtype=np.int64) for name in ("second", "episode")]
    order = np.lexsort(keys[::-1])
    starts = np.flatnonzero(np.any([np.diff(key[order], prepend=-1) != 0 for key in keys], axis=0))
    places = np.searchsorted(position, rows["position"].to_numpy()[order])
    first = rows.iloc[order[starts]]
    return Episodes(
        np.split(places, starts[1:]) if len(starts) else [],
        first["factor"].to_numpy(dtype=np.int64),
        first["second"].to_numpy(dtype=bool),
        first["cluster"].to_numpy(dtype=np.int64),
    )
