"""Every claim decided by its entry in ``claims.toml``: the kind says how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from analysis.errors import StudyError
from analysis.snapshot import claims as entries
from analysis.snapshot.claims import Claim
from analysis.study.claim_facts import (
    decide_beta_order,
    decide_correlation,
    decide_facts,
    decide_retraced,
    decide_waiting,
    decide_watch,
)
from analysis.study.claim_kinds import decide_difference, decide_equivalence, decide_mean
from analysis.study.outcomes import Outcome
from analysis.study.panel import Panel

__all__ = ["decide_claim"]

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


def decide_claim(claim: Claim, panel: Panel) -> Outcome:
    """Run the test of a claim.

    Raises
    ------
    StudyError
        If its entry names what the study does not have.
    """
    try:
        return _DECIDE[type(claim)](claim, panel)
    except StudyError as error:
        raise StudyError(f"claims.toml, claim {claim.id}: {error}") from None
