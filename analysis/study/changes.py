"""Sorts of change to what a claim rests on: episodes left out, events coded or dated otherwise.

Each is a :class:`analysis.study.tipping_search.Change`: a list of changes, and the sums over
episodes that a test sees under any set of them. What a change does stays inside its chain of event
days, so that sets of changes are put together from what was found for each chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Bools, Floats
from analysis.reads import once, vary
from analysis.snapshot.claims import OnEvents
from analysis.study.claim_kinds import chained_for, responses_of
from analysis.study.episodes import chosen_days
from analysis.study.panel import Panel, build_panel, in_episodes, under
from analysis.study.responses import Responses
from analysis.study.tipping_rules import Rule, add_up
from analysis.study.tipping_search import Change

__all__ = ["drop_episodes", "move_events", "panel_elsewhere", "recode_events"]

Frames = Sequence[pd.DataFrame]


def drop_episodes(sides: Frames, rule: Rule) -> Change:
    """Leave out episodes of a claim.

    Parameters
    ----------
    sides : sequence of DataFrame
        The claim's days, one frame a side: see :func:`analysis.study.episodes.chosen_days`.
    """
    shape = (len(sides), 1 + 2 * len(rule.columns))
    each, labels = [], []
    for place, days in enumerate(sides):
        for _, part in days.groupby("episode"):
            sums = np.zeros(shape)
            sums[place] = add_up(part[list(rule.columns)].mean().to_numpy(dtype=float)[None])
            each.append(sums)
            labels.append(" + ".join(map(str, part.index)))
    stacked = np.array(each).reshape(len(each), *shape)
    total = stacked.sum(axis=0)

    def sums_without(sets: Bools) -> Floats:
        return np.asarray(total - np.tensordot(sets.astype(float), stacked, axes=1))

    return Change("dropped", tuple(labels), sums_without)


class _Edit(NamedTuple):
    """One event otherwise: the column that changes, and what it then holds."""

    event: str
    column: str
    value: str | pd.Timestamp

    def __str__(self) -> str:
        """Name the event and what it becomes."""
        day = isinstance(self.value, pd.Timestamp)
        return f"{self.event} ({self.value:%Y-%m-%d})" if day else f"{self.event} ({self.value})"


def recode_events(claim: OnEvents, panel: Panel, rule: Rule, responses: Responses) -> Change:
    """Turn events to the other direction on record, that of the coder or of the second one.

    ``responses`` are those of the claim: :func:`analysis.study.claim_kinds.responses_of`.
    """
    edits: list[_Edit] = []
    for column in ("alternative_direction", "second_direction"):
        other = panel.events[column]
        turned = other[(other != "") & (other != panel.events["direction"])]
        edits += [_Edit(str(event), "direction", str(to)) for event, to in turned.items()]
    here = responses.at_events(panel)
    return _Edited(claim, panel, rule, [*dict.fromkeys(edits)], here, here).as_change("recoded")


def panel_elsewhere(panel: Panel) -> Panel | None:
    """Build the panel of the events whose day 0 is open, on their other day; None without any."""
    rows = panel.snapshot.events
    rows = rows[rows["alternative_day0"].notna() & rows["id"].isin(panel.events.index)]
    if rows.empty:
        return None
    moved = rows.assign(day0=rows["alternative_day0"])
    built = under(build_panel(vary(panel.snapshot, events=moved)), panel.rules)
    return vary(built, exclude=panel.exclude)


def move_events(
    claim: OnEvents, panel: Panel, rule: Rule, responses: Responses, elsewhere: Panel | None
) -> Change:
    """Move events to the other day 0 on record; ``elsewhere``: see :func:`panel_elsewhere`."""
    here = there = responses.at_events(panel)
    edits = []
    if elsewhere is not None:
        there = responses_of(claim, elsewhere).at_events(elsewhere)
        days = elsewhere.events["day0"]
        edits = [_Edit(str(event), "day0", day) for event, day in days.items()]
    return _Edited(claim, panel, rule, edits, here, there).as_change("moved")


class _Edited:
    """A claim under edits of events, worked out chain by chain.

    ``here`` are the responses of events, ``there`` those of edited ones.
    """

    def __init__(
        self,
        claim: OnEvents,
        panel: Panel,
        rule: Rule,
        edits: list[_Edit],
        here: pd.DataFrame,
        there: pd.DataFrame,
    ) -> None:
        self.claim, self.rule, self.edits = claim, rule, edits
        columns = ["day0", "direction", "status", "episode", "mixed", "sign"]  # all that choose
        plain = {"direction": object, "status": object}  # quicker to edit than columns of text

        def cut() -> Panel:
            return vary(panel, events=panel.events[columns].astype(plain))

        self.panel = once(panel, ("edited",), cut)  # one for all claims, as what is made of it
        self.here, self.there = here, there
        self.shape = (len(claim.sides), 1 + 2 * len(rule.columns))
        self.chain = _chains(panel, edits)
        at = np.array([self.chain[edit.event] for edit in edits], dtype=int)
        self.own = {int(c): np.flatnonzero(at == c) for c in np.unique(at)}
        self.known: dict[tuple[int, bytes], Floats] = {}

    def as_change(self, name: str) -> Change:
        """Return the edits as a sort of change."""
        base = self._work_out(np.zeros(len(self.edits), dtype=bool))
        fixed = sum((sums for c, sums in base.items() if c not in self.own), np.zeros(self.shape))

        def sums(sets: Bools) -> Floats:
            self._learn(sets)
            total = np.repeat(np.asarray(fixed)[None], len(sets), axis=0)
            for c, of in self.own.items():
                rows, place = np.unique(sets[:, of], axis=0, return_inverse=True)
                total += np.array([self.known[c, row.tobytes()] for row in rows])[place.ravel()]
            return total

        return Change(name, tuple(map(str, self.edits)), sums)

    def _learn(self, sets: Bools) -> None:
        """Work out what is not known yet: one state of every chain at once."""
        new = {
            c: [r for r in np.unique(sets[:, of], axis=0) if (c, r.tobytes()) not in self.known]
            for c, of in self.own.items()
        }
        for turn in range(max(map(len, new.values()), default=0)):
            now = {c: rows[turn] for c, rows in new.items() if turn < len(rows)}
            picked = np.zeros(len(self.edits), dtype=bool)
            for c, row in now.items():
                picked[self.own[c]] = row
            found = self._work_out(picked)
            for c, row in now.items():
                events = pd.Index([self.edits[place].event for place in self.own[c][row]])
                # One event cannot have two directions: such a set has no test.
                never = np.full(self.shape, np.nan)
                self.known[c, row.tobytes()] = never if events.has_duplicates else found[c]

    def _work_out(self, picked: Bools) -> dict[int, Floats]:
        """Find the sums of every chain under one set of edits."""
        edits = tuple(self.edits[place] for place in np.flatnonzero(picked))

        def edit_events() -> Panel:
            events = self.panel.events.copy()
            for edit in edits:
                events.loc[[edit.event], edit.column] = edit.value
            return vary(self.panel, events=in_episodes(events, self.panel.snapshot))

        touched = [edit.event for edit in edits]
        elsewhere = self.there[self.there.index.isin(touched)]
        held = pd.concat([self.here[~self.here.index.isin(touched)], elsewhere])
        changed = chained_for(self.claim, once(self.panel, edits, edit_events))
        found = {int(c): np.zeros(self.shape) for c in self.chain.unique()}
        for side, asked in enumerate(self.claim.sides.values()):
            days = chosen_days(changed, held, asked)
            chain = self.chain.reindex(days.index).rename("chain")
            means = days.groupby([chain, "episode"])[list(self.rule.columns)].mean()
            at = means.index.get_level_values("chain")
            for c in at.unique():
                found[int(c)][side] = add_up(means.to_numpy(dtype=float)[at == c])
        return found


def _chains(panel: Panel, edits: list[_Edit]) -> pd.Series:
    """Number the chains of events that can share an episode, wherever open days fall; by event."""
    sessions = panel.snapshot.sessions
    distance = max(panel.snapshot.choices.episodes.distance, panel.rules.shared - 1)
    first = pd.Series(
        sessions.get_indexer(pd.DatetimeIndex(panel.events["day0"])), panel.events.index
    )
    last = first.copy()
    for edit in edits:
        if edit.column == "day0":
            other = sessions.get_loc(edit.value)
            first[edit.event] = min(first[edit.event], other)
            last[edit.event] = max(last[edit.event], other)
    order = first.sort_values(kind="stable").index
    reached = last[order].cummax().shift(fill_value=-distance)
    numbers: pd.Series = (first[order] - reached > distance).cumsum()
    return numbers.reindex(panel.events.index)
