"""Amendments: each says when and why, and no claim is amended twice in one day."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.amendments import AMENDMENTS, parse_amendments
from analysis.snapshot.load import load_snapshot
from analysis.snapshot.rules import SWITCHES

ENTRY = """
[[amendment]]
id = "{id}"
point = "A point"
kind = "amended"
day = 2026-11-30
reason = "a reason"
seen = "all results"
text = "what is done"
claims = ["A3"]
"""
ONE, TWO = ENTRY.format(id="one"), ENTRY.format(id="two")


def test_every_switch_of_the_rules_has_its_amendment(snapshot):
    """The rules that differ are those that an entry of the file turns."""
    sets = snapshot.choices.rules
    turned = {entry.rule for entry in snapshot.amendments if entry.rule}
    assert turned == {name for name in SWITCHES if sets.alone(name) != sets.registered}
    assert AMENDMENTS in snapshot.manifest.files


def test_entries_are_read_in_order():
    """An entry holds what it says; one claim may be amended again on another day."""
    later = TWO.replace("2026-11-30", "2026-12-01")
    first, second = parse_amendments((ONE + later).encode())
    assert (first.id, first.day, first.claims) == ("one", date(2026, 11, 30), ("A3",))
    assert second.day == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE.replace("day = 2026-11-30\n", ""), "one, field day: expected a value, found none; "
         "add it"),
        (ONE.replace('reason = "a reason"\n', ""), "one, field reason: expected a value, found "
         "none; add it"),
        (ONE.replace('"a reason"', '" "'), "one, field reason: expected "),
        (ONE.replace('"amended"', '"amend"'), "one, field kind: expected 'amended', 'added', "
         "'declined' or 'pending', found 'amend'; did you mean amended?"),
        (ONE.replace('id = "one"\n', "").replace("reason", "reasn"), "number 1 of the file, field "
         "reasn: expected a known key, found 'reasn'; did you mean reason?"),
        (ONE + TWO, "two, field claims: expected a claim that is amended once on 2026-11-30, found "
         "A3 again; make one of the two entries"),
        (ONE + ONE.replace('["A3"]', '["A4"]'), "one, field id: expected an id that occurs once, "
         "found one again; make one of the two entries"),
        (ONE + 'rule = "normal"' + TWO.replace('["A3"]', "[]") + 'rule = "normal"', "two, field "
         "rule: expected a switch that one amendment turns, found normal again; make one"),
    ],
)  # fmt: skip
def test_faulty_amendment_is_one_line(text, said):
    """What an entry lacks, or says twice, is named with its id."""
    with pytest.raises(SnapshotError) as caught:
        parse_amendments(text.encode())
    assert str(caught.value).startswith(f"{AMENDMENTS}, amendment {said}")
    assert "\n" not in str(caught.value)


def test_amended_claim_must_be_there(snapshot_copy: Path):
    """An entry names claims of the study."""
    path = snapshot_copy / AMENDMENTS
    path.write_text(path.read_text() + ONE.replace('["A3"]', '["A33"]'))
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(snapshot_copy, check_hashes=False)
    assert str(caught.value) == (
        f"{AMENDMENTS}, amendment one, field claims: expected an id of claims.toml, found A33; did "
        "you mean A3? correct the line"
    )


def test_study_without_amendments(snapshot_copy: Path):
    """A study may have none, if it specifies no claim anew; a file needs its entry to count."""
    path = snapshot_copy / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["files"][AMENDMENTS]
    path.write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError, match=r"expected an entry in manifest\.json, found none"):
        load_snapshot(snapshot_copy)
    (snapshot_copy / AMENDMENTS).unlink()
    claims = snapshot_copy / "claims.toml"
    text = claims.read_text("utf-8")
    with pytest.raises(SnapshotError, match="registered claim A1: expected an amendment"):
        load_snapshot(snapshot_copy, check_hashes=False)
    stated, _, old = text.partition("[[registered]]")
    for key in re.findall(r'(?m)^id = "(\w+)"', "[[registered]]" + old):
        stated = re.sub(rf'(?s)\[\[claim\]\]\nid = "{key}".*?(?=\[\[claim\]\]|$)', "", stated)
    claims.write_text(stated + ("[[registered]]" + old).replace("[[registered", "[[claim"), "utf-8")
    assert load_snapshot(snapshot_copy, check_hashes=False).amendments == ()
