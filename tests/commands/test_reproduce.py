"""``reproduce``: three builds of a small project, and what is said of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace
from analysis.publish.number_rows import write_rows
from analysis.publish.receipt import Receipt

# What stands for the package of the project: it computes one number and prints it.
PROGRAM = """
import os, sys
from pathlib import Path
kernel = os.environ.get("OPENBLAS_CORETYPE", "")
home = Path(__file__).parents[1]
if sys.argv[1] == "paper":
    value = 0.25
    {change}
    files = {{
        "results/numbers.csv": {rows!r}.replace("0.25", repr(value)),
        "results/tables/t.md": f"| {{value:.2f}} |",
        "results/numbers.json": "{{}}",
        "_output/p.html": f"<p>The mean is {{value:.2f}}.</p>",
    }}
    for name, text in files.items():
        path = home / "paper" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
"""


@pytest.fixture
def reproduce(tmp_path, capsys) -> Callable[..., tuple[int, str, str]]:
    """Return what runs the command on a project whose program has a line changed."""

    def call(change: str, *words: str) -> tuple[int, str, str]:
        root = tmp_path / "project"
        for name, text in {
            "analysis/__init__.py": "",
            "analysis/__main__.py": PROGRAM.format(
                change=change, rows=write_rows({"a.mean": {"value": 0.25}})
            ),
            "data/a.csv": "x\n",
            ".gitignore": "paper/_output/\npaper/results/\n",
            "paper/index.qmd": "A paper.\n",
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        somebody = ["-c", "user.email=a@example.org", "-c", "user.name=A"]
        for step in (["init", "-q"], ["add", "-A"], [*somebody, "commit", "-qm", "a project"]):
            if not (root / "paper/_output").is_dir():  # else this is the second call
                subprocess.run(["git", *step], cwd=root, check=True)
        code = main(["reproduce", "--renderer", "pandoc", *words], Workspace.at(root))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_builds_alike_pass_on_all_levels(reproduce):
    """Each kind of file is listed with its hash; the last digits may follow the kernel."""
    code, said, _ = reproduce("value += 1e-12 if kernel else 0")
    assert code == 0
    assert said.count(" yes\n") == 3
    assert "no: " not in said
    for kind in ("data sets", "tables", "HTML"):
        assert f" {kind} " in said
    assert " PDF " not in said


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ("value = os.getpid()", "paper/results/numbers.csv: a.mean, value: "),
        ("value += 1e-6 if kernel else 0", "paper/results/numbers.csv: a.mean, value: "),
        ('value = "0.25" and (0.31 if kernel else 0.25)', "paper/results/numbers.csv: a.mean"),
    ],
    ids=["another-number-each-time", "more-than-the-last-digits", "another-text"],
)
def test_the_first_difference_is_named(reproduce, change, level):
    """With the artefact and the key, in one line, and with exit code 1."""
    code, said, complaint = reproduce(change)
    assert code == 1
    assert complaint.startswith(f"error: not reproducible: {level}")
    assert complaint.count("\n") == 1
    assert "no: " in said


def test_a_build_that_fails_is_told_in_the_words_of_its_program(reproduce):
    """The folder says which one; nothing is compared."""
    code, said, complaint = reproduce('sys.exit("error: no room")')
    assert code == 1
    assert complaint.startswith("error: build in ")
    assert complaint.endswith(": error: no room\n")
    assert "byte for byte" not in said


def test_a_receipt_stands_beside_what_it_is_for(reproduce, tmp_path, capsys):
    """Page and receipt are written; `referee --verify` holds them together, signed by nobody."""
    assert reproduce("pass")[0] == 0
    root = tmp_path / "project"
    assert {path.name for path in (root / "paper/_output").iterdir()} == {"p.html", "receipt.json"}
    (root / "paper/results").mkdir()  # those of a run of `paper`
    (root / "paper/results/numbers.json").write_text("{}", "utf-8")
    assert main(["referee", "--verify"], Workspace.at(root)) == 0
    said = capsys.readouterr().out
    assert "2 files made and 1 files they were made from" in said
    assert "signed by nobody" in said

    (root / "data/a.csv").write_text("y\n", "utf-8")
    assert main(["referee", "--verify"], Workspace.at(root)) == 1
    assert capsys.readouterr().err.startswith("error: data/a.csv: expected ")


@pytest.mark.slow
def test_the_same_bytes_keep_the_signatures_and_others_are_refused(reproduce, tmp_path):
    """A receipt that came from another machine is added to; one that it contradicts is named."""
    assert reproduce("pass")[0] == 0
    place = tmp_path / "project/paper/_output/receipt.json"
    signed = Receipt.read(place)
    place.write_text(replace(signed, signatures={"ed25519:00": "c2ln"}).write(), "utf-8")
    assert "signatures: 1" in reproduce("pass")[1]
    assert Receipt.read(place).signatures == {"ed25519:00": "c2ln"}

    other = replace(signed, subjects={**signed.subjects, "paper/_output/p.html": "0" * 64})
    place.write_text(other.write(), "utf-8")
    code, _, complaint = reproduce("pass")
    assert code == 1
    assert "paper/_output/p.html: expected 000000000000, found " in complaint
    assert Receipt.read(place) == other
