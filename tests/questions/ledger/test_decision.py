"""How a claim was decided is told from its own test: events, placebo, family, the rule applied."""

from __future__ import annotations

import re

import pytest

from analysis.questions.ledger.decision import explain_decision, list_rows
from analysis.questions.ledger.entries import entries
from analysis.snapshot.claims import OnEvents
from analysis.study.panel import under


@pytest.fixture(scope="module")
def decided(quick):
    """Every entry of the ledger with what is said of it."""
    family = sum(e.holm is not None for e in entries(quick))
    found = {}
    for entry in entries(quick):
        values = {n: getattr(entry, n) for n in ("holm", "step_down", "placebo")}
        published = {n: v for n, v in values.items() if v is not None} | {"family": family}
        found[entry.id] = entry, dict(explain_decision(entry.claim, quick, published))
    return found


def test_the_rule_as_applied_leads_to_the_verdict(decided):
    """The p that counts is held against the size; a rule of its own says what it found."""
    for entry, said in decided.values():
        applied, verdict = said["applied"], entry.verdict
        assert applied
        if entry.outcome.verdict:
            continue
        if verdict == "not testable":
            assert "3 are needed" in applied
            continue
        if verdict.startswith(("supported", "right", "contradicted", "wrong")):
            side = "claimed" if verdict.startswith(("supported", "right")) else "opposite"
            assert f"the {side} sign" in applied
        assert ("not below" in applied) == (verdict not in ("supported", "contradicted"))
        bounded = "detectable effect" in applied and ", above" in applied
        assert bounded == (verdict == "cannot decide")
    assert decided["A1"][1]["applied"] == "no rule decides it"
    assert "49 of 126 sessions" in decided["A8"][1]["applied"]


def test_events_family_and_placebo_are_named(decided):
    """Directions in words with their signs, the family and its adjustments, where episodes go."""
    _, said = decided["B3"]
    assert said["events"] == (
        "easing (more Chinese supply or less trade conflict; expected sign −1)"
    )
    assert said["family"].startswith("15 claims; p 0.03")
    assert "by Holm 0.434, by joint placebo draws" in said["family"]
    assert re.search(r"an episode could go to \d+ quiet sessions at least, \d+", said["placebo"])
    assert said["window"] == "event days 0 to +1"
    assert decided["A1"][1]["family"].startswith("outside the family")
    assert decided["A3"][1]["events"].endswith(", signed")


def test_rows_name_what_enters_and_what_does_not(quick, decided):
    """Two tables: the events of the test with firms and values, the others with a reason."""
    entry, _ = decided["B3"]
    assert isinstance(entry.claim, OnEvents)
    inside, left_out = list_rows(entry.claim, quick)
    told = "3 firms in 4, 2 in 5, 1 in 1 + 3 firms in 3, 2 in 5, 1 in 1"
    assert inside.what == f"10 of tightening + 9 of easing episodes; they hold {told}"
    assert inside.frame["value"].notna().all()
    assert (left_out.frame["left_out"] != "").all()


@pytest.mark.slow
def test_the_registered_rule_is_told_in_its_own_words(quick):
    """Under the registered rules the unadjusted p of an opposite sign counts, and bounds are told.

    A9 is contradicted by its own p; A10 lies not inside its bounds.
    """
    panel = under(quick, quick.snapshot.choices.registered)
    results = {e.id: e for e in entries(panel)}
    said = {
        key: dict(explain_decision(results[key].claim, panel, {"holm": results[key].holm or 1.0,
                                                               "family": 15}))["applied"]
        for key in ("A9", "A10")
    }  # fmt: skip
    assert said["A9"].startswith("the effect has the opposite sign, so that the p counts")
    assert "lies not inside -0.05 to 0.05" in said["A10"]
    assert results["A9"].verdict == "contradicted"
