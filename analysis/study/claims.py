"""Every claim decided by its entry in ``claims.toml``: the kind says how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from analysis.errors import StudyError
from analysis.reads import once
from analysis.snapshot.claims import Claim
from analysis.study import claim_facts as facts
from analysis.study import claim_kinds as kinds
from analysis.study.outcomes import Outcome
from analysis.study.panel import Panel

__all__ = ["DECIDE", "decide_claim"]

DECIDE: Mapping[str, Callable[[Any, Panel], Outcome]] = {  # the function of each kind of test
    "mean": kinds.decide_mean,
    "difference": kinds.decide_difference,
    "equivalence": kinds.decide_equivalence,
    "variance": kinds.decide_variance,
    "variance_share": kinds.decide_variance_share,
    "facts": facts.decide_facts,
    "retraced": facts.decide_retraced,
    "beta_order": facts.decide_beta_order,
    "correlation": facts.decide_correlation,
    "waiting": facts.decide_waiting,
    "watch": facts.decide_watch,
}


def decide_claim(claim: Claim, panel: Panel) -> Outcome:
    """Run the test of a claim, once for a panel.

    Of one that is shown and not decided only what is seen.

    Raises
    ------
    StudyError
        If its entry names what the study does not have.
    """
    return once(panel, ("decided", claim), lambda: _decide(claim, panel))


def _decide(claim: Claim, panel: Panel) -> Outcome:
    try:
        outcome = DECIDE[claim.kind](claim, panel)
    except StudyError as error:
        raise StudyError(f"claims.toml, claim {claim.id}: {error}") from None
    if claim.verdict is None:
        return outcome
    shown = replace(outcome, verdict=claim.verdict, applied="no rule decides it")
    return replace(shown, confirmatory=False, inside=None, signs=())
