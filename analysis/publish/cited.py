"""Which numbers are published one by one: those that a text cites, or a verdict rests on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from analysis.publish.sources import read_sources

__all__ = ["NUMBERS", "PLACE", "TEMPLATE", "cited_numbers", "keep_cited"]

NUMBERS = {"num": "number", "interval": "number"}
"""Shortcodes that print a number."""

TEMPLATE = (files(__package__) / "readme_findings.md").read_text(encoding="utf-8")
"""Sentences of the README with places for keys; what stands in a place is that number."""

PLACE = re.compile(r"\{([^}]*)\}")
DECIDING = re.compile(
    r"claim\.([^.]+)\.(?:(?:registered\.)?(?:effect|p|holm|count|detectable)|tipping\..+)"
)
"""What the rules of a claim look at, and by how little they would say something else."""

Entry = TypeVar("Entry")


def cited_numbers(*papers: Path) -> frozenset[str]:
    """Return the keys that the texts in some folders, with what they include, and the README print.

    Beside ``index.qmd`` that is ``report.qmd``, the report on a study of one's own, and whatever
    text its author keeps there.

    Raises
    ------
    RenderError
        If a source is not UTF-8.
    """
    sources = [
        source
        for paper in papers
        for text in sorted(paper.glob("*.qmd"))
        for source in read_sources(paper, text.name)[0]
    ]
    printed = {key for s in sources for _, name, key in s.shortcodes() if name in NUMBERS}
    return frozenset(printed.union(PLACE.findall(TEMPLATE)))


def keep_cited(
    numbers: Mapping[str, Entry], cited: Collection[str], claims: Iterable[str]
) -> dict[str, Entry]:
    """Keep the numbers that are cited, and those on which a verdict on a claim rests."""
    known = {claim.lower() for claim in claims}
    rests = {key for key in numbers if (of := DECIDING.fullmatch(key)) and of[1] in known}
    return {key: entry for key, entry in numbers.items() if key in cited or key in rests}
