"""The study's panel: every event for every firm, estimated once and shared by the questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.names import Model
from analysis.reads import Lacking, Part, make, once, vary
from analysis.snapshot.choices import Choices
from analysis.snapshot.claims import Claim
from analysis.snapshot.eligibility import firm_windows, list_left_out, listed_returns
from analysis.snapshot.episodes import assign_episodes
from analysis.snapshot.load import Snapshot
from analysis.snapshot.rules import Rules
from analysis.study.directions import list_signs

__all__ = [
    "Panel",
    "build_panel",
    "chain_distance",
    "chained",
    "estimate",
    "estimated_again",
    "event_sessions",
    "event_time",
    "in_episodes",
    "under",
    "with_events",
]

SHOWN = (-10, 20)  # event days of the pictures


@dataclass(frozen=True)
class Panel:
    """The snapshot with its returns and the market-model estimates of all firm-events.

    Attributes
    ----------
    snapshot : Snapshot
        What was loaded.
    rules : Rules
        Of inference: those by which the study decides, unless the panel is :func:`under` others.
    returns : DataFrame
        Sessions by tickers, fraction; missing before a firm's own listing.
    event_study : EventStudy
        Market model; one row for each event and firm with an eligible window.
    events : DataFrame
        Events by ``id`` with ``episode``, ``mixed`` (opposite signs in the episode) and ``sign``;
        episodes are those of the distance of the study: :func:`chained` has those of a window.
    clean : DataFrame
        Indexed by (``id``, ``ticker``), one boolean column a window: no confounder touches it, and
        no event of the day names the firm in a column that the rules look into.
    exclude : DatetimeIndex or None
        Sessions left out of every estimation window; none in the baseline.
    """

    snapshot: Snapshot
    rules: Rules
    returns: Part[pd.DataFrame] = Part()
    event_study: Part[EventStudy] = Part()
    events: Part[pd.DataFrame] = Part()
    clean: Part[pd.DataFrame] = Part()
    exclude: pd.DatetimeIndex | None = None

    @property
    def common(self) -> pd.DataFrame:
        """Returns on the sessions that all core firms share."""
        return self.returns.dropna(subset=list(self.snapshot.choices.firms.core))

    @property
    def claims(self) -> dict[str, Claim]:
        """The claims by id, in file order: the entries that the rules decide."""
        return self.snapshot.claims_under(self.rules)

    @property
    def core(self) -> pd.Series:
        """Return of the core firms in equal parts, of those listed by then."""
        return self.returns[list(self.snapshot.choices.firms.core)].mean(axis=1)

    @property
    def intercept(self) -> bool:
        """Whether market models are fitted with an intercept."""
        return self.rules.intercept

    @property
    def model(self) -> str:
        """The model of the normal return as a sentence names it."""
        estimation = self.snapshot.choices.estimation
        bare = estimation.model == "market" and not self.intercept
        return f"{estimation.said} without intercept" if bare else estimation.said

    @property
    def highlights(self) -> dict[str, date]:
        """The days that are shown one by one, by name: those of the two news items."""
        return dict(self.snapshot.choices.highlights)


def build_panel(snapshot: Snapshot) -> Panel:
    """Compute returns, episodes and every firm's event study.

    By the amended rules where the study has any, else by the registered ones. A study firm by firm
    has no sessions that all share, hence no common event study: its responses are in
    :mod:`analysis.study.each_firm`.

    Raises
    ------
    StudyError
        If no firm has an estimation window for any event.
    """
    events = make(lambda: in_episodes(snapshot.events.set_index("id"), snapshot))
    rules = snapshot.choices.ruling
    if snapshot.choices.each_firm:
        lacking = Lacking(
            StudyError("[each_firm] in study.toml: no event study on shared sessions")
        )
        return Panel(snapshot, rules, lacking, lacking, events, lacking)
    returns = make(lambda: listed_returns(snapshot))
    windows = make(lambda: firm_windows(snapshot, rules))
    if not windows.value["eligible"].any():
        raise StudyError(
            f"events.csv: expected a firm with {snapshot.choices.estimation.minimum} usable "
            f"sessions before an event, found none for {len(events.value)} events; add earlier "
            "prices or later events, or correct listed_from in universe.csv"
        )
    return Panel(
        snapshot=snapshot,
        rules=rules,
        returns=returns,
        event_study=make(lambda: _every_firm(snapshot, returns.use(), events.use(), None, rules)),
        events=events,
        clean=make(lambda: _mark_clean(windows.use(), snapshot, rules)),
    )


def _mark_clean(windows: pd.DataFrame, snapshot: Snapshot, rules: Rules) -> pd.DataFrame:
    index = ["event", "ticker"]
    clean = ~windows.pivot(index=index, columns="window", values="contaminated")
    days, out = snapshot.events.set_index("id")["day0"], list_left_out(snapshot.events, rules)
    named = [days[event] in out.get(ticker, ()) for event, ticker in clean.index]
    return clean.mask(pd.Series(named, clean.index), False)


def under(panel: Panel, rules: Rules) -> Panel:
    """Return the panel under other rules of inference.

    Whoever asks again is given the same, so that its claims are decided once.
    """
    if rules == panel.rules:
        return panel
    return once(panel, ("ruled", repr(rules)), lambda: _rule(panel, rules))


def _rule(panel: Panel, rules: Rules) -> Panel:
    snapshot = panel.snapshot
    clean = make(lambda: _mark_clean(firm_windows(snapshot, rules), snapshot, rules))
    changed = vary(panel, rules=rules, clean=clean)
    if changed.intercept == panel.intercept:
        return changed
    fitted = make(lambda: _every_firm(snapshot, panel.returns, panel.events, panel.exclude, rules))
    return vary(changed, event_study=fitted)


def chained(panel: Panel, window: tuple[int, int] | None = None) -> Panel:
    """Return the panel with the episodes that its rules make of events for a window.

    By default the primary one. Whoever asks again is given the same.
    """
    distance = chain_distance(panel, window or panel.snapshot.choices.windows.primary_bounds)
    if distance is None:
        return panel

    def chain() -> Panel:
        return vary(panel, events=in_episodes(panel.events, panel.snapshot, distance))

    return once(panel, ("chained", distance), chain)


def chain_distance(panel: Panel, window: tuple[int, int]) -> int | None:
    """Return the sessions within which the rules chain events for a window; None: the study's."""
    length = window[1] - window[0] + 1
    if panel.rules.mixture == "distance" or length > panel.rules.shared:
        return None
    return length - 1


