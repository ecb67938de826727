"""A refresh from end to end: what is new is added, what is old stays, what is doubtful waits."""

from __future__ import annotations

import errno
import json
import logging
import sys
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from analysis.__main__ import main
from analysis.commands import Workspace, refresh
from analysis.results import Findings, Number, Provenance
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.refresh.candidate import candidate_files, compare
from analysis.snapshot.refresh.errors import EndDateError
from analysis.snapshot.refresh.gather import Gathered, Prices, end_day

from .conftest import KEY, LAST, Ticker, World, today

TODAY = f"{pd.Timestamp.now('UTC'):%Y-%m-%d}"


@pytest.fixture(autouse=True)
def _quick_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The findings are tested elsewhere: here one number stands for them."""

    def compute(snapshot: Snapshot, _: object) -> Findings:
        day = snapshot.sessions[-1].date().isoformat()
        source = Provenance("test", "all", ("prices.csv",))
        return Findings([Number("data.last_session", day, "date", "date", "last", source)])

    monkeypatch.setattr(refresh, "compute", compute)
    look = ["A8", "1", "2026-08-28", "126 of 126", "0.05", "0.001", "0.0014", "supported"]
    monkeypatch.setattr(refresh, "_looks", lambda *_: [look])


def run(data: Path, *words: str) -> int:
    """Refresh the folder up to ``LAST``."""
    workspace = Workspace(data.parent, data, data.parent / "paper")
    return main(["refresh", "--end", f"{LAST:%Y-%m-%d}", *words], workspace)


def files(data: Path) -> dict[str, bytes]:
    """Every file of the folder but the lock, by name."""
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and path.name != ".refresh.lock"
    }


def test_what_is_new_is_added_and_a_key_is_written_nowhere(
    world: World,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One command adds sessions and trade, keeps every old byte, reports, and loads as a whole."""
    monkeypatch.setenv("COMTRADE_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    before = files(data)
    (data / ".unfinished-a/files").mkdir(parents=True)  # of a refresh that was killed
    assert run(data) == 0
    assert not list(data.glob(".unfinished-*"))
    after = files(data)
    assert after["prices.csv"].startswith(before["prices.csv"])
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {
        "prices.csv", "prices_raw.csv", "comtrade.csv", "study.toml", "manifest.json",
        f"vintages/{TODAY}.md", "actions.csv",
    }  # fmt: skip
    said = capsys.readouterr()
    for name, content in after.items():
        assert KEY.encode() not in content, name
    assert KEY not in said.out + said.err + caplog.text
    assert any(KEY in str(headers) for headers in world.headers)

    new = load_snapshot(data)
    assert new.sessions[-1] == LAST
    assert new.choices.as_of == LAST.date()
    assert len(new.refreshed["comtrade.csv"]) == len(world.trade)
    assert json.loads(after["manifest.json"])["files"]["prices.csv"]["retrieved"] == TODAY

    report = after[f"vintages/{TODAY}.md"].decode()
    assert "| prices.csv | 336 | 9120 | 608 | 0 | 0 |" in report
    assert "| data.last_session | 31 July 2026 | 31 August 2026 |" in report
    assert "## Claims whose day has come" in report
    assert "| A8 | 1 | 2026-08-28 | 126 of 126 | 0.05 | 0.001 | 0.0014 | supported |" in report
    assert "UN Comtrade has nothing from China" in report
    assert "Yahoo SPY: 629 bars, 1 dividends or splits" in said.out
    assert "UN Comtrade 2024-12: 84 rows" in said.out


@pytest.fixture
def world(world: World) -> World:
    """The world of these tests: SPY pays a dividend on the first new session but two."""
    return paying(world)


def paying(world: World) -> World:
    """Let SPY pay 3 dollars on 5 August 2026, and Yahoo adjust for it."""
    spy, day = world.tickers["SPY"], pd.Timestamp("2026-08-05")
    before = spy.close.index < day
    factor = 1 - 3.0 / spy.close[before].iloc[-1]
    adjusted = spy.close.where(~before, spy.close * factor)
    world.tickers["SPY"] = Ticker(spy.close, adjusted, {"2026-08-05": 3.0}, kind="ETF")
    return world


def prices_of(world: World) -> Prices:
    """What a refresh of this world would have fetched."""
    spy = world.tickers["SPY"]
    traded = pd.DataFrame({name: ticker.close for name, ticker in world.tickers.items()})
    adjusted = traded.assign(SPY=spy.adjusted)
    actions = pd.DataFrame(
        [[pd.Timestamp("2026-08-05"), "SPY", "dividend", 3.0]],
        columns=["session", "ticker", "kind", "value"],
    )
    return Prices(traded, adjusted, actions, pd.DataFrame(), ())


def test_a_dividend_does_not_touch_the_old_rows(snapshot: Snapshot) -> None:
    """New closes are put on the old footing: the return across the seam is the total return."""
    prices = prices_of(paying(today(snapshot)))
    found = Gathered(prices, None, LAST)
    vintage = compare(snapshot, found)
    assert not vintage.doubtful
    rows = vintage.classified["prices.csv"]
    spy = rows[rows["ticker"] == "SPY"]
    assert set(spy["status"]) == {"re-adjusted", "new"}
    assert spy["cause"].iloc[0] == "ex-date 2026-08-05"
    texts = candidate_files(snapshot, found, vintage, accept=False)
    old = (snapshot.folder / "prices.csv").read_bytes()
    assert texts["prices.csv"].startswith(old)
    returns = closes(texts)["SPY"].pct_change()
    expected = prices.adjusted["SPY"].pct_change()
    assert returns.iloc[1:].to_numpy() == pytest.approx(expected.iloc[1:].to_numpy(), abs=1e-6)


def test_accepting_takes_the_new_footing_and_keeps_what_yahoo_lost(snapshot: Snapshot) -> None:
    """With --accept all closes are today's; a lost session stays, on the same footing."""
    found = prices_of(paying(today(snapshot)))
    lost, day = found.adjusted.copy(), snapshot.sessions[300]
    lost.loc[day, "SPY"] = float("nan")
    prices = Prices(found.traded, lost, found.actions, pd.DataFrame(), ())
    vintage = compare(snapshot, Gathered(prices, None, LAST))
    assert vintage.blocking["prices.csv"]["status"].tolist() == ["vanished"]
    texts = candidate_files(snapshot, Gathered(prices, None, LAST), vintage, accept=True)
    spy = closes(texts)["SPY"]
    whole = found.adjusted["SPY"]
    assert spy.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-6)


