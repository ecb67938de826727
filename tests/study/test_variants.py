"""Variants, the split, baskets and episodes: each finds what was planted for it alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from analysis.questions.event_windows import baskets, episode_days
from analysis.questions.ledger import out_of_sample
from analysis.questions.robustness import one_choice as sensitivity
from analysis.snapshot.portfolios import equal
from analysis.study.claims import decide_claim
from analysis.study.panel import build_panel
from analysis.study.responses import cumulate
from analysis.study.variants import VARIANTS, events_between, judgement_calls, returns_between

CORE = ("MP", "USAR", "CRML")
REPEATED = ("B3", "A3")
QUIET = ["2025-11-20", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14"]


@pytest.fixture
def decided(mean_of):
    """The test of the core firms' response to tightening."""
    return partial(decide_claim, mean_of("tightening"))


def rows(*days: str, **more: str) -> list[dict[str, str]]:
    return [{"day0": day, "direction": "tightening", **more} for day in days]


def plant(days: list[str], effect: float = 0.08) -> dict[tuple[str, str], float]:
    return {(firm, day): effect for firm in CORE for day in days}


def test_contaminated_windows_come_back(simulate, decided):
    """An event on which every firm is contaminated counts in this variant alone."""
    hits = [
        {"ticker": firm, "date": QUIET[0], "kind": "earnings", "confidence": "high"}
        for firm in CORE
    ]
    panel = build_panel(simulate(rows(*QUIET), plant(QUIET), hits))
    assert decided(panel).count == "4"
    assert decided(VARIANTS["contaminated windows back"](panel)).count == "5"


def test_events_found_beside_large_days_come_back(simulate, decided):
    """The variant counts them, the baseline does not, nor does either count the other kinds."""
    events = [
        *rows(*QUIET[:3]),
        *rows(QUIET[3], status="found_beside"),
        *rows(QUIET[4], status="selected_on_outcome"),
    ]
    panel = build_panel(simulate(events, plant(QUIET)))
    assert decided(panel).count == "3"
    assert decided(VARIANTS["events found beside large days back"](panel)).count == "4"


def test_judgement_calls_are_dropped_and_flipped(simulate, decided):
    """A doubted tightening event with an easing alternative leaves, or turns its sign."""
    doubted = {"alternative_direction": "easing", "judgement": "yes"}
    panel = build_panel(simulate([*rows(*QUIET[:4]), *rows(QUIET[4], **doubted)], plant(QUIET)))
    assert judgement_calls(panel.events).tolist() == [False] * 4 + [True]
    assert decided(panel).count == "5"
    assert decided(VARIANTS["judgement calls dropped"](panel)).count == "4"
    flipped = VARIANTS["judgement calls flipped"](panel)
    assert flipped.events["sign"].tolist() == [1, 1, 1, 1, -1]
    assert decided(flipped).count == "4"


def test_doubt_is_read_from_its_column_or_the_alternative():
    """A row that says so counts, and one with another direction; words of a note do not."""
    events = pd.DataFrame({"judgement": ["yes", "no", "", ""], "note": ["", "judgement", "", ""]})
    events["alternative_direction"] = ["", "", "", "easing"]
    assert judgement_calls(events).tolist() == [True, False, False, True]


def test_flipping_can_make_an_episode_mixed(simulate):
    """Two days of one episode with one flipped point both ways and are left out."""
    events = [*rows("2026-01-12"), *rows("2026-01-14", alternative_direction="easing")]
    panel = build_panel(simulate(events))
    assert not panel.events["mixed"].any()
    assert VARIANTS["judgement calls flipped"](panel).events["mixed"].all()


def test_open_day_moves_to_the_other_session(simulate):
    """The effect stands on the alternative day: day 0 alone finds it only there."""
    snapshot = simulate(rows(QUIET[0]), plant(["2025-11-21"]), noise=0.001)
    other = snapshot.events.assign(alternative_day0=pd.to_datetime(["2025-11-21"]))
    panel = build_panel(replace(snapshot, events=other))
    moved = VARIANTS["open days at the other session"](panel)
    cars = [cumulate(p, equal(CORE), (0, 0)).at_events(p)["car"].iloc[0] for p in (panel, moved)]
    assert cars == pytest.approx([0.0, 0.08], abs=0.01)


