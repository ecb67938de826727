"""Figures of another version: what counts as the same picture, and where drawing code stands."""

from __future__ import annotations

import pytest

from analysis.publish.review import base_figures
from analysis.publish.review.base_figures import same_picture
from analysis.publish.review.repository import Repository


def svg(source: str, height: int = 1) -> bytes:
    return f"<svg><metadata>\n{source}\n</metadata><path d='M 0 {height}'/></svg>".encode()


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (svg("analysis.questions.a.f"), True),
        (svg("analysis.questions.a.f", 2), False),
        (None, False),
    ],
)
def test_a_picture_is_what_is_drawn_and_not_who_made_it(other, same):
    """A figure whose function moved to another module is the same picture."""
    assert same_picture(svg("analysis.questions.a.f"), other) is same


def test_drawing_code_is_found_wherever_it_stands(clone):
    """Modules that draw are known by what they import: a move is none, an edit is one."""
    drawing = "from matplotlib.figure import Figure\n"
    base = clone.commit({"analysis/publish/figures/a.py": drawing, "analysis/b.py": "x = 1\n"})
    repository = Repository(clone.root)
    clone.git("rm", "-q", "-r", "analysis/publish")
    moved = clone.commit({"analysis/questions/beta/drawn.py": drawing, "analysis/b.py": "x = 2\n"})
    edited = clone.commit({"analysis/questions/beta/drawn.py": f"{drawing}y = 1\n"})
    assert repository.drawings(base) == repository.drawings(moved) != set()
    assert repository.drawings(moved) != repository.drawings(edited)


@pytest.mark.parametrize(
    ("program", "remark"),
    [
        ("import sys; sys.exit('no such luck')", "its code does not run here (no such luck)."),
        ("import time; time.sleep(60)", "its build took more than 1 s."),
    ],
)
def test_a_base_that_draws_nothing_is_a_remark(clone, monkeypatch, program, remark):
    """Old code that fails or never ends stops no diff; its process does not outlive the block."""
    monkeypatch.setattr(base_figures, "PATIENCE", 1.0)
    commit = clone.commit({"analysis/__init__.py": "", "analysis/__main__.py": program})
    with base_figures.base_build(Repository(clone.root), commit) as figures:
        assert figures(["a"]) == ({}, f"No figures of the base: {remark}")


def test_the_drawings_of_a_base_are_read(clone):
    """Those that were asked for and are there."""
    program = (
        "from pathlib import Path; p = Path('paper/results/figures'); p.mkdir(parents=True)\n"
        "(p / 'a.svg').write_text('<svg/>'); (p / 'b.svg').write_text('<svg/>')\n"
    )
    commit = clone.commit({"analysis/__init__.py": "", "analysis/__main__.py": program})
    with base_figures.base_build(Repository(clone.root), commit) as figures:
        assert figures(["a", "gone"]) == ({"a": b"<svg/>"}, "")
