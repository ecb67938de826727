"""Each question answered under observation: what it reads must be what its results declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from posixpath import normpath
from typing import Any

import pandas as pd

from analysis import observed
from analysis.errors import ResultsError
from analysis.results import Dataset, Findings, Provenance
from analysis.snapshot.watched import watched
from analysis.study.panel import Panel

__all__ = ["PANEL_INPUTS", "answered", "declared", "observed_inputs", "watch"]

RETURNS = ("prices.csv", "universe.csv", "study.toml")
PANEL_INPUTS: dict[str, tuple[str, ...]] = {  # part of the panel: files it was made from
    "returns": RETURNS,
    "event_study": (*RETURNS, "events.csv"),
    "events": ("prices.csv", "events.csv", "study.toml"),
    "clean": (*RETURNS, "events.csv", "confounders.csv"),
}


class Watched(Panel):
    """A panel whose parts are recorded as they are read, as the files they were made from."""

    def __getattribute__(self, name: str) -> Any:
        if name in PANEL_INPUTS:
            folder = object.__getattribute__(self, "snapshot").folder
            for file in PANEL_INPUTS[name]:
                observed.note(folder / file)
        return object.__getattribute__(self, name)


def watch(panel: Panel) -> Panel:
    """Return the same panel with its parts and its snapshot watched."""
    twin: Watched = object.__new__(Watched)
    vars(twin).update(vars(panel) | {"snapshot": watched(panel.snapshot)})
    return twin


def answered(
    title: str, question: Callable[[Panel], Findings], panel: Panel
) -> tuple[Findings, set[str]]:
    """Answer a question and hold what was read against what its results declare.

    Parameters
    ----------
    title : str
        Names the question in messages.
    question : callable
        From a panel to findings.
    panel : Panel
        Watched or not.

    Returns
    -------
    Findings
    set of str
        Files read, relative to the repository (the folder that holds ``data/``).

    Raises
    ------
    ResultsError
        If a file was read that no result of this question names among its inputs.
    """
    folder = panel.snapshot.folder
    with observed.recording(folder.parent) as seen:
        findings = question(watch(panel))
    # Relative to the snapshot's folder, so that ../benchmarks/a.json is a file beside it.
    strays = seen - {normpath(f"{folder.name}/{name}") for name in declared(findings)}
    if strays:
        raise ResultsError(
            f"{title}: expected only inputs that its results declare, found a read "
            f"of {', '.join(sorted(strays))}; name it in the Provenance of a result that needs it"
        )
    return findings, seen


def declared(findings: Findings) -> set[str]:
    """Collect the input files that any result names, relative to the snapshot's folder."""
    return {name for source in _sources(findings) for name in source.inputs}


def _sources(findings: Findings) -> Iterable[Provenance]:
    for group in (
        findings.numbers, findings.tables, findings.figures, findings.verdicts, findings.datasets,
    ):  # fmt: skip
        for result in group:
            yield result.source


def observed_inputs(reads: Mapping[str, set[str]], folder: Path) -> Dataset:
    """Make a data set of the files that each question read while it was answered."""
    rows = [(title, file) for title, files in reads.items() for file in sorted(files)]
    names = {Path(file).name for _, file in rows}
    source = Provenance(
        "analysis.questions.reads.answered", tuple(sorted(names)), f"all reads of {folder.name}/"
    )
    return Dataset("observed_inputs", pd.DataFrame(rows, columns=["question", "file"]), source)
