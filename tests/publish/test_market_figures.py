"""Figures on volatility and the pair are drawn from small frames, with text inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.publish.figures import draw
from analysis.results import Figure, Provenance

SOURCE = Provenance("analysis.findings.volatility.paths", ("prices.csv",), "two kinds")


def test_volatility_paths_are_drawn(tmp_path: Path) -> None:
    """One panel a kind; the text alternative stands in the file."""
    days = pd.DataFrame({"day": range(-2, 3), "ratio": 1.0, "low": 0.5, "high": 2.0})
    frames = [days.assign(kind=kind, episodes=5) for kind in ("tightening", "easing")]
    figure = Figure("v", "volatility_paths", {"paths": pd.concat(frames)}, "ratio 1.0", SOURCE)
    draw(figure, tmp_path / "v.svg")
    assert "ratio 1.0" in (tmp_path / "v.svg").read_text(encoding="utf-8")


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
