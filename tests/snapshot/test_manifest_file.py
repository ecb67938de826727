"""The manifest: broken ones are refused, accepted edits are recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.manifest import BESIDE, FILES, read_manifest, write_manifest


def edit(folder: Path) -> None:
    """Change one headline without breaking a rule."""
    path = folder / "events.csv"
    path.write_text(path.read_text().replace("Pentagon buys", "Pentagon bought"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"files": {', "manifest.json, row 1: expected JSON, found"),
        ('{"derived": {}}', "found KeyError: 'files'"),
        ('{"files": {}, "derived": {}}', "found a difference in claims.toml"),
        (
            '{"files": {"prices.csv": {"span": null}}, "derived": {}}',
            "Field required at prices.csv",
        ),
        ('["files"]', "found TypeError"),
    ],
)
def test_broken_manifest(snapshot_copy: Path, text: str, expected: str) -> None:
    """JSON that is cut off or lacks its parts gives one line."""
    (snapshot_copy / "manifest.json").write_text(text)
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(snapshot_copy)
    assert expected in str(caught.value)
    assert str(caught.value).endswith("restore it with git")


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ("sha256", "7", "a valid string at prices.csv sha256"),
        ("sha256", "null", "a valid string at prices.csv sha256"),
        ("source", '"\\ud800"', "can't encode character '\\ud800'"),
        ("rows", "NaN", "a finite number at prices.csv rows"),
        ("rows", "9" * 5000, "integer string conversion"),
        ("span", '["2024-02-28"]', "Field required at prices.csv span 1"),
        ("more", "1", "unexpected keyword argument 'more'"),
    ],
)
def test_an_entry_of_another_kind_is_refused(
    snapshot_copy: Path, part: str, value: str, expected: str
) -> None:
    """A number where text must be, no number, half a letter, one end of a span: in one line."""
    path = snapshot_copy / "manifest.json"
    document = json.loads(path.read_text("utf-8"))
    document["files"]["prices.csv"][part] = "PLACE"
    path.write_text(json.dumps(document).replace('"PLACE"', value), "utf-8")
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(snapshot_copy)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("restore it with git")


def test_every_file_says_where_it_comes_from_and_on_what_terms(snapshot: Snapshot) -> None:
    """No entry lacks source, way of gathering or terms; the hash has full length."""
    assert set(snapshot.manifest.files) == {*FILES, *BESIDE}
    for entry in snapshot.manifest.files.values():
        assert entry.source
        assert entry.obtained
        assert entry.licence
        assert len(entry.sha256) == 64


def test_rows_and_spans_are_those_of_the_tables(snapshot: Snapshot) -> None:
    """What the manifest says about size and span holds for what was loaded."""
    files = snapshot.manifest.files
    assert files["prices.csv"].rows == snapshot.prices.size
    assert files["prices.csv"].span == ("2024-02-28", "2026-07-31")
    assert files["events.csv"].rows == len(snapshot.events)
    assert files["customs.csv"].rows == len(snapshot.customs)


def test_accepting_an_edit_makes_it_load(snapshot_copy: Path) -> None:
    """After the manifest is written anew, the edited folder loads with hashes checked."""
    edit(snapshot_copy)
    with pytest.raises(SnapshotError, match=r"^events\.csv: expected sha256"):
        load_snapshot(snapshot_copy)
    lines = write_manifest(snapshot_copy, {})
    assert any(line.startswith("events.csv: ") and " is now " in line for line in lines)
    assert load_snapshot(snapshot_copy).events["headline"].str.startswith("Pentagon bought").any()


def test_accepting_keeps_provenance_and_other_hashes(snapshot_copy: Path) -> None:
    """Only what changed changes: source, terms and the other files' entries stay."""
    before = read_manifest(snapshot_copy)
    edit(snapshot_copy)
    write_manifest(snapshot_copy, {})
    after = read_manifest(snapshot_copy)
    assert after.files["events.csv"].licence == before.files["events.csv"].licence
    assert after.files["events.csv"].sha256 != before.files["events.csv"].sha256
    assert {n: e for n, e in after.files.items() if n != "events.csv"} == {
        n: e for n, e in before.files.items() if n != "events.csv"
    }


def test_accepting_without_an_edit_says_so_and_changes_nothing(snapshot_copy: Path) -> None:
    """A second acceptance leaves the manifest byte for byte as it was."""
    frames = {"table.csv": pd.DataFrame({"a": [1.0]})}
    write_manifest(snapshot_copy, frames)
    before = (snapshot_copy / "manifest.json").read_bytes()
    assert write_manifest(snapshot_copy, frames) == ["nothing changed"]
    assert (snapshot_copy / "manifest.json").read_bytes() == before


def test_fingerprint_changes_with_any_file(snapshot: Snapshot, snapshot_copy: Path) -> None:
    """Equal data have equal fingerprints; one edited headline gives another."""
    assert load_snapshot(snapshot_copy).fingerprint == snapshot.fingerprint
    edit(snapshot_copy)
    edited = load_snapshot(snapshot_copy, check_hashes=False)
    assert edited.fingerprint != snapshot.fingerprint


def test_manifest_is_plain_json_in_a_fixed_order(snapshot: Snapshot) -> None:
    """Files and derived hashes are sorted, so that a review shows only what changed."""
    raw = json.loads((snapshot.folder / "manifest.json").read_text(encoding="utf-8"))
    assert list(raw["files"]) == sorted(raw["files"])
    assert list(raw["derived"]) == sorted(raw["derived"])
