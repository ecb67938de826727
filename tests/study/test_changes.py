"""Sorts of change: the sums under any set are those of the study with these changes made."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from analysis.reads import vary
from analysis.snapshot.rules import Rules
from analysis.study.changes import drop_episodes, move_events, panel_elsewhere, recode_events
from analysis.study.claim_kinds import responses_of
from analysis.study.claims import decide_claim
from analysis.study.episodes import chosen_days
from analysis.study.outcomes import NOISE
from analysis.study.panel import build_panel, under, with_events
from analysis.study.put_back import put_windows_back
from analysis.study.tipping import tip_claim
from analysis.study.tipping_rules import rule_of
from analysis.study.variants import VARIANTS

CLAIMS = ("A4", "A7", "A9", "A10", "B3", "B7", "B10")
CORE = ("MP", "USAR", "CRML")
QUIET = ["2025-11-20", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14"]


@pytest.fixture(scope="module", params=["registered", "ruling"])
def ruled(request, committed):
    """The committed study under the registered rules and under those by which it decides."""
    return under(committed, getattr(committed.snapshot.choices, request.param))


@pytest.fixture(scope="module")
def elsewhere(ruled):
    """The events with an open day, on their other day."""
    return panel_elsewhere(ruled)


def changes_of(claim, panel, elsewhere):
    """The sorts of change by the variant of the study that makes all of them."""
    responses, rule = responses_of(claim, panel), rule_of(panel.rules)
    return {
        "judgement calls flipped": recode_events(claim, panel, rule, responses),
        "open days at the other session": move_events(claim, panel, rule, responses, elsewhere),
        "contaminated windows back": put_windows_back(claim, panel, rule, responses.clean),
    }


def agrees(change, sets, outcome, panel):
    """Hold what a test sees under a set against the test of the ledger."""
    found = rule_of(panel.rules).measure(change.sums(np.atleast_2d(sets)))
    if outcome.p is None:
        assert np.isnan(found.p[0])
        return
    assert found.p[0] == pytest.approx(outcome.p, rel=1e-9)
    assert found.effect[0] == pytest.approx(outcome.effect, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("variant", [*VARIANTS][1:2] + [*VARIANTS][4:6])
def test_no_change_is_the_ledger_and_all_changes_are_the_variant(ruled, elsewhere, variant):
    """The study with all events recoded, all open days moved, all firms put back."""
    changed = VARIANTS[variant](ruled)
    for claim in map(ruled.snapshot.registered.get, CLAIMS):
        change = changes_of(claim, ruled, elsewhere)[variant]
        count = len(change.labels)
        if count:
            agrees(change, np.zeros(count, bool), decide_claim(claim, ruled), ruled)
            agrees(change, np.ones(count, bool), decide_claim(claim, changed), ruled)


@pytest.mark.slow
def test_some_changes_are_the_study_with_these_made(ruled, elsewhere):
    """Sets drawn at random, of codings and firms."""
    rng = np.random.default_rng(3)
    for claim in map(ruled.snapshot.registered.get, CLAIMS):
        changes = changes_of(claim, ruled, elsewhere)
        recoded, back = changes["judgement calls flipped"], changes["contaminated windows back"]
        picked = rng.random(len(recoded.labels)) < 0.5
        events = ruled.events.copy()
        for label in np.array(recoded.labels)[picked]:
            event, _, direction = label.rstrip(")").partition(" (")
            events.loc[event, "direction"] = direction
        agrees(recoded, picked, decide_claim(claim, with_events(ruled, events)), ruled)
        if not back.labels:
            continue
        picked = rng.random(len(back.labels)) < 0.3
        clean = ruled.clean.copy()
        for label in np.array(back.labels)[picked]:
            event, _, firm = label.rstrip(")").partition(" (")
            # headlines of one day stand and fall together
            same = ruled.events.index[ruled.events["day0"] == ruled.events.loc[event, "day0"]]
            clean.loc[pd.MultiIndex.from_product([same, [firm]])] = True
        agrees(back, picked, decide_claim(claim, vary(ruled, clean=clean)), ruled)


@pytest.mark.slow
def test_some_moved_days_are_the_study_with_these_moved(ruled, elsewhere):
    """Half of the open days, by a panel built anew."""
    claims = [ruled.snapshot.registered[key] for key in ("A4", "B3", "B7")]
    moved = pd.Index(elsewhere.events.index)[::2]
    events = ruled.snapshot.events
    day0 = events["day0"].where(~events["id"].isin(moved), events["alternative_day0"])
    moved_all = build_panel(vary(ruled.snapshot, events=events.assign(day0=day0)))
    changed = under(moved_all, ruled.rules)
    for claim in claims:
        change = changes_of(claim, ruled, elsewhere)["open days at the other session"]
        picked = np.array([label.split(" (")[0] in moved for label in change.labels])
        agrees(change, picked, decide_claim(claim, changed), ruled)


def test_one_event_has_one_direction(simulate, mean_of):
    """Two other directions on record are two changes that cannot be made together."""
    rows: list[dict[str, object]] = [{"day0": day, "direction": "tightening"} for day in QUIET]
    rows[0] |= {"alternative_direction": "easing", "second_direction": "support"}
    panel = build_panel(simulate(rows))
    claim = mean_of("tightening")
    rule = rule_of(panel.rules)
    change = recode_events(claim, panel, rule, responses_of(claim, panel))
    assert change.labels == ("e0 (easing)", "e0 (support)")
    found = rule.measure(change.sums(np.array([[1, 0], [0, 1], [1, 1]], dtype=bool)))
    assert found.p[0] == pytest.approx(found.p[1])
    assert np.isnan(found.p[2])


def test_each_episode_left_out_is_the_test_without_it(simulate, mean_of):
    """Dropping is arithmetic: the same as a study whose list lacks the event."""
    rows = [{"day0": day, "direction": "tightening"} for day in QUIET]
    panel, claim = build_panel(simulate(rows)), mean_of("tightening")
    events = next(iter(claim.sides.values()))
    days = chosen_days(panel, responses_of(claim, panel).at_events(panel), events)
    dropped = drop_episodes([days], rule_of(panel.rules))
    for place, event in enumerate(dropped.labels):
        rest = with_events(panel, panel.events.drop(event))
        agrees(dropped, np.arange(len(QUIET)) == place, decide_claim(claim, rest), panel)


def planted(effects):
    return {(firm, day): effect for day, effect in effects.items() for firm in CORE}


@pytest.mark.slow
def test_what_turns_a_planted_verdict_is_found(simulate, mean_of):
    """News of the firms hides a fall that would turn the sign; so does the other day."""
    rows: list[dict[str, object]] = [{"day0": day, "direction": "tightening"} for day in QUIET]
    rows[0] |= {"alternative_day0": pd.Timestamp("2025-11-24")}
    effects = dict.fromkeys(QUIET[:4], 0.05) | {QUIET[4]: -0.3, "2025-11-24": -0.4}
    hits = [
        {"ticker": firm, "date": QUIET[4], "kind": "earnings", "confidence": "high"}
        for firm in CORE
    ]
    snapshot = simulate(rows, planted(effects), hits, noise=0.005)
    panel = under(build_panel(vary(snapshot, events=_dated(snapshot.events))), Rules())
    tip = partial(tip_claim, mean_of("tightening"), panel, np.array([]))
    points = tip(elsewhere=panel_elsewhere(panel))
    assert points.verdict in ("supported", NOISE[1])
    back, moved = points.turns["put back"]["turned"], points.turns["moved"]["turned"]
    assert (back.size, back.ways, back.labels) == (1, 3, (f"e4 ({CORE[0]})",))
    assert (moved.size, moved.labels) == (1, ("e0 (2025-11-24)",))
    assert {back.verdict, moved.verdict} == {NOISE[-1]}
    assert points.turns["recoded"] == {}
    assert not tip().changes["moved"].labels  # without the panel of the other days


def _dated(events):
    return events.assign(alternative_day0=pd.to_datetime(events["alternative_day0"]))
