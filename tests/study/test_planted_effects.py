"""Planted effects come out as planted, and only where they were planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.questions.event_windows.by_direction import firm_windows
from analysis.questions.event_windows.highlighted_days import reactions
from analysis.snapshot.portfolios import Leg, contrast, equal, parse_portfolio
from analysis.study.episodes import episode_values, pool
from analysis.study.panel import build_panel
from analysis.study.responses import cumulate

CORE = ("MP", "USAR", "CRML")
DAYS = ["2025-10-27", "2026-05-20"]  # the highlighted days
QUIET = ["2025-11-20", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14"]


def tightening(*days: str, **more: str) -> list[dict[str, str]]:
    return [{"day0": day, "direction": "tightening", **more} for day in days]


def event_on(panel, day: str) -> str:
    return panel.events.index[panel.events["day0"] == day][0]


def test_planted_effect_is_the_abnormal_return(simulate):
    """Ten percent planted on one firm's day is its CAR [0, 0] within three standard errors."""
    panel = build_panel(simulate(tightening(*DAYS, *QUIET), {("MP", "2026-01-12"): 0.10}))
    cars = firm_windows(panel)
    row = cars[(cars["day0"] == "2026-01-12") & (cars["window"] == "car_0_0")].set_index("ticker")
    assert abs(row["car"]["MP"] - 0.10) < 3 * row["se"]["MP"]
    assert row["p"]["MP"] < 0.01
    assert (row["se"] > 0).all()


def test_longer_window_holds_the_effect_once(simulate):
    """The effect of day 0 is in every window that holds day 0, with a larger standard error."""
    plant = {("MP", "2026-01-12"): 0.10}
    cars = firm_windows(build_panel(simulate(tightening(*QUIET), plant, noise=0.002)))
    row = cars[(cars["day0"] == "2026-01-12") & (cars["ticker"] == "MP")].set_index("window")
    short = ["car_0_0", "car_0_1", "car_m1_1", "car_0_4"]
    assert np.allclose(row.loc[short, "car"], 0.1, atol=0.02)
    assert row["se"]["car_0_20"] > row["se"]["car_0_1"] > row["se"]["car_0_0"]


def test_pooled_mean_recovers_a_common_effect(simulate):
    """Five percent on all core firms on five separate days is the mean over five episodes."""
    plant = {(firm, day): 0.05 for firm in CORE for day in QUIET}
    panel = build_panel(simulate(tightening(*QUIET), plant))
    cars = cumulate(panel, equal(CORE), (0, 0)).at_events(panel)
    result = pool(episode_values(panel, cars, ("tightening",)), panel)
    assert result is not None
    assert result.episodes == 5
    assert result.low < 0.05 < result.high
    assert result.p < 0.01


@pytest.mark.slow
def test_nothing_planted_is_not_found_too_often(simulate):
    """Without an effect the pooled test rejects at about its nominal rate."""
    rejected = 0
    for seed in range(30):
        panel = build_panel(simulate(tightening(*QUIET), seed=seed))
        cars = cumulate(panel, equal(CORE), (0, 1)).at_events(panel)
        pooled = pool(episode_values(panel, cars, ("tightening",)), panel)
        assert pooled is not None
        rejected += pooled.p < 0.05
    assert rejected <= 6  # at a true rate of 5% more happens once in three hundred runs


def test_common_noise_enters_the_error_of_the_portfolio(simulate):
    """A portfolio of firms that move together has a larger error than one of independent firms."""
    snapshot = simulate(tightening(*QUIET))
    shared = np.cumprod(1 + np.random.default_rng(3).normal(0, 0.05, len(snapshot.sessions)))
    prices = snapshot.prices.copy()
    prices[list(CORE)] = prices[list(CORE)].mul(shared, axis=0)
    together = replace(snapshot, prices=prices)
    apart, joint = (
        cumulate(p, equal(CORE), (0, 0)).at_events(p)["se"]
        for p in (build_panel(snapshot), build_panel(together))
    )
    assert (joint > 2 * apart).all()


def test_signed_responses_turn_easing_round(simulate):
    """A fall on an easing day and a rise on a tightening day are the same signed response."""
    plant = {(f, QUIET[0]): 0.08 for f in CORE} | {(f, QUIET[1]): -0.08 for f in CORE}
    rows = [*tightening(QUIET[0]), {"day0": QUIET[1], "direction": "easing"}]
    panel = build_panel(simulate(rows, plant, noise=0.002))
    cars = cumulate(panel, equal(CORE), (0, 0)).at_events(panel)
    values = episode_values(panel, cars, ("tightening", "easing"), signed=True)
    assert np.allclose(values["car"], 0.08, atol=0.01)


def test_mixed_episode_is_left_out(simulate):
    """An easing day two sessions after a tightening day makes the episode mixed: no value."""
    rows = [*tightening("2026-01-12"), {"day0": "2026-01-14", "direction": "easing"}]
    panel = build_panel(simulate(rows))
    assert panel.events["mixed"].all()
    cars = cumulate(panel, equal(CORE), (0, 0)).at_events(panel)
    assert episode_values(panel, cars, ("tightening", "easing")).empty


