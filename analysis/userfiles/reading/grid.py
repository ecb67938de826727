"""A file as a grid: its header rows, the cells below them, and where the dates stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pandas as pd

from analysis.userfiles.reading.dates import FIGURES, find_form
from analysis.userfiles.reading.faults import fault
from analysis.userfiles.reading.names import ASSETS
from analysis.userfiles.reading.numbers import Decimal, find_decimal, is_missing, is_word

__all__ = ["DATES", "Frame", "Grid", "Shape", "find_shape", "is_named", "join_dates", "simplify"]

DATES = re.compile(
    r"(event|ann(ouncement)?|trade|trading|obs(ervation)?|cal|data)?(date|datum|dt|day|days|time)"
    r"(stamp|utc)?|timestamp|period|month|quarter|mcaldt|dlycaldt|anndats|evtdate|edate|day0|fecha"
    r"|datetime|dates|names?date"
)
PLAIN = re.compile(r"-?\d+\.\d+")
PARTS = [re.compile(p) for p in ("year|yyyy|yr|jahr", "month|mon|mm|mth|monat", "day|dd|dom|tag")]
VOTES = 2_000  # cells that say which mark is decimal
ROW_NUMBERS = {"", "unnamed0", "index", "row", "rownumber", "no", "nr", "obs", "x", "level0"}


def simplify(name: object) -> str:
    """Return a name as it is compared: small letters and figures only."""
    return re.sub(r"[^a-z0-9%+-]", "", str(name).lower())


def is_named(name: object, names: re.Pattern[str]) -> bool:
    """Say whether a name is one of those of a pattern, however it is written."""
    return names.fullmatch(simplify(name)) is not None


@dataclass(frozen=True, slots=True)
class Shape:
    """What the first rows of a file tell.

    Attributes
    ----------
    heads : list of rows
        Labels above the data, as wide as the data; empty where there is no header.
    start : int
        Number of the first row of data, from 0.
    width : int
        Columns.
    dates : tuple of int
        Columns that hold dates.
    words : tuple of int
        Columns that hold text.
    decimal : {"", ",", "."}
        The mark that the sample agrees on.
    preamble : int
        Rows above the header that belong to no table.
    """

    heads: list[list[str]]
    start: int
    width: int
    dates: tuple[int, ...]
    words: tuple[int, ...]
    decimal: Decimal
    preamble: int


@dataclass(slots=True)
class Grid:
    """A file of which nothing is interpreted but where its parts are.

    Attributes
    ----------
    path : Path
        For messages.
    shape : Shape
        Of its first rows.
    body : DataFrame
        Cells, columns numbered from 0; numbers where the parser knew them, else text.
    said : list of str
        What was understood of the format.
    sheet : str
        The name of its sheet in a workbook of several.
    others : list of Grid
        Further sheets of dates and numbers.
    """

    path: Path
    shape: Shape
    body: pd.DataFrame
    said: list[str] = field(default_factory=list)
    sheet: str = ""
    others: list[Grid] = field(default_factory=list)

    def line(self, row: int) -> int:
        """Return the line of the file on which a row of the body stands, from 1."""
        return self.shape.start + row + 1


def join_dates(grid: Grid) -> Grid:
    """Put year, month and, where it is there, day of three columns into one, and say so."""
    heads, body = grid.shape.heads, grid.body
    names = [simplify(name) for name in heads[-1]] if heads else []
    found = [next((at for at, n in enumerate(names) if p.fullmatch(n)), None) for p in PARTS]
    parts = [at for at in found if at is not None]
    first = grid.shape.dates[0]
    if None in found[:2] or (len(body) and find_form(str(body[first].iloc[0]))):
        return grid
    cells = [body[at].astype(str).str.replace(r"\.0$", "", regex=True) for at in parts]
    joined = (
        cells[0].str.cat(pd.DataFrame(cells[1:]).T, sep="-").where(body[parts].notna().all(axis=1))
    )
    left = [at for at in range(grid.shape.width) if at not in parts]
    grid.body = pd.concat([joined, body[left]], axis=1).set_axis(range(len(left) + 1), axis=1)
    shape = grid.shape
    words = tuple(left.index(at) + 1 for at in shape.words if at in left)
    labels = [["", *(row[at] for at in left)] for row in heads[:-1]]
    labels.append(["date", *(heads[-1][at] for at in left)])
    grid.shape = replace(shape, heads=labels, width=len(left) + 1, dates=(0,), words=words)
    grid.said.append(f"dates of {', '.join(heads[-1][at] for at in parts)}")
    return grid


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that a format other than text gives: labels and typed cells."""

    heads: list[list[str]]
    body: pd.DataFrame


