"""A refresh killed at random instants: the snapshot is the old one or the new one, whole."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.snapshot.load import Snapshot, load_snapshot

from .conftest import LAST, serve, today

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from pathlib import Path
import pytest
sys.path.insert(0, sys.argv[3])
import conftest
from analysis.__main__ import main
from analysis.commands import Workspace, refresh
from analysis.results import Findings
conftest.lead(pytest.MonkeyPatch(), int(sys.argv[2]))
refresh.compute = lambda *_: Findings()
data = Path(sys.argv[1])
sys.exit(main(["refresh", "--end", sys.argv[4]], Workspace(data.parent, data, data.parent)))
"""


def start(data: Path, port: int) -> subprocess.Popen[str]:
    """Begin a refresh in a process of its own."""
    words = [str(data), str(port), str(Path(__file__).parent), f"{LAST:%Y-%m-%d}"]
    return subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def kill_after(process: subprocess.Popen[str], line: str, seconds: float) -> None:
    """Kill it some time after it has said something."""
    assert process.stdout is not None
    for said in process.stdout:
        if said.startswith(line):
            break
    time.sleep(seconds)
    process.kill()
    process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("trial", range(6))
def test_killed_at_a_random_instant(snapshot: Snapshot, tmp_path: Path, trial: int) -> None:
    """Half of the kills fall anywhere, half around the exchange; each folder loads, and goes on."""
    chance = random.Random(trial)
    world = today(snapshot)
    world.months = world.months[-2:]
    data = tmp_path / "data"
    shutil.copytree(snapshot.folder, data, ignore=shutil.ignore_patterns("derived"))
    with serve(world) as port:
        if trial % 2:
            kill_after(start(data, port), "Findings under the new", chance.uniform(0, 0.2))
        else:
            kill_after(start(data, port), "Verifying", chance.uniform(0, 5))
        left = load_snapshot(data)
        assert left.sessions[-1] in (snapshot.sessions[-1], LAST)
        if left.sessions[-1] == LAST:
            assert set(left.refreshed) == {"prices_raw.csv", "comtrade.csv"}
        else:
            assert left.fingerprint == snapshot.fingerprint
        again = start(data, port)
        said, _ = again.communicate()
        assert again.returncode == 0, said
    assert load_snapshot(data).sessions[-1] == LAST
    assert not list(data.glob(".unfinished-*"))
