"""A report as Markdown for the comment under a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analysis.publish.review.document import Document, Section, Span, shorten
from analysis.results.formats import pipe_row

__all__ = ["ROWS", "write_markdown"]

ROWS = 60
"""Rows of a table, and paragraphs, that are shown; the page has all."""

LONGEST = 58_000
"""Bytes of the whole; a comment holds 65,536 characters and the workflow cuts at 60,000 bytes."""

_MARKUP = re.compile(r"[\\|<`*_\[\]~]")


def write_markdown(document: Document, *, longest: int | None = LONGEST) -> str:
    """Write a report as Markdown, by default no longer than a comment may be.

    Without a ``longest`` number of bytes it has every section and every row.
    """
    rows = ROWS if longest else None
    lines = [f"## {document.title}", *(f"\n{line}" for line in document.opening)]
    if document.alarm:
        lines.append(f"\n**{document.alarm}**")
    lines += [f"\n{_escaped(remark)}" for remark in document.remarks]
    size = len("\n".join(lines).encode())
    for place, section in enumerate(document.sections):
        text = "\n".join(_section(section, rows))
        size += len(text.encode()) + 1
        if longest and size > longest:
            rest = ", ".join(f"{s.title} ({s.count})" for s in document.sections[place:])
            lines.append(f"\nOnly in the HTML page: {rest}.")
            break
        lines.append(text)
    return "\n".join(lines) + "\n"


def _section(section: Section, most: int | None) -> Iterator[str]:
    yield f"\n### {section.title} ({section.count})\n"
    if section.note:
        yield f"{section.note}\n"
    if section.rows:
        yield pipe_row(section.header)
        yield pipe_row(["---"] * len(section.header))
        yield from (pipe_row(map(_cell, row)) for row in section.rows[:most])
    for marked in section.marked[:most]:
        yield f"`{marked.place}` {_spans(tuple(shorten(marked.spans)))}\n"
    if most and section.count > most:
        yield f"\n{section.count - most} more are in the HTML page."


def _spans(spans: Sequence[Span]) -> str:
    marks = {"same": "", "deleted": "~~", "inserted": "**"}
    return " ".join(f"{marks[s.kind]}{_escaped(s.text)}{marks[s.kind]}" for s in spans)


def _cell(text: str) -> str:
    return _escaped(text).replace("\n", " ") or "–"


def _escaped(text: str) -> str:
    """Let nothing in a text act as markup or mention anybody."""
    return _MARKUP.sub(r"\\\g<0>", text).replace("@", "@\u200b")
