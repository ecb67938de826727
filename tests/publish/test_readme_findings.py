"""The findings in the README."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analysis.errors import ResultsError
from analysis.publish import readme_parts as room
from analysis.publish.cited import PLACE, TEMPLATE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A README with markers, a template with one place and one number."""
    begin, end = room.FINDINGS
    (tmp_path / "README.md").write_text(f"# T\n{begin}\nold\n{end}\nrest\n", "utf-8")
    numbers = {"numbers": {"truce.mp.return": {"text": "−7.4%"}}}
    for name, part in {
        "numbers": numbers,
        "claims": {"verdicts": {}},
        "figures": {"figures": {}},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(part), "utf-8")
    monkeypatch.setattr(room, "TEMPLATE", "MP {truce.mp.return}.")
    return tmp_path


def test_findings_are_written_between_the_markers(folder):
    """Only the text between the markers changes, and a second run changes nothing."""
    assert room.write_findings(folder / "README.md", folder)
    text = (folder / "README.md").read_text("utf-8")
    begin, end = room.FINDINGS
    assert text == f"# T\n{begin}\n\nMP −7.4%.\n\n{end}\nrest\n"
    assert not room.write_findings(folder / "README.md", folder)


def test_missing_marker_is_refused(folder):
    """A README without the markers is an error that names them, and stays as it is."""
    (folder / "README.md").write_text("# T\n", "utf-8")
    with pytest.raises(ResultsError, match="findings: generated"):
        room.write_findings(folder / "README.md", folder)


def test_unknown_key_in_the_template_is_refused(folder, monkeypatch):
    """A template that names a number nobody publishes stops the run."""
    monkeypatch.setattr(room, "TEMPLATE", "{truce.mq.return}")
    with pytest.raises(ResultsError, match=r"truce\.mq\.return"):
        room.write_findings(folder / "README.md", folder)


def test_template_holds_no_digit_of_its_own():
    """Every figure and day in the generated part is a reference."""
    typed = PLACE.sub("", TEMPLATE)
    assert re.findall(r"\d", typed) == []


def test_readme_holds_two_commands_that_agree_with_the_sessions():
    """The README has exactly one command for the paper and one for the tests."""
    text = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"^```sh\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    assert [c.rpartition("nox -s ")[2] for c in commands] == ["paper", "tests"]
