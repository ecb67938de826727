"""The same prices in every layout, format and form of dates give the same abnormal returns.

``cases/prices.csv`` holds invented prices of eight firms and two markets, ``ff.csv`` factors laid
out as a public library does, ``coin.csv`` a price of seven days a week beside one of five. The
expected numbers were computed with statsmodels from the plain file.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main

CASES = Path(__file__).parent / "cases"
CAR, T = 0.02112124766860351, 0.6688895611304927  # ALFA on 2023-05-22, event days -1 to 1
EVENTS = {
    "ALFA": "2023-05-22", "BRAV": "2023-06-28", "CHAR": "2023-08-03", "DELT": "2023-09-08",
    "ECHO": "2023-10-13", "FOXT": "2023-11-17", "GOLF": "2023-12-26", "HOTL": "2024-02-01",
}  # fmt: skip
DATE_FORMS = {
    "unpadded": lambda d: f"{d.year}-{d.month}-{d.day}",
    "slashes": lambda d: f"{d:%Y/%m/%d}",
    "figures": lambda d: f"{d:%Y%m%d}",
    "month first": lambda d: f"{d:%m/%d/%Y}",
    "day first": lambda d: f"{d:%d.%m.%Y}",
    "two-digit years": lambda d: f"{d:%d/%m/%y}",
    "serial": lambda d: str((d - pd.Timestamp(1899, 12, 30)).days),
    "stata": lambda d: f"{d:%d%b%Y}".lower(),
    "names": lambda d: f"{d:%b} {d.day}, {d.year}",
    "with time and zone": lambda d: f"{d:%Y-%m-%d} 00:00:00-04:00",
    "seconds": lambda d: str(int(d.timestamp())),
}


def plain() -> pd.DataFrame:
    return pd.read_csv(CASES / "prices.csv", index_col="date", parse_dates=True).drop(columns="DAX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with events.csv, in which commands run."""
    monkeypatch.chdir(tmp_path)
    list_events(EVENTS)
    return tmp_path


def list_events(events: dict[str, str], header: str = "ticker,day0") -> None:
    rows = [header, *(f"{ticker},{day}" for ticker, day in events.items())]
    Path("events.csv").write_text("\n".join(rows) + "\n", "utf-8")


def run(*words: str, events: str = "events.csv", window: str = "-1,1") -> int:
    given = ["--events", events, "--tests", "bmp", "--out", "r.json", f"--window={window}"]
    return main(["event-study", *given, *words])


def result() -> dict[str, Any]:
    return json.loads(Path("r.json").read_text("utf-8"))


def events_of() -> dict[str, Any]:
    return {event["ticker"]: event for event in result()["events"]}


def assert_right(*words: str, **choices: str) -> None:
    assert run("--benchmark", "MKT", *words, **choices) == 0
    alfa = events_of()["ALFA"]
    assert alfa["car"] == pytest.approx(CAR, rel=1e-8)
    assert alfa["t"] == pytest.approx(T, rel=1e-8)


def to_text(table: pd.DataFrame, **options: Any) -> str:
    return table.rename_axis("date").to_csv(**options)


def share(name: str) -> pd.DataFrame:
    """Return one share's columns; those that are not adjusted are a tenth higher."""
    price = plain()[name]
    columns = {"Open": 1.101, "High": 1.11, "Low": 1.09, "Close": 1.1, "Adj Close": 1.0}
    frame = pd.DataFrame({column: price * by for column, by in columns.items()})
    return frame.assign(Volume=np.arange(len(price)) + 1000).rename_axis("Date")


def test_plain_file():
    """What all other layouts are held against."""
    assert_right("--prices", str(CASES / "prices.csv"))


@pytest.mark.parametrize("group_by", ["column", "ticker"])
def test_download_with_rows_of_names(group_by, capsys):
    """Rows of fields, tickers and the word Date above the data: closes are taken, and said."""
    prices = plain()[["ALFA", "BRAV", "MKT"]]
    fields = {"Close": 1.0, "High": 1.01, "Low": 0.99, "Open": 1.001, "Volume": 2000.0}
    keys = ["Price", "Ticker"]
    wide = pd.concat({f: prices * by for f, by in fields.items()}, axis=1, names=keys)
    if group_by == "ticker":
        wide = wide.swaplevel(axis=1).sort_index(axis=1)
    wide.rename_axis("Date").to_csv("p.csv")
    list_events({"ALFA": EVENTS["ALFA"], "BRAV": EVENTS["BRAV"]})
    assert_right("--prices", "p.csv")
    assert "Close taken of " in capsys.readouterr().err


