"""The ledger as numbers, verdicts, its table, its picture and the complete data set."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from analysis.questions.ledger.entries import Entry, entries
from analysis.questions.ledger.paragraphs import paragraphs, testable_from
from analysis.results import (
    Dataset,
    Figure,
    Findings,
    Number,
    Passage,
    Provenance,
    Table,
    Verdict,
)
from analysis.results.formats import MISSING, escape_markup, format_value, percent
from analysis.snapshot.choices import Inference
from analysis.snapshot.claims import Mean, OnEvents, Waiting
from analysis.study.claim_kinds import raw_move
from analysis.study.outcomes import NOISE, Outcome
from analysis.study.panel import Panel

__all__ = ["compute"]

INPUTS = ("claims.toml", "customs.csv", "events.csv", "confounders.csv", "prices.csv",
          "universe.csv", "study.toml")  # fmt: skip
SOURCE = Provenance("analysis.questions.ledger.entries.entries", INPUTS, "the ledger")
SHORT = {NOISE[1]: "RS, noise", NOISE[-1]: "WS, noise"}
VERDICTS = ("supported", "contradicted", "mixed", "not testable", *SHORT)


def compute(panel: Panel) -> Findings:
    """Decide every claim."""
    claims, inference = entries(panel), panel.snapshot.choices.inference
    found = Findings(
        numbers=[
            *_counts(claims),
            *_family(claims, inference.size),
            *_beside(panel),
            *_windows(claims),
        ],
        tables=[_table(claims, inference)],
        figures=_picture(claims, inference.level),
        datasets=[Dataset("ledger", _frame(claims), SOURCE)],
        passages=[Passage("claims", paragraphs(claims, panel), SOURCE)],
        verdicts=[_agreement(claims, inference.size)],
    )
    for entry in claims:
        found.numbers += _numbers(entry, inference.level)
        rule, evidence = entry.claim.rule, _evidence(entry.outcome)
        found.verdicts.append(Verdict(entry.id, entry.verdict, rule, evidence, SOURCE))
    return found


def _counts(claims: list[Entry]) -> list[Number]:
    counts = Counter(entry.verdict for entry in claims)
    return [
        Number(f"ledger.{name.replace(' ', '_')}", counts[name], "count", "integer",
               f"claims with the verdict {name}", SOURCE)
        for name in VERDICTS
    ]  # fmt: skip


def _family(claims: list[Entry], size: float) -> list[Number]:
    """Count the confirmatory claims, those tested in the family, and those that hold in it."""
    family = [entry for entry in claims if entry.holm is not None]
    counts = {
        "confirmatory": (
            sum(e.claim.status == "confirmatory" for e in claims),
            "confirmatory claims",
        ),
        "family": (len(family), "confirmatory claims with a p-value"),
        "family_supported": (
            sum(e.verdict == "supported" for e in family),
            "claims of the family that are supported",
        ),
        "with_placebo": (
            sum(e.placebo is not None for e in claims),
            "claims with a placebo p-value",
        ),
        "placebo_below_5": (
            sum(e.placebo is not None and e.placebo < size for e in family),
            f"claims of the family whose placebo p is below {size:g}",
        ),
    }
    numbers = [
        Number(f"ledger.{key}", value, "count", "integer", what, SOURCE)
        for key, (value, what) in counts.items()
    ]
    adjusted = {
        "holm": [e.holm for e in family if e.holm is not None],
        "step_down": [e.step_down for e in family if e.step_down is not None],
    }
    return numbers + [
        Number(f"ledger.smallest_{key}", min(ps), "p-value", "pvalue", f"smallest {key} p", SOURCE)
        for key, ps in adjusted.items()
        if ps
    ]


def _beside(panel: Panel) -> list[Number]:
    """State what entries ask to be shown beside the verdict."""
    numbers = []
    for claim in panel.snapshot.claims.values():
        key = f"claim.{claim.id.lower()}"
        if isinstance(claim, Waiting):
            day = testable_from(claim, panel).date().isoformat()
            what = "session from which the claim can be tested"
            numbers.append(Number(f"{key}.testable_from", day, "date", "date", what, SOURCE))
        if isinstance(claim, Mean) and claim.beside:
            what = "mean raw signed move of the same days, market and sector included"
            raw = raw_move(claim, panel)
            numbers.append(Number(f"{key}.raw", raw, "fraction", "percent1", what, SOURCE))
    return numbers


def _windows(claims: list[Entry]) -> list[Number]:
    """State how many sessions the window of a claim has, where it is one of its own."""
    return [
        Number(f"claim.{e.id.lower()}.sessions", last - first + 1, "sessions", "words",
               f"sessions of the window of claim {e.id}", SOURCE)
        for e in claims
        if isinstance(e.claim, OnEvents) and e.claim.window and e.outcome.format == "percent1"
        for first, last in [e.claim.window]
    ]  # fmt: skip


def _agreement(claims: list[Entry], size: float) -> Verdict:
    """Say whether the placebo p would decide any claim of the family otherwise than its test."""
    differ = [
        e.id
        for e in claims
        if e.holm is not None
        and e.placebo is not None
        and e.outcome.p is not None
        and (e.placebo < size) != (e.outcome.p < size)
    ]
    return Verdict(
        "ledger.placebo",
        "disagrees" if differ else "agrees",
        f"placebo p and p of record on the same side of {size:g}, every claim of the family",
        ", ".join(differ) or "none differs",
        SOURCE,
    )


def _evidence(outcome: Outcome) -> str:
    parts = [] if outcome.effect is None else [f"effect {outcome.effect:.4g}"]
    if outcome.low is not None and outcome.high is not None:
        parts.append(f"interval {outcome.low:.4g} to {outcome.high:.4g}")
    if outcome.p is not None:
        parts.append(f"p {outcome.p:.3g}")
    if outcome.count:
        parts.append(f"sample {outcome.count}")
    return ", ".join(parts)


def _numbers(entry: Entry, level: float) -> list[Number]:
    outcome, what = entry.outcome, entry.claim.estimand
    name = f"claim.{entry.id.lower()}"
    numbers = []
    if outcome.effect is not None:
        numbers.append(
            Number(
                f"{name}.effect", outcome.effect, "see estimand", outcome.format, what, SOURCE,
                low=outcome.low, high=outcome.high, p=outcome.p,
                level=None if outcome.low is None else level,
            )
        )  # fmt: skip
    values = {
        "p": outcome.p,
        "placebo": entry.placebo,
        "holm": entry.holm,
        "step_down": entry.step_down,
    }
    numbers += [
        Number(f"{name}.{part}", value, "p-value", "pvalue", f"{part} p-value: {what}", SOURCE)
        for part, value in values.items()
        if value is not None
    ]
    if outcome.detectable is not None:
        numbers.append(
            Number(f"{name}.detectable", outcome.detectable, "see estimand", outcome.format,
                   f"minimum detectable: {what}", SOURCE)
        )  # fmt: skip
    if outcome.power is not None:
        numbers.append(
            Number(f"{name}.power", outcome.power, "probability", "percent0",
                   f"power at the reference size: {what}", SOURCE)
        )  # fmt: skip
    return numbers


def _table(claims: list[Entry], inference: Inference) -> Table:
    rows = [
        {
            "claim": e.id + ("" if e.claim.status == "confirmatory" else r"\*"),
            "statement": escape_markup(e.claim.statement),
            "effect": _effect(e.outcome),
            "count": e.outcome.count,
            "p": e.outcome.p,
            "placebo": e.placebo,
            "holm": e.holm,
            "detectable": format_value(e.outcome.detectable, e.outcome.format),
            "verdict": SHORT.get(e.verdict, e.verdict),
        }
        for e in claims
    ]
    return Table(
        "ledger",
        pd.DataFrame(rows),
        {"p": "pvalue", "placebo": "pvalue", "holm": "pvalue"},
        {
            "claim": "Id",
            "statement": "Claim",
            "effect": "Effect",
            "count": "K",
            "placebo": "Placebo",
            "holm": "Holm",
            "detectable": "MDE",
            "verdict": "Verdict",
        },
        SOURCE,
        "An asterisk marks exploratory claims. Effect: the estimand of @tbl-claims with its "
        f"{percent(inference.level)} interval; K: episodes, or days or months where a claim has "
        "none; p: two-sided, test of record; placebo: the same statistic on quiet sessions, "
        "evidence and no rule; Holm: adjusted over the confirmatory claims with a p-value; MDE: "
        f"effect found with {percent(inference.power)} power. RS and WS: right and wrong sign, "
        "within noise.",
    )


def _effect(outcome: Outcome) -> str:
    """Print in the claim's own unit; claims differ, so that this cannot wait for the table."""
    effect, low, high = (
        format_value(value, outcome.format) for value in (outcome.effect, outcome.low, outcome.high)
    )
    return effect if MISSING in (low, high) else f"{effect} ({low} to {high})"


