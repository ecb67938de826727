"""Markdown tables: formatted cells, aligned columns, notes below."""

from __future__ import annotations

import pandas as pd

from analysis.errors import ResultsError
from analysis.results import Table
from analysis.results.formats import format_value

__all__ = ["markdown"]


def markdown(table: Table) -> str:
    """Write a table as a pipe table, numbers right-aligned, text left-aligned.

    Parameters
    ----------
    table : Table
        Cells unformatted; see :class:`analysis.results.Table`.

    Returns
    -------
    str
        The table, a blank line and the notes; ends with one newline.

    Raises
    ------
    ResultsError
        If a header or a format names a column that the frame does not have.
    """
    frame = table.frame
    strays = (set(table.formats) | set(table.headers)) - set(frame.columns)
    if strays:
        raise ResultsError(f"table {table.name}: its frame has no {', '.join(sorted(strays))}")
    cells = _cells(frame, table)
    headers = [table.headers.get(str(c), str(c)) for c in frame.columns]
    widths = [
        max(3, len(h), *(len(row[i]) for row in cells)) if cells else max(3, len(h))
        for i, h in enumerate(headers)
    ]
    right = [str(c) in table.formats and table.formats[str(c)] != "text" for c in frame.columns]
    rule = [
        "-" * (w - 1) + ":" if r else ":" + "-" * (w - 1)
        for w, r in zip(widths, right, strict=True)
    ]
    lines = [_line(headers, widths, right), _line(rule, widths, right)]
    lines += [_line(row, widths, right) for row in cells]
    text = "\n".join(lines) + "\n"
    return text + (f"\n::: {{.table-note}}\n{table.notes}\n:::\n" if table.notes else "")


def _cells(frame: pd.DataFrame, table: Table) -> list[list[str]]:
    columns = [
        [_escape(format_value(_plain(v), table.formats.get(str(c), "text"))) for v in frame[c]]
        for c in frame.columns
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _plain(value: object) -> float | int | str | None:
    """Turn what a frame may hold into what can be formatted."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, str):
        return value
    return float(value)  # type: ignore[arg-type]


def _escape(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)]
    return "| " + " | ".join(padded) + " |"
