"""Files read while a result is computed, and reads that no result declares."""

from __future__ import annotations

import os
import subprocess
from dataclasses import fields, replace

import pandas as pd
import pytest

from analysis import observed
from analysis.errors import ResultsError
from analysis.questions.reads import PANEL_INPUTS, answered, observed_inputs, watch
from analysis.results import Findings, Number, Provenance
from analysis.snapshot.watched import FILE_OF, watched
from analysis.study.panel import Panel, build_panel


@pytest.fixture
def folder(tmp_path):
    """A repository with data, code and a cache."""
    for name in ("data/a.csv", "data/b.toml", "code.py", ".venv/c.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x\n1\n", "utf-8")
    return tmp_path


def test_every_way_of_opening_is_recorded(folder):
    """Built-in open, pathlib, os.open and pandas are all seen, each with its path."""
    ways = [
        lambda p: open(p).close(),  # noqa: PTH123
        lambda p: p.read_bytes(),
        lambda p: os.close(os.open(p, os.O_RDONLY)),
        pd.read_csv,
    ]
    for way in ways:
        with observed.recording(folder) as seen:
            way(folder / "data/a.csv")
        assert seen == {"data/a.csv"}


def test_writing_code_and_hidden_folders_are_not_inputs(folder):
    """What is written, programs, environments and other folders are left out."""
    with observed.recording(folder) as seen:
        (folder / "data/new.csv").write_text("y", "utf-8")
        (folder / "code.py").read_text("utf-8")
        (folder / ".venv/c.csv").read_text("utf-8")
        subprocess.run(["true"], check=True)
    assert seen == set()


def test_nothing_is_recorded_after_the_block(folder):
    """A recording ends with its block, also when the block fails; an outer one goes on."""
    with observed.recording(folder) as outer:
        with pytest.raises(ValueError, match="stop"), observed.recording(folder) as inner:
            raise ValueError("stop")
        (folder / "data/a.csv").read_text("utf-8")
    (folder / "data/b.toml").read_text("utf-8")
    assert (inner, outer) == (set(), {"data/a.csv"})


def test_a_watched_snapshot_names_the_file_of_each_part(snapshot):
    """Each table counts as its file; sessions are those of the prices."""
    twin = watched(snapshot)
    for name, file in FILE_OF.items():
        with observed.recording(snapshot.folder.parent) as seen:
            getattr(twin, name)
        assert seen == {f"data/{file}"}
    with observed.recording(snapshot.folder.parent) as seen:
        assert twin.sessions.equals(snapshot.sessions)
    assert seen == {"data/prices.csv"}


SPOILED = {
    "prices.csv": lambda s: replace(s, prices=s.prices * (1 + s.prices.rank() / 1000)),
    "events.csv": lambda s: replace(s, events=s.events.iloc[5:].reset_index(drop=True)),
    "confounders.csv": lambda s: replace(s, confounders=s.confounders.iloc[:0]),
    "universe.csv": lambda s: replace(
        s, universe=s.universe.assign(listed_from=pd.Timestamp("2025-09-01"))
    ),
    "customs.csv": lambda s: replace(s, customs=s.customs.iloc[:0]),
}


@pytest.mark.parametrize("file", SPOILED)
def test_parts_of_the_panel_depend_on_no_file_but_those_named(committed, file):
    """Change one table: the parts of the panel that do not name its file stay as they are."""
    changed = build_panel(SPOILED[file](committed.snapshot))
    for part, inputs in PANEL_INPUTS.items():
        one, other = (getattr(p, part) for p in (committed, changed))
        one, other = (x.rows if part == "event_study" else x for x in (one, other))
        if file not in inputs:
            pd.testing.assert_frame_equal(one, other)


def test_every_part_of_the_panel_is_watched():
    """A new field of the panel must say which files it comes from."""
    plain = {"snapshot", "exclude"}  # the snapshot watches itself; None in the baseline
    assert {f.name for f in fields(Panel)} - plain == set(PANEL_INPUTS)


def question(panel: Panel, *inputs: str) -> Findings:
    source = Provenance("f", inputs, "all")
    count = len(panel.snapshot.universe)
    return Findings(numbers=[Number("n", count, "count", "integer", "firms", source)])


def test_an_undeclared_table_fails_the_build(committed):
    """A result that used the customs figures and names only the universe is refused."""

    def planted(panel: Panel) -> Findings:
        assert len(panel.snapshot.customs)
        return question(panel, "universe.csv")

    with pytest.raises(ResultsError, match=r"Planted: .* found a read of data/customs\.csv"):
        answered("Planted", planted, committed)


def test_an_undeclared_file_fails_the_build(committed):
    """So is one that opened a file by itself, inside data/ or beside it."""

    def planted(panel: Panel) -> Findings:
        (panel.snapshot.folder / "claims.toml").read_bytes()
        (panel.snapshot.folder.parent / "pyproject.toml").read_bytes()
        return question(panel, "universe.csv")

    with pytest.raises(ResultsError, match=r"data/claims\.toml, pyproject\.toml"):
        answered("Planted", planted, committed)


def test_declared_reads_pass_and_are_listed(committed):
    """A question that names what it reads is answered, and the reads become a data set."""
    found, seen = answered("Firms", lambda panel: question(panel, "universe.csv"), committed)
    assert found.numbers[0].value == len(committed.snapshot.universe)
    frame = observed_inputs({"Firms": seen}, committed.snapshot.folder).frame
    assert frame.values.tolist() == [["Firms", "data/universe.csv"]]


def test_a_watched_panel_computes_the_same(committed):
    """Watching changes no value, and a copy with another part is watched too."""
    twin = replace(watch(committed), returns=committed.returns * 2)
    with observed.recording(committed.snapshot.folder.parent) as seen:
        assert twin.returns.equals(committed.returns * 2)
    assert seen == {f"data/{name}" for name in PANEL_INPUTS["returns"]}
