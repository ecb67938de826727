"""What the tables and the data sets of tipping points say of each claim, in rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.questions.ledger.beside import SHORT
from analysis.results.formats import format_value, words
from analysis.study.outcomes import Outcome
from analysis.study.tipping import SORTS, Tipping
from analysis.study.tipping_search import EXACT, Turn

__all__ = [
    "Tipped",
    "frame_rows",
    "named_rows",
    "one_out_rows",
    "span",
    "survived_losses",
    "turn_rows",
]


class Tipped(NamedTuple):
    """The tipping points of a claim, and the outcome of its test."""

    points: Tipping
    outcome: Outcome

    @property
    def id(self) -> str:
        """The claim's identifier, such as A3."""
        return self.points.claim.id

    @property
    def ones(self) -> set[str]:
        """Targets that one change of some sort reaches."""
        turns = self.points.turns.values()
        return {target for found in turns for target, turn in found.items() if turn.size == 1}


def frame_rows(tipped: list[Tipped]) -> pd.DataFrame:
    """Put what the table says of a claim in one row."""
    rows = []
    for each in tipped:
        points, outcome = each
        turned = {sort: points.turns[sort].get("turned") for sort in SORTS}
        low, high = span(points.one_out.effect, points)
        p_low, p_high = span(points.one_out.p, points)
        decided = _decided(points)
        rows.append(
            {
                "claim": each.id,
                "estimand": points.claim.estimand,
                "format": outcome.format,
                "said": SHORT.get(points.verdict, points.verdict),
                "sample": outcome.count.replace(" ", ""),
                "survives": survived_losses(points),
                **{sort: turn and turn.size for sort, turn in turned.items()},
                **{
                    f"shown {s}": _shown(t, len(points.changes[s].labels))
                    for s, t in turned.items()
                },
                "decided": decided and decided[1].size,
                "shown decided": f"{_shown(decided[1], 1)} {decided[0]}" if decided else "none",
                **{"low": low, "high": high, "p_low": p_low, "p_high": p_high},
                "range": " to ".join(format_value(v, outcome.format) for v in (low, high))
                if points.tested
                else format_value(None, "text"),
            }
        )
    return pd.DataFrame(rows).astype(dict.fromkeys((*SORTS, "decided"), "Int64"))


def span(values: np.ndarray, points: Tipping) -> tuple[float, float]:
    """Return the smallest and the largest known value of a claim with a test; else NaN."""
    known = values[np.isfinite(values)]
    if not (points.tested and known.size):
        return np.nan, np.nan
    return float(known.min()), float(known.max())


def survived_losses(points: Tipping) -> str | None:
    """Say in few words which episodes can be left out; None where there is no test to lose."""
    if not points.tested:
        return None
    if not points.spare:
        return "none to spare"
    turn, count = points.turns["dropped"].get("turned"), len(points.changes["dropped"].labels)
    if turn is None:
        return "any"
    if turn.size == 1:
        return f"none of {count}" if turn.ways == count else f"any but {turn.ways} of {count}"
    return f"any {words(min(turn.size - 1, EXACT))}, not any {words(turn.size)}"


def _shown(turn: Turn | None, candidates: int) -> str:
    if turn is None:
        return "none" if candidates else format_value(None, "text")
    return f"{'' if turn.size <= EXACT else '≤'}{turn.size}"


def _decided(points: Tipping) -> tuple[str, Turn] | None:
    """Return the smallest change of any sort that decides a claim or undoes it, with its sort."""
    found = [(s, turns["decided"]) for s, turns in points.turns.items() if "decided" in turns]
    return min(found, key=lambda pair: pair[1].size, default=None)


def named_rows(tipped: list[Tipped]) -> Iterator[tuple[str, str, int, int, str, str]]:
    """List the sets of few changes, in words; a set that also decides is listed once."""
    for each in tipped:
        for sort, turns in each.points.turns.items():
            for turn in dict.fromkeys(turns[target] for target in sorted(turns, reverse=True)):
                if turn.size <= EXACT:
                    to = SHORT.get(turn.verdict, turn.verdict)
                    what = "; ".join(turn.labels)
                    yield each.id, sort, turn.size, turn.ways, to, what


def turn_rows(tipped: list[Tipped]) -> Iterator[dict[str, object]]:
    """List every claim, sort and target, whether reached or not."""
    for each in tipped:
        for sort, change in each.points.changes.items():
            for target in ("turned", "decided"):
                turn = each.points.turns[sort].get(target)
                yield {
                    "claim": each.id,
                    "verdict": each.points.verdict,
                    "sort": sort,
                    "candidates": len(change.labels),
                    "target": target,
                    "size": turn and turn.size,
                    "exact": turn is not None and turn.size <= EXACT,
                    "sets": turn and turn.ways,
                    "turns_to": turn and turn.verdict,
                    "changes": turn and "; ".join(turn.labels),
                }


def one_out_rows(tipped: list[Tipped]) -> pd.DataFrame:
    """List every episode of every claim: the test without it."""
    frames = [
        pd.DataFrame(
            {
                "claim": each.id,
                "left_out": each.points.changes["dropped"].labels,
                "effect": each.points.one_out.effect,
                "p": each.points.one_out.p,
                "verdict": each.points.verdicts,
            }
        )
        for each in tipped
    ]
    return pd.concat(frames, ignore_index=True)
