"""Out of sample by design: the rules on the events to a day, and unchanged on later ones."""

from __future__ import annotations

import pandas as pd

from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import MISSING, format_value, percent, words
from analysis.snapshot.claims import ON_RETURNS, OnEvents
from analysis.study.claims import decide_claim
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import Outcome
from analysis.study.panel import Panel
from analysis.study.variants import events_between, returns_between

__all__ = ["compute", "split_outcomes"]

INPUTS = ("claims.toml", "prices.csv", "customs.csv", "events.csv", "confounders.csv",
          "universe.csv", "study.toml")  # fmt: skip
SOURCE = Provenance(
    "analysis.questions.ledger.out_of_sample.split_outcomes",
    INPUTS,
    "confirmatory claims with a test",
)
PARTS = ("fixed", "later")


def compute(panel: Panel) -> Findings:
    """Show both parts of the sample side by side."""
    frame, inference = split_outcomes(panel), panel.snapshot.choices.inference
    both = frame.dropna(subset=["fixed_effect", "later_effect"])
    same = both["fixed_effect"] * both["later_effect"] > 0
    cut = pd.Timestamp(panel.snapshot.choices.out_of_sample.fixed_to)
    events = panel.events[panel.events["status"] == "confirmatory"]
    counts = {
        "claims": (len(frame), "confirmatory claims with a test"),
        "both": (len(both), "claims with an effect in both parts"),
        "same_sign": (int(same.sum()), "claims whose effect has one sign in both parts"),
        "later_below_5": (
            int((both["later_p"] < inference.size).sum()),
            f"claims with unadjusted p below {inference.size:g} in the later part",
        ),
        "episodes_fixed": (
            events.loc[events["day0"] <= cut, "episode"].nunique(),
            "episodes with a confirmatory event to the day of the split",
        ),
        "episodes_later": (
            events.loc[events["day0"] > cut, "episode"].nunique(),
            "episodes with a confirmatory event after the day of the split",
        ),
    }
    numbers = [
        Number(f"out_of_sample.{key}", value, "count", "integer", what, SOURCE)
        for key, (value, what) in counts.items()
    ]
    numbers.append(
        Number("out_of_sample.fixed_to", cut.date().isoformat(), "date", "date",
               "last day of the first part of the sample", SOURCE)
    )  # fmt: skip
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
    for claim in panel.snapshot.claims.values():
        if not isinstance(claim, (OnEvents, *ON_RETURNS)):
            continue
        part = events_between if isinstance(claim, OnEvents) else returns_between
        row: dict[str, object] = {"claim": claim.id, "statement": claim.statement}
        for name, (first, last) in zip(PARTS, ends, strict=True):
            outcome = decide_claim(claim, part(panel, first, last))
            row |= {"format": outcome.format} | _values(name, outcome)
        rows.append(row)
    return pd.DataFrame(rows)


def _values(part: str, outcome: Outcome) -> dict[str, object]:
    values = {name: getattr(outcome, name) for name in ("effect", "low", "high", "p")}
    return {f"{part}_{name}": value for name, value in {**values, "sample": outcome.count}.items()}


def _table(frame: pd.DataFrame, cut: pd.Timestamp, level: float) -> Table:
    wide = frame[["claim"]].copy()
    for part in PARTS:
        wide[f"{part}_sample"] = frame[f"{part}_sample"]
        wide[f"{part}_shown"] = [
            _shown(row[f"{part}_effect"], row[f"{part}_low"], row[f"{part}_high"], row["format"])
            for row in frame.to_dict("records")
        ]
        wide[f"{part}_p"] = frame[f"{part}_p"]
    until_day, whole = format_value(cut.date().isoformat(), "date"), cut.is_year_end
    return Table(
        "out_of_sample",
        wide,
        {"fixed_p": "pvalue", "later_p": "pvalue"},
        {
            "claim": "Claim",
            "fixed_sample": "K",
            "fixed_shown": f"To {cut.year if whole else until_day}",
            "fixed_p": "p",
            "later_sample": "K ",
            "later_shown": f"From {cut.year + 1}" if whole else "Later",
            "later_p": "p ",
        },
        SOURCE,
        "Claims as in @tbl-ledger. "
        f"Effect with {percent(level)} interval and unadjusted p, on events to {until_day} and on "
        f"later ones; the rules are the same. An en dash: fewer than {words(FEWEST)} episodes.",
    )


def _shown(effect: float, low: float, high: float, fmt: str) -> str:
    texts = [format_value(value, fmt) for value in (effect, low, high)]  # type: ignore[arg-type]
    return texts[0] if MISSING in texts else f"{texts[0]} ({texts[1]} to {texts[2]})"


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
