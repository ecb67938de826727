"""Files read while something is computed, and the parts of the data that note their use."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.reads import make, name_files, recording, vary
from analysis.study.panel import build_panel

RETURNS = {"prices.csv", "universe.csv", "study.toml"}


@pytest.fixture
def repository(tmp_path):
    """A repository with data, code and a cache."""
    for name in ("data/a.csv", "data/b.toml", "other/c.json", "code.py", ".venv/c.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x\n1\n", "utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def committed(snapshot):
    """The panel of the committed snapshot."""
    return build_panel(snapshot)


def test_every_way_of_opening_is_recorded(repository):
    """Built-in open, pathlib, os.open and pandas are all seen, each with its path."""
    ways: list[Callable[[Path], object]] = [
        lambda p: open(p).close(),  # noqa: PTH123
        lambda p: p.read_bytes(),
        lambda p: os.close(os.open(p, os.O_RDONLY)),
        pd.read_csv,
    ]
    for way in ways:
        with recording() as seen:
            way(repository / "data/a.csv")
        assert name_files(seen, repository / "data") == ("a.csv",)


def test_writing_code_and_hidden_folders_are_not_inputs(repository, tmp_path_factory):
    """What is written, programs, environments and other folders are left out."""
    with recording() as seen:
        (repository / "data/new.csv").write_text("y", "utf-8")
        (repository / "code.py").read_text("utf-8")
        (repository / ".venv/c.csv").read_text("utf-8")
        outside = tmp_path_factory.mktemp("outside") / "d.csv"
        outside.touch()
        outside.read_text("utf-8")
        subprocess.run(["true"], check=True)
    assert name_files(seen, repository / "data") == ()


def test_a_file_beside_the_data_is_named_from_there(repository):
    """The names are in order, and lead from the data folder to the file."""
    with recording() as seen:
        (repository / "data/b.toml").read_text("utf-8")
        (repository / "other/c.json").read_text("utf-8")
    assert name_files(seen, repository / "data") == ("../other/c.json", "b.toml")


def test_nothing_is_recorded_after_the_block(repository):
    """A recording ends with its block, also when the block fails; an outer one goes on."""
    with recording() as outer:
        with pytest.raises(ValueError, match="stop"), recording() as inner:
            raise ValueError("stop")
        (repository / "data/a.csv").read_text("utf-8")
    (repository / "data/b.toml").read_text("utf-8")
    assert (inner, name_files(outer, repository / "data")) == (set(), ("a.csv",))


def test_a_value_keeps_what_it_was_made_from(repository):
    """Its files are read where it is used, though nothing is opened there any more."""
    text = make((repository / "data/a.csv").read_text)
    with recording() as seen:
        assert text.use() == "x\n1\n"
    assert name_files(seen, repository / "data") == ("a.csv",)


@pytest.mark.parametrize(
    "part", ["choices", "claims", "prices", "events", "confounders", "universe", "customs"]
)
def test_each_part_of_a_snapshot_is_read_from_its_file(snapshot, part):
    """A table counts as its file whenever it is used, and as no other."""
    for _ in range(2):
        with recording() as seen:
            getattr(snapshot, part)
        (name,) = name_files(seen, snapshot.folder)
        assert name in {f"{part}.csv", f"{part}.toml", "study.toml"}
        assert (name == "study.toml") == (part == "choices")


def test_sessions_are_those_of_the_prices(snapshot):
    """Who uses the calendar of the study has read the prices."""
    with recording() as seen:
        assert len(snapshot.sessions)
    assert name_files(seen, snapshot.folder) == ("prices.csv",)


SPOILED = {
    "prices.csv": lambda s: replace(s, prices=s.prices * (1 + s.prices.rank() / 1000)),
    "events.csv": lambda s: replace(s, events=s.events.iloc[5:].reset_index(drop=True)),
    "confounders.csv": lambda s: replace(s, confounders=s.confounders.iloc[:0]),
    "universe.csv": lambda s: replace(
        s, universe=s.universe.assign(listed_from=pd.Timestamp("2025-09-01"))
    ),
    "customs.csv": lambda s: replace(s, customs=s.customs.iloc[:0]),
}
PARTS = {  # of the panel: what each is made from
    "returns": RETURNS,
    "event_study": RETURNS | {"events.csv"},
    "events": {"prices.csv", "events.csv", "study.toml"},
    "clean": RETURNS | {"events.csv", "confounders.csv"},
}


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_the_panel_are_read_from_what_they_are_made_from(committed, part):
    """Nobody states it; and changing a file that is not among them changes nothing."""
    with recording() as seen:
        getattr(committed, part)
    assert set(name_files(seen, committed.snapshot.folder)) == PARTS[part]
    for file in SPOILED.keys() - PARTS[part]:
        other = build_panel(SPOILED[file](committed.snapshot))
        one, two = (getattr(p, part) for p in (committed, other))
        one, two = (x.rows if part == "event_study" else x for x in (one, two))
        pd.testing.assert_frame_equal(one, two)


def test_what_is_only_copied_is_not_read(committed):
    """A panel or snapshot varied in one part has the other parts, unread until they are used."""
    doubled, choices = committed.returns * 2, committed.snapshot.choices
    with recording() as seen:
        panel = vary(committed, returns=doubled)
        changed = vary(panel.snapshot, choices=choices)
    assert name_files(seen, committed.snapshot.folder) == ()
    with recording() as seen:
        assert changed.choices is choices
        assert panel.returns is doubled
        assert len(changed.customs)
    assert name_files(seen, committed.snapshot.folder) == ("customs.csv",)
