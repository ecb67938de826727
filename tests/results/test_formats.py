"""How values are printed."""

from __future__ import annotations

import math
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import ResultsError
from analysis.results import Format
from analysis.results.formats import (
    brackets,
    counted,
    event_day,
    format_value,
    percent,
    signed,
    span,
    words,
)

CASES = [
    (0.1304, "percent1", "13.0%"),
    (3, "words", "three"),
    (0, "count", "none"),
    (3, "count", "three"),
    (29, "count", "29"),
    (-0.08049, "percent1", "−8.0%"),
    (-0.0004, "percent1", "0.0%"),
    (0.95, "percent0", "95%"),
    (-0.123, "points1", "−12.3"),
    (-1.005, "decimal1", "−1.0"),
    (2.0, "decimal2", "2.00"),
    (0.0004, "pvalue", "< 0.001"),
    (0.0312, "pvalue", "0.031"),
    (0.0996, "pvalue", "0.10"),
    (0.4, "pvalue", "0.40"),
    (608, "integer", "608"),
    (9728.0, "integer", "9728"),
    (52306, "integer", "52\u202f306"),
    (5791.8, "amount1", "5\u202f791.8"),
    (6146.0, "amount1", "6\u202f146"),
    ("2025-10-27", "date", "27 October 2025"),
    ("within-noise", "text", "within-noise"),
    (None, "percent1", "–"),
    (math.nan, "decimal2", "–"),
]


@pytest.mark.parametrize(("value", "fmt", "text"), CASES)
def test_value_is_printed_as_the_format_says(value, fmt, text):
    """Each format prints a true minus, fixed decimals and no negative zero."""
    assert format_value(value, fmt) == text


@pytest.mark.parametrize(
    ("value", "fmt"),
    [
        (1.5, "pvalue"),
        (2.5, "integer"),
        (2.5, "words"),
        (2.5, "count"),
        ("x", "percent1"),
        ("2025-13-01", "date"),
    ],
)
def test_value_that_does_not_fit_is_refused(value, fmt):
    """A value outside what the format can mean is an error that shows the value."""
    with pytest.raises(ResultsError, match="cannot be printed"):
        format_value(value, fmt)


def test_unknown_format_is_refused_with_the_known_ones():
    """A misspelt format names the formats that exist."""
    with pytest.raises(ResultsError, match="percent1"):
        format_value(1.0, cast(Format, "percnt"))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (words(0), "no"),
        (words(3), "three"),
        (words(11), "11"),
        (words(12_000), "12\u202f000"),
        (counted(1, "session"), "one session"),
        (counted(20, "session"), "20 sessions"),
        (percent(0.95), "95%"),
        (percent(0.995), "99.5%"),
        (span((1, 20)), "+1 to +20"),
        (span((-20, -1)), "−20 to −1"),
        (brackets((0, 1)), "[0, +1]"),
        (brackets((-1, 0)), "[−1, 0]"),
    ],
)
def test_choice_is_written_as_a_sentence_needs_it(written, text):
    """Counts are words up to ten, event days carry their sign, shares keep their decimals."""
    assert written == text


@given(st.floats(-5, 5))
def test_percent_is_within_half_a_unit_of_the_value(value):
    """What is printed, read back, is the value to the decimals shown."""
    text = format_value(value, "percent1").removesuffix("%").replace("−", "-")
    assert abs(float(text) / 100 - value) <= 0.000501


@pytest.mark.parametrize(
    ("value", "text"), [(0.019, "+1.9%"), (-0.134, "−13.4%"), (-0.0004, "+0.0%"), (math.nan, "–")]
)
def test_change_carries_its_sign(value, text):
    """The plus is printed, a rounded zero has no minus, and the unknown no sign."""
    assert signed(value, "percent1") == text


@pytest.mark.parametrize(("day", "text"), [(-20, "−20"), (0, "0"), (5, "+5")])
def test_event_day_carries_its_sign(day, text):
    """Day 0 alone has none."""
    assert event_day(day) == text
