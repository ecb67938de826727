"""How often tests reject on given prices: planted truth, holes, and the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.errors import UserDataError
from analysis.userfiles.empirical_size import empirical_size

TESTS = ("t_cross_sectional", "bmp", "kp_bmp", "across_episodes_t")


def draw_prices(shared: float, sessions: int = 400, firms: int = 30) -> pd.DataFrame:
    """Prices of a market and of firms whose returns share a part that no market explains."""
    rng = np.random.default_rng(7)
    market = rng.normal(0, 0.01, (sessions, 1))
    common = rng.normal(0, 0.01 * shared, (sessions, 1))
    returns = np.hstack([market, market + common + rng.normal(0, 0.01, (sessions, firms))])
    names = ["MKT", *(f"F{n}" for n in range(firms))]
    days = pd.bdate_range("2020-01-01", periods=sessions, name="date")
    return pd.DataFrame(100 * np.exp(returns.cumsum(axis=0)), days, names)


def sizes(prices: pd.DataFrame, **more: object) -> pd.DataFrame:
    """Count 150 studies of 20 events on 4 days."""
    asked = {"benchmark": "MKT", "events": 20, "days": 4, "replications": 150, "tests": TESTS}
    return empirical_size(prices, **asked | {"estimation": 60} | more)


@pytest.mark.slow
def test_dependence_between_firms_shows_as_size() -> None:
    """Independent firms leave BMP near 5%; shared returns make it reject, and not KP's form."""
    alone, together = sizes(draw_prices(0.0)), sizes(draw_prices(1.5))
    assert (alone["studies"] == 150).all()
    assert alone["low"].to_dict()["bmp"] < 0.05 < alone["high"].to_dict()["bmp"]
    assert together["low"].to_dict()["bmp"] > 0.1
    rejects = together["rejects"].to_dict()
    assert rejects["kp_bmp"] < rejects["bmp"] / 2
    assert (together["low"] <= together["rejects"]).all()


def test_the_same_seed_gives_the_same_table_and_holes_are_not_drawn() -> None:
    """Firms without prices before a day are no events of it: every study keeps all of its own."""
    prices = draw_prices(0.0)
    prices.iloc[:250, 1:25] = np.nan
    first, again = (sizes(prices, replications=5) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["studies"] == 5).all()


def test_too_many_days_are_one_line() -> None:
    """Days without firms enough are told with what there is and what to do."""
    with pytest.raises(UserDataError, match=r"expected 4 days on which 50 firms .* found 0; ask"):
        sizes(draw_prices(0.0), events=200)
    with pytest.raises(UserDataError, match=r"tests: expected"):
        sizes(draw_prices(0.0), tests=("nonsense",))


def test_the_command_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Prices as a file: the rate of each test with its interval, N and K in the title."""
    path = tmp_path / "prices.csv"
    draw_prices(0.0).to_csv(path)
    asked = ["--events", "12", "--days", "3", "--replications", "20", "--tests", "bmp,portfolio_t"]
    assert main(["size", "--prices", str(path), "--benchmark", "MKT", *asked]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "studies of 12 random events on 3 days, event days −1 to 1" in said
    assert "bmp 20" in said
    assert "not for these events: portfolio_t" in said
