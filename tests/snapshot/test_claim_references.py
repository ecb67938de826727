"""What a claim names must be there, and what is not is told when the data are loaded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.claims_file import parse_claims
from analysis.snapshot.load import load_snapshot

OLD = ("A4 of old", "B6 of old", "B13 of old")


@pytest.mark.parametrize(
    ("claim", "old", "new", "said"),
    [
        ("A7", "processors - explorers", "processors - explorer", "field of: expected a basket, "
         "found explorer; did you mean explorers; correct the line"),
        ("A3", "slope(core, heavy_share)", "slope(core heavy_share)", "field of: expected ',' at "
         ">>"),
        ("A5", '"disappointment"', '"disapointment"', "field events.directions: expected a "
         "direction of [directions] in study.toml, found disapointment; did you mean "
         "disappointment?"),
        ("A9", "clean = [0, 10]", "clean = [0, 37]", "field clean: expected clean days that are a "
         "window of [windows.bounds] in study.toml, found [0, 37]"),
        ("A4 of old", '"SPY, XME"', '"SPY,XME"', "field model: expected a model of [curve.models]"),
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
        ("B6", '"magnets_total"]', '"magnet_total"]',
         "field series: expected a series of customs.csv"),
        ("B6 of old", "lags = [0, 1]", "lags = [0, 7]", "field lags: expected lags of "
         "customs.lags"),
        ("B13 of old", ', "2025-08-truce-extension", "2025-10-busan-summit"', "", "expected two "
         "events or more, found one"),
        ("B14", "days = [2025-10-30", "days = [2025-11-01", "field days: expected a day 0 of "
         "events.csv"),
        ("B13", '"pause_days"', '"pause_day"', "field facts.column: expected a column of "
         "events.csv with numbers, found pause_day; did you mean pause_days?"),
        ("B13", '"pause_days"', '"headline"', "field facts.column: expected a column of events.csv "
         "with numbers, found headline;"),
        ("B13", 'before = "truce"', 'before = "truze"', "field facts.before: expected a session or "
         "a day of [highlights] in study.toml, found truze; did you mean truce?"),
        ("B12", "since = 2025-10-24", "since = 2025-10-25", "field start, top, since, end: "
         "expected sessions with prices, found 2025-10-25"),
        ("B12", "since = 2025-10-24", "since = 2025-10-13", "expected days in order of time"),
        ("B7", "base = 2025-02-04", "base = 2025-02-05", "field base: expected a day that 60 "
         "sessions precede, not after the first day 0, 2025-02-04, found 2025-02-05"),
        ("B7", "base = 2025-02-04", "base = 2024-03-05", "field base: expected a day that 60 "
         "sessions"),
        ("B6", 'seasonal = ["rare_earths_total"]', 'seasonal = ["rare_earths"]', "field seasonal: "
         "expected a series of the claim, found rare_earths; did you mean rare_earths_total?"),
        ("B6", 'of = "core"', 'of = "MP"', "field of: expected core, with releases, found MP"),
        ("A12", "follows = [0, 1]", "follows = [1, 0]", "field follows: expected the smaller "
         "number first"),
        ("A6", 'on = "SPY"', 'on = "SPYY"', "field on: expected a ticker with prices, found SPYY"),
        ("A10", "[-0.05, 0.05]", "[0.05, -0.05]", "field bounds: expected the smaller number "
         "first"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(snapshot_copy: Path, claim, old, new, said):
    """One line with claim, field, expected, found; nothing is computed before."""
    path = snapshot_copy / "claims.toml"
    text = path.read_text("utf-8")
    table, called = ("registered", "registered claim") if claim in OLD else ("claim", "claim")
    start = text.index(f'[[{table}]]\nid = "{claim.removesuffix(" of old")}"')
    end = text.find(f"[[{table}]]", start + 1)
    end = len(text) if end < 0 else end
    assert old in text[start:end]
    path.write_text(text[:start] + text[start:end].replace(old, new, 1) + text[end:], "utf-8")
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(snapshot_copy, check_hashes=False)
    place = f"claims.toml, {called} {claim.removesuffix(' of old')}, field "
    assert str(caught.value).startswith(place)
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


def test_what_is_specified_anew_has_an_amendment(snapshot_copy: Path):
    """A registered entry that no amendment names, and an amendment of a claim that has none."""
    path = snapshot_copy / "registration" / "amendments.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('claims = ["A12"]', 'claims = ["A13"]'), "utf-8")
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(snapshot_copy, check_hashes=False)
    assert str(caught.value).split("\n") == [
        "registration/amendments.toml, amendment respecify-a12, field claims: expected a claim "
        "with a "
        "table [[registered]] in claims.toml, found A13; did you mean A1? correct the line",
        "claims.toml, registered claim A12: expected an amendment of registration/amendments.toml "
        "that "
        "names it, found none; correct the line",
    ]


def test_some_rules_must_decide_what_is_specified_anew(refused_edit):
    """Entries that no set of rules reads would never be decided."""
    said = refused_edit("study.toml", 'claims = "amended"', 'claims = "registered"')
    assert said.startswith(
        'study.toml, key rules.amended.claims: expected "amended", for claims.toml '
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('deal = "deal"', 'deal = "deals"', "key rules.amended.deal: expected a column of "
         "confounders.csv, found deals; did you mean deal? correct the line"),
        ('leave_out = ["leave_out", ', 'leave_out = ["leave_outs", ', "key "
         "rules.amended.leave_out: expected a column of events.csv, found leave_outs; did you mean "
         "leave_out? correct the line"),
        ('claims = "amended"', 'claims = "amende"', "key rules.amended.claims: expected "
         "'registered' or 'amended', found 'amende'; did you mean amended? correct the line"),
    ],
)  # fmt: skip
def test_what_a_rule_names_is_there(refused_edit, old, new, said):
    """A rule that names an unknown column, or entries that there are none of, is one line."""
    assert refused_edit("study.toml", old, new) == f"study.toml, {said}"
