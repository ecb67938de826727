"""The events behind a claim: those that enter are those of its test, the others have a reason."""

from __future__ import annotations

import pytest

from analysis.snapshot.claims import Difference, OnEvents
from analysis.study.claim_kinds import list_events
from analysis.study.claims import decide_claim
from analysis.study.panel import under


@pytest.mark.parametrize("claim", ["A3", "A9", "A10", "A13", "B3", "B4", "B7", "B10", "B11"])
def test_events_listed_are_those_of_the_test(committed, claim):
    """As many episodes a side as the outcome counts; whatever is left out has a reason."""
    entry = committed.snapshot.registered[claim]
    assert isinstance(entry, OnEvents)
    events = list_events(entry, committed)
    inside = events[events["left_out"] == ""]
    counts = inside.groupby("side", sort=False)["episode"].nunique()
    outcome = decide_claim(entry, committed)
    assert " + ".join(map(str, counts)) == outcome.count
    assert inside["value"].notna().all()
    assert events.loc[events["left_out"] != "", "value"].isna().all()
    ruled = under(committed, committed.snapshot.choices.registered)
    events, outcome = list_events(entry, ruled), decide_claim(entry, ruled)
    inside = events[events["left_out"] == ""]
    by_episode = inside.groupby(["side", "episode"])["value"].mean().groupby("side", sort=False)
    means = by_episode.mean()
    first = ", ".join(entry.first.directions) if isinstance(entry, Difference) else means.index[0]
    second = [means[side] for side in means.index if side != first]
    if outcome.effect is not None:  # by the registered rules the effect is the mean of the values
        assert means[first] - sum(second) == pytest.approx(outcome.effect)


def test_reasons_are_those_of_the_rules(committed):
    """A highlighted day, a mixed episode and a condition are named as what they are."""
    events = list_events(committed.snapshot.registered["B10"], committed).set_index("event")
    said = set(events["left_out"])
    assert "its episode holds events of the opposite sign" in said
    early = events["day0"] <= "2025-10-31"
    assert (events.loc[early, "left_out"] != "").all()
    seeds = committed.events.index[committed.events["status"] == "seed"]
    shown = list_events(committed.snapshot.registered["B7"], committed).set_index("event")
    assert set(shown.loc[seeds, "left_out"]) == {"not confirmatory: seed"}
