"""Each way in which UN Comtrade fails, replayed through the real httpx2 against a local server."""

from __future__ import annotations

import json
import logging
from typing import Any

import pandas as pd
import pytest

from analysis.errors import RefreshError
from analysis.snapshot.refresh.comtrade import CHINA, COMMODITIES, PARTNERS, Client
from analysis.snapshot.refresh.errors import (
    AnswerError,
    DuplicateRowsError,
    KeyRefusedError,
    LostPeriodError,
    NetworkError,
    NotJsonError,
    RateLimitError,
    ServerError,
    TruncatedError,
    ZeroWeightsError,
)
from analysis.snapshot.refresh.trade import KEY, Trade, fetch_trade

from .conftest import KEY as SECRET
from .conftest import SHORT, Answer, World, page

MONTHS = pd.period_range("2024-10", "2025-02", freq="M")  # the world has nothing after 2024


class Told:
    """Keeps what a refresh would show."""

    def __init__(self) -> None:
        self.items: list[tuple[str, int, str]] = []
        self.lines: list[str] = []

    def done(self, _: str, item: str, total: int, found: str) -> None:
        """Keep one item."""
        self.items.append((item, total, found))

    def say(self, line: str) -> None:
        """Keep one line."""
        self.lines.append(line)


@pytest.fixture
def told() -> Told:
    """What was shown."""
    return Told()


def fetch(told: Told, months: pd.PeriodIndex = MONTHS) -> Trade:
    """Fetch a few months as a refresh does."""
    with Client(SHORT, told.say) as client:
        return fetch_trade(client, months, told)


def data_only(world: World, answer: Answer | None, when: str = "") -> None:
    """Let the source answer requests for data so, of one period or of all."""

    def fail(path: str, query: dict[str, str]) -> Answer | None:
        return answer if "getDa" not in path and when in query["period"] else None

    world.comtrade = fail


def edited(world: World, change) -> None:
    """Let the source answer requests for data with rows that ``change`` has gone over."""

    def answer(path: str, query: dict[str, str]) -> Answer | None:
        if "getDa" in path:
            return None
        content: Any = world._comtrade(path, query)
        rows = change(content["data"])
        return page(content | {"data": rows, "count": len(rows)})

    world.comtrade = answer


def test_every_published_month_arrives_and_the_others_are_named(world: World, told: Told) -> None:
    """Three months are there, both sides of each; what is not published is said in words."""
    trade = fetch(told)
    assert sorted(trade.table["month"].unique()) == ["2024-10", "2024-11", "2024-12"]
    month = len(COMMODITIES) * (len(PARTNERS) + len(PARTNERS) - 1)
    assert told.items == [(m, 3, f"{month} rows") for m in sorted(set(trade.table["month"]))]
    assert trade.table[[*KEY]].duplicated().sum() == 0
    (note,) = trade.notes
    assert note.startswith("UN Comtrade has nothing from China, France")
    assert note.endswith("for 2025-01 to 2025-02")
    value, weight = world.trade["202411", CHINA, "X", 842, "850511"]
    row = trade.table.set_index([*KEY]).xs(("2024-11", CHINA, "X", 842, "850511"))
    assert (row["value_usd"], row["net_weight_kg"], row["weight"]) == (value, weight, "reported")


def test_every_request_is_for_one_month_and_names_every_dimension(world: World, told: Told) -> None:
    """No dimension is left to the interface's defaults, and no answer spans two months."""
    fetch(told)
    asked = [url for url in world.asked if "preview" in url]
    assert len(asked) == 6
    for url in asked:
        assert url.count("period=2024") == 1
        for name in (
            "reporterCode=", "flowCode=", "partnerCode=", "cmdCode=", "partner2Code=0",
            "customsCode=C00", "motCode=0",
        ):  # fmt: skip
            assert name in url


