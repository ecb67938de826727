"""Figures of another version: what counts as the same picture, and where drawing code stands."""

from __future__ import annotations

import pytest

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
