"""Tables as text: Markdown with notes below, plain ones for READMEs, CSV for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from analysis.errors import ResultsError
from analysis.results import Table
from analysis.results.formats import escape_cell, format_value, pipe_row

__all__ = ["csv_text", "markdown", "plain_table"]


def markdown(table: Table) -> str:
    """Write a table as a pipe table with its notes below, numbers right-aligned, text left-aligned.

    Raises
    ------
    ResultsError
        If a header or a format names a column that the frame does not have.
    """
    frame = table.frame
    strays = (set(table.formats) | set(table.headers)) - set(frame.columns)
    if strays:
        raise ResultsError(f"table {table.name}: its frame has no {', '.join(sorted(strays))}")
    columns = []
    for name in map(str, frame.columns):
        format_ = table.formats.get(name, "text")
        cells = [escape_cell(format_value(_plain(value), format_)) for value in frame[name]]
        cells = [table.headers.get(name, name), *cells]
        width = max(3, *map(len, cells))
        if format_ == "text":
            columns.append([cell.ljust(width) for cell in cells])
            columns[-1].insert(1, f":{'-' * (width - 1)}")
        else:
            columns.append([cell.rjust(width) for cell in cells])
            columns[-1].insert(1, f"{'-' * (width - 1)}:")
    text = "".join(f"{pipe_row(row)}\n" for row in zip(*columns, strict=True))
    return text + (f"\n::: {{.table-note}}\n{table.notes}\n:::\n" if table.notes else "")


def plain_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a pipe table without alignment."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(pipe_row([escape_cell(str(cell)) for cell in line]) for line in lines)


def csv_text(data: pd.DataFrame | pd.Series, digits: int) -> str:
    """Write a frame as CSV: significant digits of floats, days as ISO dates, no index."""
    text: str = data.to_csv(
        index=False, float_format=f"%.{digits}g", date_format="%Y-%m-%d", lineterminator="\n"
    )
    return text


def _plain(value: Any) -> float | int | str | None:
    """Turn what a frame may hold into what can be formatted."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, str):
        return value
    return float(value)
