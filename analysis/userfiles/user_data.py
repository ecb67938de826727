"""Reads a user's price and event files, and says in one line what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import UserDataError

__all__ = ["read_events", "read_prices"]

HEADER = 2  # the line of a file on which its first row of data stands


def _fault(path: Path, row: int | None, column: str, expected: str, found: str) -> UserDataError:
    place = (
        f"{path.name}" + (f", row {row}" if row else "") + (f", column {column}" if column else "")
    )
    return UserDataError(f"{place}: expected {expected}, found {found}; correct the file")


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path)
    except FileNotFoundError:
        raise UserDataError(f"{path}: expected a CSV file, found none; check the path") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise _fault(path, None, "", "a CSV file with a header", str(error).strip()) from None
    if frame.shape[1] == 1:
        raise _fault(
            path, None, "", "columns separated by commas", f"one column {frame.columns[0]!r}"
        )
    if frame.empty:
        raise _fault(path, None, "", "rows below the header", "none")
    return frame


def _dates(path: Path, values: pd.Series, column: str) -> pd.DatetimeIndex:
    dates = pd.to_datetime(values.astype(str), format="%Y-%m-%d", errors="coerce")
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
        If the file is empty or not comma-separated, a date is unreadable, doubled or out of order,
        or a price is no positive number; the message names row and column.
    """
    frame = _read(path)
    name = str(frame.columns[0])
    dates = _dates(path, frame[name], name)
    doubled = np.flatnonzero(dates.duplicated())
    if doubled.size:
        found = f"{dates[doubled[0]].date()} again"
        raise _fault(path, int(doubled[0]) + HEADER, name, "each date once", found)
    backwards = np.flatnonzero(np.diff(dates.to_numpy()) < np.timedelta64(0))
    if backwards.size:
        at = int(backwards[0]) + 1
        found = f"{dates[at].date()} after {dates[at - 1].date()}"
        raise _fault(path, at + HEADER, name, "dates in increasing order", found)
    prices = frame.drop(columns=name).set_index(dates)
    for column in prices.columns:
        _check_column(path, str(column), prices[column])
    return prices.astype(float)


def _check_column(path: Path, name: str, values: pd.Series) -> None:
    numbers = pd.to_numeric(values, errors="coerce")
    words = np.flatnonzero(numbers.isna() & values.notna())
    if words.size:
        raise _fault(path, int(words[0]) + HEADER, name, "a number", repr(values.iloc[words[0]]))
    low = np.flatnonzero((numbers <= 0) | np.isinf(numbers))
    if low.size:
        found = f"{numbers.iloc[low[0]]:g}"
        raise _fault(path, int(low[0]) + HEADER, name, "a positive price", found)


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
        If a column is missing, a date unreadable, or an event stands twice in a group.
    """
    frame = _read(path)
    for column in ("ticker", "day0"):
        if column not in frame.columns:
            raise _fault(path, 1, "", f"a column {column!r}", ", ".join(map(str, frame.columns)))
    events = pd.DataFrame({"ticker": frame["ticker"].astype(str)})
    events["day0"] = _dates(path, frame["day0"], "day0")
    events["group"] = frame["group"].astype(str) if "group" in frame.columns else "all"
    if "episode" in frame.columns:
        events["episode"] = frame["episode"]
    twice = np.flatnonzero(events.duplicated(["ticker", "day0", "group"]))
    if twice.size:
        row = events.iloc[int(twice[0])]
        found = f"{row['ticker']} on {row['day0'].date()} again"
        raise _fault(path, int(twice[0]) + HEADER, "day0", "each event once in a group", found)
    return events
