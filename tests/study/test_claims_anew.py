"""Kinds of claims that amendments brought: worked by hand, and found where planted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.snapshot.claims import Correlation, Events, Fact, Facts, Retraced, VarianceShare
from analysis.snapshot.portfolios import equal, parse_portfolio
from analysis.study.claim_facts import split_loss
from analysis.study.claim_kinds import list_events, responses_of
from analysis.study.claims import decide_claim
from analysis.study.customs import (
    aligned_correlations,
    monthly_returns,
    release_returns,
    seasonal_changes,
)
from analysis.study.outcomes import CANNOT, NOT_TESTABLE
from analysis.study.panel import build_panel
from analysis.study.responses import cumulate
from analysis.study.series import log_volatility_ratio
from analysis.study.verdicts import judge

CORE = ("MP", "USAR", "CRML")
DAYS = ["2025-11-20", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14", "2026-05-05"]
SIGNS = (1, -1, -1, 1, -1, 1)  # of the moves: no direction of the news foresees them
EVENTS = [{"day0": day, "direction": "tightening"} for day in DAYS]
TOLD: dict[str, Any] = dict.fromkeys(("item", "statement", "estimand", "test", "rule"), "planted")


def of_share(**fields: Any) -> VarianceShare:
    """A claim that most of what event days move is left by the market."""
    given = {"bound": 0.5, "events": Events(mixed=True), **fields}
    return VarianceShare(
        id="V2", status="confirmatory", kind="variance_share", of="core", **TOLD, **given
    )


def plant(size: float, *tickers: str, later: float = 0.0) -> dict[tuple[str, str], float]:
    """Move tickers on every day, up or down, and ``later`` three sessions after it."""
    moves = {}
    for day, sign in zip(DAYS, SIGNS, strict=True):
        after = str((pd.Timestamp(day) + pd.offsets.BDay(3)).date())
        for name in tickers:
            moves[name, day] = sign * size
            moves[name, after] = sign * later
    return moves


def test_moves_of_firms_are_left_by_the_market(simulate):
    """Firms that move alone leave all of it: the interval lies above one half."""
    panel = build_panel(simulate(EVENTS, plant(0.10, *CORE), noise=0.005))
    found = decide_claim(of_share(), panel)
    assert found.verdict == "supported"
    assert found.effect == pytest.approx(1.0, abs=0.2)
    assert (found.count, found.p, found.confirmatory) == ("6", None, False)


def test_moves_of_the_market_are_not_left(simulate):
    """Firms that move as the market does by their beta leave next to nothing."""
    moves = plant(0.05, "SPY") | plant(0.075, *CORE)
    panel = build_panel(simulate(EVENTS, moves, noise=0.005))
    found = decide_claim(of_share(), panel)
    assert found.verdict == "contradicted"
    assert found.effect == pytest.approx(0.0, abs=0.1)


def test_share_on_both_sides_of_the_bound_cannot_decide(simulate):
    """Half of the days are the market's and half the firms' own."""
    moves = plant(0.075, *CORE)
    moves |= {("SPY", day): 0.05 * sign for day, sign in [*zip(DAYS, SIGNS, strict=True)][:3]}
    found = decide_claim(of_share(), build_panel(simulate(EVENTS, moves, noise=0.005)))
    low, high = np.array([found.low, found.high], dtype=float)
    assert low < 0.5 < high
    assert found.verdict == CANNOT


def test_share_is_that_of_the_days_that_enter(committed):
    """Sum of squared CARs over that of squared sums of returns of the events, each day once."""
    claim = of_share()
    responses = responses_of(claim, committed).at_events(committed)
    events = list_events(claim, committed).set_index("event")
    entered = events[events["left_out"] == ""]
    whole = []
    for day, firms in zip(entered["day0"], entered["firms"], strict=True):
        place = committed.snapshot.sessions.get_loc(day)
        held = committed.returns[firms.split(",")].iloc[place : place + 2]
        whole.append(float(held.mean(axis=1).sum()))
    share = (responses.loc[entered.index, "car"] ** 2).sum() / (np.array(whole) ** 2).sum()
    assert decide_claim(claim, committed).effect == pytest.approx(share, rel=1e-12)


def test_two_episodes_have_no_share(simulate):
    """As for every claim on events."""
    assert decide_claim(of_share(), build_panel(simulate(EVENTS[:2]))).effect is None


@pytest.mark.parametrize(("later", "side"), [(0.05, 1), (-0.05, -1)])
def test_what_follows_is_signed_by_the_move_before(simulate, mean_of, later, side):
    """Moves that go on are positive and moves that reverse negative, whatever their direction."""
    panel = build_panel(simulate(EVENTS, plant(0.10, *CORE, later=later), noise=0.005))
    claim = mean_of("tightening", window=(2, 4), clean=(0, 4), follows=(0, 1))
    found = decide_claim(claim, panel)
    assert found.effect == pytest.approx(side * 0.05, abs=0.01)
    low, high = np.array([found.low, found.high], dtype=float)
    assert (low > 0) == (high > 0)
    signed_by_news = decide_claim(mean_of("tightening", window=(2, 4), clean=(0, 4)), panel)
    assert abs(float(signed_by_news.effect or 0)) < 0.02


def test_what_follows_by_hand(committed):
    """The CAR of one window times the sign of the CAR of the other, on every session."""
    core = equal(CORE)
    tables = {
        name: cumulate(committed, core, window, clean=(0, 4)).table
        for name, window in (("first", (0, 1)), ("then", (2, 4)))
    }
    found = cumulate(committed, core, (2, 4), clean=(0, 4), follows=(0, 1)).table
    sign = np.sign(tables["first"]["car"])
    for column in ("car", "scar", "raw"):
        expected = (tables["then"][column] * sign).dropna()
        assert np.allclose(found[column].reindex(expected.index), expected, rtol=1e-12)
    assert np.allclose(
        found["se"].dropna(), tables["then"]["se"].reindex(found["se"].dropna().index)
    )


def test_volatility_against_a_calm_span(committed):
    """The log of the spread over the window less that of all returns before the day."""
    of, day = parse_portfolio("listed_before", committed.snapshot), date(2025, 2, 4)
    ratio = log_volatility_ratio(committed, of, (1, 20), day)
    returns = committed.returns[["MP", "CRML"]].mean(axis=1)
    calm = returns[returns.index < "2025-02-04"]
    assert calm.index.max() < committed.events["day0"].min()
    place = 300
    after = returns.iloc[place + 1 : place + 21]
    expected = np.log(after.std(ddof=1) / calm.std(ddof=1))
    assert ratio.iloc[place] == pytest.approx(expected, rel=1e-12)


def test_volatility_that_doubled_is_found(simulate, mean_of):
    """Returns that go up and down twice as far from the first event on: a log ratio of log two."""
    snapshot = simulate(EVENTS)
    size = np.where(snapshot.sessions < DAYS[0], 0.01, 0.02)
    returns = size * np.where(np.arange(len(size)) % 2, 1, -1)
    firms = {name: 100 * (1 + returns).cumprod() for name in ("MP", "CRML")}
    panel = build_panel(replace(snapshot, prices=snapshot.prices.assign(**firms)))
    claim = mean_of(
        "tightening",
        of="listed_before",
        response="log_volatility_ratio",
        window=(1, 20),
        base=date.fromisoformat(DAYS[0]),
    )
    found = decide_claim(claim, panel)
    assert found.effect == pytest.approx(np.log(2), abs=0.03)


def lengths(before: str | None = None) -> Facts:
    fact = Fact(holds="in [85, 95]", column="pause_days", before=before)
    return Facts(id="F1", status="exploratory", kind="facts", facts=(fact,), show="mean", **TOLD)


def test_lengths_are_those_of_a_column(committed, simulate):
    """Every event with a number counts, or those before a day; without any nothing is tested."""
    pauses = committed.events["pause_days"].dropna()
    every = decide_claim(lengths(), committed)
    assert every.effect == pytest.approx(pauses.mean())
    assert every.count == f"{len(pauses)} events"
    assert every.verdict == "mixed"
    earlier = decide_claim(lengths(before="truce"), committed)
    assert (earlier.effect, earlier.count, earlier.verdict) == (90.0, "3 events", "supported")
    rows = [row | {"pause_days": np.nan} for row in EVENTS]
    none = decide_claim(lengths(), build_panel(simulate(rows)))
    assert (none.effect, none.verdict) == (None, NOT_TESTABLE)


def test_loss_since_a_later_close_by_hand(committed):
    """A gain of 100 to 140, 110 by the later close and 104 in the end: 6 of 40, 30 before."""
    path = {"2025-10-08": 100.0, "2025-10-14": 140.0, "2025-10-24": 110.0, "2025-10-27": 104.0}
    prices = committed.snapshot.prices.copy()
    for day, price in path.items():
        prices.loc[day, "MP"] = price
    panel = replace(committed, snapshot=replace(committed.snapshot, prices=prices))
    start, top, since, end = map(date.fromisoformat, path)
    claim = Retraced(
        id="R1",
        status="exploratory",
        kind="retraced",
        of="producer",
        start=start,
        top=top,
        since=since,
        end=end,
        bounds=(0, 1),
        **TOLD,
    )
    loss = split_loss(claim, panel)
    assert loss == pytest.approx((30 / 40, 6 / 40, 0.04))
    found = decide_claim(claim, panel)
    assert found.effect == pytest.approx(6 / 40)
    assert found.count == "1 day"
    whole = decide_claim(replace(claim, since=None), panel)
    assert whole.effect == pytest.approx(36 / 40)


def aligned(**fields: Any) -> Correlation:
    given: dict[str, Any] = {"series": ("rare_earths_total",), "lags": (1,), "releases": True}
    return Correlation(
        id="C1", status="confirmatory", kind="correlation", of="core", **TOLD, **(given | fields)
    )


def test_correlations_pair_what_they_say(quick):
    """A lag of one pairs a month with the return of the next, a release with its own CAR."""
    rows = aligned_correlations(quick, aligned(seasonal=("rare_earths_total",))).set_index("with")
    changes = seasonal_changes(quick, "rare_earths_total")
    monthly = monthly_returns(quick)["core"].shift(-1)
    released = release_returns(quick)
    told = released[(released["series"] == "headline") & (released["coverage"] == "month")]
    cars = told.set_index("month")["car"]
    for name, other in (("lag 1", monthly), ("release", cars)):
        pairs = pd.concat([changes, other], axis=1).dropna().to_numpy()
        assert rows.loc[name, "n"] == len(pairs)
        assert rows.loc[name, "estimate"] == pytest.approx(np.corrcoef(pairs.T)[0, 1])


def test_a_planted_answer_to_releases_is_found(quick, monkeypatch):
    """CARs that fall with the figure are found at the release, and no other pairing is asked."""
    released = release_returns(quick)
    noise = np.random.default_rng(2).normal(0, 0.01, len(released))
    planted = released.assign(car=-0.2 * released["change"].fillna(0.0) + noise)
    monkeypatch.setattr("analysis.study.customs.release_returns", lambda _: planted)
    found = decide_claim(aligned(lags=(), claimed="negative"), quick)
    assert found.effect is not None
    assert found.effect < -0.8
    assert found.p is not None
    assert found.p < 0.01


def test_seasonal_means_use_earlier_years_alone(quick):
    """A figure of a later year moves nothing before it; one of earlier years moves what follows."""
    before, snapshot = seasonal_changes(quick, "rare_earths_total"), quick.snapshot

    def with_figure(part: str, month: str) -> pd.Series:
        rows = getattr(snapshot, part).copy()
        at = (rows["month"] == pd.Period(month, "M")) & (rows["series"] == "rare_earths_total")
        rows.loc[at & (rows["coverage"] == "month"), "value"] *= 2
        changed = replace(quick, snapshot=replace(snapshot, **{part: rows}))
        return seasonal_changes(changed, "rare_earths_total")

    later = with_figure("customs", "2025-08")
    moved = before.index[~np.isclose(before, later.reindex(before.index))]
    assert moved.min() == pd.Period("2025-08", "M")
    earlier = with_figure("earlier_customs", "2019-05")
    moved = before.index[~np.isclose(before, earlier.reindex(before.index))]
    assert set(pd.PeriodIndex(moved).month) == {5, 6}
    assert before.index.min() >= snapshot.customs["month"].min()


@pytest.mark.parametrize("said", ["not a claim", "shown, not decided"])
def test_what_is_shown_is_not_decided(committed, mean_of, said):
    """The effect stands, the verdict is the stated one, and the family does without its p."""
    claim = mean_of("tightening", verdict=said)
    plain = replace(claim, verdict=None)
    shown, tested = decide_claim(claim, committed), decide_claim(plain, committed)
    assert (shown.effect, shown.p) == (tested.effect, tested.p)
    assert (shown.verdict, shown.confirmatory) == (said, False)
    snapshot = replace(committed.snapshot, claims={"X1": claim}, registered={"X1": claim})
    for verdicts in ("registered", "symmetric"):
        rules = replace(committed.rules, verdicts=verdicts)
        panel = replace(committed, snapshot=snapshot, rules=rules)
        assert judge(panel, {"X1": shown}) == {"X1": (None, said)}
