"""The ledger: every claim, the number that decides it, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimators.multiplicity import step_down
from analysis.snapshot.claims import Claim
from analysis.study.claims import decide_claim
from analysis.study.outcomes import Outcome
from analysis.study.panel import Panel
from analysis.study.placebo import EpisodeNull, claim_placebo, drawn_jointly, normal_scores
from analysis.study.verdicts import adjust, judge

__all__ = ["Entry", "entries", "outcomes", "step_down_family"]


@dataclass(frozen=True)
class Entry:
    """One claim with everything the ledger says about it.

    Attributes
    ----------
    claim : Claim
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

    claim: Claim
    outcome: Outcome
    placebo: float | None
    sessions: tuple[int, int] | None
    holm: float | None
    step_down: float | None
    verdict: str

    @property
    def id(self) -> str:
        """The claim's identifier, such as A3."""
        return self.claim.id


def outcomes(panel: Panel) -> dict[str, Outcome]:
    """Run the test of every claim."""
    return {key: decide_claim(claim, panel) for key, claim in panel.claims.items()}


def entries(panel: Panel) -> list[Entry]:
    """Decide every claim by the rules of the panel and put the placebo evidence beside it."""
    results = outcomes(panel)
    nulls = {k: o.null() for k, o in results.items() if o.null is not None}
    inference = panel.snapshot.choices.inference
    judged = judge(panel, results)
    adjusted = adjust(panel.claims, results, panel.rules)
    family = {key: nulls[key] for key in adjusted if key in nulls}
    stepped = step_down_family(results, family, inference.draws, inference.seed)
    found = []
    for key, claim in panel.claims.items():
        outcome = results[key]
        placebo = outcome.placebo
        if key in nulls and outcome.statistic is not None:
            rng = np.random.default_rng(inference.seed)
            placebo = claim_placebo(outcome.statistic, nulls[key], inference.draws, rng)
        found.append(
            Entry(
                claim=claim,
                outcome=outcome,
                placebo=placebo,
                sessions=nulls[key].sessions if key in nulls else None,
                holm=judged[key][0],
                step_down=stepped.get(key),
                verdict=judged[key][1],
            )
        )
    return found


def step_down_family(
    results: dict[str, Outcome], family: dict[str, EpisodeNull], draws: int, seed: int
) -> dict[str, float]:
    """Adjust the claims tested across episodes by minimum-p step-down over joint placebo draws.

    ``family`` are the nulls of the claims that are adjusted together.

    The statistics have unequal degrees of freedom, so each is compared by its Student p, turned
    into a normal score (Westfall and Young 1993).
    """
    scores = drawn_jointly(family, draws, np.random.default_rng(seed))
    if not scores:
        return {}
    observed = [normal_scores(results[k].statistic or 0.0, family[k].df) for k in scores]
    adjusted = step_down(observed, np.column_stack(list(scores.values())))
    return dict(zip(scores, map(float, adjusted), strict=True))
