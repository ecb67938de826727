"""From a grid to one column an asset: wide, one share's file, pairs, several rows of names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.userfiles.reading.columns import (
    Asked,
    Layout,
    date_column,
    read_numbers,
    without_empty,
)
from analysis.userfiles.reading.dates import Dates
from analysis.userfiles.reading.faults import fault
from analysis.userfiles.reading.grid import DATES, Grid, is_named
from analysis.userfiles.reading.long_tables import find_asset_column, spread
from analysis.userfiles.reading.names import ADJUSTED, BARS, CLOSES, PRICES, SHARE

__all__ = ["arrange"]

FIELD_LAST = re.compile(r"[('\"]*(.+?)(?:[ ._|-]|', ')([A-Za-z]+(?:[ _]Close)?)['\")]*")
FIELD_FIRST = re.compile(r"[('\"]*([A-Za-z]+(?:[ _]Close)?)(?:[ ._|-]|', ')(.+?)['\")]*")


def arrange(grid: Grid, asked: Asked) -> Layout:
    """Recognise the layout of a file and return its table.

    Raises
    ------
    UserDataError
        If dates or numbers cannot be read, or it is not clear what the columns are.
    """
    if not grid.shape.heads:
        raise fault(grid.path, "names above the columns", "none", row=1, remedy="add a header")
    names, fields = _labels(grid)
    if asked.shares and not fields:
        names, fields = _split_fields(grid, names)
    if len(grid.shape.dates) > 1 and _paired(grid):
        return _pairs(grid, names, asked)
    dates, said = date_column(grid, names, asked.order)
    columns = [at for at in range(grid.shape.width) if at not in grid.shape.dates]
    one_a_day = not (asked.asset or dates.index.has_duplicates)
    columns, dropped = without_empty(grid, names, columns, one_a_day=one_a_day)
    said += dropped
    if not columns:
        raise fault(grid.path, "columns beside the dates", "none")
    asset = find_asset_column(grid, names, columns, asked)
    if asset is not None:
        return spread(grid, names, asset, dates, columns, said, asked)
    if fields:
        names, columns, name = _block(grid, names, fields, columns)
        said.append(name)
        return _wide(grid, names, columns, dates, said, "several rows of names", asked)
    if asked.shares and _is_share([names[at] for at in columns]):
        return _share(grid, names, columns, dates, said, asked)
    return _wide(grid, names, columns, dates, said, "wide", asked)


def _is_share(names: Sequence[str]) -> bool:
    """Say whether columns are those of one share: all known as such, or close and two of a bar."""
    known = sum(is_named(name, SHARE) for name in names)
    close = any(is_named(name, pattern) for name in names for pattern in (ADJUSTED, CLOSES))
    bars = sum(is_named(name, BARS) for name in names)
    return known == len(names) or (close and bars > 1)


def _split_fields(grid: Grid, names: list[str]) -> tuple[list[str], list[str]]:
    """Return assets and fields of names such as ALFA.Close and ALFA.Volume, Close_ALFA, ..."""
    rest = [at for at in range(grid.shape.width) if at not in grid.shape.dates and names[at]]
    alone = all(is_named(names[at], SHARE) for at in rest)
    for pattern, asset in () if alone else ((FIELD_LAST, 0), (FIELD_FIRST, 1)):
        parts = {at: m.groups() for at in rest if (m := pattern.fullmatch(names[at]))}
        fields = {at: part[1 - asset] for at, part in parts.items()}
        if len(parts) < len(rest) or not all(is_named(f, SHARE) for f in fields.values()):
            continue
        if len(set(fields.values())) > 1:  # one field alone is part of the names that people use
            own = [parts[at][asset] if at in parts else name for at, name in enumerate(names)]
            return own, [fields.get(at, "") for at in range(len(names))]
    return names, []


def _labels(grid: Grid) -> tuple[list[str], list[str]]:
    """Return the names of the columns and, where another row tells it, what each of them holds."""
    heads = grid.shape.heads
    if len(heads) == 1:
        return heads[0], []
    rest = [at for at in range(grid.shape.width) if at not in grid.shape.dates]
    filled: list[list[str]] = []
    for row in heads:
        if any(row[at] for at in rest):
            filled.append(_filled(row, rest, filled[-1] if filled else None))
    if not filled:
        return heads[-1], []
    fields = [row for row in filled if all(is_named(row[at], SHARE) for at in rest if row[at])]
    others = [row for row in filled if row not in fields]
    if fields and others:
        return others[0], fields[0]
    for row in filled:  # the first row that tells the columns apart
        if len({row[at] for at in rest}) == len(rest):
            return row, []
    return [" ".join(dict.fromkeys(row[at] for row in filled)) for at in range(len(filled[0]))], []


def _filled(row: Sequence[str], columns: Sequence[int], above: Sequence[str] | None) -> list[str]:
    """Return a row of names in which a blank repeats the name before, as in merged cells.

    A blank below another name than its neighbour's is no merged cell: that name stands for it.
    """
    filled, before = list(row), -1
    for at in columns:
        if not row[at] and before >= 0:
            alone = above is not None and above[at] != above[before]
            filled[at] = above[at] if above and alone else filled[before]
        before = at
    return filled


def _block(
    grid: Grid, names: list[str], fields: Sequence[str], columns: Sequence[int]
) -> tuple[list[str], list[int], str]:
    """Return the columns of several shares that hold the adjusted close, else the close."""
    for pattern in (ADJUSTED, CLOSES):
        if found := [at for at in columns if is_named(fields[at], pattern)]:
            return names, found, f"{fields[found[0]]} taken of {', '.join(_once(fields, columns))}"
    shown = ", ".join(_once(fields, columns))
    raise fault(grid.path, "closing prices", shown, remedy="add a column of closing prices")


def _once(names: Sequence[str], columns: Sequence[int]) -> list[str]:
    return list(dict.fromkeys(names[at] for at in columns if names[at]))


def _share(
    grid: Grid,
    names: Sequence[str],
    columns: Sequence[int],
    dates: Dates,
    said: list[str],
    asked: Asked,
) -> Layout:
    """Take one share's file: its adjusted close, else its close, under the name of the file."""
    found = [at for pattern in (ADJUSTED, CLOSES) for at in columns if is_named(names[at], pattern)]
    if not found:
        shown = ", ".join(names[at] for at in columns)
        raise fault(grid.path, "closing prices", shown, remedy="add a column of closing prices")
    name = grid.sheet or grid.path.name.partition(".")[0]
    layout = _wide(grid, [name] * len(names), found[:1], dates, said, "one share", asked)
    layout.same_share = tuple(names[at] for at in columns)
    layout.said.append(f"{names[found[0]]} taken as {name}")
    return layout


