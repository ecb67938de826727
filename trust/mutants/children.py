"""Runs of pytest in forked children: what takes long to import is imported once, by the parent."""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pytest

__all__ = ["Ended", "Job", "import_early", "run_jobs"]

EARLY = (
    "numpy", "pandas", "scipy.stats", "scipy.optimize", "scipy.signal", "statsmodels.api",
    "matplotlib.pyplot", "seaborn", "pandera", "pydantic", "exchange_calendars", "arch", "pytest",
    "hypothesis", "rich", "pypdf", "openpyxl",
)  # fmt: skip
MARKS = "not browser and not cluster"

WALL = 15.0

How = Literal["passed", "failed", "timeout"]


@dataclass(frozen=True, slots=True)
class Job:
    """Tests to run on a changed module.

    ``key`` is its name for whoever asked for it; ``tests`` are files, and ``asked`` the names of
    their tests that are run, in this order, all if None; ``limit`` seconds of processor time after
    which the run is killed, or :data:`WALL` times as many on the clock, whatever else the machine
    does; ``file`` and ``text`` are the module and what it holds meanwhile, None to change nothing;
    ``times`` is a file for the seconds of each test that passed, of its setup alone and with it,
    after the first failure, too.
    """

    key: str
    tests: Sequence[str]
    limit: float
    file: str = ""
    text: str | None = None
    asked: Sequence[str] | None = None
    times: Path | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended, and what it took: seconds of processor time."""

    job: Job
    how: How
    seconds: float


def import_early() -> None:
    """Import what the children need, but nothing of the package itself."""
    for name in EARLY:
        import_module(name)


def run_jobs(jobs: Iterable[Job], clones: Sequence[Path], until: float) -> Iterator[Ended]:
    """Run jobs, one at a time in each clone, and yield them as they end.

    Parameters
    ----------
    jobs : iterable of Job
    clones : sequence of Path
        Folders with the repository, which a job changes and puts back.
    until : float
        Time of the monotonic clock after which no job is started.
    """
    waiting, free = iter(jobs), list(clones)
    running: dict[int, tuple[Job, Path, float, str]] = {}
    more = True
    try:
        while running or more:
            while more and free:
                job = next(waiting, None) if time.monotonic() < until else None
                more = job is not None
                if job is not None:
                    clone = free.pop()
                    before = (clone / job.file).read_text("utf-8") if job.text is not None else ""
                    running[_start(job, clone)] = (job, clone, time.monotonic(), before)
            for child in [*running]:
                job, clone, start, before = running[child]
                how, seconds = _look(child, time.monotonic() - start > WALL * job.limit)
                if how is not None:
                    del running[child]
                    if job.text is not None:
                        (clone / job.file).write_text(before, "utf-8")
                    free.append(clone)
                    yield Ended(job, how, seconds)
            time.sleep(0.02)
    finally:
        for child in running:
            _kill(child)


def _start(job: Job, clone: Path) -> int:
    if job.text is not None:
        (clone / job.file).write_text(job.text, "utf-8")
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 3
    try:
        os.setsid()
        seconds = math.ceil(job.limit)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        code = _test(job, clone)
    finally:
        os._exit(code)


def _test(job: Job, clone: Path) -> int:
    """Run pytest in this process, in silence."""
    import pytest

    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    os.chdir(clone)
    os.environ["PYTHONPATH"] = str(clone)
    sys.path[:] = [str(clone), *(p for p in sys.path if p and Path(p) != Path(__file__).parents[2])]
    sys.dont_write_bytecode = True  # a pyc of the same second would hide a change
    words = ["-q", "--no-header", "-p", "no:cacheprovider", "-m", MARKS]
    words += [] if job.times else ["-x"]
    # What the parent imported early is not rewritten, which is no fault of a test.
    words += ["-W", "ignore::pytest.PytestAssertRewriteWarning", *job.tests]
    return int(pytest.main(words, plugins=[_Plugin(job)]))


class _Plugin:
    """Runs the tests that are asked in their order, and writes what each takes as it ends.

    A test that a change has renamed is not asked, which is no failure of it.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._start = self._setup = 0.0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._job.asked is not None:
            place = {node: number for number, node in enumerate(self._job.asked)}
            chosen = [item for item in items if item.nodeid in place]
            items[:] = sorted(chosen, key=lambda item: place[item.nodeid])

    def pytest_runtest_logstart(self) -> None:
        self._start = sum(os.times()[:4])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seconds = round(sum(os.times()[:4]) - self._start, 2)
        if report.when == "setup":
            self._setup = seconds
        elif self._job.times and report.when == "call" and report.passed:
            with self._job.times.open("a", encoding="utf-8") as file:
                file.write(json.dumps([report.nodeid, self._setup, seconds]) + "\n")


def _look(child: int, late: bool) -> tuple[How | None, float]:
    """Return how a child ended and what it took, None while it runs; one that is late is killed."""
    ended, status, used = os.wait4(child, os.WNOHANG)
    if ended:
        seconds, code = used.ru_utime + used.ru_stime, os.waitstatus_to_exitcode(status)
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return "timeout", seconds
        # 5: no test was collected, hence none failed.
        return ("passed" if code in (0, 5) else "failed"), seconds
    if late:
        _kill(child)
        return "timeout", 0.0
    return None, 0.0


def _kill(child: int) -> None:
    """End a child with all that it started."""
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue
    os.waitpid(child, 0)
