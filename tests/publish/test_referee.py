"""The replication report: every box can be answered, and its answers follow what is there."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.commands import Workspace, referee
from analysis.errors import ResultsError
from analysis.publish.exhibit_map import Exhibit
from analysis.publish.referee.answers import CANNOT, Build, find_line, tell
from analysis.publish.referee.boxes import read_boxes
from analysis.publish.referee.checks import CHECKS, answer
from analysis.publish.referee.form import OPEN, fill_form
from analysis.publish.result_set import ResultSet
from analysis.publish.review.markdown_form import write_markdown
from analysis.publish.review.repository import list_files
from analysis.study.outcomes import CANNOT as CANNOT_DECIDE
from analysis.study.outcomes import NOISE, NOT_TESTABLE
from analysis.study.verdicts import NO_SIGN

ROOT = Path(__file__).parents[2]
SOURCE = {"function": "analysis.questions.a.f", "inputs": ["a.csv"], "sample": "all"}
ENTRY = {
    "source": "an exchange",
    "obtained": "by hand",
    "licence": "free",
    "span": ["2026", "2027"],
}
HASHES = {"a.csv": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}  # of "x"
FILES = {
    "data/a.csv": "x",
    "data/README.md": "`x`\n",
    "README.md": "| all | MiB GB\n",
    "docs/exhibits.md": "`t`\n",
    "requirements/paper.txt": "a==1 \\\n    --hash=sha256:00\nb==2 \\\n    --hash=sha256:00\n",
    "paper/references.bib": "@misc{set1,\n howpublished = {Data set}\n}\n",
    "paper/sections/data.qmd": "Closes [@set1].\n",
    "benchmarks/runtimes.json": json.dumps(
        {"seconds": {"All": 10.0}, "machine": {"processor": "P"}}
    ),
}

TABLE = Exhibit("table", "t", "index.qmd:1", "`f`, a.py:1", "a.csv", "t.md")


def results(**verdicts: str) -> ResultSet:
    """Results of one number and some verdicts."""
    number = {"value": 1.0, "text": "1.0", "format": "decimal1", "estimand": "e", "unit": "u"}
    claims = {
        k: {"verdict": v, "rule": "r", "evidence": "e", **SOURCE} for k, v in verdicts.items()
    }
    kinds: dict[str, Any] = {"number": {"a.mean": number | SOURCE}, "claim": claims}
    return ResultSet({**{"table": {"t": {"text": "| a |", **SOURCE}}, "figure": {}}, **kinds})


@pytest.fixture
def build(tmp_path) -> Build:
    """A build in which every check says yes that can."""
    manifest = {"files": {n: ENTRY | {"sha256": sha} for n, sha in HASHES.items()}}
    for name, text in {**FILES, "data/manifest.json": json.dumps(manifest)}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return Build(
        tmp_path, tuple(list_files(tmp_path)), results(C1="mixed"), results(C1="mixed"),
        {"All": 12.0}, {"processor": "P"}, [TABLE], receipts=("one", "two"),
    )  # fmt: skip


def test_every_box_can_be_answered_and_every_check_is_asked():
    """A check that no box names would be dead; a box without a check would be empty."""
    boxes, sources = read_boxes()
    asked = {box.how[0] for box in boxes if box.way == "check"}
    assert asked == set(CHECKS)
    assert set(sources) == {part.split(",")[0] for box in boxes for part in box.origin.split("; ")}
    assert len({(box.section, box.text) for box in boxes}) == len(boxes)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('{ from = "r, 1", box = "b" }', "one of line, check, cannot, found none"),
        ('{ from = "r, 1", box = "b", check = "c", cannot = "d" }', "found check, cannot"),
        ('{ from = "q, 1", box = "b", check = "c" }', "a source among r, found q"),
    ],
)
def test_a_box_without_one_way_or_source_is_refused(tmp_path, entry, words):
    """In one line that names the box."""
    file = tmp_path / "boxes.toml"
    file.write_text(f'[sources]\nr = "R"\n[[section]]\ntitle = "T"\nboxes = [{entry}]\n', "utf-8")
    with pytest.raises(ResultsError, match=words):
        read_boxes(file)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_sound_build_has_yes_in_every_box(build, name):
    """Each with the line that shows it."""
    word, shown = CHECKS[name](build)
    assert (name, word) == (name, "yes"), shown
    assert shown


@pytest.mark.parametrize(
    ("name", "file", "text", "words"),
    [
        (
            "data_provided",
            "data/a.csv",
            "y",
            "data/a.csv: expected 2d711642b726, found a1fce4363854",
        ),
        ("variables_described", "data/README.md", "`y`", "no `x` of data/a.csv"),
        ("data_cited", "paper/sections/data.qmd", "Closes.", "set1 is not cited"),
        ("data_cited", "paper/references.bib", "", "no entry is a data set"),
        ("pinned", "requirements/paper.txt", "a==1\nb==2 --hash=sha256:0\n", "a==1 has no hash"),
        ("exhibits_listed", "docs/exhibits.md", "", "no table t"),
        ("needs_stated", "README.md", "| all | MiB", "no 'GB'"),
        ("open_formats", "data/a.xls", "1", "data/a.xls"),
        ("no_empty_files", "data/b.csv", "", "data/b.csv"),
        ("no_twins", "data/b.csv", "x", "data/a.csv is data/b.csv"),
        ("no_packed_files", "b.zip", "1", "b.zip"),
        ("no_addresses", "data/b.csv", "somebody@example.org", "data/b.csv: somebody@example.org"),
        ("plain_paths", "data/b c.csv", "1", "data/b c.csv"),
        ("code_is_source", "b.so", "1", "b.so"),
        ("derived_made", "data/derived/r.csv", "1", "data/derived/r.csv"),
    ],
)
def test_one_fault_turns_its_box_and_is_named(build, name, file, text, words):
    """The answer says where it is."""
    path = build.root / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    files = tuple(sorted({*build.files, file}))
    word, shown = CHECKS[name](replace(build, files=files))
    assert (word, words in shown) == ("no", True), shown


def test_results_that_moved_are_named_and_change_the_class(build):
    """A number that came out otherwise: its box, the alarm, the class."""
    now = results(C1="mixed")
    moved = {"a.mean": {**now["number"]["a.mean"], "value": 2.0, "text": "2.0"}}
    spoilt = replace(build, now=ResultSet({**now.kinds, "number": moved}))
    assert CHECKS["numbers_agree"](spoilt) == ("no", "a.mean: 1.0 and 2.0")
    document = fill_form(spoilt)
    assert document.alarm == "1 results are not the committed ones, first number a.mean."
    assert "partial reproduction" in document.opening[1]


def test_without_results_before_nothing_is_said_to_agree(build):
    """The boxes that compare cannot be checked, and the class is open."""
    first = replace(build, before=None)
    for name in ("tables_agree", "figures_agree", "numbers_agree"):
        assert CHECKS[name](first).word == CANNOT
    assert CANNOT in fill_form(first).opening[1]


def test_time_misfits_and_receipts(build):
    """More than twice the stated time, a sentence that does not fit, one signature alone."""
    slow = replace(build, seconds={"All": 20.1}, misfits=("a.qmd:1: no",), receipts=("one",))
    assert CHECKS["time_as_stated"](slow).word == "no"
    assert CHECKS["sentences_fit"](slow) == ("no", "a.qmd:1: no")
    assert CHECKS["second_machine"](slow).word == CANNOT


def test_the_form_lists_what_is_open_and_nothing_that_is_decided(build):
    """Claims within noise, and each only by the rules that decide."""
    words = {"A1": "supported", "A2": "mixed", "A3": NO_SIGN, "a2.registered": "mixed"}
    document = fill_form(replace(build, before=None, now=results(**words)))
    (section,) = [s for s in document.sections if s.title == "What is not established"]
    assert [row[:2] for row in section.rows] == [("A2", "mixed"), ("A3", NO_SIGN)]


def test_every_open_verdict_of_a_claim_is_known_to_the_form():
    """The words are those of the decision rules."""
    assert {CANNOT_DECIDE, NOT_TESTABLE, NO_SIGN, *NOISE.values(), "mixed"} <= set(OPEN)


def test_the_markdown_of_the_form_has_every_row(build):
    """It is no comment that has to be short."""
    many = {f"A{n}": "mixed" for n in range(80)}
    text = write_markdown(fill_form(replace(build, now=results(**many))), longest=None)
    assert all(f"| {name} | mixed |" in text for name in many)
    assert "HTML page" not in text


def test_the_files_are_those_of_git_or_of_an_unpacked_archive(tmp_path):
    """What runs leave there is none of them."""
    for name in ("a.md", "paper/_output/p.html", ".nox/x", "data/derived/r.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x", "utf-8")
    assert list_files(tmp_path) == ["a.md"]
    assert "noxfile.py" in list_files(ROOT)


def test_a_line_is_shown_with_its_number(build):
    """And what is missing is said."""
    assert find_line(build, "README.md", "MiB") == ("yes", "README.md:1: | all | MiB GB")
    assert find_line(build, "README.md", "nothing").word == "no"
    assert tell(["one", "two"], "shown") == ("no", "one and 1 more")


def test_every_line_that_a_box_asks_for_is_in_the_repository_or_known_to_be_missing(build):
    """The words of boxes are those of the files: what a deposit still lacks is named here."""
    here = replace(build, root=ROOT)
    lacking = {
        box.text for box in read_boxes()[0] if box.way == "line" and answer(here, box).word == "no"
    }
    assert lacking == {
        "Authors are named with affiliations",
        "JEL codes are given",
        "The package lies in an archive with an identifier",
    }


def test_the_command_writes_both_forms_and_tells_of_other_results(monkeypatch, build):
    """Exit code 0 if results are as before, 3 if not; the forms are there either way."""
    (build.root / "paper/results").mkdir()
    (build.root / "paper/results/numbers.json").touch()
    versions = iter([results(), results(), results(), results(C2="mixed")])
    monkeypatch.setattr(referee, "read_folder", lambda _: next(versions))
    monkeypatch.setattr(referee, "find_misfits", lambda _: [])
    monkeypatch.setattr(referee, "time_build", lambda *_: {"All": 1.0})
    monkeypatch.setattr(referee, "list_exhibits", lambda _: [])
    asked = Namespace(verify=None)
    assert [referee.REFEREE.run(asked, Workspace.at(build.root)) for _ in range(2)] == [0, 3]
    output = build.root / "paper/_output"
    assert {path.name for path in output.iterdir()} == {"referee.md", "referee.html"}
    assert "1 results are not the committed ones" in (output / "referee.html").read_text("utf-8")
