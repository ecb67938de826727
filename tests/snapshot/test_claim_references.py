"""What a claim names must be there, and what is not is told when the data are loaded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.claims_file import parse_claims
from analysis.snapshot.load import load_snapshot


@pytest.mark.parametrize(
    ("claim", "old", "new", "said"),
    [
        ("A7", "processors - explorers", "processors - explorer", "field of: expected a basket, "
         "found explorer; did you mean explorers; correct the line"),
        ("A3", "slope(core, heavy_share)", "slope(core heavy_share)", "field of: expected "
         "',' at >>"),
        ("A5", '"disappointment"', '"disapointment"', "field events.directions: expected a "
         "direction of [directions] in study.toml, found disapointment; did you mean "
         "disappointment?"),
        ("A9", "clean = [0, 10]", "clean = [0, 37]", "field clean: expected clean days that are a "
         "window of [windows.bounds] in study.toml, found [0, 37]"),
        ("A4", '"SPY, XME"', '"SPY,XME"', "field model: expected a model of [curve.models]"),
        ("B4", 'of = "XME"', 'of = "XMEE"', "field events.where.of: expected a ticker with prices, "
         "found XMEE; did you mean XME?"),
        ("A1", '"rebound"\nholds', '"rebond"\nholds', "field facts.day: expected a session or a "
         "day of [highlights] in study.toml, found rebond; did you mean rebound?"),
        ("A8", 'start = "rebound"', 'start = "rebond"', "field start: expected a session or a day"),
        ("B2", "start = 2025-10-08", "start = 2025-10-11", "expected sessions with prices, found "
         "2025-10-11"),
        ("B12", "top = 2025-10-14", "top = 2025-10-07", "expected days in order of time"),
        ("B5", '"rare_earths_total"', '"rare_earth_total"', "did you mean rare_earths_total?"),
        ("B5", '"2025-09"', '"2035-09"', "field facts.month: expected a month of"),
        ("B6", '"magnets_total"]', '"magnet_total"]', "field series: expected a monthly series"),
        ("B6", "lags = [0, 1]", "lags = [0, 7]", "field lags: expected lags of customs.lags"),
        ("B13", ', "2025-08-truce-extension", "2025-10-busan-summit"', "", "expected two events or "
         "more, found one"),
        ("B14", "days = [2025-10-30", "days = [2025-11-01", "field days: expected a day 0 "
         "of events.csv"),
        ("A6", 'on = "SPY"', 'on = "SPYY"', "field on: expected a ticker with prices, found SPYY"),
        ("A10", "[-0.05, 0.05]", "[0.05, -0.05]", "field bounds: expected the smaller number "
         "first"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(snapshot_copy: Path, claim, old, new, said):
    """One line with claim, field, expected, found; nothing is computed before."""
    path = snapshot_copy / "claims.toml"
    text = path.read_text("utf-8")
    start = text.index(f'id = "{claim}"')
    end = text.find("[[claim]]", start) if "[[claim]]" in text[start:] else len(text)
    assert old in text[start:end]
    path.write_text(text[:start] + text[start:end].replace(old, new, 1) + text[end:], "utf-8")
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(snapshot_copy, check_hashes=False)
    assert str(caught.value).startswith(f"claims.toml, claim {claim}, field ")
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["claim = 3\n", 'claim = ["a"]\n', "[claim]\nid = 'A1'\n"])
def test_what_is_no_list_of_claims_is_one_line(text):
    """A single table, a number and a list of words are told as what they are."""
    with pytest.raises(SnapshotError, match=re.escape("expected tables [[claim]]")):
        parse_claims(text.encode())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('claims = ["B3", ', 'claims = ["B33", ', "key one_choice.claims: expected an id of "
         "claims.toml, found B33; did you mean B3?"),
        ("[curve.claims.A3]", "[curve.claims.B5]", "key curve.claims: expected a claim of the kind "
         "mean or difference in claims.toml, found B5;"),
    ],
)  # fmt: skip
def test_claims_that_the_study_names_are_there(refused_edit, old, new, said):
    """A claim that is decided again, or has menus, must be an entry that can be."""
    assert refused_edit("study.toml", old, new).startswith(f"study.toml, {said}")
