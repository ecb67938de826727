"""All questions of the study in the order in which the paper asks them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from analysis.findings.panel import Panel
    from analysis.results import Findings
    from analysis.snapshot.load import Snapshot

__all__ = ["QUESTIONS", "left_out", "question"]

QUESTIONS: dict[str, str] = {  # title: module, imported by whoever asks the question
    "Choices of the study": "analysis.findings.choices",
    "Describing the sample": "analysis.findings.sample",
    "Highlighted days": "analysis.findings.event_days",
    "Event-window returns": "analysis.findings.event_windows",
    "Interactive figure": "analysis.findings.explorer",
    "Baskets and episodes": "analysis.findings.baskets",
    "Relative beta": "analysis.findings.relative_beta",
    "Beta by method": "analysis.findings.beta_methods",
    "Exposure over noise": "analysis.findings.exposure",
    "Beta by policy regime": "analysis.findings.beta_regimes",
    "Volatility around events": "analysis.findings.volatility",
    "Other assets": "analysis.findings.cross_asset",
    "The pair trade": "analysis.findings.pair_trade",
    "Customs correlations": "analysis.findings.customs_report",
    "Customs surprises": "analysis.findings.customs_surprises",
    "The ledger of claims": "analysis.findings.ledger_report",
    "One choice at a time": "analysis.findings.sensitivity",
    "Specification curves": "analysis.findings.specification_report",
    "Out of sample": "analysis.findings.out_of_sample",
    "Size and power": "analysis.findings.size.report",
    "Event-free dates": "analysis.findings.size.event_free",
}


def question(title: str) -> Callable[[Panel], Findings]:
    """Return the function that answers a question; only its own module is imported."""
    return cast("Callable[[Panel], Findings]", import_module(QUESTIONS[title]).compute)


def left_out(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the questions that cannot be asked of a study, with what it lacks for each."""
    from analysis.findings.needs import lacking  # late: it reads names off many questions

    found = {title: lacking(title, snapshot) for title in QUESTIONS}
    return {title: needs for title, needs in found.items() if needs}
