"""Files as vendors and spreadsheets write them: read right and said, or refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.errors import UserDataError
from analysis.userfiles.reading import Reading, read_events, read_prices, read_series

CASES = Path(__file__).parents[1] / "cases"
PRICES = pd.read_csv(CASES / "prices.csv", index_col="date", parse_dates=True)[
    ["ALFA", "BRAV", "MKT"]
].iloc[:60]
DAYS = [pd.Timestamp(str(day)) for day in PRICES.index]
FRENCH = "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."
SPANISH = "ene feb mar abr may jun jul ago sep oct nov dic"


def serial(day: pd.Timestamp, first: str = "1899-12-30") -> int:
    return (day - pd.Timestamp(first)).days


def write(path: Path, head: str, rows: list[str]) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return path


def wide(path: Path, form: Callable[[pd.Timestamp], str], table: pd.DataFrame = PRICES) -> Path:
    """Write a table whose dates have a form."""
    days = [form(pd.Timestamp(str(day))) for day in table.index]
    rows = [
        f"{d},{','.join(map(repr, map(float, r)))}"
        for d, r in zip(days, table.to_numpy(), strict=True)
    ]
    return write(path, ",".join(["date", *table.columns]), rows)


def assert_read(path: Path, expected: pd.DataFrame, *said: str) -> None:
    table = read_prices(path)
    assert list(table.frame.columns) == list(expected.columns)
    pd.testing.assert_frame_equal(table.frame, expected, check_freq=False, check_names=False)
    for words in said:
        assert words in table.said[0]


def assert_refused(path: Path, *said: str) -> None:
    with pytest.raises(UserDataError) as caught:
        read_prices(path)
    assert "\n" not in str(caught.value)
    for words in said:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "form",
    [
        lambda d: f"'{d:%Y-%m-%d}'",
        lambda d: f"'{d:%Y-%m-%d}",
        lambda d: f'"=""{d:%Y-%m-%d}"""',
        lambda d: f"{serial(d)}.6666666667",
        lambda d: f"{d:%Y-%b-%d}",
        lambda d: f"{d:%Y%m%d}T160000Z",
        lambda d: f"{d:%Y.%m.%d}.",
        lambda d: f"{d.year}. {d.month}. {d.day}.",
        lambda d: f"{d.year}年{d.month}月{d.day}日",
        lambda d: f"{d.day} {FRENCH.split()[d.month - 1]} {d.year}",
        lambda d: f"{d.day} {SPANISH.split()[d.month - 1]} {d.year}",
    ],
)
def test_forms_of_dates_in_the_world(form, tmp_path):
    """Quotes, fractions of a day, other languages: the day is the one that was written."""
    assert_read(wide(tmp_path / "p.csv", form), PRICES)


@pytest.mark.parametrize("first", ["1960-01-01", "1970-01-01"])
def test_days_that_another_program_counts_are_refused(first, tmp_path):
    """Read as a spreadsheet's, Mondays would be no Mondays."""
    path = wide(tmp_path / "p.csv", lambda d: str(serial(d, first)))
    assert_refused(path, "or another program from 1960 or 1970; write them as 2024-01-31")


def test_years_of_two_figures_that_stand_first_are_refused(tmp_path):
    """22-09-01 is no 22 September; where the first figures change more often they are days."""
    assert_refused(wide(tmp_path / "p.csv", lambda d: f"{d:%y-%m-%d}"), "write years with four")
    assert_read(wide(tmp_path / "p.csv", lambda d: f"{d:%d-%m-%y}"), PRICES, "day first")
    events = write(tmp_path / "e.csv", "ticker,day0", ["ALFA,23-05-22", "BRAV,23-06-28"])
    with pytest.raises(UserDataError, match="write years with four digits"):
        read_events(events)


def test_dates_in_several_forms_are_refused_with_the_likely_reason(tmp_path):
    """A spreadsheet makes dates of text where it can, with day and month swapped."""
    path = wide(tmp_path / "p.csv", lambda d: f"{d:%m/%d/%Y}" if d.day > 12 else f"{d:%Y-%d-%m}")
    assert_refused(path, "row 2", "may have swapped day and month in some")


@pytest.mark.parametrize("names", ["Year,Month,Day", "yyyy,mm,dd", "Day,Month,Year"])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_dates_in_three_columns(names, suffix, tmp_path):
    """They are put together, and it is said; in a list of events, too."""
    parts = {"y": [d.year for d in DAYS], "m": [d.month for d in DAYS], "d": [d.day for d in DAYS]}
    table = pd.DataFrame({name: parts[name[0].lower()] for name in names.split(",")})
    table = pd.concat([table, PRICES.reset_index(drop=True)], axis=1)
    path = tmp_path / f"p.{suffix}"
    if suffix == "csv":
        table.to_csv(path, index=False)
    else:
        table.to_excel(path, index=False)
    assert_read(path, PRICES, "dates of ")
    events = write(tmp_path / "e.csv", f"ticker,{names}", ["ALFA,2023,5,22"])
    if names.lower().startswith("y"):
        assert read_events(events).frame["day0"].iloc[0] == pd.Timestamp(2023, 5, 22)


