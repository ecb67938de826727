"""Colours of figures are told apart with colour blindness, and marks in grey print."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.questions.customs.drawings import METHOD_MARKS
from analysis.questions.ledger.drawings import LOOKS
from analysis.questions.ledger.reasons import mark
from analysis.questions.robustness.drawings import SIDES
from analysis.results.style import PALETTE, direction_colours
from analysis.study.outcomes import NOISE
from analysis.study.verdicts import NO_SIGN

QUESTIONS = Path(__file__).parents[2] / "analysis" / "questions"

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
VISIONS = {
    "full": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.9505], [1.0], [1.089]])
APART = 15.0  # CIE76: 2.3 is a difference that is just noticed side by side
GREY_APART = 15.0  # of lightness, in print without colour

# Numerals that drawings write: a unit, the level at which prices and volatilities start.
WRITTEN = (r"^first session = 100, log scale$", r" = 1$")

Vector = NDArray[np.float64]


def lab(colour: str, vision: str = "full") -> Vector:
    """Return the CIELAB values of an sRGB colour as a reader of some vision sees it."""
    value = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(VISIONS[vision]) @ linear, 0, 1)
    ratio = TO_XYZ @ seen
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_lab_has_the_values_of_the_standard():
    """White is (100, 0, 0), sRGB red (53.2, 80.1, 67.2), and grey is grey to everyone."""
    assert lab("#ffffff") == pytest.approx([100, 0, 0], abs=0.05)
    assert lab("#ff0000") == pytest.approx([53.2, 80.1, 67.2], abs=0.2)
    for vision in VISIONS:
        assert lab("#808080", vision) == pytest.approx(lab("#808080"), abs=0.2)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(
    "colours",
    [
        pytest.param(list(PALETTE), id="firms"),
        pytest.param(
            list(direction_colours(("tightening", "disappointment", "support", "easing")).values()),
            id="directions",
        ),
        pytest.param([look[0] for look in METHOD_MARKS.values()], id="correlations"),
        pytest.param([side[1] for side in SIDES.values()], id="specification curves"),
        pytest.param(["#0072B2", "#D55E00"], id="up and down"),
    ],
)
def test_colours_of_a_figure_are_told_apart(colours, vision):
    """Any two colours that stand for unlike things in one figure differ for every reader."""
    for a, b in itertools.combinations(colours, 2):
        assert np.linalg.norm(lab(a, vision) - lab(b, vision)) >= APART, (a, b)


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([(look[0], look[1]) for look in METHOD_MARKS.values()], id="correlations"),
        pytest.param([(side[1], side[2]) for side in SIDES.values()], id="specification curves"),
        pytest.param(list(LOOKS.values()), id="ledger"),
    ],
)
def test_marks_are_told_apart_in_grey(looks):
    """Where colour is lost, the mark or its lightness says what it stands for."""
    for (a, shape), (b, other) in itertools.combinations(looks, 2):
        assert shape != other or abs(lab(a)[0] - lab(b)[0]) >= GREY_APART, (a, b)


@pytest.mark.parametrize(
    "source", ["pandoc/page.css", "theme.scss", "pandoc/typst-template.typ"], ids=str
)
def test_a_verdict_has_one_colour_in_figure_strip_and_ledger(source):
    """The colours of verdicts in the figure are those of page and print."""
    styled = (QUESTIONS.parents[1] / "paper" / source).read_text("utf-8")
    drawn = {verdict: colour.lower() for verdict, (colour, _) in LOOKS.items()}
    for verdict in (*NOISE.values(), NO_SIGN, "supported", "contradicted", "mixed"):
        group = mark(verdict).partition(".verdict-")[2].rstrip("}")
        colour = re.search(rf'\b{group}\W+(?:--verdict\W+|rgb\(")(#\w+)', styled)
        assert colour is not None
        assert drawn[verdict] == colour[1], verdict


@pytest.mark.parametrize("colour", [*PALETTE, "#222222"])
def test_a_colour_is_seen_on_white(colour):
    """Lines and marks stand out from the page, with a third of its lightness at least."""
    assert lab(colour)[0] <= 100 - 25


def drawn_numerals(text: str) -> list[str]:
    """Return the strings of a drawing's code that would print a numeral."""
    tree = ast.parse(text)
    defined = (ast.Module, ast.FunctionDef, ast.ClassDef)
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, defined) and node.body and isinstance(node.body[0], ast.Expr)
    }
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]
    kept = []
    for string in strings:
        code = re.fullmatch(r"#[0-9a-fA-F]{6}|\.\d[f%]|[a-z_]+\d|.*@.*", string)
        allowed = any(re.search(pattern, string) for pattern in WRITTEN)
        if re.search(r"\d", string) and not code and not allowed:
            kept.append(string)
    return kept


@pytest.mark.parametrize(
    "path", sorted(QUESTIONS.glob("*/drawings.py")), ids=lambda path: path.parent.name
)
def test_no_numeral_is_typed_into_a_figure(path):
    """What a figure prints comes from its data or the study; alternatives are formatted there."""
    assert drawn_numerals(path.read_text("utf-8")) == []


def test_a_numeral_typed_into_a_figure_is_found():
    """A level in a label fails, a colour, a format and the name of a column do not."""
    text = 'ax.set_title("95% interval", color="#0072B2")\nf"{x:.1f}"\nrow["day0"]\n'
    assert drawn_numerals(text) == ["95% interval"]
