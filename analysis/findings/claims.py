"""Every claim decided by its entry in ``claims.toml``: the kind says how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from analysis.findings.claim_facts import (
    decide_beta_order,
    decide_correlation,
    decide_facts,
    decide_retraced,
    decide_waiting,
    decide_watch,
)
from analysis.findings.claim_kinds import decide_difference, decide_equivalence, decide_mean
from analysis.findings.outcomes import Outcome
from analysis.findings.panel import Panel
from analysis.snapshot import claims as entries
from analysis.snapshot.claims import Claim

__all__ = ["ON_EVENTS", "ON_RETURNS", "decide_claim"]

_DECIDE: Mapping[type[Claim], Callable[[Any, Panel], Outcome]] = {
    entries.Mean: decide_mean,
    entries.Difference: decide_difference,
    entries.Equivalence: decide_equivalence,
    entries.Facts: decide_facts,
    entries.Retraced: decide_retraced,
    entries.BetaOrder: decide_beta_order,
    entries.Correlation: decide_correlation,
    entries.Waiting: decide_waiting,
    entries.Watch: decide_watch,
}
ON_EVENTS = (entries.Mean, entries.Difference, entries.Equivalence)
"""Kinds that a part of the calendar changes by its events."""
ON_RETURNS = (entries.BetaOrder, entries.Correlation)
"""Kinds that a part of the calendar changes by its returns."""


def decide_claim(claim: Claim, panel: Panel) -> Outcome:
    """Run the test of a claim."""
    return _DECIDE[type(claim)](claim, panel)
