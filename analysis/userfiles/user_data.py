"""Reads a user's price and event files, and says in one line what is wrong with them."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserDataError

__all__ = ["read_events", "read_prices", "read_series"]

HEADER = 2  # the line of a file on which its first row of data stands
MOST_SESSIONS = 100_000  # four centuries of days: beyond it a file is not what its name says
MOST_EVENTS = 100_000  # some 5 kB of JSON and memory each
AS_IT_STANDS: dict[str, Any] = {  # how the cells of a file are read
    "skiprows": 1,
    "dtype": str,
    "index_col": False,
    "encoding": "utf-8-sig",
    "keep_default_na": False,
    "na_values": ["", "NA", "N/A", "NaN", "nan", "null"],
    "skip_blank_lines": False,
}
DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def _fault(path: Path, row: int | None, column: str, expected: str, found: str) -> UserDataError:
    place = path.name + (f", row {row}" if row else "") + (f", column {column}" if column else "")
    return UserDataError(f"{place}: expected {expected}, found {found}; correct the file")


def _read(path: Path, limit: int) -> pd.DataFrame:
    """Read all cells as they stand, after a look at the header and the number of rows."""
    try:
        header = _header(path)
        _check_length(path, limit)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(path, names=header, **AS_IT_STANDS)
    except FileNotFoundError:
        raise UserDataError(f"{path}: expected a CSV file, found none; check the path") from None
    except OSError as error:
        raise UserDataError(f"{path}: expected a CSV file, found: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _fault(path, None, "", "text in UTF-8", "other bytes") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        found = str(error).strip().split("C error: ")[-1].split(".")[0]
        raise _fault(path, None, "", f"{len(header)} columns in every row", found) from None
    except pd.errors.EmptyDataError:
        raise _fault(path, None, "", "rows below the header", "none") from None
    while len(frame) and frame.iloc[-1].isna().all():  # blank lines at the end mean nothing
        frame = frame.iloc[:-1]
    if frame.empty:
        raise _fault(path, None, "", "rows below the header", "none")
    return frame


def _header(path: Path) -> list[str]:
    """Return the names of the columns, each once, separated by commas."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        names = [name.strip() for name in next(csv.reader(handle), [])]
    if not any(names):
        raise _fault(path, None, "", "a CSV file with a header", "nothing in the first row")
    if len(names) == 1:
        marks = [word for mark, word in DELIMITERS.items() if mark in names[0]]
        found = f"{marks[0]} in {names[0]!r}" if marks else f"one column {names[0]!r}"
        raise _fault(path, 1, "", "columns separated by commas", found)
    if "" in names:
        raise _fault(
            path, 1, "", "a name for every column", f"none for column {names.index('') + 1}"
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise _fault(path, 1, twice[0], "each column once", "it again")
    return names


def _check_length(path: Path, limit: int) -> None:
    """Stop at a file with more rows than `limit` before any of it is held in memory."""
    lines = 0
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            lines += block.count(b"\n")
            if lines > limit + 1:
                raise _fault(path, None, "", f"at most {limit:,} rows", "more")


def _dates(path: Path, values: pd.Series, column: str) -> pd.DatetimeIndex:
    dates = pd.to_datetime(values, format="%Y-%m-%d", errors="coerce")
    bad = np.flatnonzero(dates.isna())
    if bad.size:
        raise _fault(
            path, int(bad[0]) + HEADER, column, "a date as YYYY-MM-DD", repr(values.iloc[bad[0]])
        )
    return pd.DatetimeIndex(dates)


def read_prices(path: Path) -> pd.DataFrame:
    """Read a wide price table.

    Parameters
    ----------
    path : Path
        CSV: a column of dates first, then one column of prices an asset. Empty cells are missing.

    Returns
    -------
    DataFrame
        Sessions by assets, dollars or any other unit.

    Raises
    ------
    UserDataError
        If the file is empty, not comma-separated or longer than MOST_SESSIONS, a column has no
        name or one that stands twice, a date is unreadable, doubled or out of order, or a price is
        no positive number; the message names row and column.
    """
    return _read_wide(path, positive=True)


def read_series(path: Path) -> pd.DataFrame:
    """Read a wide table of numbers of any sign, otherwise as :func:`read_prices`."""
    return _read_wide(path, positive=False)


def _read_wide(path: Path, *, positive: bool) -> pd.DataFrame:
    """Read a column of dates and columns of numbers."""
    frame = _read(path, MOST_SESSIONS)
    name = str(frame.columns[0])
    dates = _dates(path, frame[name], name)
    doubled = np.flatnonzero(dates.duplicated())
    if doubled.size:
        found = f"{dates[doubled[0]].date()} again"
        raise _fault(path, int(doubled[0]) + HEADER, name, "each date once", found)
    backwards = np.flatnonzero(dates[1:] < dates[:-1])
    if backwards.size:
        at = int(backwards[0]) + 1
        found = f"{dates[at].date()} after {dates[at - 1].date()}"
        raise _fault(path, at + HEADER, name, "dates in increasing order", found)
    columns = frame.drop(columns=name)
    return pd.DataFrame(
        {c: _numbers(path, str(c), columns[c], positive=positive) for c in columns}
    ).set_index(dates.rename(name))


def _numbers(path: Path, name: str, values: pd.Series, *, positive: bool) -> pd.Series:
    """Return a column as floats, or say which cell is no number."""
    numbers = pd.to_numeric(values, errors="coerce")
    words = np.flatnonzero(numbers.isna() & values.notna())
    if words.size:
        raise _fault(path, int(words[0]) + HEADER, name, "a number", repr(values.iloc[words[0]]))
    low = np.flatnonzero(((numbers <= 0) & positive) | np.isinf(numbers))
    if low.size:
        expected = "a positive price" if positive else "a finite number"
        found = f"{numbers.iloc[low[0]]:g}"
        raise _fault(path, int(low[0]) + HEADER, name, expected, found)
    return numbers.astype(float)


def read_events(path: Path) -> pd.DataFrame:
    """Read an event list.

    Parameters
    ----------
    path : Path
        CSV with ``ticker`` and ``day0``; optionally ``group`` and ``episode``.

    Returns
    -------
    DataFrame
        ``ticker``, ``day0`` (timestamp), ``group`` (``all`` where the file has none) and, if the
        file has it, ``episode``.

    Raises
    ------
    UserDataError
        If a column is missing or a cell empty, a date unreadable, an event stands twice in a group,
        or the file is longer than MOST_EVENTS.
    """
    frame = _read(path, MOST_EVENTS)
    for column in ("ticker", "day0"):
        if column not in frame.columns:
            raise _fault(path, 1, "", f"a column {column!r}", ", ".join(map(str, frame.columns)))
    for column in frame.columns.intersection(["ticker", "group", "episode"]):
        empty = np.flatnonzero(frame[column].isna())
        if empty.size:
            raise _fault(path, int(empty[0]) + HEADER, column, f"a {column}", "an empty cell")
    events = pd.DataFrame({"ticker": frame["ticker"]})
    events["day0"] = _dates(path, frame["day0"], "day0")
    events["group"] = frame["group"] if "group" in frame.columns else "all"
    if "episode" in frame.columns:
        events["episode"] = frame["episode"]
    twice = np.flatnonzero(events.duplicated(["ticker", "day0", "group"]))
    if twice.size:
        row = events.iloc[int(twice[0])]
        found = f"{row['ticker']} on {row['day0'].date()} again"
        raise _fault(path, int(twice[0]) + HEADER, "day0", "each event once in a group", found)
    return events
