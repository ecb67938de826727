"""Prices, series and factors from a user's files, with one line a file on what was understood."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.userfiles.reading.columns import Asked, Layout
from analysis.userfiles.reading.dates import Order
from analysis.userfiles.reading.faults import fault
from analysis.userfiles.reading.files import open_grid
from analysis.userfiles.reading.grid import Grid
from analysis.userfiles.reading.layouts import arrange
from analysis.userfiles.reading.numbers import Decimal
from analysis.userfiles.reading.sheets import join_sheets, name_rows
from analysis.userfiles.reading.values import (
    Given,
    as_fractions,
    clear_marks,
    cut_padding,
    find_no_returns,
    find_wrong,
    guess,
    is_factors,
)

__all__ = ["Given", "Reading", "Table", "read_factors", "read_prices", "read_series"]

MOST_SESSIONS = 100_000  # four centuries of days: beyond it a file is not what its name says
MOST_ROWS = 20_000_000  # of a long table, a row a date and asset
DATE = "\0"  # the name of a column that no file has
SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".zip", ".bz2", ".xz", ".xlsx", ".dta", ".parquet")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a user tells of the files; empty where it is to be found out.

    Attributes
    ----------
    columns : mapping
        Names of the columns ``date``, ``asset`` and ``value``.
    dates : {"", "dmy", "mdy"}
        Which of day and month comes first where both are figures.
    decimal : {"", ",", "."}
    given : {"", "prices", "returns", "percent"}
        What the numbers are.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    dates: Order = ""
    decimal: Decimal = ""
    given: Given = ""

    def asked(self, *, shares: bool = True) -> Asked:
        """Return what is told of the columns of one file."""
        date, asset, value = (self.columns.get(name, "") for name in ("date", "asset", "value"))
        return Asked(date, asset, value, self.dates, self.decimal, shares)


@dataclass(slots=True)
class Table:
    """A table of sessions by assets that was read, and what was understood.

    Attributes
    ----------
    frame : DataFrame, (T, A)
        Prices, or returns as fractions, by increasing dates.
    kind : {"prices", "returns"}
    said : list of str
        One line a file.
    order : {"", "dmy", "mdy"}
        Which of day and month comes first in its dates, for the dates of the events.
    late : bool
        Whether its stamps were midnights further east and mean the next day, as theirs then do.
    same_share : dict
        Columns of a file that belong to one share and were not taken: the name of that share.
    wrong : dict
        The fault of each column that holds a price that is no positive number.
    files : list of Path
        The files that were read.
    """

    frame: pd.DataFrame
    kind: Literal["prices", "returns"] = "prices"
    said: list[str] = field(default_factory=list)
    order: Order = ""
    late: bool = False
    same_share: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, UserDataError] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def check(self, columns: Collection[str]) -> None:
        """Raise UserDataError if one of the columns holds a price that is no positive number."""
        for name in columns:
            if name in self.wrong:
                raise self.wrong[name]

    def refuse_same_share(self, benchmark: str) -> None:
        """Raise UserDataError if the benchmark is another column of a share that was read."""
        if benchmark not in self.frame.columns and benchmark in self.same_share:
            share = self.same_share[benchmark]
            raise UserDataError(
                f"--benchmark: expected the prices of a market, found {benchmark!r}, a column of "
                f"the share {share} and no benchmark; name the benchmark's own file with another "
                f"--prices"
            )


def read_prices(
    paths: Path | Sequence[Path],
    reading: Reading | None = None,
    *,
    rates: Collection[str] = (),
) -> Table:
    """Read prices, or returns, from one file or several, or a folder of them.

    Parameters
    ----------
    paths : Path or several
        In any layout and format that :mod:`analysis.userfiles.reading` knows.
    reading : Reading, optional
        What is told of them.
    rates : collection of str
        Columns that are no prices, such as a rate of interest: they may have any sign.

    Returns
    -------
    Table
        All files side by side, on the dates of all. Five or more equal prices up to the last row
        of a file are missing but for the first; a column that never varies stays as it is.

    Raises
    ------
    UserDataError
        If a file cannot be read or understood, a date is unreadable or doubled, or an asset
        stands in two files. Prices that are no positive numbers are left to :meth:`Table.check`.
    """
    reading = reading or Reading()
    files = _files([paths] if isinstance(paths, Path) else paths)
    tables = [_read_prices(path, reading, rates) for path in files]
    if len({table.kind for table in tables}) > 1:
        kinds = ", ".join(f"{t.kind} in {p.name}" for t, p in zip(tables, files, strict=True))
        raise UserDataError(
            f"--prices: expected prices in all files or returns in all, found {kinds}; "
            "say which with --as"
        )
    joined = _joined(tables, files)
    joined.files = files
    return joined


def read_series(path: Path, reading: Reading | None = None) -> Table:
    """Read a table of numbers of any sign, otherwise as :func:`read_prices`; nothing is dropped."""
    layout, said = _read(path, reading or Reading(), shares=False)
    if is_factors(layout.frame):
        clear_marks(layout, said)
    return Table(layout.frame, said=[_told(path, layout, said)], order=layout.dates.order)


def read_factors(path: Path, reading: Reading | None = None) -> Table:
    """Read returns of factors, as fractions.

    Parameters
    ----------
    path : Path
        A table of returns, in percent or fractions, such as the CSV of the French library as
        downloaded: -99.99 and -999 are missing, and what stands below the days is cut.
    reading : Reading, optional
        What is told of it; ``given`` says whether it is percent.
    """
    reading = reading or Reading()
    layout, said = _read(path, reading, shares=False)
    clear_marks(layout, said)
    given = "" if reading.given == "prices" else reading.given
    layout.frame = as_fractions(layout.frame, given, said)
    return Table(layout.frame, "returns", [_told(path, layout, said)], layout.dates.order)


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the files, those of a folder by name."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        if not inside:
            raise UserDataError(f"{path}: expected files of prices in the folder, found none")
        found += inside
    return found


def _read(path: Path, reading: Reading, *, shares: bool) -> tuple[Layout, list[str]]:
    """Read one table, or the sheets of a workbook that belong together, and order its dates."""
    asked = reading.asked(shares=shares)
    grid = open_grid(path, MOST_ROWS, asked.date, rows_of_wide=MOST_SESSIONS)
    if shares and asked.date and not any(asked.date in row for row in grid.shape.heads):
        found = ", ".join(name for name in grid.shape.heads[-1] if name)
        raise fault(path, f"a column {asked.date!r}", found, remedy="name one of the columns")
    layout, said = _arranged(grid, asked)
    further = []
    for other in grid.others:
        with suppress(UserDataError):
            further.append((other, _arranged(other, asked)[0]))
    if grid.others:
        told = join_sheets(grid, layout, further, shares=shares)
        said.append(told)
    layout.frame.index.name = "date"
    return layout, said


def _arranged(grid: Grid, asked: Asked) -> tuple[Layout, list[str]]:
    """Return the table of one grid with its dates in order, and what was understood of it."""
    layout = arrange(grid, asked)
    said = [*grid.said, *layout.said]
    if grid.shape.preamble:
        said.append(f"{grid.shape.preamble} lines above the header skipped")
    if grid.shape.decimal == "," or asked.decimal == ",":
        said.append("decimal comma")
    if layout.dates.index.has_duplicates:
        said.append(_drop_repeated(grid, layout))
    index = layout.dates.index
    if not index.is_monotonic_increasing:
        if not index.is_monotonic_decreasing:
            at = int(np.flatnonzero(index[1:] < index[:-1])[0]) + 1
            if (index[1:] < index[:-1]).mean() > 0.5:
                at = int(np.flatnonzero(index[1:] > index[:-1])[0]) + 1
            found = f"{index[at].date()} after {index[at - 1].date()}"
            line = grid.line(int(grid.body.index[at]))
            raise fault(grid.path, "dates in order", found, row=line,
                        column=grid.shape.heads[0][grid.shape.dates[0]])  # fmt: skip
        layout.frame = layout.frame.iloc[::-1]
        layout.lines = None if layout.lines is None else layout.lines[::-1]
        said.append("newest first, turned round")
    return layout, said


def _drop_repeated(grid: Grid, layout: Layout) -> str:
    """Drop rows that repeat another one whole, and say how many; raise where values differ."""
    index, values = layout.dates.index, layout.frame.reset_index(names=DATE)
    again = values.duplicated().to_numpy()
    differs = np.flatnonzero(index.duplicated() & ~again)
    if differs.size:
        row = int(differs[0])
        raise fault(
            grid.path, "each date once", f"{index[row].date()} again with other values",
            row=grid.line(int(grid.body.index[row])),
            column=grid.shape.heads[0][grid.shape.dates[0]],
            remedy="keep one row a day; a table of one row a date and asset needs the names of "
            "its columns: --columns date=NAME,asset=NAME,value=NAME",
        )  # fmt: skip
    grid.body, layout.frame = grid.body[~again], layout.frame[~again]
    layout.dates = replace(layout.dates, index=index[~again])
    layout.lines = None if layout.lines is None else layout.lines[~again]
    return f"{again.sum()} repeated rows dropped"


def _told(path: Path, layout: Layout, said: Sequence[str]) -> str:
    """Return the one line on what was understood of a file."""
    frame, days = layout.frame, pd.DatetimeIndex(layout.frame.index)
    rows = name_rows(days)
    if rows == "days" and len(days) > 10 and (days.day_of_week > 4).mean() > 0.25:
        rows = "days, seven a week"
    span = f"{frame.index[0]:%Y-%m-%d} to {frame.index[-1]:%Y-%m-%d}"
    parts = [
        f"{layout.name}, {frame.shape[1]:,} columns, {len(frame):,} {rows} from {span}",
        f"dates {layout.dates.form}",
        *said,
    ]
    return f"{path.name}: {'; '.join(parts)}"


def _read_prices(path: Path, reading: Reading, rates: Collection[str]) -> Table:
    layout, said = _read(path, reading, shares=True)
    frame = layout.frame
    judged = frame.drop(columns=[*layout.markets, *rates], errors="ignore")
    wrong: dict[str, UserDataError] = {}
    given = reading.given or ("returns" if layout.returns else guess(judged))
    if given == "prices":
        wrong = find_wrong(path, layout)
        said += cut_padding(frame, judged.columns)
        kind: Literal["prices", "returns"] = "prices"
    else:
        if is_factors(frame):
            clear_marks(layout, said)
        frame = as_fractions(frame, "" if given == "returns" else given, said)
        wrong, kind = find_no_returns(path, frame), "returns"
    layout.frame = frame
    names = [str(name) for name in frame.columns]
    share = dict.fromkeys(layout.same_share, names[0])
    told, dates = [_told(path, layout, said)], layout.dates
    return Table(frame, kind, told, dates.order, dates.late, share, wrong)


def _joined(tables: Sequence[Table], files: Sequence[Path]) -> Table:
    """Put tables side by side on the dates of all."""
    if len(tables) == 1:
        return tables[0]
    seen: dict[str, Path] = {}
    for table, path in zip(tables, files, strict=True):
        for name in map(str, table.frame.columns):
            if name in seen:
                raise UserDataError(
                    f"--prices: expected each asset in one file, found {name} in {seen[name].name} "
                    f"and in {path.name}; leave one of them out"
                )
            seen[name] = path
    frame = pd.concat([table.frame for table in tables], axis=1).sort_index()
    shares = {column: name for table in tables for column, name in table.same_share.items()}
    said = [line for table in tables for line in table.said]
    orders: list[Order] = [table.order for table in tables if table.order]
    order: Order = orders[0] if orders else ""
    wrong = {name: error for table in tables for name, error in table.wrong.items()}
    late = any(table.late for table in tables)
    return Table(frame, tables[0].kind, said, order, late, shares, wrong)
