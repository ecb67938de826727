"""Files as desks and downloads leave them: each is read right and said, or refused in one line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import UserDataError
from analysis.userfiles.reading import read_events, read_prices

CASES = Path(__file__).parents[1] / "cases"
LIST = "ticker,day0\nALFA,2023-05-22\nBRAV,2023-06-28\n"


def plain() -> pd.DataFrame:
    prices = pd.read_csv(CASES / "prices.csv", index_col="date", parse_dates=True)
    return prices[["ALFA", "BRAV", "MKT"]]


def assert_plain(path: Path, said: str = "", by: float = 1.0) -> None:
    table = read_prices(path)
    expected = plain() * by
    pd.testing.assert_frame_equal(table.frame, expected, check_freq=False, check_index_type=False)
    assert said in table.said[0]


def in_zone(zone: str) -> pd.DataFrame:
    """Return the prices at midnight of a place, stamped in UTC."""
    prices = plain()
    prices.index = pd.DatetimeIndex(prices.index).tz_localize(zone).tz_convert("UTC")
    return prices.rename_axis("date")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("form", ["zone", "no zone", "epoch", "workbook"])
def test_midnight_that_another_clock_stamps_the_evening_before(zone, form, tmp_path):
    """Prices of Monday to Friday are not those of Sunday to Thursday; what was done is said."""
    prices, path = in_zone(zone), tmp_path / "p.csv"
    stamps = pd.DatetimeIndex(prices.index)
    if form == "epoch":
        prices.index = pd.Index([int(stamp.timestamp() * 1000) for stamp in stamps], name="date")
    elif form != "zone":
        prices.index = stamps.tz_localize(None).rename("date")
    if form == "workbook":
        path = tmp_path / "p.xlsx"
        prices.to_excel(path)
    else:
        prices.to_csv(path)
    east = zone != "America/New_York"
    assert_plain(path, "at midnight of a place further east: the next day taken" * east)
    assert read_prices(path).late == east


def test_stamps_of_the_close_keep_their_date(tmp_path):
    """Four in the afternoon from Monday to Friday, and the evenings of seven days a week."""
    for hours, daily in ((16, plain()), (22, plain().resample("D").ffill())):
        prices = daily.set_axis(daily.index + pd.Timedelta(hours=hours)).rename_axis("date")
        prices.to_csv(tmp_path / "p.csv")
        table = read_prices(tmp_path / "p.csv")
        assert (table.frame.index == daily.index).all()
        assert not table.late


def test_events_are_stamped_as_the_prices_are(tmp_path):
    """Where the prices' stamps mean the next day, those of the events do, too."""
    path = tmp_path / "e.csv"
    path.write_text("ticker,day0\nALFA,2023-05-21T22:00:00Z\nBRAV,2023-06-27T22:00:00Z\n", "utf-8")
    assert list(read_events(path, late=True).frame["day0"].dt.day) == [22, 28]
    assert list(read_events(path).frame["day0"].dt.day) == [21, 27]


def test_rows_of_dividends_and_splits(tmp_path):
    """A download page puts them among the prices of a share: they are dropped, and said."""
    rows = ["Date\tOpen\tHigh\tLow\tClose\tAdj Close\tVolume"]
    for number, (day, price) in enumerate(plain()["ALFA"].iloc[::-1].items()):
        stamp = f"{pd.Timestamp(str(day)):%b %d, %Y}"
        rows.append("\t".join([stamp, *[f"{price!r}"] * 5, f"{1000 + number:,}"]))
        rows += [f"{stamp}\t0.22 Dividend\t\t\t\t\t"] if number == 40 else []
        rows += [f"{stamp}\t2:1 Stock Splits\t\t\t\t\t"] if number == 60 else []
    path = tmp_path / "ALFA.tsv"
    path.write_text("\n".join(rows), "utf-8")
    table = read_prices(path)
    assert table.frame["ALFA"].to_list() == plain()["ALFA"].to_list()
    assert "2 rows of dividends and splits dropped" in table.said[0]


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_row_that_stands_twice(layout, tmp_path):
    """The same values again are dropped, and said; other values are refused with their row."""
    table = plain().rename_axis("date").reset_index()
    if layout == "long":
        table = table.melt("date", var_name="ticker", value_name="close")
    path = tmp_path / "p.csv"
    again = pd.concat([table.iloc[:100], table.iloc[99:]])
    again.to_csv(path, index=False)
    assert_plain(path, "1 repeated rows dropped")
    values = again.iloc[:, -1].to_numpy(dtype=float, copy=True)
    values[100] += 1
    again[again.columns[-1]] = values
    again.to_csv(path, index=False)
    with pytest.raises(UserDataError, match=r"row 102.*again with (an)?other value"):
        read_prices(path)


