"""A local server that speaks Yahoo's and UN Comtrade's JSON, and can be told to fail."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from analysis.snapshot.calendar import nyse_sessions
from analysis.snapshot.load import Snapshot
from analysis.snapshot.refresh import comtrade, gather
from analysis.snapshot.refresh.retry import Patience

NEW_YORK = "America/New_York"
LAST = pd.Timestamp("2026-08-31")
SHORT = Patience(attempts=3, first=0.001, longest=0.002, jitter=0.001, timeout=5.0)
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

MONTHS = [f"{month:%Y%m}" for month in pd.period_range("2023-01", "2024-12", freq="M")]

Answer = tuple[int, bytes]


def page(content: object) -> Answer:
    """An answer of JSON."""
    return 200, json.dumps(content).encode()


@dataclass
class Ticker:
    """What Yahoo's chart interface says about one ticker.

    ``close`` is adjusted for splits, ``actions`` holds ex-date, kind of event and its fields.
    """

    close: pd.Series
    adjusted: pd.Series | None = None
    dividends: dict[str, float] = field(default_factory=dict)
    splits: dict[str, tuple[int, int]] = field(default_factory=dict)
    zone: str = NEW_YORK
    kind: str = "EQUITY"
    opens: tuple[str, float] = (NEW_YORK, 9.5)  # where and at which hour its exchange opens

    def chart(self) -> dict[str, object]:
        """The JSON of ``/v8/finance/chart/TICKER``."""
        stamps = [_stamp(day, *self.opens) for day in self.close.index]
        close = [None if np.isnan(c) else float(c) for c in self.close]
        other = self.close if self.adjusted is None else self.adjusted
        adjusted = [None if np.isnan(c) else float(c) for c in other]
        volume = [None if c is None else 1000 for c in close]
        quote = {"open": close, "high": close, "low": close, "close": close, "volume": volume}
        events: dict[str, dict[str, object]] = {}
        if self.dividends:
            events["dividends"] = {
                str(_stamp(day, *self.opens)): {
                    "amount": amount,
                    "date": _stamp(day, *self.opens),
                }
                for day, amount in self.dividends.items()
            }
        if self.splits:
            events["splits"] = {
                str(_stamp(day, *self.opens)): {
                    "date": _stamp(day, *self.opens),
                    "numerator": new,
                    "denominator": old,
                }
                for day, (new, old) in self.splits.items()
            }
        meta = {
            "currency": "USD",
            "instrumentType": self.kind,
            "exchangeTimezoneName": self.zone,
            "priceHint": 2,
            "validRanges": ["1d", "max"],
        }
        result = {
            "meta": meta,
            "timestamp": stamps,
            "events": events,
            "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]},
        }
        return {"chart": {"result": [result], "error": None}}


def _stamp(day: Any, zone: str, hour: float) -> int:
    """Second at which an exchange opens on a day; a time of day given is kept."""
    at = pd.Timestamp(day)
    at = at + pd.Timedelta(hours=hour) if at == at.normalize() else at
    return int(at.tz_localize(zone).timestamp())


@dataclass
class World:
    """Both sources as they are today; tests change it before they refresh.

    ``yahoo`` and ``comtrade`` may be replaced by callables that fail.
    """

    tickers: dict[str, Ticker]
    months: list[str]
    trade: dict[tuple[str, int, str, int, str], tuple[float, float | None]]
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    yahoo: Callable[[str], Answer | None] = lambda _: None
    comtrade: Callable[[str, dict[str, str]], Answer | None] = lambda *_: None

    def answer(self, url: str) -> Answer:
        """What the source at an address says."""
        parts = urlsplit(url)
        if "finance.yahoo.com" in parts.netloc:
            ticker = parts.path.rsplit("/", 1)[1]
            return self.yahoo(ticker) or page(self.tickers[ticker].chart())
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self.comtrade(parts.path, query) or page(self._comtrade(parts.path, query))

    def _comtrade(self, path: str, query: dict[str, str]) -> dict[str, object]:
        reporters = {int(code) for code in query["reporterCode"].split(",")}
        if "getDa" in path:
            rows: list[dict[str, object]] = [
                {"period": int(period), "reporterCode": reporter, "totalRecords": 100}
                for period in query["period"].split(",")
                for reporter in sorted(reporters)
                if period in self.months
            ]
        else:
            partners = {int(code) for code in query["partnerCode"].split(",")}
            rows = [
                record(key, *values)
                for key, values in self.trade.items()
                if key[0] == query["period"]
                and key[1] in reporters
                and key[2] == query["flowCode"]
                and key[3] in partners
                and key[4] in query["cmdCode"].split(",")
            ]
        return {"elapsedTime": "0.01 secs", "count": len(rows), "data": rows, "error": ""}


def record(
    key: tuple[str, int, str, int, str], value: float, weight: float | None
) -> dict[str, object]:
    """One row as UN Comtrade gives it."""
    period, reporter, flow, partner, commodity = key
    return {
        "typeCode": "C",
        "freqCode": "M",
        "period": period,
        "reporterCode": reporter,
        "flowCode": flow,
        "partnerCode": partner,
        "partner2Code": 0,
        "classificationCode": "H6",
        "cmdCode": commodity,
        "customsCode": "C00",
        "motCode": 0,
        "netWgt": weight,
        "isNetWgtEstimated": False,
        "primaryValue": value,
    }


class _Handler(BaseHTTPRequestHandler):
    """Answers as a proxy: addresses arrive whole, tunnels are refused."""

    world: World

    def do_GET(self) -> None:
        """Answer one request."""
        self.world.asked.append(self.path)
        self.world.headers.append(dict(self.headers))
        status, body = self.world.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        """Refuse: nothing here may reach another machine."""
        self.send_error(502)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def today(snapshot: Snapshot) -> World:
    """The sources as an honest continuation of the committed snapshot to ``LAST``."""
    grown = _grown(snapshot)
    tickers = {str(name): Ticker(grown[name].copy()) for name in grown}
    return World(tickers, [*MONTHS], dict(_trade()))


@functools.cache
def _grown(snapshot: Snapshot) -> pd.DataFrame:
    """The committed closes and a random walk from there to ``LAST``."""
    sessions = nyse_sessions(snapshot.sessions[0], LAST)
    known = snapshot.prices.reindex(sessions)
    steps = np.random.default_rng(1).normal(0.0, 0.01, size=known.shape)
    return known.ffill() * np.exp(np.where(known.isna(), steps, 0.0).cumsum(axis=0))


@functools.cache
def _trade() -> dict[tuple[str, int, str, int, str], tuple[float, float | None]]:
    """Two years of exports and imports of every partner and commodity."""
    generator = np.random.default_rng(2)
    trade: dict[tuple[str, int, str, int, str], tuple[float, float | None]] = {}
    for period in MONTHS:
        for code in comtrade.COMMODITIES:
            for partner in comtrade.PARTNERS:
                value = float(generator.integers(10_000, 99_999))
                trade[period, comtrade.CHINA, "X", partner, code] = (value, value / 10)
                if partner != comtrade.WORLD:
                    trade[period, partner, "M", comtrade.CHINA, code] = (value * 1.1, value / 10)
    return trade


@pytest.fixture
def world(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The two sources on this machine; yfinance and httpx2 are led there and nowhere else."""
    made = today(snapshot)
    with serve(made) as port:
        lead(monkeypatch, port)
        yield made


@contextmanager
def serve(world: World) -> Iterator[int]:
    """Let a world answer on a port of this machine."""
    handler = type("Handler", (_Handler,), {"world": world})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def lead(patch: pytest.MonkeyPatch, port: int) -> None:
    """Send every request of both clients through the local server, and be impatient."""
    import yfinance.base
    import yfinance.data
    import yfinance.scrapers.history

    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        patch.setenv(name, f"http://127.0.0.1:{port}")
    for name in ("no_proxy", "NO_PROXY", "COMTRADE_API_KEY"):
        patch.delenv(name, raising=False)
    for module in (yfinance.base, yfinance.scrapers.history):
        patch.setattr(module, "_BASE_URL_", "http://query2.finance.yahoo.com")
    yfinance.data.SingletonMeta._instances.clear()
    patch.setattr(comtrade, "BASE", "http://comtradeapi.un.org")
    patch.setattr(gather, "PATIENCE", SHORT)


@pytest.fixture
def data(snapshot_copy: Path) -> Path:
    """The data folder that a test refreshes."""
    return snapshot_copy
