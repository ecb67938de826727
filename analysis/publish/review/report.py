"""The report of a comparison: as Markdown for a pull request, as one page for a browser."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from analysis.publish.review.compare import Comparison, Flip, Move
from analysis.publish.review.usage import Kind, Use

__all__ = ["LONGEST", "Picture", "Report", "as_html", "as_markdown"]

LONGEST = 60
"""Rows of a table in the Markdown; a comment holds no more than 65,536 characters."""

Uses = Mapping[tuple[Kind, str], tuple[Use, ...]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure before and after, as SVG; None where there is none."""

    name: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Report:
    """A comparison with what a reader needs to judge it.

    Attributes
    ----------
    base, head : str
        The versions in words.
    comparison : Comparison
        What the change did to the results.
    stale : tuple of str
        Names of committed results that the code no longer gives; empty if they are current.
    uses : mapping
        Where the paper uses what moved.
    pictures : sequence of Picture
        Figures that changed.
    remarks : tuple of str
        What could not be shown, and why.
    """

    base: str
    head: str
    comparison: Comparison
    stale: tuple[str, ...]
    uses: Uses
    pictures: Sequence[Picture] = ()
    remarks: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def as_markdown(report: Report) -> str:
    """Write the report for a pull-request comment: sections that would be empty are left out."""
    lines = [f"## Results: {report.base} → {report.head}", "", _verdict_on_results(report)]
    for section in _sections(report):
        lines += ["", f"### {section.title} ({len(section.rows)})", ""]
        lines += [_row(section.header), _row(["---"] * len(section.header))]
        lines += [_row(map(_cell, row)) for row in section.rows[:LONGEST]]
        if len(section.rows) > LONGEST:
            lines += ["", f"{len(section.rows) - LONGEST} more are in the HTML page."]
    return "\n".join([*lines, *(f"\n{remark}" for remark in report.remarks)]) + "\n"


def _verdict_on_results(report: Report) -> str:
    stale = (
        f"**The committed results are stale** (first: {report.stale[0]}; {len(report.stale)} in "
        "all): run `nox -s paper` and commit `paper/results/`."
        if report.stale
        else "The committed results are what this version computes."
    )
    return stale if report.comparison else f"No result differs. {stale}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Keep a cell on its line, and let nothing in it act as markup or mention anybody."""
    for mark in ("\\", "|", "<", "`", "*", "_", "[", "]"):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("@", "@\u200b").replace("\n", " ") or "–"


def _sections(report: Report) -> list[_Section]:
    c = report.comparison
    flip = ("what", "before", "now", "evidence", "used in")
    sections = [
        _Section("Verdicts that flipped", flip, [_flip(f, "claim", report) for f in c.verdicts]),
        _Section(
            "Significance that flipped", flip, [_flip(f, "number", report) for f in c.significance]
        ),
        _Section(
            "Numbers that moved",
            ("number", "before", "now", "moved by", "besides", "used in"),
            [_moved(move, report) for move in c.moves],
        ),
        _Section("Numbers with another definition", flip[:3],
                 [(f.key, f.old, f.new) for f in c.redefined]),
        _Section("Sentences to read again", ("where", "sentence"), _sentences(report)),
        _Section("Tables that changed", ("table", "used in"),
                 [(name, _places(report, "table", name)) for name in c.tables]),
        _Section("Figures that changed", ("figure", "used in"),
                 [(name, _places(report, "figure", name)) for name in c.figures]),
        _Section("New", ("name",), [(key,) for key in c.added]),
        _Section("Gone", ("name",), [(key,) for key in c.removed]),
    ]  # fmt: skip
    return [section for section in sections if section.rows]


def _flip(flip: Flip, kind: Kind, report: Report) -> tuple[str, ...]:
    return (flip.key, flip.old, flip.new, flip.evidence, _places(report, kind, flip.key))


def _moved(move: Move, report: Report) -> tuple[str, ...]:
    by = f"{move.size:.2g} {move.scale}" if move.size is not None else f"{move.share:.1%}"
    places = _places(report, "number", move.key)
    return (move.key, move.old, move.new, by, "; ".join(move.details), places)


def _places(report: Report, kind: Kind, name: str) -> str:
    return ", ".join(use.place for use in report.uses.get((kind, name), ()))


def _sentences(report: Report) -> Sequence[tuple[str, ...]]:
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


def as_html(report: Report) -> str:
    """Write the report as one page that loads nothing; figures stand side by side."""
    parts = [f"<h1>Results: {escape(report.base)} → {escape(report.head)}</h1>"]
    parts.append(f"<p>{escape(_verdict_on_results(report).replace('*', '').replace('`', ''))}</p>")
    for section in _sections(report):
        head = "".join(f"<th>{escape(cell)}</th>" for cell in section.header)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell) or '–'}</td>" for cell in row) + "</tr>"
            for row in section.rows
        )
        parts.append(
            f"<h2>{escape(section.title)} ({len(section.rows)})</h2>\n"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )
    parts += [_pair(picture) for picture in report.pictures]
    parts += [f"<p>{escape(remark)}</p>" for remark in report.remarks]
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return template.replace("{{body}}", "\n".join(parts))


def _pair(picture: Picture) -> str:
    sides = [("before", picture.before), ("now", picture.after)]
    cells = "".join(
        f"<figure><figcaption>{when}</figcaption>{_image(svg, f'{picture.name}, {when}')}</figure>"
        for when, svg in sides
    )
    return f'<h3>{escape(picture.name)}</h3>\n<div class="pair">{cells}</div>'


def _image(svg: bytes | None, alt: str) -> str:
    if svg is None:
        return "<p>none</p>"
    # As an image and not inline: a script in an SVG of somebody else's version cannot run.
    data = base64.b64encode(svg).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
