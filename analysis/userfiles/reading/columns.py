"""Columns of a grid: dates, numbers, and those that hold nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.arrays import Floats, Ints
from analysis.userfiles.reading.dates import (
    AmbiguousDatesError,
    Dates,
    Order,
    find_form,
    is_weekday,
    read_dates,
)
from analysis.userfiles.reading.faults import fault
from analysis.userfiles.reading.grid import ROW_NUMBERS, Grid, is_named, simplify
from analysis.userfiles.reading.names import ASSETS, OTHERS, SHARE
from analysis.userfiles.reading.numbers import (
    FIGURE,
    AmbiguousNumberError,
    Decimal,
    NoNumberError,
    to_floats,
)

__all__ = [
    "Asked",
    "Layout",
    "date_column",
    "dates_of",
    "no_date",
    "read_numbers",
    "without_empty",
]

ACTION = "(?i)dividend|split|capital gain"  # rows among the prices of some download pages
FOOT = 0.2  # of the rows may stand below the last date: totals, annual figures, notes


@dataclass(slots=True)
class Layout:
    """A table of one column an asset, and how it came about.

    Attributes
    ----------
    frame : DataFrame, (T, A)
        Floats by date, in the order of the file.
    name : str
        The layout, in words.
    dates : Dates
        How dates were read.
    returns : bool
        Whether the names of the columns say that these are returns.
    markets : list of str
        Columns that are returns of a market, which a long table repeats for each asset.
    same_share : tuple of str
        Columns of the file that belong to one share and were not taken.
    said : list of str
        What else was understood or dropped.
    lines : array of int, (T,), or None
        Lines of the file on which the rows stand, where each stands on one.
    """

    frame: pd.DataFrame
    name: str
    dates: Dates
    returns: bool = False
    markets: list[str] = field(default_factory=list)
    same_share: tuple[str, ...] = ()
    said: list[str] = field(default_factory=list)
    lines: Ints | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user told of the columns; empty where it is to be found out."""

    date: str = ""
    asset: str = ""
    value: str = ""
    order: Order = ""
    decimal: Decimal = ""
    shares: bool = True  # whether the columns of one share are taken for one asset


def date_column(
    grid: Grid, names: Sequence[str], order: Order, at: int | None = None
) -> tuple[Dates, list[str]]:
    """Return the dates of a grid, from which rows without one are cut: blank ones, and a foot.

    Raises
    ------
    UserDataError
        If a cell between dates is none, or day and month cannot be told apart.
    """
    at = grid.shape.dates[0] if at is None else at
    actions = _without_actions(grid, names)
    label = names[at] or str(at + 1)
    dates = dates_of(grid, grid.body[at], label, order)
    good = np.asarray(dates.index.notna())
    blank = grid.body.isna().all(axis=1).to_numpy() if not good.all() else ~good
    end = int(np.flatnonzero(good)[-1]) + 1 if good.any() else 0
    foot = np.flatnonzero(~good & ~blank)
    wrong = foot if foot.size and (foot[0] < end or foot.size > FOOT * len(good)) else foot[:0]
    if wrong.size:
        raise no_date(grid, grid.body[at], int(wrong[0]), label, dates)
    if not end:
        raise fault(grid.path, "a date", "empty cells", row=grid.line(0), column=label)
    said = actions + [f"{foot.size} rows below the last date dropped"] * bool(foot.size)
    inside = int(blank[:end].sum())
    said += [f"{inside} blank rows dropped"] if inside else []
    if not good.all():
        grid.body = grid.body[good]
        dates = replace(dates, index=dates.index[good])
    return dates, said


def dates_of(
    grid: Grid, cells: pd.Series, label: str, order: Order, *, late: bool | None = None
) -> Dates:
    """Read a column of dates, or say that it has two readings."""
    try:
        return read_dates(cells, order, late=late)
    except AmbiguousDatesError as error:
        raise fault(
            grid.path, "dates with one reading", str(error), column=label, remedy=error.remedy
        ) from None


def no_date(grid: Grid, cells: pd.Series, row: int, label: str, dates: Dates) -> UserDataError:
    """Return the fault of a cell that is no date of its column's form."""
    cell, told, remedy = cells.iloc[row], "a date", "write it as 2024-01-31"
    empty = isinstance(cell, float) and cell != cell
    if dates.form:
        told += f" as in the other rows ({dates.form})"
        remedy = "correct the file" if empty else remedy
        if find_form(str(cell)):
            remedy = (
                "write all dates in one form; a spreadsheet may have swapped day and month in some"
            )
    shown = "an empty cell" if empty else repr(str(cell))
    line = grid.line(int(cells.index[row]))
    return fault(grid.path, told, shown, row=line, column=label, remedy=remedy)


