"""How the headline claims fare when one choice is changed at a time."""

from __future__ import annotations

import pandas as pd

from analysis.questions.requirements import HEADLINE
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import format_value
from analysis.study.claims import decide_claim
from analysis.study.outcomes import Outcome
from analysis.study.panel import Panel
from analysis.study.variants import VARIANTS, judgement_calls

__all__ = ["compute", "under_variants"]

SOURCE = Provenance(
    "analysis.questions.robustness.one_choice.under_variants",
    # A variant is a changed copy of the whole snapshot, the customs figures included.
    ("prices.csv", "events.csv", "confounders.csv", "universe.csv", "customs.csv", "study.toml",
     "claims.toml"),
    "headline claims, one choice changed at a time",
)  # fmt: skip


def compute(panel: Panel) -> Findings:
    """Repeat the headline claims under every variant."""
    frame, size = under_variants(panel), panel.snapshot.choices.inference.size
    events = panel.events
    count = int(judgement_calls(events).sum())
    other = int((events["alternative_direction"] != "").sum())
    open_day = int(events["alternative_day0"].notna().sum())
    numbers = [
        Number(f"sensitivity.{key}", value, "count", "integer", what, SOURCE)
        for key, value, what in (
            ("judgement_calls", count, "events whose coding is a judgement"),
            ("flipped", other, "judgement calls with another direction"),
            ("open_days", open_day, "events whose day 0 is open"),
            ("runs", len(frame), "claim-variant pairs"),
            (
                "below_5",
                int((frame["p"] < size).sum()),
                f"claim-variant pairs with unadjusted p below {size:g}",
            ),
        )
    ]
    return Findings(
        numbers=numbers,
        tables=[_table(frame)],
        datasets=[Dataset("sensitivity", frame, SOURCE)],
        verdicts=_verdicts(frame, size),
    )


def under_variants(panel: Panel) -> pd.DataFrame:
    """Run the test of every headline claim on every variant of the panel.

    Returns
    -------
    DataFrame
        ``variant``, ``claim``, ``effect``, ``low``, ``high`` (fraction), ``p`` (unadjusted),
        ``sample`` (episodes), ``agrees`` (the effect has the claimed sign); missing values where a
        variant leaves fewer than three episodes.
    """
    rows = []
    for name, change in VARIANTS.items():
        changed = change(panel)
        claims = [(claim, panel.snapshot.claims[claim]) for claim in HEADLINE]
        rows += [_row(name, key, decide_claim(claim, changed)) for key, claim in claims]
    return pd.DataFrame(rows)


def _row(variant: str, claim: str, outcome: Outcome) -> dict[str, object]:
    return {
        "variant": variant,
        "claim": claim,
        "effect": outcome.effect,
        "low": outcome.low,
        "high": outcome.high,
        "p": outcome.p,
        "sample": outcome.count,
        "agrees": None if outcome.effect is None else outcome.effect * outcome.sign > 0,
    }


def _table(frame: pd.DataFrame) -> Table:
    shown = [
        f"{format_value(effect, 'percent1')} ({format_value(p, 'pvalue')}; {sample})"
        if pd.notna(effect)
        else f"\u2013 ({sample})"
        for effect, p, sample in zip(
            frame["effect"], frame["p"], frame["sample"].str.replace(" ", ""), strict=True
        )
    ]
    wide = frame.assign(cell=shown).pivot(index="variant", columns="claim", values="cell")
    wide = wide.loc[list(VARIANTS), list(HEADLINE)].rename_axis(None, axis=1).reset_index()
    return Table(
        "sensitivity",
        wide,
        {},
        {"variant": "Choice changed"},
        SOURCE,
        "Effect (unadjusted p; episodes). One choice differs from the baseline in each row. Day 0 "
        "only concerns the claims on the primary window; A12 and A9 fix windows of their own. A4 "
        "is defined by its model and keeps it.",
    )


def _verdicts(frame: pd.DataFrame, size: float) -> list[Verdict]:
    """Say for each claim whether sign and significance survive every variant."""
    verdicts = []
    for claim in HEADLINE:
        part = frame[frame["claim"] == claim].dropna(subset=["effect"])
        signs, small = set(part["effect"] > 0), set(part["p"] < size)
        said = "stable" if len(signs) == len(small) == 1 else "depends on choices"
        verdicts.append(
            Verdict(
                f"sensitivity.{claim.lower()}",
                said,
                f"one sign, and p on one side of {size:g}, in the baseline and every variant",
                f"effects {part['effect'].min():.3g} to {part['effect'].max():.3g}, p "
                f"{part['p'].min():.3g} to {part['p'].max():.3g}",
                SOURCE,
            )
        )
    return verdicts
