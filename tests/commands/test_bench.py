"""``bench``: stages are timed, the machine is named."""

from __future__ import annotations

import json
import os

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace, bench
from analysis.publish.readme_parts import RUNTIMES


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    """A folder in which a run takes no time, and rendering two seconds."""

    def render(options, _, stage) -> float:
        assert (options.renderer, options.draft, options.only_render) == ("auto", False, False)
        with stage("Loading"):
            pass
        return 2.04

    monkeypatch.setattr(bench, "render_paper", render)
    for name in ("data", "paper"):  # a clone has them
        (tmp_path / name).mkdir()
    return Workspace.at(tmp_path)


def test_times_and_machine_are_printed_and_recorded(workspace, capsys):
    """With --record they stand in the file from which the README takes them; else none is made."""
    assert main(["bench"], workspace) == 0
    said = capsys.readouterr().out
    assert "Rendering both formats: 2.0 s" in said
    assert f"processors: {os.cpu_count()}" in said
    assert not (workspace.root / RUNTIMES).exists()

    assert main(["bench", "--record"], workspace) == 0
    measured = json.loads((workspace.root / RUNTIMES).read_text("utf-8"))
    assert measured["seconds"] == {"Loading": 0.0, "Rendering HTML and PDF": 2.0}
    assert measured["peak_memory_mib"] > 0
    assert measured["machine"]["processor"]