def _without_actions(grid: Grid, names: Sequence[str]) -> list[str]:
    """Drop rows of one share that tell of a dividend or a split in one cell, and nothing else."""
    held = set(map(int, grid.body.columns))  # pairs of dates and prices come two columns at a time
    rest = [at for at in range(grid.shape.width) if at in held and at not in grid.shape.dates]
    told = np.zeros(len(grid.body), dtype=bool)
    for at in rest if all(is_named(names[at], SHARE) for at in rest) else ():
        told |= grid.body[at].astype(str).str.contains(ACTION).to_numpy(dtype=bool)
    if told.any():
        told[told] = (grid.body.loc[told, rest].notna().sum(axis=1) == 1).to_numpy()
        grid.body = grid.body[~told]
    return [f"{told.sum()} rows of dividends and splits dropped"] if told.any() else []


def without_empty(
    grid: Grid, names: Sequence[str], columns: Sequence[int], *, one_a_day: bool
) -> tuple[list[int], list[str]]:
    """Leave out row numbers, columns without a cell and those of words that name no assets.

    With one row a day no column of words can.
    """
    kept, dropped = [], []
    for at in columns:
        first = at < grid.shape.dates[0] and simplify(names[at]) in ROW_NUMBERS
        worded = at in grid.shape.words and not is_named(names[at], ASSETS)
        if first and _steps(grid.body[at], named=bool(names[at])):
            dropped.append("row numbers dropped")
        elif not names[at] and grid.body[at].isna().all():
            continue
        elif worded and len(grid.body) > 1 and _is_constant(grid.body[at]):
            word = grid.body[at].iloc[0]
            dropped.append(f"column {names[at]} dropped, which says {word} throughout")
        elif worded and all(is_weekday(str(cell)) for cell in grid.body[at].dropna().unique()):
            dropped.append(f"column {names[at]} dropped, which names days of the week")
        elif at in grid.shape.words and _is_no_asset(grid, names, at, one_a_day):
            dropped.append(f"column {names[at]} dropped, which holds words")
        else:
            kept.append(at)
    unnamed = [at for at in kept if not names[at]]
    if unnamed:
        found = f"none for column {unnamed[0] + 1}"
        raise fault(grid.path, "a name for every column", found, row=grid.shape.start)
    return kept, dropped


def _is_no_asset(grid: Grid, names: Sequence[str], at: int, one_a_day: bool) -> bool:
    """Say whether a column of words names none: volumes as 1.2M, notes where each day stands once.

    Numbers with something behind them are left to be refused by the cell.
    """
    first = str(grid.body[at].iloc[0])
    words = one_a_day and not is_named(names[at], ASSETS) and not FIGURE.match(first)
    return words or is_named(names[at], OTHERS)


def _is_constant(values: pd.Series) -> bool:
    return bool((values == values.iloc[0]).all())


def _steps(values: pd.Series, *, named: bool) -> bool:
    """Say whether each number is one more than the last; without a name whole ones are enough."""
    if not named and values.dtype.kind in "iu":
        return True
    return values.dtype.kind in "iuf" and set(np.diff(values)) <= {1.0}


def read_numbers(
    grid: Grid,
    names: Sequence[str],
    at: int,
    asked: Asked,
    said: list[str],
    *,
    letters: bool = False,
) -> Floats:
    """Return a column as floats, or say which cell is none."""
    decimal = asked.decimal or grid.shape.decimal
    try:
        column = to_floats(grid.body[at], decimal, letters=letters)
    except AmbiguousNumberError as error:
        raise fault(
            grid.path, "a number with one reading", error.cell, row=_line(grid, error),
            column=names[at], remedy="say which with --decimal comma or --decimal point",
        ) from None  # fmt: skip
    except NoNumberError as error:
        raise fault(
            grid.path, "a number", repr(error.cell), row=_line(grid, error), column=names[at]
        ) from None
    for fact, words in (
        (column.percent, "percent signs read as hundredths"),
        (column.signs, "currency signs dropped"),
        (column.thousands, f"{column.thousands!r} read as the mark of thousands"),
    ):
        if fact and words not in said:
            said.append(words)
    return column.values


def _line(grid: Grid, error: NoNumberError) -> int:
    return grid.line(int(grid.body.index[error.place]))
