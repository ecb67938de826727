"""The ledger as numbers, verdicts, its table, its picture and the complete data set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any, get_args

import pandas as pd

from analysis.questions.before.claims_beside import list_beside_claims
from analysis.questions.ledger.beside import registered_beside
from analysis.questions.ledger.entries import Entry, entries
from analysis.questions.ledger.paragraphs import paragraphs, testable_from
from analysis.questions.ledger.reasons import mark, unit_of, why
from analysis.questions.ledger.strip import anchor, verdict_strip
from analysis.questions.ledger.tipping import tip_claims
from analysis.questions.ledger.tipping_rows import survived_losses
from analysis.questions.requirements import LEDGER
from analysis.results import Dataset, Figure, Findings, Number, Passage, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, scalar_numbers, table_of
from analysis.results.formats import escape_markup, format_value, percent, with_interval
from analysis.snapshot.claims import SHOWN, Mean, OnEvents, Waiting
from analysis.study.claim_kinds import raw_move
from analysis.study.outcomes import NOISE, NOT_TESTABLE, Outcome
from analysis.study.panel import Panel
from analysis.study.verdicts import CANNOT, NO_SIGN

__all__ = ["compute"]

SOURCE = Provenance.of(entries, "the ledger")
VERDICTS = ("supported", "contradicted", "mixed", NOT_TESTABLE, *NOISE.values())
AMENDED = (CANNOT, NO_SIGN, *get_args(SHOWN))  # verdicts that amendments alone give
KEY = "claim.{claim}"
OWN = (  # printed in the format of each claim
    Column("effect", "", "text", "see estimand", "{estimand}", ".effect", "", "low", "high", "p"),
    Column(
        "minimum_detectable",
        "",
        "text",
        "see estimand",
        "minimum detectable: {estimand}",
        ".detectable",
    ),
)
PS = (
    Column("p", "p", "pvalue", "p-value", "p p-value: {estimand}", ".p"),
    Column("placebo_p", "Placebo", "pvalue", "p-value", "placebo p-value: {estimand}", ".placebo"),
    Column("holm_p", "Holm", "pvalue", "p-value", "holm p-value: {estimand}", ".holm"),
)
STEP_DOWN = "step_down p-value: {estimand}"
POWER = "power at the reference size: {estimand}"
RAW = "mean raw signed move of the same days, market and sector included"
FROM = "session from which the claim can be tested"
SESSIONS = "sessions of the window of claim {claim}"
BESIDE = (
    Column("step_down_p", "", "pvalue", "p-value", STEP_DOWN, ".step_down"),
    Column("power_at_reference", "", "percent0", "probability", POWER, ".power"),
    Column("raw", "", "percent1", "fraction", RAW, ".raw"),
    Column("testable_from", "", "date", "date", FROM, ".testable_from"),
    Column("sessions", "", "words", "sessions", SESSIONS, ".sessions"),
)
COLUMNS = (
    Column("named", "Claim"),
    Column("said", "Verdict"),
    Column("interval", "Effect"),
    Column("why", "Why"),
    Column("survives", "Survives loss of"),
    Column("before", "Years before"),
)

NEEDS = (LEDGER,)
NOTE = (
    "An asterisk marks exploratory claims. Effect: the estimand of the claim with its {level} "
    "interval; p: two-sided, test of record, adjusted over the confirmatory claims with a "
    "p-value by Holm's method; finds: the effect found with {power} power."
)
NOTE_OF = {  # by column, where the study has it
    "survives": " Survives loss of: episodes that can be left out without turning the verdict; "
    "none to spare: without one there is no test.",
    "before": " Years before: the registered test of the same directions, portfolio and window, "
    "without a condition of the claim, with its estimate in standard errors, in brackets that with "
    "own news of the firms left in, and its adjusted p.",
}
NOTE_BESIDE = (
    " By the rules as amended after results were known: no sign is named within one standard "
    "error, and a test that finds only more than the bound cannot decide."
)


def compute(panel: Panel) -> Findings:
    """Decide every claim."""
    claims, inference = entries(panel), panel.snapshot.choices.inference
    survived, before = _survived(panel), list_beside_claims(panel)
    printed = _printed(claims, panel).assign(**_answers_beside(claims, survived, before))
    frame, level, other = _frame(claims), inference.level, registered_beside(panel)
    numbers = numbers_of(frame.join(_beside(claims, panel)), (*PS, *BESIDE), KEY, SOURCE)
    for fmt in dict.fromkeys(e.outcome.format for e in claims):
        rows = frame[frame["format"] == fmt]
        numbers += numbers_of(rows, [replace(c, format=fmt) for c in OWN], KEY, SOURCE, level=level)
    note, full = NOTE.format(level=percent(level), power=percent(inference.power)), frame
    note += "".join(words for name, words in NOTE_OF.items() if name in printed)
    if len(other):
        note += NOTE_BESIDE
        full = frame.join(other.drop(columns="format").add_suffix("_registered"), on="claim")
    return Findings(
        numbers=[*_counts(frame, inference.size), *numbers],
        tables=[table_of("ledger", printed, COLUMNS, SOURCE, note)],
        figures=_picture(full, level),
        datasets=[Dataset("ledger", full.drop(columns=["estimand", "format", "sign"]), SOURCE)],
        passages=[
            Passage("ledger", paragraphs(claims, panel, other, survived, before), SOURCE),
            Passage("verdicts", verdict_strip(claims), SOURCE),
        ],
        verdicts=[
            _agreement(frame, inference.size),
            *(Verdict(e.id, e.verdict, _rule(e, panel), _evidence(e.outcome), SOURCE)
              for e in claims),
        ],
    )  # fmt: skip


def _rule(entry: Entry, panel: Panel) -> str:
    """Return the words of the rule of the entry, and that the amended rules of inference apply."""
    amended = panel.rules != panel.snapshot.choices.registered
    return f"{entry.claim.rule}; by the amended rules of inference" if amended else entry.claim.rule


def _frame(claims: list[Entry]) -> pd.DataFrame:
    """Put everything about every claim in one row, full precision."""
    rows = [
        {
            "claim": e.id,
            "status": e.claim.status,
            "statement": e.claim.statement,
            "effect": e.outcome.effect,
            "low": e.outcome.low,
            "high": e.outcome.high,
            "p": e.outcome.p,
            "placebo_p": e.placebo,
            "placebo_sessions_fewest": e.sessions[0] if e.sessions else None,
            "placebo_sessions_most": e.sessions[1] if e.sessions else None,
            "holm_p": e.holm,
            "step_down_p": e.step_down,
            "sample": e.outcome.count,
            "minimum_detectable": e.outcome.detectable,
            "power_at_reference": e.outcome.power,
            "verdict": e.verdict,
            "estimand": e.claim.estimand,
            "format": e.outcome.format,
            "sign": e.outcome.sign,
        }
        for e in claims
    ]
    frame = pd.DataFrame(rows)
    values = ["effect", "low", "high", "p", "placebo_p", "holm_p", "step_down_p"]
    values += ["minimum_detectable", "power_at_reference"]
    return frame.astype(dict.fromkeys(values, float))  # a column may hold no value at all


def _beside(claims: list[Entry], panel: Panel) -> pd.DataFrame:
    """Find what entries ask to be shown, and the sessions of a window of their own."""
    rows = []
    for e in claims:
        claim, row = e.claim, dict.fromkeys(("raw", "testable_from", "sessions"))
        if isinstance(claim, Waiting):
            row["testable_from"] = testable_from(claim, panel)
        if isinstance(claim, Mean) and claim.beside:
            row["raw"] = raw_move(claim, panel)
        if isinstance(claim, OnEvents) and claim.window and e.outcome.format == "percent1":
            row["sessions"] = claim.window[1] - claim.window[0] + 1
        rows.append(row)
    return pd.DataFrame(rows).astype({"sessions": "Int64"})


def _printed(claims: list[Entry], panel: Panel) -> pd.DataFrame:
    """Print the rows of the table; the identifier of a row is that of its claim."""
    rows = []
    for entry in claims:
        outcome, star = entry.outcome, r"\*" * (entry.claim.status != "confirmatory")
        effect = with_interval(outcome.effect, outcome.low, outcome.high, outcome.format)
        unit = unit_of(entry) if outcome.effect is not None else ""
        rows.append(
            {
                "named": f"[{entry.id}{star}]{{#{anchor(entry.id)} .claim-id}} "
                f"{escape_markup(entry.claim.statement)}",
                "said": mark(entry.verdict),
                "interval": f"{effect} {unit}".rstrip(),
                "why": why(entry, panel),
            }
        )
    return pd.DataFrame(rows)


def _survived(panel: Panel) -> dict[str, str | None]:
    """Say of each claim that events decide the loss of how many episodes its verdict survives."""
    tipped = tip_claims(panel, ("dropped",))
    return {each.id: survived_losses(each.points) for each in tipped}


def _answers_beside(
    claims: list[Entry], survived: Mapping[str, str | None], before: pd.DataFrame
) -> dict[str, list[str]]:
    """Print the columns that not every study has: what verdicts survive, and the years before."""
    said = {
        "survives": {key: format_value(words, "text") for key, words in survived.items()},
        "before": {row["claim"]: _said_before(row) for row in before.to_dict("records")},
    }
    dash = format_value(None, "text")
    return {
        name: [cells.get(entry.id, dash) for entry in claims]
        for name, cells in said.items()
        if cells
    }


def _said_before(row: Mapping[Hashable, Any]) -> str:
    shown = [format_value(row[name], "decimal2") for name in ("scar", "own_scar")]
    return f"{row['test']}: {shown[0]} [{shown[1]}], p {format_value(row['holm'], 'pvalue')}"


def _counts(frame: pd.DataFrame, size: float) -> list[Number]:
    """Count the verdicts, the confirmatory claims, those tested in the family and what holds."""
    family, placebo = frame["holm_p"].notna(), frame["placebo_p"]
    supported, confirmatory = frame["verdict"] == "supported", frame["status"] == "confirmatory"
    below = f"claims of the family whose placebo p is below {size:g}"
    marks = {
        "confirmatory": (confirmatory, "confirmatory claims"),
        "family": (family, "confirmatory claims with a p-value"),
        "family_supported": (family & supported, "claims of the family that are supported"),
        "with_placebo": (placebo.notna(), "claims with a placebo p-value"),
        "placebo_below_5": (family & (placebo < size), below),
    }
    for name in (*VERDICTS, *AMENDED):
        of = frame["verdict"] == name
        marks["_".join(re.findall(r"\w+", name))] = (of, f"claims with the verdict {name}")
    counts = {name: (int(of.sum()), words) for name, (of, words) in marks.items()}
    smallest = {
        f"smallest_{name}": (float(frame[f"{name}_p"].min()), f"smallest {name} p")
        for name in ("holm", "step_down")
        if frame[f"{name}_p"].notna().any()
    }
    return [
        *scalar_numbers("ledger", counts, SOURCE),
        *scalar_numbers("ledger", smallest, SOURCE, "p-value", "pvalue"),
    ]


def _agreement(frame: pd.DataFrame, size: float) -> Verdict:
    """Say whether the placebo p would decide any claim of the family otherwise than its test."""
    known = frame.dropna(subset=["holm_p", "placebo_p", "p"])
    differ = known.loc[(known["placebo_p"] < size) != (known["p"] < size), "claim"]
    return Verdict(
        "ledger.placebo",
        "disagrees" if len(differ) else "agrees",
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


def _picture(frame: pd.DataFrame, level: float) -> list[Figure]:
    """Effects in units of what each test can find, turned so that right is as claimed."""
    known = frame[["effect", "low", "high", "minimum_detectable"]].notna().all(axis=1)
    scale = (frame["sign"] / frame["minimum_detectable"].replace(0, float("nan"))).where(known)
    ends = frame[["effect", "low", "high"]].mul(scale, axis=0)
    shown = frame[["claim", "status", "verdict"]].assign(
        effect=ends["effect"], low=ends.min(axis=1), high=ends.max(axis=1)
    )
    if "effect_registered" in frame:  # over the detectable effect of the same rules
        unit = frame["sign"] / frame["detectable_registered"].astype(float)
        shown["registered"] = frame["effect_registered"].astype(float) * unit
    drawn = shown.dropna(subset=["effect"])
    if drawn.empty:  # facts alone have no detectable effect
        return []
    counts = Counter(frame["verdict"])
    clear = int(((drawn["low"] > 0) | (drawn["high"] < 0)).sum())
    largest = drawn.iloc[int(drawn["effect"].abs().argmax())]
    alt = (
        f"One row for each of {len(frame)} claims. Verdicts: "
        + ", ".join(f"{counts[n]} {n}" for n in (*VERDICTS, *AMENDED) if n in VERDICTS or counts[n])
        + f". {len(drawn)} rows show the effect over its minimum detectable effect with the "
        f"{percent(level)} interval, positive as claimed: {clear} intervals leave out zero, the "
        f"largest ratio is {format_value(largest['effect'], 'decimal2')} ({largest['claim']})."
    )
    return [Figure("ledger", "ledger", {"claims": shown}, alt, SOURCE)]