def estimated_again(
    panel: Panel, snapshot: Snapshot, exclude: pd.DatetimeIndex | None = None
) -> Panel:
    """Return the panel with the choices of another snapshot that has the same events.

    Events, episodes and confounders stay as they are.
    """
    returns = listed_returns(snapshot)
    event_study = _every_firm(snapshot, returns, panel.events, exclude, panel.rules)
    return vary(panel, snapshot=snapshot, returns=returns, event_study=event_study, exclude=exclude)


def _every_firm(
    snapshot: Snapshot,
    returns: pd.DataFrame,
    events: pd.DataFrame,
    exclude: pd.DatetimeIndex | None,
    rules: Rules,
) -> EventStudy:
    firms = pd.DataFrame({"ticker": list(snapshot.choices.firms.studied)})
    rows = events.reset_index()[["id", "day0"]].merge(firms, how="cross")
    return estimate(snapshot, returns, rows, exclude=exclude, intercept=rules.intercept)


def in_episodes(
    events: pd.DataFrame, snapshot: Snapshot, distance: int | None = None
) -> pd.DataFrame:
    """Return events, indexed by ``id``, with ``episode``, ``mixed`` and ``sign`` worked out.

    ``distance`` replaces that of the study.
    """
    choices = snapshot.choices
    distance = choices.episodes.distance if distance is None else distance
    rows = events.drop(columns=["episode", "mixed", "sign"], errors="ignore")
    found = assign_episodes(rows.reset_index(), snapshot.sessions, distance, choices.directions)
    signs = list_signs(choices)
    return rows.assign(
        episode=found["episode"].to_numpy(),
        mixed=found["mixed"].to_numpy(),
        sign=[signs[direction] for direction in rows["direction"]],
    )


def with_events(panel: Panel, events: pd.DataFrame) -> Panel:
    """Return the panel with some of its events, perhaps coded otherwise, and their episodes.

    Nothing is estimated again: the events keep their day 0s.
    """
    kept = panel.event_study.rows["id"].isin(events.index).to_numpy()
    return vary(
        panel, event_study=panel.event_study.take(kept), events=in_episodes(events, panel.snapshot)
    )


def event_sessions(panel: Panel) -> pd.DatetimeIndex:
    """Return the sessions in the primary window of a listed event, whatever its status."""
    sessions, (first, last) = panel.snapshot.sessions, panel.snapshot.choices.windows.primary_bounds
    places = sessions.get_indexer(pd.DatetimeIndex(panel.events["day0"].unique()))
    touched = np.unique(places[:, None] + np.arange(first, last + 1))
    return sessions[touched[(touched >= 0) & (touched < len(sessions))]]


def event_time(choices: Choices, last: int = 0) -> tuple[int, int]:
    """Return the first and the last event day to be estimated: every window lies inside.

    Parameters
    ----------
    choices : Choices
    last : int
        Event day that must lie inside as well.
    """
    bounds = (SHOWN, *choices.windows.bounds.values(), choices.customs.release_window)
    firsts, lasts = zip(*bounds, strict=True)
    return min(firsts), max(*lasts, last)


def estimate(
    snapshot: Snapshot,
    returns: pd.DataFrame,
    rows: pd.DataFrame,
    *,
    factors: tuple[str, ...] | None = None,
    exclude: pd.DatetimeIndex | None = None,
    last: int = 0,
    intercept: bool = True,
) -> EventStudy:
    """Run the event study on ``rows`` (``ticker``, ``day0``) with the choices of the study.

    ``factors`` replaces the study's model by a regression on these, for claims about what market
    and sector leave; ``exclude`` names sessions to leave out of estimation windows; ``last`` is an
    event day that is needed beside those of the study's windows; without ``intercept`` a market
    model has none.
    """
    choices = snapshot.choices
    model: Model = "market" if factors else choices.estimation.model
    if model == "market" and not intercept:
        model = "no_intercept"
    return event_study(
        returns,
        rows,
        factors=factors or (() if model == "mean" else (choices.benchmark.market,)),
        model=model,
        length=choices.estimation.length,
        gap=choices.estimation.gap,
        minimum=choices.estimation.minimum,
        window=event_time(choices, last),
        exclude=exclude,
        kind=choices.returns,
    )
