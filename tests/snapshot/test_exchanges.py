"""Firms of several exchanges: one clear line for what is amiss, each on its own sessions."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.commands import Workspace
from analysis.reads import vary
from analysis.snapshot.calendar import find_market_sessions, list_sessions
from analysis.snapshot.derived import build_derived
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.own_sessions import judge_firms, own_returns, usable_days
from tests.conftest import DATA, refuse_edit

HISTORY = DATA / "history"


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(HISTORY)


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str, str, str], str]:
    """Return a function that edits a file of the copied study and returns why it is refused."""

    def edit(file: str, old: str, new: str) -> str:
        folder = tmp_path / "history"
        shutil.copytree(HISTORY, folder, ignore=shutil.ignore_patterns("derived", "paper"))
        said = refuse_edit(folder, file, old, new)
        assert "\n" not in said
        return said

    return edit


HOME_LINE = 'XNYS = { day0 = "day0", market = [0] }\n'
SYDNEY_LINE = 'XASX = { day0 = "day0_asx", market = [0, -1] }\n'
LYC_DAYS = "sessions = [2014-09-29, 2020-08-19]"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("study.toml", "XASX = {", "XASY = {", "study.toml, key exchanges.XASY: expected an "
         "exchange of exchange_calendars by its ISO 10383 code, found XASY; did you mean XASX?"),
        ("universe.csv", "the placebo name,XASX", "the placebo name,XTKS", "universe.csv, row 7, "
         "column exchange: expected one of XNYS, XASX ([exchanges] in study.toml), found XTKS; "),
        ("universe.csv", "the placebo name,XASX", "the placebo name,XASY", "universe.csv, row 7, "
         "column exchange: expected an exchange of exchange_calendars by its ISO 10383 code, "
         "found XASY; did you mean XASX? correct it"),
        ("universe.csv", "the placebo name,XASX", "the placebo name,XASX;XNYS", "universe.csv, "
         "row 7, column exchange: expected one exchange by its ISO 10383 code, found XASX;XNYS; "),
        ("study.toml", HOME_LINE + SYDNEY_LINE, SYDNEY_LINE + HOME_LINE, "study.toml, key "
         "exchanges: expected the exchange of SPY first, XNYS, found XASX; put it first, or "),
        ("study.toml", 'day0 = "day0_asx"', 'day0 = "day0_sydney"', "study.toml, key "
         "exchanges.XASX.day0: expected a column of events.csv, found day0_sydney; add the column "
         "to events.csv: the first session of XASX, where LYC trades, that could price the news"),
        ("events.csv", "no,no,2012-07-24", "no,no,", "events.csv, row 27, column day0_asx: "
         "expected a value, found nothing; correct it"),
        ("events.csv", "no,no,2012-07-24", "no,no,2012-07-28", "events.csv, row 27, column "
         "day0_asx: expected a session of XASX up to 2025-02-19, found 2012-07-28 (Saturday); give "
         "the first session of XASX, where LYC trades, that could price the news"),
        ("events.csv", "no,no,2012-07-24", "no,no,2012-08-24", "events.csv, row 27, column "
         "day0_asx: expected a session of XASX up to 2025-02-19, on 2012-07-23 or the next, found "
         "2012-08-24 (Friday); give "),
        ("prices.csv", "\n2010-01-27,ARU,", "\n2010-01-26,ARU,", "prices.csv, row 34, column "
         "session: expected a session of the Australian Securities Exchange, found 2010-01-26, a "
         "day without one; remove the row or correct its date, or name the exchange of its firm "),
        ("prices.csv", "\n2010-01-04,ARU,0.8233,P8", "\n2010-01-04,ARU,0.8233,P9", "prices.csv, "
         "row 2, column source: expected a source of [sources] in study.toml, found P9; correct "),
        ("study.toml", 'MCP = "listed', 'MCQ = "listed', "study.toml, key holes: expected tickers "
         "of universe.csv, found MCQ; did you mean MCP?"),
        ("study.toml", 'ARU = "closes to December 2019; days without a trade"\n', "", "prices.csv, "
         "row 61, column session: expected session 2010-02-15 of ARU before this row, found none; "
         "add the row (1344 of 3829 sessions are missing), or say under [holes] of study.toml "),
        ("study.toml", LYC_DAYS, "sessions = [2014-09-28, 2020-08-19]", "study.toml, missing "
         "number 1 (LYC): expected sessions with a close of LYC, found 2014-09-28; correct the "),
        ("study.toml", "[each_firm]", "[each_frm]", "study.toml, key each_frm: expected a known "
         "key, found 'each_frm'; did you mean each_firm?"),
        ("study.toml", "span = [2010-01-04, 2024-12-31]", "span = [2024-12-31, 2010-01-04]",
         "study.toml, key each_firm: expected a span with its first day first, found "),
        ("study.toml", "[2018-01-01, 2020-12-31]", "[2020-12-31, 2018-01-01]",
         "study.toml, key each_firm: expected a period trade war, 2018 to 2020 with "),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(refused, file: str, old: str, new: str, said: str) -> None:
    """An exchange, a day or a rule that cannot be is named with its place and what to do."""
    assert refused(file, old, new).startswith(said)


def test_a_rule_that_sets_every_return_missing(refused, earlier: Snapshot) -> None:
    """The line names the rule and how many returns it takes."""
    days = earlier.prices["ILU"].dropna().index
    listed = ", ".join(f"{day:%Y-%m-%d}" for day in days)
    rule = f'[[missing]]\nticker = "ILU"\nreason = "all"\nsessions = [{listed}]\n\n[sources]'
    assert refused("study.toml", "[sources]", rule).startswith(
        "study.toml, missing number 3 (ILU): expected a rule that leaves ILU some return, found "
        "all 1770 set missing; shorten its list of sessions"
    )


def test_rules_that_together_set_every_return_missing(refused, earlier: Snapshot) -> None:
    """A rule for each half is no way round, and a session after a hole has no return to take."""
    closes = earlier.prices["MCP"].dropna().index
    sessions = list_sessions("XNYS", closes[0], closes[-1])
    held = sessions.isin(closes)
    days = sessions[1:][held[1:] & held[:-1]]
    assert len(days) < len(closes) - 1
    rules = ""
    for half in (days[:600], days[600:]):
        listed = ", ".join(f"{day:%Y-%m-%d}" for day in half)
        rules += f'[[missing]]\nticker = "MCP"\nreason = "half"\nsessions = [{listed}]\n\n'
    assert refused("study.toml", "[sources]", f"{rules}[sources]").startswith(
        "study.toml, missing number 4 (MCP): expected a rule that leaves MCP some return, found "
        f"all {len(days)} set missing; shorten its list of sessions"
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("study.toml", "XASX = {", "XASY = {", "study.toml, key exchanges.XASY: expected an exch"),
        ("events.csv", "no,no,2012-07-24", "no,no,", "events.csv, row 27, column day0_asx: expec"),
        ("universe.csv", "\nILU,Iluka,", "\nLYC,Iluka,", "universe.csv, row 7, column ticker: "
         "expected a key that occurs once, found LYC; correct it"),
    ],
)  # fmt: skip
def test_the_command_ends_with_the_line_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, said: str
) -> None:
    """Whoever takes such an edit gets the one line and a non-zero exit; nothing is written."""
    folder = tmp_path / "data/history"
    shutil.copytree(DATA, folder.parent, ignore=shutil.ignore_patterns("derived", "paper"))
    path = folder / file
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    before = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    workspace = Workspace(tmp_path, tmp_path / "data", tmp_path / "paper")
    assert main(["data", "--data", str(folder), "--accept"], workspace) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"error: {said}")
    assert told.count("\n") == 1
    assert {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()} == before


@pytest.mark.parametrize("line", ['ARU = "no trade"', 'LYC = "halts"'])
def test_holes_need_responses_firm_by_firm(refused_edit, line: str) -> None:
    """Portfolios on shared sessions cannot have holes: the study is told so."""
    said = refused_edit("study.toml", "[highlights]", f"[holes]\n{line}\n\n[highlights]")
    assert said.startswith("study.toml: expected [each_firm] where firms trade on several ")


@pytest.mark.parametrize(
    ("sydney", "new_york"),
    [
        ("2012-07-24", "2012-07-23"),  # Tuesday: Monday's session has ended in the morning
        ("2012-07-23", "2012-07-20"),  # Monday: Friday's
        ("2012-07-05", "2012-07-03"),  # Thursday: New York was closed on the 4th
        ("2019-11-29", "2019-11-27"),  # Friday: New York was closed on Thanksgiving
        ("2019-12-02", "2019-11-29"),  # the half day after it ended well before
        ("2013-01-02", "2012-12-31"),  # a half day in Sydney the day before plays no part
    ],
)
def test_market_session_that_ended_before_the_close(sydney: str, new_york: str) -> None:
    """Sydney closes on a date before New York opens: the last session is that of an earlier one."""
    sessions = list_sessions("XASX", pd.Timestamp("2012-07-01"), pd.Timestamp("2019-12-31"))
    found = find_market_sessions(sessions, "XASX", "XNYS")
    assert found[pd.Timestamp(sydney)] == pd.Timestamp(new_york)


def test_market_session_at_home_is_the_session_itself() -> None:
    """On the market's own exchange nothing is shifted."""
    sessions = list_sessions("XNYS", pd.Timestamp("2012-07-01"), pd.Timestamp("2012-12-31"))
    assert (find_market_sessions(sessions, "XNYS", "XNYS") == sessions).all()