@pytest.mark.parametrize(
    "mark", ["#N/A N/A", "#N/A Invalid Security", "#N/A Requesting Data...", "#GETTING_DATA"]
)
def test_errors_of_spreadsheets_and_their_add_ins(mark, tmp_path):
    """Whatever begins with # is missing, in a cell or down a column."""
    prices = plain().astype(object)
    prices.iloc[7, 1] = mark
    prices.assign(GONE=mark).rename_axis("date").to_csv(tmp_path / "p.csv")
    frame = read_prices(tmp_path / "p.csv").frame
    assert frame["GONE"].isna().all()
    assert frame["BRAV"].isna().sum() == 1
    assert frame["ALFA"].to_list() == plain()["ALFA"].to_list()


def test_workbook_with_several_sheets(tmp_path):
    """Prices are taken from the sheet with most rows of them, events from their list; said."""
    path = tmp_path / "study.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Notes": ["adjusted for splits", "in dollars"]}).to_excel(
            book, sheet_name="About", index=False
        )
        plain().resample("ME").last().rename_axis("date").to_excel(book, sheet_name="Months")
        plain().rename_axis("date").to_excel(book, sheet_name="Prices")
        pd.read_csv(StringIO(LIST)).to_excel(book, sheet_name="Events", index=False)
    assert_plain(path, "sheet Prices read, not Months")
    events = read_events(path)
    assert events.frame["ticker"].to_list() == ["ALFA", "BRAV"]
    assert "sheet Events of About" in events.said[0]


@pytest.mark.parametrize(
    "head",
    [
        ",ALFA,BRAV,MKT\n,,,\ndate,,,",  # an empty level of names
        "Prices of the sample,,,\n\n,Close,,Index\n,ALFA,BRAV,MKT\ndate,,,",
        ",Close,Close,MKT\n,ALFA,BRAV,\ndate,,,",  # a column that one level alone names
        "RIC,ALFA,BRAV,MKT\nField,CLOSE,CLOSE,CLOSE\nTimestamp,,,",
    ],
)
def test_several_rows_of_names(head, tmp_path):
    """Empty levels are passed over; a name that only one level has is kept."""
    path = tmp_path / "p.csv"
    path.write_text(f"{head}\n{plain().to_csv(header=False)}", "utf-8")
    assert_plain(path)


@pytest.mark.parametrize("style", ["{} US Equity", "{} us equity", "{}.N", "NYSE:{}", "{} "])
@pytest.mark.parametrize("where", ["prices", "events"])
def test_firms_with_their_exchange(style, where, tmp_path):
    """A name that differs by the exchange alone is matched where it is the only one, and said."""
    columns, listed = [style.format("ALFA"), style.format("BRAV"), "MKT"], ["ALFA", "BRAV"]
    if where == "events":
        columns, listed = [*listed, "MKT"], columns[:2]
    path = tmp_path / "e.csv"
    path.write_text("ticker,day0\n" + "".join(f"{name},2023-05-22\n" for name in listed), "utf-8")
    events = read_events(path)
    events.match(columns)
    assert events.frame["ticker"].to_list() == columns[:2]


@pytest.mark.parametrize("columns", [["ALFA.N", "ALFA.L"], ["ALFA", "BRAV.N"]])
def test_firms_are_not_guessed(columns, tmp_path):
    """Two listings of a name, or a list of which one firm is a column, stay as they are."""
    path = tmp_path / "e.csv"
    path.write_text(LIST, "utf-8")
    events = read_events(path)
    events.match(columns)
    assert events.frame["ticker"].to_list() == ["ALFA", "BRAV"]


