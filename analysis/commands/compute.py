"""Every question of the study answered, over as many processes as there are processors."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_all_start_methods, get_context
from typing import TYPE_CHECKING

from analysis.commands.base import Stages
from analysis.findings.study import QUESTIONS, left_out, question
from analysis.results import Findings
from analysis.snapshot.load import Snapshot

if TYPE_CHECKING:
    from analysis.findings.panel import Panel

__all__ = ["compute"]


def compute(snapshot: Snapshot, stage: Stages) -> Findings:
    """Answer every question that can be asked of a snapshot.

    The findings come in the order of the questions, whatever the number of processes.

    Raises
    ------
    ResultsError
        If a question reads a file that none of its results names.
    """
    with stage("Answering every question"), _processes(snapshot) as pool:
        # Imported late, as what `left_out` imports: `data` and `--help` need no estimators, and by
        # now the processes import them too.
        from analysis.findings.observed import observed_inputs

        lacking = left_out(snapshot)
        for title, needs in lacking.items():
            stage.console.print(f"  {title}: left out, needs {'; '.join(needs)}", markup=False)
        titles = [title for title in QUESTIONS if title not in lacking]
        findings, reads = Findings(), {}
        # The last ones take longest: begun first, they do not keep one process while others rest.
        answers = {title: pool.submit(_answer, title) for title in reversed(titles)}
        for title in titles:
            answer, reads[title], seconds = answers[title].result()
            findings.extend([answer])
            stage.console.print(f"  {title:<42} {seconds:6.1f} s")
    findings.datasets.append(observed_inputs(reads, snapshot.folder))
    return findings


_held: list[Snapshot] = []


@contextmanager
def _processes(snapshot: Snapshot) -> Iterator[ProcessPoolExecutor]:
    """Yield processes that hold the snapshot; what has not begun is dropped if one fails."""
    # Not fork, which copies the threads of libraries. A server that has imported once and forks
    # from there where there are such things, else a process that imports for itself.
    context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    context.set_forkserver_preload([*QUESTIONS.values(), "arch"])
    pool = ProcessPoolExecutor(os.cpu_count(), context, _start, (snapshot,))
    pool.submit(int)  # the first call starts the server
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _start(snapshot: Snapshot) -> None:
    _held.append(snapshot)


@cache
def _panel() -> Panel:
    """Return the panel of this process, made with the first question: faults reach the caller."""
    from analysis.findings.panel import build_panel

    return build_panel(_held[0])


def _answer(title: str) -> tuple[Findings, set[str], float]:
    """Answer one question: findings, files read, seconds."""
    from analysis.findings.observed import answered

    start = time.perf_counter()
    findings, read = answered(title, question(title), _panel())
    return findings, read, time.perf_counter() - start
