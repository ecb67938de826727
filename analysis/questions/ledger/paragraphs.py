"""One paragraph for each claim: what was asked, how it was decided, and what that means."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.questions.ledger.entries import Entry
from analysis.results.formats import escape_markup, format_value, percent, with_interval, words
from analysis.snapshot.calendar import nyse_sessions
from analysis.snapshot.claims import Equivalence, VarianceShare, Waiting
from analysis.study.claim_facts import day_named
from analysis.study.claim_words import place_item, quoted
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import NOISE, NOT_TESTABLE
from analysis.study.panel import Panel
from analysis.study.verdicts import CANNOT, NO_SIGN

__all__ = ["paragraphs", "testable_from"]

FACTS = {
    "supported": "The fact is as stated; it is one day or month and no pattern.",
    "mixed": "Part of the statement holds and part does not.",
    "contradicted": "The fact is not as stated.",
}
SHARES = {
    "supported": "The interval lies on the claimed side of the bound.",
    "contradicted": "The interval lies on the other side of the bound.",
    CANNOT: "The bound lies within the interval.",
}
NOT_DECIDED = {
    "not a claim": "Nothing is claimed that could turn out false: days are listed.",
    "shown, not decided": "The item quotes an early move; the close is shown and decides nothing.",
}
DRIFTS = {
    "supported": "A drift beyond the bounds is excluded.",
    "mixed": "Neither a drift nor its absence within the bounds is shown.",
    CANNOT: "Neither a drift nor its absence within the bounds is shown.",
    "contradicted": "There is a drift.",
}


def paragraphs(
    claims: list[Entry],
    panel: Panel,
    registered: pd.DataFrame,
    survived: Mapping[str, str | None],
    before: pd.DataFrame,
) -> str:
    """Write the paragraphs in the order of the ledger, in Markdown.

    ``registered``: see :func:`analysis.questions.ledger.beside.registered_beside`; ``survived``:
    the losses of episodes that verdicts survive, in words; ``before``: see
    :func:`analysis.questions.before.claims_beside.list_beside_claims`.
    """
    rows, written = before.to_dict("index"), []
    for entry in claims:
        parts = [_paragraph(entry, panel, registered)]
        if words := survived.get(entry.id):
            parts.append(f"Loss of episodes that the verdict survives: {words}.")
        if entry.id in rows:
            parts.append(_before(rows[entry.id]))
        written.append(" ".join(parts))
    return "\n\n".join(written)


def testable_from(claim: Waiting, panel: Panel) -> pd.Timestamp:
    """Return the session from which on a claim that waits for sessions can be tested."""
    day, needed = day_named(claim.start, panel), claim.sessions[0]
    return nyse_sessions(day, day + pd.Timedelta(days=2 * needed + 30))[needed]


def _paragraph(entry: Entry, panel: Panel, registered: pd.DataFrame) -> str:
    own = ("item", "statement", "estimand", "test", "rule")
    item, statement, *how = (escape_markup(getattr(entry.claim, name)) for name in own)
    sentences = [
        f"**{entry.id}** ({item} item, {entry.claim.status}). *{statement}.*",
        _source(entry, panel),
        "Measured: {}. Test: {}. Rule{}: {}.".format(
            *how[:2], " as registered" if len(registered) else "", how[2]
        ),
        _result(entry, panel),
        _placebo(entry),
        _adjusted(entry),
        _power(entry, panel),
        f"Verdict: **{entry.verdict}**. {_meaning(entry, panel)}",
        _registered(registered.loc[[entry.id]], panel) if len(registered) else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _source(entry: Entry, panel: Panel) -> str:
    """Quote the news item, with its outlet and day."""
    if not entry.claim.quote:
        return ""
    place = place_item(panel.snapshot.items[entry.claim.item])
    return f"The item ({place}): {quoted(entry.claim)}."


def _result(entry: Entry, panel: Panel) -> str:
    o, level = entry.outcome, percent(panel.snapshot.choices.inference.level)
    if o.effect is None:
        return f"Sample: {_sample(entry)}."
    shown = with_interval(o.effect, o.low, o.high, o.format).replace("(", f"({level} interval ")
    p = "" if o.p is None else f", p {_p(o.p)}"
    return f"Result: {shown} from {_sample(entry)}{p}."


def _sample(entry: Entry) -> str:
    """Name the unit where the count of the ledger is a bare number of episodes."""
    count = entry.outcome.count
    if isinstance(entry.claim, Waiting):
        return f"{count} sessions"
    return f"{count} episodes" if count.replace(" + ", "").isdigit() else count


def _placebo(entry: Entry) -> str:
    if entry.placebo is None:
        return ""
    where = ""
    if entry.sessions is not None:
        fewest, most = entry.sessions
        span = str(most) if fewest == most else f"{fewest} to {most}"
        where = f" (each episode could go to {span} quiet sessions)"
    return f"Placebo p {_p(entry.placebo)}{where}."


def _adjusted(entry: Entry) -> str:
    if entry.holm is None:
        return ""
    stepped = "" if entry.step_down is None else f", by joint placebo draws {_p(entry.step_down)}"
    return f"Adjusted for the family: {_p(entry.holm)} by Holm{stepped}."


def _power(entry: Entry, panel: Panel) -> str:
    o, inference = entry.outcome, panel.snapshot.choices.inference
    if o.detectable is None:
        return ""
    text = (
        f"Detectable with {format_value(inference.power, 'percent0')} power: "
        f"{format_value(o.detectable, o.format)}"
    )
    if o.power is not None:
        reference = format_value(inference.reference, "percent0")
        text += f"; a true effect of {reference} would be found with probability {o.power:.2f}"
    return f"{text}."


def _registered(rows: pd.DataFrame, panel: Panel) -> str:
    """Say what the registered rules made of the claim, which has one row."""
    (row,), shown = rows.to_dict("records"), ""
    if pd.notna(row["effect"]):
        level = percent(panel.snapshot.choices.inference.level)
        cells = with_interval(row["effect"], row["low"], row["high"], row["format"])
        shown = cells.replace("(", f"({level} interval ") + f" from {row['sample']}, "
    shown += f"p {_p(row['p'])}, " if pd.notna(row["p"]) else ""
    shown += f"adjusted {_p(row['holm'])}, " if pd.notna(row["holm"]) else ""
    return f"By the registered rules: {shown}**{row['verdict']}**."


def _before(row: Mapping[Hashable, Any]) -> str:
    """Say what the registered test of the years before beside the claim found."""
    shown = with_interval(row["scar"], row["low"], row["high"], "decimal2")
    bare = ", without the condition of this claim" if row["conditioned"] else ""
    return (
        f"In the years before (@sec-before, test {row['test']}{bare}): {shown} standard errors "
        f"from {row['episodes']} episodes, p {_p(row['p'])}, adjusted {_p(row['holm'])}, "
        f"**{row['verdict']}**. With firms left in the events that are their own news: "
        f"{format_value(row['own_scar'], 'decimal2')}, p {_p(row['own_p'])}."
    )


def _meaning(entry: Entry, panel: Panel) -> str:
    """Say in one sentence what the verdict means for a reader of the claim."""
    verdict, size = entry.verdict, panel.snapshot.choices.inference.size
    if isinstance(entry.claim, Waiting) and verdict == NOT_TESTABLE:
        day = format_value(testable_from(entry.claim, panel).date().isoformat(), "date")
        return f"It can be tested from {day} on, with prices to that day."
    if verdict == NOT_TESTABLE or (verdict == CANNOT and entry.outcome.effect is None):
        return (
            f"Fewer than {words(FEWEST)} clean episodes of this kind exist, too few for any spread."
        )
    if verdict in NOT_DECIDED:
        return NOT_DECIDED[verdict]
    if isinstance(entry.claim, VarianceShare):
        return SHARES[verdict]
    if entry.outcome.p is None:
        return FACTS[verdict]
    if isinstance(entry.claim, Equivalence):
        return DRIFTS[verdict]
    if verdict == "mixed":
        return "The evidence points both ways, so that the statement as a whole does not stand."
    if verdict == "supported":
        adjusted = "" if entry.holm is None else ", after adjustment for all that was tested"
        return f"The statement holds by its rule{adjusted}."
    if verdict == CANNOT:
        return "The effect that the test can find is too large for it to decide."
    if verdict == NO_SIGN:
        return "The effect lies within one standard error of zero, so that no sign is named."
    if verdict == "contradicted" and panel.rules.verdicts == "symmetric":
        return "The sign is the opposite one, after adjustment for all that was tested."
    if verdict == "contradicted":
        adjusted = "" if entry.holm is None else f"; adjusted for the family it is {_p(entry.holm)}"
        return f"The sign is the opposite one and its own p-value below {size:g}{adjusted}."
    return _noise(entry, size)


def _noise(entry: Entry, size: float) -> str:
    """Say how common a statistic as large is without news, or else what the test says."""
    sign = "claimed" if entry.verdict == NOISE[1] else "opposite"
    if entry.sessions is None or entry.placebo is None or entry.placebo < size:
        rejects = f"the test does not reject chance at {percent(size)}"
        return f"The sign is the {sign} one, and {rejects}."
    share = format_value(entry.placebo, "percent0")
    return (
        f"The sign is the {sign} one, and a statistic as large comes up in {share} "
        "of placebo draws."
    )


def _p(value: float) -> str:
    return format_value(value, "pvalue")
