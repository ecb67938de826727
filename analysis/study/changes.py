"""Sorts of change to what a claim rests on: episodes, codings, days, windows of firms.

Each is a :class:`analysis.study.tipping.Change`: a list of changes, and the sums over episodes
that a test sees under any set of them. What a change does stays inside its chain of event days,
so that sets of changes are put together from what was found for each chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.reads import vary
from analysis.snapshot.choices import window_name
from analysis.snapshot.claims import OnEvents
from analysis.snapshot.portfolios import parse_portfolio
from analysis.study.claim_kinds import factors_of, responses_of
from analysis.study.episodes import chosen_days, judge_events
from analysis.study.panel import Panel, in_episodes
from analysis.study.responses import compose, cumulate_rows
from analysis.study.tipping import Bools, Change, Floats, Rule, add_up

__all__ = ["drop_episodes", "move_events", "put_windows_back", "recode_events"]

Frames = Sequence[pd.DataFrame]


def drop_episodes(sides: Frames, rule: Rule) -> Change:
    """Leave out episodes of a claim.

    Parameters
    ----------
    sides : sequence of DataFrame
        The claim's days, one frame a side: see :func:`analysis.study.episodes.chosen_days`.
    """
    each, labels = [], []
    for place, days in enumerate(sides):
        for _, part in days.groupby("episode"):
            sums = np.zeros((len(sides), 1 + 2 * len(rule.columns)))
            sums[place] = _sums(part, rule)
            each.append(sums)
            labels.append(" + ".join(map(str, part.index)))
    stacked = np.array(each).reshape(len(each), len(sides), -1)
    total = stacked.sum(axis=0)

    def sums_without(sets: Bools) -> Floats:
        return np.asarray(total - np.tensordot(sets.astype(float), stacked, axes=1))

    return Change("dropped", tuple(labels), sums_without)


def _sums(days: pd.DataFrame, rule: Rule) -> Floats:
    """Average days within each episode and add up over episodes."""
    return add_up(days.groupby("episode")[list(rule.columns)].mean().to_numpy(dtype=float))


class _Edit(NamedTuple):
    """One event otherwise: the column that changes, and what it then holds."""

    event: str
    column: str
    value: object


def recode_events(claim: OnEvents, panel: Panel, rule: Rule) -> Change:
    """Turn events to the other direction on record, that of the coder or of the second one."""
    edits = []
    for column in ("alternative_direction", "second_direction"):
        other = panel.events[column]
        open_ = other[(other != "") & (other != panel.events["direction"])]
        edits += [_Edit(str(event), "direction", turned) for event, turned in open_.items()]
    edits = list(dict.fromkeys(edits))
    here = responses_of(claim, panel).at_events(panel)
    labels = [f"{edit.event} ({edit.value})" for edit in edits]
    return _edited("recoded", claim, panel, rule, edits, labels, here, here.iloc[:0])


def move_events(claim: OnEvents, panel: Panel, rule: Rule) -> Change:
    """Move events to the other day 0 on record."""
    rows = panel.snapshot.events
    rows = rows[rows["alternative_day0"].notna() & rows["id"].isin(panel.events.index)]
    here = responses_of(claim, panel).at_events(panel)
    there = here.iloc[:0]
    if len(rows):
        moved = rows.assign(day0=rows["alternative_day0"])
        other = vary(rule.build(vary(panel.snapshot, events=moved)), exclude=panel.exclude)
        there = responses_of(claim, other).at_events(other)
    days = zip(rows["id"], rows["alternative_day0"], strict=True)
    edits = [_Edit(event, "day0", day) for event, day in days]
    labels = [f"{edit.event} ({edit.value:%Y-%m-%d})" for edit in edits]
    return _edited("moved", claim, panel, rule, edits, labels, here, there)


def _edited(
    name: str,
    claim: OnEvents,
    panel: Panel,
    rule: Rule,
    edits: list[_Edit],
    labels: list[str],
    here: pd.DataFrame,
    there: pd.DataFrame,
) -> Change:
    """Make a change of edits to events; ``there`` are responses of those that have moved."""
    chain = _chains(panel, edits)
    at = np.array([chain[edit.event] for edit in edits], dtype=int)
    own = {c: np.flatnonzero(at == c) for c in np.unique(at)}
    shape = (len(claim.sides), 1 + 2 * len(rule.columns))
    known: dict[tuple[int, bytes], Floats] = {}

    def work_out(picked: Bools) -> dict[int, Floats]:
        """Find the sums of every chain under one set of edits."""
        events, held = panel.events.copy(), here
        for place in np.flatnonzero(picked):
            edit = edits[place]
            events.loc[edit.event, edit.column] = edit.value
        if name == "moved":
            gone = [edits[place].event for place in np.flatnonzero(picked)]
            held = pd.concat(
                [here.drop(gone, errors="ignore"), there.reindex(gone).dropna(subset=["car"])]
            )
        changed = vary(panel, events=in_episodes(events, panel.snapshot))
        found = {c: np.zeros(shape) for c in {*chain}}
        for side, asked in enumerate(claim.sides.values()):
            days = chosen_days(changed, held, asked)
            for c, part in days.groupby(chain.reindex(days.index)):
                found[c][side] = _sums(part, rule)
        return found

    base = work_out(np.zeros(len(edits), dtype=bool))
    fixed = sum((sums for c, sums in base.items() if c not in own), np.zeros(shape))

    def sums_under(sets: Bools) -> Floats:
        wanted = {
            c: [row for row in np.unique(sets[:, of], axis=0) if (c, row.tobytes()) not in known]
            for c, of in own.items()
        }
        for turn in range(max(map(len, wanted.values()), default=0)):
            picked = np.zeros(len(edits), dtype=bool)  # one state of each chain at once
            now = {c: rows[turn] for c, rows in wanted.items() if turn < len(rows)}
            for c, row in now.items():
                picked[own[c]] = row
            found = work_out(picked)
            for c, row in now.items():
                twice = pd.Index([edits[p].event for p in own[c][row]]).has_duplicates
                known[c, row.tobytes()] = np.full(shape, np.nan) if twice else found[c]
        sums = np.repeat(fixed[None], len(sets), axis=0)
        for c, of in own.items():
            rows, place = np.unique(sets[:, of], axis=0, return_inverse=True)
            sums += np.array([known[c, row.tobytes()] for row in rows])[place.ravel()]
        return sums

    return Change(name, tuple(labels), sums_under)


def _chains(panel: Panel, edits: list[_Edit]) -> pd.Series:
    """Number the chains of events that can share an episode, wherever open days fall; by event."""
    sessions, distance = panel.snapshot.sessions, panel.snapshot.choices.episodes.distance
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


def put_windows_back(claim: OnEvents, panel: Panel, rule: Rule) -> Change:
    """Put back firms that news of their own keeps out of a day."""
    clean = responses_of(claim, panel).clean
    if clean is None:
        return Change("put back", (), lambda sets: np.zeros((len(sets), 1, 1)))
    portfolio = parse_portfolio(claim.of, panel.snapshot)
    open_to = compose(panel, portfolio, None)[0].index
    usable = panel.event_study.rows[["id", "ticker"]]
    usable = usable[usable["ticker"].isin(portfolio.members)]
    kept = panel.clean.loc[pd.MultiIndex.from_frame(usable), window_name(clean)].to_numpy(bool)
    studied = panel.snapshot.choices.firms.studied
    funds = [m for m in portfolio.members if m not in studied]
    labels: list[str] = []
    sides = []
    for events in claim.sides.values():
        judged = judge_events(panel, open_to, events)
        days = judged[judged["left_out"] == ""].sort_values("episode", kind="stable")
        states = []
        for event in days.index:
            its = (usable["id"] == event).to_numpy()
            firm, out = usable["ticker"][its & kept], usable["ticker"][its & ~kept]
            places = np.arange(len(labels), len(labels) + len(out))
            labels += [f"{event} ({ticker})" for ticker in out]
            states.append((list(firm), list(out), places))
        sides.append((days, states))
    tables = [_tabulate(claim, panel, rule, [*funds], *side) for side in sides]

    def sums_with(sets: Bools) -> Floats:
        found = []
        for (days, states), table in zip(sides, tables, strict=True):
            values = np.stack(
                [
                    cells[sets[:, places] @ (1 << np.arange(len(places)))]
                    for (_, _, places), cells in zip(states, table, strict=True)
                ],
                axis=1,
            )
            starts = np.flatnonzero(~days["episode"].duplicated())
            there = ~np.isnan(values)
            with np.errstate(invalid="ignore"):
                mean = np.add.reduceat(np.where(there, values, 0), starts, axis=1) / (
                    np.add.reduceat(there, starts, axis=1, dtype=int)
                )
            found.append(add_up(mean))
        return np.stack(found, axis=1)

    return Change("put back", tuple(labels), sums_with)


def _tabulate(
    claim: OnEvents,
    panel: Panel,
    rule: Rule,
    funds: list[str],
    days: pd.DataFrame,
    states: list[tuple[list[str], list[str], npt.NDArray[np.int64]]],
) -> list[Floats]:
    """Find the response of each day with every set of its firms put back. (2^firms, C) a day."""
    portfolio = parse_portfolio(claim.of, panel.snapshot)
    weights: dict[str, pd.Series] = {}
    asked: list[list[tuple[str, pd.Timestamp]]] = []
    for day0, (firms, out, _) in zip(days["day0"], states, strict=True):
        asked.append([])
        for back in product([False, True], repeat=len(out)):
            added = [ticker for ticker, put in zip(out, back[::-1], strict=True) if put]
            weight = portfolio.weigh([*firms, *added, *funds])
            name = "" if weight is None else ",".join(weight)
            if weight is not None:
                weights[name] = pd.Series(weight)
            asked[-1].append((name, day0))
    pairs = dict.fromkeys(pair for each in asked for pair in each if pair[0])
    rows = pd.DataFrame([*pairs], columns=["ticker", "day0"])
    window = claim.window or panel.snapshot.choices.windows.primary_bounds
    found = cumulate_rows(panel, weights, rows, window, factors_of(claim, panel))
    cells = found[list(rule.columns)]
    tables = []
    for sign, each in zip(days["sign"], asked, strict=True):
        index = pd.MultiIndex.from_tuples(each, names=cells.index.names)
        values = cells.reindex(index).to_numpy(dtype=float)
        tables.append(
            values * np.where([name in ("scar", "car") for name in rule.columns], sign, 1)
        )
    return tables
