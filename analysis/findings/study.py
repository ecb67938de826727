"""All questions of the study in the order in which the paper asks them."""

from __future__ import annotations

from collections.abc import Callable

from analysis.findings import (
    baskets,
    customs_report,
    customs_surprises,
    event_days,
    event_windows,
    ledger_report,
    out_of_sample,
    relative_beta,
    sample,
    sensitivity,
)
from analysis.findings.panel import Panel, build_panel
from analysis.results import Findings

__all__ = ["QUESTIONS", "Panel", "build_panel"]

QUESTIONS: dict[str, Callable[[Panel], Findings]] = {
    "Describing the sample": sample.compute,
    "Highlighted days": event_days.compute,
    "Event-window returns": event_windows.compute,
    "Baskets and episodes": baskets.compute,
    "One choice at a time": sensitivity.compute,
    "Relative beta": relative_beta.compute,
    "Customs correlations": customs_report.compute,
    "Customs surprises": customs_surprises.compute,
    "The ledger of claims": ledger_report.compute,
    "Out of sample": out_of_sample.compute,
}
