"""The filled form as a document: boxes, run times, exhibits, numbers, what is not established."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from analysis.publish.exhibit_map import TITLES
from analysis.publish.referee.answers import CANNOT, Answer, Build
from analysis.publish.referee.boxes import Box, read_boxes
from analysis.publish.referee.checks import answer
from analysis.publish.review.document import Document, Section
from analysis.publish.review.usage import find_uses

__all__ = ["OPEN", "fill_form"]

OPEN = (
    "mixed",
    "right sign within noise",
    "wrong sign within noise",
    "no sign within noise",
    "cannot decide",
    "not testable",
    "shown, not decided",
    "within noise",
    "alike within noise",
    "no evidence",
    "fragile",
    "depends on choices",
    "depends on the method",
)
"""Verdicts that leave a claim open."""


def fill_form(build: Build) -> Document:
    """Answer every box and list what the build made.

    Returns
    -------
    Document
        For :func:`.markdown_form.write_markdown` and :func:`.page_form.write_page`.
    """
    boxes, sources = read_boxes()
    filled = [(box, answer(build, box)) for box in boxes]
    counts = Counter(given.word for _, given in filled)
    difference = build.difference
    alarm = ""
    if difference is None:
        alarm = "There were no results before this run: nothing could be held against them."
    elif difference:
        names = difference.names()
        alarm = f"{len(names)} results are not the committed ones, first {names[0]}."
    return Document(
        title="Replication report, filled from a build",
        opening=(
            f"{counts['yes']} boxes yes, {counts['no']} no, {counts[CANNOT]} {CANNOT}; nothing was "
            "filled in by hand.",
            f"Classification: {_classify(build)}.",
        ),
        alarm=alarm,
        sections=(
            *_answered(filled),
            _times(build),
            *_exhibits(build),
            _in_text(build),
            _not_established(build),
            Section("Where the boxes are from", ("name", "source"), list(sources.items())),
        ),
    )


def _classify(build: Build) -> str:
    """Return the class of reproduction in the words of the template."""
    if build.difference is None:
        return f"{CANNOT}, there were no results before this run"
    if not build.difference:
        return "full reproduction"
    changed, of = len(build.difference.names()), max(sum(build.difference.counts.values()), 1)
    return "full reproduction with minor issues" if changed / of < 0.01 else "partial reproduction"


def _answered(filled: list[tuple[Box, Answer]]) -> Iterator[Section]:
    for title in dict.fromkeys(box.section for box, _ in filled):
        rows = [(b.text, a.word, a.shown, b.origin) for b, a in filled if b.section == title]
        yield Section(title, ("box", "answer", "shown by", "from"), rows)


def _times(build: Build) -> Section:
    stated = build.stated["seconds"]
    rows = [
        (stage, f"{took:.1f}", f"{stated[stage]:.1f}" if stage in stated else "")
        for stage, took in build.seconds.items()
    ]
    machine = ", ".join(f"{name} {value}" for name, value in build.machine.items())
    return Section("Run times by stage", ("stage", "seconds here", "stated"), rows, note=machine)


def _exhibits(build: Build) -> Iterator[Section]:
    """List tables, figures and verdicts with what makes them; numbers have a list of their own."""
    header = ("name", "in the paper", "program", "inputs", "output")
    for kind, title in TITLES.items():
        if kind != "number":
            rows = [tuple(e[1:]) for e in build.exhibits if e.kind == kind]
            yield Section(f"Exhibit map: {title.lower()}", header, rows)


def _in_text(build: Build) -> Section:
    numbers, uses = build.now["number"], find_uses(build.root / "paper")
    programs = {e.name: e.program for e in build.exhibits if e.kind == "number"}
    rows = [
        (use.place, str(numbers[name]["text"]), name, programs.get(name, ""))
        for (kind, name), places in uses.items()
        if kind == "number" and name in numbers
        for use in places
    ]
    header = ("place", "printed", "key", "program")
    return Section("In-text numbers", header, sorted(rows, key=_place))


def _place(row: tuple[str, ...]) -> tuple[str, int]:
    file, _, line = row[0].rpartition(":")
    return file, int(line)


def _not_established(build: Build) -> Section:
    rows = [  # those of rules that were amended stand beside these, and are not listed twice
        (key, entry["verdict"], entry["evidence"], entry["rule"])
        for key, entry in build.now["claim"].items()
        if entry["verdict"] in OPEN and not key.endswith((".registered", ".unadjusted"))
    ]
    note = "Every claim that its verdict leaves open, from the record of verdicts."
    header = ("claim", "verdict", "evidence", "rule")
    return Section("What is not established", header, rows, note=note)
