"""The shape of the package: imports go one way, the machine and its rooms are not named."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import __version__

ROOT = Path(__file__).parents[1]


def test_imports_go_one_way(monkeypatch):
    """The contracts of pyproject.toml hold: from snapshot to study, questions and publish."""
    monkeypatch.chdir(ROOT)
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "analysis/estimators").rglob("*.py")), ids=str)
def test_estimators_import_nothing_of_ours(path):
    """The maths does not know the study, also in imports inside functions."""
    strays = {
        name
        for name in imports(path)
        if name.startswith("analysis") and not name.startswith("analysis.estimators")
    }
    assert strays == set()


def tracked() -> list[Path]:
    """Return the text files that git tracks."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and not name.endswith((".svg", ".png", ".docx"))]


def test_no_file_names_a_machine():
    """No committed file holds an absolute path of a machine or the address of a package index."""
    forbidden = re.compile(r"/(home|root|Users|work)/\w|py(pi|thonhosted)\.org|npmjs\.|deb\.debian")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        if path.exists() and path != Path(__file__)
        for match in forbidden.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_the_version_is_the_same_wherever_it_is_stated():
    """Citation and changelog name the version of the package, and its day once it has one."""
    changes, citation = (
        (ROOT / name).read_text("utf-8") for name in ("CHANGELOG.md", "CITATION.cff")
    )
    (version, day), *_ = re.findall(r"^## (\S+) (?:\(unreleased\)|- (\S+))$", changes, re.MULTILINE)
    assert version == __version__
    cited = dict(re.findall(r"^(version|date-released): (.+)$", citation, re.MULTILINE))
    assert cited == {"version": version} | ({"date-released": day} if day else {})
