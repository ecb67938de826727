"""Placebo sessions of the study: where episodes may go, and what planted effects do to the p."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.across_episodes import across_episodes_t, two_sample_im
from analysis.questions.event_windows.paths import caar_paths
from analysis.questions.ledger.entries import step_down_family
from analysis.study import placebo
from analysis.study.claim_kinds import responses_of
from analysis.study.claims import decide_claim
from analysis.study.episodes import averaged, chosen_days
from analysis.study.outcomes import Outcome
from analysis.study.panel import build_panel
from analysis.study.placebo import EpisodeNull, claim_placebo

CORE = ("MP", "USAR", "CRML")
QUIET = ["2025-11-20", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14"]
EASING = ["2025-12-05", "2026-01-26", "2026-02-24", "2026-03-24", "2026-04-28"]


def rows(*days: str, direction: str = "tightening") -> list[dict[str, str]]:
    return [{"day0": day, "direction": direction} for day in days]


def p_of(outcome: Outcome) -> float:
    assert outcome.null is not None
    assert outcome.statistic is not None
    p = claim_placebo(outcome.statistic, outcome.null(), 999, np.random.default_rng(1))
    assert p is not None
    return p


def test_quiet_sessions_keep_their_distance(simulate):
    """No session within two of a listed event is quiet, the third one is."""
    panel = build_panel(simulate(rows("2026-01-12")))
    at = panel.snapshot.sessions.to_list().index(pd.Timestamp("2026-01-12"))
    quiet = placebo.quiet_sessions(panel)
    assert not quiet[at - 2 : at + 3].any()
    assert quiet[at - 3]
    assert quiet[at + 3]
    assert quiet.sum() == len(quiet) - 5


def test_clean_sessions_see_confounders_of_the_firm_and_of_all(simulate):
    """A window that reaches a confounder is not clean; another firm's is; funds are always."""
    hit = [{"ticker": "MP", "date": "2026-01-12", "first_priced": "2026-01-12"}]
    hit = [{**h, "kind": "earnings", "confidence": "high"} for h in hit]
    everyone = {**hit[0], "ticker": "ALL", "date": "2026-02-10", "first_priced": "2026-02-10"}
    panel = build_panel(simulate(rows(*QUIET), confounders=[*hit, everyone]))
    sessions = panel.snapshot.sessions.to_list()
    at, later = (sessions.index(pd.Timestamp(d)) for d in ("2026-01-12", "2026-02-10"))
    mp = placebo.clean_sessions(panel, "MP", 0, 1)
    assert not mp[[at - 1, at, later - 1, later]].any()
    assert mp[[at - 2, at + 1]].all()
    usar = placebo.clean_sessions(panel, "USAR", 0, 1)
    assert usar[at]
    assert not usar[later]
    assert placebo.clean_sessions(panel, "REMX", 0, 1).all()


def test_observed_responses_are_those_of_the_event_days(simulate, mean_of):
    """On an event's own session the moved episode shows the observed response."""
    panel = build_panel(simulate(rows("2026-01-12", "2026-01-14", "2026-03-10")))
    claim = mean_of("tightening")
    responses = responses_of(claim, panel)
    days = chosen_days(panel, responses.at_events(panel), claim.events)
    everywhere = replace(panel, snapshot=replace(panel.snapshot, events=panel.snapshot.events[:0]))
    table = responses.on_quiet_sessions(everywhere, days["members"])
    moved, values = placebo.moved_episodes(panel, days, table), averaged(days)
    first = days.groupby("episode")["day0"].min()
    own = panel.snapshot.sessions.get_indexer(pd.Index(first))
    found = moved.to_numpy()[range(len(own)), own]
    assert np.allclose(found, values["scar"])


def test_statistics_of_draws_are_the_engines():
    """The vectorised t of a draw equals the engine's tests across episodes."""
    rng = np.random.default_rng(3)
    one, two = rng.normal(size=(4, 7)), rng.normal(size=(4, 5))
    single, both = placebo.t_statistics([one]), placebo.t_statistics([one, two])
    for row in range(4):
        assert single[row] == pytest.approx(across_episodes_t(one[row]).statistic)
        assert both[row] == pytest.approx(two_sample_im(one[row], two[row]).statistic)


def test_normal_scores_keep_the_p():
    """A t of 4.303 on two degrees of freedom has the score 1.96; order and symmetry hold."""
    assert placebo.normal_scores(4.30265273, 2) == pytest.approx(1.95996, abs=1e-4)
    assert placebo.normal_scores(-3.0, 9) == pytest.approx(placebo.normal_scores(3.0, 9))
    assert np.isfinite(placebo.normal_scores(np.inf, 3))


def test_planted_effect_has_a_small_placebo_p(simulate, mean_of):
    """Ten percent on each of five days: no placebo set looks like it; planted zero: many do."""
    plant = {(firm, day): 0.10 for firm in CORE for day in QUIET}
    test = partial(decide_claim, mean_of("tightening"))
    assert p_of(test(build_panel(simulate(rows(*QUIET), plant)))) < 0.02
    assert p_of(test(build_panel(simulate(rows(*QUIET))))) > 0.05


