"""Tables and figures by the number under which the paper prints them, counted in its sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from analysis.errors import ResultsError
from analysis.publish.sources import in_reading_order

__all__ = ["Exhibit", "find_exhibit", "list_exhibits"]

_TABLE = re.compile(r"^:::+\s*\{#(tbl-[\w-]+)")
_CONTENT = re.compile(r"\{\{<\s*(?:table|folded)\s+(\S+)\s*>\}\}")
_FIGURE = re.compile(r"\]\(results/figures/([\w-]+)\.\w+\)\{#(fig-[\w-]+)")
_ASKED = re.compile(r"(?:(tab|fig)[a-z]*\.?[\s_-]*)?(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Exhibit:
    """A table or figure as printed, ``Table 3``, with its label, ``tbl-firms``, and its place.

    ``key`` is the name of the published result, None where the exhibit prints none; the caption is
    as it stands in the source.
    """

    kind: Literal["table", "figure"]
    number: int
    label: str
    place: str
    key: str | None = None
    caption: str = ""

    def __str__(self) -> str:
        return f"{self.kind.capitalize()} {self.number}"


def list_exhibits(paper: Path) -> list[Exhibit]:
    """List what a paper numbers, counted in reading order as both renderers count."""
    found: list[Exhibit] = []

    def add(kind: Literal["table", "figure"], label: str, place: str) -> Exhibit:
        number = 1 + sum(exhibit.kind == kind for exhibit in found)
        found.append(Exhibit(kind, number, label, place))
        return found[-1]

    table, picture = None, ""  # the block that is open, the text since the last mark of a picture
    for place, line in in_reading_order(paper):
        if begins := _TABLE.match(line):
            table = add("table", begins[1], place)
        elif line.startswith(":::"):
            table = None
        elif table and (content := _CONTENT.search(line)):
            table.key = content[1]
        elif table:
            table.caption += f"{line}\n"
        picture = line.rpartition("![")[2] if "![" in line else f"{picture}\n{line}"
        for key, label in _FIGURE.findall(line):
            figure = add("figure", label, place)
            figure.key, figure.caption = key, picture.partition("](results/figures/")[0]
    return found


def find_exhibit(exhibits: Sequence[Exhibit], asked: str) -> Exhibit | None:
    """Find what somebody means who read the paper: ``Table 3``, ``fig. 7``, ``3``, ``tbl-firms``.

    None if the words are neither a number nor a label.

    Raises
    ------
    ResultsError
        If a table and a figure have the number, if none has, or if the exhibit prints no result.
    """
    match = _ASKED.fullmatch(asked)
    if match:
        kind = {"tab": "table", "fig": "figure"}.get((match[1] or "").lower())
        found = [e for e in exhibits if e.number == int(match[2]) and kind in (None, e.kind)]
        if not found:
            raise ResultsError(f"{asked}: expected {_range(exhibits)}, found no such number")
    else:
        found = [e for e in exhibits if e.label == asked.lstrip("@#")]
    if len(found) > 1:
        both = " and ".join(f"{e} ({e.key or e.label})" for e in found)
        raise ResultsError(f"{asked}: expected one of {both}; ask for {found[0]} or {found[1]}")
    if found and found[0].key is None:
        raise ResultsError(
            f"{found[0]}: expected an exhibit that prints a result, found one that is made with "
            f"the page; see {found[0].place}"
        )
    return found[0] if found else None


def _range(exhibits: Sequence[Exhibit]) -> str:
    last = {e.kind: e.number for e in exhibits}
    parts = [f"{kind.capitalize()} 1 to {number}" for kind, number in sorted(last.items())]
    return " or ".join(reversed(parts)) or "a paper with numbered tables or figures"