@pytest.mark.parametrize(
    "form", [lambda d: f"Q{d.quarter}-{d:%y}", lambda d: f"{d.quarter}Q{d.year}"]
)
def test_labels_of_quarters(form, tmp_path):
    """As banks write them; each stands on its last day, and it is said."""
    table = PRICES.resample("QE").last()
    read = read_series(wide(tmp_path / "p.csv", form, table))
    assert list(read.frame.index) == list(table.index)
    assert "quarters, each on its last day" in read.said[0]


def test_rows_are_named_by_their_distance(tmp_path):
    """Values of months that stand on days are not told as days."""
    table = PRICES.resample("MS").last()
    read = read_series(wide(tmp_path / "p.csv", lambda d: f"{d:%Y-%m-%d}", table))
    assert f"{len(table)} months from" in read.said[0]


BAR = "{day},{p},{p},{p},{twice},{p},{v}"


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("timestamp,open,high,low,close,adjusted_close,volume,dividend_amount", f"{BAR},0"),
        (",ALFA.Open,ALFA.High,ALFA.Low,ALFA.Close,ALFA.Adjusted,ALFA.Volume", BAR),
        ("Exchange Date,Close,Net,%Chg,Open,Low,High,Volume", "{day},{p},1,+1.2%,{p},{p},{p},{v}"),
        ("Date,Price,Open,High,Low,Vol.,Change %", "{day},{p},{p},{p},{p},{v}.5M,0.12%"),
        ("Datum,Zuletzt,Eröffn.,Hoch,Tief,Vol.,+/- %", "{day},{p},{p},{p},{p},{v}.5M,0.12%"),
        ("Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen", "{day},{p},{p},{p},{p},{v}"),
        ("Date,Open,High,Low,Last,Close,Number of Trades,Whatever", "{day},1,1,1,{p},{p},{v},7"),
        ("snapped_at,price,market_cap,total_volume", "{day} 00:00:00 UTC,{p},{v},{v}"),
        ("Date,PX_LAST,PX_VOLUME", "{day},{p},{v}"),
        ("Date,Close,Note", "{day},{p},remark {v}"),
        ("Date,Close", "{day},US${p}"),
    ],
)
def test_one_share_whatever_its_columns_are_called(head, row, tmp_path):
    """Its close is the asset; open, volume, changes and notes are none, nor name they any."""
    prices = [(f"{d:%Y-%m-%d}", float(p)) for d, p in zip(DAYS, PRICES["ALFA"], strict=True)]
    rows = [row.format(day=d, p=p, twice=2 * p, v=n % 7 + 1) for n, (d, p) in enumerate(prices)]
    assert_read(write(tmp_path / "ALFA.csv", head, rows), PRICES[["ALFA"]])


@pytest.mark.parametrize("style", ["{a}.{f}", "{f}_{a}", "{a} {f}", "('{f}', '{a}')"])
def test_asset_and_field_in_one_name(style, tmp_path):
    """Closes are taken under the names of the assets where every name holds a field."""
    fields = {"Close": 1.0, "Volume": 20.0}
    table = {style.format(a=a, f=f): PRICES[a] * by for a in PRICES for f, by in fields.items()}
    pd.DataFrame(table).to_csv(tmp_path / "p.csv", index_label="Date")
    assert_read(tmp_path / "p.csv", PRICES, "Close taken of Close, Volume")


def test_names_that_hold_one_field_stay(tmp_path):
    """Such are what people call their columns, and name as the benchmark."""
    PRICES.add_suffix(".Adjusted").to_csv(tmp_path / "p.csv")
    assert_read(tmp_path / "p.csv", PRICES.add_suffix(".Adjusted"))


def test_names_in_angle_brackets_are_no_page(tmp_path):
    """The daily files of a Polish archive."""
    head = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"
    prices = zip(DAYS, PRICES["ALFA"], strict=True)
    rows = [f"ALFA.US,D,{d:%Y%m%d},000000,1,1,1,{p},5,0" for d, p in prices]
    path = write(tmp_path / "p.txt", head, rows)
    assert_read(path, PRICES[["ALFA"]].set_axis(["ALFA.US"], axis=1))


def test_prices_that_a_database_adjusts_in_another_column(tmp_path):
    """Close over its factor for splits times that for dividends; a split is no loss of half."""
    rows = [
        f"001001,{d:%Y-%m-%d},{2 * p if n < 30 else p},{2 if n < 30 else 1},1"
        for n, (d, p) in enumerate(zip(DAYS, PRICES["ALFA"], strict=True))
    ]
    path = write(tmp_path / "p.csv", "gvkey,datadate,prccd,ajexdi,trfd", rows)
    expected = PRICES[["ALFA"]].set_axis(["1001"], axis=1)
    assert_read(path, expected, "divided by ajexdi", "multiplied by trfd")
    events = read_events(write(tmp_path / "e.csv", "gvkey,rdq", ["001001,2022-10-03"]))
    events.match(["1001"])
    assert list(events.frame["ticker"]) == ["1001"]


