"""The ledger by the registered rules, beside the amended ones that decide; and every rule alone.

The amended rules were written after results were known: what they find is no confirmation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from analysis.questions.ledger.quiet_days import quiet_rows
from analysis.questions.ledger.respecified import respecified_rows
from analysis.questions.requirements import AMENDING, LEDGER
from analysis.results import Dataset, Findings, Provenance, Table, Verdict
from analysis.results.columns import (
    Column,
    Scalar,
    numbers_of,
    scalar_numbers,
    table_of,
    verdicts_of,
)
from analysis.results.formats import escape_markup, percent, with_interval
from analysis.snapshot.claims import (
    Claim,
    Events,
    Mean,
    OnEvents,
)
from analysis.snapshot.rules import SWITCHES, Rules
from analysis.study.claims import decide_claim
from analysis.study.directions import list_policy
from analysis.study.outcomes import Outcome
from analysis.study.panel import Panel, under
from analysis.study.verdicts import judge

__all__ = ["compute", "decide_by_rules"]

NEEDS = (LEDGER, AMENDING)

REGISTERED, AMENDED = "registered", "amended"
NAMES = {
    REGISTERED: "as registered",
    "contamination": "deals touch all core firms",
    "mixture": "mixed by window",
    "statistic": "one statistic",
    "verdicts": "symmetric verdicts",
    "normal": "no intercept",
    AMENDED: "all amended",
}
DECIDED = ("supported", "contradicted")
KEY = "claim.{claim}.registered"
BY_RULES = "registered rules, and amended ones that were specified after results were known"
OF_FAMILY = "confirmatory claims with a p-value by the registered rules"
OWN = (
    Column("effect", "", "text", "see estimand", "{estimand}", ".effect", "", "low", "high", "p"),
    Column("detectable", "", "text", "see estimand", "detectable: {estimand}", ".detectable"),
)
CELLS = (
    Column("p", "", "pvalue", "p-value", "p-value: {estimand}", ".p"),
    Column("holm", "", "pvalue", "p-value", "holm p-value: {estimand}", ".holm"),
    Column("sample", "", "text", "episodes", "sample: {estimand}", ".count"),
)
MEAN = "mean response of the core to {what} news, {rules}"
SHOWN_BY = "effect of claim {claim}, {rules}"
BY_RULE = (Column("effect", "", "percent1", "fraction", SHOWN_BY, "", "", "low", "high", "p"),)
MEANS = (Column("effect", "", "percent1", "fraction", MEAN, "", "", "low", "high", "p"),)
ALONE = (
    Column("name", "Rules"),
    Column("what", "Core response"),
    Column("sample", "K"),
    Column("interval", "Effect"),
    Column("p", "p", "pvalue"),
    Column("holm", "Holm", "pvalue"),
)
BOTH = (
    Column("claim", "Claim"),
    *(
        column
        for rules in (AMENDED, REGISTERED)
        for column in (
            Column(f"sample_{rules}", "K"),
            Column(f"interval_{rules}", rules.capitalize()),
            Column(f"p_{rules}", "p", "pvalue"),
            Column(f"holm_{rules}", "Holm", "pvalue"),
            Column(f"verdict_{rules}", "Verdict"),
        )
    ),
)
POINTS = (
    Column("named", "Point"),
    Column("reason", "Reason"),
    Column("seen", "Seen by then"),
    Column("text", "What is done"),
)
NOTE_ALONE = (
    "Each amended rule alone and all together, with the {level} interval. K: episodes; Holm: "
    "adjusted over the family of that set of rules. Exploratory: the amended rules were specified "
    "after results were known."
)
NOTE_BOTH = (
    "Claims as in @tbl-claims, by the amended rules, which decide, and by the registered ones, "
    "with the {level} interval. The amended rules were specified after results were known."
)


def compute(panel: Panel) -> Findings:
    """Decide every claim by both sets of rules, and by each amended rule alone."""
    decided = decide_by_rules(panel)
    level = panel.snapshot.choices.inference.level
    source = Provenance.later(decide_by_rules, BY_RULES)
    shown = panel.snapshot.choices.rules.claim
    beside = decided[(decided["claim"] == shown) | (decided["what"] != "")]
    beside = beside.assign(
        name=beside["rules"].map(NAMES),
        what=beside["what"].where(beside["what"] != "", shown),
        interval=_intervals(beside),
    )
    claims = decided[decided["what"] == ""]
    registered = claims[claims["rules"] == REGISTERED]
    numbers = numbers_of(registered, CELLS, KEY, source)
    for fmt in dict.fromkeys(registered["format"]):
        rows = registered[registered["format"] == fmt]
        own = [replace(column, format=fmt) for column in OWN]
        numbers += numbers_of(rows, own, KEY, source, level=level)
    means = beside[beside["what"] != shown]
    numbers += numbers_of(means, MEANS, "amended.{rules}.{what}", source, level=level)
    of_claim = beside[beside["what"] == shown].assign(claim=shown)
    own = [replace(column, format=of_claim["format"].iloc[0]) for column in BY_RULE]
    numbers += numbers_of(of_claim, own, "amended.{rules}.{claim}", source, level=level)
    numbers += scalar_numbers("registered", _counts(registered), source)
    numbers += scalar_numbers("amended", _stated(panel), source)
    texts = {"level": percent(level)}
    tables = [
        table_of("amendments", beside, ALONE, source, NOTE_ALONE, **texts),
        table_of("amended", _side_by_side(claims), BOTH, source, NOTE_BOTH, **texts),
    ]
    return Findings(
        numbers=numbers,
        tables=[*tables, *_points(panel)],
        verdicts=[*_verdicts(registered, source), *_families(claims, source)],
        datasets=[Dataset("amendments", decided.drop(columns=["estimand", "format"]), source)],
    ).extend(
        [quiet_rows(panel), respecified_rows(under(panel, panel.snapshot.choices.rules.amended))]
    )


def _counts(registered: pd.DataFrame) -> dict[str, Scalar]:
    """Count the family and its decided claims by the registered rules."""
    family = registered[registered["holm"].notna()]
    counts: dict[str, Scalar] = {"family": (len(family), OF_FAMILY)}
    for verdict in DECIDED:
        words = f"claims of the registered family with the verdict {verdict}"
        counts[verdict] = (int((family["verdict"] == verdict).sum()), words)
    smallest = "smallest p-value adjusted over the registered family"
    counts["smallest_holm"] = (float(family["holm"].min()), smallest, "p-value", "pvalue")
    return counts


def _stated(panel: Panel) -> dict[str, Scalar]:
    """State how many rules were amended, when, and the bounds that they fix."""
    amendments, stated = panel.snapshot.amendments, dict[str, Scalar]()
    turned = sum(entry.rule is not None for entry in amendments)
    if turned:
        day = max(entry.day for entry in amendments).isoformat()
        stated["rules"] = (turned, "amended rules of inference", "count", "words")
        stated["day"] = (day, "day of the last amendment", "date", "date")
    for measured, bound in panel.snapshot.choices.rules.amended.bound.items():
        words = f"detectable effect beyond which a test cannot decide, {measured}"
        stated[f"bound.{measured}"] = (bound, words, "fraction", "percent0")
    return stated


def decide_by_rules(panel: Panel) -> pd.DataFrame:
    """Decide every claim by each set of rules.

    Returns
    -------
    DataFrame
        One row a set of ``rules`` and ``claim``, or mean response that is ``what``: ``effect``,
        ``low``, ``high``, ``p``, ``holm``, ``detectable``, ``sample``, ``verdict``, ``estimand``,
        ``format``.
    """
    sets = panel.snapshot.choices.rules
    rules: dict[str, Rules] = {REGISTERED: sets.registered}
    rules |= {name: sets.alone(name) for name in SWITCHES} | {AMENDED: sets.amended}
    means = dict(_means(panel.snapshot.registered[sets.claim], panel))
    fixed: dict[tuple[str, str], dict[str, Outcome]] = {}
    rows = []
    for name, each in rules.items():
        ruled = under(panel, each)
        claims, kept = ruled.claims, (each.claims, each.normal)
        if kept not in fixed:  # no other rule touches what no event decides
            fixed[kept] = _decide(claims, ruled, on_events=False)
        results = fixed[kept] | _decide(claims, ruled, on_events=True)
        results = {key: results[key] for key in claims}
        judged = judge(ruled, results)
        for key, outcome in results.items():
            row = {"rules": name, "claim": key, "what": "", **_cells(outcome)}
            holm, verdict = judged[key]
            said = {"holm": holm, "verdict": verdict, "estimand": claims[key].estimand}
            rows.append(row | said)
        for what, claim in means.items():
            cells = _cells(decide_claim(claim, ruled))
            rows.append({"rules": name, "claim": "", "what": what, **cells, "estimand": what})
    values = dict.fromkeys(("effect", "low", "high", "p", "holm", "detectable"), float)
    return pd.DataFrame(rows).astype(values)


def _decide(claims: Mapping[str, Claim], panel: Panel, *, on_events: bool) -> dict[str, Outcome]:
    """Decide the claims that events decide, or the others."""
    return {
        key: decide_claim(claim, panel)
        for key, claim in claims.items()
        if isinstance(claim, OnEvents) == on_events
    }


def _means(claim: Claim, panel: Panel) -> Iterator[tuple[str, Mean]]:
    """Yield the mean responses behind a claim, and the one of all policy, signed."""
    sides = claim.sides.values() if isinstance(claim, OnEvents) else ()
    kinds = {", ".join(events.directions): events for events in sides}
    policy = Events(directions=list_policy(panel.snapshot.choices), signed=True)
    for name, events in {**kinds, "policy": policy}.items():
        if isinstance(claim, OnEvents):
            yield (
                name,
                Mean(
                    id="mean",
                    item=claim.item,
                    status="exploratory",
                    statement=claim.statement,
                    estimand=claim.estimand,
                    test=claim.test,
                    rule=claim.rule,
                    kind="mean",
                    of=claim.of,
                    events=events,
                ),
            )


def _cells(outcome: Outcome) -> dict[str, float | str | None]:
    return {**outcome.cells, "detectable": outcome.detectable, "format": outcome.format}


def _side_by_side(claims: pd.DataFrame) -> pd.DataFrame:
    """Put both sets of rules in one row a claim."""
    shown = claims.assign(interval=_intervals(claims))
    parts = [
        shown[shown["rules"] == name].set_index("claim").add_suffix(f"_{name}")
        for name in (REGISTERED, AMENDED)
    ]
    return pd.concat(parts, axis=1).reset_index()


def _intervals(frame: pd.DataFrame) -> list[str]:
    cells = frame[["effect", "low", "high", "format"]].itertuples(index=False)
    return [with_interval(*row) for row in cells]


def _points(panel: Panel) -> list[Table]:
    """List the points of the re-reading, where the study has any."""
    source = Provenance.of(_points, "registration/amendments.toml")
    rows = [
        {"named": f"{escape_markup(a.point)} ({a.kind}, {a.day.isoformat()})"}
        | {name: escape_markup(getattr(a, name)) for name in ("reason", "seen", "text")}
        for a in panel.snapshot.amendments
    ]
    return [table_of("points", pd.DataFrame(rows), POINTS, source)] if rows else []


def _verdicts(registered: pd.DataFrame, source: Provenance) -> list[Verdict]:
    rule = "the rule of the claim as registered"
    return verdicts_of(
        registered,
        "verdict",
        "{claim}.registered",
        rule,
        "effect {effect:.4g}, p {p:.3g}, adjusted {holm:.3g}, sample {sample}",
        source,
    )


def _families(claims: pd.DataFrame, source: Provenance) -> Iterator[Verdict]:
    """Say whether any claim of the family is supported or contradicted by a set of rules."""
    for name in (REGISTERED, AMENDED):
        family = claims[(claims["rules"] == name) & claims["holm"].notna()]
        found = family[family["verdict"].isin(DECIDED)]
        yield Verdict(
            f"family.{name}",
            "some" if len(found) else "none",
            "a claim of the family is supported or contradicted",
            ", ".join(found["claim"] + " " + found["verdict"]) or "none",
            source,
        )
