"""Where the paper uses a number, a claim, a table or a figure: file, line and sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from analysis.publish.sources import INDEX, Source, named_keys, read_sources

__all__ = ["KINDS", "Kind", "Use", "find_uses"]

Kind = Literal["number", "claim", "figure", "table"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_PRINTS: dict[str, Kind] = {
    **dict.fromkeys(("num", "interval"), "number"),
    **dict.fromkeys(("table", "folded"), "table"),
}
_FIGURE = re.compile(r"results/figures/([\w-]+)\.\w+")
_SOURCE = re.compile(r"\{\{<\s*source\s+\S+\s*>\}\}")
_PICTURE = re.compile(r"!?\[?([^\[\]]*?)\s*\]\(results/figures/[^)]*\)\{[^}]*\}?")
_MARKUP = re.compile(r"\]\{\.claim[^}]*\}|\[(?=[A-Za-z])")
_END = re.compile(r"(?<=[.!?])(?:\]\{[^}]*\}|\])?\s+(?=[\[A-Z*])")


@dataclass(frozen=True, slots=True)
class Use:
    """One place: ``file`` relative to the repository, ``line`` from 1, the sentence around it."""

    file: str
    line: int
    text: str

    @property
    def place(self) -> str:
        """``paper/sections/relative_beta.qmd:3``."""
        return f"{self.file}:{self.line}"


def find_uses(paper: Path) -> Mapping[tuple[Kind, str], tuple[Use, ...]]:
    """Find every place of each kind and name in the sources of a paper, file by file.

    Nothing where there is no paper.
    """
    found: dict[tuple[Kind, str], tuple[Use, ...]] = {}
    sources = read_sources(paper)[0] if (paper / INDEX).is_file() else []
    for source in [*sources[:1], *sorted(sources[1:], key=lambda source: source.name)]:
        for position, kind, name in _marks(source):
            use = Use(source.name, source.line(position), _sentence(source.text, position))
            found[kind, name] = (*found.get((kind, name), ()), use)
    return found


def _marks(source: Source) -> Iterator[tuple[int, Kind, str]]:
    for position, name, argument in source.shortcodes():
        if name in _PRINTS:
            yield position, _PRINTS[name], argument
    for guard in source.guards():
        if guard.key is not None:
            yield guard.position, "claim", guard.key
    for match in _FIGURE.finditer(source.text):
        yield match.start(), "figure", match[1]


def _sentence(text: str, position: int) -> str:
    """Return the sentence of the paragraph at ``position``, on one line, shortcodes kept short."""
    start = text.rfind("\n\n", 0, position) + 1
    end = text.find("\n\n", position)
    paragraph, offset = text[start : end if end >= 0 else len(text)], position - start
    ends = list(_END.finditer(paragraph))
    first = max((match.end() for match in ends if match.end() <= offset), default=0)
    last = min((match.start() for match in ends if match.end() > offset), default=len(paragraph))
    words = _PICTURE.sub(r"\1", _SOURCE.sub("", paragraph[first:last]))
    return " ".join(_MARKUP.sub("", named_keys(words)).split())
