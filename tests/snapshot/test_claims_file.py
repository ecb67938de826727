"""The claims: a faulty one is one line with file, claim, field, expected and found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.claims_file import parse_claims
from analysis.snapshot.load import Snapshot, load_snapshot

TEXT = (Path(__file__).resolve().parents[2] / "data" / "claims.toml").read_text("utf-8")


def test_the_committed_claims(snapshot: Snapshot) -> None:
    """All of them in file order; 21 of 29 are confirmatory; those of old have the same ids."""
    claims, stated = snapshot.claims, TEXT.partition("[[registered]]")[0]
    assert list(claims) == re.findall(r'(?m)^id = "(\w+)"', stated)
    assert list(snapshot.registered) == list(claims)
    assert sum(claim.status == "confirmatory" for claim in claims.values()) == 21


def test_a_study_without_claims() -> None:
    """A file with comments only makes none."""
    assert parse_claims(b"# none\n") == ({}, {}, {})


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"confirmatory"', '"confirmitory"', "claims.toml, claim A3, field status: expected "
         "'confirmatory' or 'exploratory', found 'confirmitory'; did you mean confirmatory?"),
        ('id = "A4"', 'id = "A3"', "claims.toml, claim A3, field id: expected an id that occurs "
         "once, found A3 again in claim number 4 of the file;"),
        ('id = "A3"\n', "", "claims.toml, claim number 3 of the file, field id: expected a value, "
         "found none;"),
        ('id = "A1"', 'id = ["A1"]', "claims.toml, claim ['A1'], field id: expected a valid string,"
         " found ['A1'];"),
        ('id = "A1"', 'id = "A 1"', "claims.toml, claim A 1, field id: "),
        ("statement =", "statment =", "claims.toml, claim A1, field statment: expected a field of "
         "the kind facts, found 'statment'; did you mean statement? correct the line"),
        ('[[claim]]\nid = "A3"', '[[claims]]\nid = "A3"', "claims.toml, field claims: expected a "
         "known key, found 'claims'; did you mean claim?"),
        ('id = "A3"', 'id = "A3', "claims.toml: expected TOML, found "),
        ("[items.rebound]", "claim = 3\n[items.rebound]", "claims.toml: expected TOML, found "),
        ('[[registered]]\nid = "A1"', '[[registered]]\nid = "A77"', "claims.toml, registered claim "
         "A77, field id: expected an id of a table [[claim]], found A77; did you mean A7?"),
        ('[[registered]]\nid = "A4"', '[[registered]]\nid = "A1"', "claims.toml, registered claim "
         "A1, field id: expected an id that occurs once, found A1 again in registered claim number "
         "2 of"),
        ("[[registered.facts]]", "[[registered.fact]]", "claims.toml, registered claim A1, field "
         "fact: expected a field of the kind facts, found 'fact'; did you mean facts?"),
        ('[[registered]]\nid = "B14"', '[[registred]]\nid = "B14"', "claims.toml, field registred: "
         "expected a known key, found 'registred'; did you mean registered?"),
        ('verdict = "not a claim"', 'verdict = "no claim"', "claims.toml, claim B14, field "
         "verdict: expected 'not a claim' or 'shown, not decided', found 'no claim'; did you mean "
         "not a claim?"),
        ("clean = [0, 4]\n", "", "claims.toml, claim A12: expected a CAR with a window and clean "
         "days where it follows, found"),
        ("bound = 0.5", "bound = 1.5", "claims.toml, claim A4, field bound: expected less than 1, "
         "found"),
        ("mixed = true }\n", "mixed = true, signed = true }\n", "claims.toml, claim A4: expected "
         "events that are not signed, for a square has no sign, found"),
        ("lags = [1]\nreleases = true\n", "", "claims.toml, claim B6: expected a correlation with "
         "lags, or releases, or both, found"),
        ("[items.truce]", "[items.truse]", "claims.toml, news item truse: expected an item that a "
         "claim names, found truse; did you mean truce?"),
        ("outlet =", "outlets =", "claims.toml, news item truce, field outlets: expected a field of"
         " a news item, found 'outlets'; did you mean outlet?"),
        ("day = 2025-10-27", 'day = "soon"', "claims.toml, news item truce, field day: "),
        ('quote = "MP', f'quote = "{"long " * 40}MP', "claims.toml, claim A2, field quote: "),
        ('id = "A2"\nitem = "rebound"', 'id = "A2"\nitem = "rebund"', "claims.toml, claim A2, "
         "field item: expected a news item with a table [items.NAME], for the claim quotes it, "
         "found rebund; did you mean rebound?"),
        ("[[claim]]", "x = " + "[" * 2000 + "\n[[claim]]", "claims.toml: expected TOML, found "),
    ],
)  # fmt: skip
def test_a_faulty_claim_is_named(old: str, new: str, line: str) -> None:
    """One line that starts with the place and suggests what was meant."""
    assert old in TEXT
    with pytest.raises(SnapshotError) as caught:
        parse_claims(TEXT.replace(old, new, 1).encode())
    assert str(caught.value).startswith(line)


def test_all_faulty_claims_are_told_in_the_order_of_the_file() -> None:
    """A line each; a slip in a field is told once, not as a field that is lacking too."""
    text = TEXT.replace('rule = "common rule"', 'role = "common rule"', 1)
    text = text.replace('"exploratory"', '"explanatory"', 1)
    with pytest.raises(SnapshotError) as caught:
        parse_claims(text.encode())
    places = [line.partition(":")[0] for line in str(caught.value).split("\n")]
    assert places == [
        "claims.toml, claim A1, field status",
        "claims.toml, claim A3, field role",
    ]


def test_claims_are_checked_when_the_data_are_loaded(snapshot_copy: Path) -> None:
    """A misspelt status stops the load, with or without the hash; so does a misspelt item."""
    path = snapshot_copy / "claims.toml"
    path.write_text(TEXT.replace('"confirmatory"', '"confirmitory"', 1), encoding="utf-8")
    for hashes in (True, False):
        with pytest.raises(SnapshotError, match=r"claim A3, field status"):
            load_snapshot(snapshot_copy, check_hashes=hashes)
    path.write_text(TEXT.replace('item = "rebound"', 'item = "rebond"', 1), encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"claim A1, field item: .*did you mean rebound\?"):
        load_snapshot(snapshot_copy, check_hashes=False)
