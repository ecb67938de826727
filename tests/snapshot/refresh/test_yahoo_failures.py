"""Each way in which Yahoo fails, replayed through the real yfinance against a local server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yfinance

from analysis.snapshot.calendar import nyse_sessions
from analysis.snapshot.plausible import jumps
from analysis.snapshot.refresh.checks import check_history
from analysis.snapshot.refresh.errors import (
    AdjustmentError,
    AnswerError,
    DelistedError,
    DuplicateRowsError,
    EmptyAnswerError,
    InventedSplitError,
    MissingSessionError,
    NamedError,
    NaNRunError,
    NetworkError,
    NotJsonError,
    RateLimitError,
    TimeZoneError,
)
from analysis.snapshot.refresh.yahoo import History, _history, fetch_history

from .conftest import LAST, SHORT, Answer, Ticker, World, page

FIRST = pd.Timestamp("2026-06-01")
SESSIONS = nyse_sessions(FIRST, LAST)
KNOWN = SESSIONS[pd.Timestamp("2026-07-31") >= SESSIONS]
BUSY: Answer = (429, b"Too Many Requests\r\n")


@pytest.fixture
def mp(world: World) -> Ticker:
    """One ticker of the world, from June: 10 dollars and a cent more each session."""
    world.tickers["MP"] = Ticker(pd.Series(10 + np.arange(len(SESSIONS)) / 100, SESSIONS))
    return world.tickers["MP"]


def fetch(said: list[str] | None = None) -> History:
    """Fetch the ticker as a refresh does."""
    return fetch_history("MP", FIRST, LAST, SHORT, (said if said is not None else []).append)


def checked() -> pd.Series:
    """Fetch it and check it as a refresh does."""
    return check_history(fetch(), SESSIONS, KNOWN)


def failing(times: int, answer: Answer) -> Callable[[str], Answer | None]:
    """A source that fails so many times and then answers."""
    left = iter(range(times))
    return lambda _: answer if next(left, None) is not None else None


def line(error: pytest.ExceptionInfo[Exception]) -> str:
    """The error's one line, which says what was expected, found and what to do."""
    text = str(error.value)
    assert "\n" not in text
    assert "expected" in text
    assert "found" in text
    assert ";" in text
    return text


@pytest.mark.usefixtures("mp")
def test_a_sound_history_arrives_whole() -> None:
    """Every session has its close, and without dividends the adjusted close equals it."""
    closes = checked()
    assert list(closes.index) == list(SESSIONS)
    assert closes.iloc[-1] == pytest.approx(10 + (len(SESSIONS) - 1) / 100)


@pytest.mark.usefixtures("mp")
def test_rate_limit_that_clears(world: World) -> None:
    """After 429 (which yfinance itself tries twice) the next attempt is waited for and taken."""
    world.yahoo = failing(2, BUSY)
    said: list[str] = []
    assert len(fetch(said).bars) == len(SESSIONS)
    assert said == ["RateLimitError, attempt 1: again in 0 s"]


@pytest.mark.usefixtures("mp")
def test_rate_limit_that_never_clears(world: World) -> None:
    """Patience ends after as many attempts as it says, with a named error."""
    world.yahoo = lambda _: BUSY
    said: list[str] = []
    with pytest.raises(RateLimitError) as error:
        fetch(said)
    assert len(said) == SHORT.attempts - 1
    assert "Yahoo, MP: expected daily bars, found too many requests (429)" in line(error)


@pytest.mark.usefixtures("mp")
def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers the error names the network, after retries."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    said: list[str] = []
    with pytest.raises(NetworkError) as error:
        fetch(said)
    assert len(said) == SHORT.attempts - 1
    assert "check the network" in line(error)


@pytest.mark.usefixtures("mp")
def test_caches_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No room for what yfinance keeps on the disk is the disk's fault: one line, no retry."""
    database = yfinance.cache._peewee.SqliteDatabase(tmp_path / "none" / "cache.db")
    broken = SimpleNamespace(store=lambda *_: database.connect())
    monkeypatch.setattr(yfinance.cache, "get_tz_cache", lambda: broken)
    said: list[str] = []
    with pytest.raises(NamedError) as error:
        fetch(said)
    assert said == []
    assert "free some space" in line(error)


