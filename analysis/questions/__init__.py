"""All questions of the study in the order in which the paper asks them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from analysis.results import Findings
    from analysis.snapshot.load import Snapshot
    from analysis.study.panel import Panel

__all__ = ["QUESTIONS", "left_out", "question"]

QUESTIONS: dict[str, str] = {  # title: module, imported by whoever asks the question
    "Choices of the study": "analysis.questions.data.stated_choices",
    "Describing the sample": "analysis.questions.data.sample",
    "Highlighted days": "analysis.questions.event_windows.highlighted_days",
    "Event-window returns": "analysis.questions.event_windows.by_direction",
    "Interactive figure": "analysis.questions.event_windows.explorer",
    "Baskets and episodes": "analysis.questions.event_windows.baskets",
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
    "One choice at a time": "analysis.questions.robustness.one_choice",
    "Specification curves": "analysis.questions.robustness.report",
    "Out of sample": "analysis.questions.ledger.out_of_sample",
    "Size and power": "analysis.questions.size.report",
    "Event-free dates": "analysis.questions.size.event_free",
}


def question(title: str) -> Callable[[Panel], Findings]:
    """Return the function that answers a question; only its own module is imported."""
    return cast("Callable[[Panel], Findings]", import_module(QUESTIONS[title]).compute)


def left_out(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the questions that cannot be asked of a study, with what it lacks for each."""
    from analysis.questions.requirements import lacking  # late: it reads names off many questions

    found = {title: lacking(title, snapshot) for title in QUESTIONS}
    return {title: needs for title, needs in found.items() if needs}
