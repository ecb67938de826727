"""Long tables: one row a date and asset, as data vendors and CRSP write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.userfiles.reading.columns import Asked, Layout, read_numbers
from analysis.userfiles.reading.dates import Dates
from analysis.userfiles.reading.faults import fault
from analysis.userfiles.reading.grid import Grid, is_named, simplify
from analysis.userfiles.reading.names import (
    ADJUSTED,
    ASSETS,
    CLOSES,
    FIRM_NUMBERS,
    MARKETS,
    OTHERS,
    PER_SHARE,
    PRICES,
    RETURNS,
)
from analysis.userfiles.reading.numbers import FIGURE

UNADJUSTED = ("prc", "dlyprc", "prccd")

__all__ = ["find_asset_column", "spread"]


def find_asset_column(
    grid: Grid, names: Sequence[str], columns: Sequence[int], asked: Asked
) -> int | None:
    """Return the column that names the asset of each row in a long table, None in others."""
    if asked.asset:
        return _find(grid, names, asked.asset)
    words = [at for at in columns if at in grid.shape.words]
    named = [at for at in columns if is_named(names[at], ASSETS)]
    numbers = [at for at in named if is_named(names[at], FIRM_NUMBERS)]
    if numbers and len(columns) > len(named):  # PERMNO before TICKER: names change, numbers stay
        return numbers[0]
    if [at for at in named if at in words]:
        return next(at for at in named if at in words)
    if len(words) == 1 and len(columns) > 1:
        return words[0]
    if len(words) > 1 and all(FIGURE.match(str(grid.body[at].iloc[0])) for at in words):
        return None  # numbers with something behind them: which cell is no number is told
    if len(words) > 1:
        raise _unclear(grid, names, "several columns of words")
    return None


def _find(grid: Grid, names: Sequence[str], name: str) -> int:
    """Return the place of a column that the user named."""
    if name not in names:
        found = ", ".join(n for n in names if n)
        raise fault(grid.path, f"a column {name!r}", found, remedy="name one of the columns")
    return list(names).index(name)


def _unclear(grid: Grid, names: Sequence[str], found: str) -> UserDataError:
    shown = ", ".join(n for n in names if n)
    return fault(
        grid.path, "one column of assets and one of values", f"{found} ({shown})",
        remedy="this looks like a long table: name its columns with "
        "--columns date=NAME,asset=NAME,value=NAME",
    )  # fmt: skip


def _value_column(
    grid: Grid, names: Sequence[str], columns: Sequence[int], asked: Asked
) -> tuple[int, list[int]]:
    """Return the column of values in a long table, and those that it repeats for each asset."""
    markets = [at for at in columns if is_named(names[at], MARKETS)]
    if asked.value:
        return _find(grid, names, asked.value), markets
    rest = [at for at in columns if at not in markets and at not in grid.shape.words]
    rest = [at for at in rest if not is_named(names[at], ASSETS)]
    for pattern in (RETURNS, ADJUSTED, CLOSES, PRICES):
        if found := [at for at in rest if is_named(names[at], pattern)]:
            return found[0], markets
    rest = [at for at in rest if not is_named(names[at], OTHERS)]
    if len(rest) == 1:
        return rest[0], markets
    raise _unclear(grid, names, "no column that is known to hold values" if rest else "no values")


def spread(
    grid: Grid,
    names: Sequence[str],
    asset: int,
    dates: Dates,
    columns: Sequence[int],
    said: list[str],
    asked: Asked,
) -> Layout:
    """Put a table of one row a date and asset into one column an asset."""
    rest = [at for at in columns if at != asset]
    value, markets = _value_column(grid, names, rest, asked)
    returns = is_named(names[value], RETURNS)
    crsp = is_named(names[asset], FIRM_NUMBERS)
    if not returns:
        markets = []
    numbers = [
        read_numbers(grid, names, at, asked, said, letters=returns) for at in (value, *markets)
    ]
    if crsp and simplify(names[value]) in ("prc", "dlyprc") and (numbers[0] < 0).any():
        said.append("prices below zero taken as CRSP means them: midpoints of bid and ask")
        numbers[0] = np.abs(numbers[0])
    for at in rest if simplify(names[value]) in UNADJUSTED else ():
        if power := PER_SHARE.get(simplify(names[at])):
            numbers[0] = numbers[0] * read_numbers(grid, names, at, asked, said) ** float(power)
            said.append(f"{'divided' if power < 0 else 'multiplied'} by {names[at]}")
    cells = grid.body[asset]
    if cells.isna().any():
        row = int(np.flatnonzero(cells.isna())[0])
        line = grid.line(int(grid.body.index[row]))
        raise fault(grid.path, "an asset", "an empty cell", row=line, column=names[asset])
    codes, assets = pd.factorize(cells)
    days, sessions = pd.factorize(dates.index)
    flat = days.astype(np.int64) * len(assets) + codes
    seen = np.bincount(flat, minlength=len(sessions) * len(assets))
    wide = np.full(seen.size, np.nan)
    wide[flat] = numbers[0]
    again = same = np.zeros(len(flat), dtype=bool)
    if (seen > 1).any():
        same = pd.DataFrame({"cell": flat, "value": numbers[0]}).duplicated().to_numpy()
        again = pd.Series(flat).duplicated().to_numpy() & ~same
    said += [f"{same.sum()} repeated rows dropped"] if same.any() else []
    if again.any():
        at = int(np.flatnonzero(again)[0])
        twice = f"{cells.iloc[at]} on {dates.index[at].date()} again with another value"
        raise fault(
            grid.path, "each date once an asset", twice,
            row=grid.line(int(grid.body.index[at])), column=names[asset],
        )  # fmt: skip
    frame = pd.DataFrame(
        wide.reshape(len(sessions), -1), pd.DatetimeIndex(sessions), [_name(a) for a in assets]
    )
    for at, values in zip(markets, numbers[1:], strict=True):
        by_day = pd.Series(values).groupby(days).first()
        frame[names[at]] = by_day.reindex(range(len(sessions))).to_numpy()
    told = f"long ({names[asset]}, {names[value]})"
    kept = [names[at] for at in markets]
    said += [f"markets: {', '.join(kept)}"] if kept else []
    frame = frame.sort_index()
    found = replace(dates, index=pd.DatetimeIndex(frame.index))
    return Layout(frame, told, found, returns, kept, said=said)


def _name(asset: object) -> str:
    return str(int(asset)) if isinstance(asset, float) and asset.is_integer() else str(asset)
