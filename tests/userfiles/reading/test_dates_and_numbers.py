"""Cells as people write them: what has one reading is read, what has two is refused with both."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.userfiles.reading.dates import AmbiguousDatesError, find_form, read_dates
from analysis.userfiles.reading.numbers import (
    MISSING,
    AmbiguousNumberError,
    NoNumberError,
    find_decimal,
    to_floats,
)

DAYS = st.dates(
    min_value=pd.Timestamp(1950, 1, 1).date(), max_value=pd.Timestamp(2100, 1, 1).date()
)


@pytest.mark.parametrize(
    ("cell", "day", "frequency"),
    [
        ("2022-9-1", "2022-09-01", "day"),
        ("2022.09.01", "2022-09-01", "day"),
        ("2022-09-01T00:00:00Z", "2022-09-01", "day"),
        ("1.9.2022", "2022-09-01", "day"),
        ("13/09/22", "2022-09-13", "day"),
        ("09/13/2022", "2022-09-13", "day"),
        ("01sep2022", "2022-09-01", "day"),
        ("1-Sep-22", "2022-09-01", "day"),
        ("September 1, 2022", "2022-09-01", "day"),
        ("1 März 2022", "2022-03-01", "day"),
        ("44805", "2022-09-01", "day"),
        ("44805.0", "2022-09-01", "day"),
        ("1662000000", "2022-09-01", "day"),
        ("1662000000000", "2022-09-01", "day"),
        ("2022-09", "2022-09-30", "month"),
        ("2022M09", "2022-09-30", "month"),
        ("202212", "2022-12-31", "month"),
        ("Feb 2024", "2024-02-29", "month"),
        ("9/2022", "2022-09-30", "month"),
        ("2022Q3", "2022-09-30", "quarter"),
        ("Q4 2022", "2022-12-31", "quarter"),
    ],
)
def test_forms_of_one_date(cell, day, frequency):
    """Each usual form gives its day; months and quarters stand on their last one."""
    dates = read_dates(pd.Series([cell]))
    assert dates.index[0] == pd.Timestamp(day)
    assert dates.frequency == frequency


@pytest.mark.parametrize(
    "cell", ["", "word", "12.5", "2022-13-01", "20221301", "99999999", "1850.5"]
)
def test_what_is_no_date(cell):
    """Numbers and impossible months have no form."""
    assert find_form(cell) is None


def test_days_that_no_calendar_has_are_missing():
    """30 February is left to the caller, who names the cell."""
    dates = read_dates(pd.Series(["2022-02-28", "2022-02-30"]))
    assert dates.index.isna().tolist() == [False, True]


@given(st.lists(DAYS, min_size=3, max_size=20))
def test_day_and_month_are_never_swapped(days):
    """A column of days and months in figures is read right, or refused with both readings."""
    column = pd.Series([f"{day:%d/%m/%Y}" for day in days])
    try:
        dates = read_dates(column)
    except AmbiguousDatesError:
        assert all(day.day <= 12 for day in days)
        dates = read_dates(column, "dmy")
    assert [stamp.date() for stamp in dates.index] == days


def test_contradicting_dates_are_refused():
    """Days above twelve on both sides of the month have no reading at all."""
    with pytest.raises(AmbiguousDatesError, match=r"days first .13/01/2022. and months"):
        read_dates(pd.Series(["13/01/2022", "01/13/2022"]))


@pytest.mark.parametrize("mark", MISSING)
def test_marks_of_missing_values(mark):
    """Every program's mark is NaN, beside numbers."""
    assert math.isnan(to_floats(pd.Series(["1.5", mark])).values[1])


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1,5", 1.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567.0),
        ("1 234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("0,125", 0.125),
        ("$12.50", 12.5),
        ("EUR 12,50", 12.5),
        ("12.5%", 0.125),
        ("(3.5)", -3.5),
        ("−3.5", -3.5),
        ("1e-3", 0.001),
    ],
)
def test_numbers_with_one_reading(cell, number):
    """Decimal commas, thousands, currency, percent, brackets."""
    assert to_floats(pd.Series([cell])).values[0] == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize("cell", ["much", "1.23M", "12,34,567.1", "C", "1-2"])
def test_what_is_no_number_is_named(cell):
    """With its row; single letters are missing only where the caller says so."""
    with pytest.raises(NoNumberError) as caught:
        to_floats(pd.Series(["1.5", cell]))
    assert caught.value.place == 1
    assert math.isnan(to_floats(pd.Series(["1.5", "C"]), letters=True).values[1])


def test_a_comma_before_three_figures_has_two_readings():
    """Refused with both, unless the other cells of the file tell."""
    with pytest.raises(AmbiguousNumberError, match=r"'1,234', which is 1234 or 1\.234"):
        to_floats(pd.Series(["1,234"]))
    assert to_floats(pd.Series(["1,234"]), ",").values[0] == 1.234
    assert to_floats(pd.Series(["1,234"]), ".").values[0] == 1234
    assert to_floats(pd.Series(["1.234"]), ",").values[0] == 1234
    assert find_decimal(["1,234", "2,5"]) == ","
    assert find_decimal(["1,234", "2.5"]) == "."
    assert find_decimal(["1,234", "7"]) == ""


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 4)), min_size=1, max_size=20))
def test_german_and_english_columns_are_the_same(values):
    """A column with two marks a cell or none is read alike in either manner."""
    english = pd.Series([f"{value:,.4f}" for value in values])
    german = english.map(lambda cell: cell.translate(str.maketrans(",.", ".,")))
    assert to_floats(english).values.tolist() == pytest.approx(values)
    assert to_floats(german).values.tolist() == pytest.approx(values)
