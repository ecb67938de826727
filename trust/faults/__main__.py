"""``nox -s faults``: runs under faults at random instants, and what they did that none may."""

from __future__ import annotations

import argparse
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from analysis.questions import answer, question
from analysis.results import Findings
from analysis.snapshot.load import load_snapshot
from analysis.study.panel import build_panel
from tests.snapshot.refresh.conftest import LAST, serve, today
from trust.faults.trials import FAULTS, ROOT, STRAYS, contents, hold, try_once
from trust.figures import add_record_option, keep

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

WHOLE = 300  # instants
Files = dict[str, bytes]


def main() -> int:
    """Try, print; 1 if a run did what none may."""
    options = _parse()
    until, draw = time.monotonic() + 60 * options.minutes, random.Random(options.seed)
    counts: Counter[str] = Counter()
    faults = 0
    world = today(load_snapshot(ROOT / "data"))
    world.months = world.months[-2:]
    with tempfile.TemporaryDirectory(prefix="faults-") as place, serve(world) as port:
        os.environ["FAULTS_SOURCES"] = str(port)
        studies = _Studies(Path(place))
        chosen = options.only.split(",") if options.only else [*studies.words]
        for number in range(options.instants):
            name, command = draw.choice([*FAULTS]), draw.choice(chosen)
            if time.monotonic() > until:
                break
            for told in studies.try_one(name, command, draw):
                print(f"instant {number}, {command}, {name}: {told}", flush=True)
                faults += 1
            counts[name] += 1
    told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    told = f"{faults} faults: {told}"
    print(f"{counts.total()} instants, seed {options.seed}, {told}")
    if options.record:
        keep("faults", tried=counts.total(), whole=WHOLE, found=told, seed=options.seed)
    return int(bool(faults))


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


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s faults --", description=__doc__)
    add = parser.add_argument
    add("--instants", type=int, default=WHOLE, help=f"runs under a fault (default: {WHOLE})")
    add("--seed", type=int, default=1, help="of faults and instants (default: 1)")
    add("--only", default="", metavar="COMMANDS", help=f"of {', '.join(WORDS)}")
    add_record_option(parser)
    add("--minutes", type=float, default=20, help="after which none is begun (default: 20)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