def test_day_zero_alone_leaves_the_next_session_out(simulate, decided):
    """An effect on day one is in the primary window and not in this variant."""
    later = ["2025-11-21", "2026-01-13", "2026-02-11", "2026-03-11", "2026-04-15"]
    panel = build_panel(simulate(rows(*QUIET), plant(later), noise=0.002))
    assert decided(panel).effect == pytest.approx(0.08, abs=0.01)
    assert decided(VARIANTS["day 0 only"](panel)).effect == pytest.approx(0.0, abs=0.01)


def test_listed_events_leave_the_estimation_windows(simulate):
    """Without earlier event days the residual spread of the last event is that of the noise."""
    panel = build_panel(simulate(rows(*QUIET), plant(QUIET, 0.25)))
    changed = VARIANTS["listed events out of estimation"](panel)
    last = (panel.event_study.rows["day0"] == QUIET[-1]) & (
        panel.event_study.rows["ticker"] == "MP"
    )
    assert panel.event_study.sigma[last.to_numpy()][0] > 0.03
    assert changed.event_study.sigma[last.to_numpy()][0] == pytest.approx(0.02, rel=0.25)
    assert changed.event_study.rows.loc[last, "n_estimation"].iloc[0] < 120
    assert changed.exclude is not None


def test_log_returns_shrink_large_gains(simulate, decided):
    """A gain of thirty percent is log(1.3) on log returns."""
    panel = build_panel(simulate(rows(*QUIET), plant(QUIET, 0.30), noise=0.001))
    logs = VARIANTS["log returns"](panel)
    assert decided(panel).effect == pytest.approx(0.30, abs=0.01)
    assert decided(logs).effect == pytest.approx(np.log(1.30), abs=0.01)
    assert logs.event_study.kind == "log"


def test_verdicts_say_whether_choices_matter():
    """A claim with one sign and no small p everywhere is stable; any change is named."""
    frame = pd.DataFrame(
        [
            {"variant": v, "claim": c, "effect": e, "p": 0.5}
            for c in REPEATED
            for v, e in (("baseline", 0.1), ("other", -0.1 if c == "A3" else 0.2))
        ]
    )
    said = {v.key: v.verdict for v in sensitivity._verdicts(frame, 0.05)}
    assert said["sensitivity.a3"] == "depends on choices"
    assert said["sensitivity.b3"] == "stable"


def test_baseline_row_is_the_ledger(committed, monkeypatch):
    """The baseline of the sensitivity table is the claim as the ledger decides it."""
    monkeypatch.setattr(sensitivity, "VARIANTS", {"baseline": VARIANTS["baseline"]})
    frame = sensitivity.under_variants(committed).set_index(["variant", "claim"])
    for claim in committed.snapshot.choices.one_choice.claims:
        assert (
            frame.loc[("baseline", claim), "effect"]
            == decide_claim(committed.claims[claim], committed).effect
        )
    assert len(frame) == 6


def test_split_finds_an_effect_planted_after_it(simulate, decided):
    """Effects of 2026 alone are in the later column and not in the earlier one."""
    early = ["2025-09-15", "2025-09-30", "2025-11-20"]
    events = rows(*early, *QUIET[1:])
    panel = build_panel(simulate(events, plant(QUIET[1:], 0.10)))
    sessions = panel.snapshot.sessions
    cut = pd.Timestamp("2025-12-31")
    before = decided(events_between(panel, sessions[0], cut))
    after = decided(events_between(panel, pd.Timestamp("2026-01-01"), sessions[-1]))
    assert (before.count, after.count) == ("3", "4")
    assert before.effect == pytest.approx(0.0, abs=0.03)
    assert after.effect == pytest.approx(0.10, abs=0.03)
    assert after.p < 0.05 < before.p


def test_returns_of_a_part_are_missing_outside_it(committed):
    """Both ends are kept, everything outside is missing."""
    first, last = pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-09")
    kept = returns_between(committed, first, last).returns["MP"].dropna()
    assert (kept.index[0], kept.index[-1]) == (first, last)


