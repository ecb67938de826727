"""The report of a comparison: what was edited, what moved, which sentences and text to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from analysis.publish.review.compare import Comparison, Flip, Move
from analysis.publish.review.document import Document, Marked, Picture, Section
from analysis.publish.review.edited import Edits
from analysis.publish.review.prose import GuardEdit
from analysis.publish.review.repository import FileEdit
from analysis.publish.review.usage import Kind, Use
from analysis.snapshot.edits import RowEdits

__all__ = ["Report", "build_document"]

Uses = Mapping[tuple[Kind, str], tuple[Use, ...]]
Rows = Sequence[tuple[str, ...]]

COMPARED = {
    "number": "value, standard error, interval, level, p, n, format, unit, estimand",
    "key": "by hashes of the same, to seven digits",
    "table": "cell by cell",
    "figure": "by their data",
    "claim": "verdict, rule, evidence",
    "passage": "word by word",
    "data set": "rows and columns",
}
"""Kinds of results, and what of them is compared."""


@dataclass(frozen=True, slots=True)
class Report:
    """A comparison with what a reader needs to judge it.

    ``base`` and ``head`` are the versions in words, ``stale`` names committed results that the code
    no longer gives, ``uses`` are the places in the paper of what moved, ``statements`` the words of
    claims by id, ``text`` paragraphs that read differently, ``remarks`` what could not be shown.
    """

    base: str
    head: str
    comparison: Comparison
    edits: Edits = field(default_factory=lambda: Edits({}, (), (), (), ()))
    stale: tuple[str, ...] = ()
    uses: Uses = field(default_factory=dict)
    statements: Mapping[str, str] = field(default_factory=dict)
    guards: Sequence[GuardEdit] = ()
    text: Sequence[Marked] = ()
    pictures: Sequence[Picture] = ()
    remarks: tuple[str, ...] = ()


def build_document(report: Report) -> Document:
    """Arrange a report: edits, then results with flips on top, then text; no empty sections."""
    sections = [*_edited(report.edits), *_moved(report), *_read_again(report)]
    return Document(
        title=f"Results: {report.base} → {report.head}",
        opening=_opening(report),
        alarm=(
            f"The committed results are stale (first: {report.stale[0]}; {len(report.stale)} in "
            "all): run nox -s paper and commit paper/results/."
            if report.stale
            else ""
        ),
        sections=[s for s in sections if s.count],
        remarks=report.remarks,
    )


def _opening(report: Report) -> list[str]:
    c = report.comparison
    first = [
        "Results differ." if c else "No result differs.",
        "" if report.stale else "The committed results are what this version computes.",
    ]
    compared = "; ".join(
        f"{count:,} {_counted(kind, count)} ({parts})"
        for kind, parts in COMPARED.items()
        if kind not in c.not_compared
        for count in [c.counts.get(kind, 0)]
    )
    lines = [" ".join(filter(None, first)), f"Compared: {compared}."]
    if c.not_compared:
        kinds = ", ".join(f"{kind}s" for kind in c.not_compared)
        lines.append(f"Not compared: {kinds}; the base has no record of them.")
    return lines


def _counted(kind: str, count: int) -> str:
    name = {"claim": "verdict", "key": "uncited number"}.get(kind, kind)
    return name if count == 1 else f"{name}s"


def _edited(edits: Edits) -> list[Section]:
    rows = [(file, *row) for file, found in edits.rows.items() for row in _row_edits(found)]
    return [
        Section("Edited: rows of data", ("file", "row", "column", "before", "now"), rows),
        Section("Edited: choices", ("file", "choice", "before", "now"),
                [(e.file, e.name, e.old, e.new) for e in edits.choices]),
        Section("Edited: claims", ("claim", "field", "before", "now"), _claims(edits)),
        Section("Edited: code", ("file", "lines added", "lines removed"), _files(edits.code)),
        Section("Edited: prose", ("file", "lines added", "lines removed"), _files(edits.prose)),
    ]  # fmt: skip


def _row_edits(edits: RowEdits) -> list[tuple[str, ...]]:
    return [
        *((key, "row added", "", "") for key in edits.added),
        *((key, "row removed", "", "") for key in edits.removed),
        *((cell.row, cell.column, cell.old, cell.new) for cell in edits.cells),
    ]


def _claims(edits: Edits) -> list[tuple[str, ...]]:
    """One row a field; a whole claim that came or went is one row with its statement."""
    rows: list[tuple[str, ...]] = []
    for key, group in groupby(edits.claims, key=lambda entry: entry.name.rpartition(".")[0]):
        fields = [(entry.name.rpartition(".")[2], entry.old, entry.new) for entry in group]
        whole = [f for f in fields if f[0] == "statement" and not (f[1] and f[2])]
        rows += [(key, *f) for f in whole or fields]
    return rows


def _files(edits: Iterable[FileEdit]) -> list[tuple[str, ...]]:
    return [
        (e.path if e.path == e.before else f"{e.before} → {e.path}", str(e.added), str(e.removed))
        for e in edits
    ]


def _moved(report: Report) -> list[Section]:
    c = report.comparison
    return [
        Section("Verdicts that flipped",
                ("claim", "statement", "before", "now", "effect", "used in"),
                [_flip(f, "claim", report) for f in c.verdicts]),
        Section("Significance that flipped",
                ("number", "statement", "before", "now", "value and p", "used in"),
                [_flip(f, "number", report) for f in c.significance]),
        Section("Margins that shrank though no verdict flipped",
                ("number", "what it is", "before", "now", "used in"),
                [(m.key, m.meaning, m.old, m.new, _places(report, "number", m.key))
                 for m in c.margins],
                note="Fewer changes than before would turn the verdict; none: nothing did."),
        Section("Guards changed while the words were not", ("where", "sentence", "before", "now"),
                [(g.place, g.sentence, g.old, g.new) for g in report.guards],
                note="A sentence that stays although its verdict turned may no longer be true."),
        Section("Numbers that moved", ("number", "before", "now", "moved by", "besides", "used in"),
                [_move(move, report) for move in c.moves]),
        Section("Numbers that moved and are not cited", ("number", "before", "now", "what"),
                [(f.key, f.old, f.new, f.evidence) for f in c.uncited],
                note="Only hashes of them are committed; nox -s explain -- KEY shows one in full."),
        Section("Results with another definition", ("what", "before", "now"), _plain(c.redefined)),
        Section("Tables that changed", ("table", "row", "column", "before", "now"),
                _tables(report)),
        Section("Figures that changed", ("figure", "used in"),
                [(name, _places(report, "figure", name)) for name in c.figures],
                pictures=report.pictures),
        Section("Passages that changed", ("passage",), [(name,) for name in c.passages]),
        Section("Data sets that changed", ("data set", "before", "now", "what"),
                [(f.key, f.old, f.new, f.evidence) for f in c.datasets]),
        Section("Evidence that moved under the same verdict", ("claim", "before", "now"),
                _plain(c.evidence)),
        Section("Renamed? The same result under another name", ("before", "now"),
                [(f.old, f.new) for f in c.renamed]),
        Section("New", ("name",), [(key,) for key in c.added]),
        Section("Gone", ("name",), [(key,) for key in c.removed]),
    ]  # fmt: skip


def _tables(report: Report) -> Rows:
    """List the cells that changed; the first of a table says where the paper prints it."""
    found: list[tuple[str, ...]] = []
    for name, edits in report.comparison.tables.items():
        places = _places(report, "table", name)
        for place, row in enumerate(_row_edits(edits)):
            found.append((f"{name}, {places}" if places and not place else name, *row))
    return found


def _plain(flips: Iterable[Flip]) -> list[tuple[str, ...]]:
    return [(flip.key, flip.old, flip.new) for flip in flips]


def _flip(flip: Flip, kind: Kind, report: Report) -> tuple[str, ...]:
    """Give a flip with the words of its claim: a number named claim.a6.p belongs to claim A6."""
    known = {key.lower(): statement for key, statement in report.statements.items()}
    parts = flip.key.lower().split(".")
    statement = known.get(parts[1] if parts[0] == "claim" and len(parts) > 1 else parts[0], "")
    # Of a verdict of the text alone the sentence says what it means.
    uses = report.uses.get((kind, flip.key), ())
    statement = statement or flip.meaning or (uses[0].text if uses else "")
    return flip.key, statement, flip.old, flip.new, flip.evidence, _places(report, kind, flip.key)


def _move(move: Move, report: Report) -> tuple[str, ...]:
    by = f"{move.size:.2g} {move.scale}" if move.size is not None else f"{move.share:.1%}"
    places = _places(report, "number", move.key)
    return (move.key, move.old, move.new, by, "; ".join(move.details), places)


def _places(report: Report, kind: Kind, name: str) -> str:
    return ", ".join(use.place for use in report.uses.get((kind, name), ()))


def _read_again(report: Report) -> list[Section]:
    return [
        Section("Sentences to read again", ("where", "sentence"), _sentences(report)),
        Section("The paper's text, marked up", marked=report.text,
                note="Words deleted and inserted, with the numbers as each version prints them."),
        Section("Where results come from (no result)", ("what", "before", "now", "results"),
                _provenance(report.comparison),
                note="Functions and input files under other names."),
    ]  # fmt: skip


def _sentences(report: Report) -> Rows:
    """Collect the sentences that print a moved number or rest on a flipped verdict, in order."""
    c = report.comparison
    touched: list[tuple[Kind, str]] = [("claim", f.key) for f in c.verdicts]
    touched += [("number", move.key) for move in c.moves]
    uses = {use for key in touched for use in report.uses.get(key, ())}
    first: dict[str, Use] = {}
    for use in sorted(uses, key=lambda use: (use.file, use.line)):
        first.setdefault(use.text, use)  # a sentence with several numbers is read once
    return [(use.place, _with_moves(use.text, c)) for use in first.values()]


def _with_moves(sentence: str, comparison: Comparison) -> str:
    """Put what the paper printed and would print in the places of the numbers that moved."""
    for move in comparison.moves:
        if move.old != move.new:
            sentence = sentence.replace(f"⟨{move.key}⟩", f"⟨{move.old} → {move.new}⟩")
    return sentence


def _provenance(comparison: Comparison) -> Rows:
    """Count results by what changed: functions that moved together by their modules."""
    found: Counter[tuple[str, str, str]] = Counter()
    for flip in comparison.provenance:
        part = flip.key.rpartition(": ")[2]
        (module, _, name), (other, _, now) = flip.old.rpartition("."), flip.new.rpartition(".")
        moved = part == "function" and name == now
        found[
            "module" if moved else part, *((module, other) if moved else (flip.old, flip.new))
        ] += 1
    return [(*change, str(count)) for change, count in found.most_common()]
