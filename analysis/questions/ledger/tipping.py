"""Tipping points of the ledger: how little would turn each verdict that episodes decide.

Asked after the results were known; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.questions.ledger.entries import outcomes
from analysis.questions.ledger.tipping_rows import (
    Tipped,
    frame_rows,
    named_rows,
    one_out_rows,
    span,
    turn_rows,
)
from analysis.questions.requirements import Need
from analysis.results import LATER, Dataset, Figure, Findings, Number, Provenance, Verdict
from analysis.results.columns import Column, Interval, numbers_of, scalar_numbers, table_of
from analysis.results.formats import listed, percent, words
from analysis.snapshot.claims import ACROSS_EPISODES
from analysis.study.changes import panel_elsewhere
from analysis.study.episodes import FEWEST
from analysis.study.panel import Panel
from analysis.study.tipping import DECISIVE, SORTS, tip_claim
from analysis.study.tipping_search import EXACT
from analysis.study.verdicts import adjust, belongs

__all__ = ["compute", "tip_claims"]

NEEDS = (
    Need(
        "a claim in claims.toml that events decide",
        lambda s: any(isinstance(claim, ACROSS_EPISODES) for claim in s.claims.values()),
    ),
)
KEY = "claim.{claim}"
LOSS = "episodes that can be left out without turning the verdict of claim {claim}"
FEWEST_OF = {
    "dropped": "fewest episodes found that turn the verdict of claim {claim}, left out",
    "recoded": "fewest events found that turn the verdict of claim {claim}, coded otherwise",
    "moved": "fewest events found that turn the verdict of claim {claim}, on their other day",
    "put back": "fewest firm-windows found that turn the verdict of claim {claim}, put back",
    "decided": "fewest changes of one sort found that decide claim {claim}, or undo its decision",
}
MARGINS = (
    Column("survives", "", "text", "words", LOSS, ".tipping"),
    *(
        Column(name, "", "words", "changes", said, f".tipping.{name.replace(' ', '_')}")
        for name, said in FEWEST_OF.items()
    ),
)
EFFECTS = tuple(
    Column(
        name,
        "",
        "text",
        "see estimand",
        f"{said} value with one episode left out: {{estimand}}",
        f".one_out.{name}",
    )
    for name, said in (("low", "smallest"), ("high", "largest"))
)
PS = tuple(
    Column(name, "", "pvalue", "p-value", f"{said} p of claim {{claim}} with one episode left out",
           f".one_out.{name}")
    for name, said in (("p_low", "smallest"), ("p_high", "largest"))
)  # fmt: skip
COLUMNS: tuple[Column | Interval, ...] = (
    Column("claim", "Id"),
    Column("said", "Verdict"),
    Column("sample", "K"),
    Column("survives", "Survives loss of"),
    *(Column(f"shown {sort}", sort.capitalize()) for sort in SORTS[1:]),
    Column("shown decided", "Decided by"),
    Column("range", "Effect, one out"),
    Interval("p, one out", "p_low", "p_high", "pvalue", "p_range"),
)
NOTE = (
    "Exploratory: asked after the results were known, it decides nothing. The smallest change of "
    "one sort that turns a verdict to another, the p of other claims held: episodes left out, "
    "events given the other direction on record or moved to the other day, firms put back that "
    "news of their own keeps out of a day (@tbl-tipping-changes names them). None: no set that was "
    "tried turns it; an en dash: there is nothing to change. Every set of up to {exact} is tried; "
    "above that sets are grown from those that go furthest, so that fewer might do (≤). A test "
    "that is lost for want of {fewest} episodes is no turn, one that is gained is. Decided by: "
    "what makes an open claim supported or contradicted, or undoes that. One out: smallest and "
    "largest value with each episode left out in turn. RS and WS: right and wrong sign, within "
    "noise."
)
NAMED = (
    Column("claim", "Id"),
    Column("sort", "Sort"),
    Column("size", "Changes", "integer"),
    Column("ways", "Sets", "integer"),
    Column("to", "Turns to"),
    Column("what", "First set"),
)
WHAT = (
    "The changes counted in @tbl-tipping, up to {exact} of one sort: the first set in order of the "
    "data, and how many sets as small do the same. Days, directions and firms in brackets are "
    "what an event becomes, or who is put back."
)


def compute(panel: Panel) -> Findings:
    """Find the tipping points of the rules by which the study decides."""
    tipped = tip_claims(panel)
    frame, size = frame_rows(tipped), panel.snapshot.choices.inference.size
    texts = {"exact": words(EXACT), "fewest": words(FEWEST)}
    numbers = numbers_of(frame, (*MARGINS, *PS), KEY, SOURCE)
    for fmt in frame["format"].unique():
        columns = [replace(column, format=fmt) for column in EFFECTS]
        numbers += numbers_of(frame[frame["format"] == fmt], columns, KEY, SOURCE)
    named = pd.DataFrame(named_rows(tipped), columns=[column.name for column in NAMED])
    return Findings(
        numbers=[*_counts(tipped), *numbers],
        tables=[
            table_of("tipping", frame, COLUMNS, SOURCE, NOTE, **texts),
            table_of("tipping_changes", named, NAMED, SOURCE, WHAT, **texts),
        ],
        figures=_picture(tipped, size),
        datasets=[
            Dataset("tipping", pd.DataFrame(turn_rows(tipped)), SOURCE),
            Dataset("leave_one_out", one_out_rows(tipped), SOURCE),
        ],
        verdicts=_verdicts(tipped),
    )


def tip_claims(panel: Panel, sorts: Collection[str] = SORTS) -> list[Tipped]:
    """Find the tipping points of every claim that events decide, in the order of the ledger."""
    results = outcomes(panel)
    adjusted = adjust(panel.claims, results, panel.rules)
    family = {key: results[key].p for key in adjusted}
    found, elsewhere = [], panel_elsewhere(panel) if "moved" in sorts else None
    for key, claim in panel.claims.items():
        if isinstance(claim, ACROSS_EPISODES) and claim.verdict is None:
            others = np.array([p for other, p in family.items() if other != key], dtype=float)
            held = others if belongs(claim, results[key], panel.rules) else None
            points = tip_claim(claim, panel, held, elsewhere, sorts)
            found.append(Tipped(points, results[key]))
    return found


SOURCE = Provenance.of(tip_claims, f"claims that events decide, by their rules; {LATER}")


def _counts(tipped: list[Tipped]) -> list[Number]:
    """Count the verdicts that survive the loss of an episode, and name those that do not."""
    tested = [each for each in tipped if each.points.tested]
    spare = [each for each in tested if each.points.spare]
    first = {e.id: e.points.turns["dropped"].get("turned") for e in spare}
    fall = [key for key, turn in first.items() if turn is not None and turn.size == 1]
    bare = [each.id for each in tested if not each.points.spare]
    one = "the removal of any one episode"
    counts = {
        "tested": (len(tested), "verdicts with a test across episodes"),
        "survive_one": (len(spare) - len(fall), f"verdicts that survive {one}"),
        "fall_one": (len(fall), f"verdicts that do not survive {one}"),
        "no_spare": (len(bare), "verdicts whose test would not be left without an episode"),
    }
    names = {
        name: (listed(ids), f"claims whose verdict {said}")
        for name, ids, said in (
            ("fall_one.claims", fall, f"does not survive {one}"),
            ("no_spare.claims", bare, "would have no test without an episode"),
        )
        if ids
    }
    return [
        *scalar_numbers("ledger.tipping", counts, SOURCE),
        *scalar_numbers("ledger.tipping", names, SOURCE, "words", "text"),
    ]


def _verdicts(tipped: list[Tipped]) -> list[Verdict]:
    """Say whether one change of any sort decides an open claim, or undoes a decision."""
    decided = [each for each in tipped if each.points.verdict in DECISIVE]
    still_open = [each for each in tipped if each.points.verdict not in DECISIVE]
    undone, made = ([e.id for e in of if "decided" in e.ones] for of in (decided, still_open))
    all_ = "all" if len(undone) == len(decided) else "some"
    of_any = "one episode, coding, day or firm-window"
    return [
        Verdict("tipping.decides", "some" if made else "none",
                f"an open claim that {of_any} makes supported or contradicted",
                listed(made) or "none", SOURCE),
        Verdict("tipping.undoes", all_ if undone else "none",
                f"supported or contradicted claims that {of_any} makes open",
                listed(undone) or "none", SOURCE),
    ]  # fmt: skip


def _picture(tipped: list[Tipped], size: float) -> list[Figure]:
    """Effects over what each test can find, positive as claimed, and p, with one episode out."""
    rows = []
    for each in tipped:
        points, outcome = each
        if not points.tested or not outcome.detectable:
            continue
        unit = outcome.sign / outcome.detectable
        ends = sorted(unit * value for value in span(points.one_out.effect, points))
        p_low, p_high = span(points.one_out.p, points)
        row = {"claim": each.id, "effect": unit * points.full.effect[0], "p": points.full.p[0]}
        rows.append(row | {"low": ends[0], "high": ends[1], "p_low": p_low, "p_high": p_high})
    if not rows:
        return []
    frame = pd.DataFrame(rows)
    crossed = frame.loc[(frame["low"] < 0) & (frame["high"] > 0), "claim"]
    below = frame[["p", "p_low", "p_high"]].dropna() < size
    sides = frame["claim"].reindex(below.index[below.any(axis=1) & ~below.all(axis=1)])
    alt = (
        f"Two dot plots with a row for each of {len(frame)} claims: the effect over its minimum "
        f"detectable effect and the p-value, each with its range when one episode is left out. "
        f"The range of the effect holds zero for {listed(list(crossed)) or 'none'}; the p-value "
        f"changes sides of {percent(size)} for {listed(list(sides)) or 'none'}."
    )
    return [Figure("tipping", "one_out", {"claims": frame}, alt, SOURCE, {"size": size})]
