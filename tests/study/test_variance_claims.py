"""Claims on the size of moves: found where planted with any signs, and seldom where not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.snapshot.claims import Events, Variance
from analysis.snapshot.portfolios import equal, parse_portfolio
from analysis.study.claim_kinds import list_events
from analysis.study.claims import decide_claim
from analysis.study.outcomes import NOISE, NOT_TESTABLE, Outcome, decide
from analysis.study.panel import build_panel
from analysis.study.responses import cumulate, daily_scores

CORE = ("MP", "USAR", "CRML")
DAYS = [
    "2025-11-20", "2025-12-09", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14",
    "2026-05-05", "2026-06-02",
]  # fmt: skip
EVENTS = [{"day0": day, "direction": ("tightening", "easing")[n % 2]} for n, day in enumerate(DAYS)]


def claim(of: str = "core", **fields: Any) -> Variance:
    """A claim that all news moves a portfolio on its day."""
    words: dict[str, Any] = dict.fromkeys(
        ("item", "statement", "estimand", "test", "rule"), "as planted"
    )
    fields = {"window": (0, 0), "events": Events(mixed=True), **fields}
    return Variance(id="V1", status="confirmatory", kind="variance", of=of, **words, **fields)


def read(outcome: Outcome) -> list[float]:
    """Return p, lower bound, effect and upper bound, each of which is there."""
    return [
        float(x) for x in (outcome.p, outcome.low, outcome.effect, outcome.high) if x is not None
    ]


def planted(size: float) -> dict[tuple[str, str], float]:
    """Moves up and down in turn, which no coding of the directions foresees."""
    signs = (1, 1, -1, -1, 1, 1, -1, -1)
    return {(f, d): size * s for d, s in zip(DAYS, signs, strict=True) for f in CORE}


def test_moves_of_any_sign_are_found(simulate):
    """A mean of signed responses would be zero; the mean square is far above other days."""
    panel = build_panel(simulate(EVENTS, planted(0.04)))
    outcome = decide_claim(claim(), panel)
    assert outcome.p == pytest.approx(outcome.placebo)
    p, low, effect, high = read(outcome)
    assert p < 0.01
    assert 0 < low < effect < high
    assert outcome.count == "8"
    assert decide(outcome, outcome.p, 0.05) == "supported"


def test_one_sided_as_claimed(simulate):
    """The opposite claim has the wrong sign and the other side's p."""
    panel = build_panel(simulate(EVENTS, planted(0.04)))
    outcome = decide_claim(claim(claimed="negative"), panel)
    assert read(outcome)[0] > 0.95
    assert decide(outcome, 1.0, 0.05) == NOISE[-1]


@pytest.mark.slow
def test_true_nulls_are_seldom_rejected(simulate):
    """Samples without any effect: a p anywhere, below five percent once at most."""
    panels = (build_panel(simulate(EVENTS, seed=seed)) for seed in range(100, 106))
    each = [read(decide_claim(claim(of), p))[0] for p in panels for of in ("core", "placebo")]
    assert sum(p < 0.05 for p in each) <= 1
    assert 0.25 < np.mean(each) < 0.75


def test_fewer_than_three_episodes_are_not_testable(simulate):
    """As for every claim on events."""
    outcome = decide_claim(claim(), build_panel(simulate(EVENTS[:2])))
    assert (outcome.effect, outcome.count) == (None, "2")
    assert decide(outcome, None, 0.05) == NOT_TESTABLE


def test_scores_of_sessions_are_those_of_events(committed):
    """On event days the score is the standardised CAR [0, 0] of the firms that the ledger holds."""
    scores = daily_scores(committed, equal(CORE))[0]
    events = cumulate(committed, equal(CORE), (0, 0)).at_events(committed)
    days = committed.events.loc[events.index, "day0"]
    assert scores.reindex(days).to_numpy() == pytest.approx(events["scar"].to_numpy(), rel=1e-9)
    assert len(events) > 60


def test_own_news_leaves_a_firm_out_of_its_session(simulate):
    """A session without any clean firm has no score, unless news is kept."""
    news = {"ticker": "ALL", "date": DAYS[2], "first_priced": DAYS[2], "kind": "other",
            "last_priced": DAYS[2], "confidence": "high"}  # fmt: skip
    panel = build_panel(simulate(EVENTS, confounders=[news]))
    day = pd.Timestamp(DAYS[2])
    assert np.isnan(daily_scores(panel, equal(CORE))[0][day])
    assert np.isfinite(daily_scores(panel, equal(CORE), clean=None)[0][day])
    listed = list_events(claim(), panel).set_index("event")["left_out"]
    assert listed["e2"] == "no firm with a clean and complete window"


def test_each_firm_has_a_column(committed):
    """``each`` squares every firm by itself; the columns are the firms' own scores."""
    each = daily_scores(committed, parse_portfolio("each(core)", committed.snapshot))
    assert each.shape == (len(committed.snapshot.sessions), 3)
    alone = daily_scores(committed, equal(["MP"]))[0]
    assert each[0].equals(alone)
