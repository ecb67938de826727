"""What is read off a result: numbers, verdicts, tables, wide ones too; all worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.publish.tables import markdown
from analysis.results import Number, Provenance, Verdict
from analysis.results.columns import (
    Column,
    Interval,
    numbers_of,
    scalar_numbers,
    spread,
    table_of,
    verdicts_of,
)

SOURCE = Provenance(
    "analysis.questions.relative_beta.betas.full_sample", "two firms", ("prices.csv",)
)
BETAS = pd.DataFrame(
    {
        "firm": ["MP", "USAR"],
        "beta": [1.25, np.nan],
        "se": [0.5, np.nan],
        "low": [-0.25, np.nan],
        "high": [2.75, np.nan],
        "p": [0.012, np.nan],
        "n": [60.0, 12.0],
        "first": pd.to_datetime(["2025-10-27", "2025-11-03"]),
    }
)
BETA = Column(
    "beta",
    "Beta",
    "decimal2",
    "beta",
    "beta of {firm} to {market}",
    "",
    "se",
    "low",
    "high",
    "p",
    "n",
)


def read(*columns: Column | Interval, frame: pd.DataFrame = BETAS, **choices: Any) -> list[Number]:
    return numbers_of(frame, columns, "beta.{firm}", SOURCE, market="SPY", **choices)


def test_a_known_cell_is_a_number_with_what_stands_beside_it():
    """Key in lower case, words filled, a whole n; no number for a missing cell."""
    (number,) = read(BETA, level=0.9)
    assert number == Number(
        "beta.mp", 1.25, "beta", "decimal2", "beta of MP to SPY", SOURCE,
        se=0.5, low=-0.25, high=2.75, level=0.9, p=0.012, n=60,
    )  # fmt: skip
    assert isinstance(number.n, int)


def test_a_missing_error_is_none_and_a_level_needs_bounds():
    """An estimate without error or interval states neither, nor a level."""
    (number,) = read(BETA, level=0.9, frame=BETAS.assign(se=np.nan, low=np.nan, p=np.nan))
    assert (number.se, number.low, number.p, number.level) == (None, None, None, None)
    assert number.high == 2.75


def test_columns_without_a_key_give_no_numbers():
    """Only a column that says what follows the row's key is cited; bounds printed as one never."""
    others = (Column("se", "s.e.", "decimal2"), Interval("CI", "low", "high", "decimal2"))
    assert read(*others) == []
    keyed = Column("n", "", "integer", "sessions", "sessions of {firm}", ".n")
    assert [(n.key, n.value) for n in read(keyed)] == [("beta.mp.n", 60.0), ("beta.usar.n", 12.0)]


def test_a_day_is_a_number_as_iso_text():
    """Numbers hold dates as the writers take them; words may format the day their own way."""
    first = Column("first", "At", "date", "date", "{firm} from {first:%d %b}", ".first")
    number = read(first)[0]
    assert (number.value, number.estimand) == ("2025-10-27", "MP from 27 Oct")


def test_words_that_name_no_cell_are_an_error():
    """A misspelt name in words stops the run instead of being printed."""
    with pytest.raises(KeyError, match="firms"):
        read(Column("beta", "", "decimal2", "beta", "beta of {firms}", ""))


def test_scalars_share_unit_and_format():
    """Single values by the end of their key."""
    cells = {"starts": (4, "regime starts"), "draws": (99, "draws")}
    numbers = scalar_numbers("regime", cells, SOURCE)
    assert [(n.key, n.value, n.estimand) for n in numbers] == [
        ("regime.starts", 4, "regime starts"),
        ("regime.draws", 99, "draws"),
    ]
    assert {(n.unit, n.format) for n in numbers} == {("count", "count")}


def test_a_verdict_is_read_off_each_row():
    """Key, rule and evidence are worded from the cells and the texts."""
    frame = BETAS.assign(verdict=["above", "not testable"])
    found = verdicts_of(
        frame,
        "verdict",
        "higher.{firm}",
        "p below {size}",
        "{beta:.1f}, n {n:.0f}",
        SOURCE,
        size="0.1",
    )
    assert found == [
        Verdict("higher.mp", "above", "p below 0.1", "1.2, n 60", SOURCE),
        Verdict("higher.usar", "not testable", "p below 0.1", "nan, n 12", SOURCE),
    ]