def test_returns_are_those_of_neighbouring_sessions_of_the_own_exchange(earlier: Snapshot) -> None:
    """Held by hand: a return, the factors of its day, and none over a hole or where a rule says."""
    frames, prices = own_returns(earlier), earlier.prices
    sydney, market = frames["XASX"], frames["XNYS"]["SPY"]
    day, before = pd.Timestamp("2012-07-24"), pd.Timestamp("2012-07-23")
    close, closed = (float(prices["ARU"][each]) for each in (day, before))
    assert sydney["ARU"][day] == close / closed - 1
    assert sydney["SPY+0"][day] == market[pd.Timestamp("2012-07-23")]
    assert sydney["SPY-1"][day] == market[pd.Timestamp("2012-07-20")]
    for firm, missing in {
        "LYC": ["2014-09-29", "2020-08-19", "2014-05-06", "2016-10-26", "2024-01-02"],
        "ARU": ["2011-10-20", "2018-08-15", "2019-06-20", "2019-06-21", "2019-06-24"],
    }.items():
        assert sydney.loc[pd.DatetimeIndex(missing), firm].isna().all()
    january = frames["XNYS"]["MCP"][slice("2014-01-10", "2014-01-21")]
    assert january.isna().all()
    assert sydney["ARU"].notna().sum() < prices["ARU"].notna().sum() - 6


