"""A study of one's own: its tickers are asked for, on the sessions of its exchange."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.commands import Workspace, refresh
from analysis.results import Findings
from analysis.snapshot.calendar import list_sessions
from analysis.snapshot.load import load_snapshot

from .conftest import Ticker, World, lead, serve
from .test_refresh import TODAY, files

pytestmark = pytest.mark.slow

TOKYO = "Asia/Tokyo"
LAST, END = pd.Timestamp("2025-02-28"), pd.Timestamp("2025-03-07")
TICKERS = ("1301.T", "2002.T", "^TOPX")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Three tickers of Tokyo in yen, two events, and no figures."""
    sessions = list_sessions("XTKS", pd.Timestamp("2024-01-04"), LAST)
    closes(sessions).rename_axis("Date").to_csv(tmp_path / "p.csv")
    rows = {"date": sessions[[150, 190]], "type": ["ban", "harvest"]}
    pd.DataFrame(rows).to_csv(tmp_path / "e.csv", index=False)
    folder, workspace = tmp_path / "wheat", Workspace.at(tmp_path)
    words = ["init", str(folder), "--from-prices", str(tmp_path / "p.csv")]
    assert main([*words, "--from-events", str(tmp_path / "e.csv")], workspace) == 0
    assert main(["data", "--accept", "--data", str(folder)], workspace) == 0
    return folder


def closes(sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Draw the same walks up to every last session."""
    steps = np.random.default_rng(8).normal(0, 0.01, (400, len(TICKERS)))[: len(sessions)]
    return pd.DataFrame(1500 * np.exp(steps.cumsum(axis=0)), sessions, list(TICKERS)).round(2)


def test_new_sessions_of_its_own_exchange_are_added(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Closes of the days since are appended, old rows stay; UN Comtrade is not asked."""
    monkeypatch.setattr(refresh, "compute", lambda *_: Findings())
    every = closes(list_sessions("XTKS", pd.Timestamp("2024-01-04"), END))
    made = {
        ticker.replace("^", "%5E"): Ticker(every[ticker], zone=TOKYO, opens=(TOKYO, 9.0))
        for ticker in TICKERS
    }
    world, before = World(made, [], {}), (study / "prices.csv").read_text("utf-8")
    words = ["refresh", "--data", str(study), "--end", f"{END:%Y-%m-%d}"]
    with serve(world) as port:
        lead(monkeypatch, port)
        assert main(words, Workspace.at(study.parent)) == 0
        capsys.readouterr()
        assert main([*words, "--only", "customs"], Workspace.at(study.parent)) == 1
    said = capsys.readouterr().err
    assert "refresh --only customs: expected prices" in said
    assert said.count("\n") == 1
    assert {url.split("?")[0].rsplit("/", 1)[1] for url in world.asked} == set(made)
    assert (study / "prices.csv").read_text("utf-8").startswith(before.rstrip("\n"))
    snapshot = load_snapshot(study)
    assert snapshot.sessions[-1] == END
    assert snapshot.prices.loc[END, "^TOPX"] == pytest.approx(every.loc[END, "^TOPX"])
    assert f"vintages/{TODAY}.md" in files(study)
