"""Simulated panels shared by the tests of the estimators."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest


def simulated_returns(
    seed: int, sessions: int = 400, assets: int = 6, factors: tuple[str, ...] = ("SPY", "XME")
) -> pd.DataFrame:
    """Return daily returns of correlated assets A0, A1, ... and of the factors."""
    rng = np.random.default_rng(seed)
    lines = rng.normal(0.0005, 0.01, (sessions, len(factors)))
    common = rng.normal(0.0, 0.03, (sessions, 1))
    own = rng.normal(0.001, 0.05, (sessions, assets))
    loads = rng.normal(1.5, 1.0, (len(factors), assets))
    index = pd.bdate_range("2024-01-02", periods=sessions)
    names = [f"A{i}" for i in range(assets)]
    frame = pd.DataFrame(lines @ loads + common + own, index=index, columns=names)
    return frame.join(pd.DataFrame(lines, index=index, columns=list(factors)))


@pytest.fixture(scope="session")
def simulated() -> Callable[..., pd.DataFrame]:
    """The generator of panels, for tests that need another seed or size."""
    return simulated_returns


@pytest.fixture
def returns() -> pd.DataFrame:
    """400 sessions of six correlated assets and two factors."""
    return simulated_returns(1)


@pytest.fixture
def events(returns: pd.DataFrame) -> pd.DataFrame:
    """Six firms on each of three dates."""
    rows = [
        {"ticker": f"A{i}", "day0": returns.index[at], "id": f"e{at}"}
        for at in (200, 260, 330)
        for i in range(6)
    ]
    return pd.DataFrame(rows)
