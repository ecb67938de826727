"""Tables and event lists: what is refused, what is dropped, and what single events may choose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.__main__ import main
from analysis.errors import UserDataError
from analysis.userfiles.reading import Reading, read_events, read_prices, read_series

CASES = Path(__file__).parents[1] / "cases"


def plain() -> pd.DataFrame:
    return pd.read_csv(CASES / "prices.csv", index_col="date", parse_dates=True)


def study(folder: Path, events: str, *words: str) -> list[dict[str, Any]]:
    (folder / "e.csv").write_text(events, "utf-8")
    given = ["--prices", str(CASES / "prices.csv"), "--events", str(folder / "e.csv")]
    more = ["--benchmark", "MKT", "--tests", "bmp", "--out", str(folder / "r.json"), *words]
    assert main(["event-study", *given, *more]) == 0
    return json.loads((folder / "r.json").read_text("utf-8"))["events"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("date,A\n2024-01-02,1\n2024-01-02,2\n", "row 3, column date: expected each date once"),
        (
            "day,who,v\n2024-01-02,A,1\n2024-01-02,B,2\n2024-01-02,A,3\n",
            "row 4, column who: expected each",
        ),
        ("day,who,v\n2024-01-02,A,1\n2024-01-02,,2\n2024-01-04,A,1\n", "expected an asset, found"),
        ("a,b\n1,2\n3,4\n", "row 2, column a: expected a date, found '1'"),
        ("Date,Open,High,Volume\n2024-01-02,1,1,9\n", "expected closing prices, found Open, High"),
        (
            'date,A\n2024-01-02,"1,234"\n',
            "expected a number with one reading, found '1,234', which",
        ),
    ],
)
def test_fault_is_one_line_with_its_place(tmp_path, content, said):
    """File, row, column, expected and found."""
    (tmp_path / "p.csv").write_text(content, "utf-8")
    with pytest.raises(UserDataError) as caught:
        read_prices(tmp_path / "p.csv")
    assert f"p.csv, {said}" in str(caught.value) or said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.csv.gz", b"\x1f\x8b\x08\x00cut", "expected a file that can be unpacked"),
        ("p.xlsx", b"PK\x03\x04no archive", "expected a file that can be unpacked"),
        (
            "p.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "found an old workbook (xls); save it as xlsx",
        ),
        ("p.dta", b"no file of Stata", "expected a Stata file"),
        ("p.csv", b"\x00\x01\x02\x03" * 99, "p.csv"),
    ],
)
def test_file_that_is_not_what_its_name_says(tmp_path, name, content, said):
    """One line, never a traceback."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserDataError) as caught:
        read_prices(tmp_path / name)
    assert said in str(caught.value)


def test_asset_in_two_files_is_refused(tmp_path):
    """Both files are named."""
    for name in ("a", "b"):
        plain()[["ALFA"]].to_csv(tmp_path / f"{name}.csv")
    with pytest.raises(UserDataError, match=r"found ALFA in a\.csv and in b\.csv"):
        read_prices(tmp_path)


def test_unused_column_of_any_sign_stops_nothing(tmp_path):
    """The fault of a column is raised when the column is asked for."""
    plain().assign(RATE=-0.5).to_csv(tmp_path / "p.csv")
    table = read_prices(tmp_path / "p.csv")
    table.check(["ALFA", "MKT"])
    with pytest.raises(UserDataError, match=r"row 2, column RATE: expected a positive price"):
        table.check(["RATE"])


def test_short_runs_of_equal_prices_stay(tmp_path):
    """Four equal prices at the end, or a column that never varies, are prices."""
    prices = plain()[["ALFA", "MKT"]].assign(CASH=1.0)
    prices["ALFA"] = prices["ALFA"].where(prices.index <= prices.index[-4]).ffill()
    prices.to_csv(tmp_path / "p.csv")
    assert read_prices(tmp_path / "p.csv").frame.notna().all(axis=None)
    prices["ALFA"] = prices["ALFA"].where(prices.index <= prices.index[-5]).ffill()
    prices.to_csv(tmp_path / "p.csv")
    assert read_prices(tmp_path / "p.csv").frame["ALFA"].isna().sum() == 4


def test_what_is_told_overrules_what_is_found(tmp_path):
    """Returns without a sign of their own are returns if the user says so."""
    table = plain()[["ALFA", "MKT"]].pct_change().abs().iloc[1:] + 0.001
    table.to_csv(tmp_path / "p.csv")
    assert read_prices(tmp_path / "p.csv").kind == "prices"
    told = read_prices(tmp_path / "p.csv", Reading(given="percent"))
    assert told.kind == "returns"
    np.testing.assert_allclose(told.frame, table / 100)


def test_series_keep_every_column(tmp_path):
    """Volumes are series too: nothing is dropped from a share's file."""
    frame = pd.DataFrame({"Close": [1.0, 2, 3], "Volume": [5.0, 6, 7]},
                         pd.date_range("2024-01-01", periods=3, name="Date"))  # fmt: skip
    frame.to_csv(tmp_path / "s.csv")
    assert [*read_series(tmp_path / "s.csv").frame] == ["Close", "Volume"]


