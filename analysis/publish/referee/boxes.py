"""The boxes of the form: what is asked, where the question is from, how it is answered."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import ResultsError

__all__ = ["Box", "read_boxes"]

FILE = Path(__file__).with_name("boxes.toml")
WAYS = ("line", "check", "cannot")
"""How a box can be answered; each has one of them."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes
    ----------
    section, text, origin : str
        Its heading, what it asks, and where that is from in the words of the form's sources.
    way : str
        One of :data:`WAYS`.
    how : tuple of str
        A file and words of it; the name of a check alone; the reason why nobody can say here.
    """

    section: str
    text: str
    origin: str
    way: str
    how: tuple[str, ...]


def read_boxes(file: Path = FILE) -> tuple[list[Box], Mapping[str, str]]:
    """Read the boxes in their order, and the sources by their short names.

    Raises
    ------
    ResultsError
        If a box has no way to be answered, or several, or its source is not among the sources.
    """
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    sources: Mapping[str, str] = document["sources"]
    return list(_boxes(file.name, document, sources)), sources


def _boxes(name: str, document: Mapping[str, Any], sources: Mapping[str, str]) -> Iterator[Box]:
    for section in document["section"]:
        for entry in section["boxes"]:
            ways = [way for way in WAYS if way in entry]
            origins = [part.strip().partition(",")[0] for part in entry["from"].split(";")]
            strays = [origin for origin in origins if origin not in sources]
            if len(ways) != 1 or strays:
                expected, found = (
                    (f"a source among {', '.join(sources)}", strays[0])
                    if strays
                    else (f"one of {', '.join(WAYS)}", ", ".join(ways) or "none")
                )
                raise ResultsError(
                    f'{name}: box "{entry["box"]}": expected {expected}, found {found}; correct it'
                )
            how = entry[ways[0]]
            yield Box(
                section["title"],
                entry["box"],
                entry["from"],
                ways[0],
                tuple(how) if isinstance(how, list) else (how,),
            )
