"""One trial: a run, a fault at an instant, and what may be there afterwards."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FAULTS", "Trial", "contents", "hold", "try_once"]

ROOT = Path(__file__).resolve().parents[2]
MARK = "FAULTS_TRIAL"
STRAYS = (".unfinished-*", ".results-*", ".derived-*", ".data-*", ".refresh-*", ".swap", "*.new")
LEFT = 10.0  # seconds after which what a run has started must be gone

Prepare = Callable[[], None] | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A kind of fault.

    ``signals`` sent to the run after a random time, none to let it end; ``files`` bytes beyond
    which no file may grow; ``locked`` the study on a disk that cannot be written; ``environment``
    besides our own; ``twice`` two runs at once.
    """

    signal: int = 0
    everybody: bool = False
    full: bool = False
    locked: bool = False
    environment: Mapping[str, str] | None = None
    twice: bool = False


FAULTS: dict[str, Trial] = {
    "SIGKILL": Trial(signal.SIGKILL),
    "SIGTERM": Trial(signal.SIGTERM),
    "SIGINT to all": Trial(signal.SIGINT, everybody=True),
    "full disk": Trial(full=True),
    "read-only disk": Trial(locked=True),
    "two at once": Trial(twice=True),
    "two at once, one killed": Trial(signal.SIGKILL, twice=True),
    "other place": Trial(
        environment={"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "HOME": "/proc/nowhere"}
    ),
    "clock set back": Trial(environment={"FAULTS_CLOCK": str(10 * 365 * 86_400)}),
    "clock set back, killed": Trial(signal.SIGKILL, environment={"FAULTS_CLOCK": "315360000"}),
}
"""By name."""


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def try_once(
    trial: Trial, words: list[str], stored: Path, draw: random.Random, longest: float
) -> list[str]:
    """Run a command under a fault; return what it did that none may.

    Parameters
    ----------
    trial : Trial
    words : list of str
        Of the command line; the last is the folder of the study.
    stored : Path
        The findings that stand for the computing.
    draw : random.Random
        Of the instant and of the room on the disk.
    longest : float
        Seconds within which the fault falls.
    """
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), MARK: mark}
    environment |= trial.environment or {}
    if trial.locked:
        environment["FAULTS_LOCKED"] = words[-1]
    # A day that has not come, by its clock, a refresh refuses.
    refuses = trial.locked or ("refresh" in words and "FAULTS_CLOCK" in environment)
    limit = draw.choice((2_000, 20_000, 200_000)) if trial.full else 0

    def prepare() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    command = [sys.executable, "-m", "trust.faults.program", str(stored), *words]
    runs = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=prepare,
        )
        for _ in range(1 + trial.twice)
    ]
    if trial.signal:
        time.sleep(draw.uniform(0, longest))
        with suppress(ProcessLookupError):
            (os.killpg if trial.everybody else os.kill)(runs[0].pid, trial.signal)
    faults = []
    for run in runs:
        said = run.communicate()[1]
        if "Traceback" in said:
            faults.append(f"a traceback: {said.strip().splitlines()[-1]}")
        elif run.returncode > 0 and not said.strip():
            faults.append(f"exit code {run.returncode} without a word")
        elif run.returncode and not (trial.signal or trial.full or refuses or trial.twice):
            faults.append(f"refused: {said.strip().splitlines()[-1]}")
        elif trial.locked and not run.returncode:
            faults.append("wrote nothing and said that it had")
    return faults + [f"left running: {line}" for line in _left(mark)]


def _left(mark: str) -> list[str]:
    """Return the processes of a trial that are still there after some seconds."""
    end = time.monotonic() + LEFT
    while (found := [*_running(mark)]) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _running(mark: str) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            marked = f"{MARK}={mark}" in (process / "environ").read_text().split("\0")
            if marked and (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                yield (process / "cmdline").read_text().replace("\0", " ")


def hold(folder: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """Return the files below a folder that are neither the old ones nor the new ones, whole."""
    now, faults = contents(folder), []
    for name, content in now.items():
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if not hidden and content not in (before.get(name), after.get(name)):
            faults.append(f"{name} is neither the old one nor the new one")
    kept = before.keys() & after.keys()
    return faults + [f"{name} is gone" for name in sorted(kept - now.keys())]
