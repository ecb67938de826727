"""The record: what data/ holds, read anew and put in the order of sessions.

Written from data/README.md and the comments of study.toml, without a line of ``analysis``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

UP = ("tightening", "disappointment", "support")  # news that should raise the shares


@dataclass(frozen=True)
class Record:
    """Everything known, as it stands in the files of ``folder``."""

    folder: Path

    @cached_property
    def choices(self) -> dict[str, Any]:
        """Return study.toml."""
        return tomllib.loads((self.folder / "study.toml").read_text(encoding="utf-8"))

    def _rows(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / name, dtype=str, keep_default_na=False)

    @cached_property
    def firms(self) -> pd.DataFrame:
        """Return universe.csv by ticker."""
        return self._rows("universe.csv").set_index("ticker")

    @cached_property
    def close(self) -> pd.DataFrame:
        """Return adjusted closes, sessions by tickers."""
        rows = self._rows("prices.csv")
        rows["adjusted_close"] = rows["adjusted_close"].astype(float)
        rows["session"] = pd.to_datetime(rows["session"])
        return rows.pivot(index="session", columns="ticker", values="adjusted_close").sort_index()

    @property
    def sessions(self) -> pd.DatetimeIndex:
        """Return the sessions of the prices."""
        return pd.DatetimeIndex(self.close.index)

    @cached_property
    def returns(self) -> pd.DataFrame:
        """Return simple returns; a firm's first own one is that after the session it was listed."""
        returns = self.close / self.close.shift(1) - 1
        for ticker, listed in self.firms["listed_from"].items():
            if listed:
                returns.loc[returns.index <= pd.Timestamp(listed), ticker] = np.nan
        return returns

    def at(self, day: str | pd.Timestamp) -> int:
        """Return the place of the first session on or after a calendar day."""
        return int(self.sessions.searchsorted(pd.Timestamp(day)))

    @cached_property
    def events(self) -> pd.DataFrame:
        """Return events.csv with the place of day 0 and +1 or -1 for the expected sign."""
        rows = self._rows("events.csv")
        rows["place"] = [self.at(day) for day in rows["day0"]]
        rows["sign"] = np.where(rows["direction"].isin(UP), 1, -1)
        return rows.sort_values("place", kind="stable").reset_index(drop=True)

    @cached_property
    def confounders(self) -> pd.DataFrame:
        """Return confounders.csv with the first and the last session that each row touches.

        A row touches the session that first held it, through the last where given; where the hour
        is unknown its date (or the next session) and the session after. Unverified rows are none.
        """
        rows = self._rows("confounders.csv")
        rows = rows[rows["confidence"] != "unverified"].reset_index(drop=True)
        known = rows["first_priced"] != ""
        rows["first"] = [self.at(day) for day in rows["date"].where(~known, rows["first_priced"])]
        last = [self.at(day) if day else -1 for day in rows["last_priced"]]
        hour_unknown = rows["first"] + np.where(known, 0, 1)
        rows["last"] = np.where(np.array(last) >= 0, last, hour_unknown)
        return rows

    @cached_property
    def touched(self) -> pd.DataFrame:
        """Return whether its own or the whole market's news touches a firm, sessions by tickers."""
        touched = np.zeros(self.close.shape, dtype=bool)
        studied = self.choices["firms"]["core"] + self.choices["firms"]["peers"]
        for ticker, first, last in self.confounders[["ticker", "first", "last"]].to_numpy():
            names = self.close.columns.isin(studied if ticker == "ALL" else [ticker])
            touched[first : last + 1, names] = True
        return pd.DataFrame(touched, self.close.index, self.close.columns)

    @cached_property
    def series(self) -> dict[str, np.ndarray]:
        """Return the returns of each ticker."""
        return {str(name): column.to_numpy() for name, column in self.returns.items()}

    @cached_property
    def spoilt(self) -> dict[str, np.ndarray]:
        """Return the touched sessions of each ticker."""
        return {str(name): column.to_numpy(copy=True) for name, column in self.touched.items()}

    def episodes(self, distance: int) -> pd.Series:
        """Return the number of each event's episode: day 0s within ``distance``, chained."""
        return (self.events["place"].diff() > distance).cumsum()

    def mixed(self, episodes: pd.Series) -> pd.Series:
        """Return whether an event's episode holds opposite signs."""
        return self.events.groupby(episodes)["sign"].transform("nunique") > 1

    @cached_property
    def months(self) -> pd.DataFrame:
        """Return customs figures of single months, months by series, as far as the rules let them.

        A derived figure whose band is wider than the rule allows is left out.
        """
        return self._monthly(self._rows("customs.csv"))

    @cached_property
    def all_months(self) -> pd.DataFrame:
        """Return the same with the years before the study."""
        both = [self._rows(f"{folder}customs.csv") for folder in ("history/", "")]
        return self._monthly(pd.concat(both, ignore_index=True))

    def releases(self, series: str) -> dict[str, int]:
        """Return the place of the session that could price the figure of each single month.

        Where a release holds two months the later one counts.
        """
        rows = self._rows("customs.csv")
        known = (rows["coverage"] == "month") & (rows["release_date"] != "")
        rows = rows[known & (rows["series"] == series)]
        rows = rows.drop_duplicates("release_date", keep="last")
        return {
            month: self.at(day)
            for month, day in zip(rows["month"], rows["release_date"], strict=True)
            if self.sessions[0] <= pd.Timestamp(day) <= self.sessions[-1]
        }

    def _monthly(self, rows: pd.DataFrame) -> pd.DataFrame:
        for column in ("value", "low", "high"):
            rows[column] = pd.to_numeric(rows[column])
        wide = (rows["high"] - rows["low"]) / rows["value"] > self.choices["customs"][
            "derived_band"
        ]
        rows = rows[(rows["coverage"] == "month") & ~((rows["status"] == "derived") & wide)]
        table = rows.pivot(index="month", columns="series", values="value")
        table.index = pd.PeriodIndex(table.index, freq="M")
        return table.reindex(pd.period_range(table.index.min(), table.index.max(), freq="M"))