def _wide(
    grid: Grid,
    names: Sequence[str],
    columns: Sequence[int],
    dates: Dates,
    said: list[str],
    told: str,
    asked: Asked,
) -> Layout:
    """Return the columns of numbers as they stand side by side."""
    chosen = [names[at] for at in columns]
    twice = (
        [name for name in chosen if chosen.count(name) > 1]
        if len(set(chosen)) < len(chosen)
        else []
    )
    if twice:
        raise fault(
            grid.path, "each column once", "it again", row=grid.shape.start, column=twice[0]
        )
    dtypes = grid.body.dtypes.tolist()
    if all(dtypes[at].kind in "fi" for at in columns):
        together = columns[-1] - columns[0] == len(columns) - 1  # neighbours need no copy
        body = grid.body
        part = body.iloc[:, columns[0] : columns[-1] + 1] if together else body[list(columns)]
        table = part.to_numpy(dtype=float)
    else:
        table = np.column_stack([read_numbers(grid, names, at, asked, said) for at in columns])
    frame = pd.DataFrame(table, dates.index, chosen, copy=False)
    lines = grid.body.index.to_numpy(dtype=np.int64) + grid.line(0)
    return Layout(frame, told, dates, said=said, lines=lines)


def _paired(grid: Grid) -> bool:
    """Say whether every column of numbers stands right of a column of dates of its own."""
    dates = set(grid.shape.dates)
    rest = [
        at for at in range(grid.shape.width) if at not in dates and not grid.body[at].isna().all()
    ]
    return len(dates) > 1 and len(rest) == len(dates) and all(at - 1 in dates for at in rest)


def _pairs(grid: Grid, names: Sequence[str], asked: Asked) -> Layout:
    """Join columns that come in pairs, each of prices with dates of its own."""
    said: list[str] = []
    parts: list[pd.Series] = []
    body = grid.body
    for at in grid.shape.dates:
        above = [row[place] for row in grid.shape.heads[::-1] for place in (at + 1, at)]
        kinds = (PRICES, DATES, SHARE)
        own = [n for n in above if n and not any(is_named(n, kind) for kind in kinds)]
        name = own[0] if own else names[at]
        grid.body = body[[at, at + 1]]
        dates, _ = date_column(grid, [name] * len(names), asked.order, at)
        values = read_numbers(grid, names, at + 1, asked, said)
        if dates.index.has_duplicates:
            again = dates.index[dates.index.duplicated()][0].date()
            raise fault(grid.path, "each date once", f"{again} again", column=name)
        if name in (part.name for part in parts):
            raise fault(grid.path, "each asset once", "it again", column=name)
        parts.append(pd.Series(values, dates.index, name=name))
    frame = pd.concat(parts, axis=1).sort_index()
    found = replace(dates, index=pd.DatetimeIndex(frame.index))
    return Layout(frame, "pairs of dates and prices", found, said=said)