def test_a_table_prints_its_columns_under_their_heads():
    """Order and heads of the columns, two alike among them; what the frame lacks is left out."""
    columns = (
        Column("firm", "Firm"),
        Column("beta", "Beta", "decimal2"),
        Column("se", "s.e.", "decimal2"),
        Column("p", "s.e.", "pvalue"),
        Interval("Interval", "low", "high", "decimal1"),
        Column("none", "Not there"),
        Column("n", format="integer"),
    )
    text = markdown(table_of("betas", BETAS, columns, SOURCE, "Two firms."))
    assert text.splitlines() == [
        "| Firm | Beta | s.e. |  s.e. | Interval    |   n |",
        "| :--- | ---: | ---: | ----: | :---------- | --: |",
        "| MP   | 1.25 | 0.50 | 0.012 | −0.2 to 2.8 |  60 |",
        "| USAR |    – |    – |     – | –           |  12 |",
        "",
        "::: {.table-note}",
        "Two firms.",
        ":::",
    ]


def test_a_long_result_is_spread():
    """Side by side in order of appearance, the first cell under the value; a gap stays one."""
    long = pd.DataFrame(
        {
            "asset": ["UUP", "UUP", "CPER"],
            "news": ["Tightening", "Easing", "Easing"],
            "mean": [0.01, -0.02, 0.03],
            "p": [0.5, 0.04, 0.2],
        }
    )
    cells = [Column("mean", "", "percent1"), Column("p", "p", "pvalue")]
    wide, columns = spread(long, ["asset"], "news", cells)
    assert [column.header for column in columns] == ["Tightening", "p", "Easing", "p"]
    table = markdown(table_of("moves", wide, [Column("asset", "Asset"), *columns], SOURCE))
    assert table.splitlines()[2:] == [
        "| UUP   |       1.0% | 0.50 |  −2.0% | 0.040 |",
        "| CPER  |          – |    – |   3.0% |  0.20 |",
    ]


def test_rows_of_a_wide_table_may_have_two_names():
    """Firm and method name a row together; no row is lost or sorted."""
    long = pd.DataFrame(
        [("USAR", "ols", "SPY", 1.0), ("USAR", "huber", "SPY", 2.0), ("MP", "ols", "SPY", 3.0)],
        columns=["firm", "method", "fund", "beta"],
    )
    wide, columns = spread(long, ["firm", "method"], "fund", [Column("beta", "", "decimal2")])
    assert (
        wide[["firm", "method"]].to_numpy().tolist() == long[["firm", "method"]].to_numpy().tolist()
    )
    assert wide[columns[0].name].tolist() == [1.0, 2.0, 3.0]


def test_provenance_names_a_function_that_exists():
    """The dotted name is read off the function."""
    source = Provenance.of(numbers_of, "two firms")
    assert source.function == "analysis.results.columns.numbers_of"


def test_the_sample_of_a_number_is_that_of_its_row():
    """What enters differs from row to row, and each number says what entered its own."""
    source = Provenance("analysis.questions.relative_beta.betas.full_sample", "{n:g} of {firm}")
    numbers = numbers_of(BETAS, [Column("n", key="")], "sessions.{firm}", source)
    assert [number.source.sample for number in numbers] == ["60 of MP", "12 of USAR"]


def test_a_single_value_may_have_a_unit_of_its_own():
    """Beside values in the unit and the format of all."""
    size = (0.05, "size of the tests", "fraction", "percent0")
    cells: dict[str, Any] = {"firms": (3, "firms"), "size": size}
    printed = [(n.key, n.unit, n.format) for n in scalar_numbers("study", cells, SOURCE)]
    assert printed == [
        ("study.firms", "count", "count"),
        ("study.size", "fraction", "percent0"),
    ]


def test_heads_and_notes_name_what_the_study_chose():
    """One template for every study: the level stands in a head and in the note."""
    columns = [Interval("{level} interval", "low", "high", "decimal2")]
    table = table_of("betas", BETAS, columns, SOURCE, "Intervals of {level}.", level="90%")
    assert table.headers == {"interval": "90% interval"}
    assert table.notes == "Intervals of 90%."
