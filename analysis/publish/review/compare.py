"""What differs between two versions of the results, most important first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.publish.result_set import Entries, Entry, ResultSet
from analysis.publish.review.margins import Margin, shrunk_margins
from analysis.publish.review.renamed import DEFINITION, PROVENANCE, find_renamed
from analysis.publish.review.table_edits import compare_tables
from analysis.results.formats import format_value
from analysis.snapshot.edits import RowEdits

__all__ = ["Comparison", "Flip", "Move", "compare"]

ALPHA = 0.05
"""The level at which the paper calls a p-value significant."""

RELATIVE, ABSOLUTE = 1e-10, 1e-13
"""Differences below these come from another machine's linear algebra and are no change."""

Pair = tuple[str, Entry, Entry]
QUANTITIES = ("value", "se", "low", "high", "level", "p", "n")


@dataclass(frozen=True, slots=True)
class Move:
    """One number that moved: what the paper printed and would print.

    ``size`` is the absolute change in units of ``scale`` (``s.e.`` or ``half-width`` of the
    interval), None without one; ``share`` is the change relative to the larger of both values.
    ``details`` are changes besides the value: ``p 0.04 → 0.06``.
    """

    key: str
    old: str
    new: str
    size: float | None
    scale: str
    share: float
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """What a result said and says now: a verdict, the side of 0.05, a part of its definition.

    ``evidence`` is what it rests on, ``meaning`` the estimand of a number.
    """

    key: str
    old: str
    new: str
    evidence: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs; each part is empty if nothing does.

    ``redefined`` are definitions (estimand, unit, format, rule, sample), ``evidence`` what moved
    under the same verdict, ``significance`` p-values that crossed :data:`ALPHA`, ``margins``
    tipping points that came nearer under the same verdict. ``uncited`` are
    numbers that one version or both do not publish and of which the hashes differ: the new value
    where it is at hand, and which of values and words moved. ``provenance`` are
    functions and inputs under other names: where a result comes from is no result. ``counts`` are
    the results of each kind that both versions have; ``not_compared`` kinds without a record.
    """

    verdicts: tuple[Flip, ...]
    moves: tuple[Move, ...]
    uncited: tuple[Flip, ...]
    redefined: tuple[Flip, ...]
    evidence: tuple[Flip, ...]
    significance: tuple[Flip, ...]
    margins: tuple[Margin, ...]
    tables: Mapping[str, RowEdits]
    figures: tuple[str, ...]
    passages: tuple[str, ...]
    datasets: tuple[Flip, ...]
    renamed: tuple[Flip, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    provenance: tuple[Flip, ...]
    counts: Mapping[str, int]
    not_compared: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether a result differs; where it comes from is none."""
        aside = ("provenance", "counts", "not_compared")
        return any(getattr(self, part) for part in self.__slots__ if part not in aside)

    def names(self) -> tuple[str, ...]:
        """Name what differs: verdicts first, then numbers; where results come from last."""
        return (
            *(f"claim {flip.key}" for flip in self.verdicts),
            *(f"number {move.key}" for move in self.moves),
            *(f"number {flip.key}" for flip in self.uncited),
            *(flip.key for flip in self.redefined),
            *(f"evidence of claim {flip.key}" for flip in self.evidence),
            *(f"table {name}" for name in self.tables),
            *(f"figure {name}" for name in self.figures),
            *(f"passage {name}" for name in self.passages),
            *(f"data set {flip.key}" for flip in self.datasets),
            *(f"{flip.old}, now {flip.new}" for flip in self.renamed),
            *self.added,
            *self.removed,
            *(flip.key for flip in self.provenance),
            *(f"record of {kind}" for kind in self.not_compared),
        )


