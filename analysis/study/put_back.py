"""Firm-windows put back: days of a claim with firms that news of their own keeps out of it."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Bools, Floats
from analysis.snapshot.choices import window_name
from analysis.snapshot.claims import Events, OnEvents
from analysis.snapshot.portfolios import parse_portfolio
from analysis.study.claim_kinds import chained_for, factors_of
from analysis.study.episodes import judge_events
from analysis.study.panel import Panel
from analysis.study.responses import compose, cumulate_rows
from analysis.study.tipping_rules import SIGNED, Rule, add_up
from analysis.study.tipping_search import Change

__all__ = ["put_windows_back"]


class _Day(NamedTuple):
    """A day of a claim with its firms, those kept out of it, and the change that each would be."""

    event: str
    day0: pd.Timestamp
    episode: int
    sign: int
    firms: list[str]
    out: list[str]
    changes: list[int]


def put_windows_back(
    claim: OnEvents, panel: Panel, rule: Rule, clean: tuple[int, int] | None
) -> Change:
    """Put back firms that news of their own keeps out of a day, each day and firm by itself.

    ``clean`` are the event days that must be free of such news; None where the claim asks for none.
    """
    labels: list[str] = []
    sides = (
        []
        if clean is None
        else [
            _list_days(claim, panel, events, window_name(clean), labels)
            for events in claim.sides.values()
        ]
    )
    if not labels:
        return Change("put back", (), lambda sets: np.empty((len(sets), 0, 0)))
    tables = [_tabulate(claim, panel, rule, days) for days in sides]

    def sums(sets: Bools) -> Floats:
        found = [
            _average(sets, days, table) if days else np.zeros((len(sets), 0, len(rule.columns)))
            for days, table in zip(sides, tables, strict=True)
        ]
        return np.stack([add_up(values) for values in found], axis=1)

    return Change("put back", tuple(labels), sums)


def _list_days(
    claim: OnEvents, panel: Panel, events: Events, window: str, labels: list[str]
) -> list[_Day]:
    """List the days that a side would have with all firms, by episode; name their changes.

    Headlines of one day have the same firms, so that the first stands for it in any case.
    """
    portfolio = parse_portfolio(claim.of, panel.snapshot)
    known = compose(panel, portfolio, None)[0].index
    judged = judge_events(chained_for(claim, panel), known, events)
    inside = judged[judged["left_out"] == ""].sort_values("episode", kind="stable")
    usable = panel.event_study.rows[["id", "ticker"]]
    usable = usable[usable["ticker"].isin(portfolio.members)]
    kept = panel.clean.loc[pd.MultiIndex.from_frame(usable), window].to_numpy(dtype=bool)
    firms_of: dict[str, tuple[list[str], list[str]]] = {}
    for event, ticker, stays in zip(usable["id"], usable["ticker"], kept, strict=True):
        firms_of.setdefault(event, ([], []))[not stays].append(ticker)
    days = []
    for event, row in inside.iterrows():
        firms, out = firms_of.get(str(event), ([], []))
        changes = [*range(len(labels), len(labels) + len(out))]
        labels += [f"{event} ({ticker})" for ticker in out]
        days.append(_Day(str(event), row["day0"], row["episode"], row["sign"], firms, out, changes))
    return days


def _tabulate(claim: OnEvents, panel: Panel, rule: Rule, days: list[_Day]) -> list[Floats]:
    """Find the response of each day with every set of its firms put back. (2^out, C) a day.

    The firm that comes first among those kept out is the lowest bit of a row's number.
    """
    portfolio = parse_portfolio(claim.of, panel.snapshot)
    firms = panel.snapshot.choices.firms.studied
    funds = [member for member in portfolio.members if member not in firms]
    weights: dict[str, pd.Series] = {}
    asked: list[list[tuple[str, pd.Timestamp]]] = []
    for day in days:
        asked.append([])
        for back in product((False, True), repeat=len(day.out)):
            added = [firm for firm, put in zip(day.out, reversed(back), strict=True) if put]
            weight = portfolio.weigh([*day.firms, *added, *funds])
            name = "" if weight is None else ",".join(weight)
            if weight is not None:
                weights[name] = pd.Series(weight)
            asked[-1].append((name, day.day0))
    pairs = dict.fromkeys(pair for each in asked for pair in each if pair[0])
    if not pairs:
        return [np.full((len(each), len(rule.columns)), np.nan) for each in asked]
    rows = pd.DataFrame([*pairs], columns=["ticker", "day0"])
    bounds = claim.window or panel.snapshot.choices.windows.primary_bounds
    follows = getattr(claim, "follows", None)
    found = cumulate_rows(panel, weights, rows, bounds, factors_of(claim, panel), follows)
    cells, signed = found[list(rule.columns)], np.isin(rule.columns, SIGNED)
    return [
        cells.reindex(pd.MultiIndex.from_tuples(each)).to_numpy(dtype=float)
        * np.where(signed, day.sign, 1)
        for day, each in zip(days, asked, strict=True)
    ]


def _average(sets: Bools, days: list[_Day], tables: list[Floats]) -> Floats:
    """Average the days of each episode that have a response, under each set. (N, K, C)."""
    values = np.stack(
        [
            table[sets[:, day.changes] @ (1 << np.arange(len(day.changes)))]
            for day, table in zip(days, tables, strict=True)
        ],
        axis=1,
    )
    starts = np.flatnonzero(np.diff([day.episode for day in days], prepend=-1))
    there = ~np.isnan(values)
    count = np.add.reduceat(there, starts, axis=1, dtype=np.int64)
    total = np.add.reduceat(np.where(there, values, 0.0), starts, axis=1)
    return np.asarray(total / np.where(count, count, np.nan))
