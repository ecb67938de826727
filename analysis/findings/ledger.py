"""The ledger: every claim, the number that decides it, and the verdict."""

from __future__ import annotations

import tomllib
from typing import Any

import pandas as pd
from statsmodels.stats.multitest import multipletests

from analysis.errors import StudyError
from analysis.findings.claims_days import SINGLE
from analysis.findings.claims_pooled import POOLED
from analysis.findings.outcomes import Outcome, decide
from analysis.findings.panel import Panel
from analysis.formatting import MISSING, format_value
from analysis.results import Findings, Number, Provenance, Table, Verdict

__all__ = ["compute", "definitions", "holm_family", "outcomes"]

INPUTS = (
    "claims.toml", "customs.csv", "events.csv", "confounders.csv", "prices.csv", "universe.csv",
    "study.toml",
)  # fmt: skip
NOTES = (
    "E: exploratory, C: confirmatory. Effect: the estimand of @tbl-claims; K: episodes, or days or "
    "months where a claim has no episodes; p: two-sided; Holm: adjusted over the "
    "confirmatory claims "
    "with a p-value; MDE: effect found with 80% power. RS and WS: right and wrong sign, "
    "within noise."
)
SHORT = {"right sign within noise": "RS, noise", "wrong sign within noise": "WS, noise"}


def definitions(panel: Panel) -> list[dict[str, Any]]:
    """Read the claims as ``data/claims.toml`` defines them, in order."""
    with (panel.snapshot.folder / "claims.toml").open("rb") as handle:
        claims: list[dict[str, Any]] = tomllib.load(handle)["claim"]
    tests = {**SINGLE, **POOLED}
    unknown = {c["id"] for c in claims} ^ set(tests)
    if unknown:
        raise StudyError(
            f"claims.toml: expected exactly the claims that have a test, found a difference in "
            f"{', '.join(sorted(unknown))}; add the test or the definition"
        )
    return claims


def outcomes(panel: Panel) -> dict[str, Outcome]:
    """Run the test of every claim."""
    tests = {**SINGLE, **POOLED}
    return {claim["id"]: tests[claim["id"]](panel) for claim in definitions(panel)}


def holm_family(results: dict[str, Outcome]) -> dict[str, float]:
    """Adjust the p-values of the confirmatory family by Holm's method."""
    family = {k: o.p for k, o in results.items() if o.confirmatory and o.p is not None}
    if not family:
        return {}
    return dict(zip(family, multipletests(list(family.values()), method="holm")[1], strict=True))


def compute(panel: Panel) -> Findings:
    """Decide every claim."""
    claims, results = definitions(panel), outcomes(panel)
    adjusted = holm_family(results)
    verdicts = {key: decide(o, adjusted.get(key)) for key, o in results.items()}
    source = Provenance("analysis.findings.ledger.outcomes", INPUTS, "the ledger")
    found = Findings(tables=[_table(claims, results, adjusted, verdicts, source)])
    for claim in claims:
        key = claim["id"]
        found.numbers += _numbers(key, claim, results[key], adjusted.get(key), panel, source)
        found.verdicts.append(
            Verdict(key, verdicts[key], claim["rule"], _evidence(results[key]), source)
        )
    counts = pd.Series(verdicts).value_counts()
    names = {"supported", "contradicted", "mixed", "not testable", *SHORT}
    found.numbers += [
        Number(f"ledger.{name.replace(' ', '_')}", int(counts.get(name, 0)), "count", "integer",
               f"claims with the verdict {name}", source)
        for name in sorted(names)
    ]  # fmt: skip
    found.numbers += _confirmatory(claims, verdicts, adjusted, source)
    return found


def _confirmatory(
    claims: list[dict[str, Any]],
    verdicts: dict[str, str],
    adjusted: dict[str, float],
    source: Provenance,
) -> list[Number]:
    """Count the confirmatory claims, those tested in the family, and those that hold in it."""
    confirmatory = [c["id"] for c in claims if c["status"] == "confirmatory"]
    counts = {
        "confirmatory": (len(confirmatory), "confirmatory claims"),
        "family": (len(adjusted), "confirmatory claims with a p-value"),
        "family_supported": (
            sum(verdicts[k] == "supported" for k in adjusted),
            "claims of the family that are supported",
        ),
    }
    numbers = [
        Number(f"ledger.{key}", value, "count", "integer", what, source)
        for key, (value, what) in counts.items()
    ]
    smallest = min(adjusted.values())
    numbers.append(
        Number("ledger.smallest_holm", smallest, "p-value", "pvalue", "smallest adjusted p", source)
    )
    return numbers


def _evidence(outcome: Outcome) -> str:
    parts = [] if outcome.effect is None else [f"effect {outcome.effect:.4g}"]
    if outcome.low is not None and outcome.high is not None:
        parts.append(f"interval {outcome.low:.4g} to {outcome.high:.4g}")
    if outcome.p is not None:
        parts.append(f"p {outcome.p:.3g}")
    if outcome.count:
        parts.append(f"sample {outcome.count}")
    return ", ".join(parts)


def _numbers(
    key: str,
    claim: dict[str, Any],
    outcome: Outcome,
    adjusted: float | None,
    panel: Panel,
    source: Provenance,
) -> list[Number]:
    name, what = f"claim.{key.lower()}", claim["estimand"]
    numbers = []
    if outcome.effect is not None:
        numbers.append(
            Number(
                f"{name}.effect", outcome.effect, "see estimand", outcome.format, what, source,
                low=outcome.low, high=outcome.high, p=outcome.p,
                level=None if outcome.low is None else panel.snapshot.study.inference.level,
            )
        )  # fmt: skip
    for part, value in (("p", outcome.p), ("holm", adjusted)):
        if value is not None:
            numbers.append(Number(f"{name}.{part}", value, "p-value", "pvalue", what, source))
    if outcome.detectable is not None:
        numbers.append(
            Number(f"{name}.detectable", outcome.detectable, "see estimand", outcome.format,
                   f"minimum detectable: {what}", source)
        )  # fmt: skip
    return numbers


def _table(
    claims: list[dict[str, Any]],
    results: dict[str, Outcome],
    adjusted: dict[str, float],
    verdicts: dict[str, str],
    source: Provenance,
) -> Table:
    rows = []
    for claim in claims:
        key, outcome = claim["id"], results[claim["id"]]
        rows.append(
            {
                "claim": key,
                "status": claim["status"][0].upper(),
                "statement": claim["statement"],
                "effect": _show(outcome.effect, outcome),
                "interval": _interval(outcome),
                "count": outcome.count,
                "p": outcome.p,
                "holm": adjusted.get(key),
                "detectable": _show(outcome.detectable, outcome),
                "verdict": SHORT.get(verdicts[key], verdicts[key]),
            }
        )
    return Table(
        "ledger",
        pd.DataFrame(rows),
        {"p": "pvalue", "holm": "pvalue"},
        {
            "claim": "Id",
            "status": "Kind",
            "statement": "Claim",
            "effect": "Effect",
            "interval": "95% interval",
            "count": "K",
            "holm": "Holm",
            "detectable": "MDE",
            "verdict": "Verdict",
        },
        source,
        NOTES,
    )


def _show(value: float | None, outcome: Outcome) -> str:
    """Format in the claim's own unit; claims differ, so that this cannot wait for the table."""
    return format_value(value, outcome.format)


def _interval(outcome: Outcome) -> str:
    if outcome.low is None or outcome.high is None:
        return MISSING
    return f"{_show(outcome.low, outcome)} to {_show(outcome.high, outcome)}"