def compare(old: ResultSet, new: ResultSet) -> Comparison:
    """Compare the base with the version under review.

    Moves in units of the standard error (of the half-width of the interval where there is none)
    come first, the largest on top; then those without a scale by relative change.
    """
    unrecorded = old.kinds.keys() ^ new.kinds.keys()
    old, new = (
        ResultSet({k: v for k, v in results.kinds.items() if k not in unrecorded})
        for results in (old, new)
    )
    numbers, claims, tables, figures, passages, datasets = (
        _shared(old[kind], new[kind])
        for kind in ("number", "claim", "table", "figure", "passage", "data set")
    )
    listed = _shared(old["key"], new["key"])
    before, after = old.by_name(), new.by_name()
    pairs = find_renamed(before, after)
    both = _shared(before, after) + [(name, before[was], after[name]) for was, name in pairs]
    return Comparison(
        verdicts=tuple(_verdict_flips(claims, old, new)),
        significance=tuple(flip for pair in numbers if (flip := _significance(*pair))),
        margins=tuple(shrunk_margins(old, new)),
        moves=tuple(sorted((m for pair in numbers if (m := _move(*pair))), key=_rank)),
        evidence=tuple(_evidence_moves(claims, old, new)),
        uncited=tuple(_uncited(listed, old["number"], new["number"])),
        redefined=tuple(_differences(both, DEFINITION)),
        tables={
            key: compare_tables(a["text"], b["text"])
            for key, a, b in tables
            if a.get("text") != b.get("text")
        },
        figures=tuple(
            key
            for key, a, b in figures
            if any(a.get(part) != b.get(part) for part in ("digest", "alt"))
        ),
        passages=tuple(key for key, a, b in passages if a != b),
        datasets=tuple(flip for pair in datasets if (flip := _dataset(*pair))),
        renamed=tuple(Flip(was, was, name) for was, name in pairs),
        added=tuple(sorted(after.keys() - before.keys() - {name for _, name in pairs})),
        removed=tuple(sorted(before.keys() - after.keys() - {was for was, _ in pairs})),
        provenance=tuple(_differences(both, PROVENANCE)),
        counts={kind: len(old[kind].keys() & new[kind].keys()) for kind in new.kinds}
        | {"key": len(listed) - len(numbers)},
        not_compared=tuple(sorted(unrecorded)),
    )


def _shared(old: Entries, new: Entries) -> list[Pair]:
    return [(key, old[key], new[key]) for key in new if key in old]


def _differences(both: Iterable[Pair], parts: tuple[str, ...]) -> Iterator[Flip]:
    """Compare parts of entries; a part that a version does not record is not compared."""
    for name, old, new in both:
        for part in parts:
            if part in old and part in new and old[part] != new[part]:
                yield Flip(f"{name}: {part}", _listed(old[part]), _listed(new[part]))


def _verdict_flips(claims: Iterable[Pair], old: ResultSet, new: ResultSet) -> Iterator[Flip]:
    for key, a, b in claims:
        if a["verdict"] != b["verdict"]:
            said = _stated(key, a, old), _stated(key, b, new)
            yield Flip(key, a["verdict"], b["verdict"], " → ".join(dict.fromkeys(said)))


def _evidence_moves(claims: Iterable[Pair], old: ResultSet, new: ResultSet) -> Iterator[Flip]:
    for key, a, b in claims:
        before, after = (str(entry.get("evidence", "")) for entry in (a, b))
        if a["verdict"] == b["verdict"] and before != after:
            said = _stated(key, a, old), _stated(key, b, new)
            yield Flip(key, *(said if said[0] != said[1] else (before, after)))


def _stated(key: str, verdict: Entry, results: ResultSet) -> str:
    """State the evidence as the paper prints it: the claim's effect where it has one."""
    effect = results["number"].get(f"claim.{key.lower()}.effect")
    if effect is None:
        return str(verdict.get("evidence", ""))
    interval = f" ({effect['interval']})" if "interval" in effect else ""
    p = f", p {_short(effect['p'], 'p')}" if "p" in effect else ""
    return f"{_text(effect)}{interval}{p}"


