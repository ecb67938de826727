"""From a test to a verdict: the registered rule, and the symmetric one that amends it.

The symmetric rule asks of "contradicted" what it asks of "supported", names no sign within one
standard error, and does not decide where the effect that the test can find is too large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analysis.estimators.multiplicity import holm
from analysis.snapshot.claims import Claim, OnEvents
from analysis.snapshot.rules import Rules
from analysis.study.outcomes import (
    CANNOT,
    NOISE,
    NOT_TESTABLE,
    Outcome,
    decide,
    decide_all,
    explain_rule,
)
from analysis.study.panel import Panel

__all__ = [
    "CANNOT",
    "NO_SIGN",
    "adjust",
    "belongs",
    "bound_of",
    "decide_symmetric",
    "explain",
    "judge",
]

NO_SIGN = "no sign within noise"


def judge(panel: Panel, results: Mapping[str, Outcome]) -> dict[str, tuple[float | None, str]]:
    """Return the adjusted p and the verdict of every claim by the rules of the panel."""
    claims, size = panel.claims, panel.snapshot.choices.inference.size
    adjusted = adjust(claims, results, panel.rules)
    decided, judged = _VERDICTS[panel.rules.verdicts], {}
    for key, outcome in results.items():
        p = adjusted.get(key)
        verdict = decided(outcome, p, size, bound_of(claims[key], panel.rules))
        few = verdict == NOT_TESTABLE and not outcome.verdict
        judged[key] = (p, panel.rules.few if few else verdict)
    return judged


def adjust(
    claims: Mapping[str, Claim], results: Mapping[str, Outcome], rules: Rules
) -> dict[str, float]:
    """Adjust the p-values of the family by Holm's method.

    The family is that which claims state for themselves, or by the symmetric rule every
    confirmatory claim with a p.
    """
    family = {
        key: outcome.p
        for key, outcome in results.items()
        if outcome.p is not None and belongs(claims[key], outcome, rules)
    }
    return dict(zip(family, map(float, holm(list(family.values()))), strict=True))


def belongs(claim: Claim, outcome: Outcome, rules: Rules) -> bool:
    """Say whether a claim is of the family once it has a p."""
    if rules.verdicts == "registered":
        return outcome.confirmatory
    return claim.status == "confirmatory" and claim.verdict is None


def bound_of(claim: Claim, rules: Rules) -> float | None:
    """Return the bound of what a claim measures; none where none is fixed."""
    measured = getattr(claim, "response", "car") if isinstance(claim, OnEvents) else ""
    return next((bound for name, bound in rules.bound.items() if name == measured), None)


def _decide_registered(
    outcome: Outcome, adjusted: float | None, size: float, _: float | None
) -> str:
    return decide(outcome, adjusted, size)


def decide_symmetric(
    outcome: Outcome, adjusted: float | None, size: float, bound: float | None
) -> str:
    """Decide by the symmetric rule.

    Parameters
    ----------
    outcome : Outcome
    adjusted : float or None
        p adjusted over the family; None outside of it.
    size : float
        Of the tests.
    bound : float or None
        Largest detectable effect with which a test can decide, in the unit of the effect.
    """
    rejected = adjusted is not None and adjusted < size
    if outcome.inside is not None and outcome.p is not None:
        return "supported" if outcome.inside else "contradicted" if rejected else CANNOT
    if outcome.signs and adjusted is not None:
        return decide_all(outcome.signs, rejected, outcome.sign)
    if outcome.verdict:
        return outcome.verdict
    if outcome.effect is None or adjusted is None:
        return NOT_TESTABLE
    agrees = outcome.effect * outcome.sign > 0
    if rejected:
        return "supported" if agrees else "contradicted"
    if bound is not None and outcome.detectable is not None and outcome.detectable > bound:
        return CANNOT
    if outcome.se is not None and abs(outcome.effect) < outcome.se:
        return NO_SIGN
    return NOISE[1 if agrees else -1]


_VERDICTS: Mapping[str, Callable[[Outcome, float | None, float, float | None], str]] = {
    "registered": _decide_registered,
    "symmetric": decide_symmetric,
}


def explain(panel: Panel, claim: Claim, outcome: Outcome, adjusted: float | None) -> str:
    """Say in a sentence how the rules of the panel came to the verdict of a claim."""
    size = panel.snapshot.choices.inference.size
    own = outcome.verdict and outcome.inside is None and not outcome.signs
    testable = outcome.effect is not None and outcome.p is not None and adjusted is not None
    if panel.rules.verdicts == "registered" or own or not testable:
        return explain_rule(outcome, adjusted, size)
    side = "claimed" if (outcome.effect or 0.0) * outcome.sign > 0 else "opposite"
    rejected = (adjusted or 0.0) < size
    said = f"adjusted p {adjusted:.3g}, {'below' if rejected else 'not below'} {size:g}"
    if outcome.inside is not None:
        return f"the interval lies {'' if outcome.inside else 'not '}inside the bounds; {said}"
    if outcome.signs:
        return f"{sum(outcome.signs)} of {len(outcome.signs)} differences are positive; {said}"
    parts = [f"the effect has the {side} sign; {said}"]
    bound = bound_of(claim, panel.rules)
    if not rejected and bound is not None and outcome.detectable is not None:
        above = "above" if outcome.detectable > bound else "not above"
        parts.append(f"detectable effect {outcome.detectable:.3g}, {above} {bound:g}")
    if not rejected and outcome.se is not None:
        within = abs(outcome.effect or 0.0) < outcome.se
        parts.append(f"{'within' if within else 'beyond'} one standard error of zero")
    return "; ".join(parts)
