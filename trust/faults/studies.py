"""The studies that faults are tried on: one a worker, as it was before each command and after."""

from __future__ import annotations

import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from analysis.questions import answer, question
from analysis.results import Findings
from analysis.snapshot.load import load_snapshot
from analysis.study.panel import build_panel
from tests.snapshot.refresh.conftest import LAST
from trust.faults.trials import FAULTS, ROOT, STRAYS, contents, hold, try_once

__all__ = ["WORDS", "begin", "try_next"]

QUICK = ("Choices of the study", "Describing the sample", "Highlighted days")
"""Questions that stand for all: what is written has the same files of every kind."""

WORDS = {
    "data --accept": ["data", "--accept"],
    "results": ["results"],
    "data": ["data"],
    "paper": ["paper", "--renderer", "pandoc", "--formats", "html"],
    "refresh": ["refresh", "--end", f"{LAST:%Y-%m-%d}"],
}
"""By name."""

Files = dict[str, bytes]
Tried = tuple[str, str, list[str]]  # command and fault, and what was found; none where none began
_held: list[Callable[[int], Tried]] = []  # of a worker


def begin(place: Path, chosen: list[str], seed: int, until: float) -> None:
    """Make a worker's own study; it tries while there is time."""
    studies = _Studies(Path(tempfile.mkdtemp(dir=place)))

    def attempt(number: int) -> Tried:
        if time.monotonic() > until:
            return "", "", []
        draw = random.Random(f"{seed} {number}")
        name, command = draw.choice([*FAULTS]), draw.choice(chosen)
        return command, name, studies.try_one(name, command, draw)

    _held.append(attempt)


def try_next(number: int) -> Tried:
    """Try the instant of that number in the study of this worker."""
    (found,) = _held
    return found(number)


class _Studies:
    """A study as it was before each command and after it, and a place for each trial.

    ``steps`` holds for each command the files before, those after and the seconds between.
    """

    def __init__(self, place: Path) -> None:
        self.study, self.stored = place / "study", place / "stored.pickle"
        shutil.copytree(ROOT / "data", self.study, ignore=shutil.ignore_patterns("derived"))
        panel = build_panel(load_snapshot(self.study))
        found = Findings().extend([answer(question(title), panel) for title in QUICK])
        self.stored.write_bytes(pickle.dumps(found))
        self.words = {name: [*words, "--data", str(self.study)] for name, words in WORDS.items()}
        self.steps: dict[str, tuple[Files, Files, float]] = {}
        self.run("results")
        edited = contents(self.study)
        edited["study.toml"] += b"# an edit\n"
        accepted = self._take("data --accept", edited)
        self._take("data", self._take("results", accepted))
        self._take("paper", accepted)
        self._take("refresh", accepted)

    def _take(self, command: str, before: Files) -> Files:
        """Run a command on a state of the study, and keep what it makes of it."""
        self.lay(before)
        start = time.monotonic()
        self.run(command)
        seconds = time.monotonic() - start
        after = contents(self.study)
        self.steps[command] = (before, after, seconds)
        return after

    def run(self, command: str) -> None:
        """Run a command without a fault."""
        words = [sys.executable, "-m", "trust.faults.program", str(self.stored)]
        subprocess.run(
            [*words, *self.words[command]], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )

    def lay(self, files: Files) -> None:
        """Put the study into a state."""
        shutil.rmtree(self.study)
        for name, content in files.items():
            path = self.study / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def try_one(self, name: str, command: str, draw: random.Random) -> list[str]:
        """Try a fault on a command, then run it without: both leave what they may."""
        before, after, seconds = self.steps[command]
        self.lay(before)
        trial, words = FAULTS[name], self.words[command]
        faults = try_once(trial, words, self.stored, draw, 1.2 * seconds)
        faults += hold(self.study, before, before if trial.locked else after)
        self.run(command)
        now = contents(self.study)
        other = [name for name in now.keys() | after.keys() if now.get(name) != after.get(name)]
        # A refresh that had ended before the fault finds nothing new, and reports that as well.
        other = [name for name in other if name in after or not name.startswith("vintages/")]
        if other:
            faults.append(f"the next run leaves another {', '.join(sorted(other)[:3])}")
        strays = [path.name for words in STRAYS for path in self.study.rglob(words)]
        return faults + [f"the next run leaves {stray}" for stray in strays]
