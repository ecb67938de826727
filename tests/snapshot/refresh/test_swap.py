"""Several files change places in one step, whatever stops the run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from analysis.errors import SnapshotError
from analysis.snapshot import swap
from analysis.snapshot.load import load_snapshot

NAMES = ("a.csv", "b.csv", "manifest.json")


class Killed(BaseException):
    """Stands for a process that ends here: nothing catches it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three old files and the three new ones staged beside them."""
    for name in NAMES:
        (tmp_path / name).write_text("old")
        staged = tmp_path / "staged"
        staged.mkdir(parents=True, exist_ok=True)
        (staged / name).write_text("new")
    (staged / "vintages").mkdir()
    (staged / "vintages/2026-08-31.md").write_text("report")
    return tmp_path


def contents(folder: Path) -> set[str]:
    """What the three files hold."""
    return {(folder / name).read_text() for name in NAMES}


def steps(monkeypatch: pytest.MonkeyPatch, fatal: int) -> list[str]:
    """Have the process end before its ``fatal``-th change of the disk; return what it did."""
    done: list[str] = []

    def counted(owner: object, name: str) -> None:
        original = getattr(owner, name)

        def act(*words: object, **options: object) -> object:
            if len(done) == fatal:
                raise Killed
            done.append(name)
            return original(*words, **options)

        monkeypatch.setattr(owner, name, act)

    counted(os, "fsync")
    counted(Path, "rename")
    counted(Path, "replace")
    counted(shutil, "rmtree")
    return done


def test_exchange_moves_everything(folder: Path) -> None:
    """Afterwards all files are new, the report too, and nothing is left behind."""
    swap.commit(folder / "staged", folder)
    assert contents(folder) == {"new"}
    assert (folder / "vintages/2026-08-31.md").read_text() == "report"
    assert sorted(p.name for p in folder.iterdir()) == sorted([*NAMES, "vintages"])


@pytest.mark.parametrize("fatal", range(16))
def test_killed_before_any_step_the_files_are_all_old_or_all_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fatal: int
) -> None:
    """Whoever loads next finds one vintage; which one is decided by the one renaming."""
    with monkeypatch.context() as patch:
        done = steps(patch, fatal)
        try:
            swap.commit(folder / "staged", folder)
        except Killed:
            pass
        else:
            assert fatal >= 13, "the test must kill at every step there is"
    swap.finish(folder)
    assert contents(folder) == ({"new"} if "rename" in done else {"old"})


def test_killed_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the one who completes an exchange may be killed; the next one completes it."""
    with monkeypatch.context() as patch:
        steps(patch, 8)
        with pytest.raises(Killed):
            swap.commit(folder / "staged", folder)
    with monkeypatch.context() as patch:
        steps(patch, 1)
        with pytest.raises(Killed):
            swap.finish(folder)
    assert contents(folder) == {"old", "new"}
    swap.finish(folder)
    assert contents(folder) == {"new"}


def test_loading_completes_an_exchange(snapshot_copy: Path) -> None:
    """A snapshot whose refresh was cut short after the step that counts loads as the new one."""
    pending = snapshot_copy / swap.PENDING
    pending.mkdir()
    for name in ("events.csv", "manifest.json"):
        shutil.copy(snapshot_copy / name, pending)
    (snapshot_copy / "events.csv").write_text("cut off")
    load_snapshot(snapshot_copy)
    assert not pending.exists()


def test_exchange_that_cannot_be_completed_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the folder has become read-only, the reader is told what to do."""
    (folder / "staged").rename(folder / swap.PENDING)

    def locked(*_: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(SnapshotError, match="found Permission denied; unlock the folder"):
        swap.finish(folder)
