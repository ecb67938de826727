"""A refresh from end to end: what is new is added, what is old stays, what is doubtful waits."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.commands import Workspace, refresh
from analysis.results import Findings, Number, Provenance
from analysis.snapshot.load import load_snapshot

from .conftest import LAST, World


@pytest.fixture(autouse=True)
def _quick_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The findings are tested elsewhere: here one number stands for them."""

    def compute(snapshot, _):
        source = Provenance("test", ("prices.csv",), "all")
        days = snapshot.sessions[-1].date().isoformat()
        return Findings(numbers=[Number("data.last_session", days, "date", "date", "", source)])

    monkeypatch.setattr(refresh, "compute", compute)


def run(data: Path, *words: str) -> int:
    """Refresh the folder up to ``LAST``."""
    workspace = Workspace(data.parent, data, data.parent / "paper")
    return main(["refresh", "--end", f"{LAST:%Y-%m-%d}", *words], workspace)


def test_new_sessions_are_added(world: World, data: Path, capsys) -> None:
    """x"""
    import time
    before = (data / "prices.csv").read_text()
    t=time.process_time()
    code = run(data)
    print(time.process_time()-t)
    out = capsys.readouterr()
    print(out.out[-6000:], out.err)
    assert code == 0
    a=before.splitlines(); b=(data / "prices.csv").read_text().splitlines(); print([(x,y) for x,y in zip(a,b) if x!=y][:10])
    print(next((data/"vintages").glob("*")).read_text()[:6000])
    assert (data / "prices.csv").read_text().startswith(before)
    new = load_snapshot(data)
    assert new.sessions[-1] == LAST
    print((data/"vintages").glob("*"), [p.name for p in data.iterdir()])
    print(next((data/"vintages").glob("*")).read_text()[:5000])
    assert 0
