"""Header, dates and numbers of a file: what is taken for which, at the edge of each rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserDataError
from analysis.userfiles.reading import read_prices
from analysis.userfiles.reading.grid import find_shape
from analysis.userfiles.reading.values import PADDED, cut_padding, guess

FILE = Path("prices.csv")


def split(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()]


def test_the_first_third_of_a_file_says_nothing_of_its_width():
    """Four lines of title, four rows of three cells and four footnotes: three cells it is."""
    text = "title\nof\nthe\nfile\ndate,A,B\n2025-01-02,1,2\n2025-01-03,1,2\n2025-01-06,1,2\n"
    shape = find_shape(FILE, split(text + "one\ntwo\nthree\nfour"))
    assert (shape.width, shape.start, shape.dates) == (3, 5, (0,))


@pytest.mark.parametrize("head", ["date,permno", "date,ticker"])
def test_figures_are_dates_under_their_name_alone(head):
    """Of two columns of eight figures the one that is called so; words beside it change nothing."""
    rows = [f"202501{day:02},202502{day:02}" for day in range(2, 12)]
    assert find_shape(FILE, split("\n".join([head, *rows]))).dates == (0,)
    turned = [",".join(reversed(row.split(","))) for row in [head, *rows]]
    assert find_shape(FILE, split("\n".join(turned))).dates == (1,)


def test_a_header_is_as_wide_as_the_table():
    """A title above it is none, and a blank row of its width is none."""
    rows = split("prices of two shares\n,,\nwhen,A,B\nfirst,1,2\nsecond,3,4\nthird,5,6")
    shape = find_shape(FILE, rows)
    assert shape.start == 3
    assert shape.heads[-1] == ["when", "A", "B"]


@pytest.mark.parametrize(("dates", "refused"), [(2, False), (3, True)])
def test_dates_across_a_row_are_told_from_more_than_half_on(dates, refused):
    """Of four cells two may be dates, three are a table that lies on its side."""
    head = ["firm", *[f"2025-01-0{day}" for day in range(2, 2 + dates)], "A", "B"][:4]
    rows = [head, ["X", "1.5", "2.5", "3.5"], ["Y", "4.5", "5.5", "6.5"]]
    if refused:
        with pytest.raises(UserDataError, match=r"row 1.*found dates across a row; turn the table"):
            find_shape(FILE, rows)
    else:
        assert find_shape(FILE, rows).start == 1


def test_returns_have_both_signs_in_most_columns():
    """Small values of either sign are returns; prices have one sign, or a few slips of another."""
    rng = np.random.default_rng(1)
    returns = pd.DataFrame(rng.normal(0, 0.02, (60, 3)))
    assert guess(returns) == "returns"
    assert guess(returns.abs() + 1) == "prices"
    slips = returns.abs() + 1
    slips.iloc[::30] *= -1
    assert guess(slips) == "prices"
    assert guess(returns * 2000) == "prices"


@pytest.mark.parametrize(
    ("dead", "told"), [(1, ""), (3, ""), (4, " and 1 more"), (5, " and 2 more")]
)
def test_dead_shares_are_told_by_name_and_number(dead, told):
    """Three by name, the others counted; prices from the second of the equal ones on are none."""
    days = pd.bdate_range("2025-01-02", periods=20, name="date")
    moving = np.linspace(10, 12, 20)
    still = np.r_[moving[:12], np.full(8, moving[11])]
    names = [f"D{number}" for number in range(dead)]
    frame = pd.DataFrame(dict.fromkeys(names, still) | {"live": moving}, days)
    (said,) = cut_padding(frame, frame.columns)
    shown = ", ".join(f"{name} from {days[12].date()}" for name in names[:3])
    assert said == f"equal prices to the end are no prices: {shown}{told}"
    assert frame[names].notna().sum().eq(12).all()
    assert frame["live"].notna().all()
    assert cut_padding(frame.iloc[:PADDED].copy(), frame.columns) == []


def test_a_column_that_comes_twice_is_refused(tmp_path):
    """With its name and the row of the header."""
    path = tmp_path / "prices.csv"
    days = pd.bdate_range("2025-01-02", periods=30)
    rows = [f"{day.date()},{10 + n},{20 + n},{11 + n}" for n, day in enumerate(days)]
    path.write_text("\n".join(["date,A,B,A", *rows]), "utf-8")
    with pytest.raises(UserDataError, match=r"row 1, column A: expected each column once"):
        read_prices(path)


def test_files_side_by_side_keep_the_order_of_their_days(tmp_path):
    """Of the first file that shows one: 13/01 is day first, and the other leaves it open."""
    days = pd.bdate_range("2025-01-02", periods=40)
    files = []
    for name, form in (("A", "%Y-%m-%d"), ("B", "%d/%m/%Y")):
        path = tmp_path / f"{name}.csv"
        rows = [f"{day.strftime(form)},{10 + n % 7}" for n, day in enumerate(days)]
        path.write_text("\n".join([f"date,{name}", *rows]), "utf-8")
        files.append(path)
    alone, both = read_prices(files[1]), read_prices(files)
    assert alone.order
    assert both.order == alone.order
    assert [*both.frame.columns] == ["A", "B"]
    assert not read_prices(files[0]).order