def test_two_headlines_of_one_day_are_one_response(simulate):
    """The same day listed twice neither counts twice nor changes the mean."""
    once = build_panel(simulate(tightening("2026-01-12", "2026-01-14")))
    twice = build_panel(simulate(tightening("2026-01-12", "2026-01-12", "2026-01-14")))
    one, two = (
        episode_values(p, cumulate(p, equal(CORE), (0, 0)).at_events(p), ("tightening",))
        for p in (once, twice)
    )
    assert len(two) == 1
    assert np.allclose(one["car"], two["car"])


@pytest.mark.parametrize("status", ["seed", "selected_on_outcome"])
def test_events_that_suggested_the_claims_do_not_test_them(simulate, status):
    """Only confirmatory events enter."""
    panel = build_panel(simulate([*tightening(QUIET[0], status=status), *tightening(QUIET[1])]))
    cars = cumulate(panel, equal(CORE), (0, 0)).at_events(panel)
    assert len(episode_values(panel, cars, ("tightening",))) == 1


def test_day_shared_with_another_direction_is_left_out(simulate):
    """A day with support news as well says nothing about tightening alone."""
    rows = [*tightening(QUIET[0]), {"day0": QUIET[0], "direction": "support"}]
    panel = build_panel(simulate(rows))
    cars = cumulate(panel, equal(CORE), (0, 0)).at_events(panel)
    assert episode_values(panel, cars, ("tightening",)).empty
    assert len(episode_values(panel, cars, ("tightening", "support"))) == 1


def test_contaminated_firm_leaves_the_clean_portfolio(simulate):
    """A firm with results on the day is out of the portfolio, and back in with all windows."""
    hit = [{"ticker": "MP", "date": "2026-01-12", "kind": "earnings", "confidence": "high"}]
    panel = build_panel(simulate(tightening(*QUIET), confounders=hit))
    event = event_on(panel, "2026-01-12")
    clean = cumulate(panel, equal(CORE), (0, 0)).at_events(panel)
    everyone = cumulate(panel, equal(CORE), (0, 0), clean=False).at_events(panel)
    assert clean.loc[event, "members"] == "USAR,CRML"
    assert everyone.loc[event, "members"] == "MP,USAR,CRML"


def test_firm_without_enough_own_returns_is_skipped_with_the_reason(simulate):
    """USAR has no window soon after its listing; the others have."""
    panel = build_panel(simulate(tightening("2025-05-30", *QUIET)))
    early = panel.event_study.skipped[panel.event_study.skipped["day0"] == "2025-05-30"]
    assert early["ticker"].tolist() == ["USAR"]
    assert "too few estimation sessions" in early["reason"].iloc[0]


def test_weights_are_worked_by_hand(snapshot):
    """Equal weights over the usable firms; a contrast sums to zero; a slope needs every firm."""
    assert equal(CORE).weigh(["CRML", "MP", "X"]) == {"MP": 0.5, "CRML": 0.5}
    assert equal(CORE).weigh(["X"]) is None
    gap = contrast(["USAR", "CRML"], ["MP"])
    assert gap.weigh([*CORE]) == {"USAR": 0.5, "CRML": 0.5, "MP": -1.0}
    assert gap.weigh(["USAR", "CRML"]) is None
    shares = snapshot.universe.assign(heavy_share=pd.Series({"MP": 0.0, "USAR": 1.0, "CRML": 0.5}))
    slope = parse_portfolio("slope(core, heavy_share)", replace(snapshot, universe=shares))
    assert slope.weigh([*CORE]) == pytest.approx({"MP": -1.0, "USAR": 1.0, "CRML": 0.0})
    assert slope.weigh(["MP", "USAR"]) is None


def test_slope_portfolio_finds_a_planted_gradient(simulate):
    """Effects of ten percent times the heavy share give a slope of ten percent."""
    shares = {"MP": 0.018, "USAR": 0.72, "CRML": 0.27}
    plant = {(firm, QUIET[1]): 0.10 * share for firm, share in shares.items()}
    panel = build_panel(simulate(tightening(*QUIET), plant, noise=0.001))
    slope = parse_portfolio("slope(core, heavy_share)", panel.snapshot)
    cars = cumulate(panel, slope, (0, 0)).at_events(panel)
    assert cars.loc[event_on(panel, QUIET[1]), "car"] == pytest.approx(0.10, abs=0.01)


def test_highlighted_day_carries_both_p_values(simulate):
    """A planted crash on 27 October is found by the t-test and by the conformal test."""
    plant = {(firm, DAYS[0]): -0.20 for firm in CORE}
    days = reactions(build_panel(simulate(tightening(*DAYS), plant)))
    core = days[(days["highlight"] == "truce") & (days["ticker"] == "core")].iloc[0]
    assert core["car"] == pytest.approx(-0.20, abs=0.05)
    assert core["p"] < 0.001
    assert core["conformal_p"] == pytest.approx(core["conformal_p_min"])


@pytest.mark.parametrize("leg", [Leg(CORE, every=True), Leg(CORE, scores=(1.0, 2.0, 3.0))])
def test_a_leg_that_needs_every_member_is_none_without_one(leg):
    """As ``all`` and as a slope; with all of them it has its weights, which need no order."""
    assert leg.weigh(CORE[:2]) is None
    weights = leg.weigh([*CORE, "X"])
    assert weights is not None
    expected = [-0.5, 0.0, 0.5] if leg.scores else [1 / 3] * 3
    assert [weights[name] for name in CORE] == pytest.approx(expected)
    assert Leg(CORE).weigh([]) is None
