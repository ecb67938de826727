"""A simulated study on two exchanges: planted effects are found, and no others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.questions.before.outcomes import Registered, decide_registered
from analysis.reads import vary
from analysis.snapshot.calendar import find_market_sessions
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.own_sessions import own_returns
from tests.conftest import DATA

NOISE, BETAS = 0.03, (0.9, 0.4)
PLANTED = {"tightening": 0.06, "easing": -0.06}


def simulate(snapshot: Snapshot, planted: dict[str, float], seed: int = 1) -> Snapshot:
    """Replace all closes: the market, firms that follow it, and jumps on day 0 of events.

    Closes are missing where the committed ones are. A Sydney firm follows the last New York session
    that had ended and the one before.
    """
    rng, choices = np.random.default_rng(seed), snapshot.choices
    at = exchange_by_ticker(snapshot.universe, choices)
    prices = snapshot.prices.copy()
    market = pd.Series(rng.normal(0, 0.01, len(snapshot.sessions)), snapshot.sessions)
    for ticker in prices:
        code = at[str(ticker)]
        sessions = pd.DatetimeIndex(own_returns(snapshot)[code].index)
        last = find_market_sessions(sessions, code, choices.home)
        place = market.index.get_indexer(pd.DatetimeIndex(last))
        if ticker == choices.benchmark.market:
            moves = market.to_numpy().copy()
        else:
            lags = choices.exchanges[code].market
            moves = rng.normal(0, NOISE, len(sessions))
            for beta, lag in zip(BETAS, lags, strict=False):
                moves += beta * market.to_numpy()[np.maximum(place + lag, 0)]
            for direction, jump in planted.items():
                asked = snapshot.events["direction"] == direction
                days = snapshot.events.loc[asked, choices.exchanges[code].day0]
                moves[sessions.isin(pd.DatetimeIndex(days))] += jump
        closes = pd.Series(100 * np.cumprod(1 + moves), sessions).reindex(prices.index)
        prices[ticker] = closes.where(prices[ticker].notna())
    return vary(snapshot, prices=prices)


@pytest.fixture(scope="module")
def found() -> Registered:
    """The registered tests on a study with planted effects of tightening and easing."""
    return decide_registered(simulate(load_snapshot(DATA / "history"), PLANTED))


def test_planted_effects_are_found(found: Registered) -> None:
    """Tightening lifts, easing sinks, the one less the other is twice as much."""
    tests = found.tests.set_index("claim")
    assert tests.loc[["H1", "H2", "H3", "H5"], "verdict"].to_list() == ["supported"] * 4
    assert tests.loc["H1", "car"] == pytest.approx(PLANTED["tightening"], abs=0.02)
    assert tests.loc["H2", "car"] == pytest.approx(PLANTED["easing"], abs=0.02)
    assert tests.loc["H1", "scar"] == pytest.approx(0.06 / (NOISE * np.sqrt(2)), abs=0.5)
    assert (tests.loc[["H1", "H2", "H3"], "rotations"] < 0.005).all()


def test_what_was_not_planted_is_not_found(found: Registered) -> None:
    """Support moves nothing, and other days have squares of about one."""
    tests = found.tests.set_index("claim")
    assert tests.loc["H4", "verdict"] not in ("supported", "contradicted")
    assert tests.loc["H5", "elsewhere"] == pytest.approx(1, abs=0.15)


@pytest.mark.slow
def test_a_jump_on_the_wrong_day_of_sydney_is_lost() -> None:
    """Day 0 is that of the firm's own exchange: with New York's dates Sydney shows less."""
    study = load_snapshot(DATA / "history")
    twin = simulate(study, PLANTED)
    sydney = study.choices.baskets["sydney"]
    shifted = twin.prices.copy()
    shifted[list(sydney)] = shifted[list(sydney)].shift(3)
    kept = shifted.where(study.prices.notna())
    moved = decide_registered(vary(twin, prices=kept)).tests.set_index("claim")["scar"]
    whole = decide_registered(twin).tests.set_index("claim")["scar"]
    assert moved.to_dict()["H1"] < whole.to_dict()["H1"] - 0.3


def test_without_an_effect_nothing_is_decided() -> None:
    """A study of noise alone supports and contradicts no claim, and squares are ordinary."""
    tests = decide_registered(simulate(load_snapshot(DATA / "history"), {}, seed=2)).tests
    assert not tests["verdict"].isin(["supported", "contradicted"]).any()