def test_rate_limit_that_clears(world: World, told: Told) -> None:
    """429 is waited for."""
    left = iter(range(2))
    world.comtrade = lambda *_: (429, b"{}") if next(left, None) is not None else None
    assert len(fetch(told).table)
    assert [line.split(",")[0] for line in told.lines] == ["RateLimitError"] * 2


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((429, b"{}"), RateLimitError, "found status 429"),
        ((503, b"busy"), ServerError, "found status 503"),
        ((404, b"{}"), AnswerError, "found status 404"),
        ((200, b"<html>"), NotJsonError, "expected JSON"),
        ((200, b"[1]"), AnswerError, "expected JSON with data and count"),
        ((200, b'{"data": [], "count": 0, "error": "no"}'), AnswerError, "found no"),
        ((401, b"{}"), KeyRefusedError, "get a free key and set COMTRADE_API_KEY"),
        ((403, b"{}"), KeyRefusedError, "found status 403"),
    ],
)
def test_refusals(
    world: World, told: Told, answer: Answer, kind: type[RefreshError], words: str
) -> None:
    """Each way to refuse has its name, its month and its next step, in one line."""
    data_only(world, answer)
    with pytest.raises(kind, match="UN Comtrade, China's exports of 202410: expected") as error:
        fetch(told)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_no_network(world: World, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers the error names the network, after retries."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(NetworkError, match="check the network"):
        fetch(told)
    assert len(told.lines) == SHORT.attempts - 1
    assert world.asked == []


def test_truncated_page(world: World, told: Told) -> None:
    """An answer with fewer rows than it counts is refused, not taken for the whole."""

    def cut(path: str, query: dict[str, str]) -> Answer | None:
        content: Any = world._comtrade(path, query)
        return None if "getDa" in path else page(content | {"data": content["data"][:-1]})

    world.comtrade = cut
    with pytest.raises(TruncatedError, match=r"expected the 44 rows that it counts.* found 43"):
        fetch(told)


def test_page_at_the_limit(world: World, told: Told) -> None:
    """Without a key 500 rows are all that ever come: as many are taken for cut off."""
    edited(world, lambda rows: rows[:1] * 500)
    with pytest.raises(TruncatedError, match="fewer than 500, found 500 rows"):
        fetch(told)


def test_lost_year(world: World, told: Told) -> None:
    """A published year that comes back empty is an error, where other packages drop it."""
    nothing = page({"count": 0, "data": [], "error": ""})
    data_only(world, nothing, when="2023")
    with pytest.raises(LostPeriodError, match="2023-01: expected rows of China, France"):
        fetch(told, pd.period_range("2022-12", "2024-12", freq="M"))


def test_lost_reporter(world: World, told: Told) -> None:
    """One partner that is listed and has no row in a month is named."""
    edited(world, lambda rows: [r for r in rows if r["reporterCode"] != 392])
    with pytest.raises(LostPeriodError, match="2024-10: expected rows of Japan, listed as pub"):
        fetch(told)


def test_nothing_is_published(world: World, told: Told) -> None:
    """An availability list without any month is no empty table."""
    world.months = []
    with pytest.raises(LostPeriodError, match="expected at least one published month"):
        fetch(told)


def test_zero_weight_stays_unknown(world: World, told: Told) -> None:
    """The source writes 0 for a weight that it does not have; it is not 0 kg, and is counted."""
    key = ("202411", CHINA, "X", 842, "850511")
    world.trade[key] = (world.trade[key][0], 0.0)
    trade = fetch(told)
    row = trade.table.set_index([*KEY]).xs(("2024-11", CHINA, "X", 842, "850511"))
    assert pd.isna(row["net_weight_kg"])
    assert row["weight"] == ""
    assert "UN Comtrade: 1 rows have a value and no weight; it stays unknown" in trade.notes


def test_zero_weights_throughout(world: World, told: Told) -> None:
    """A month in which no row has a weight is refused."""
    edited(world, lambda rows: [row | {"netWgt": 0} for row in rows])
    with pytest.raises(ZeroWeightsError, match="2024-10: expected net weights, found none in 84"):
        fetch(told)


def test_duplicated_rows(world: World, told: Told) -> None:
    """A key that comes twice is refused, with the key."""
    edited(world, lambda rows: rows + rows[-1:])
    with pytest.raises(DuplicateRowsError, match="one row a key, found 6 more, first 2024-10"):
        fetch(told)


def test_rows_of_another_month(world: World, told: Told) -> None:
    """An answer to another question is not taken."""
    edited(world, lambda rows: [row | {"period": "202312"} for row in rows])
    with pytest.raises(AnswerError, match="expected rows with period 202410, found 202312"):
        fetch(told)


def test_row_without_a_value(world: World, told: Told) -> None:
    """A row that lacks what every row has is a change of the interface."""
    edited(world, lambda rows: [{k: v for k, v in r.items() if k != "primaryValue"} for r in rows])
    with pytest.raises(AnswerError, match="found KeyError 'primaryValue'"):
        fetch(told)


@pytest.mark.parametrize("key", ["0f1e\n2d3c", "0f1e ключ"])
def test_key_that_no_header_can_carry(
    world: World, told: Told, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """It is refused before the HTTP library could quote it in an error of its own."""
    monkeypatch.setenv("COMTRADE_API_KEY", key)
    with pytest.raises(KeyRefusedError, match="copy the key again") as error:
        fetch(told)
    assert "0f1e" not in str(error.value)
    assert world.asked == []


def test_key_travels_in_a_header_and_is_shown_nowhere(
    world: World,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a key the full interface is asked; addresses, logs, errors, objects are free of it."""
    monkeypatch.setenv("COMTRADE_API_KEY", SECRET)
    caplog.set_level(logging.DEBUG)
    fetch(told)
    assert {h["Ocp-Apim-Subscription-Key"] for h in world.headers} == {SECRET}
    assert all("/data/v1/" in url for url in world.asked)
    with Client(SHORT, told.say) as client:
        shown = [repr(client), repr(client._http), repr(vars(client))]
    world.comtrade = lambda *_: (401, json.dumps({"message": f"bad key {SECRET}"}).encode())
    with pytest.raises(KeyRefusedError, match="correct or unset COMTRADE_API_KEY") as error:
        fetch(told)
    written = [*world.asked, *shown, caplog.text, repr(told.items), repr(told.lines)]
    written += [str(error.value), repr(error.value.__dict__), repr(error.value.__context__)]
    written += [*capsys.readouterr()]
    assert not any(SECRET in text for text in written)
