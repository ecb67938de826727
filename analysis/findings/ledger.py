"""The ledger: every claim, the number that decides it, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.errors import StudyError
from analysis.estimators.multiplicity import holm, step_down
from analysis.findings.claims_days import SINGLE
from analysis.findings.claims_pooled import POOLED
from analysis.findings.outcomes import Outcome, decide
from analysis.findings.panel import Panel
from analysis.findings.placebo import EpisodeNull, claim_placebo, drawn_jointly, normal_scores
from analysis.snapshot.claims import Claim

__all__ = ["Entry", "definitions", "entries", "holm_family", "outcomes", "step_down_family"]


@dataclass(frozen=True)
class Entry:
    """One claim with everything the ledger says about it.

    Attributes
    ----------
    definition : Claim
        As in ``data/claims.toml``.
    outcome : Outcome
    placebo : float or None
        Placebo p.
    sessions : (int, int) or None
        Fewest and most placebo sessions of its episodes.
    holm, step_down : float or None
        Adjusted p-values, for claims of the family.
    verdict : str
    """

    definition: Claim
    outcome: Outcome
    placebo: float | None
    sessions: tuple[int, int] | None
    holm: float | None
    step_down: float | None
    verdict: str

    @property
    def id(self) -> str:
        """The claim's identifier, such as A3."""
        return self.definition.id


def definitions(panel: Panel) -> tuple[Claim, ...]:
    """Return the claims as ``data/claims.toml`` defines them, in order."""
    claims = panel.snapshot.claims
    tests = {**SINGLE, **POOLED}
    unknown = {claim.id for claim in claims} ^ set(tests)
    if unknown:
        raise StudyError(
            f"claims.toml: expected exactly the claims that have a test, found a difference in "
            f"{', '.join(sorted(unknown))}; add the test or the definition"
        )
    return claims


def outcomes(panel: Panel) -> dict[str, Outcome]:
    """Run the test of every claim."""
    tests = {**SINGLE, **POOLED}
    return {claim.id: tests[claim.id](panel) for claim in definitions(panel)}


def entries(panel: Panel) -> list[Entry]:
    """Decide every claim and put the placebo evidence beside it."""
    results = outcomes(panel)
    nulls = {k: o.null() for k, o in results.items() if o.null is not None}
    inference = panel.snapshot.study.inference
    adjusted = holm_family(results)
    stepped = step_down_family(results, nulls, inference.draws, inference.seed)
    found = []
    for claim in definitions(panel):
        key, outcome = claim.id, results[claim.id]
        placebo = outcome.placebo
        if key in nulls and outcome.statistic is not None:
            rng = np.random.default_rng(inference.seed)
            placebo = claim_placebo(outcome.statistic, nulls[key], inference.draws, rng)
        found.append(
            Entry(
                definition=claim,
                outcome=outcome,
                placebo=placebo,
                sessions=nulls[key].sessions if key in nulls else None,
                holm=adjusted.get(key),
                step_down=stepped.get(key),
                verdict=decide(outcome, adjusted.get(key)),
            )
        )
    return found


def holm_family(results: dict[str, Outcome]) -> dict[str, float]:
    """Adjust the p-values of the confirmatory family by Holm's method."""
    family = {k: o.p for k, o in results.items() if o.confirmatory and o.p is not None}
    return dict(zip(family, map(float, holm(list(family.values()))), strict=True))


def step_down_family(
    results: dict[str, Outcome], nulls: dict[str, EpisodeNull], draws: int, seed: int
) -> dict[str, float]:
    """Adjust the claims tested across episodes by minimum-p step-down over joint placebo draws.

    The statistics have unequal degrees of freedom, so each is compared by its Student p, turned
    into a normal score (Westfall and Young 1993).
    """
    family = {k: nulls[k] for k in holm_family(results) if k in nulls}
    scores = drawn_jointly(family, draws, np.random.default_rng(seed))
    if not scores:
        return {}
    observed = [normal_scores(results[k].statistic or 0.0, family[k].df) for k in scores]
    adjusted = step_down(observed, np.column_stack(list(scores.values())))
    return dict(zip(scores, map(float, adjusted), strict=True))
