"""The command line, end to end on a copy of the repository's data and paper."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace

ROOT = Path(__file__).parents[1]


def copy(folder: Path) -> Path:
    """Copy what the command line reads."""
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("derived"))
    skip = shutil.ignore_patterns("_output", ".quarto", "figures")
    shutil.copytree(ROOT / "paper", folder / "paper", ignore=skip)
    shutil.copy(ROOT / "README.md", folder / "README.md")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A copy on which ``paper`` has run once, with what it printed."""
    folder = copy(tmp_path_factory.mktemp("built"))
    assert main(["paper", "--renderer", "pandoc"], Workspace.at(folder)) == 0
    return folder


@pytest.fixture
def fresh(tmp_path):
    """A copy on which nothing has run."""
    return copy(tmp_path)


def test_paper_makes_both_files(built):
    """One command gives the HTML and the PDF."""
    made = {p.suffix: p.stat().st_size for p in (built / "paper/_output").iterdir()}
    assert set(made) == {".html", ".pdf"}
    assert min(made.values()) > 100_000


@pytest.mark.parametrize("name", ["numbers.json", "claims.json", "figures.json", "tables"])
def test_committed_results_are_what_this_tree_computes(built, name):
    """Nobody changed the code, the data or the results without the others."""

    def contents(folder: Path) -> dict[str, str]:
        place = folder / "paper/results" / name
        files = sorted(place.glob("*.md")) if place.is_dir() else [place]
        return {p.name: p.read_text("utf-8") for p in files}

    assert contents(built) == contents(ROOT)


def test_committed_readme_states_the_current_findings(built):
    """The generated part of the README is up to date."""
    assert (built / "README.md").read_text("utf-8") == (ROOT / "README.md").read_text("utf-8")


def test_data_rebuilds_the_derived_files(fresh, capsys):
    """``data`` verifies, rebuilds five files and names them."""
    assert main(["data"], Workspace.at(fresh)) == 0
    names = {p.name for p in (fresh / "data/derived").iterdir()}
    assert len(names) == 5
    said = capsys.readouterr().out
    assert all(name in said for name in names)


def test_changed_byte_stops_the_run_in_one_line(fresh, capsys):
    """A changed figure exits with 1, says where, and writes nothing."""
    prices = fresh / "data/prices.csv"
    prices.write_bytes(prices.read_bytes().replace(b"15.23", b"15.32", 1))
    before = sorted(p for p in fresh.rglob("*") if p.is_file())
    assert main(["paper"], Workspace.at(fresh)) == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert "prices.csv" in said
    assert "\n" not in said
    assert sorted(p for p in fresh.rglob("*") if p.is_file()) == before


def test_accept_takes_a_sound_edit_and_says_what_changed(fresh, capsys):
    """After a wanted edit ``data --accept`` writes the new hash, and ``data`` passes again."""
    events = fresh / "data/events.csv"
    edited = events.read_bytes().replace(b"confirmatory,high", b"confirmatory,medium", 1)
    events.write_bytes(edited)
    assert main(["data"], Workspace.at(fresh)) == 1
    assert main(["data", "--accept"], Workspace.at(fresh)) == 0
    assert "events.csv" in capsys.readouterr().out
    assert main(["data"], Workspace.at(fresh)) == 0


def test_accept_refuses_an_unsound_edit(fresh, capsys):
    """An edit that breaks a rule is not accepted, and the manifest stays as it was."""
    manifest = (fresh / "data/manifest.json").read_bytes()
    prices = fresh / "data/prices.csv"
    prices.write_bytes(prices.read_bytes().replace(b"MP,15.23", b"MP,-15.23", 1))
    assert main(["data", "--accept"], Workspace.at(fresh)) == 1
    assert "prices.csv" in capsys.readouterr().err
    assert (fresh / "data/manifest.json").read_bytes() == manifest


def test_unknown_format_is_a_usage_error(capsys):
    """A format that does not exist exits with 2 and names the ones that do."""
    with pytest.raises(SystemExit) as stop:
        main(["paper", "--formats", "html,epub"])
    assert stop.value.code == 2
    assert "epub" in capsys.readouterr().err
