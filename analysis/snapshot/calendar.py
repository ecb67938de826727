"""Sessions of the New York Stock Exchange, against which every date is held."""

from __future__ import annotations

import warnings

import exchange_calendars
import pandas as pd

from analysis.snapshot.faults import fault

__all__ = ["check_prices", "check_sessions", "nyse_sessions"]


def nyse_sessions(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """Return the exchange's sessions from ``first`` to ``last``, both included.

    Parameters
    ----------
    first, last : pandas.Timestamp
        Calendar dates without a time zone; they need not be sessions.

    Returns
    -------
    pandas.DatetimeIndex
        Midnights without a time zone, ``datetime64[ns]``.
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
    """Hold the price rows against the exchange's calendar, ticker by ticker.

    Parameters
    ----------
    prices : pandas.DataFrame
        Columns ``session`` and ``ticker``, indexed by line number.

    Raises
    ------
    SnapshotError
        If a row lies on a day without a session, or a ticker lacks a session between the first and
        the last day of the file.
    """
    check_sessions("prices.csv", prices)
    sessions = nyse_sessions(prices["session"].min(), prices["session"].max())
    for ticker, rows in prices.groupby("ticker", sort=True):
        missing = sessions.difference(pd.DatetimeIndex(rows["session"]))
        if len(missing):
            later = prices.index[prices["session"] > missing[0]]
            raise fault(
                "prices.csv",
                row=int(later.min() if len(later) else prices.index.max() + 1),
                column="session",
                expected=f"session {missing[0]:%Y-%m-%d} of {ticker} before this row",
                found="none",
                remedy=f"add the row ({len(missing)} of {len(sessions)} sessions are missing)",
            )


def check_sessions(name: str, table: pd.DataFrame) -> None:
    """Hold the days of a table against the exchange's calendar.

    Parameters
    ----------
    name : str
        File name, for messages.
    table : pandas.DataFrame
        Column ``session``, indexed by line number.

    Raises
    ------
    SnapshotError
        If a row lies on a day without a session.
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
