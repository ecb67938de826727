"""The claims as data: what an entry says, and one line on what it lacks."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.findings.claims_days import SINGLE
from analysis.findings.claims_pooled import POOLED
from analysis.findings.definitions import Definition, definition, holds
from analysis.findings.panel import Panel


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("> 0", [False, False, True, True]),
        ("< 0.5", [True, True, False, False]),
        ("in [-0.5, 0.5]", [False, True, True, False]),
    ],
)
def test_a_condition_is_read_as_written(condition, expected):
    """Above, below, or between with both ends."""
    values = pd.Series([-1.0, 0.0, 0.5, 1.0])
    assert list(holds(Definition(id="X1", holds=condition), values)) == expected


def test_a_condition_of_no_known_form_is_one_line():
    """The claim, the field, what is expected and what was found."""
    with pytest.raises(StudyError, match=r"claim X1, field holds: expected '> x'.*found 'about 3'"):
        holds(Definition(id="X1", holds="about 3"), pd.Series([1.0]))


def with_claims(panel: Panel, folder, old: str, new: str) -> Panel:
    """Return the panel with an edit in a copy of its claims."""
    text = (panel.snapshot.folder / "claims.toml").read_text("utf-8")
    assert old in text
    (folder / "claims.toml").write_text(text.replace(old, new), "utf-8")
    return replace(panel, snapshot=replace(panel.snapshot, folder=folder))


def test_a_missing_field_is_named_with_its_claim(committed, tmp_path):
    """The test of a claim asks for a field by name."""
    panel = with_claims(committed, tmp_path, "days = [2025-10-30, 2025-11-03]", "")
    with pytest.raises(StudyError, match=r"claims\.toml, claim B14: expected the field 'days'"):
        SINGLE["B14"](panel)


def test_a_claim_that_is_not_there_is_named(committed):
    """A test without an entry."""
    with pytest.raises(StudyError, match="expected the claim Z9, found none"):
        definition(committed, "Z9")


def test_a_clean_window_must_be_one_of_the_study(committed, tmp_path):
    """Clean windows are worked out for the windows of study.toml alone."""
    panel = with_claims(committed, tmp_path, "clean = [0, 10]", "clean = [0, 11]")
    with pytest.raises(StudyError, match=r"claim A9: .*car_0_20\), found car_0_11"):
        POOLED["A9"](panel)


def test_the_days_of_a_claim_decide_its_sample(committed, tmp_path):
    """B2 over two sessions more counts six days; B10 after the last event has no episode."""
    longer = with_claims(committed, tmp_path, "from = 2025-10-08, to", "from = 2025-10-06, to")
    assert SINGLE["B2"](longer).count == "6 days"
    later = with_claims(committed, tmp_path, "after = 2025-10-31", "after = 2026-12-31")
    assert POOLED["B10"](later).count == "0"
