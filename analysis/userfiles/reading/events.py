"""Event lists as people have them: any names of columns, or WRDS's two columns without a header."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.userfiles.reading.columns import dates_of, no_date
from analysis.userfiles.reading.dates import Dates, Order
from analysis.userfiles.reading.faults import fault
from analysis.userfiles.reading.files import open_grid
from analysis.userfiles.reading.grid import DATES, Grid, is_named, simplify
from analysis.userfiles.reading.names import ASSETS
from analysis.userfiles.reading.tables import Reading

__all__ = ["Events", "read_events"]

MOST_EVENTS = 100_000  # some 5 kB of JSON and memory each
KNOWN = ("group", "episode", "benchmark", "estimation_start", "estimation_end", "window")
EXCHANGE = re.compile(
    r"^[a-z]+:|(?: [a-z]{2})? (?:equity|index)$|(?<=.)\.[a-z]{1,2}$", re.IGNORECASE
)
OPTIONAL = ("benchmark", "estimation_start", "estimation_end", "window")  # may be empty in a row


@dataclass(slots=True)
class Events:
    """A list of events that was read, and what was understood.

    Attributes
    ----------
    frame : DataFrame, (N, ...)
        ``ticker``, ``day0`` (timestamp), ``group`` (``all`` where the file has none), where the
        file has them ``episode``, ``benchmark``, ``estimation_start``, ``estimation_end``
        (timestamps) and ``window`` (two event days), and further columns under their own names.
    said : list of str
        One line.
    """

    frame: pd.DataFrame
    said: list[str] = field(default_factory=list)

    def match(self, columns: Collection[str]) -> None:
        """Call firms as the prices do where those name them in another style throughout.

        ``ALFA`` is ``ALFA US Equity``, ``ALFA.N``, ``NYSE:ALFA`` or ``alfa`` if no firm of the
        list is a column, and that name without its exchange is the one of one column.
        """
        firms = list(dict.fromkeys(self.frame["ticker"]))
        if not set(firms).isdisjoint(columns):
            return
        bare: dict[str, list[str]] = {}
        for column in columns:
            bare.setdefault(_without_exchange(column), []).append(column)
        found = {firm: bare.get(_without_exchange(firm), []) for firm in firms}
        names = {firm: held[0] for firm, held in found.items() if len(held) == 1}
        if names:
            self.frame["ticker"] = self.frame["ticker"].replace(names)
            shown = ", ".join(f"{firm} as {name}" for firm, name in list(names.items())[:3])
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            self.said.append(f"firms named as in the prices: {shown}{more}")


def read_events(
    path: Path, reading: Reading | None = None, *, order: Order = "", late: bool = False
) -> Events:
    """Read an event list.

    Parameters
    ----------
    path : Path
        In any format; see :class:`Events` for its columns.
    reading : Reading, optional
        Its ``columns`` may name ``ticker`` and ``day0``.
    order : {"", "dmy", "mdy"}
        Which of day and month comes first in the prices, where these dates do not tell.
    late : bool
        Whether stamps of the prices were midnights further east and mean the next day.

    Raises
    ------
    UserDataError
        If a column is missing or a cell empty, a date unreadable, an event stands twice in a group,
        or the file is longer than MOST_EVENTS.
    """
    reading = reading or Reading()
    order = reading.dates or order
    grid = open_grid(path, MOST_EVENTS, reading.columns.get("day0", ""), text=True)
    names = _names(grid, reading)
    table = _without_blank_rows(grid.body.set_axis(names, axis=1))
    events = pd.DataFrame({"ticker": _filled(grid, table, "ticker").str.strip()})
    dates = _dates(grid, table, "day0", order, late=late)
    events["day0"] = dates.index
    events["group"] = _filled(grid, table, "group") if "group" in names else "all"
    if "episode" in names:
        events["episode"] = _filled(grid, table, "episode")
    for name in ("estimation_start", "estimation_end"):
        if name in names:
            events[name] = _dates(grid, table, name, order, empty=True).index
    if "benchmark" in names:
        events["benchmark"] = table["benchmark"].str.strip()
    if "window" in names:
        events["window"] = pd.Series(_windows(grid, table["window"]), table.index, dtype=object)
    further = [n for n in names if n and n not in ("ticker", "day0", *KNOWN)]
    for name in further:
        events[name] = _plain(table[name])
    _check_twice(grid, events)
    said = [f"{len(events):,} events", f"dates {dates.form}", *grid.said]
    if not grid.shape.heads:
        said.append("no header: assets and dates by their form")
    if used := [n for n in OPTIONAL if n in names]:
        said.append(f"used: {', '.join(used)}")
    if further:
        said.append(f"kept as they are: {', '.join(further)}")
    return Events(events.reset_index(drop=True), [f"{path.name}: {'; '.join(said)}"])


def _without_exchange(name: str) -> str:
    """Return a ticker without its exchange before or behind it, and a number without zeros."""
    return EXCHANGE.sub("", name.strip()).upper().lstrip("0")


def _names(grid: Grid, reading: Reading) -> list[str]:
    """Return the names of the columns as this module knows them, each column once."""
    width, heads = grid.shape.width, grid.shape.heads
    if not heads:
        if width != 2 or len(grid.shape.dates) != 1:
            found = f"{width} columns without names"
            raise fault(
                grid.path, "a header, or two columns of assets and dates", found, row=1,
                remedy="add a header: ticker,day0",
            )  # fmt: skip
        return ["day0" if at in grid.shape.dates else "ticker" for at in range(width)]
    names = list(heads[-1])
    for wanted, pattern in (("ticker", ASSETS), ("day0", DATES)):
        told = reading.columns.get(wanted, "")
        if told and told in names:
            names[names.index(told)] = wanted
        elif wanted not in names:
            known = [n for n in names if simplify(n) == wanted or is_named(n, pattern)]
            known = [n for n in known if simplify(n) not in ("estimationstart", "estimationend")]
            if wanted == "ticker" and len(known) > 1:  # PERMNO and TICKER: the first
                known = known[:1]
            if not known and wanted == "day0" and len(grid.shape.dates) == 1:
                known = [n for n in [names[grid.shape.dates[0]]] if n not in ("ticker", *KNOWN)]
            if len(known) != 1:
                found = ", ".join(n for n in names if n)
                raise fault(
                    grid.path, f"a column {wanted!r}", found, row=grid.shape.start,
                    remedy=f"name it with --columns {wanted}=NAME",
                )  # fmt: skip
            names[names.index(known[0])] = wanted
    small = {simplify(name): name for name in KNOWN}
    names = [small.get(simplify(name), name) for name in names]
    twice = [n for n in names if n and names.count(n) > 1]
    if twice:
        raise fault(grid.path, "each column once", "it again", row=1, column=twice[0])
    return names


def _without_blank_rows(table: pd.DataFrame) -> pd.DataFrame:
    return table[table.notna().any(axis=1)]


def _filled(grid: Grid, table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of words, or say where one is missing."""
    empty = np.flatnonzero(table[name].isna())
    if empty.size:
        line = grid.line(int(table.index[empty[0]]))
        found = "an empty cell, or a mark of one such as NA"
        raise fault(grid.path, f"a {name}", found, row=line, column=name)
    return table[name].astype(str)