def find_shape(path: Path, rows: Sequence[Sequence[str]], date: str = "") -> Shape:
    """Find header, data and dates in the first rows of a file.

    Parameters
    ----------
    path : Path
        For messages.
    rows : sequence of rows of text
        The first of the file, blank ones included.
    date : str
        Name of the column of dates where it is told.

    Raises
    ------
    UserDataError
        If there is no header, no data or no column of dates.
    """
    filled = [row for row in rows if any(map(str.strip, row))]
    if not filled:
        raise fault(path, "a table with a header", "nothing in the first row")
    width = Counter(len(row) for row in filled[len(filled) // 3 :]).most_common(1)[0][0]
    wide = [row for row in filled if len(row) == width]
    dates = _date_columns(wide, width, date)
    start = next((i for i, row in enumerate(rows) if _is_data(row, dates, width)), None)
    if start is None:
        start = _after_header(path, rows, width)
        dates = dates or (0,)
    heads, first = _heads(rows, start, width)
    data = [row for row in rows[start:] if len(row) == width]
    cells = [cell for row in data for at, cell in enumerate(row) if at not in dates]
    cells = cells[:: len(cells) // VOTES + 1]
    words = tuple(at for at in range(width) if at not in dates and _is_words(data, at))
    return Shape(heads, start, width, dates, words, find_decimal(cells), first)


def _date_columns(rows: Sequence[Sequence[str]], width: int, named: str) -> tuple[int, ...]:
    """Return the columns whose cells are dates in most of the rows, or the one that is named.

    Figures alone, such as 20230522 or 45068, are dates only under the name of one, or where no
    other column can be.
    """
    if named:
        known = (row.index(named) for row in _stripped(rows) if named in row)
        return (found,) if (found := next(known, None)) is not None else ()
    ranks: dict[int, int] = {}
    for at in range(width):
        # 50.25: thousands of columns need no closer look; 45068.75 in the first may be a day.
        if PLAIN.fullmatch(rows[-1][at]) and not _leads(rows, at):
            continue
        cells = [row[at].strip() for row in rows if row[at].strip()]
        forms = [form for cell in cells if (form := find_form(cell))]
        if forms and len(forms) >= 0.5 * max(len(cells) - 2, 1):
            ranks[at] = _rank(cells, forms, _leads(rows, at))
    best = max(ranks.values(), default=0)
    columns = [at for at, rank in ranks.items() if rank == best]
    return tuple(columns if best > 2 else columns[:1]) if best else ()


def _rank(cells: Sequence[str], forms: Sequence[str], first: bool) -> int:
    """Say how surely a column of dates is one: 3 and 4 beyond doubt, 0 not at all."""
    if not all(form in FIGURES for form in forms) or not re.fullmatch(r"\d+(\.\d+)?", cells[-1]):
        return 4
    if any(is_named(cell, DATES) for cell in cells[:6]):
        return 3
    if any(is_named(cell, ASSETS) for cell in cells[:6]):
        return 0
    if len(cells) > 1 and forms[-1] == "YYYYMMDD":
        return 2
    if PLAIN.fullmatch(cells[-1]) and not cells[-1].endswith(".0"):  # 45068.75: an index, or a day
        return 0
    return int(first and len(set(cells)) > len(cells) / 2)


def _stripped(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[cell.strip() for cell in row] for row in rows]


def _leads(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Say whether a column is the first, but for one that numbers the rows."""
    return at == 0 or (at == 1 and _counts(rows))


def _counts(rows: Sequence[Sequence[str]], at: int = 0) -> bool:
    """Say whether a column numbers the rows: whole numbers, each one more than the last."""
    figures = [row[at].strip() for row in rows if row[at].strip().isdigit()]
    steps = {int(b) - int(a) for a, b in pairwise(figures)}
    return len(figures) > 1 and steps == {1} and int(figures[0]) <= 1


def _is_data(row: Sequence[str], dates: Sequence[int], width: int) -> bool:
    """Say whether a row is one of data: its dates are dates."""
    return len(row) == width and any(find_form(row[at]) for at in dates)


def _after_header(path: Path, rows: Sequence[Sequence[str]], width: int) -> int:
    """Return the first row below a header over cells of which none is a date."""
    header = next(i for i, row in enumerate(rows) if len(row) == width and any(row))
    if sum(find_form(cell) is not None for cell in rows[header][1:]) > width // 2:
        raise fault(
            path, "dates down the first column", "dates across a row", row=header + 1,
            remedy="turn the table round: its rows become columns",
        )  # fmt: skip
    below = next((i for i in range(header + 1, len(rows)) if any(map(str.strip, rows[i]))), None)
    if below is None:
        raise fault(path, "rows below the header", "none")
    return below


def _heads(rows: Sequence[Sequence[str]], start: int, width: int) -> tuple[list[list[str]], int]:
    """Return the rows of labels right above the data, as wide as they, and where they begin."""
    heads: list[list[str]] = []
    at = start
    while at > 0 and len(heads) < 6:
        row = [cell.strip() for cell in rows[at - 1]]
        if not any(row):
            if any(any(head[1:]) for head in heads) or not heads:
                break
            at -= 1  # an empty level below the names
            continue
        if len(row) == width - 1 and not heads:  # no label over the dates, or none over the last
            blank = all(len(r) == width and not r[-1].strip() for r in rows[start : start + 5])
            row = [*row, ""] if blank else ["", *row]
        if len(row) != width:
            break
        heads.insert(0, row)
        at -= 1
    return heads, at


def _is_words(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Say whether most cells of a column are words, not numbers and their marks."""
    if rows and PLAIN.fullmatch(rows[-1][at]):
        return False
    cells = [row[at].strip() for row in rows if not is_missing(row[at].strip())]
    return sum(map(is_word, cells)) > 0.5 * len(cells) > 0
