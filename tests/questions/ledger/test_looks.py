"""Later looks at undecided claims: the plan, the day of a look, what it is held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimators.multiplicity import spend
from analysis.questions.ledger.looks import Planned, is_open, plan, take_looks, threshold
from analysis.questions.ledger.register import planned_looks, policy_days
from analysis.reads import vary
from analysis.snapshot.claims import Claim, Mean
from analysis.snapshot.cut import cut_snapshot
from analysis.snapshot.load import Snapshot
from analysis.study.claims import decide_claim
from analysis.study.panel import Panel, build_panel

DAYS = pd.bdate_range("2025-03-03", "2026-06-30", freq="18B").strftime("%Y-%m-%d")


def planned_on(snapshot: Snapshot, day: str, *claims: Claim) -> Snapshot:
    """Plan from the data of a day, for some claims alone."""
    choices, last = snapshot.choices, date.fromisoformat(day)
    register = replace(choices.register, known=last, prices=last)
    if own := {claim.id: claim for claim in claims}:
        snapshot = vary(snapshot, claims=own, registered=own)
    return vary(snapshot, choices=replace(choices, register=register))


@pytest.fixture(scope="module")
def planned(committed) -> dict[str, Planned]:
    """The plan of the study."""
    return {p.claim.id: p for p in plan(committed)}


def test_all_looks_together_reject_as_often_as_one_test():
    """Four null claims, looked at at every doubling of one growing sample: 5% at most reject ever.

    The looks at a claim share its past, which Bonferroni's inequality allows for; so much of the
    5% is used that the thresholds are no mere formality.
    """
    rng = np.random.default_rng(3)
    draws, claims, looks = 4000, 4, 6
    noise = rng.standard_normal((draws, claims, 6 * 2**looks)).cumsum(axis=2)
    ever = np.zeros(draws, dtype=bool)
    for look in range(1, looks + 1):
        count = 3 * 2**look
        z = noise[:, :, count - 1] / np.sqrt(count)
        ever |= (2 * stats.norm.sf(np.abs(z)) < spend(0.05, claims, look)).any(axis=1)
    assert 0.02 < ever.mean() <= 0.05
    assert sum(claims * spend(0.05, claims, look) for look in range(1, 60)) == pytest.approx(0.05)


def test_the_day_of_a_claim_that_waits_is_that_of_the_calendar(planned):
    """126 sessions after 20 May 2026 end on 18 November 2026."""
    assert planned["A8"].day == pd.Timestamp("2026-11-18")
    assert (planned["A8"].now, planned["A8"].needed) == ((49,), (126,))
    assert [planned["A8"].needs(look) for look in (1, 2, 3, 4)] == [(126,), (252,), (378,), (378,)]


def test_what_is_decided_is_not_planned(planned, committed):
    """A claim is in the plan if and only if it is confirmatory and no verdict settles it."""
    assert not {"B5", "A6", "A1", "B14"} & planned.keys()
    for each in planned.values():
        assert is_open(committed.snapshot.registered[each.claim.id], each.verdict)
        assert each.claim.status == "confirmatory"


@pytest.mark.parametrize("name", ["A3", "A12", "A13", "B4", "B15", "B7"])
def test_the_first_look_finds_the_bound(planned, committed, name):
    """With so many episodes the exact power at the bound is that of the study; with one less not.

    Unless twice as many as now are more.
    """
    each, inference = planned[name], committed.snapshot.choices.inference
    bound = 0.25 if name == "B7" else 0.10
    held, (now,), (needed,) = threshold(committed, len(planned), 1), each.now, each.needed

    def power(count: int, effect: float) -> float:
        critical = stats.t.ppf(1 - held / 2, count - 1) ** 2
        shift = effect / spread * np.sqrt(count)
        return float(stats.ncf.sf(critical, 1, count - 1, shift**2))

    outcome = each.outcome
    reach = stats.t.ppf((1 + inference.level) / 2, now - 1)
    spread = (outcome.high - outcome.low) / 2 / reach * np.sqrt(now)
    assert power(needed, each.detectable) == pytest.approx(inference.power, abs=1e-6)
    assert power(needed, bound) >= inference.power
    assert needed >= 2 * now
    assert needed == 2 * now or power(needed - 1, bound) < inference.power


def test_the_rate_leads_to_the_day(planned, committed):
    """Episodes that lack, over those that came in a year, are the years to wait."""
    each, first = planned["B3"], committed.snapshot.events["day0"].min()
    years = (committed.snapshot.sessions[-1] - first).days / 365.25
    waits = max((n - k) / (k / years) for n, k in zip(each.needed, each.now, strict=True))
    last = committed.snapshot.sessions[-1]
    assert (each.day - last).days == pytest.approx(365.25 * waits, abs=1)
    assert len(each.needed) == 2


def test_no_look_is_due_on_the_data_of_the_plan(committed):
    """Until later prices arrive there is nothing to look at."""
    assert take_looks(committed).empty


@pytest.mark.slow
def test_a_plan_stays_when_data_arrive(committed):
    """From later data the plan is the one that was made before them."""
    day = "2026-01-30"
    snapshot = planned_on(committed.snapshot, day)
    early = cut_snapshot(snapshot, pd.Timestamp(day))
    then, now = (planned_looks(plan(build_panel(part))) for part in (early, snapshot))
    pd.testing.assert_frame_equal(then, now, rtol=1e-9)


@pytest.fixture
def news(simulate, mean_of) -> Callable[..., Panel]:
    """Return a maker of studies of one claim: news every 18 sessions, an effect if wanted."""

    def make(effect: float, day: str = "2025-03-31", **fields: object) -> Panel:
        rows = [{"day0": day, "direction": "tightening"} for day in DAYS]
        plant = {(firm, day): effect for firm in ("MP", "USAR", "CRML") for day in DAYS}
        claim: Mean = replace(mean_of("tightening"), **fields)
        return build_panel(planned_on(simulate(rows, plant), day, claim))

    return make


@pytest.mark.slow
def test_an_effect_is_found_at_its_look(news):
    """A planted effect is supported, on the data to the day on which the look was due."""
    panel = news(0.08)
    looks, (first,) = take_looks(panel), plan(panel)
    assert (first.now, first.needed) == ((2,), (3,))  # no spread is known from two episodes
    *earlier, last = looks["verdict"]
    assert last == "supported"
    assert set(earlier) <= {"not decided"}
    for row in looks.to_dict("records"):
        assert row["sample"] == str(3 * 2 ** (row["look"] - 1))
        assert row["threshold"] == pytest.approx(0.05 / 2 ** row["look"])
        assert (row["p"] < row["threshold"]) == (row["verdict"] == "supported")
        known = build_panel(cut_snapshot(panel.snapshot, row["day"]))
        assert decide_claim(first.claim, known).p == row["p"]
        before = panel.snapshot.sessions[panel.snapshot.sessions.get_loc(row["day"]) - 1]
        fewer = decide_claim(first.claim, build_panel(cut_snapshot(panel.snapshot, before)))
        assert int(fewer.count) == int(row["sample"]) - 1


def test_the_opposite_is_found_as_well(news):
    """The same effect against the sign that is claimed is contradicted, and then left alone."""
    looks = take_looks(news(0.08, claimed="negative"))
    assert looks["verdict"].iloc[-1] == "contradicted"
    assert (looks["verdict"] == "contradicted").sum() == 1


@pytest.mark.slow
def test_nothing_is_decided_without_an_effect(news):
    """Without one the looks are taken, decide nothing, and are the same however late."""
    panel = news(0.0)
    looks = take_looks(panel)
    assert looks["look"].tolist() == [1, 2, 3]
    assert set(looks["verdict"]) == {"not decided"}
    later = panel.snapshot.sessions[panel.snapshot.sessions.get_loc(looks["day"][1]) + 9]
    earlier = take_looks(build_panel(cut_snapshot(panel.snapshot, later)))
    pd.testing.assert_frame_equal(looks.iloc[:2], earlier, rtol=1e-9)


@pytest.mark.slow
def test_sessions_that_have_passed_are_tested(committed):
    """A claim that waits is tested on the CAR over the sessions, once they are there."""
    claim = replace(committed.snapshot.registered["A8"], sessions=(20, 45))
    snapshot = planned_on(committed.snapshot, "2026-05-29", claim)
    looks = take_looks(build_panel(snapshot))
    assert looks["sample"].tolist() == ["20 of 20", "40 of 20", "45 of 20"]
    sessions = snapshot.sessions[snapshot.sessions > pd.Timestamp("2026-05-20")]
    assert looks["day"].tolist() == [sessions[count - 1] for count in (20, 40, 45)]
    assert looks["p"].between(0, 1).all()
    assert looks["threshold"].tolist() == pytest.approx([0.025, 0.0125, 0.00625])


@pytest.mark.slow
def test_days_to_come_stand_by_date_with_what_says_so(committed):
    """Each day on which something ends is a row with a link; none moves the plan."""
    days = policy_days(committed)
    calendar = committed.snapshot.choices.register.calendar
    assert list(days["ends"]) == sorted(day.ends.isoformat() for day in calendar.values())
    assert set(days["ends"]) == {"2026-11-10", "2026-11-27"}
    assert all(f"({day.source})" in " ".join(days["source"]) for day in calendar.values())
    choices = committed.snapshot.choices
    without = replace(choices, register=replace(choices.register, calendar={}))
    bare = vary(committed, snapshot=vary(committed.snapshot, choices=without))
    assert policy_days(bare).empty
    frame, same = (planned_looks(plan(panel)) for panel in (committed, bare))
    assert frame.equals(same)