def test_firms_matched_are_said(tmp_path):
    """On the line of the event list."""
    path = tmp_path / "e.csv"
    path.write_text(LIST, "utf-8")
    events = read_events(path)
    events.match(["ALFA.N", "BRAV.N"])
    assert events.said[-1] == "firms named as in the prices: ALFA as ALFA.N, BRAV as BRAV.N"


@pytest.mark.parametrize("mark", ["\u2009", "\u202f", "\u00a0", "'", "’", " ", "_"])
def test_thousands_with_any_narrow_mark(mark, tmp_path):
    """Blanks of all widths, apostrophes, the low line."""
    text = (plain() * 100).map(lambda value: f"{value:,.6f}".replace(",", mark))
    text.rename_axis("date").to_csv(tmp_path / "p.csv")
    assert_plain(tmp_path / "p.csv", by=100)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("tail", ["", ",", ",,,"])
def test_ends_of_lines(end, tail, tmp_path):
    """Of any system, with empty cells behind the last column, under a mark of the encoding."""
    lines = [f'"{line}"{tail}'.replace(",", '","', 3) for line in plain().to_csv().splitlines()]
    (tmp_path / "p.csv").write_bytes(("\ufeff" + end.join(lines) + end).encode())
    assert_plain(tmp_path / "p.csv")


def test_separator_that_a_spreadsheet_names(tmp_path):
    """The line sep=; above the header is no header."""
    text = "\ufeffsep=;\r\n" + plain().rename_axis("Datum").to_csv(sep=";", decimal=",")
    (tmp_path / "p.csv").write_text(text, "utf-8")
    assert_plain(tmp_path / "p.csv", "separated by semicolons")


def test_title_and_merged_names_in_a_workbook(tmp_path):
    """Rows of words above the names are skipped; a merged name is that of all its columns."""
    prices = plain()
    wide = pd.concat({"Close": prices, "Volume": prices * 0 + 1000}, axis=1)
    wide = wide.swaplevel(axis=1).sort_index(axis=1)
    path = tmp_path / "p.xlsx"
    wide.rename_axis("Date").to_excel(path, startrow=3, merge_cells=True)
    assert_plain(path, "Close taken of Close, Volume")


@pytest.mark.parametrize("form", ["%A, %B %d, %Y", "%a %d %b %Y", "%a, %d/%m/%Y", "%a. %Y-%m-%d"])
def test_dates_with_their_weekday(form, tmp_path):
    """As spreadsheets and messages write them."""
    prices = plain()
    prices.index = pd.DatetimeIndex(prices.index).strftime(form).rename("date")
    prices.to_csv(tmp_path / "p.csv")
    assert_plain(tmp_path / "p.csv")


@pytest.mark.parametrize("form", ["%a", "%A"])
def test_column_of_weekdays_is_no_column_of_assets(form, tmp_path):
    """It is dropped, and said."""
    prices = plain()
    prices.insert(0, "Day name", pd.DatetimeIndex(prices.index).strftime(form))
    prices.to_csv(tmp_path / "p.csv")
    assert_plain(tmp_path / "p.csv", "column Day name dropped, which names days of the week")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("across", "row 1: expected dates down the first column, found dates across a row; turn"),
        ("page", "found a page (HTML or XML); open it in a spreadsheet and save it as xlsx"),
        ("json", "found JSON; open it in a spreadsheet"),
        ("quoted", "take the quotes around each whole row away"),
    ],
)
def test_what_is_no_table_of_dates_says_what_to_do(name, said, tmp_path):
    """The message recognises what the file is."""
    prices = plain().set_axis(pd.DatetimeIndex(plain().index).strftime("%Y-%m-%d"))
    texts = {
        "across": prices.T.to_csv(),
        "page": prices.to_html(),
        "json": prices.to_json(orient="index"),
        "quoted": "\n".join(f'"{line}"' for line in prices.to_csv().splitlines()),
    }
    (tmp_path / "p.csv").write_text(texts[name], "utf-8")
    with pytest.raises(UserDataError, match=r"^p\.csv.*\Z") as caught:
        read_prices(tmp_path / "p.csv")
    assert said in str(caught.value)