def _uncited(listed: Iterable[Pair], old: Entries, new: Entries) -> Iterator[Flip]:
    """Compare by their hashes the numbers that are not published in both versions."""
    for key, a, b in listed:
        moved = [part for part in ("values", "words") if a[part] != b[part]]
        if moved and not (key in old and key in new):
            before, after = (_text(e[key]) if key in e else "" for e in (old, new))
            yield Flip(key, before, after, " and ".join(moved))


def _dataset(key: str, old: Entry, new: Entry) -> Flip | None:
    if old.get("digest") == new.get("digest"):
        return None
    before, after = old["columns"], new["columns"]
    words = [f"column {name} gone" for name in before if name not in after]
    words += [f"column {name} new" for name in after if name not in before]
    changed = [name for name, digest in after.items() if before.get(name, digest) != digest]
    if changed and old["rows"] == new["rows"]:
        words.append(f"values of {', '.join(changed)}")
    return Flip(
        key, f"{old['rows']} rows", f"{new['rows']} rows", "; ".join(words) or "order of columns"
    )


def _move(key: str, old: Entry, new: Entry) -> Move | None:
    different = [name for name in QUANTITIES if not _same(old.get(name), new.get(name))]
    # At the edge of rounding the last bits decide what is printed.
    printed = old.get("format") == new.get("format") and _text(old) != _text(new)
    if not (different or printed):
        return None
    change, share = _change(old["value"], new["value"])
    size, name = None, ""
    if "value" in different:
        scale, name = _scale(old)
        if scale is None:
            scale, name = _scale(new)
        size = None if scale is None else change / scale
    return Move(key, _text(old), _text(new), size, name, share, _details(old, new, different))


def _details(old: Entry, new: Entry, different: list[str]) -> tuple[str, ...]:
    """Say what moved besides the value; both bounds of an interval together."""
    parts = ["interval" if part in ("low", "high") else part for part in different]
    return tuple(
        f"{part} {_short(old.get(part), part)} → {_short(new.get(part), part)}"
        for part in dict.fromkeys(parts)
        if part != "value"
    )


def _text(entry: Entry) -> str:
    return str(entry.get("text", entry["value"]))


def _short(value: object, part: str) -> str:
    if isinstance(value, float) and part == "p":
        return format_value(value, "pvalue")
    if isinstance(value, float):
        return f"{value:.3g}".replace("-", "\u2212")
    return "none" if value is None else str(value)


def _same(old: object, new: object) -> bool:
    if isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return old == new


def _change(old: object, new: object) -> tuple[float, float]:
    """Return the absolute and the relative change; text that changed counts as all of it."""
    if not (isinstance(old, int | float) and isinstance(new, int | float)):
        return (0.0, 0.0) if old == new else (math.inf, 1.0)
    change = abs(new - old)
    return change, change / max(abs(old), abs(new)) if change else 0.0


def _scale(entry: Entry) -> tuple[float | None, str]:
    """Return the yardstick of a number: its standard error, or half its interval."""
    if entry.get("se"):
        return float(entry["se"]), "s.e."
    if "low" in entry and "high" in entry and entry["high"] > entry["low"]:
        return (entry["high"] - entry["low"]) / 2, "half-width"
    return None, ""


def _rank(move: Move) -> tuple[bool, float, str]:
    measured = move.size is not None
    return (not measured, -(move.size if move.size is not None else move.share), move.key)


def _significance(key: str, old: Entry, new: Entry) -> Flip | None:
    before, after = _p(old), _p(new)
    if before is None or after is None or (before < ALPHA) == (after < ALPHA):
        return None
    words = [f"{'below' if p < ALPHA else 'at or above'} {ALPHA:g}" for p in (before, after)]
    moved = f"{_text(old)} → {_text(new)}"
    p = "" if new.get("unit") == "p-value" else f", p {_short(before, 'p')} → {_short(after, 'p')}"
    return Flip(key, words[0], words[1], moved + p, str(new.get("estimand", "")))


def _p(entry: Entry) -> float | None:
    p = entry["value"] if entry.get("unit") == "p-value" else entry.get("p")
    return float(p) if isinstance(p, int | float) else None


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