def closes(texts: dict[str, bytes]) -> pd.DataFrame:
    """The adjusted closes of the candidate, sessions × tickers."""
    rows = [line.split(",") for line in texts["prices.csv"].decode().splitlines()[1:]]
    table = pd.DataFrame(rows, columns=["session", "ticker", "close"])
    return table.astype({"close": float}).pivot_table("close", "session", "ticker")


@pytest.mark.slow
def test_a_revised_close_waits_for_somebody(
    world: World, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --accept nothing is written but the report; the exit code and the line say so."""
    world.tickers["MP"].close.loc["2026-07-15"] *= 1.02
    before = files(data)
    assert run(data, "--only", "prices") == 1
    after = files(data)
    report = after.pop(f"vintages/{TODAY}.md").decode()
    assert after == before
    said = capsys.readouterr().err
    assert "found 2 revised in prices.csv; nothing is written but data/vintages/" in said
    assert "nox -s refresh -- --accept" in said
    assert "| prices.csv | MP 2026-07-15 | revised |" in report
    assert "| data.last_session | 31 July 2026 | 31 August 2026 |" in report


@pytest.mark.slow
def test_accepting_a_revised_close(world: World, data: Path) -> None:
    """With --accept the new close is taken; the refused report of that day is kept."""
    world.tickers["MP"].close.loc["2026-07-15"] *= 1.02
    assert run(data, "--only", "prices") == 1
    assert run(data, "--only", "prices", "--accept") == 0
    new = load_snapshot(data)
    wanted = world.tickers["MP"].close.loc["2026-07-15"]
    assert new.prices.loc["2026-07-15", "MP"] == pytest.approx(wanted, abs=1e-4)
    assert new.sessions[-1] == LAST
    reports = sorted(path.name for path in (data / "vintages").iterdir())
    assert reports == [f"{TODAY}-2.md", f"{TODAY}.md"]


@pytest.mark.slow
@pytest.mark.usefixtures("world")
def test_a_second_refresh_finds_everything_unchanged(data: Path) -> None:
    """Asking again on the same day changes no data file."""
    assert run(data) == 0
    before = files(data)
    assert run(data) == 0
    after = files(data)
    assert "Nothing is new." in after.pop(f"vintages/{TODAY}-2.md").decode()
    assert after == before


@pytest.mark.slow
def test_trade_that_is_revised_or_withdrawn_waits(
    world: World, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A revised figure and a lost row block; --accept takes the table as it is now."""
    assert run(data, "--only", "customs") == 0
    first, second = list(world.trade)[:2]
    world.trade[first] = (world.trade[first][0] * 2, 1.0)
    del world.trade[second]
    assert run(data, "--only", "customs") == 1
    said = capsys.readouterr().err
    assert "1 revised in comtrade.csv" in said
    assert "1 vanished in comtrade.csv" in said
    assert run(data, "--only", "customs", "--accept") == 0
    assert len(load_snapshot(data).refreshed["comtrade.csv"]) == len(world.trade)


@pytest.mark.slow
def test_a_doubled_price_waits(
    world: World, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A jump on a new session is shown and must be accepted."""
    world.tickers["MP"].close.loc["2026-08-12":] *= 2
    assert run(data, "--only", "prices", "--dry-run") == 1
    assert not (data / "vintages").exists()
    assert run(data, "--only", "prices") == 1
    assert "1 new returns as large as MP's +" in capsys.readouterr().err
    assert run(data, "--only", "prices", "--accept") == 0


@pytest.mark.parametrize("name", ["events.csv", "study.toml"])
def test_an_edit_while_it_runs_is_neither_lost_nor_accepted(
    world: World, data: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody saves a file while the sources are asked: the refresh stops and keeps the edit."""
    world.months = world.months[-1:]
    edited = (data / name).read_bytes().replace(b"Pentagon", b"pentagon") + b"\n"

    def edit(*_: object) -> None:
        (data / name).write_bytes(edited)

    world.comtrade = edit
    before = (data / "manifest.json").read_bytes()
    assert run(data, "--only", "customs") == 1
    said = capsys.readouterr().err
    assert f"{name}: expected the file as it was when the refresh began, found an edit" in said
    assert (data / name).read_bytes() == edited
    assert (data / "manifest.json").read_bytes() == before


def test_dry_run_writes_nothing(
    world: World, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything is fetched, checked and shown; no file appears, not even a lock."""
    world.months = world.months[-2:]
    before = files(data)
    assert run(data, "--dry-run", "--only", "customs") == 0
    assert files(data) == before
    assert not (data / ".refresh.lock").exists()
    assert "Dry run, nothing is written. New rows are added: comtrade.csv." in (
        capsys.readouterr().out
    )


def test_a_failing_source_leaves_everything_as_it_was(
    world: World, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A month that fails ends the refresh, also when others arrived: no file has changed."""
    world.months = world.months[-2:]
    world.comtrade = lambda path, query: (
        (500, b"") if "getDa" not in path and query["period"] == "202412" else None
    )
    before = files(data)
    assert run(data, "--only", "customs") == 1
    assert files(data) == before
    assert "China's exports of 202412: expected an answer, found status 500" in (
        capsys.readouterr().err
    )


@pytest.mark.usefixtures("world")
def test_two_refreshes_at_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second one says that another is under way, and touches nothing."""
    before = files(data)
    with FileLock(data / ".refresh.lock"):
        assert run(data) == 1
    assert "expected no other refresh, found one under way" in capsys.readouterr().err
    assert files(data) == before


def test_read_only_folder_is_known_before_anything_is_fetched(
    world: World,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Root ignores modes, so the refusal is acted where the lock would be written."""

    def locked(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(FileLock, "acquire", locked)
    assert run(data) == 1
    said = capsys.readouterr().err
    assert "expected a place that can be written, found: Read-only file system" in said
    assert world.asked == []


def test_full_disk(
    world: World,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No room for the new files: the old ones are whole, nothing is left behind."""
    world.months = world.months[-2:]
    before = files(data)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert run(data, "--only", "customs") == 1
    said = capsys.readouterr().err
    assert (
        "expected room for what is to be written, found: No space left on device; free some" in said
    )
    assert files(data) == before
    assert not list(data.glob(".unfinished-*"))
    load_snapshot(data)


NOW = pd.Timestamp("2026-09-01 03:59", tz="UTC")  # one minute before midnight in New York


@pytest.mark.parametrize("end", ["2026-07-30", "2026-08-31", "2999-01-01", "31.8.2026", ""])
def test_an_end_that_cannot_be(snapshot: Snapshot, end: str) -> None:
    """A day before the snapshot's last session, one that still trades, or none at all."""
    with pytest.raises(EndDateError, match="expected a day from 2026-07-31 to 2026-08-30, written"):
        end_day(end, snapshot, NOW)


def test_the_end_is_yesterday_in_new_york(snapshot: Snapshot) -> None:
    """The day of New York counts, not that of the machine."""
    assert end_day(None, snapshot, NOW) == pd.Timestamp("2026-08-30")
    assert end_day(None, snapshot, NOW + pd.Timedelta(minutes=1)) == LAST
    assert end_day("2026-08-28", snapshot, NOW) == pd.Timestamp("2026-08-28")


def test_without_the_clients_the_session_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default installation has no client of live sources, and says where to get them."""
    for name in ("httpx2", "tenacity"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run(data) == 1
    assert "found no httpx2, tenacity; run it as nox -s refresh" in capsys.readouterr().err