def _frame(claims: list[Entry]) -> pd.DataFrame:
    """Put everything about every claim in one row, full precision."""
    shown = ("effect", "low", "high", "p")
    return pd.DataFrame(
        {
            "claim": e.id,
            "status": e.claim.status,
            "statement": e.claim.statement,
            **{name: getattr(e.outcome, name) for name in shown},
            "placebo_p": e.placebo,
            "placebo_sessions_fewest": e.sessions[0] if e.sessions else None,
            "placebo_sessions_most": e.sessions[1] if e.sessions else None,
            "holm_p": e.holm,
            "step_down_p": e.step_down,
            "sample": e.outcome.count,
            "minimum_detectable": e.outcome.detectable,
            "power_at_reference": e.outcome.power,
            "verdict": e.verdict,
        }
        for e in claims
    )


def _picture(claims: list[Entry], level: float) -> list[Figure]:
    """Effects in units of what each test can find, turned so that right is as claimed."""
    rows = []
    for e in claims:
        o = e.outcome
        row = {"claim": e.id, "status": e.claim.status, "verdict": e.verdict}
        known = None not in (o.effect, o.low, o.high, o.detectable)
        scale = o.sign / o.detectable if known and o.detectable else float("nan")
        ends = [scale * (v if v is not None else float("nan")) for v in (o.effect, o.low, o.high)]
        rows.append(row | {"effect": ends[0], "low": min(ends), "high": max(ends)})
    frame = pd.DataFrame(rows)
    drawn = frame.dropna(subset=["effect"])
    if drawn.empty:  # facts alone have no detectable effect
        return []
    counts = Counter(frame["verdict"])
    clear = int(((drawn["low"] > 0) | (drawn["high"] < 0)).sum())
    largest = drawn.iloc[int(drawn["effect"].abs().argmax())]
    alt = (
        f"One row for each of {len(frame)} claims. Verdicts: "
        + ", ".join(f"{counts[name]} {name}" for name in VERDICTS)
        + f". {len(drawn)} rows show the effect over its minimum detectable effect with the "
        f"{percent(level)} interval, positive as claimed: {clear} intervals leave out zero, the "
        f"largest ratio is {largest['effect']:.2f} ({largest['claim']})."
    ).replace("-", "\u2212")
    return [Figure("ledger", "ledger", {"claims": frame}, alt, SOURCE)]
