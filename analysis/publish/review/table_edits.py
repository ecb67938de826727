"""Published tables read back from Markdown, so that two versions are compared cell by cell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from analysis.snapshot.edits import Cell, RowEdits, compare_rows

__all__ = ["compare_tables"]

_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[|:\s-]+")


def compare_tables(old: str, new: str) -> RowEdits:
    """Compare two versions of a pipe table with notes below, as :func:`.tables.markdown` writes it.

    Rows are known by as many of their leading cells as make them unique in both versions. A change
    of the notes, or of what only the whole text shows, is a cell of the row ``(table)``.
    """
    (header, rows, notes), (new_header, new_rows, new_notes) = _read(old), _read(new)
    width = _key_width(rows, new_rows)
    before, after = _frame(header, rows, width), _frame(new_header, new_rows, width)
    edits = compare_rows(before, after)
    aside = [("notes", notes, new_notes)]
    if not edits and old != new and notes == new_notes:
        aside.append(("order or layout", "as it was", "another"))
    whole = [Cell("(table)", what, a, b) for what, a, b in aside if a != b]
    return RowEdits(edits.added, edits.removed, (*edits.cells, *whole))


def _read(text: str) -> tuple[list[str], list[list[str]], str]:
    """Split into header, rows and notes."""
    lines = text.splitlines()
    rows = [line for line in lines if line.startswith("|") and not _RULE.fullmatch(line)]
    table = [[cell.strip() for cell in _BAR.split(row.strip())[1:-1]] for row in rows]
    notes = [line for line in lines if line.strip() and not line.startswith(("|", ":::"))]
    return (table[0] if table else []), table[1:], "\n".join(notes)


def _key_width(*versions: Sequence[Sequence[str]]) -> int:
    longest = max((len(row) for rows in versions for row in rows), default=1)
    for width in range(1, longest):
        keys = [[tuple(row[:width]) for row in rows] for rows in versions]
        if all(len(set(found)) == len(found) for found in keys):
            return width
    return 1


def _frame(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> pd.DataFrame:
    labels = _numbered([", ".join(filter(None, row[:width])) for row in rows])
    padded = [[*row, *[""] * len(header)][: len(header)] for row in rows]
    return pd.DataFrame(padded, labels, _numbered(header), dtype=object)


def _numbered(names: Sequence[str]) -> pd.Index:
    """Tell repeated names apart by a number."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return pd.Index(found, dtype=object)
