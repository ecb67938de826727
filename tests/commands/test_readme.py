"""``readme``: the generated parts are written, and checked against what would be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path, copy_repository) -> Workspace:
    """A copy of all that the generated parts are made from, written once."""
    copy_repository(tmp_path)
    for name in ("analysis", "benchmarks", "docs", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path)
    workspace = Workspace.at(tmp_path)
    assert main(["readme"], workspace) == 0
    return workspace


@pytest.mark.slow
def test_a_part_that_is_not_current_is_named_and_written_anew(workspace, capsys):
    """--check names the file and leaves it; without the option it is as it was."""
    page = workspace.root / "docs/exhibits.md"
    written = page.read_text("utf-8")
    assert main(["readme", "--check"], workspace) == 0
    assert "nothing changed" in capsys.readouterr().out

    page.write_text(written + "typed by hand\n", "utf-8")
    assert main(["readme", "--check"], workspace) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "error: docs/exhibits.md: expected the parts that this version generates"
    )
    assert "run nox -s readme and commit" in line
    assert page.read_text("utf-8") == written + "typed by hand\n"

    assert main(["readme"], workspace) == 0
    assert "  docs/exhibits.md" in capsys.readouterr().out
    assert page.read_text("utf-8") == written
