"""Which numbers are published one by one: those that a text cites, or a verdict rests on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from analysis.publish.sources import INDEX, read_sources

__all__ = ["NUMBERS", "PLACE", "REPORT", "TEMPLATE", "cited_numbers", "keep_cited"]

NUMBERS = {"num": "number", "interval": "number"}
"""Shortcodes that print a number."""

REPORT = "report.qmd"
TEMPLATE = (files(__package__) / "readme_findings.md").read_text(encoding="utf-8")
"""Sentences of the README with places for keys; what stands in a place is that number."""

PLACE = re.compile(r"\{([^}]*)\}")
DECIDING = ("effect", "holm", "detectable")
"""What the rule of a claim looks at, by the end of its key."""

Entry = TypeVar("Entry")


def cited_numbers(*papers: Path) -> frozenset[str]:
    """Return the keys that papers, the report on a study of one's own and the README print.

    Raises
    ------
    RenderError
        If a source is not UTF-8.
    """
    sources = [
        source
        for paper in papers
        for index in (INDEX, REPORT)
        if (paper / index).is_file()
        for source in read_sources(paper, index)[0]
    ]
    printed = {key for s in sources for _, name, key in s.shortcodes() if name in NUMBERS}
    return frozenset(printed.union(PLACE.findall(TEMPLATE)))


def keep_cited(
    numbers: Mapping[str, Entry], cited: Collection[str], claims: Iterable[str]
) -> dict[str, Entry]:
    """Keep the numbers that are cited, and those on which a verdict on a claim rests."""
    rests = {f"claim.{claim.lower()}.{part}" for claim in claims for part in DECIDING}
    return {key: entry for key, entry in numbers.items() if key in cited or key in rests}