def test_one_file_a_share(capsys):
    """Adjusted closes under the names of the files, from several files or a folder; said."""
    Path("in").mkdir()
    for name in ("ALFA", "MKT"):
        share(name).to_csv(f"in/{name}.csv")
    list_events({"ALFA": EVENTS["ALFA"]})
    assert_right("--prices", "in/ALFA.csv", "--prices", "in/MKT.csv")
    assert "ALFA.csv: one share, 1 columns" in (said := capsys.readouterr().err)
    assert "Adj Close taken as ALFA" in said
    assert_right("--prices", "in")


@pytest.mark.parametrize("benchmark", ["Close", "Adj Close", "Volume"])
def test_column_of_the_same_share_is_no_benchmark(benchmark, capsys):
    """Nor are Open, High, Low and Volume assets."""
    share("ALFA").to_csv("ALFA.csv")
    words = ["beta", "--prices", "ALFA.csv", "--benchmark", benchmark, "--out", "b.json"]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert f"found '{benchmark}', a column of the share ALFA and no benchmark" in said
    assert not Path("b.json").exists()


@pytest.mark.parametrize("names", [("date", "ticker", "close"), ("Datum", "ISIN", "Kurs")])
@pytest.mark.parametrize("order", ["by asset", "by date"])
def test_long_table(names, order, capsys):
    """One row a date and asset is spread, whatever the names of the columns; said."""
    long = plain().rename_axis("date").reset_index().melt("date", var_name="a", value_name="v")
    long = long.sort_values("date", kind="stable") if order == "by date" else long
    long.set_axis(list(names), axis=1).to_csv("p.csv", index=False)
    assert_right("--prices", "p.csv")
    assert f"p.csv: long ({names[1]}, {names[2]})" in capsys.readouterr().err


def test_long_table_with_named_columns():
    """Where several columns hold numbers, the user names them."""
    long = plain().rename_axis("date").reset_index().melt("date", var_name="who", value_name="v")
    long.assign(w=1.5, day=long["date"])[["day", "who", "w", "v"]].to_csv("p.csv", index=False)
    assert_right("--prices", "p.csv", "--columns", "date=day, asset=who, value=v")


def test_unclear_long_table_says_what_to_do(capsys):
    """The message names the layout and the option."""
    long = plain().rename_axis("date").reset_index().melt("date", var_name="who", value_name="v")
    long.assign(w=1.5).to_csv("p.csv", index=False)
    assert run("--prices", "p.csv", "--benchmark", "MKT") == 1
    said = capsys.readouterr().err
    assert "this looks like a long table: name its columns with --columns date=NAME" in said


def test_daily_file_of_a_research_database(capsys):
    """PERMNO and TICKER, returns with letters for missing ones, negative midpoints, a market."""
    prices, parts = plain(), []
    market = prices["MKT"].pct_change().map("{:.6f}".format)
    for number, name in ((10001, "ALFA"), (10002, "BRAV"), (10003, "CHAR")):
        returns = prices[name].pct_change().map("{:.6f}".format)
        returns.iloc[0], returns.loc["2022-11-11"] = "C", "B"
        table = {"PERMNO": number, "date": [f"{d:%Y%m%d}" for d in prices.index], "TICKER": name}
        numbers = {"PRC": prices[name], "VOL": 100, "RET": returns, "vwretd": market}
        parts.append(pd.DataFrame(table | {k: np.asarray(v) if k in ("PRC", "RET", "vwretd") else v
                                           for k, v in numbers.items()}))  # fmt: skip
    crsp = pd.concat(parts)
    crsp.loc[crsp["date"] == "20221128", "PRC"] *= -1
    crsp.to_csv("crsp.csv", index=False)
    list_events({"10001": EVENTS["ALFA"], "10002": EVENTS["BRAV"]})
    assert run("--prices", "crsp.csv", "--benchmark", "vwretd") == 0
    found = events_of()["10001"]
    assert found["car"] == pytest.approx(0.0211015786, abs=1e-10)
    assert found["n_estimation"] == 119
    said = capsys.readouterr().err
    assert "crsp.csv: long (PERMNO, RET)" in said
    assert "markets: vwretd; returns" in said


