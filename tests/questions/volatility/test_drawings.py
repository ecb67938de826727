"""Figures on volatility and the pair are drawn from small frames, with text inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.publish.figures import draw
from analysis.questions.volatility import drawings as market
from analysis.results import Figure, Provenance
from analysis.results.style import firm_colours

SOURCE = Provenance(
    "analysis.questions.volatility.around_events.paths", "two kinds", ("prices.csv",)
)


def test_volatility_paths_are_drawn(tmp_path: Path) -> None:
    """One panel a kind; the text alternative stands in the file."""
    days = pd.DataFrame({"day": range(-2, 3), "ratio": 1.0, "low": 0.5, "high": 2.0})
    frames = [days.assign(kind=kind, episodes=5) for kind in ("tightening", "easing")]
    choices: dict[str, Any]
    data, choices = {"paths": pd.concat(frames)}, {"level": 0.9, "window": 2}
    draw(Figure("v", "volatility_paths", data, "ratio 1.0", SOURCE, choices), tmp_path / "v.svg")
    assert "ratio 1.0" in (tmp_path / "v.svg").read_text(encoding="utf-8")
    canvas = market.volatility_paths(data, **choices)
    assert canvas.axes[0].get_ylabel().endswith("mean of days −2 to −1 = 1")
    assert "grey: 90% of" in canvas.get_supxlabel()


def test_a_firm_keeps_its_colour_where_others_are_missing() -> None:
    """The core firms come first in the palette, whoever else a figure shows."""
    every = firm_colours(["AAA", "BBB", "CCC", "DDD"])
    assert len(set(every.values())) == 4
    assert firm_colours(["AAA", "BBB", "CCC", "BBB", "CCC"]) == {
        n: every[n] for n in list(every)[:3]
    }


def test_pair_trade_is_drawn(tmp_path: Path) -> None:
    """Account and histogram, also with one trade."""
    sessions = pd.bdate_range("2025-06-02", periods=30)
    data = {
        "path": pd.DataFrame({"session": sessions, "total": np.linspace(0, 0.1, 30)}),
        "trades": pd.DataFrame({"entry": sessions[[3]], "exit": sessions[[8]]}),
        "null": pd.DataFrame({"mean": np.linspace(-0.1, 0.1, 50)}),
        "observed": pd.DataFrame({"mean": [0.02]}),
    }
    draw(Figure("p", "pair_trade", data, "mean +2.0%", SOURCE), tmp_path / "p.svg")
    assert "mean +2.0%" in (tmp_path / "p.svg").read_text(encoding="utf-8")
