"""A report on the terminal: plain text in columns, marked words in colour where there is any."""

from __future__ import annotations

from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.publish.review.document import Document, Marked, Section, shorten

__all__ = ["print_document"]

ROWS = 25
"""Rows of a table, and paragraphs, that are shown; the page has all."""

WIDTH = 120
"""Columns where no terminal says how many it has."""

_STYLES = {"same": "", "deleted": "red strike", "inserted": "green underline"}
_MARKS = {"same": ("", ""), "deleted": ("[-", "-]"), "inserted": ("{+", "+}")}


def print_document(document: Document, file: TextIO) -> None:
    """Print a report; without colours, words deleted and inserted stand in [-…-] and {+…+}."""
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(Text(document.title, style="bold"))
    for line in document.opening:
        console.print(line)
    if document.alarm:
        console.print(Text(document.alarm, style="bold red"))
    for remark in document.remarks:
        console.print(remark)
    for section in document.sections:
        _print_section(section, console)


def _print_section(section: Section, console: Console) -> None:
    console.print()
    console.print(Text(f"{section.title} ({section.count})", style="bold"))
    if section.note:
        console.print(section.note)
    if section.rows:
        table = Table(*section.header, box=box.SIMPLE_HEAD, pad_edge=False)
        for column in table.columns:
            column.overflow = "fold"
        for row in section.rows[:ROWS]:
            table.add_row(*(Text(cell or "–") for cell in row))
        console.print(table)
    for marked in section.marked[:ROWS]:
        console.print(_paragraph(marked, coloured=console.color_system is not None))
    if section.count > ROWS:
        console.print(f"{section.count - ROWS} more are in diff.html.")


def _paragraph(marked: Marked, *, coloured: bool) -> Text:
    text = Text(f"{marked.place}\n  ", style="")
    for place, span in enumerate(shorten(marked.spans)):
        opening, closing = ("", "") if coloured else _MARKS[span.kind]
        text.append(" " if place else "")
        text.append(f"{opening}{span.text}{closing}", style=_STYLES[span.kind])
    return text
