"""What the ledger prints of a claim in few words: its verdict, its unit, why it was so decided."""

from __future__ import annotations

from analysis.questions.ledger.entries import Entry
from analysis.results.formats import format_value
from analysis.snapshot.claims import (
    BetaOrder,
    Correlation,
    Equivalence,
    Facts,
    Mean,
    Retraced,
    VarianceShare,
    Waiting,
)
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import NOISE, NOT_TESTABLE
from analysis.study.panel import Panel
from analysis.study.verdicts import CANNOT, NO_SIGN

__all__ = ["mark", "unit_of", "why"]

_GROUPS = {
    **dict.fromkeys((*NOISE.values(), NO_SIGN), "noise"),
    **{verdict: verdict for verdict in ("supported", "contradicted", "mixed")},
}
_SHOWN = {
    "not a claim": "days listed, nothing claimed",
    "shown, not decided": "the item quotes earlier prices",
}
_FACTS = {
    "supported": "a fact and no pattern",
    "mixed": "part of it holds",
    "contradicted": "not as stated",
}
_SHARES = {
    "supported": "interval above the bound",
    "contradicted": "interval below the bound",
    CANNOT: "bound within the interval",
}


def mark(verdict: str) -> str:
    """Mark a verdict in Markdown, so that a format with colours can show its kind."""
    return f"[{verdict}]{{.verdict .verdict-{_GROUPS.get(verdict, 'open')}}}"


def unit_of(entry: Entry) -> str:
    """Return the unit of an effect that is no percentage of a price; empty for one that is."""
    claim = entry.claim
    if isinstance(claim, Mean) and claim.response == "log_volatility_ratio":
        return "log points"
    if isinstance(claim, Facts) and entry.outcome.format == "decimal1":
        return "days"
    units = {
        BetaOrder: "in beta",
        Correlation: "correlation",
        VarianceShare: "of mean square",
        Retraced: "of the gain",
    }
    return units.get(type(claim), "")


def why(entry: Entry, panel: Panel) -> str:
    """Say in at most five words what the verdict on a claim rests on."""
    verdict, outcome, claim = entry.verdict, entry.outcome, entry.claim
    if verdict in _SHOWN:
        return _SHOWN[verdict]
    if verdict == NOT_TESTABLE or (verdict == CANNOT and outcome.effect is None):
        if isinstance(claim, Waiting):
            return f"{outcome.count} sessions passed"
        unit = "episode" if outcome.count == "1" else "episodes"
        return f"{outcome.count or 0} clean {unit}, {FEWEST} needed"
    if isinstance(claim, VarianceShare):
        return _SHARES[verdict]
    if outcome.p is None:
        return _FACTS[verdict]
    if isinstance(claim, Equivalence):
        return {"supported": "drift excluded", "contradicted": "there is a drift"}.get(
            verdict, "drift neither shown nor excluded"
        )
    if verdict == "mixed":
        return "signs differ between firms"
    if verdict == CANNOT:
        return f"finds {format_value(outcome.detectable, outcome.format)} or more"
    if verdict == NO_SIGN:
        return "within one standard error"
    adjusts = verdict != "contradicted" or panel.rules.verdicts == "symmetric"
    if adjusts and entry.holm is not None:
        return f"adjusted p {format_value(entry.holm, 'pvalue')}"
    return f"p {format_value(outcome.p, 'pvalue')}"