def test_difference_of_two_kinds_against_placebo_sets(simulate, difference_of):
    """Five percent up on tightening and down on easing is unlike any placebo set."""
    plant = {(firm, day): 0.05 for firm in CORE for day in QUIET}
    plant |= {(firm, day): -0.05 for firm in CORE for day in EASING}
    events = rows(*QUIET) + rows(*EASING, direction="easing")
    outcome = decide_claim(
        difference_of("tightening", "easing"), build_panel(simulate(events, plant))
    )
    assert outcome.effect == pytest.approx(0.10, abs=0.03)
    assert p_of(outcome) < 0.02


@pytest.mark.slow
def test_placebo_p_is_about_uniform_without_an_effect(simulate, mean_of):
    """Over twenty simulated studies without effects the mean p is near one half."""
    test = partial(decide_claim, mean_of("tightening"))
    found = [p_of(test(build_panel(simulate(rows(*QUIET), seed=s)))) for s in range(8)]
    assert 0.2 < np.mean(found) < 0.8
    assert min(found) > 0.005


def null_of(values: dict[int, list[float]]) -> EpisodeNull:
    return EpisodeNull((pd.DataFrame.from_dict(values, orient="index", dtype=float),))


def test_an_episode_that_can_go_nowhere_leaves_no_draws():
    """No draw at all, and not one of nothing."""
    lost = null_of({4: [np.nan, np.nan], 5: [1, 2], 6: [3, 1]})
    assert placebo.drawn(lost, 9, np.random.default_rng(0)).size == 0
    kept = null_of({5: [1, 2], 6: [3, 1]})
    assert placebo.drawn(kept, 9, np.random.default_rng(0)).size == 9


def test_joint_draws_use_sessions_that_serve_every_claim():
    """An episode goes only where it can go in both tests; one with no such place is left out."""
    nan = np.nan
    one = null_of({1: [1, 2, nan], 2: [3, 1, 2], 3: [0, 5, 1]})
    other = null_of({1: [nan, 7, 1], 2: [1, 1, 9], 3: [2, 4, 8]})
    lost = null_of({4: [nan, nan, nan], 5: [1, 2, 3], 6: [1, 2, 3]})
    scores = placebo.drawn_jointly({"a": one, "b": other, "c": lost}, 50, np.random.default_rng(0))
    assert set(scores) == {"a", "b"}
    # Episode 1 can go to the second session alone: its value is 2 in one test and 7 in the other.
    possible = {
        round(
            float(placebo.normal_scores(placebo.t_statistics([np.array([[2.0, y, z]])]), 2)[0]), 9
        )
        for y in (3, 1, 2)
        for z in (0, 5, 1)
    }
    assert {round(float(s), 9) for s in scores["a"]} <= possible


def test_step_down_is_at_least_the_single_p_and_finds_a_planted_claim(simulate, mean_of):
    """The planted claim keeps a small adjusted p beside one without effect."""
    plant = {(firm, day): 0.10 for firm in CORE for day in QUIET}
    panel = build_panel(simulate(rows(*QUIET) + rows(*EASING, direction="easing"), plant))
    results = {name: decide_claim(mean_of(name), panel) for name in ("tightening", "easing")}
    nulls = {name: outcome.null() for name, outcome in results.items() if outcome.null}
    adjusted = step_down_family(results, nulls, 499, 1)
    assert adjusted["tightening"] < 0.05 < adjusted["easing"]
    for name, outcome in results.items():
        assert adjusted[name] >= p_of(outcome) - 0.05


def test_single_day_placebo_is_a_share_of_quiet_days(simulate):
    """The day's rank among all quiet days gives the p; a run of days must be quiet throughout."""
    panel = build_panel(simulate(rows("2026-01-12")))
    count = len(panel.snapshot.sessions)
    statistic = pd.Series(np.arange(count, dtype=float))
    quiet = placebo.quiet_sessions(panel).sum()
    assert placebo.day_placebo(panel, statistic, count) == pytest.approx(1 / (1 + quiet))
    assert placebo.day_placebo(panel, statistic, 0.0) == pytest.approx(1.0)
    pairs = placebo.day_placebo(panel, statistic, count, length=2)
    assert pairs == pytest.approx(1 / (1 + quiet - 2))
    assert placebo.day_placebo(panel, statistic * np.nan, 1.0) is None


def test_paths_are_zero_before_the_event_and_hold_the_planted_step(simulate):
    """The cumulated path is zero on day -1 and higher by the effect from day 0 on."""
    plant = {(firm, "2026-01-12"): 0.10 for firm in CORE}
    panel = build_panel(simulate(rows("2026-01-12"), plant, noise=0.001))
    path = placebo.cumulated(
        panel.event_study.take((panel.event_study.rows["ticker"] == "MP").to_numpy())
    )[0]
    time = list(panel.event_study.event_time)
    assert path[time.index(-1)] == 0.0
    assert path[time.index(0)] == pytest.approx(0.10, abs=0.01)
    assert path[time.index(-2)] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("effect", "outside"), [(0.10, True), (0.0, False)])
def test_mean_path_leaves_its_placebo_band_only_with_an_effect(simulate, effect, outside):
    """Ten percent on every day lifts the mean path above the band on days 0 to 2; zero does not."""
    plant = {(firm, day): effect for firm in CORE for day in QUIET}
    (figure,) = caar_paths(build_panel(simulate(rows(*QUIET), plant)))
    part = figure.data["paths"].set_index("day").loc[[0, 1, 2]]
    assert (part["mean"] > part["placebo_high"]).all() == outside
    assert (part["placebo_low"] < part["placebo_high"]).all()