@pytest.mark.parametrize(("by", "said"), [(1, "; returns\n"), (100, "; returns in percent\n")])
def test_returns_instead_of_prices(by, said, capsys):
    """Recognised by their signs and sizes, and said; rounded returns give the same to 1e-6."""
    assert_right("--prices", str(CASES / "prices.csv"))
    right = events_of()
    capsys.readouterr()
    (by * plain().pct_change().iloc[1:].round(6)).rename_axis("date").to_csv("p.csv")
    assert run("--prices", "p.csv", "--benchmark", "MKT") == 0
    assert said in capsys.readouterr().err
    for name, event in events_of().items():
        assert event["car"] == pytest.approx(right[name]["car"], abs=3e-6)


def test_a_lone_negative_price_is_no_return(capsys):
    """It stays a refusal that names the cell."""
    prices = plain()
    prices.iloc[3, 0] = -5.0
    prices.rename_axis("date").to_csv("p.csv")
    assert run("--prices", "p.csv", "--benchmark", "MKT") == 1
    said = capsys.readouterr().err
    assert "p.csv, row 5, column ALFA: expected a positive price, found -5 on 2022-09-07" in said


def test_factors_as_downloaded(capsys):
    """Preamble, percent, -99.99 and foot are read; CARs of returns less RF on three factors."""
    words = ["--prices", str(CASES / "prices.csv"), "--factors", str(CASES / "ff.csv")]
    assert run(*words, "--model", "ff3") == 0
    said = capsys.readouterr().err
    for fact in ("3 lines above the header skipped", "1 rows below the last date dropped",
                 "3 marks such as -99.99 taken as missing", "returns in percent"):  # fmt: skip
        assert fact in said
    expected = {
        "ALFA": 0.02081200719668099, "BRAV": 0.024246537350789448, "CHAR": 0.05392950474728557,
        "DELT": 0.022746594662635358, "ECHO": 0.052488227656151264, "FOXT": 0.015525148083451566,
        "GOLF": 0.06583623094710549, "HOTL": 0.02974896623592385,
    }  # fmt: skip
    found = {name: event["car"] for name, event in events_of().items()}
    assert found == pytest.approx(expected, rel=1e-8)
    assert run(*words, "--model", "ff5") == 1
    assert "expected the factors mktrf, smb, hml, rmw, cma" in capsys.readouterr().err


def test_factors_as_series():
    """`correlate` reads the same file the same way."""
    words = ["--data", str(CASES / "ff.csv"), "--x", "Mkt-RF", "--y", "SMB", "--out", "c.json"]
    quick = ["--methods", "pearson", "--lags", "0", "--leads", "0", "--draws", "99"]
    assert main(["correlate", *words, *quick]) == 0
    lines = (CASES / "ff.csv").read_text("utf-8").splitlines()[4:-2]
    table = pd.DataFrame([line.split(",")[1:3] for line in lines]).astype(float)
    table = table[(table > -99).all(axis=1)]
    (row,) = json.loads(Path("c.json").read_text("utf-8"))["correlations"]
    assert row["n"] == len(table)
    assert row["estimate"] == pytest.approx(table[0].corr(table[1]), rel=1e-9)


def test_newest_first_and_row_numbers_and_totals(capsys):
    """Turned round, the leading row number and rows below the last date dropped; all said."""
    prices = plain().iloc[::-1].rename_axis("date").reset_index()
    text = prices.to_csv() + ",,,\n,Total,1,2,3\n"
    Path("p.csv").write_text(text, "utf-8")
    assert_right("--prices", "p.csv")
    said = capsys.readouterr().err
    for fact in ("newest first", "row numbers dropped", "1 rows below the last date dropped"):
        assert fact in said


