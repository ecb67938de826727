"""All questions answered at once, over processes: for commands that need results and no log."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from analysis.results import Findings
from analysis.snapshot.load import Snapshot

__all__ = ["compute_parallel"]


def compute_parallel(snapshot: Snapshot, workers: int | None = None) -> Findings:
    """Answer every question, each in one of ``workers`` processes (default: one a processor).

    The order of the findings is that of the questions, so that the result is the same as with one
    process.
    """
    from analysis.findings.study import QUESTIONS

    workers = min(workers or os.cpu_count() or 1, len(QUESTIONS))
    # spawn, not fork: the same on every platform, and no threads of a library are copied.
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (snapshot,)) as pool:
        return Findings().extend(pool.map(_answer, QUESTIONS))


_panels: list[object] = []


def _start(snapshot: Snapshot) -> None:
    from analysis.findings.study import build_panel

    _panels.append(build_panel(snapshot))


def _answer(title: str) -> Findings:
    from analysis.findings.observed import answered
    from analysis.findings.study import QUESTIONS

    return answered(title, QUESTIONS[title], _panels[0])[0]  # type: ignore[arg-type]
