"""Events, closes and the sessions of two exchanges, 2009 to 2024, read anew from the files.

Written from data/registration/history.md and history.toml, without a line of ``analysis``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import exchange_calendars
import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

CALENDAR = ("2009-01-01", "2025-12-31")  # holds every estimation window and the days after
SPAN = ("2010-01-04", "2024-12-31")  # round which the calendar of events is turned
MARKET = "SPY"
VENUES = {
    "MCP": "XNYS", "MP": "XNYS", "UUUU": "XNYS", "REMX": "XNYS",
    "LYC": "XASX", "ARU": "XASX", "ILU": "XASX",
}  # fmt: skip
BETAS = {"XNYS": 1, "XASX": 2}
CONTINUED = ("MP", "UUUU", "REMX", "SPY")
UNADJUSTED = {  # returns into these sessions hold rights issues that the source left in
    "LYC": ["2014-09-29", "2020-08-19"],
    "ARU": ["2011-10-20", "2018-08-15", "2019-06-20", "2019-06-21", "2019-06-24"],
}
TESTED = ("tightening", "easing", "support")
NAMES = {"adjusted_close": "close", "second_direction": "direction_second"}


@dataclass(frozen=True)
class Files:
    """Where the files stand: those of these years, and the closes that go on after them."""

    history: Path
    later: Path

    def rows(self, name: str) -> pd.DataFrame:
        """Return a file of these years as text, under one set of column names."""
        rows = pd.read_csv(self.history / name, dtype=str, keep_default_na=False)
        return rows.rename(columns=NAMES)

    @cached_property
    def closes(self) -> pd.DataFrame:
        """Return closes, dates by tickers; an absent one is not known."""
        rows = self.rows("prices.csv")[["session", "ticker", "close"]]
        after = pd.read_csv(self.later, dtype=str).rename(columns=NAMES)
        after = after[after["ticker"].isin(CONTINUED)]
        after = after[after["session"] > rows.loc[rows["ticker"] == MARKET, "session"].max()]
        rows = pd.concat([rows, after[rows.columns]])
        rows["session"] = pd.to_datetime(rows["session"])
        rows["close"] = rows["close"].astype(float)
        return rows.pivot(index="session", columns="ticker", values="close")


class Record:
    """The files in the order of sessions: returns, regressors, events with their places."""

    def __init__(self, files: Files) -> None:
        self.files = files
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the calendars warn of what pandas will change
            self.calendars = {
                name: exchange_calendars.get_calendar(name, start=CALENDAR[0], end=CALENDAR[1])
                for name in ("XNYS", "XASX")
            }
        self.sessions = {
            name: pd.DatetimeIndex(found.sessions) for name, found in self.calendars.items()
        }

    @cached_property
    def span(self) -> tuple[int, int]:
        """Return place of the first New York session of the span and the number of sessions."""
        first, last = self.sessions["XNYS"].get_indexer(pd.DatetimeIndex(SPAN))
        return int(first), int(last - first + 1)

    def returns(self, ticker: str) -> Floats:
        """Return simple returns over two sessions in a row of the exchange, (sessions,)."""
        sessions = self.sessions[VENUES.get(ticker, "XNYS")]
        close = self.files.closes[ticker].reindex(sessions).to_numpy()
        found = np.append(np.nan, close[1:] / close[:-1] - 1)
        found[sessions.isin(pd.DatetimeIndex(UNADJUSTED.get(ticker, [])))] = np.nan
        return found

    def regressors(self, venue: str) -> Floats:
        """Return the market's returns that a session of the venue can hold, (sessions, betas).

        Sydney: those of the last New York session that ended before the close, and of the one
        before it.
        """
        market = self.returns(MARKET)
        if venue == "XNYS":
            return market[:, None]
        ends = (pd.DatetimeIndex(self.calendars[name].closes) for name in ("XASX", "XNYS"))
        sydney, york = (hours.tz_convert(None).to_numpy() for hours in ends)
        last = np.searchsorted(york, sydney) - 1
        known = last[:, None] - np.arange(BETAS[venue])
        return np.where(known >= 0, market[known], np.nan)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Return the events with the places of both their day 0s and the lag of the Sydney day."""
        rows = self.files.rows("events.csv")
        for venue, column in (("XNYS", "day0"), ("XASX", "day0_asx")):
            rows[venue] = self.sessions[venue].get_indexer(pd.DatetimeIndex(rows[column]))
        return rows

    @cached_property
    def tested(self) -> pd.DataFrame:
        """Return the events of a direction that is tested."""
        return self.events[self.events["direction"].isin(TESTED)].reset_index(drop=True)

    def sydney(self, york: Places, same: Flags) -> Places:
        """Return the Sydney session of New York sessions: of the same date, or the next one.

        Where Sydney does not trade on the same date, it is the next session, too.
        """
        dates = self.sessions["XNYS"]
        on = self.sessions["XASX"].searchsorted(dates)
        after = self.sessions["XASX"].searchsorted(dates, side="right")
        return np.where(same, on[york], after[york])

    @cached_property
    def quiet(self) -> Places:
        """Return the New York sessions of the span more than five from every listed event."""
        first, count = self.span
        places = np.arange(first, first + count)
        days = self.events["XNYS"].to_numpy()
        return places[np.abs(places[:, None] - days).min(axis=1) > 5]


def split_firms(cell: str) -> Sequence[str]:
    """Return the firms that a cell names."""
    return re.findall(r"[A-Z]+", cell)