def test_pairs_of_dates_and_prices(capsys):
    """Each price with dates of its own beside it, some columns shorter than others."""
    prices, parts = plain(), []
    for name in ("ALFA", "MKT"):
        dates = pd.Series(pd.DatetimeIndex(prices.index).strftime("%d/%m/%Y"), name=name)
        start = 3 if name == "MKT" else 0
        own = pd.concat([dates, prices[name].reset_index(drop=True)], axis=1).iloc[start:]
        parts.append(own.reset_index(drop=True))
    wide = pd.concat(parts, axis=1).set_axis(["Date", "ALFA", "Date", "MKT"], axis=1)
    wide.to_csv("p.csv", index=False)
    list_events({"ALFA": EVENTS["ALFA"]})
    assert_right("--prices", "p.csv")
    assert "pairs of dates and prices, 2 columns" in capsys.readouterr().err


@pytest.mark.parametrize("form", DATE_FORMS)
def test_forms_of_dates(form):
    """Any usual form that has one reading."""
    prices = plain()
    prices.index = pd.Index([DATE_FORMS[form](day) for day in prices.index], name="date")
    prices.to_csv("p.csv")
    assert_right("--prices", "p.csv")


def test_dates_with_two_readings_are_refused_with_both(capsys):
    """Until the user says which; the prices then decide for the events."""
    prices = plain()
    prices = prices[pd.DatetimeIndex(prices.index).day <= 12]
    prices.index = pd.Index([f"{day:%d/%m/%Y}" for day in prices.index], name="date")
    prices.to_csv("p.csv")
    assert run("--prices", "p.csv", "--benchmark", "MKT") == 1
    said = capsys.readouterr().err
    assert "'01/09/2022', which is 2022-09-01 with the day first and 2022-01-09" in said
    assert "--dates dmy or --dates mdy" in said
    list_events({"ALFA": "07/06/2023"})
    words = ("--prices", "p.csv", "--benchmark", "MKT", "--estimation", "20", "--gap", "5")
    assert run(*words, "--dates", "dmy") == 0
    assert events_of()["ALFA"]["day0"] == "2023-06-07"


@pytest.mark.parametrize(
    "name", ["p.csv.gz", "p.zip", "p.xlsx", "utf16.csv", "bom.csv", "p.tsv", "german.csv", "p.dta"]
)
def test_formats(name):
    """Packed, workbook, other encodings, separators and decimal marks, Stata."""
    text = to_text(plain())
    german = to_text(plain(), sep=";", decimal=",")
    if name == "p.csv.gz":
        Path(name).write_bytes(gzip.compress(text.encode()))
    elif name == "p.zip":
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr("prices.csv", text)
    elif name == "p.xlsx":
        plain().rename_axis("date").to_excel(name)
    elif name == "p.dta":
        plain().rename_axis("date").to_stata(name)
    elif name == "p.tsv":
        Path(name).write_text(text.replace(",", "\t"), "utf-8")
    elif name == "german.csv":
        Path(name).write_text(german.replace("date", "Tag (Börse)"), "latin-1")
    else:
        Path(name).write_text(text, "utf-16" if name == "utf16.csv" else "utf-8-sig")
    words = ["--columns", "date=Tag (Börse)"] if name == "german.csv" else []
    assert_right("--prices", name, *words)


def test_parquet():
    """Read where pyarrow is installed; else the message names the extra."""
    pyarrow = pytest.importorskip("pyarrow")
    assert pyarrow
    plain().rename_axis("date").to_parquet("p.parquet")
    assert_right("--prices", "p.parquet")


def test_parquet_without_its_extra(monkeypatch, capsys):
    """The extra is named, nothing is written."""

    def missing(*_: object) -> None:
        raise ImportError

    Path("p.parquet").write_bytes(b"PAR1 and more")
    monkeypatch.setattr(pd, "read_parquet", missing)
    assert run("--prices", "p.parquet", "--benchmark", "MKT") == 1
    assert "pip install 'rare-earth-headlines[parquet]'" in capsys.readouterr().err


