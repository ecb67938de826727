"""The amended rules, each on planted truth: what it changes, and what it leaves as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.reads import name_files, recording, vary
from analysis.snapshot.load import Snapshot
from analysis.snapshot.portfolios import equal
from analysis.snapshot.rules import Rules, RuleSets
from analysis.study import claims
from analysis.study.claims import decide_claim
from analysis.study.outcomes import Outcome
from analysis.study.panel import Panel, build_panel, under
from analysis.study.responses import cumulate
from analysis.study.verdicts import decide_symmetric

CORE = ("MP", "USAR", "CRML")
DEALS = Rules(contamination="deals", deal="deal", leave_out=("leave_out", "doubted"))
WINDOWS = Rules(mixture="windows", shared=2)
DAYS = ["2025-11-20", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14"]


def tightening(*days: str, **more: str) -> list[dict[str, str]]:
    return [{"day0": day, "direction": "tightening", **more} for day in days]


def registered(snapshot: Snapshot) -> Panel:
    return under(build_panel(snapshot), Rules())


def held(panel) -> dict[str, str]:
    """Return the firms that the core portfolio holds, by day."""
    found = cumulate(panel, equal(CORE)).at_events(panel)["members"]
    days = panel.events.loc[found.index, "day0"].dt.strftime("%Y-%m-%d")
    return dict(zip(days, found, strict=True))


def test_doubted_firm_is_out_of_its_event_alone(simulate):
    """A firm that an event names or doubts is out of that day, also by another headline of it."""
    rows = tightening(DAYS[0], doubted="USAR") + tightening(DAYS[1], leave_out="MP;CRML")
    rows += tightening(DAYS[0], DAYS[2])
    panel = registered(simulate(rows))
    assert set(held(panel).values()) == {"MP,USAR,CRML"}
    assert held(under(panel, DEALS)) == dict(
        zip(DAYS[:3], ("MP,CRML", "USAR", "MP,USAR,CRML"), strict=True)
    )


@pytest.mark.parametrize(("deal", "left"), [("customer", None), ("state", None), ("", "MP,CRML")])
def test_deal_of_one_core_firm_touches_them_all(simulate, deal, left):
    """Core firms are left out where one of them makes a deal; a peer, or other news, is not."""
    news = {"ticker": "USAR", "kind": "deal", "deal": deal, "confidence": "high"}
    news |= {"date": DAYS[1], "first_priced": DAYS[1]}
    panel = registered(simulate(tightening(*DAYS), confounders=[news]))
    assert held(panel)[DAYS[1]] == "MP,CRML"
    amended = under(panel, DEALS)
    assert held(amended).get(DAYS[1]) == left
    assert held(amended)[DAYS[2]] == "MP,USAR,CRML"
    peer = cumulate(amended, equal(["UUUU"])).at_events(amended)
    assert len(peer) == len(DAYS)


@pytest.mark.parametrize(
    ("window", "other", "count"),
    [
        ((0, 1), "2026-01-14", "6"),  # two sessions later: their windows share no session
        ((0, 1), "2026-01-13", "4"),
        ((0, 0), "2026-01-13", "6"),
        ((0, 4), "2026-01-14", "4"),  # a longer window keeps the episodes of the study
    ],
)
def test_episode_is_mixed_if_windows_share_a_session(simulate, mean_of, window, other, count):
    """News of the opposite sign beyond the window of a response does not take it out."""
    rows = [*tightening(*DAYS), {"day0": other, "direction": "easing"}]
    panel = registered(simulate(rows))
    claim = mean_of("tightening", "easing", signed=True, window=window)
    assert decide_claim(claim, panel).count == "4"
    assert decide_claim(claim, under(panel, WINDOWS)).count == count


def test_effect_and_p_belong_to_one_statistic(simulate, mean_of):
    """Effect over error is the t of the p; a common effect is recovered all the same."""
    plant = {(firm, day): 0.05 for firm in CORE for day in DAYS}
    panel = under(registered(simulate(tightening(*DAYS), plant)), Rules(statistic="scar"))
    found = decide_claim(mean_of("tightening", window=(0, 0)), panel)
    parts = (found.effect, found.se, found.statistic, found.low, found.high, found.p)
    effect, se, statistic, low, high, p = np.array(parts, dtype=float)
    assert effect / se == pytest.approx(statistic)
    assert (low > 0) == (p < 0.05)
    assert low < 0.05 < high
    twice = replace(panel, rules=Rules())
    assert decide_claim(mean_of("tightening", window=(0, 0)), twice).p == found.p


def test_no_intercept_carries_no_rally_into_the_event(simulate):
    """After a rally the response of quiet days falls with an intercept, and is zero without."""
    first = "2025-11-20"
    snapshot = simulate(tightening(*DAYS))
    days = [str(day.date()) for day in snapshot.sessions if str(day.date()) < first]
    plant = {(firm, day): 0.01 for firm in CORE for day in days}
    panel = registered(simulate(tightening(*DAYS), plant, noise=0.005))
    cars = {
        normal: cumulate(under(panel, Rules(normal=normal)), equal(CORE)).at_events(panel)["car"]
        for normal in ("intercept", "none")
    }
    assert cars["intercept"].iloc[0] == pytest.approx(-0.02, abs=0.01)
    assert cars["none"].iloc[0] == pytest.approx(0.0, abs=0.01)


def test_recentred_responses_are_zero_on_quiet_days(simulate):
    """The mean of a composition's quiet days is taken from its events; the CAR follows."""
    sessions = simulate(tightening(*DAYS)).sessions
    days = [str(day.date()) for day in sessions[: len(sessions) // 2]]
    plant = {(firm, day): 0.01 for firm in CORE for day in days}
    panel = registered(simulate(tightening(*DAYS), plant))
    before = cumulate(panel, equal(CORE))
    recentred = cumulate(under(panel, Rules(normal="recentred")), equal(CORE))
    quiet = before.on_quiet_sessions(panel, before.members).mean()
    assert quiet.abs().max() > 0.1
    after = recentred.on_quiet_sessions(panel, recentred.members).mean()
    assert np.allclose(after, 0, atol=1e-12)
    moved = before.at_events(panel)["scar"] - recentred.at_events(panel)["scar"]
    assert np.allclose(moved, quiet[before.at_events(panel)["members"]])
    rows = recentred.at_events(panel)
    assert np.allclose(rows["car"], rows["scar"] * rows["se"])


@pytest.mark.parametrize(
    ("outcome", "adjusted", "verdict"),
    [
        ({"effect": 0.1, "p": 0.001}, 0.01, "supported"),
        ({"effect": -0.1, "p": 0.001}, 0.01, "contradicted"),
        ({"effect": -0.1, "p": 0.001}, 0.20, "wrong sign within noise"),  # its own p is not enough
        ({"effect": 0.1, "p": 0.001}, 0.20, "right sign within noise"),
        ({"effect": -0.1, "p": 0.001, "sign": -1}, 0.01, "supported"),
        ({"effect": 0.1, "p": 0.3, "detectable": 0.11}, 1.0, "cannot decide"),
        ({"effect": 0.1, "p": 0.001, "detectable": 0.11}, 0.01, "supported"),
        ({"effect": 0.1, "p": 0.3, "detectable": 0.10}, 1.0, "right sign within noise"),
        ({"effect": 0.1, "p": 0.3, "se": 0.11}, 1.0, "no sign within noise"),
        ({"effect": -0.1, "p": 0.3, "se": 0.09}, 1.0, "wrong sign within noise"),
        ({"effect": None}, None, "not testable"),
        ({"effect": 0.0, "p": 0.3, "inside": True}, 1.0, "supported"),
        ({"effect": 0.1, "p": 0.001, "inside": False}, 0.01, "contradicted"),
        ({"effect": 0.1, "p": 0.001, "inside": False}, 0.06, "cannot decide"),
        ({"effect": 0.1, "p": 0.001, "signs": (True, True)}, 0.06, "right sign within noise"),
        ({"effect": 0.1, "p": 0.001, "signs": (True, False)}, 0.01, "mixed"),
        ({"effect": 0.1, "verdict": "supported"}, None, "supported"),
    ],
)
def test_symmetric_rule(outcome, adjusted, verdict):
    """Contradicted needs the adjusted p; too large a detectable effect cannot decide."""
    assert decide_symmetric(Outcome(**outcome), adjusted, 0.05, 0.10) == verdict


def test_without_a_bound_a_large_detectable_effect_decides():
    """Where no bound is fixed for what is measured, none applies."""
    found = Outcome(0.1, p=0.3, detectable=9.0)
    assert decide_symmetric(found, 1.0, 0.05, None) == "right sign within noise"


def test_study_decides_by_its_amended_rules_where_it_has_any(simulate, snapshot):
    """With [rules] the panel is under the amended ones, without under those of the registration."""
    with_rules = simulate(tightening(*DAYS))
    assert build_panel(with_rules).rules == snapshot.choices.rules.amended
    choices = replace(snapshot.choices, rules=None)
    alone = RuleSets(Rules(normal="none"))  # registered, and nothing amended
    assert replace(choices, rules=alone).ruling == Rules(normal="none")
    plain = build_panel(replace(with_rules, choices=choices))
    assert plain.rules == Rules()
    assert plain.intercept
    again = under(build_panel(with_rules), Rules())
    for one, two in ((plain.event_study.ar, again.event_study.ar), (plain.clean, again.clean)):
        np.testing.assert_array_equal(one, two)


def test_a_claim_is_decided_once_for_a_panel_and_its_rules(committed, monkeypatch):
    """Who asks again gets the same outcome; another entry, panel or rule is decided by itself."""
    decided = []

    def count(claim, panel):
        decided.append((claim.id, panel.rules))
        return real(claim, panel)

    real = claims.DECIDE["difference"]
    monkeypatch.setattr(claims, "DECIDE", {**claims.DECIDE, "difference": count})
    panel, rules = vary(committed), committed.snapshot.choices.registered
    claim = panel.claims["B3"]
    assert under(panel, rules) is under(panel, rules)
    assert under(panel, panel.rules) is panel
    for ruled in (panel, under(panel, rules), vary(panel)):
        assert decide_claim(claim, ruled) is decide_claim(claim, ruled)
    assert decided == [("B3", panel.rules), ("B3", rules), ("B3", panel.rules)]
    assert decide_claim(replace(claim, statement="anew"), panel).p == decide_claim(claim, panel).p
    assert len(decided) == 4


def test_files_behind_a_kept_outcome_count_as_read_again(committed):
    """A question that is given what another decided names the same files as its inputs."""
    panel, seen = vary(committed), []
    for _ in range(2):
        with recording() as files:
            decide_claim(panel.claims["B3"], under(panel, panel.snapshot.choices.registered))
        seen.append(name_files(files, panel.snapshot.folder))
    assert seen[0] == seen[1]
    assert {"events.csv", "prices.csv", "confounders.csv"} <= set(seen[0])
