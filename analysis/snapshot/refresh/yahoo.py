"""One ticker's history from Yahoo, through yfinance, with every failure named."""

from __future__ import annotations

import functools
import logging
import sqlite3
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.errors import RefreshError
from analysis.snapshot.refresh import errors
from analysis.snapshot.refresh.adjust import unsplit
from analysis.snapshot.refresh.retry import Patience, patiently

__all__ = ["ZONE", "History", "fetch_history"]

ZONE = "America/New_York"
DAY = pd.Timedelta(days=1)
_KINDS = {"Dividends": "dividend", "Capital Gains": "capital_gain", "Stock Splits": "split"}


@dataclass(frozen=True, eq=False)
class History:
    """What Yahoo has on one ticker.

    Attributes
    ----------
    ticker : str
    bars : pandas.DataFrame
        By day (midnight, no time zone), in order: ``close`` as Yahoo gives it (dollars, adjusted
        for splits), ``traded`` (dollars as traded), ``adjusted`` (Yahoo's own adjusted close).
        A bar without a close is kept, as missing.
    actions : pandas.DataFrame
        Columns ``session`` (ex-date), ``kind``, ``value`` (dollars a share as paid, or new shares
        per old share).
    late : int
        Bars after the last day asked for, which Yahoo appends while it trades; they are dropped.
    """

    ticker: str
    bars: pd.DataFrame
    actions: pd.DataFrame
    late: int


def fetch_history(
    ticker: str,
    first: pd.Timestamp,
    last: pd.Timestamp,
    patience: Patience,
    say: Callable[[str], None],
    *,
    symbol: str = "",
    zone: str = ZONE,
) -> History:
    """Fetch the daily bars, dividends and splits of one ticker.

    Parameters
    ----------
    first, last : pandas.Timestamp
        Days without a time zone, both included; ``last`` is before today in New York, since the
        bar of a day that still trades is partial.
    symbol : str, optional
        What Yahoo calls the ticker, where that is something else.
    zone : str
        Time zone of the exchange.

    Raises
    ------
    RefreshError
        A subclass that names what went wrong.
    """
    asked = symbol or ticker
    frame = patiently(lambda: _ask(asked, zone, first, last, patience.timeout), patience, say)
    return _history(ticker, frame, last, zone)


@functools.cache
def _yfinance() -> tuple[Any, Any]:
    """Import yfinance, give its SQLite caches a folder of their own, let it raise its errors.

    The folder is the second part of what is returned, and so lives as long as the process.
    """
    import yfinance  # late: it takes a second, and customs need it not

    folder = tempfile.TemporaryDirectory(prefix="yahoo-", ignore_cleanup_errors=True)
    yfinance.set_tz_cache_location(folder.name)
    yfinance.config.debug.hide_exceptions = False
    yfinance.utils.get_yf_logger().setLevel(logging.ERROR)  # what stops a request is raised
    return yfinance, folder


def _ask(
    ticker: str, zone: str, first: pd.Timestamp, last: pd.Timestamp, timeout: float
) -> pd.DataFrame:
    yfinance, _ = _yfinance()
    # yfinance keeps answers about the past, faulty ones too; a retry must ask anew. The
    # time zone of every exchange is known, and checked below: it saves a request a ticker.
    yfinance.data.YfData().cache_get.cache_clear()
    try:
        yfinance.cache.get_tz_cache().store(ticker, zone)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the library about itself; its frame is checked
            frame: pd.DataFrame = yfinance.Ticker(ticker).history(
                start=f"{first:%Y-%m-%d}",
                end=f"{last + DAY:%Y-%m-%d}",
                interval="1d",
                auto_adjust=False,
                actions=True,
                repair=False,  # it has invented splits
                keepna=True,
                timeout=timeout,
            )
    except Exception as error:
        raise _named(ticker, error, yfinance.exceptions) from None
    return frame


def _named(ticker: str, error: Exception, kinds: Any) -> RefreshError:
    """Turn what yfinance and the HTTP library under it raise into our errors."""
    place, said = f"Yahoo, {ticker}", " ".join(str(error).split())[:200]
    bars = "daily bars"
    if isinstance(error.__context__, sqlite3.Error):  # of a cache, which its library wraps
        return errors.NamedError(
            tempfile.gettempdir(),
            expected="a place and room for the caches of yfinance",
            found=said,
            remedy="free some space and run again",
        )
    if isinstance(error, kinds.YFRateLimitError):
        return errors.RateLimitError(place, expected=bars, found="too many requests (429)")
    if isinstance(error, kinds.YFTzMissingError) or "delisted" in str(
        getattr(error, "yahoo_reason", "")
    ):
        return errors.DelistedError(
            place,
            expected=bars,
            found=said,
            remedy="look up whether the ticker has changed, then correct data/universe.csv and "
            "data/prices.csv or refresh --only customs",
        )
    if isinstance(error, kinds.YFPricesMissingError):
        return errors.EmptyAnswerError(place, expected=bars, found=said)
    if isinstance(error, kinds.YFDataException | ValueError):  # or of any decoder of JSON
        return errors.NotJsonError(place, expected="JSON", found=said)
    if isinstance(error, OSError):  # every error of curl and of requests is one
        return errors.NetworkError(
            place, expected="a connection", found=said, remedy=f"check the network; {errors.LATER}"
        )
    return errors.AnswerError(
        place,
        expected="an answer as yfinance knows it",
        found=f"{type(error).__name__} {said}",
        remedy="see whether a newer yfinance can read it: nox -s lock",
    )


def _history(ticker: str, frame: pd.DataFrame, last: pd.Timestamp, expected: str = ZONE) -> History:
    place = f"Yahoo, {ticker}"
    if frame.empty or frame["Close"].isna().all():
        raise errors.EmptyAnswerError(place, expected="daily bars", found="none")
    zone = str(pd.DatetimeIndex(frame.index).tz)
    if zone != expected:
        raise errors.TimeZoneError(
            place,
            expected=f"bars in {expected}",
            found=zone,
            remedy=f"check the ticker; {errors.LATER}",
        )
    frame = frame.set_axis(pd.DatetimeIndex(frame.index).tz_localize(None).normalize())
    frame.index = pd.DatetimeIndex(frame.index).as_unit("ns").rename("session")
    if frame.index.has_duplicates:
        day = frame.index[frame.index.duplicated()][0]
        raise errors.DuplicateRowsError(
            place, expected="one bar a day", found=f"two on {day:%Y-%m-%d}"
        )
    kept = frame[frame.index <= last].sort_index()
    splits = kept["Stock Splits"][kept["Stock Splits"] != 0]
    bars = pd.DataFrame(
        {
            "close": kept["Close"],
            "traded": unsplit(kept["Close"], splits),
            "adjusted": kept["Adj Close"],
        }
    )
    return History(ticker, bars, _actions(kept, splits), len(frame) - len(kept))


def _actions(frame: pd.DataFrame, splits: pd.Series[float]) -> pd.DataFrame:
    """List what was paid and split, in order of ex-date and kind."""
    found = []
    for column, kind in _KINDS.items():
        if column in frame:
            values = frame[column][frame[column] != 0].dropna()
            values = values if kind == "split" else unsplit(values, splits)
            found.append(pd.DataFrame({"kind": kind, "value": values}).reset_index())
    return pd.concat(found).sort_values(["session", "kind"], ignore_index=True)
