"""Claims that are specified anew: both entries side by side, and what stands beside the new ones.

Nothing here was specified before results were known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from analysis.estimators.significance import Significance
from analysis.results import Findings, Number, Provenance, Table
from analysis.results.columns import Column, Scalar, scalar_numbers, table_of
from analysis.results.formats import escape_markup
from analysis.snapshot.claims import Mean, Retraced
from analysis.study.claim_facts import split_loss
from analysis.study.claim_kinds import list_events
from analysis.study.episodes import mean_over
from analysis.study.panel import Panel

__all__ = ["compare_together", "respecified_rows", "respecify"]

KEY = "claim.{claim}"
COLUMNS = (
    Column("claim", "Claim"),
    Column("estimand_registered", "Measured as registered"),
    Column("rule_registered", "Rule"),
    Column("estimand_amended", "Measured as amended"),
    Column("rule_amended", "Rule"),
)
NOTE = (
    "Claims whose registered estimand misread the news item. The registered rules decide the "
    "registered entries, the amended rules the amended ones; @tbl-amended has both verdicts."
)


def respecified_rows(panel: Panel) -> Findings:
    """Publish both entries of each claim, and the numbers beside the new ones.

    Parameters
    ----------
    panel : Panel
        Under the amended rules.
    """
    frame = respecify(panel)
    if frame.empty:
        return Findings()
    source = Provenance.of(respecify, "claims.toml")
    return Findings(numbers=[*_beside(panel)], tables=[_table(frame, source)])


def respecify(panel: Panel) -> pd.DataFrame:
    """List the claims that have two entries.

    Returns
    -------
    DataFrame
        ``claim``, and ``estimand``, ``test`` and ``rule`` of either entry, ``_registered`` and
        ``_amended``.
    """
    snapshot, words = panel.snapshot, ("estimand", "test", "rule")
    rows = []
    for key, claim in snapshot.claims.items():
        was = snapshot.registered[key]
        if was is not claim:
            entries = {"registered": was, "amended": claim}
            said = {f"{word}_{n}": getattr(e, word) for n, e in entries.items() for word in words}
            rows.append({"claim": key, **said})
    return pd.DataFrame(rows)


def _table(frame: pd.DataFrame, source: Provenance) -> Table:
    shown = frame.copy()
    words = shown.columns.drop("claim")
    shown[words] = shown[words].map(escape_markup)
    return table_of("respecified", shown, COLUMNS, source, NOTE)


def _beside(panel: Panel) -> Iterator[Number]:
    """Yield how a gain went that a claim splits, and a test on all windows, overlap or not."""
    for key, claim in panel.claims.items():
        at = KEY.format(claim=key.lower())
        if isinstance(claim, Retraced) and claim.since:
            loss = split_loss(claim, panel)
            source = Provenance.of(respecify, "closes of four days")
            shares: dict[str, Scalar] = {
                "gone_before": (loss.before, f"share of the gain of {key} gone before its loss"),
                "gone": (loss.before + loss.share, f"share of the gain of {key} gone in the end"),
            }
            yield from scalar_numbers(at, shares, source, "fraction", "percent0")
            against = f"last close of {key} against its first one"
            level: dict[str, Scalar] = {"level": (loss.level, against)}
            yield from scalar_numbers(at, level, source, "fraction", "percent1")
        if isinstance(claim, Mean) and claim.events.apart:
            yield from _together_numbers(key, at, compare_together(claim, panel))


def compare_together(claim: Mean, panel: Panel) -> Significance:
    """Test a claim on all its episodes, also those whose windows share sessions.

    Windows that overlap hold the same returns: this takes for many what is few.
    """
    every = replace(claim, events=replace(claim.events, apart=0))
    days = list_events(every, panel)
    return mean_over(days.loc[days["left_out"] == "", "value"])


def _together_numbers(key: str, at: str, found: Significance) -> list[Number]:
    source = Provenance.of(compare_together, "all episodes, windows that overlap included")
    of = f"of {key} on all episodes, as if windows that overlap were independent"
    return scalar_numbers(
        f"{at}.together",
        {
            "effect": (found.estimate, f"effect {of}", "log ratio", "decimal2"),
            "p": (found.p, f"p-value {of}", "p-value", "pvalue"),
            "count": (found.n, f"sample {of}", "count", "integer"),
        },
        source,
    )
