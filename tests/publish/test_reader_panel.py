"""What the page holds for its panel of choices, and for the rows behind its numbers."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ResultsError
from analysis.publish import interactive
from analysis.publish.interactive import reader, rows
from analysis.results import Dataset, Findings, Provenance, Verdict
from analysis.results.printed import print_p, print_values

SOURCE = Provenance("analysis.questions.robustness.reader.answer_choices", "a sample")


def unpack(text: str, cells: int) -> np.ndarray:
    """Do what the script of the page does: inflate and add up, a column a row."""
    raw = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype="<i2")
    return np.cumsum(raw.reshape(-1, cells).astype(np.int64), axis=1).astype(np.int16)


def grid() -> pd.DataFrame:
    """Make a grid of one claim and two choices, of which the second is not testable."""
    return pd.DataFrame(
        {
            "window": ["the claim's own", "[0, 0]"],
            "contamination": "exclude",
            "coding": "baseline",
            "normal": "market SPY",
            "length": 120,
            "B3.effect": print_values([0.0765, np.nan], "percent1"),
            "B3.low": print_values([-0.0077, np.nan], "percent1"),
            "B3.high": print_values([0.1607, np.nan], "percent1"),
            "B3.p": print_p([0.0334, np.nan]),
            "B3.holm": print_p([0.4345, np.nan]),
            "B3.verdict": ["right sign within noise", "not testable"],
            "B3.episodes": [10, 2],
            "B3.second": [9, 1],
        }
    )


def findings() -> Findings:
    """Return a small study: a claim that choices reach, and one that none does."""
    claims = pd.DataFrame(
        {
            "claim": ["B3", "B1"],
            "statement": ["one <b>thing", "another"],
            "format": ["percent1", ""],
            "sides": [2, 0],
            "reach": ["", "no event window and no model"],
            "windows": ["[0, +1];[0, 0]", ""],
            "earlier": ["", ""],
            "conditioned": [False, False],
            "size": 0.05,
        }
    )
    behind = pd.DataFrame(
        [
            ("claim.b3", "CAR [0, +1]", 12, 1, "2025-02-04", "MP, CRML", "7.3%"),
            ("claim.b3", "CAR [0, +1]", 12, 2, "2025-02-19", "CRML", "13.9%"),
            ("events.csv", "", 79, 0, "", "", ""),
        ],
        columns=["key", "what", "count", "place", "date", "tickers", "value"],
    )
    sets = {"reader_grid": grid(), "reader_claims": claims, "rows_behind": behind}
    return Findings(
        datasets=[Dataset(name, frame, SOURCE) for name, frame in sets.items()],
        verdicts=[
            Verdict("B3", "right sign within noise", "", "", SOURCE),
            Verdict("b3.registered", "cannot decide", "", "", SOURCE),
        ],
    )


def data_of(html: str | None, name: str) -> dict[str, Any]:
    """Return the data that a fragment holds."""
    found = re.search(rf'id="{name}">(.*?)</script>', html or "", re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_values_are_packed_as_printed_and_come_back():
    """Differences of whole numbers, deflated, add up to what the page prints."""
    verdicts = ["not testable", "right sign within noise"]
    found = unpack(reader.pack(grid(), ["B3"], verdicts), 2)
    assert found[:, 0].tolist() == [76, -8, 161, 33, 430, 1, 10, 9]
    assert found[:5, 1].tolist() == [-32768] * 5
    assert found[5:, 1].tolist() == [0, 2, 1]


def test_the_panel_holds_the_ledger_beside_the_choices():
    """Verdict and registered verdict of every claim are in the page, keys are not repeated."""
    held = data_of(reader.reader_fragment(findings()), "reader-data")
    assert held["claims"]["verdict"] == ["right sign within noise", ""]
    assert held["claims"]["registered"] == ["cannot decide", ""]
    assert held["menus"]["window"] == ["the claim's own", "[0, 0]"]
    assert (held["argued"], held["size"]) == (["B3"], 50)


def test_without_results_there_is_no_panel():
    """A study without the menus has neither panel nor rows."""
    assert reader.reader_fragment(Findings()) is None
    assert rows.rows_fragment(Findings()) is None


def test_rows_stand_once_for_all_keys_that_begin_alike():
    """The first rows with their count, and the length of each file."""
    held = data_of(rows.rows_fragment(findings()), "rows-data")
    shown = [["2025-02-04", "MP, CRML", "7.3%"], ["2025-02-19", "CRML", "13.9%"]]
    assert held["sets"] == {"claim.b3": ["CAR [0, +1]", 12, shown]}
    assert held["files"] == {"events.csv": 79}


def test_panel_and_figure_are_light(monkeypatch):
    """Together they may hold 700 kB; what exceeds its share is refused with what to do."""
    assert interactive.LARGEST + reader.LARGEST <= 700_000
    monkeypatch.setattr(reader, "LARGEST", 1000)
    with pytest.raises(ResultsError, match=r"at most 1000 bytes .* shorten the menus"):
        reader.reader_fragment(findings())