@pytest.mark.usefixtures("mp")
def test_empty_frame(world: World) -> None:
    """An answer without bars is an error, not an empty table."""
    empty: dict[str, list[object]] = {"quote": [{}], "adjclose": [{}]}
    result = {"meta": {"currency": "USD"}, "indicators": empty}
    world.yahoo = lambda _: page({"chart": {"result": [result], "error": None}})
    with pytest.raises(EmptyAnswerError) as error:
        fetch()
    assert "Yahoo, MP" in line(error)


def test_all_closes_missing(mp: Ticker) -> None:
    """Bars without a single close are as good as none."""
    mp.close = mp.close * np.nan
    with pytest.raises(EmptyAnswerError):
        fetch()


def test_missing_interior_session(mp: Ticker) -> None:
    """A new session without a bar is named, with the day up to which a refresh would work."""
    mp.close = mp.close.drop(pd.Timestamp("2026-08-18"))
    with pytest.raises(MissingSessionError) as error:
        checked()
    assert "no bar on 2026-08-18" in line(error)
    assert "--end 2026-08-17" in line(error)


def test_a_known_session_that_is_missing_is_left_to_the_comparison(mp: Ticker) -> None:
    """What the snapshot holds already cannot be lost: here it is simply not there."""
    mp.close = mp.close.drop(KNOWN[[5, 6]])
    assert KNOWN[5] not in checked().index


def test_nan_run(mp: Ticker) -> None:
    """New sessions with a bar and no close are named from first to last."""
    mp.close.loc["2026-08-11":"2026-08-13"] = np.nan
    with pytest.raises(NaNRunError) as error:
        checked()
    assert "none on 3, 2026-08-11 to 2026-08-13" in line(error)


def test_partial_last_bar_is_left_out(mp: Ticker) -> None:
    """A bar after the last day asked for is dropped and counted, however Yahoo dates it."""
    partial = pd.Series([99.0], [LAST + pd.Timedelta(days=1, hours=11)])
    mp.close = pd.concat([mp.close, partial])
    history = fetch()
    assert history.bars.index[-1] == LAST
    assert 99.0 not in history.bars["close"].to_numpy()


def test_bars_after_the_end_are_counted() -> None:
    """Where yfinance lets a later bar through, it is left out here, and the report can say so."""
    days = pd.DatetimeIndex(["2026-08-31", "2026-09-01"]).tz_localize("America/New_York")
    columns = ["Close", "Adj Close", "Dividends", "Stock Splits"]
    frame = pd.DataFrame([[1.0, 1.0, 0.0, 0.0]] * 2, days, columns)
    history = _history("MP", frame, LAST)
    assert (len(history.bars), history.late) == (1, 1)


@pytest.mark.parametrize("adjusted", [False, True])
def test_invented_split(mp: Ticker, adjusted: bool) -> None:
    """A listed split that the closes do not bear out is refused, whichever way they are wrong.

    Either the closes before it are as they were traded, so that a real split would show as a
    fall; or they were halved for a split that never was, which shows as a rise.
    """
    mp.splits = {"2026-08-12": (2, 1)}
    before = mp.close.index < "2026-08-12"
    mp.close[before] *= 0.5 if adjusted else 2.0
    with pytest.raises(InventedSplitError) as error:
        checked()
    assert "Yahoo, MP, 2026-08-12: expected closes adjusted for a split of 2 new" in line(error)


def test_true_split(mp: Ticker) -> None:
    """A split that the closes are adjusted for passes; as traded they were twice as high before."""
    mp.splits = {"2026-08-12": (2, 1)}
    history = fetch()
    ratio = history.bars["traded"] / history.bars["close"]
    assert set(ratio[ratio.index < "2026-08-12"]) == {2.0}
    assert set(ratio[ratio.index >= "2026-08-12"]) == {1.0}
    pd.testing.assert_series_equal(
        check_history(history, SESSIONS, KNOWN), mp.close, check_names=False, check_freq=False
    )


def test_jump_on_a_new_session_is_listed(mp: Ticker) -> None:
    """A price that doubles on a new session is not refused, but somebody is asked to look."""
    mp.close.loc["2026-08-12":] *= 2
    found = jumps(pd.DataFrame({"MP": checked()}), KNOWN)
    assert found["session"].tolist() == [pd.Timestamp("2026-08-12")]
    assert found["return"].iloc[0] == pytest.approx(1.0, abs=0.01)


