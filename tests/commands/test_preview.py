"""``preview``: what one build of it asks for and says; the watching is tested in publish/."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from analysis.commands import Workspace, preview
from analysis.commands.base import Stages
from analysis.interrupts import Interrupted

WORDS = ["paper", "--draft", "--formats", "html"]


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Return what builds with these changes since the last run and this exit code of the build."""
    asked: list[list[str]] = []

    def call(changed: str | None, code: int) -> list[str]:
        monkeypatch.setattr(preview, "inputs_of", lambda _: {})
        monkeypatch.setattr(preview, "moved", lambda *_: changed)

        def analysis(*words: str, **_: object) -> SimpleNamespace:
            asked.append([*words])
            if code > 128:
                raise Interrupted(code)
            return SimpleNamespace(returncode=code)

        monkeypatch.setattr(preview, "analysis", analysis)
        preview._build(Workspace.at(tmp_path), Stages())
        return asked[-1]

    return call


def test_results_are_taken_while_neither_data_nor_code_have_moved(build, capsys):
    """Else all is computed; either way the page is a draft."""
    assert build(None, 0) == [*WORDS, "--only-render"]
    assert build("data/events.csv changed since", 0) == WORDS
    assert capsys.readouterr().out.count("Built ") == 2


def test_a_build_that_fails_is_told_and_ends_nothing(build, capsys):
    """The next save may mend it."""
    build(None, 1)
    assert capsys.readouterr().out.startswith("Not built, the page stays as it was")


def test_a_signal_in_a_build_is_told_once(build):
    """By the build, which says what it has written."""
    with pytest.raises(Interrupted) as stop:
        build(None, 130)
    assert stop.value.told
