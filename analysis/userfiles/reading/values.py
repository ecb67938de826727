"""What the numbers of a table are: prices or returns, percent, marks, prices of dead shares."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.arrays import Floats
from analysis.userfiles.reading.columns import Layout
from analysis.userfiles.reading.faults import fault
from analysis.userfiles.reading.grid import is_named
from analysis.userfiles.reading.names import FACTORS

__all__ = [
    "Given",
    "as_fractions",
    "clear_marks",
    "cut_padding",
    "find_no_returns",
    "find_wrong",
    "guess",
    "is_factors",
]

Given = Literal["", "prices", "returns", "percent"]

SMALLEST, LARGEST = 1e-30, 1e30  # of prices
PADDED = 5  # equal prices up to the last row of a file from which on they are no prices
BOTH_SIGNS = 0.1  # share of values below zero from which a table cannot be one of prices
ABOVE = 50  # times the usual size of returns, from which on values are no returns
PERCENT = 0.1  # median size of returns, in fractions a tenth: beyond it they are percent


def guess(frame: pd.DataFrame) -> Given:
    """Return what a table holds: returns have both signs in most columns, prices one."""
    values = frame.to_numpy()
    below = values < 0
    if not below.any():
        return "prices"
    known = np.isfinite(values)
    columns = below.any(axis=0) & (values > 0).any(axis=0)
    many = below.sum() > BOTH_SIGNS * known.sum() and columns.mean() > 0.5
    small = np.median(np.abs(values[known])) < 1 / PERCENT
    return "returns" if many and small else "prices"


def as_fractions(frame: pd.DataFrame, given: Given, said: list[str]) -> pd.DataFrame:
    """Return returns as fractions, and say whether they were percent."""
    values = frame.to_numpy()
    moved = np.abs(values[np.isfinite(values) & (values != 0)])
    percent = given == "percent" or (not given and moved.size and np.median(moved) > PERCENT)
    said.append("returns in percent" if percent else "returns")
    return frame / 100 if percent else frame


def find_wrong(path: Path, layout: Layout) -> dict[str, UserDataError]:
    """Return the fault of each column that holds a price that is no positive number.

    One beyond :data:`SMALLEST` and :data:`LARGEST` is none: its returns have no finite squares.
    """
    frame = layout.frame
    values = frame.to_numpy()
    bad = (values < SMALLEST) | (values > LARGEST)
    wrong, days = {}, pd.DatetimeIndex(frame.index)
    for column in np.flatnonzero(bad.any(axis=0)):
        row = int(bad[:, column].argmax())
        name = str(frame.columns[int(column)])
        wrong[name] = fault(
            path, "a positive price", f"{values[row, column]:g} on {days[row].date()}",
            row=None if layout.lines is None else int(layout.lines[row]),
            column=name,
            remedy="correct the file, or say --as returns if these are returns",
        )  # fmt: skip
    return wrong


def find_no_returns(path: Path, frame: pd.DataFrame) -> dict[str, UserDataError]:
    """Return the fault of each column that holds no returns: prices beside them, losses over all.

    A column without a value below zero is one of prices if it is usually :data:`ABOVE` times as
    large as those that have them.
    """
    values = frame.to_numpy()
    sizes = frame.abs().median().to_numpy()
    signs = np.asarray((values < 0).any(axis=0))
    usual = float(np.median(sizes[signs])) if signs.any() else np.inf
    wrong, days = {}, pd.DatetimeIndex(frame.index)
    for at, name in enumerate(map(str, frame.columns)):
        below = np.flatnonzero(values[:, at] < -1)
        if below.size:
            day, value = days[below[0]].date(), 100 * values[below[0], at]
            wrong[name] = fault(
                path, "a return above -100%", f"{value:g}% on {day}", column=name,
                remedy="say --as percent if the file is in percent, or correct it",
            )  # fmt: skip
        elif not signs[at] and sizes[at] > ABOVE * usual:
            wrong[name] = fault(
                path, "returns as in the other columns", f"{sizes[at]:g} as the usual value",
                column=name, remedy="give prices and returns in files of their own kind",
            )  # fmt: skip
    return wrong


def cut_padding(frame: pd.DataFrame, columns: pd.Index) -> list[str]:
    """Make prices missing that repeat a dead share's last one, and say of which shares."""
    if len(frame) <= PADDED:
        return []
    tail = frame[columns].to_numpy()[-PADDED:]
    dead = columns[(tail == tail[0]).all(axis=0)]
    days = pd.DatetimeIndex(frame.index)
    cut = []
    for name in dead:
        values = frame[name].to_numpy().copy()
        differs = np.flatnonzero(values != values[-1])
        if differs.size:
            first = int(differs[-1]) + 2
            values[first:] = np.nan
            frame[name] = values
            cut.append(f"{name} from {days[first].date()}")
    more = f" and {len(cut) - 3} more" if len(cut) > 3 else ""
    told = f"equal prices to the end are no prices: {', '.join(cut[:3])}{more}"
    return [told] if cut else []


def is_factors(frame: pd.DataFrame) -> bool:
    """Say whether the columns bear the names of factors."""
    return sum(is_named(name, FACTORS) for name in frame.columns) >= 2


def clear_marks(layout: Layout, said: list[str]) -> None:
    """Make the marks of missing returns missing: -99.99 and -999 in files of factors."""
    values: Floats = layout.frame.to_numpy()
    marks = np.isin(values, (-99.99, -999.0, -9999.0))
    if marks.any():
        layout.frame = layout.frame.mask(marks)
        said.append(f"{int(marks.sum())} marks such as -99.99 taken as missing")
