"""Files are written whole or not at all, and what a dead run has left is cleared."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from analysis import interrupts, whole
from analysis.errors import WriteError

ROOT = Path(__file__).parents[1]
HOLD = """
import sys, time
from pathlib import Path
from analysis.whole import staging
with staging(Path(sys.argv[1])) as stage:
    (stage / "half").write_text("half")
    print("ready", flush=True)
    time.sleep(99)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that is staging files in the same folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(p.name for p in folder.iterdir())


def test_a_folder_of_a_living_process_stays_and_that_of_a_dead_one_goes(tmp_path, holder):
    """The lock tells, which no number of a process that is used again can feign."""
    whole.write_whole(tmp_path, {"a": "1"})
    assert len(names(tmp_path)) == 2
    holder.kill()
    holder.wait()
    assert len(names(tmp_path)) == 2  # nobody was left to clear it
    whole.write_whole(tmp_path, {"a": "2"})
    assert names(tmp_path) == ["a"]


def test_what_is_not_ours_stays(tmp_path):
    """A folder of that name with other things in it, and one that is just being made."""
    mine = tmp_path / ".unfinished-thoughts"
    mine.mkdir()
    (mine / "poem").write_text("...")
    os.utime(mine, (1, 1))
    (tmp_path / ".unfinished-young").mkdir()
    old = tmp_path / ".unfinished-old"
    old.mkdir()
    os.utime(old, (1, 1))
    whole.clear(tmp_path)
    assert names(tmp_path) == [".unfinished-thoughts", ".unfinished-young"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "expected room for what is to be written.*free some space"),
        (errno.EDQUOT, "expected room for what is to be written.*free some space"),
        (errno.EROFS, "expected a place that can be written.*change its permissions"),
    ],
)
def test_a_refusal_while_files_take_their_place_is_one_line(tmp_path, monkeypatch, number, said):
    """The folder is named, what to do is said, and no staging folder is left."""
    whole.write_whole(tmp_path, {"a": "old"})

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(WriteError, match=f"^{tmp_path}: {said}.* and run again$"):
        whole.write_whole(tmp_path, {"a": "new"})
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_a_signal_waits_until_all_files_are_in_their_place(tmp_path, monkeypatch):
    """An exchange that has begun is finished, then the signal counts; the place is on record."""
    monkeypatch.setattr(whole, "WRITTEN", [])
    replace = Path.replace

    def signalled(path: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGTERM)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", signalled)
    before = [signal.getsignal(number) for number in interrupts.SIGNALS]
    try:
        with pytest.raises(interrupts.Interrupted) as stop, interrupts.heard():
            whole.write_whole(tmp_path, {"a": "1", "b": "2"})
    finally:
        for number, handler in zip(interrupts.SIGNALS, before, strict=True):
            signal.signal(number, handler)
    assert stop.value.code == 143
    assert names(tmp_path) == ["a", "b"]
    assert [tmp_path] == whole.WRITTEN


def test_a_signal_that_is_ignored_stays_so():
    """`nohup` has us ignore that the terminal closes."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.heard():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_temporary_folder_of_a_killed_run_is_cleared(tmp_path, monkeypatch):
    """Where the system keeps such, too: a copy of the paper, three builds of `reproduce`."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "rare-earth-x/files").mkdir(parents=True)
    with whole.temporary() as folder:
        assert not any(part.startswith(".") for part in folder.relative_to(tmp_path).parts)
        assert len(names(tmp_path)) == 1
    assert names(tmp_path) == []