def _dates(
    grid: Grid,
    table: pd.DataFrame,
    name: str,
    order: Order,
    *,
    empty: bool = False,
    late: bool = False,
) -> Dates:
    """Return a column of dates, or say which cell is none."""
    dates = dates_of(grid, table[name], name, order, late=late)
    bad = np.flatnonzero(dates.index.isna() & ~(table[name].isna().to_numpy() & empty))
    if bad.size:
        raise no_date(grid, table[name], int(bad[0]), name, dates)
    return dates


def _windows(grid: Grid, cells: pd.Series) -> list[tuple[int, int] | None]:
    """Return the event days of each event's own window, None where a cell is empty."""
    windows: list[tuple[int, int] | None] = []
    for row, cell in cells.items():
        if cell != cell:
            windows.append(None)
            continue
        match = re.fullmatch(
            r"\s*[\[(]?\s*([-+]?\d+)\s*[,:;/ ]\s*([-+]?\d+)\s*[\])]?\s*", str(cell)
        )
        if not match or int(match[1]) > int(match[2]):
            line = grid.line(int(str(row)))
            raise fault(grid.path, "two event days as -1,1", repr(cell), row=line, column="window")
        windows.append((int(match[1]), int(match[2])))
    return windows


def _plain(values: pd.Series) -> pd.Series:
    """Return a column as numbers if it holds nothing else."""
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers if (numbers.notna() == values.notna()).all() else values.astype(object)


def _check_twice(grid: Grid, events: pd.DataFrame) -> None:
    keys: Sequence[str] = ["ticker", "day0", "group"]
    twice = np.flatnonzero(events.duplicated(keys))
    if twice.size:
        row = events.iloc[int(twice[0])]
        found = f"{row['ticker']} on {row['day0'].date()} again"
        line = grid.line(int(events.index[twice[0]]))
        raise fault(grid.path, "each event once in a group", found, row=line, column="day0")