def test_a_day_needs_returns_before_it_and_few_zeros(earlier: Snapshot) -> None:
    """The first day of a firm is 60 returns and the gap after its second close; zeros count."""
    usable = usable_days(earlier)
    days = usable["XNYS"].index[usable["XNYS"]["MCP"] == ""]
    sessions = earlier.sessions
    first = sessions.get_indexer(pd.DatetimeIndex(["2010-07-29", days[0]]))
    assert first[1] - first[0] == 60 + 11
    strict = replace(earlier.choices, each_firm=replace(earlier.choices.each_firm, zeros=0.05))
    fewer = usable_days(vary(earlier, choices=strict))["XASX"]["ARU"]
    assert fewer.str.startswith("more than 5% of the returns before day 0 are zero").any()
    assert (fewer == "").sum() < (usable["XASX"]["ARU"] == "").sum()


def test_own_news_is_told_apart_from_days_that_cannot_be_used(earlier: Snapshot) -> None:
    """A firm that an event names is marked there and nowhere else; firms keep their exchange."""
    judged = judge_firms(earlier)
    out = judged[judged["left_out"]]
    found = {event: set(rows["ticker"]) for event, rows in out.groupby("event")}
    named = earlier.events.set_index("id")["leave_out"]
    assert found == {e: set(cell.split(";")) for e, cell in named[named != ""].items()}
    at = exchange_by_ticker(earlier.universe, earlier.choices)
    assert (judged["exchange"] == judged["ticker"].map(at)).all()


def test_a_study_of_several_exchanges_has_derived_files(earlier: Snapshot) -> None:
    """Returns of both exchanges and every firm's reasons, as the manifest has them on record."""
    derived = build_derived(earlier)
    assert set(derived["returns.csv"]["ticker"]) == set(earlier.universe.index)
    assert len(derived["firm_windows.csv"]) == len(earlier.events) * 6
    assert derived.keys() == earlier.manifest.derived.keys()
