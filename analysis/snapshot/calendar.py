"""Sessions of exchanges, against which every date is held."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from functools import lru_cache

import exchange_calendars
import pandas as pd

from analysis.snapshot.exchange_choices import HOME
from analysis.snapshot.faults import fault

__all__ = [
    "NAMES",
    "check_days",
    "check_prices",
    "find_market_sessions",
    "find_zone",
    "list_exchanges",
    "list_sessions",
    "nyse_sessions",
]

NAMES = {
    HOME: "the New York Stock Exchange",
    "XASX": "the Australian Securities Exchange",
    "XETR": "the Frankfurt exchange",
    "XLON": "the London Stock Exchange",
    "XTKS": "the Tokyo Stock Exchange",
}


def list_exchanges() -> list[str]:
    """Return the codes of all exchanges whose sessions are known."""
    return list(exchange_calendars.get_calendar_names(include_aliases=False))


def find_zone(exchange: str) -> str:
    """Return the time zone of an exchange, such as ``Australia/Sydney``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # as below
        return str(exchange_calendars.get_calendar(exchange).tz)


_built: dict[str, tuple[pd.Timestamp, pd.Timestamp, pd.Series]] = {}
"""The longest span of each exchange that was built, which takes time."""
_LEADS = (pd.Timedelta(days=366), pd.Timedelta(days=10))  # events lie before the first price
_TAIL = pd.Timedelta(days=10)


@lru_cache(maxsize=32)
def _schedule(exchange: str, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """Return the closing times (UTC) of an exchange's sessions between two dates, by session."""
    start, end, closes = _built.get(exchange, (first, first, None))
    if closes is None or first < start or last > end:
        start, end, closes = _build(exchange, min(start, first), max(end, last))
        _built[exchange] = (start, end, closes)
    sessions = pd.DatetimeIndex(closes.index)
    inside: pd.Series = closes[(sessions >= first) & (sessions <= last)]
    return inside


def _build(
    exchange: str, first: pd.Timestamp, last: pd.Timestamp
) -> tuple[pd.Timestamp, pd.Timestamp, pd.Series]:
    """Build an exchange's calendar over two dates and more, and say from when to when."""
    end = last + _TAIL
    with warnings.catch_warnings():
        # The library still uses calls that pandas 3 deprecates; its dates are right.
        warnings.simplefilter("ignore", DeprecationWarning)
        for lead in _LEADS:
            try:
                calendar = exchange_calendars.get_calendar(exchange, start=first - lead, end=end)
            except ValueError:  # of some exchanges less is known
                if lead == _LEADS[-1]:
                    raise
            else:
                break
    closes: pd.Series = calendar.closes
    return first - lead, end, closes.set_axis(pd.DatetimeIndex(closes.index).as_unit("ns"))


def list_sessions(exchange: str, first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """Return an exchange's sessions between two dates, both included.

    All are midnights without a time zone, ``datetime64[ns]``; the dates need not be sessions.
    """
    return pd.DatetimeIndex(_schedule(exchange, first, last).index)


def nyse_sessions(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """Return the sessions of the New York Stock Exchange: see :func:`list_sessions`."""
    return list_sessions(HOME, first, last)


def find_market_sessions(sessions: pd.DatetimeIndex, exchange: str, market: str) -> pd.Series:
    """Find the last session of the market's exchange that had ended by every close of another.

    On the market's own exchange that is the session itself.

    Parameters
    ----------
    sessions : DatetimeIndex, (T,)
        Sessions of `exchange` in order.

    Returns
    -------
    Series, (T,)
        Sessions of `market`, by session of `exchange`.
    """
    own = _schedule(exchange, sessions[0], sessions[-1])
    ended = _schedule(market, sessions[0] - pd.Timedelta(days=10), sessions[-1])
    place = pd.DatetimeIndex(ended).searchsorted(pd.DatetimeIndex(own), side="right") - 1
    return pd.Series(ended.index[place], own.index).reindex(sessions)


def check_prices(
    prices: pd.DataFrame,
    exchanges: Mapping[str, str] | None = None,
    holes: Collection[str] = (),
    listed: Mapping[str, pd.Timestamp] | None = None,
) -> None:
    """Hold the price rows, indexed by line number, against the calendar, ticker by ticker.

    Parameters
    ----------
    prices : DataFrame
    exchanges : mapping of str to str, optional
        Exchange by ticker; :data:`HOME` for those not named.
    holes : collection of str
        Tickers that may lack sessions.
    listed : mapping of str to Timestamp, optional
        First session by ticker; before it a ticker may have no row.

    Raises
    ------
    SnapshotError
        If a row lies on a day without a session, or a ticker lacks a session between the first and
        the last day of the file.
    """
    for rows, sessions in check_days("prices.csv", prices, exchanges or {}):
        _check_holes(rows, sessions, holes, listed or {})


def check_days(
    name: str, table: pd.DataFrame, exchanges: Mapping[str, str]
) -> list[tuple[pd.DataFrame, pd.DatetimeIndex]]:
    """Hold the sessions of a table with tickers against the calendar of each one's exchange.

    Returns
    -------
    list of (DataFrame, DatetimeIndex)
        By exchange: its rows, and its sessions in their span.

    Raises
    ------
    SnapshotError
        If a row lies on a day without a session.
    """
    at = table["ticker"].map(lambda ticker: exchanges.get(ticker, HOME))
    parts = [(exchange, table[at == exchange]) for exchange in dict.fromkeys(at)]
    return [(rows, _check_sessions(name, rows, exchange)) for exchange, rows in parts]


def _check_holes(
    prices: pd.DataFrame,
    sessions: pd.DatetimeIndex,
    holes: Collection[str],
    listed: Mapping[str, pd.Timestamp],
) -> None:
    for ticker, rows in prices[~prices["ticker"].isin(holes)].groupby("ticker", sort=True):
        start = listed.get(str(ticker), pd.NaT)
        needed = sessions if pd.isna(start) else sessions[sessions >= start]
        missing = needed.difference(pd.DatetimeIndex(rows["session"]))
        if len(missing):
            later = prices.index[prices["session"] > missing[0]]
            row = int(later.min() if len(later) else prices.index.max() + 1)
            expected = f"session {missing[0]:%Y-%m-%d} of {ticker} before this row"
            remedy = f"add the row ({len(missing)} of {len(sessions)} sessions are missing)"
            remedy += ", or say under [holes] of study.toml why there is none" * bool(holes)
            if pd.isna(start) and missing[-1] < rows["session"].min():
                remedy += f", or write {rows['session'].min():%Y-%m-%d} under listed_from in "
                remedy += "universe.csv if it was listed then"
            place = f"prices.csv, row {row}, column session"
            raise fault(place, expected=expected, found="none", remedy=remedy)


def _check_sessions(name: str, table: pd.DataFrame, exchange: str = HOME) -> pd.DatetimeIndex:
    """Return an exchange's sessions in the span of a table; all its rows must lie on one."""
    sessions = list_sessions(exchange, table["session"].min(), table["session"].max())
    strays = table[~table["session"].isin(sessions)]
    if not strays.empty:
        raise fault(
            name,
            row=int(strays.index[0]),
            column="session",
            expected=f"a session of {NAMES.get(exchange, exchange)}",
            found=f"{strays['session'].iloc[0]:%Y-%m-%d}, a day without one",
            remedy="remove the row or correct its date, or name the exchange of its firm under "
            "[exchanges] in study.toml",
        )
    return sessions
