"""Sessions of the New York Stock Exchange, against which every date is held."""

from __future__ import annotations

import warnings

import exchange_calendars
import pandas as pd

from analysis.snapshot.faults import fault

__all__ = ["check_prices", "check_sessions", "nyse_sessions"]


def nyse_sessions(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """Return the exchange's sessions between two dates, both included.

    All are midnights without a time zone, ``datetime64[ns]``; the dates need not be sessions.
    """
    with warnings.catch_warnings():
        # The library still uses calls that pandas 3 deprecates; its dates are right.
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = exchange_calendars.get_calendar(
            "XNYS", start=first - pd.Timedelta(days=10), end=last + pd.Timedelta(days=10)
        )
    sessions = calendar.sessions
    return pd.DatetimeIndex(sessions[(sessions >= first) & (sessions <= last)]).as_unit("ns")


def check_prices(prices: pd.DataFrame) -> None:
    """Hold the price rows, indexed by line number, against the calendar, ticker by ticker.

    Raises
    ------
    SnapshotError
        If a row lies on a day without a session, or a ticker lacks a session between the first and
        the last day of the file.
    """
    sessions = check_sessions("prices.csv", prices)
    for ticker, rows in prices.groupby("ticker", sort=True):
        missing = sessions.difference(pd.DatetimeIndex(rows["session"]))
        if len(missing):
            later = prices.index[prices["session"] > missing[0]]
            row = int(later.min() if len(later) else prices.index.max() + 1)
            expected = f"session {missing[0]:%Y-%m-%d} of {ticker} before this row"
            remedy = f"add the row ({len(missing)} of {len(sessions)} sessions are missing)"
            place = f"prices.csv, row {row}, column session"
            raise fault(place, expected=expected, found="none", remedy=remedy)


def check_sessions(name: str, table: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the exchange's sessions in the span of a table, indexed by line number.

    Raises
    ------
    SnapshotError
        If one of its rows lies on a day without a session.
    """
    sessions = nyse_sessions(table["session"].min(), table["session"].max())
    strays = table[~table["session"].isin(sessions)]
    if not strays.empty:
        raise fault(
            name,
            row=int(strays.index[0]),
            column="session",
            expected="a session of the New York Stock Exchange",
            found=f"{strays['session'].iloc[0]:%Y-%m-%d}, a day without one",
            remedy="remove the row or correct its date",
        )
    return sessions
