"""Out of sample by design: the rules on the events to a day, and unchanged on later ones."""

from __future__ import annotations

import pandas as pd

from analysis.questions.requirements import SPLIT, need_section
from analysis.results import Dataset, Findings, Provenance, Table, Verdict
from analysis.results.columns import Column, scalar_numbers, table_of
from analysis.results.formats import format_value, percent, with_interval, words
from analysis.snapshot.claims import ON_RETURNS, OnEvents
from analysis.study.claims import decide_claim
from analysis.study.episodes import FEWEST
from analysis.study.panel import Panel, chained
from analysis.study.variants import events_between, returns_between

__all__ = ["compute", "split_outcomes"]

NEEDS = (need_section("out_of_sample"), SPLIT)

PARTS = ("fixed", "later")


def compute(panel: Panel) -> Findings:
    """Show both parts of the sample side by side."""
    frame, inference = split_outcomes(panel), panel.snapshot.choices.inference
    both = frame.dropna(subset=["fixed_effect", "later_effect"])
    same = both["fixed_effect"] * both["later_effect"] > 0
    cut = pd.Timestamp(panel.snapshot.choices.out_of_sample.fixed_to)
    every = chained(panel).events
    events = every[every["status"] == "confirmatory"]
    late = events.groupby(events["day0"] > cut)["episode"].nunique()
    below = f"claims with unadjusted p below {inference.size:g} in the later part"
    with_event = "episodes with a confirmatory event"
    counts = {
        "claims": (len(frame), "confirmatory claims with a test"),
        "both": (len(both), "claims with an effect in both parts"),
        "same_sign": (int(same.sum()), "claims whose effect has one sign in both parts"),
        "later_below_5": (int((both["later_p"] < inference.size).sum()), below),
        "episodes_fixed": (int(late.get(False, 0)), f"{with_event} to the day of the split"),
        "episodes_later": (int(late.get(True, 0)), f"{with_event} after the day of the split"),
    }
    day = {"fixed_to": (cut.date().isoformat(), "last day of the first part of the sample")}
    numbers = [
        *scalar_numbers("out_of_sample", counts, SOURCE),
        *scalar_numbers("out_of_sample", day, SOURCE, "date", "date"),
    ]
    return Findings(
        numbers=numbers,
        tables=[_table(frame, cut, inference.level)],
        datasets=[Dataset("out_of_sample", frame, SOURCE)],
        verdicts=[_verdict(both, inference.size)],
    )


def split_outcomes(panel: Panel) -> pd.DataFrame:
    """Run the test of every confirmatory claim on the events to the split and on those after it.

    Betas and customs correlations use the returns of each part.

    Returns
    -------
    DataFrame
        ``claim``, ``statement``, ``format`` and for each part, with the prefix ``fixed_`` or
        ``later_``: ``effect``, ``low``, ``high``, ``p`` (unadjusted), ``sample``.
    """
    sessions = panel.snapshot.sessions
    cut = pd.Timestamp(panel.snapshot.choices.out_of_sample.fixed_to)
    ends = ((sessions[0], cut), (sessions[sessions > cut][0], sessions[-1]))
    rows = []
    for claim in panel.claims.values():
        if not isinstance(claim, (OnEvents, *ON_RETURNS)):
            continue
        part = events_between if isinstance(claim, OnEvents) else returns_between
        row: dict[str, object] = {"claim": claim.id, "statement": claim.statement}
        for name, (first, last) in zip(PARTS, ends, strict=True):
            outcome = decide_claim(claim, part(panel, first, last))
            row["format"] = outcome.format
            row |= {f"{name}_{cell}": value for cell, value in outcome.cells.items()}
        rows.append(row)
    return pd.DataFrame(rows)


SOURCE = Provenance.of(split_outcomes, "confirmatory claims with a test")


def _table(frame: pd.DataFrame, cut: pd.Timestamp, level: float) -> Table:
    day = format_value(cut.date().isoformat(), "date")
    heads = (
        (f"To {cut.year}", f"From {cut.year + 1}") if cut.is_year_end else (f"To {day}", "Later")
    )
    columns, shown = [Column("claim", "Claim")], {}
    for part, head in zip(PARTS, heads, strict=True):
        cells = frame[[f"{part}_effect", f"{part}_low", f"{part}_high", "format"]]
        shown[f"{part}_shown"] = [with_interval(*row) for row in cells.itertuples(index=False)]
        columns += [
            Column(f"{part}_sample", "K"),
            Column(f"{part}_shown", head),
            Column(f"{part}_p", "p", "pvalue"),
        ]
    note = (
        f"Claims as in @tbl-ledger. Effect with {percent(level)} interval and unadjusted p, on "
        f"events to {day} and on later ones; the rules are the same. An en dash: fewer than "
        f"{words(FEWEST)} episodes."
    )
    return table_of("out_of_sample", frame.assign(**shown), columns, SOURCE, note)


def _verdict(both: pd.DataFrame, size: float) -> Verdict:
    """Say whether any claim is nominally significant with one sign in both parts."""
    held = both[
        (both["fixed_effect"] * both["later_effect"] > 0)
        & (both["fixed_p"] < size)
        & (both["later_p"] < size)
    ]
    return Verdict(
        "out_of_sample.replicates",
        "some" if len(held) else "none",
        f"one sign and unadjusted p below {size:g} in both parts",
        ", ".join(held["claim"]) or "none",
        SOURCE,
    )