def test_split_covers_every_confirmatory_event_once(committed):
    """No episode straddles the day of the split, so that each stays whole in one part."""
    cut = pd.Timestamp(committed.snapshot.choices.out_of_sample.fixed_to)
    late = committed.events["day0"] > cut
    assert late.groupby(committed.events["episode"]).nunique().max() == 1
    assert 0 < late.sum() < len(late)


def test_replication_needs_both_parts():
    """One sign and small p in both parts count; a small p in one part or a turned sign does not."""

    def verdict(effect: float, p: float) -> str:
        row = {"claim": "X", "fixed_effect": 0.1, "fixed_p": 0.01}
        frame = pd.DataFrame([row | {"later_effect": effect, "later_p": p}])
        return out_of_sample._verdict(frame, 0.05).verdict

    assert verdict(0.2, 0.01) == "some"
    assert verdict(0.2, 0.20) == "none"
    assert verdict(-0.2, 0.01) == "none"


def test_baskets_find_an_effect_on_their_firms_alone(simulate):
    """Eight percent on the placebo names is theirs and nobody else's."""
    effects = {(firm, day): 0.08 for firm in ("TMC", "UAMY") for day in QUIET}
    panel = build_panel(simulate(rows(*QUIET), effects, noise=0.005))
    frame = baskets.basket_responses(panel).set_index(["basket", "kind"])["mean"]
    assert frame["placebo", "tightening"] == pytest.approx(0.08, abs=0.02)
    for name in ("core", "heavy_exposed", "producer", "processors", "peers"):
        assert frame[name, "tightening"] == pytest.approx(0.0, abs=0.02)


def test_placebo_verdict_sees_a_difference(simulate):
    """A response of the core firms alone differs from the placebo names; none does not."""
    quiet = build_panel(simulate(rows(*QUIET)))
    loud = build_panel(simulate(rows(*QUIET), plant(QUIET, 0.15)))
    assert baskets._against_placebo(loud).verdict == "differs"
    assert baskets._against_placebo(quiet).verdict == "no difference"


def test_named_placebo_firm_is_no_placebo(simulate):
    """A firm that the news names has no clean window around it, others keep theirs."""
    panel = build_panel(simulate(rows(*QUIET[:2], affected="UAMY;MP")))
    changed = baskets.unnamed_only(panel, ["TMC", "UAMY"])
    event = panel.events.index[0]
    assert not changed.clean.loc[(event, "UAMY")].any()
    assert changed.clean.loc[(event, "TMC")].all()
    assert changed.clean.loc[(event, "MP")].all()


def test_episode_carries_its_planted_sum(simulate):
    """Five percent on each of two days one session apart is ten percent over the episode."""
    days = ["2026-01-12", "2026-01-13"]
    panel = build_panel(simulate(rows(*days), plant(days, 0.05), noise=0.002))
    frame = episode_days.by_episode(panel)
    assert len(frame) == 1
    assert frame["car"].iloc[0] == pytest.approx(0.10, abs=0.02)
    assert frame["conformal_p"].iloc[0] < 0.05
    assert (frame["first_day"].iloc[0], frame["last_day"].iloc[0]) == tuple(pd.to_datetime(days))


def test_an_episode_longer_than_the_shown_days_is_cumulated_to_its_end(simulate):
    """Events whose windows share a session chain into one episode, beyond day 20 as before it."""
    sessions = pd.bdate_range("2026-01-26", periods=29)
    days = [f"{day:%Y-%m-%d}" for day in sessions if day != pd.Timestamp("2026-02-16")]
    panel = build_panel(simulate(rows(*days), plant(days, 0.02), noise=0.001))
    frame = episode_days.by_episode(panel)
    assert frame["events"].tolist() == [len(days)]
    assert frame["car"].iloc[0] == pytest.approx(0.02 * len(days), abs=0.03)


def test_heavy_share_shows_a_planted_gradient(simulate):
    """Effects in proportion to the share come out firm by firm."""
    shares = {"MP": 0.018, "USAR": 0.72, "CRML": 0.27}
    effects = {(firm, day): 0.10 * s for firm, s in shares.items() for day in QUIET}
    frame = baskets.by_measure(build_panel(simulate(rows(*QUIET), effects, noise=0.002)))
    means = frame[frame["kind"] == "tightening"].set_index("ticker")["mean"]
    for firm, share in shares.items():
        assert means[firm] == pytest.approx(0.10 * share, abs=0.01)
