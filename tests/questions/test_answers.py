"""Questions answered: the inputs of their results are what was read, and no other."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from analysis.publish.numerals import typed_numerals
from analysis.questions import QUESTIONS as TITLES
from analysis.questions import answer, list_inputs
from analysis.results import Findings, Number, Provenance
from analysis.study.panel import Panel, build_panel

QUESTIONS = Path(__file__).parents[2] / "analysis" / "questions"


@pytest.fixture(scope="module")
def committed(snapshot) -> Panel:
    """The panel of the committed snapshot."""
    return build_panel(snapshot)


def count_firms(panel: Panel) -> Findings:
    """Read one table and make a number of it."""
    source = Provenance("f", "all")
    count = len(panel.snapshot.universe)
    return Findings(numbers=[Number("n", count, "count", "integer", "firms", source)])


def test_inputs_are_the_files_read(committed):
    """A question that reads one table has it and nothing else among its inputs."""
    found = answer(count_firms, committed)
    assert found.numbers[0].source == Provenance("f", "all", ("universe.csv",))
    assert found.numbers[0].value == len(committed.snapshot.universe)


def test_a_table_and_a_file_more_are_inputs_more(committed):
    """So has one that uses another table, or opens a file by itself, inside data/ or beside it."""

    def planted(panel: Panel) -> Findings:
        assert len(panel.snapshot.customs)
        (panel.snapshot.folder.parent / "pyproject.toml").read_bytes()
        return count_firms(panel)

    found = answer(planted, committed)
    assert found.inputs == ["../pyproject.toml", "customs.csv", "universe.csv"]
    assert answer(count_firms, committed).inputs == ["universe.csv"]


def test_a_part_answered_alone_keeps_its_own_inputs(committed):
    """A question that answers its parts apart has results with the inputs of each part."""

    def planted(panel: Panel) -> Findings:
        assert len(panel.snapshot.customs)
        part = answer(count_firms, panel)
        whole = Number("m", 1, "count", "integer", "whole", Provenance("f", "all"))
        return Findings(numbers=[*part.numbers, whole])

    part, whole = (number.source.inputs for number in answer(planted, committed).numbers)
    assert (part, whole) == (("universe.csv",), ("customs.csv", "universe.csv"))


def test_the_inputs_become_a_data_set():
    """One row a question and file, as seen from the study: its folder may have any name."""
    frame = list_inputs({"Firms": ["../record.json", "universe.csv"]}).frame
    assert frame.values.tolist() == [["Firms", "../record.json"], ["Firms", "universe.csv"]]


def test_what_a_study_lacks_can_be_printed_in_its_report():
    """The report lists it as text, where a numeral that no result explains stops the render."""
    needs = [need for name in TITLES.values() for need in getattr(import_module(name), "NEEDS", ())]
    assert len(needs) > 30
    assert [need.what for need in needs if [*typed_numerals(need.what, source=False)]] == []


def test_no_question_states_its_inputs():
    """A source names its function and its sample; there is no other place to name a file."""
    for path in QUESTIONS.glob("*/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and "Provenance" in ast.unparse(node.func):
                words = {keyword.arg for keyword in node.keywords}
                assert len(node.args) + len(words) == 2, f"{path.name}:{node.lineno}"
                assert "inputs" not in words, f"{path.name}:{node.lineno}"
