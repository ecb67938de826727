"""No result is typed by hand: numerals in the prose are references or stand on a short list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAPER = Path(__file__).parents[2] / "paper"

# What may hold a digit without being a result, with the reason.
ALLOWED = {
    r"\{\{<.*?>\}\}": "a reference to the registry",
    r"`[^`]*`": "code and file names",
    r"\$\$.*?\$\$": "a displayed formula",
    r"\$[^$]*\$": "a formula",
    r"\{[#.][^}]*\}": "identifiers and attributes",
    r"\]\([^)]*\)": "the target of a link or image",
    r"\[?-?@[\w-]+(, p{1,2}\. \d+)?\]?": "a citation or cross-reference",
    r"\b\d{1,2}\s+(January|February|March|April|May|June|July|August|September|October|November|"
    r"December)(\s+\d{4})?\b": "a date that names an event",
    r"\b(19|20)\d\d\b": "a year",
    r"\[[−+]?\d+, [−+]?\d+\]": "an event window, defined in study.toml",
    r"\bday \d+\b|\bday 0s?\b": "event time",
    r"\bHC3\b|\bS&P 500\b|\bt\(\d\)|\bCC BY 4\.0\b": "names",
    r"\b[AB]\d{1,2}\b": "the number of a claim",
}


def strip_allowed(text: str) -> str:
    """Remove everything that may hold a digit."""
    text = re.sub(r"\A---.*?^---$", "", text, flags=re.DOTALL | re.MULTILINE)
    for pattern in ALLOWED:
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return text


def typed_numerals(text: str) -> list[str]:
    """Return the numerals that nothing explains, with a few words around each."""
    rest = strip_allowed(text)
    return [rest[max(0, m.start() - 30) : m.end() + 20].strip() for m in re.finditer(r"\d+", rest)]


def sources() -> list[Path]:
    return [PAPER / "index.qmd", *sorted((PAPER / "sections").glob("*.qmd"))]


@pytest.mark.parametrize("path", sources(), ids=lambda p: p.name)
def test_no_numeral_is_typed(path):
    """Every numeral in the prose is a registry reference or has a reason on the list."""
    assert typed_numerals(path.read_text("utf-8")) == []


@pytest.mark.parametrize("text", ["They fell 8.1%.", "a beta of 0.65", "in 12 episodes"])
def test_typed_result_is_found(text):
    """The check sees a percentage, a decimal and a count."""
    assert len(typed_numerals(text)) >= 1


@pytest.mark.parametrize(
    "text", ["On 27 October 2025 [@fama1969adjustment] over [0, +1], {{< num a.b_1 >}}.", "$L_1-2$"]
)
def test_explained_numeral_is_left_alone(text):
    """Dates, citations, windows, formulas and references are no results."""
    assert typed_numerals(text) == []
