"""The workflows: their shell runs here as there, their sessions exist, their rights are least."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "analysis/snapshot/own_study/github/workflows/check.yml"
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
STUB = '#!/bin/sh\nprintf "%s\\n" "$(basename "$0") $*"\n'
STUBBED = ("nox", "python", "git", "gh", "jq")


def jobs() -> list[tuple[str, dict[str, Any]]]:
    """Every job of every workflow."""
    read = [(path.stem, yaml.safe_load(path.read_text("utf-8"))) for path in FILES]
    return [(f"{file}: {name}", job) for file, told in read for name, job in told["jobs"].items()]


def combinations(job: dict[str, Any]) -> list[dict[str, str]]:
    """The values that the matrix of a job takes, one dictionary a run."""
    matrix = dict(job.get("strategy", {}).get("matrix", {}))
    extra = matrix.pop("include", [])
    crossed = [dict(zip(matrix, values, strict=True)) for values in product(*matrix.values())]
    return [*crossed, *extra]


def steps() -> list[Any]:
    """Every step that runs a shell, with each combination of its job's matrix."""
    return [
        pytest.param(step, values, id=f"{name}, step {number}, {' '.join(values.values())}")
        for name, job in jobs()
        for values in combinations(job)
        for number, step in enumerate(job["steps"], start=1)
        if "run" in step
    ]


def filled(text: str, values: dict[str, str]) -> str:
    """An entry with the values of the matrix; what the server knows is a word."""

    def fill(match: re.Match[str]) -> str:
        kind, _, name = match[1].partition(".")
        return values.get(name, "") if kind == "matrix" else "told-by-the-server"

    return EXPRESSION.sub(fill, text)


@pytest.fixture
def stubs(tmp_path) -> Path:
    """Programs that say how they were called, in place of those that work or reach the net."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in STUBBED:
        (folder / name).write_text(STUB, "utf-8")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(("step", "values"), steps())
def test_the_shell_of_a_step_runs(step, values, stubs, tmp_path):
    """As the server runs it: bash that stops at the first fault, with the step's environment."""
    given = {name: filled(str(text), values) for name, text in step.get("env", {}).items()}
    assert "${{" not in step["run"]  # values come by the environment, never as text of a script
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={**os.environ, **given, "PATH": f"{stubs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for called in re.findall(r"^nox -s (\S+)(.*)$", done.stdout, re.MULTILINE):
        assert called[0] in sessions()
    if "SESSION" in given:
        assert done.stdout.split()[:3] == ["nox", "-s", values["session"]]


def sessions() -> set[str]:
    """The names of the sessions of the noxfile."""
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name for node in found if any("nox" in ast.dump(d) for d in node.decorator_list)}


def test_no_job_has_more_rights_than_it_names():
    """None by default; writing is for the one job that comments and checks nothing out."""
    for path in FILES:
        assert yaml.safe_load(path.read_text("utf-8"))["permissions"] == {}
    writing = {name: job for name, job in jobs() if "write" in job.get("permissions", {}).values()}
    assert list(writing) == ["comment: comment"]
    assert "actions/checkout" not in str(writing["comment: comment"]["steps"])


def test_no_two_runs_of_a_job_make_an_artefact_of_the_same_name():
    """The server would refuse the second one."""
    made = [
        filled(step["with"]["name"], values)
        for _, job in jobs()
        for values in combinations(job)
        for step in job["steps"]
        if "actions/upload-artifact" in step.get("uses", "")
        and (
            "matrix.session" not in step.get("if", "") or f"'{values.get('session')}'" in step["if"]
        )
        and not ("matrix.words == ''" in step.get("if", "") and values.get("words"))
    ]
    assert len(made) == len(set(made)), made
    assert {"paper", "referee-3.11", "referee-3.14", "receipt", "diff"} <= set(made)


def test_at_least_two_versions_of_python_run():
    """The oldest that is supported, and the newest of the lock."""
    versions = {values.get("python") for _, job in jobs() for values in combinations(job)}
    assert {"3.11", "3.14"} <= versions


def test_the_workflow_of_a_study_says_which_package_is_missing():
    """Its steps stop with a line before anything is installed, and go on with PACKAGE filled in."""
    told = yaml.safe_load(TEMPLATE.read_text("utf-8"))
    assert told["permissions"] == {}
    assert told["env"] == {"PACKAGE": ""}
    steps = told["jobs"]["study"]["steps"]
    asks = next(n for n, step in enumerate(steps) if "PACKAGE" in step.get("run", ""))
    assert "pip install" not in str(steps[: asks + 1])
    for package, code in (("", 1), ("git+https://example.org/a@0123abc", 0)):
        done = subprocess.run(
            ["bash", "-e", "-c", steps[asks]["run"]],
            env={"PACKAGE": package, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert ("expected address and commit of the package" in done.stderr) is bool(code)
    called = re.findall(r"rare-earth-headlines (\S+) --data", str(steps))
    assert set(called) == {"data", "paper", "diff"}
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in steps if "uses" in step)
