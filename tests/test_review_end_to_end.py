"""Diff, explain and reproduce on a clone of this repository, as author and reviewer use them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace, reproduce

ROOT = Path(__file__).parents[1]


def git(folder: Path, *words: str) -> None:
    """Run git as somebody."""
    somebody = ["-c", "user.email=a@example.org", "-c", "user.name=A"]
    subprocess.run(["git", *somebody, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A repository of today's files whose first commit holds the results of today's code."""
    folder = tmp_path_factory.mktemp("clone")
    skip = shutil.ignore_patterns("_output", ".quarto", "derived", "__pycache__")
    for name in ("analysis", "data", "paper", "simulations"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("README.md", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    assert main(["results"], Workspace.at(folder)) == 0
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "base")
    return folder


@pytest.fixture
def change(clone):
    """A branch for one test."""
    git(clone, "checkout", "-q", "-B", "change", "main")
    yield clone
    git(clone, "checkout", "-q", "-f", "main")


@pytest.mark.slow
def test_diff_of_an_unchanged_tree_is_empty(change, capsys):
    """Nothing changed: no section, exit code 0, and every kind of result was compared."""
    assert main(["diff"], Workspace.at(change)) == 0
    said = capsys.readouterr().out
    words = " ".join(said.split())
    assert "No result differs. The committed results are what this version computes." in words
    assert not re.search(r"\(\d+\)$", said, re.MULTILINE)
    assert re.search(r"[1-9]\d* data sets \(rows and columns\)", words)
    assert "Not compared" not in words


@pytest.mark.slow
def test_diff_against_drawings_that_stand_in_another_module(change, capsys):
    """The base's own code draws its pictures, wherever it keeps them: moved code is no change."""
    for drawings in sorted((change / "analysis/questions").glob("*/drawings.py")):
        git(change, "mv", str(drawings), str(drawings.with_name("drawn.py")))
    figures = change / "analysis/publish/figures.py"
    figures.write_text(
        figures.read_text("utf-8").replace("{folder}.drawings", "{folder}.drawn"), "utf-8"
    )
    git(change, "commit", "-qam", "a drawing elsewhere")
    git(change, "checkout", "-q", "main")
    assert main(["diff", "change"], Workspace.at(change)) == 0
    said = capsys.readouterr().out
    assert "No result differs." in said
    assert "No figures of the base" not in said
    assert "analysis/questions/ledger/drawn.py → analysis/questions/ledger/drawings.py" in " ".join(
        said.split()
    )


@pytest.mark.slow
def test_diff_of_a_longer_estimation_window(change, capsys):
    """An edited choice without new results is stale (3); figures stand before and after."""
    study = change / "data/study.toml"
    text = study.read_text("utf-8")
    study.write_text(text.replace("length = 120", "length = 130", 1), "utf-8")
    assert main(["data", "--accept"], Workspace.at(change)) == 0
    git(change, "commit", "-qam", "a longer window")
    capsys.readouterr()
    assert main(["diff", "main"], Workspace.at(change)) == 3
    said = capsys.readouterr().out
    titles = [
        "Edited: choices", "Numbers that moved", "Tables that changed", "Figures that changed",
        "Data sets that changed", "The paper's text, marked up",
    ]  # fmt: skip
    places = [said.index(f"\n{title} (") for title in titles]
    assert places == sorted(places)
    assert "committed results are stale" in said
    page = (change / "paper/_output/diff.html").read_text("utf-8")
    assert page.count("data:image/svg+xml;base64,") >= 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "key", ["truce.mp.ar", "A6", "price_paths", "firms", "beta.mp.spy", "beta.usar.remx"]
)
def test_explain_recomputes_every_kind_of_result(clone, capsys, key):
    """Number, claim, figure, table: function with lines, inputs with hashes, agreement."""
    assert main(["explain", key], Workspace.at(clone)) == 0
    said = capsys.readouterr().out
    for part in ("analysis/questions/", "def ", "sha256", "used in", "rows", "agrees with"):
        assert part in said


@pytest.mark.slow
def test_explain_finds_a_number_that_the_code_no_longer_gives(change, capsys):
    """An edited committed value is found out by computing it anew."""
    path = change / "paper/results/numbers.json"
    text = path.read_text("utf-8")
    start = text.index('"beta.mp.spy": {')
    value = text.index('"value": ', start) + len('"value": ')
    path.write_text(text[:value] + "9" + text[value + 1 :], "utf-8")
    assert main(["explain", "beta.mp.spy"], Workspace.at(change)) == 1
    assert "expected the committed 9." in capsys.readouterr().err


def test_misspelt_key_gets_near_matches(capsys):
    """A key with a slip is answered at once with those nearest to it."""
    assert main(["explain", "beta.mp.spi"]) == 1
    assert "nearest: beta.mp.spy" in capsys.readouterr().err


@pytest.mark.slow
def test_a_clock_in_the_results_is_not_reproducible(change, capsys):
    """A result that depends on the moment it is computed is found, named with artefact and key."""
    module = change / "analysis/questions/data/sample.py"
    text = module.read_text("utf-8")
    clock = '(__import__("time").time_ns(), "customs figures")'
    spoiled = text.replace('(len(customs), "customs figures")', clock, 1)
    assert spoiled != text
    module.write_text(spoiled, "utf-8")
    git(change, "commit", "-qam", "a clock")
    assert main(["reproduce", "--renderer", "pandoc"], Workspace.at(change)) == 1
    complaint = capsys.readouterr().err
    assert "not reproducible: paper/" in complaint


def test_the_other_kernel_is_another_one():
    """The third build runs on a kernel that differs from the one detected here."""
    mine, other = reproduce.other_kernel()
    assert mine.lower() != other.lower()
