"""Files that a disk, an editor or a download has broken: refused in one line, with the place."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from analysis import relative_beta
from analysis.errors import ResultsError, UserDataError
from analysis.publish.result_set import read_folder
from analysis.userfiles.reading import Reading, read_events, read_prices
from trust.fuzz.corrupt import CORRUPTIONS, corrupt

EXAMPLE = Path(__file__).parents[3] / "docs/example/prices.csv"


@pytest.fixture
def prices(tmp_path) -> Path:
    """A copy of the example's prices."""
    path = tmp_path / "prices.csv"
    path.write_bytes(EXAMPLE.read_bytes())
    return path


def test_a_field_longer_than_the_parser_takes_is_told(prices):
    """As a quotation mark without its pair makes one of the rest of a file."""
    prices.write_text(prices.read_text("utf-8").replace("8.05", '"' + "9" * 140_000, 1), "utf-8")
    with pytest.raises(UserDataError, match=r"prices\.csv: expected .*; look for a stray quote"):
        read_prices(prices)


@pytest.mark.parametrize("price", ["1e-320", "1e-31", "1e31", "1e308", "0", "-1"])
def test_a_price_whose_returns_have_no_squares_is_no_price(prices, price):
    """Also in the benchmark: the row, the column and what stands there."""
    lines = prices.read_text("utf-8").splitlines()
    cells = lines[8].split(",")
    cells[4] = price
    lines[8] = ",".join(cells)
    prices.write_text("\n".join(lines), "utf-8")
    table = read_prices(prices, Reading(given="prices"))
    with pytest.raises(UserDataError, match=r"row 9, column SPY: expected a positive price"):
        table.check(["SPY"])


@pytest.mark.parametrize("price", [1e-320, 1e300])
def test_a_frame_with_such_a_price_is_refused_too(price):
    """Where no file was read: the asset, and the size of its return."""
    frame = pd.read_csv(EXAMPLE, index_col="date", parse_dates=True)
    frame.loc[frame.index[40], "SPY"] = price
    with pytest.raises(UserDataError, match="beta: SPY: expected returns that have a square"):
        relative_beta(frame, benchmark="SPY", assets=["MP", "CRML"], draws=19)


def test_a_byte_that_is_no_letter_makes_a_cell_that_is_no_number(prices):
    """It is told with its row, as any other word among numbers."""
    prices.write_bytes(prices.read_bytes().replace(b"8.05", b"8.\x8d5", 1))
    with pytest.raises(UserDataError, match=r"prices\.csv, row 2, column CRML"):
        read_prices(prices)


def test_a_header_with_a_broken_separator_is_told(tmp_path):
    """Rows are then longer than the header, and the one column of dates is not the firms' too."""
    path = tmp_path / "events.csv"
    path.write_text("ticker,day0`group,episode\nMP,2025-02-04,up,1\nMP,2025-03-04,up,2\n")
    with pytest.raises(UserDataError, match=r"events\.csv, row 1: expected a column 'day0', found"):
        read_events(path)


def test_results_that_are_no_text_are_told(tmp_path):
    """The file and what to run."""
    (tmp_path / "numbers.json").write_bytes(b"\xff{}")
    with pytest.raises(ResultsError, match=r"numbers\.json: expected UTF-8 .*; run nox -s paper"):
        read_folder(tmp_path)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_works_on_any_content(name):
    """On nothing, on a letter, on a table; the same draw does the same."""
    for content in (b"", b"a", EXAMPLE.read_bytes()[:500]):
        one, other = (CORRUPTIONS[name](content, random.Random(3)) for _ in range(2))
        assert one == other
    assert corrupt(b"a,b\n1,2\n", random.Random(5)) == corrupt(b"a,b\n1,2\n", random.Random(5))
