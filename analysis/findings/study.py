"""All questions of the study in the order in which the paper asks them."""

from __future__ import annotations

from collections.abc import Callable

from analysis.findings import (
    baskets,
    beta_methods,
    beta_regimes,
    choices,
    cross_asset,
    customs_report,
    customs_surprises,
    event_days,
    event_windows,
    explorer,
    exposure,
    ledger_report,
    out_of_sample,
    pair_trade,
    relative_beta,
    sample,
    sensitivity,
    specification_report,
    volatility,
)
from analysis.findings.needs import lacking
from analysis.findings.panel import Panel, build_panel
from analysis.findings.size import event_free
from analysis.findings.size import report as size_report
from analysis.results import Findings
from analysis.snapshot.load import Snapshot

__all__ = ["QUESTIONS", "Panel", "build_panel", "left_out"]

QUESTIONS: dict[str, Callable[[Panel], Findings]] = {
    "Choices of the study": choices.compute,
    "Describing the sample": sample.compute,
    "Highlighted days": event_days.compute,
    "Event-window returns": event_windows.compute,
    "Interactive figure": explorer.compute,
    "Baskets and episodes": baskets.compute,
    "Relative beta": relative_beta.compute,
    "Beta by method": beta_methods.compute,
    "Exposure over noise": exposure.compute,
    "Beta by policy regime": beta_regimes.compute,
    "Volatility around events": volatility.compute,
    "Other assets": cross_asset.compute,
    "The pair trade": pair_trade.compute,
    "Customs correlations": customs_report.compute,
    "Customs surprises": customs_surprises.compute,
    "The ledger of claims": ledger_report.compute,
    "One choice at a time": sensitivity.compute,
    "Specification curves": specification_report.compute,
    "Out of sample": out_of_sample.compute,
    "Size and power": size_report.compute,
    "Event-free dates": event_free.compute,
}


def left_out(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the questions that cannot be asked of a study, with what it lacks for each."""
    found = {title: lacking(title, snapshot) for title in QUESTIONS}
    return {title: needs for title, needs in found.items() if needs}
