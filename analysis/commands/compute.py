"""Every question of the study answered, over as many processes as there are processors."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from analysis.commands.base import Stages
from analysis.processes import workers
from analysis.questions import QUESTIONS, left_out, question
from analysis.results import Findings
from analysis.snapshot.load import Snapshot

if TYPE_CHECKING:
    from analysis.study.panel import Panel

__all__ = ["compute"]


def compute(snapshot: Snapshot, stage: Stages) -> Findings:
    """Answer every question that can be asked of a snapshot.

    The findings come in the order of the questions, whatever the number of processes.

    Raises
    ------
    ResultsError
        If a question reads a file that none of its results names.
    """
    with (
        stage("Answering every question"),
        workers(None, _start, snapshot, preload=[*QUESTIONS.values(), "arch"]) as submit,
    ):
        # Imported late, as what `left_out` imports: `data` and `--help` need no estimators, and by
        # now the server of the processes imports them too.
        from analysis.questions.reads import observed_inputs

        lacking = left_out(snapshot)
        for title, needs in lacking.items():
            stage.console.print(f"  {title}: left out, needs {'; '.join(needs)}", markup=False)
        titles = [title for title in QUESTIONS if title not in lacking]
        findings, reads = Findings(), {}
        # The last ones take longest: begun first, they do not keep one process while others rest.
        answers = {title: submit(_answer, title) for title in reversed(titles)}
        for title in titles:
            answer, reads[title], seconds = answers[title].result()
            findings.extend([answer])
            stage.console.print(f"  {title:<42} {seconds:6.1f} s")
    findings.datasets.append(observed_inputs(reads, snapshot.folder))
    return findings


_held: list[Snapshot] = []


def _start(snapshot: Snapshot) -> None:
    _held.append(snapshot)


@cache
def _panel() -> Panel:
    """Return the panel of this process, made with the first question: faults reach the caller."""
    from analysis.study.panel import build_panel

    return build_panel(_held[0])


def _answer(title: str) -> tuple[Findings, set[str], float]:
    """Answer one question: findings, files read, seconds."""
    from analysis.questions.reads import answered

    start = time.perf_counter()
    findings, read = answered(title, question(title), _panel())
    return findings, read, time.perf_counter() - start
