"""The command line, end to end on a copy of the repository's data and paper."""

from __future__ import annotations

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace
from analysis.commands.bench import installed


@pytest.fixture
def fresh(tmp_path, copy_repository):
    """A copy on which nothing has run."""
    return copy_repository(tmp_path)


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


def test_bench_takes_the_environments_of_its_own_python(tmp_path):
    """What installing took is read for each lock; another Python and a cut-short one are out."""
    for name, seconds in (
        ("paper-cpython-311-aaaaaaaa", "41"),
        ("tests-cpython-311-bbbbbbbb", "60"),
        ("tests-cpython-313-cccccccc", "99"),
        ("paper-cpython-311-dddddddd", None),
    ):
        (tmp_path / name).mkdir()
        if seconds:
            (tmp_path / name / "ready").write_text(seconds, "utf-8")
            (tmp_path / name / "package").write_bytes(bytes(60_000_000))
    took = installed(tmp_path / "paper-cpython-311-aaaaaaaa")
    assert took == {"paper": {"seconds": 41, "gb": 0.1}, "tests": {"seconds": 60, "gb": 0.1}}
