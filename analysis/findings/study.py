"""All questions of the study in the order in which the paper asks them."""

from __future__ import annotations

from collections.abc import Callable

from analysis.findings import (
    beta_methods,
    beta_regimes,
    cross_asset,
    customs_report,
    event_days,
    event_windows,
    explorer,
    exposure,
    ledger,
    pair_trade,
    relative_beta,
    sample,
    specification_report,
    volatility,
)
from analysis.findings.panel import Panel, build_panel
from analysis.findings.size import event_free
from analysis.findings.size import report as size_report
from analysis.results import Findings

__all__ = ["QUESTIONS", "Panel", "build_panel"]

QUESTIONS: dict[str, Callable[[Panel], Findings]] = {
    "Describing the sample": sample.compute,
    "Highlighted days": event_days.compute,
    "Event-window returns": event_windows.compute,
    "Interactive figure": explorer.compute,
    "Relative beta": relative_beta.compute,
    "Customs correlations": customs_report.compute,
    "The ledger of claims": ledger.compute,
    "Size and power": size_report.compute,
    "Event-free dates": event_free.compute,
    "Specification curves": specification_report.compute,
    "Beta by method": beta_methods.compute,
    "Exposure over noise": exposure.compute,
    "Beta by policy regime": beta_regimes.compute,
    "Volatility around events": volatility.compute,
    "Other assets": cross_asset.compute,
    "The pair trade": pair_trade.compute,
}
