"""All questions of the study in the order in which the paper asks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, cast

from analysis.reads import name_files, recording

if TYPE_CHECKING:
    from analysis.results import Dataset, Findings
    from analysis.snapshot.load import Snapshot
    from analysis.study.panel import Panel

__all__ = ["QUESTIONS", "answer", "left_out", "list_inputs", "question"]

QUESTIONS: dict[str, str] = {  # title: module, imported by whoever asks the question
    "Choices of the study": "analysis.questions.data.stated_choices",
    "Describing the sample": "analysis.questions.data.sample",
    "Rows behind numbers": "analysis.questions.data.rows_behind",
    "Highlighted days": "analysis.questions.event_windows.highlighted_days",
    "Event-window returns": "analysis.questions.event_windows.by_direction",
    "Window by hour": "analysis.questions.event_windows.hours",
    "Interactive figure": "analysis.questions.event_windows.explorer",
    "Baskets and episodes": "analysis.questions.event_windows.baskets",
    "Moves without signs": "analysis.questions.moves.mean_squares",
    "Relative beta": "analysis.questions.relative_beta.betas",
    "Beta by method": "analysis.questions.relative_beta.methods",
    "Exposure over noise": "analysis.questions.relative_beta.exposure",
    "Beta by policy regime": "analysis.questions.relative_beta.regimes",
    "Volatility around events": "analysis.questions.volatility.around_events",
    "Other assets": "analysis.questions.volatility.other_assets",
    "The pair trade": "analysis.questions.volatility.pair_trade",
    "Customs correlations": "analysis.questions.customs.correlations",
    "Customs surprises": "analysis.questions.customs.surprises",
    "The ledger of claims": "analysis.questions.ledger.report",
    "Forward register": "analysis.questions.ledger.register",
    "Tipping points": "analysis.questions.ledger.tipping",
    "One choice at a time": "analysis.questions.robustness.one_choice",
    "Specification curves": "analysis.questions.robustness.report",
    "A reader's choices": "analysis.questions.robustness.reader",
    "Amended rules": "analysis.questions.ledger.amendments",
    "Out of sample": "analysis.questions.ledger.out_of_sample",
    "Size and power": "analysis.questions.size.report",
    "Event-free dates": "analysis.questions.size.event_free",
    "Fifteen years before": "analysis.questions.before.report",
    "Exports before": "analysis.questions.before.exports",
    "Exports of both studies": "analysis.questions.before.joined_exports",
}


def question(title: str) -> Callable[[Panel], Findings]:
    """Return the function that answers a question; only its own module is imported."""
    return cast("Callable[[Panel], Findings]", import_module(QUESTIONS[title]).compute)


def answer(question: Callable[[Panel], Findings], panel: Panel) -> Findings:
    """Answer a question; the inputs of its results are the files that it has read."""
    with recording() as seen:
        findings = question(panel)
    return findings.made_from(name_files(seen, panel.snapshot.folder))


def list_inputs(inputs: Mapping[str, Sequence[str]]) -> Dataset:
    """Make a data set of the files that each question has read, as seen from the study's folder."""
    import pandas as pd  # late, as all that takes time to import

    from analysis.results import Dataset, Provenance

    rows = [(title, name) for title in inputs for name in inputs[title]]
    every = tuple(sorted({name for names in inputs.values() for name in names}))
    source = Provenance("analysis.questions.answer", "all reads of the study", every)
    return Dataset("observed_inputs", pd.DataFrame(rows, columns=["question", "file"]), source)


def left_out(snapshot: Snapshot, *, asked_of_any: bool = False) -> dict[str, list[str]]:
    """Return the questions that cannot be asked of a study, with what it lacks for each.

    A question's module says under ``NEEDS`` what it cannot do without; here all are imported.
    Every question but those on studies firm by firm works on sessions that all firms share. With
    `asked_of_any` those are passed over that are asked of the study of the paper, or of its earlier
    years.
    """
    # late, as what imports the study
    from analysis.questions.requirements import BESIDE, EARLIER, RECORD, SHARED

    found = {}
    for title, module in QUESTIONS.items():
        needs = getattr(import_module(module), "NEEDS", ())
        own = {EARLIER, BESIDE, RECORD}.intersection(needs)
        if asked_of_any and any(not need.met(snapshot) for need in own):
            continue
        needs = needs if EARLIER in needs else (*needs, SHARED)
        found[title] = [need.what for need in needs if not need.met(snapshot)]
    return {title: needs for title, needs in found.items() if needs}
