"""All questions of the study in the order in which the paper asks them."""

from __future__ import annotations

from collections.abc import Callable

from analysis.findings import (
    customs_report,
    event_days,
    event_windows,
    ledger_report,
    relative_beta,
    sample,
)
from analysis.findings.panel import Panel, build_panel
from analysis.results import Findings

__all__ = ["QUESTIONS", "Panel", "build_panel"]

QUESTIONS: dict[str, Callable[[Panel], Findings]] = {
    "Describing the sample": sample.compute,
    "Highlighted days": event_days.compute,
    "Event-window returns": event_windows.compute,
    "Relative beta": relative_beta.compute,
    "Customs correlations": customs_report.compute,
    "The ledger of claims": ledger_report.compute,
}
