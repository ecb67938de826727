"""The decision rules at their edges: what each verdict needs, and what it does without."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimators.events.across_episodes import across_episodes_t
from analysis.reads import vary
from analysis.snapshot.claims import Condition, Equivalence, Events, VarianceShare
from analysis.study.changes import panel_elsewhere
from analysis.study.claim_kinds import (
    decide_equivalence,
    judge_equivalence,
    judge_share,
    lies_inside,
)
from analysis.study.episodes import holds, pick_days
from analysis.study.outcomes import (
    Outcome,
    compare_episodes,
    decide,
    decide_all,
    explain_rule,
    judge_signs,
)
from analysis.study.panel import build_panel
from analysis.study.verdicts import decide_symmetric

DAYS = ["2025-09-08", "2025-09-24", "2025-10-10", "2025-11-03", "2025-11-20", "2025-12-09",
        "2026-01-06", "2026-01-22"]  # fmt: skip
WORDS: dict[str, Any] = dict.fromkeys(
    ("item", "statement", "estimand", "test", "rule"), "as planted"
)


@pytest.mark.parametrize(
    ("effect", "p", "adjusted", "sign", "verdict"),
    [
        (0.1, 0.01, 0.049, 1, "supported"),
        (0.1, 0.01, 0.05, 1, "right sign within noise"),  # not below
        (-0.1, 0.01, 0.049, -1, "supported"),
        (-0.1, 0.049, 0.9, 1, "contradicted"),  # the unadjusted p counts
        (-0.1, 0.05, 0.01, 1, "wrong sign within noise"),
        (0.0, 0.9, 0.9, 1, "wrong sign within noise"),  # none is not the claimed one
        (None, 0.01, 0.01, 1, "not testable"),
        (0.1, None, 0.01, 1, "not testable"),
        (0.1, 0.01, None, 1, "not testable"),
    ],
)
def test_the_registered_rule(effect, p, adjusted, sign, verdict):
    """Each of effect, p and adjusted p is needed; thresholds are not met by equality."""
    outcome = Outcome(effect, p=p, sign=sign, count="7")
    assert decide(outcome, adjusted, 0.05) == verdict
    if verdict == "not testable":
        assert explain_rule(outcome, adjusted, 0.05).startswith("7 episodes, and 3 are needed")


def test_the_rule_is_told_with_the_p_that_counts():
    """The adjusted one under the claimed sign, the other under the opposite."""
    right, wrong = (Outcome(effect, p=0.01) for effect in (0.1, -0.1))
    assert explain_rule(right, 0.2, 0.05) == (
        "the effect has the claimed sign, so that the adjusted p counts: 0.2, not below 0.05"
    )
    assert explain_rule(wrong, 0.2, 0.05) == (
        "the effect has the opposite sign, so that the p counts: 0.01, below 0.05"
    )
    none = Outcome(0.0, p=0.05)
    assert explain_rule(none, 0.01, 0.05).endswith(
        "opposite sign, so that the p counts: 0.05, not below 0.05"
    )


@pytest.mark.parametrize(
    ("holds", "rejected", "sign", "verdict"),
    [
        ((True, False), True, 1, "mixed"),
        ((True, True), True, 1, "supported"),
        ((True, True), True, -1, "contradicted"),
        ((False, False), True, -1, "supported"),
        ((False, False), True, 1, "contradicted"),
        ((True, True), False, 1, "right sign within noise"),
        ((False, False), False, 1, "wrong sign within noise"),
        ((False, False), False, -1, "right sign within noise"),
    ],
)
def test_several_signs_are_judged_together(holds, rejected, sign, verdict):
    """All of them, or none of a claim of the negative; else mixed."""
    assert decide_all(holds, rejected, sign) == verdict


def test_gains_are_named_by_sign_where_their_p_is_below_the_size():
    """At the size itself they are noise; without a p nothing can be said; zero is not above."""
    said = judge_signs(
        [0.01, 0.01, 0.05, np.nan, 0.01], [1.0, -1.0, 1.0, 1.0, 0.0], 0.05, "up", "down", "noise"
    )
    assert said.tolist() == ["up", "down", "noise", "not testable", "down"]


@pytest.mark.parametrize(
    ("outcome", "adjusted", "bound", "verdict"),
    [
        (Outcome(0.1, p=0.01, inside=True), 0.01, None, "supported"),
        (Outcome(0.1, p=0.01, inside=False), 0.01, None, "contradicted"),
        (Outcome(0.1, p=0.01, inside=False), 0.05, None, "cannot decide"),
        (Outcome(0.1, p=0.01, inside=False), None, None, "cannot decide"),
        (Outcome(0.1, inside=True), 0.01, None, "supported"),  # no p: by the sign
        (Outcome(0.1, signs=(True, False)), 0.01, None, "mixed"),
        (Outcome(0.1, signs=(True, True)), 0.01, None, "supported"),
        (Outcome(0.1, signs=(True, True), verdict="own"), None, None, "own"),
        (Outcome(0.1, verdict="own"), 0.01, None, "own"),
        (Outcome(None), 0.01, None, "not testable"),
        (Outcome(0.1), None, None, "not testable"),
        (Outcome(0.1, p=0.9), 0.049, None, "supported"),  # the adjusted p alone counts
        (Outcome(-0.1), 0.049, None, "contradicted"),
        (Outcome(0.0), 0.01, None, "contradicted"),
        (Outcome(0.1, detectable=0.21), 0.05, 0.2, "cannot decide"),
        (Outcome(0.1, detectable=0.2), 0.05, 0.2, "right sign within noise"),
        (Outcome(0.1, detectable=0.21), 0.04, 0.2, "supported"),
        (Outcome(0.1, detectable=0.21), 0.05, None, "right sign within noise"),
        (Outcome(0.1, se=0.11), 0.5, None, "no sign within noise"),
        (Outcome(-0.1, se=0.1), 0.5, None, "wrong sign within noise"),
        (Outcome(-0.1, sign=-1, se=0.1), 0.5, None, "right sign within noise"),
    ],
)
def test_the_symmetric_rule(outcome, adjusted, bound, verdict):
    """Both sides of every condition of the amended rule."""
    assert decide_symmetric(outcome, adjusted, 0.05, bound) == verdict


@pytest.mark.parametrize(
    ("inside", "rejected", "verdict"),
    [
        (True, True, "supported"),
        (True, False, "supported"),
        (False, True, "contradicted"),
        (False, False, "mixed"),
    ],
)
def test_an_equivalence_is_contradicted_only_by_a_response(inside, rejected, verdict):
    """Inside the bounds it is supported, whether or not zero is rejected."""
    assert judge_equivalence(inside, rejected) == verdict


@pytest.fixture
def equivalence():
    """A maker of claims that the mean response lies within two percent of zero."""

    def make(interval: float = 0.9) -> Equivalence:
        return Equivalence(
            **WORDS, id="X1", status="confirmatory", kind="equivalence", of="core",
            events=Events(directions=("tightening",)), bounds=(-0.02, 0.02), interval=interval,
        )  # fmt: skip

    return make


def planted(simulate, effect: float, noise: float):
    """A panel with the same effect on every episode, in two firms of the core."""
    firms = ("MP", "USAR", "CRML")
    rows = [{"day0": day, "direction": "tightening"} for day in DAYS]
    plant = {(firm, day): effect for firm in firms for day in DAYS}
    return build_panel(simulate(rows, plant, noise=noise))


@pytest.mark.parametrize(
    ("effect", "noise", "verdict"),
    [(0.0, 0.001, "supported"), (0.2, 0.01, "contradicted"), (0.0, 0.15, "mixed")],
    ids=["nothing planted", "far outside", "too much noise"],
)
def test_an_equivalence_finds_what_was_planted(simulate, equivalence, effect, noise, verdict):
    """No effect in quiet shares, a large one, and shares too loud to say."""
    outcome = decide_equivalence(equivalence(), planted(simulate, effect, noise))
    assert outcome.verdict == verdict
    assert outcome.inside is (verdict == "supported")


def test_the_interval_of_an_equivalence_is_students(simulate, equivalence):
    """Mean plus and minus the quantile of its degrees of freedom times the standard error."""
    panel = planted(simulate, 0.05, 0.02)
    outcome = decide_equivalence(equivalence(0.9), panel)
    assert outcome.effect is not None
    assert outcome.se is not None
    half = stats.t.ppf(0.95, len(DAYS) - 1) * outcome.se
    low, high = outcome.effect - half, outcome.effect + half
    assert f"90% interval {low:.3g} to {high:.3g} lies not inside -0.02 to 0.02" in outcome.applied


def test_bounds_are_open(equivalence):
    """An interval that touches one is not inside; each side counts."""
    lows, highs = [-0.02, -0.01, -0.01, -0.03], [0.01, 0.02, 0.01, 0.03]
    assert lies_inside(equivalence(), lows, highs).tolist() == [False, False, True, False]


def side(values: list[float]) -> pd.DataFrame:
    """Episodes whose CARs and standardised CARs are the same."""
    return pd.DataFrame({"car": values, "scar": values, "weight": 1.0})


def test_episodes_are_compared_from_three_on_each_side(committed):
    """Two on either side are too few, and the count says how many there were."""
    few, many = side([0.1, 0.2]), side([0.1, 0.2, 0.4])
    for sides, count in (((few,), "2"), ((many, few), "3 + 2"), ((few, many), "2 + 3")):
        outcome = compare_episodes(committed, *sides)
        assert (outcome.effect, outcome.p, outcome.count) == (None, None, count)
    outcome = compare_episodes(committed, many, sign=-1)
    expected = stats.ttest_1samp([0.1, 0.2, 0.4], 0)
    assert outcome.p == pytest.approx(expected.pvalue)
    assert outcome.statistic == pytest.approx(expected.statistic)
    assert outcome.sign == -1
    assert outcome.p == pytest.approx(across_episodes_t([0.1, 0.2, 0.4]).p)


def test_an_equivalence_rejects_below_the_size_and_not_at_it(simulate, equivalence, monkeypatch):
    """With the size at its own p the response is none yet; a hair above, it is one."""
    panel = planted(simulate, 0.05, 0.05)
    p = decide_equivalence(equivalence(), panel).p
    assert p is not None
    verdicts = []
    for size in (p, p * (1 + 1e-9)):
        monkeypatch.setattr(type(panel.snapshot.choices.inference), "size", size)
        verdicts.append(decide_equivalence(equivalence(), panel).verdict)
    assert verdicts == ["mixed", "contradicted"]


def test_an_equivalence_counts_in_its_family_alone(simulate, equivalence):
    """It joins the adjustment where the claim says so, not by what came out."""
    panel = planted(simulate, 0.0, 0.001)
    claim = equivalence()
    for family in (True, False):
        outcome = decide_equivalence(replace(claim, family=family), panel)
        assert outcome.confirmatory is family


def test_a_share_is_judged_by_intervals_beyond_its_bound():
    """Above it supported, below it contradicted; one that touches the bound decides nothing."""
    claim = VarianceShare(
        **WORDS, id="X2", status="confirmatory", kind="variance_share", of="core",
        events=Events(directions=("tightening",)), bound=0.5,
    )  # fmt: skip
    lows, highs = [0.51, 0.5, 0.2, 0.2, 0.4], [0.9, 0.9, 0.49, 0.5, 0.6]
    none = "cannot decide"
    expected = ["supported", none, "contradicted", none, none]
    assert judge_share(claim, lows, highs).tolist() == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("> 0.1", [False, False, False, True, False]),
        ("< 0.1", [True, True, False, False, False]),
        ("in [-0.08, 0.1]", [False, True, True, False, False]),
        ("in [-0.1, 0.1]", [True, True, True, False, False]),
    ],
)
def test_conditions_at_their_bounds(condition, expected):
    """Bounds belong to a band and to nothing else; what is unknown meets no condition."""
    assert holds(condition, [-0.1, -0.08, 0.1, 0.2, np.nan]).tolist() == expected


@pytest.mark.parametrize(("change", "entering"), [("> 0.19", 1), ("> 0.21", 0)])
def test_a_condition_reads_prices_before_the_event(simulate, mean_of, change, entering):
    """From the close at its start to that at its end, both counted from day 0."""
    panel = build_panel(simulate([{"day0": "2026-01-12", "direction": "tightening"}]))
    sessions = panel.snapshot.sessions
    day = int(sessions.searchsorted(pd.Timestamp("2026-01-12")))
    prices = panel.snapshot.prices.copy()
    flat = np.full(len(sessions), 150.0)
    flat[[day - 5, day - 2]] = 100.0, 120.0
    prices["MP"] = flat
    panel = vary(panel, snapshot=vary(panel.snapshot, prices=prices))
    where = Condition(of="MP", start=-5, end=-2, holds=change)
    events = replace(mean_of("tightening").events, where=where)
    assert len(pick_days(panel, panel.events.index, events)) == entering


def test_only_events_of_the_panel_move_to_their_open_day(simulate):
    """Neither one without an open day, nor one that the panel does not hold; None where none is."""
    rows: list[dict[str, Any]] = [{"day0": day, "direction": "tightening"} for day in DAYS[:3]]
    rows[0]["alternative_day0"] = pd.Timestamp("2025-09-09")
    rows[1]["alternative_day0"] = pd.Timestamp("2025-09-25")
    snapshot = simulate(rows)
    days = pd.to_datetime(snapshot.events["alternative_day0"].replace("", None))
    panel = build_panel(vary(snapshot, events=snapshot.events.assign(alternative_day0=days)))
    elsewhere = panel_elsewhere(vary(panel, events=panel.events.drop("e0")))
    assert elsewhere is not None
    assert elsewhere.events["day0"].to_dict() == {"e1": pd.Timestamp("2025-09-25")}
    assert panel_elsewhere(vary(panel, events=panel.events.drop(["e0", "e1"]))) is None
