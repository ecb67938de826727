"""Markdown tables."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analysis.errors import ResultsError
from analysis.publish.tables import markdown
from analysis.results import Provenance, Table

SOURCE = Provenance("tests", "two firms")


def table(**changes):
    fields: dict[str, Any] = {
        "name": "returns",
        "frame": pd.DataFrame({"firm": ["MP", "A|B"], "car": [0.0291, None]}),
        "formats": {"car": "percent1"},
        "headers": {"firm": "Firm", "car": "CAR"},
        "source": SOURCE,
    }
    return Table(**(fields | changes))


def test_table_is_a_pipe_table_with_numbers_on_the_right():
    """Headers, alignment row and formatted cells; a bar in a cell is escaped, unknown is a dash."""
    assert markdown(table()) == (
        "| Firm |  CAR |\n"
        "| :--- | ---: |\n"
        "| MP   | 2.9% |\n"
        "| A\\|B |    – |\n"
    )  # fmt: skip


def test_notes_stand_in_a_block_below():
    """Notes follow the table in a fenced block that both renderers set small."""
    assert markdown(table(notes="Daily.")).endswith("|\n\n::: {.table-note}\nDaily.\n:::\n")


def test_header_for_a_missing_column_is_refused():
    """A table cannot promise a column that its frame does not hold."""
    with pytest.raises(ResultsError, match="returns: its frame has no beta"):
        markdown(table(headers={"beta": "Beta"}))