def test_event_lists_keep_names_of_figures(tmp_path):
    """Leading zeros are part of a name, in text and in workbooks of text."""
    (tmp_path / "e.csv").write_text("gvkey,anndats\n001234,2024-01-02\n", "utf-8")
    events = read_events(tmp_path / "e.csv").frame
    assert events["ticker"].tolist() == ["001234"]
    assert events["day0"].tolist() == [pd.Timestamp("2024-01-02")]


def test_window_of_a_single_event(tmp_path):
    """An event with a window of its own has the CAR of that window; others have that of all."""
    rows = 'ticker,day0,window\nALFA,2023-05-22,"-1,1"\nBRAV,2023-06-28,\nCHAR,2023-08-03,[0;7]\n'
    found = study(tmp_path, rows, "--window=-2,3")
    alone = {w: study(tmp_path, "ticker,day0\nALFA,2023-05-22\nBRAV,2023-06-28\nCHAR,2023-08-03\n",
                      f"--window={w}") for w in ("-1,1", "-2,3", "0,7")}  # fmt: skip
    for row, window in enumerate(("-1,1", "-2,3", "0,7")):
        for field in ("car", "se_car", "t"):
            assert found[row][field] == pytest.approx(alone[window][row][field], rel=1e-9)


@pytest.mark.parametrize(
    ("start", "end", "size"),
    [
        ("2023-02-01", "2023-04-28", None),
        ("", "2023-04-28", 60),
        ("2023-07-03", "2023-12-29", None),
    ],
)
def test_estimation_window_of_a_single_event(tmp_path, start, end, size):
    """Between the dates that the list names, before the event or after it."""
    rows = f"ticker,day0,estimation_start,estimation_end\nALFA,2023-05-22,{start},{end}\n"
    rows += "BRAV,2023-06-28,,\n"
    alfa, brav = study(tmp_path, rows, "--window=-1,1", "--estimation", "60")
    prices = plain()
    returns = (prices / prices.shift(1) - 1).iloc[1:]
    part = returns.loc[start or None : end].iloc[-(size or 999) :]
    fit = sm.OLS(part["ALFA"], sm.add_constant(part["MKT"])).fit()
    assert [alfa["alpha"], alfa["beta"]] == pytest.approx(fit.params.tolist(), rel=1e-9)
    assert alfa["n_estimation"] == len(part)
    assert alfa["estimation_end"] == str(part.index[-1].date())
    (usual,) = study(
        tmp_path, "ticker,day0\nBRAV,2023-06-28\n", "--window=-1,1", "--estimation", "60"
    )
    assert brav["t"] == pytest.approx(usual["t"], rel=1e-9)


@pytest.mark.parametrize("missing", ["lump", "drop"])
def test_days_without_a_price(tmp_path, missing):
    """Lumped: no return on the day, all of it on the next; dropped: neither day enters."""
    prices = plain()[["ALFA", "MKT"]]
    hole = prices.index.get_indexer(pd.DatetimeIndex(["2023-03-01"]))[0]
    prices.iloc[hole, 0] = np.nan
    prices.to_csv(tmp_path / "p.csv")
    filled = prices.ffill() if missing == "lump" else prices
    returns = (filled / filled.shift(1) - 1).iloc[1:]
    at = returns.index.get_indexer(pd.DatetimeIndex(["2023-05-22"]))[0]
    part = returns.iloc[at - 130 : at - 10].dropna()
    fit = sm.OLS(part["ALFA"], sm.add_constant(part["MKT"])).fit()
    (tmp_path / "e.csv").write_text("ticker,day0\nALFA,2023-05-22\n", "utf-8")
    words = ["--prices", str(tmp_path / "p.csv"), "--events", str(tmp_path / "e.csv")]
    more = ["--benchmark", "MKT", "--tests", "bmp", "--missing", missing]
    assert main(["event-study", *words, *more, "--out", str(tmp_path / "r.json")]) == 0
    (event,) = json.loads((tmp_path / "r.json").read_text("utf-8"))["events"]
    assert event["beta"] == pytest.approx(fit.params["MKT"], rel=1e-9)
    assert event["n_estimation"] == (120 if missing == "lump" else 118)


def test_firm_that_hardly_trades_is_flagged(tmp_path, capsys):
    """Over half zero returns in its estimation window: said, in the result, and not dropped."""
    prices = plain()[["ALFA", "BRAV", "MKT"]]
    prices["ALFA"] = prices["ALFA"].iloc[::3].reindex(prices.index).ffill()
    prices.to_csv(tmp_path / "p.csv")
    (tmp_path / "e.csv").write_text("ticker,day0\nALFA,2023-05-22\nBRAV,2023-06-28\n", "utf-8")
    words = ["--prices", str(tmp_path / "p.csv"), "--events", str(tmp_path / "e.csv")]
    more = ["--benchmark", "MKT", "--tests", "bmp", "--out", str(tmp_path / "r.json")]
    assert main(["event-study", *words, *more]) == 0
    assert "flagged: over half of the estimation returns are zero in 1 events (ALFA)" in (
        capsys.readouterr().err
    )
    events = json.loads((tmp_path / "r.json").read_text("utf-8"))["events"]
    assert [e["zero_returns"] > 0.5 for e in events] == [True, False]
