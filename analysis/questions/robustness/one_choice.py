"""How the claims that the study names fare when one choice is changed at a time.

The baseline is the ledger's, so that each row departs from the rules by which the study decides;
what one amended rule does alone, from the registered ones on, is shown with the amendments.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.questions.requirements import need_section
from analysis.results import Dataset, Findings, Provenance, Table, Verdict
from analysis.results.columns import Column, scalar_numbers, spread, table_of, verdicts_of
from analysis.results.formats import format_value, listed
from analysis.study.claims import decide_claim
from analysis.study.panel import Panel
from analysis.study.variants import VARIANTS, judgement_calls

__all__ = ["compute", "under_variants"]

NEEDS = (need_section("one_choice"),)


def compute(panel: Panel) -> Findings:
    """Repeat the claims under every variant."""
    frame, events = under_variants(panel), panel.events
    size = panel.snapshot.choices.inference.size
    other, open_day = events["alternative_direction"] != "", events["alternative_day0"].notna()
    small = f"claim-variant pairs with unadjusted p below {size:g}"
    counts: dict[str, tuple[Any, str]] = {
        "judgement_calls": (judgement_calls(events), "events whose coding is a judgement"),
        "flipped": (other, "judgement calls with another direction"),
        "open_days": (open_day, "events whose day 0 is open"),
        "runs": (frame["claim"].notna(), "claim-variant pairs"),
        "below_5": (frame["p"] < size, small),
    }
    cells = {name: (int(marks.sum()), words) for name, (marks, words) in counts.items()}
    return Findings(
        numbers=scalar_numbers("sensitivity", cells, SOURCE),
        tables=[_table(panel, frame)],
        datasets=[Dataset("sensitivity", frame, SOURCE)],
        verdicts=_verdicts(frame, size),
    )


def under_variants(panel: Panel) -> pd.DataFrame:
    """Run the test of every claim of ``study.one_choice`` on every variant of the panel.

    Returns
    -------
    DataFrame
        ``variant``, ``claim``, ``effect``, ``low``, ``high`` (fraction), ``p`` (unadjusted),
        ``sample`` (episodes), ``agrees`` (the effect has the claimed sign); missing values where a
        variant leaves fewer than three episodes.
    """
    rows: list[dict[str, object]] = []
    for name, change in VARIANTS.items():
        changed = change(panel)
        for claim in panel.snapshot.choices.one_choice.claims:
            outcome = decide_claim(panel.claims[claim], changed)
            agrees = None if outcome.effect is None else outcome.effect * outcome.sign > 0
            rows.append({"variant": name, "claim": claim, **outcome.cells, "agrees": agrees})
    return pd.DataFrame(rows)


SOURCE = Provenance.of(under_variants, "headline claims, one choice changed at a time")


def _table(panel: Panel, frame: pd.DataFrame) -> Table:
    cells = [
        f"{format_value(effect, 'percent1')} ({format_value(p, 'pvalue')}; {sample})"
        if pd.notna(effect)
        else f"{format_value(None, 'percent1')} ({sample})"
        for effect, p, sample in zip(
            frame["effect"], frame["p"], frame["sample"].str.replace(" ", ""), strict=True
        )
    ]
    wide, columns = spread(frame.assign(cell=cells), ["variant"], "claim", [Column("cell")])
    rows = (Column("variant", "Choice changed"), *columns)
    return table_of("sensitivity", wide, rows, SOURCE, _note(panel))


def _note(panel: Panel) -> str:
    """Say what the cells hold, and which claims a change of window or model does not reach."""
    claims = [panel.claims[key] for key in panel.snapshot.choices.one_choice.claims]
    fixed = [c.id for c in claims if getattr(c, "window", None)]
    models = [c.id for c in claims if getattr(c, "model", None)]
    notes = ["Effect (unadjusted p; episodes). One choice differs from the baseline in each row."]
    switched = "without" if panel.intercept else "with"
    notes.append(f"Intercept switched: the normal return {switched} one.")
    if fixed:
        own = "fix windows of their own" if len(fixed) > 1 else "fixes a window of its own"
        reach = "Day 0 only concerns the claims on the primary window"
        notes.append(f"{reach}; {listed(fixed)} {own}.")
    if models:
        kept = "are defined by their models and keep them"
        kept = kept if len(models) > 1 else "is defined by its model and keeps it"
        notes.append(f"{listed(models)} {kept}.")
    return " ".join(notes)


def _verdicts(frame: pd.DataFrame, size: float) -> list[Verdict]:
    """Say for each claim whether sign and significance survive every variant."""
    rows = []
    for claim, every in frame.groupby("claim", sort=False):
        effect, p = every["effect"].dropna(), every.dropna(subset=["effect"])["p"]
        alike = (effect > 0).nunique() == (p < size).nunique() == 1
        said = "stable" if alike else "depends on choices"
        ends = {"low": effect.min(), "high": effect.max(), "p_low": p.min(), "p_high": p.max()}
        rows.append({"claim": claim, "said": said, **ends})
    rule = f"one sign, and p on one side of {size:g}, in the baseline and every variant"
    evidence = "effects {low:.3g} to {high:.3g}, p {p_low:.3g} to {p_high:.3g}"
    return verdicts_of(pd.DataFrame(rows), "said", "sensitivity.{claim}", rule, evidence, SOURCE)
