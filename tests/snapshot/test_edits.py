"""Before an edit is accepted its rows are shown, against the copy on record."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace
from analysis.snapshot.edits import describe_edits, recorded_copies, row_changes
from analysis.snapshot.manifest import read_manifest

OLD = b"""ticker,name
MP,Mountain
USAR,Round
CRML,Tan
"""


def test_rows_by_key() -> None:
    """A changed cell, a new row and a removed one are told apart, wherever they stand."""
    name, new = "universe.csv", OLD.replace(b"MP,Mountain\n", b"") + b"NB,Elk\n"
    assert row_changes(name, OLD, new.replace(b"Tan", b"Tanbreez")) == [
        "universe.csv: 1 added, 1 removed, 1 changed",
        "  added    NB",
        "  removed  MP",
        "  changed  CRML: name: 'Tan' → 'Tanbreez'",
    ]


def test_key_of_several_columns() -> None:
    """A price is named by session and ticker."""
    old = b"session,ticker,adjusted_close\n2026-07-31,MP,1.0\n"
    assert row_changes("prices.csv", old, old.replace(b"1.0", b"1.5")) == [
        "prices.csv: 0 added, 0 removed, 1 changed",
        "  changed  2026-07-31 MP: adjusted_close: '1.0' → '1.5'",
    ]


def test_lines_of_the_choices() -> None:
    """A TOML file is compared line by line."""
    assert row_changes("study.toml", b"a = 1\nb = 2\n", b"a = 1\nb = 3\n") == [
        "study.toml: 2 lines differ",
        "  -b = 2",
        "  +b = 3",
    ]


@pytest.fixture
def committed(snapshot_copy: Path) -> Path:
    """A data folder under git, committed."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "data"]):
        subprocess.run([*git, *words], cwd=snapshot_copy, check=True)
    return snapshot_copy


def edit(folder: Path) -> None:
    """Change one headline without breaking a rule."""
    path = folder / "events.csv"
    path.write_text(path.read_text().replace("Pentagon buys", "Pentagon bought"))


def test_accepting_shows_the_rows_first(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The row and its cell stand above the new hashes."""
    edit(committed)
    workspace = Workspace(committed.parent, committed, committed.parent)
    assert main(["data", "--accept"], workspace) == 0
    said = capsys.readouterr().out
    row = said.index("  changed  2025-07-mp-pentagon-deal: headline: '")
    assert said.index("events.csv: 0 added, 0 removed, 1 changed") < row
    assert row < said.index("events.csv: ", row) < said.index(" is now ")


@pytest.mark.slow
def test_accepting_twice_before_a_commit_shows_all_of_the_edit(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second time the rows are held against the last commit, as a pull request will show."""
    workspace = Workspace(committed.parent, committed, committed.parent)
    edit(committed)
    assert main(["data", "--accept"], workspace) == 0
    path = committed / "events.csv"
    path.write_text(path.read_text().replace("Pentagon bought", "Pentagon has bought"))
    capsys.readouterr()
    assert main(["data", "--accept"], workspace) == 0
    said = capsys.readouterr().out
    assert "headline: 'Pentagon buys" in said
    assert "Pentagon has bought" in said


def test_without_a_recorded_copy_it_is_said(snapshot_copy: Path) -> None:
    """Outside git the reader is told that rows cannot be compared."""
    edit(snapshot_copy)
    recorded = recorded_copies(snapshot_copy, read_manifest(snapshot_copy))
    assert recorded == {"events.csv": None}
    assert describe_edits(snapshot_copy, recorded) == [
        "events.csv: changed; git has no earlier copy, so rows cannot be compared"
    ]


def test_without_an_edit_there_is_nothing_to_show(committed: Path) -> None:
    """No difference, no line."""
    assert recorded_copies(committed, read_manifest(committed)) == {}
    assert describe_edits(committed, {}) == []