def test_events_on_days_without_a_session(capsys):
    """Moved to the firm's next session by default, to the last one, or left out; said."""
    list_events({"ALFA": "2023-05-20", "BRAV": "2023-06-19", "CHAR": "2023-08-03"})
    words = ("--prices", str(CASES / "prices.csv"))
    assert_right(*words)
    said = capsys.readouterr().err
    assert "moved: ALFA from 2023-05-20 to its session of 2023-05-22" in said
    found = events_of()
    assert (found["ALFA"]["asked"], found["ALFA"]["day0"]) == ("2023-05-20", "2023-05-22")
    assert found["BRAV"]["day0"] == "2023-06-20"
    assert found["BRAV"]["car"] == pytest.approx(-0.0543914223, abs=1e-10)
    assert found["BRAV"]["t"] == pytest.approx(-1.5390914, abs=1e-7)
    assert run(*words, "--benchmark", "MKT", "--non-session", "previous") == 0
    assert events_of()["ALFA"]["day0"] == "2023-05-19"
    assert run(*words, "--benchmark", "MKT", "--non-session", "skip") == 0
    assert [s["ticker"] for s in result()["skipped"]] == ["ALFA", "BRAV"]


def test_two_events_that_a_move_makes_one():
    """The second is left out, and both dates are named."""
    Path("events.csv").write_text("ticker,day0\nALFA,2023-05-20\nALFA,2023-05-22\n", "utf-8")
    assert_right("--prices", str(CASES / "prices.csv"))
    (left,) = result()["skipped"]
    assert left["reason"] == "moved to 2023-05-22, the session of the event of 2023-05-20"


def test_nothing_left_is_a_fault(capsys):
    """Exit 1 with the reason, and no file."""
    list_events({"ALFA": "2023-05-20", "BRAV": "2023-06-24"})
    words = ("--prices", str(CASES / "prices.csv"), "--benchmark", "MKT", "--non-session", "skip")
    assert run(*words) == 1
    said = capsys.readouterr().err
    assert "found none of 2 (ALFA 2023-05-20, BRAV 2023-06-24: no session on that day" in said
    assert not Path("r.json").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("e.txt", "ALFA 20230522\nBRAV 20230628\n"),
        ("e.csv", "event_date,Symbol\n22/05/2023,ALFA\n28/06/2023,BRAV\n"),
        ("e.csv", "Firm;Announcement Date\nALFA;22.05.2023\nBRAV;28.06.2023\n"),
    ],
)
def test_event_lists(name, text):
    """Two columns without a header, and other names of columns."""
    Path(name).write_text(text, "utf-8")
    assert_right("--prices", str(CASES / "prices.csv"), events=name)


def test_own_benchmark_of_each_event(capsys):
    """Events are fitted on the market that they name; other columns are kept and named."""
    rows = ["ticker,day0,benchmark,deal_value"]
    for number, (ticker, day) in enumerate(EVENTS.items()):
        rows.append(f"{ticker},{day},{'DAX' if number > 3 else 'MKT'},{number}")
    Path("events.csv").write_text("\n".join(rows) + "\n", "utf-8")
    assert_right("--prices", str(CASES / "prices.csv"))
    expected = {
        "ALFA": CAR, "BRAV": 0.023520094068013933, "CHAR": 0.04430249672135155,
        "DELT": 0.026658389307853417, "ECHO": 0.03926220470493357, "FOXT": 0.029864816367751644,
        "GOLF": 0.06783494454483642, "HOTL": 0.008719590607580584,
    }  # fmt: skip
    found = events_of()
    assert {k: e["car"] for k, e in found.items()} == pytest.approx(expected, rel=1e-8)
    assert list(found["HOTL"]["betas"]) == ["DAX"]
    assert found["HOTL"]["deal_value"] == 7
    assert "kept as they are: deal_value" in capsys.readouterr().err


def test_firm_on_another_calendar():
    """Its holiday on event day 1: its own next session, with the benchmark compounded alike."""
    prices = plain()
    holidays = ["2022-12-27", "2023-01-26", "2023-02-24", "2023-05-23", "2023-06-21"]
    prices.loc[holidays, "ALFA"] = np.nan
    prices.rename_axis("date").to_csv("p.csv")
    assert run("--prices", "p.csv", "--benchmark", "MKT") == 0
    alfa = events_of()["ALFA"]
    assert alfa["car"] == pytest.approx(0.03866435578773733, rel=1e-8)
    assert alfa["t"] == pytest.approx(1.2211528040092483, rel=1e-8)
    assert alfa["n_estimation"] == 120


