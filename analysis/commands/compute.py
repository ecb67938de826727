"""Every question of the study answered, over as many processes as there are processors."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from analysis.commands.base import Stages
from analysis.processes import workers
from analysis.questions import QUESTIONS, answer, left_out, list_inputs, question
from analysis.results import Figure, Findings
from analysis.snapshot.load import Snapshot

if TYPE_CHECKING:
    from analysis.study.panel import Panel

__all__ = ["compute"]


LONGEST = (
    "Specification curves",
    "Amended rules",
    "Tipping points",
    "Fifteen years before",
    "Customs correlations",
    "The ledger of claims",
    "Interactive figure",
)
"""Begun first, so that no process is left with one of them while others rest."""


def compute(
    snapshot: Snapshot, stage: Stages, draw: Callable[[Figure], Figure] | None = None
) -> Findings:
    """Answer every question that can be asked of a snapshot.

    The findings come in the order of the questions, whatever the number of processes. With ``draw``
    a process draws the figures of its answers, too.
    """
    modules = [*QUESTIONS.values(), "arch", *["analysis.publish.figures"] * (draw is not None)]
    with (
        stage("Answering every question"),
        workers(None, _start, snapshot, preload=modules) as submit,
    ):
        # What `left_out` imports the server of the processes imports by now, too.
        lacking = left_out(snapshot)
        for title, needs in left_out(snapshot, asked_of_any=True).items():
            stage.console.print(f"  {title}: left out, needs {'; '.join(needs)}", markup=False)
        titles = [title for title in QUESTIONS if title not in lacking]
        findings, inputs = Findings(), {}
        order = [title for title in dict.fromkeys((*LONGEST, *titles)) if title in titles]
        answers = {title: submit(_answer, title, draw) for title in order}
        for title in titles:
            answered, seconds = answers[title].result()
            findings.extend([answered])
            inputs[title] = answered.inputs
            stage.console.print(f"  {title:<42} {seconds:6.1f} s")
    findings.datasets.append(list_inputs(inputs))
    return findings


_held: list[Snapshot] = []


def _start(snapshot: Snapshot) -> None:
    _held.append(snapshot)
    gc.disable()  # its walks over all that the libraries hold take an eighth of the time


@cache
def _panel() -> Panel:
    """Return the panel of this process, made with the first question: faults reach the caller."""
    from analysis.study.panel import build_panel

    return build_panel(_held[0])


def _answer(title: str, draw: Callable[[Figure], Figure] | None) -> tuple[Findings, float]:
    """Answer one question, and say in how many seconds."""
    start = time.perf_counter()
    findings = answer(question(title), _panel())
    if draw is not None:
        findings.figures = [draw(figure) for figure in findings.figures]
    return findings, time.perf_counter() - start
