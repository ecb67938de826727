"""How a claim was decided is told from its own test: events, placebo, family, the rule applied."""

from __future__ import annotations

import pytest

from analysis.questions.ledger.decision import explain_decision, list_rows
from analysis.questions.ledger.entries import entries
from analysis.snapshot.claims import OnEvents


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
        assert ("the claimed sign" in applied) == verdict.startswith(("supported", "right"))
        assert ("not below" in applied) == verdict.endswith("noise")
    assert decided["A1"][1]["applied"] == "1 of 2 comparisons hold"
    assert "lies not inside -0.05 to 0.05" in decided["A10"][1]["applied"]
    assert "49 of 126 sessions" in decided["A8"][1]["applied"]


def test_events_family_and_placebo_are_named(decided):
    """Directions in words with their signs, the family and its adjustments, where episodes go."""
    _, said = decided["B3"]
    assert said["events"] == (
        "easing (more Chinese supply or less trade conflict; expected sign −1)"
    )
    assert said["family"].startswith("15 claims; p 0.4")
    assert "by Holm 1, by joint placebo draws" in said["family"]
    assert "an episode could go to 42 quiet sessions at least, 283 at most" in said["placebo"]
    assert said["window"] == "event days 0 to +1"
    assert decided["A1"][1]["family"].startswith("outside the family")
    assert decided["A3"][1]["events"].endswith(", signed")


def test_rows_name_what_enters_and_what_does_not(quick, decided):
    """Two tables: the events of the test with firms and values, the others with a reason."""
    entry, _ = decided["B3"]
    assert isinstance(entry.claim, OnEvents)
    inside, left_out = list_rows(entry.claim, quick)
    told = "3 firms in 2, 2 in 4, 1 in 1 + 3 firms in 2, 2 in 2, 1 in 1"
    assert inside.what == f"7 of tightening + 5 of easing episodes; they hold {told}"
    assert inside.frame["value"].notna().all()
    assert (left_out.frame["left_out"] != "").all()
