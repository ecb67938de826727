"""Decision rules: every branch of every rule can be reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.snapshot.claims import Mean, OnEvents
from analysis.snapshot.rules import Rules
from analysis.study.claim_kinds import raw_move, responses_of
from analysis.study.claims import decide_claim
from analysis.study.outcomes import Outcome, compare_episodes, decide
from analysis.study.panel import Panel, build_panel, under
from analysis.study.verdicts import adjust

CORE = ("MP", "USAR", "CRML")
DAYS = ["2025-10-27", "2026-05-20"]


def decided(claim: str, panel: Panel) -> Outcome:
    return decide_claim(panel.snapshot.registered[claim], panel)


def responses(claim: str, panel: Panel) -> pd.DataFrame:
    """What a claim measures, on the events."""
    entry = panel.snapshot.registered[claim]
    assert isinstance(entry, OnEvents)
    return responses_of(entry, panel).at_events(panel)


def tightening(*days: str) -> list[dict[str, str]]:
    return [{"day0": day, "direction": "tightening"} for day in days]


@pytest.mark.parametrize(
    ("effect", "p", "adjusted", "sign", "verdict"),
    [
        (0.1, 0.001, 0.01, 1, "supported"),
        (0.1, 0.01, 0.20, 1, "right sign within noise"),
        (-0.1, 0.001, 0.01, 1, "contradicted"),
        (-0.1, 0.40, 1.0, 1, "wrong sign within noise"),
        (-0.1, 0.001, 0.01, -1, "supported"),
        (0.1, 0.001, 0.01, -1, "contradicted"),
        (None, None, None, 1, "not testable"),
    ],
)
def test_common_rule(effect, p, adjusted, sign, verdict):
    """Claimed sign and adjusted p decide; the opposite sign needs its own p below 0.05."""
    assert decide(Outcome(effect, p=p, sign=sign), adjusted, 0.05) == verdict


def moved(simulate, day: str, moves: dict[str, float]):
    """Return a panel on whose ``day`` the named tickers return exactly these moves."""
    snapshot = simulate(tightening(*DAYS))
    before = snapshot.sessions[snapshot.sessions.get_loc(pd.Timestamp(day)) - 1]
    prices = snapshot.prices.copy()
    for ticker, move in moves.items():
        target = prices.loc[before, ticker] * (1 + move)
        prices.loc[day:, ticker] *= target / prices.loc[day, ticker]
    return build_panel(replace(snapshot, prices=prices))


@pytest.mark.parametrize(
    ("claim", "day", "moves", "verdict"),
    [
        ("A1", DAYS[1], {"USAR": 0.12, "CRML": 0.11}, "supported"),
        ("A1", DAYS[1], {"USAR": 0.12, "CRML": 0.09}, "mixed"),
        ("A1", DAYS[1], {"USAR": 0.02, "CRML": 0.09}, "contradicted"),
        ("A2", DAYS[1], {"USAR": 0.12, "CRML": 0.09, "MP": 0.03}, "supported"),
        ("A2", DAYS[1], {"USAR": 0.12, "CRML": 0.09, "MP": 0.10}, "mixed"),
        ("A2", DAYS[1], {"USAR": 0.12, "CRML": 0.09, "MP": 0.20}, "contradicted"),
        ("B1", DAYS[0], {"MP": -0.06, "USAR": -0.07, "CRML": -0.079}, "supported"),
        ("B1", DAYS[0], {"MP": -0.06, "USAR": -0.09, "CRML": -0.14}, "mixed"),
        ("B1", DAYS[0], {"MP": -0.01, "USAR": -0.09, "CRML": -0.14}, "contradicted"),
        ("B2", "2025-10-14", {"MP": 0.9, "USAR": 0.9, "CRML": 0.9}, "supported"),
        ("B2", "2025-10-14", {"MP": 0.9, "USAR": 0.9, "CRML": -0.9}, "mixed"),
        ("B2", "2025-10-14", {"MP": -0.9, "USAR": -0.9, "CRML": -0.9}, "contradicted"),
        ("B8", DAYS[0], {"IWM": 0.01, "XME": 0.01, "COPX": 0.01}, "supported"),
        ("B8", DAYS[0], {"IWM": 0.01, "XME": -0.01, "COPX": 0.01}, "mixed"),
        ("B8", DAYS[0], {"IWM": -0.01, "XME": -0.01, "COPX": -0.01}, "contradicted"),
    ],
)
def test_rules_on_single_days(simulate, claim, day, moves, verdict):
    """All, some or none of the facts: supported, mixed or contradicted."""
    assert decided(claim, moved(simulate, day, moves)).verdict == verdict


@pytest.mark.parametrize(("back", "verdict"), [(0.5, "supported"), (1.3, "contradicted")])
def test_part_of_the_premium(committed, back, verdict):
    """B12: a part given back supports the claim, more than all of it contradicts it."""
    prices = committed.snapshot.prices.copy()
    base = prices.loc["2025-10-08", list(CORE)]
    gain = prices.loc["2025-10-14", list(CORE)] - base
    prices.loc["2025-10-30", list(CORE)] = base + (1 - back) * gain
    panel = replace(committed, snapshot=replace(committed.snapshot, prices=prices))
    outcome = decided("B12", panel)
    assert outcome.effect == pytest.approx(back)
    assert outcome.verdict == verdict


@pytest.mark.parametrize(
    ("extension", "busan", "verdict"),
    [
        ("2025-08-10", "2025-11-08", "supported"),
        ("2025-08-11", "2025-10-30", "mixed"),
        ("2025-06-30", "2025-10-30", "contradicted"),
    ],
)
def test_steps_of_ninety_days(committed, extension, busan, verdict):
    """B13: every step, some or none within 85 to 95 days."""
    events = committed.events.copy()
    events.loc["2025-08-truce-extension", "announced"] = pd.Timestamp(extension)
    events.loc["2025-10-busan-summit", "announced"] = pd.Timestamp(busan)
    assert decided("B13", replace(committed, events=events)).verdict == verdict


def test_downstream_claim_waits_for_its_window(committed):
    """A8: too few sessions after 20 May 2026, with the number there are."""
    outcome = decided("A8", committed)
    assert outcome.verdict == "not testable"
    assert outcome.count.endswith("of 126")


def test_customs_claim_reads_the_reported_figures(committed):
    """B5: 5,791.8 to 4,000.3 tonnes is a fall of 30.9%, and magnets fell too."""
    outcome = decided("B5", committed)
    assert outcome.effect == pytest.approx(4000.3 / 5791.8 - 1, abs=1e-12)
    assert outcome.verdict == "supported"


@pytest.mark.parametrize(
    ("betas", "noise", "verdict"),
    [
        ({"MP": 0.5, "USAR": 3.0, "CRML": 3.0}, 0.003, "supported"),
        ({"MP": 3.0, "USAR": 0.5, "CRML": 0.5}, 0.003, "contradicted"),
        ({"MP": 1.5, "USAR": 0.5, "CRML": 3.0}, 0.003, "mixed"),
        ({"MP": 1.0, "USAR": 1.7, "CRML": 1.7}, 0.15, "right sign within noise"),
        ({"MP": 1.7, "USAR": 1.0, "CRML": 1.0}, 0.15, "wrong sign within noise"),
    ],
)
def test_higher_beta(simulate, betas, noise, verdict):
    """A6: both gaps positive, both negative, or one of each; large noise hides the first two."""
    snapshot = simulate(tightening(*DAYS))
    market = snapshot.prices["SPY"].pct_change().fillna(0).to_numpy()
    shared = snapshot.sessions > snapshot.universe.loc["USAR", "listed_from"]
    # Noise that is uncorrelated with the market and, for the pure plays, the same.
    drawn = np.random.default_rng(5).normal(0, noise, (3, len(market)))
    drawn[2] = drawn[1] + drawn[2] * 1e-3
    inside = market[shared] - market[shared].mean()
    for row in drawn:
        row[shared] -= inside * (row[shared] @ inside) / (inside @ inside)
    prices = snapshot.prices.copy()
    for row, (firm, beta) in zip(drawn, betas.items(), strict=True):
        prices[firm] = 100 * np.cumprod(1 + np.clip(beta * market + row, -0.9, None))
    assert decided("A6", build_panel(replace(snapshot, prices=prices))).verdict == verdict


def test_two_samples_compare_means_with_the_smaller_sample(committed):
    """Effect, statistic and degrees of freedom of the two-sample test, worked by hand."""
    one = pd.DataFrame({"car": [0.1, 0.2, 0.3], "scar": [1.0, 2.0, 3.0]})
    other = pd.DataFrame({"car": [0.0, 0.1, -0.1, 0.0], "scar": [0.0, 1.0, -1.0, 0.0]})
    outcome = compare_episodes(under(committed, Rules()), one, other)
    assert outcome.effect == pytest.approx(0.2)
    t = 2.0 / np.sqrt(1.0 / 3 + (2 / 3) / 4)
    # Student's law with two degrees of freedom has a closed form.
    assert outcome.p == pytest.approx(1 - t / np.sqrt(t**2 + 2))
    assert outcome.count == "3 + 4"
    weights = (one.assign(weight=4.0), other.assign(weight=11.0))
    amended = compare_episodes(committed, *weights)
    assert amended.effect == pytest.approx(2.0 / 8.0)  # seven episodes: (3 * 4 + 4 * 11) / 7
    assert amended.p == outcome.p


def test_pair_trade_is_worked_by_hand(simulate):
    """Half a pure play each against MP, five sessions from the close of day 0, less costs."""
    snapshot = simulate(tightening(*DAYS, "2026-01-12"))
    at = snapshot.sessions.get_loc(pd.Timestamp("2026-01-12"))
    prices = snapshot.prices.copy()
    for firm, end in (("USAR", 110.0), ("CRML", 130.0), ("MP", 105.0)):
        prices.iloc[at, prices.columns.get_loc(firm)] = 100.0
        prices.iloc[at + 5, prices.columns.get_loc(firm)] = end
    panel = build_panel(replace(snapshot, prices=prices))
    event = panel.events.index[panel.events["day0"] == "2026-01-12"][0]
    rules = snapshot.choices.pair
    net = 0.20 - 0.05 - 4 * rules.cost - rules.borrow * 5 / 252
    assert responses("A13", panel).loc[event, "car"] == pytest.approx(net)


def test_pair_trade_looks_neither_back_nor_past_its_exit(simulate):
    """Prices before the close of day 0 and after the exit do not change the return."""
    snapshot = simulate(tightening(*DAYS, "2026-01-12"))
    at = snapshot.sessions.get_loc(pd.Timestamp("2026-01-12"))
    spoiled = snapshot.prices.copy()
    spoiled.iloc[: at - 1] *= 3.0
    spoiled.iloc[at + 6 :] *= 0.5
    one, two = build_panel(snapshot), build_panel(replace(snapshot, prices=spoiled))
    event = one.events.index[one.events["day0"] == "2026-01-12"][0]
    assert responses("A13", one).loc[event].equals(responses("A13", two).loc[event])


def test_volatility_ratio_finds_a_doubling(simulate):
    """Twice the noise after the event is a log ratio near the logarithm of two."""
    snapshot = simulate(tightening("2026-01-12"), noise=0.01)
    at = snapshot.sessions.get_loc(pd.Timestamp("2026-01-12"))
    returns = snapshot.prices.pct_change().fillna(0.0)
    returns.iloc[at + 1 :] *= 2.0
    prices = 100 * (1 + returns).cumprod()
    ratio = responses("B7", build_panel(replace(snapshot, prices=prices)))["car"].iloc[0]
    assert ratio == pytest.approx(np.log(2), abs=0.45)


def test_family_holds_confirmatory_claims_with_a_p(mean_of):
    """Holm's adjustment sees neither exploratory claims nor claims without a p-value.

    By the symmetric rule it sees confirmatory claims that have a rule of their own, too.
    """
    results = {
        "X": Outcome(0.1, p=0.01),
        "Y": Outcome(0.1, p=0.04),
        "Z": Outcome(0.1, p=0.001, confirmatory=False),
        "W": Outcome(None),
    }
    claims = dict.fromkeys(results, mean_of("tightening"))
    claims["V"] = replace(mean_of("tightening"), status="exploratory")
    results["V"] = Outcome(0.1, p=0.002, confirmatory=False)
    assert adjust(claims, results, Rules()) == pytest.approx({"X": 0.02, "Y": 0.04})
    symmetric = adjust(claims, results, Rules(verdicts="symmetric"))
    assert symmetric == pytest.approx({"X": 0.02, "Y": 0.04, "Z": 0.003})


def test_raw_move_holds_the_markets_part(simulate):
    """A move that market and sector share is in the raw move and not in the claim's effect."""
    days = ["2025-11-20", "2026-01-12", "2026-02-10"]
    snapshot = simulate(tightening(*days), noise=0.002)
    returns = snapshot.prices.pct_change().fillna(0.0)
    for ticker, effect in {"SPY": 0.05, "XME": 0.075, **dict.fromkeys(CORE, 0.075)}.items():
        returns.loc[days, ticker] += effect
    panel = build_panel(replace(snapshot, prices=100 * (1 + returns).cumprod()))
    claim = panel.snapshot.registered["A4"]
    assert isinstance(claim, Mean)
    assert raw_move(claim, panel) == pytest.approx(0.075, abs=0.02)
    assert decided("A4", panel).effect == pytest.approx(0.0, abs=0.015)