def test_adjustment_that_is_not_yahoos(mp: Ticker) -> None:
    """A dividend that Yahoo lists and does not adjust for is found on its day."""
    mp.dividends = {"2026-08-12": 0.5}
    mp.adjusted = mp.close.copy()
    with pytest.raises(AdjustmentError) as error:
        checked()
    assert "Yahoo, MP, 2026-08-12: expected returns from our adjustment" in line(error)


@pytest.mark.usefixtures("mp")
def test_delisted_ticker(world: World) -> None:
    """Yahoo's 404 is told apart from an empty answer, and not asked again."""
    said = "No data found, symbol may be delisted"
    body = {"chart": {"result": None, "error": {"code": "Not Found", "description": said}}}
    world.yahoo = lambda _: (404, page(body)[1])
    retries: list[str] = []
    with pytest.raises(DelistedError) as error:
        fetch(retries)
    assert retries == []
    assert "only customs" in line(error)


def test_time_zone_of_another_exchange(mp: Ticker) -> None:
    """Bars that Yahoo dates in another zone are refused."""
    mp.zone = "Europe/London"
    with pytest.raises(TimeZoneError) as error:
        fetch()
    assert "found Europe/London" in line(error)


def test_time_zone_shift(mp: Ticker) -> None:
    """Bars a day late lie on Saturdays: the calendar finds them."""
    mp.close = mp.close.set_axis(mp.close.index + pd.Timedelta(days=1))
    with pytest.raises(TimeZoneError) as error:
        checked()
    assert "first 2026-06-06 (Saturday)" in line(error)


def test_duplicated_rows(mp: Ticker) -> None:
    """The library keeps one bar a day; a day that came twice arrives once, with its first close."""
    again = mp.close.iloc[[10]] + 5
    mp.close = pd.concat([mp.close.iloc[:11], again, mp.close.iloc[11:]])
    history = fetch()
    assert not history.bars.index.has_duplicates
    assert history.bars["close"].iloc[10] == pytest.approx(10.10)


def test_duplicates_that_yfinance_lets_through_are_an_error() -> None:
    """Should it stop doing so, the day is named."""
    days = pd.DatetimeIndex(["2026-08-31"] * 2).tz_localize("America/New_York")
    columns = ["Close", "Adj Close", "Dividends", "Stock Splits"]
    frame = pd.DataFrame([[1.0, 1.0, 0.0, 0.0]] * 2, days, columns)
    with pytest.raises(DuplicateRowsError, match="two on 2026-08-31"):
        _history("MP", frame, LAST)


@pytest.mark.usefixtures("mp")
def test_answer_that_is_no_json_clears(world: World) -> None:
    """A page of text is asked for again, past the library's own memory of answers."""
    world.yahoo = failing(1, (200, b"<html>Will be right back</html>"))
    assert len(fetch().bars) == len(SESSIONS)


@pytest.mark.parametrize("body", [b"<html>consent</html>", b"*** Will be right back ***", b""])
@pytest.mark.usefixtures("mp")
def test_answer_that_is_no_json(world: World, body: bytes) -> None:
    """A page that stays is a named error."""
    world.yahoo = lambda _: (200, body)
    with pytest.raises(NotJsonError) as error:
        fetch()
    assert "expected JSON" in line(error)


@pytest.mark.usefixtures("mp")
def test_fault_of_the_server(world: World) -> None:
    """A status of 500 with JSON is no sound answer either."""
    world.yahoo = lambda _: (500, b'{"finance": {"result": null, "error": {"code": "x"}}}')
    with pytest.raises(EmptyAnswerError) as error:
        fetch()
    assert "Yahoo, MP" in line(error)


@pytest.mark.usefixtures("mp")
def test_answer_of_another_shape(world: World) -> None:
    """JSON that yfinance cannot read says so, and names the next step."""
    result = {"meta": {}, "indicators": {"quote": [{"close": [1.0]}]}}
    world.yahoo = lambda _: page({"chart": {"result": [result], "error": None}})
    with pytest.raises(AnswerError) as error:
        fetch()
    assert "yfinance" in line(error)