def test_firm_that_ends_inside_the_window(capsys):
    """Left out with the reason, or cut at its last price."""
    prices = plain()
    prices["CHAR"] = prices["CHAR"].where(prices.index <= "2023-08-03")
    prices.rename_axis("date").to_csv("p.csv")
    assert run("--prices", "p.csv", "--benchmark", "MKT", window="-1,5") == 0
    assert len(result()["events"]) == 7
    said = capsys.readouterr().err
    assert "left out: CHAR 2023-08-03: the prices end on 2023-08-03, event day 0" in said
    words = ("--prices", "p.csv", "--benchmark", "MKT", "--short-window")
    assert run(*words, window="-1,5") == 0
    found = events_of()
    assert len(found) == 8
    assert found["CHAR"]["car"] == pytest.approx(0.0451566486281048, rel=1e-8)
    assert found["CHAR"]["t"] == pytest.approx(1.6606090704246919, rel=1e-8)
    assert found["CHAR"]["ar"][2:] == [None] * 5


def test_repeated_price_of_a_dead_share(capsys):
    """Five or more equal prices up to the end are none: both dead shares are left out."""
    prices = plain()
    for name, end in {"CHAR": "2023-08-03", "DELT": "2023-04-06"}.items():
        prices[name] = prices[name].where(prices.index <= end).ffill()
    prices.rename_axis("date").to_csv("p.csv")
    assert run("--prices", "p.csv", "--benchmark", "MKT", window="-1,5") == 0
    assert len(result()["events"]) == 6
    said = capsys.readouterr().err
    assert "CHAR from 2023-08-04, DELT from 2023-04-10" in said
    assert "left out: DELT 2023-09-08: no price on day 0: the prices end on 2023-04-06" in said
    assert "left out: CHAR 2023-08-03: the prices end on 2023-08-03, event day 0" in said


@pytest.mark.parametrize("words", [["--window", "-1,1"], ["--window=-1:1"], ["--window", "-1:1"]])
def test_window_without_an_equals_sign(words):
    """As every help text has it."""
    given = ["--prices", str(CASES / "prices.csv"), "--events", "events.csv", "--benchmark", "MKT"]
    assert main(["event-study", *given, "--tests", "bmp, patell", *words, "--out", "r.json"]) == 0
    assert events_of()["ALFA"]["car"] == pytest.approx(CAR, rel=1e-8)


def test_beta_of_seven_days_on_five(capsys):
    """Returns go from one common day to the next, which is said."""
    words = ["--prices", str(CASES / "coin.csv"), "--benchmark", "MKT", "--assets", " COIN "]
    assert main(["beta", *words, "--draws", "99", "--out", "b.json"]) == 0
    (coin,) = json.loads(Path("b.json").read_text("utf-8"))["assets"]
    assert coin["n"] == 457
    assert coin["beta"] == pytest.approx(1.1266823733983427, rel=1e-8)
    assert "COIN: returns between the 458 days that it shares with MKT" in capsys.readouterr().err


def test_more_event_days_than_powers_of_two():
    """The default run has a result with 1,100 distinct event days."""
    rng = np.random.default_rng(7)
    dates = pd.bdate_range("2018-01-02", periods=1_400)
    returns = pd.DataFrame(rng.normal(0, 0.02, (1_400, 5)), dates, [*"ABCD", "MKT"])
    (50 * (1 + returns).cumprod()).rename_axis("date").to_csv("p.csv")
    days = dates[200:1300].strftime("%Y-%m-%d")
    rows = ["ticker,day0", *(f"{'ABCD'[at % 4]},{day}" for at, day in enumerate(days))]
    Path("events.csv").write_text("\n".join(rows) + "\n", "utf-8")
    given = ["--prices", "p.csv", "--events", "events.csv", "--benchmark", "MKT"]
    words = ["--window=-1,1", "--tests", "sign_flip", "--out", "r.json"]
    assert main(["event-study", *given, *words]) == 0
    assert result()["groups"]["all"]["tests"]["sign_flip"]["n"] == 1_100