def test_pairs_below_names_of_firms(tmp_path):
    """A terminal's export: the firm above, dates and PX_LAST below, an empty column between."""
    head = [["ALFA US Equity", None, None, "BRAV US Equity", None],
            ["Date", "PX_LAST", None, "Date", "PX_LAST"]]  # fmt: skip
    rows = [[d, a, None, d, b] for d, (a, b, _) in zip(DAYS, PRICES.to_numpy(), strict=True)]
    path = tmp_path / "p.xlsx"
    pd.DataFrame(head + rows).to_excel(path, index=False, header=False)
    expected = PRICES[["ALFA", "BRAV"]].add_suffix(" US Equity")
    assert_read(path, expected, "pairs of dates and prices")


def book(path: Path, sheets: dict[str, pd.DataFrame]) -> Path:
    with pd.ExcelWriter(path) as writer:
        for name, sheet in sheets.items():
            sheet.to_excel(writer, sheet_name=name, index_label="Date")
    return path


@pytest.mark.parametrize("extra", [{}, {"Notes": pd.DataFrame({"Source": ["a vendor"]})}])
def test_a_sheet_for_each_share(extra, tmp_path):
    """Their closes stand side by side under the names of the sheets, as files of them would."""
    bars = {a: pd.DataFrame({"Open": PRICES[a], "Close": PRICES[a], "Volume": 7}) for a in PRICES}
    path = book(tmp_path / "p.xlsx", extra | bars)
    assert_read(path, PRICES, "sheets ALFA, BRAV, MKT read")


@pytest.mark.parametrize("columns", [["ALFA", "BRAV", "MKT"], ["ALFA"]])
def test_a_sheet_for_each_year(columns, tmp_path):
    """Sheets of other days are one table, of one share, too."""
    table = PRICES[columns]
    table = table.set_axis(["Close"], axis=1) if len(columns) == 1 else table
    years = {"first": table.iloc[:30], "second": table.iloc[30:]}
    assert_read(book(tmp_path / "ALFA.xlsx", years), PRICES[columns], "sheets first, second read")


def test_sheets_of_the_same_assets_are_not_mixed(tmp_path):
    """Prices and their returns, or their volumes: one is read, and it is said which."""
    returns = PRICES.pct_change().iloc[1:]
    path = book(tmp_path / "p.xlsx", {"Returns": returns, "Prices": PRICES, "Volumes": 7 * PRICES})
    assert_read(path, PRICES, "sheet Prices read, not Returns, Volumes")


def test_prices_among_returns_are_refused_where_they_are_used(tmp_path):
    """A level of 50 is no return of 5000%, and a loss of 300% is none."""
    returns = PRICES.pct_change().iloc[1:]
    path = tmp_path / "p.csv"
    returns.assign(MKT=PRICES["MKT"]).to_csv(path)
    table = read_prices(path)
    table.check(["ALFA", "BRAV"])
    with pytest.raises(UserDataError, match="column MKT: expected returns as in the other"):
        table.check(["MKT"])
    (1e4 * returns).to_csv(path)
    table = read_prices(path, Reading(given="returns"))
    with pytest.raises(UserDataError, match="expected a return above -100%"):
        table.check(["ALFA"])
    (100 * returns).to_csv(path)
    read_prices(path, Reading(given="returns")).check(["ALFA", "MKT"])


def test_missing_columns_of_a_list_of_events_are_named(tmp_path):
    """Without dates or without assets: what is there, and the option that names it."""
    for head, row, wanted in (
        ("ticker,group", "ALFA,a", "day0"),
        ("day0,group", "2023-05-22,a", "ticker"),
    ):
        with pytest.raises(
            UserDataError, match=f"expected a column '{wanted}', found {head.replace(',', ', ')}"
        ):
            read_events(write(tmp_path / "e.csv", head, [row]))


@pytest.mark.parametrize("behind", ["p", "K", " (e)"])
def test_numbers_with_something_behind_them_are_named(behind, tmp_path):
    """Every column holds such: the first cell is told, and the table taken for no long one."""
    rows = [f"{d:%Y-%m-%d},{n}.5{behind},{n}.5{behind}" for n, d in enumerate(DAYS)]
    assert_refused(
        write(tmp_path / "p.csv", "date,A,B", rows), "row 2, column A: expected a number"
    )


def test_a_new_study_asks_for_the_order_of_dates_in_one_line(tmp_path, monkeypatch, capsys):
    """Its events are read as those of an event study are, with the same options."""
    monkeypatch.chdir(tmp_path)
    prices = wide(tmp_path / "p.csv", lambda d: f"{d:%Y-%m-%d}")
    events = write(tmp_path / "e.csv", "day,direction", ["03/10/2022,up", "04/11/2022,down"])
    words = ["init", "st", "--from-prices", str(prices), "--from-events", str(events)]
    assert main(words) == 1
    assert "which is 2022-10-03 with the day first and" in (said := capsys.readouterr().err)
    assert said.count("\n") == 1
    assert not Path("st").exists()
    assert main([*words, "--dates", "dmy"]) == 0
    assert list(pd.read_csv("st/events.csv")["announced"]) == ["2022-10-03", "2022-11-04"]
