"""The years before the two news items, written from data/registration/history.toml.

Quiet days alone: what the registered tests can find. Where the words leave a choice open:

- on a quiet day of New York a Sydney firm is measured on its next session, as on most events;
- the spread over quiet days is that of the mean over the firms that can be used on the day, however
  many they are.
"""

from __future__ import annotations

import tomllib
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import exchange_calendars
import numpy as np
import pandas as pd

from .inference import detectable

__all__ = ["Earlier"]

PRICES_END = pd.Timestamp("2025-02-19")
SIGNS = {"tightening": 1, "easing": -1, "support": 1}


def calendar(exchange: str) -> pd.Series:
    """Return closing times by session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of calls inside the library
        held = exchange_calendars.get_calendar(
            exchange, start="2009-08-01", end="2025-03-31"
        ).closes
    days = pd.DatetimeIndex(held.index).as_unit("ns")
    return held.dt.tz_convert(None).set_axis(days)[days <= PRICES_END]


@dataclass(frozen=True)
class Earlier:
    """The registered study, from its files."""

    data: Path

    @cached_property
    def terms(self) -> dict[str, Any]:
        """Every entry of the registration."""
        return tomllib.loads((self.data / "registration/history.toml").read_text("utf-8"))

    @cached_property
    def events(self) -> pd.DataFrame:
        """The events with both day 0s as days."""
        events = pd.read_csv(self.data / "history/events.csv", keep_default_na=False)
        days = ["day0", "day0_asx"]
        return events.assign(**{name: pd.to_datetime(events[name]) for name in days})

    @cached_property
    def closes(self) -> dict[str, pd.Series]:
        """Closing times of both exchanges, by session."""
        return {exchange: calendar(exchange) for exchange in ("XNYS", "XASX")}

    @cached_property
    def firms(self) -> dict[str, str]:
        """Exchange of each firm."""
        return {firm: said["exchange"] for firm, said in self.terms["sample"]["firms"].items()}

    def returns(self, ticker: str, exchange: str) -> pd.Series:
        """Simple returns between neighbouring sessions of the exchange."""
        rows = pd.read_csv(self.data / "history/prices.csv", parse_dates=["session"])
        own = rows[rows["ticker"] == ticker].set_index("session")["adjusted_close"]
        price = own.reindex(self.closes[exchange].index)
        found = price / price.shift(1) - 1
        found[pd.DatetimeIndex(self.terms["prices"]["missing"].get(ticker, []))] = np.nan
        return found

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """By firm: its return and the regressors on every session of its exchange."""
        market, home = self.returns("SPY", "XNYS"), self.closes["XNYS"]
        tables = {}
        for firm, exchange in self.firms.items():
            closes = self.closes[exchange]
            last = np.array([(home <= close).sum() - 1 for close in closes])
            table = pd.DataFrame({"y": self.returns(firm, exchange)})
            for name, before in {"XNYS": {"x0": 0}, "XASX": {"x0": 0, "x1": 1}}[exchange].items():
                at = last - before
                table[name] = np.where(at >= 0, market.to_numpy()[np.maximum(at, 0)], np.nan)
            tables[firm] = table
        return tables

    def usable(self, firm: str, at: int) -> bool:
        """Whether a firm counts with a session of its exchange, by position, as day 0."""
        known = self.tables[firm].notna().all(axis=1).to_numpy()
        before = slice(max(at - 130, 0), max(at - 10, 0))
        y = self.tables[firm]["y"].to_numpy()[before][known[before]]
        return bool(len(y) >= 60 and (y == 0).mean() <= 0.5 and known[at : at + 2].sum() == 2)

    def respond(self, firm: str, at: int) -> tuple[float, float]:
        """Standardised CAR and CAR over [0, +1]."""
        table = self.tables[firm].to_numpy()
        window = table[at - 130 : at - 10]
        window = window[~np.isnan(window).any(axis=1)]
        y, x = window[:, 0], window[:, 1:]
        inverse = np.linalg.inv(x.T @ x)
        beta = inverse @ x.T @ y
        residual = y - x @ beta
        variance = residual @ residual / (len(y) - x.shape[1])
        days = table[at : at + 2]
        summed = days[:, 1:].sum(axis=0)
        car = float((days[:, 0] - days[:, 1:] @ beta).sum())
        return car / float(np.sqrt(variance * (2 + summed @ inverse @ summed))), car

    @cached_property
    def quiet(self) -> pd.DataFrame:
        """Mean standardised CAR and CAR of the firms on every quiet day."""
        home, sydney = (self.closes[exchange].index for exchange in ("XNYS", "XASX"))
        listed = home.get_indexer(pd.DatetimeIndex(self.events["day0"]))
        span = self.terms["test"]["rotations"]
        rows = {}
        for at, day in enumerate(home):
            inside = pd.Timestamp(span["first"]) <= day <= pd.Timestamp(span["last"])
            if not inside or np.abs(listed - at).min() <= self.terms["power"]["quiet"]:
                continue
            later = int((sydney <= day).sum())
            places = {"XNYS": at, "XASX": later}
            held = [
                self.respond(firm, places[exchange])
                for firm, exchange in self.firms.items()
                if self.usable(firm, places[exchange])
            ]
            if held:
                rows[day] = np.mean(held, axis=0)
        return pd.DataFrame.from_dict(rows, orient="index", columns=["scar", "car"])

    def episodes(self, *, own_news: bool = False) -> dict[str, int]:
        """Count episodes of one direction, mixed ones, events with a firm, those with one."""
        home, counts = self.closes["XNYS"].index, []
        for row in self.events.to_dict("records"):
            if row["direction"] not in SIGNS:
                continue
            held = 0
            for firm, exchange in self.firms.items():
                day = row[self.terms["sample"]["firms"][firm]["day0"]]
                at = int((self.closes[exchange].index < day).sum())
                own = firm in row["leave_out"].split(";") and not own_news
                held += self.usable(firm, at) and not own
            if held:
                counts.append((int((home < row["day0"]).sum()), row["direction"], held))
        counts.sort()
        chains: list[list[str]] = []
        last = -9
        for place, direction, _ in counts:
            if place - last > 1:
                chains.append([])
            chains[-1].append(direction)
            last = place
        found = {name: sum(set(chain) == {name} for chain in chains) for name in SIGNS}
        signs = [{SIGNS[direction] for direction in chain} for chain in chains]
        found["mixed"] = sum(len(each) > 1 for each in signs)
        found["with_firm"] = len(counts)
        found["one_firm"] = sum(held == 1 for _, _, held in counts)
        return found

    @cached_property
    def detectable(self) -> dict[str, dict[str, float]]:
        """By claim: the effect that its test finds with the registered power."""
        counts = self.episodes()
        sides = {
            "H1": [counts["tightening"]],
            "H2": [counts["easing"]],
            "H3": [counts["tightening"], counts["easing"]],
            "H4": [counts["support"]],
        }
        spread, power, found = self.quiet.std(ddof=1), self.terms["power"], {}
        for claim, sizes in sides.items():
            root = np.sqrt(sum(1 / size for size in sizes))
            found[claim] = {
                name: detectable(
                    root * spread[name], min(sizes) - 1, power["level"], power["power"]
                )
                for name in ("scar", "car")
            }
        return found
