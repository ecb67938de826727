"""Snapshots with known truth: the committed choices on simulated prices with planted effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.snapshot.claims import Difference, Events, Mean
from analysis.snapshot.load import Snapshot
from analysis.study.panel import Panel, build_panel

BETA = 1.5
NOISE = 0.02
Plant = Mapping[tuple[str, str], float]


def events_frame(like: pd.DataFrame, rows: list[dict[str, str]]) -> pd.DataFrame:
    """Make an event table in the committed schema from day, direction and status."""
    filled = []
    for number, row in enumerate(rows):
        day = pd.Timestamp(row["day0"])
        base = dict.fromkeys(like.columns, "")
        base |= {"id": f"e{number}", "status": "confirmatory", "announced": day}
        filled.append(base | row | {"day0": day})
    return pd.DataFrame(filled)[list(like.columns)]


WORDS = dict.fromkeys(("item", "statement", "estimand", "test", "rule"), "as planted")


@pytest.fixture(scope="session")
def mean_of() -> Callable[..., Mean]:
    """Return a maker of claims on the mean response of a portfolio, the core firms by default."""

    def make(*directions: str, of: str = "core", signed: bool = False, **fields: object) -> Mean:
        events = Events(directions=directions, signed=signed)
        words = {"id": "X1", "status": "confirmatory", "kind": "mean", **WORDS}
        return Mean(**words, of=of, events=events, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def difference_of() -> Callable[[str, str], Difference]:
    """Return a maker of claims on the core firms: one direction less another."""

    def make(first: str, second: str) -> Difference:
        sides = {"first": Events(directions=(first,)), "second": Events(directions=(second,))}
        words = {"id": "X2", "status": "confirmatory", "kind": "difference", **WORDS}
        return Difference(**words, of="core", **sides)  # type: ignore[arg-type]

    return make


@pytest.fixture
def simulate(snapshot) -> Callable[..., Snapshot]:
    """Return a maker of snapshots: simulated returns, planted effects, chosen events."""

    def make(
        rows: list[dict[str, str]],
        plant: Plant | None = None,
        confounders: list[dict[str, str]] | None = None,
        noise: float = NOISE,
        seed: int = 7,
    ) -> Snapshot:
        rng = np.random.default_rng(seed)
        sessions, tickers = snapshot.sessions, list(snapshot.prices.columns)
        market = rng.normal(0.0005, 0.008, len(sessions))
        returns = pd.DataFrame(
            BETA * market[:, None] + rng.normal(0, noise, (len(sessions), len(tickers))),
            sessions,
            tickers,
        )
        returns["SPY"] = market
        for (ticker, day), effect in (plant or {}).items():
            returns.loc[pd.Timestamp(day), ticker] += effect
        known = snapshot.confounders.iloc[:0]
        if confounders:
            base = dict.fromkeys(known.columns)
            known = pd.DataFrame([base | c for c in confounders])[list(known.columns)]
            for name in ("date", "first_priced", "last_priced"):
                known[name] = pd.to_datetime(known[name])
        return replace(
            snapshot,
            prices=100 * (1 + returns).cumprod(),
            events=events_frame(snapshot.events, rows),
            confounders=known,
        )

    return make


@pytest.fixture(scope="session")
def committed(snapshot) -> Panel:
    """The panel of the committed data, built once."""
    return build_panel(snapshot)


@pytest.fixture(scope="session")
def quick(committed) -> Panel:
    """The committed panel with fewer resampling draws, where their number does not matter."""
    choices = committed.snapshot.choices
    choices = replace(choices, inference=replace(choices.inference, draws=999))
    return replace(committed, snapshot=replace(committed.snapshot, choices=choices))
