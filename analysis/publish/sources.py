"""The paper's sources as text: which files there are, and where in them something stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from analysis.errors import RenderError

__all__ = [
    "IMAGE",
    "INDEX",
    "SHORTCODE",
    "Source",
    "find_opening",
    "in_order",
    "in_reading_order",
    "named_keys",
    "read_sources",
]

INDEX = "index.qmd"
SHORTCODE = re.compile(r"\{\{<[^\S\n]*(\S+)[^\S\n]*(.*?)[^\S\n]*>\}\}")
IMAGE = re.compile(r"\]\(([^()\s]+)\)\{([^{}]*(?:\{\{<[^>]*>\}\}[^{}]*)*)\}")
_CLAIM = re.compile(r"\]\{(?=[^}]*(?:\.claim\b|\bis=))([^}]*)\}")
_INCLUDE = re.compile(r"^\s*\{\{<\s*include\s+/?(\S+)\s*>\}\}\s*$")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class Shortcode(NamedTuple):
    """``{{< NAME ARGUMENT >}}``; the word ``capital`` of a number is no argument."""

    position: int
    name: str
    argument: str


class Guard(NamedTuple):
    """``[SENTENCE]{.claim key="KEY" is="STATED"}``: a sentence tied to a verdict.

    ``start`` and ``position`` are those of the sentence and of the closing bracket, ``braces`` is
    all that stands between the braces; ``key`` and ``stated`` are None where they are missing.
    """

    start: int
    position: int
    sentence: str
    braces: str
    key: str | None
    stated: str | None


@dataclass(frozen=True)
class Source:
    """One file: its ``name``, such as ``paper/sections/data.qmd``, and its ``text``."""

    name: str
    text: str

    @cached_property
    def prose(self) -> str:
        """The text with comments blanked out; positions are those of ``text``."""
        return _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), self.text)

    def line(self, position: int) -> int:
        """Return the line of a position, from 1."""
        return self.text.count("\n", 0, position) + 1

    def place(self, position: int) -> str:
        """Return file and line of a position, as ``paper/sections/relative_beta.qmd:3``."""
        return f"{self.name}:{self.line(position)}"

    def shortcodes(self) -> Iterator[Shortcode]:
        """Yield each shortcode, also in comments, where Quarto reads them too."""
        for match in SHORTCODE.finditer(self.text):
            argument = match[2].removesuffix(" capital") if match[1] == "num" else match[2]
            yield Shortcode(match.start(), match[1], argument.rstrip())

    def guards(self) -> Iterator[Guard]:
        """Yield each sentence that is tied to a verdict, or was meant to be."""
        for match in _CLAIM.finditer(self.prose):
            told, end = dict(_ATTRIBUTE.findall(match[1])), match.start()
            start = find_opening(self.prose, end)
            sentence = " ".join(self.prose[start:end].split())
            yield Guard(start, end, sentence, match[1], told.get("key"), told.get("is"))


def read_sources(paper: Path, index: str = INDEX) -> tuple[list[Source], list[str]]:
    """Read the paper: its index, then what that includes, in order.

    The second list has one line for each include that leads nowhere.

    Raises
    ------
    RenderError
        If there is no index, or a file is not UTF-8.
    """
    if not (paper / index).is_file():
        raise RenderError(f"{paper / index}: expected the paper, found none")
    sources, missing = [_read(paper, index)], []
    for number, line in enumerate(sources[0].text.splitlines(), start=1):
        if (match := _INCLUDE.match(line)) is None:
            continue
        if (paper / match[1]).is_file():
            sources.append(_read(paper, match[1]))
        else:
            missing.append(
                f"{sources[0].name}:{number}: include: expected the file {match[1]}, found none"
            )
    return sources, missing


def _read(paper: Path, file: str) -> Source:
    name = f"{paper.name}/{file}"
    try:
        return Source(name, (paper / file).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise RenderError(
            f"{name}:{line}: expected UTF-8, found the byte 0x{error.object[error.start]:02x}; "
            "save the file as UTF-8"
        ) from None


def in_reading_order(paper: Path) -> Iterator[tuple[str, str]]:
    """Yield place and text of each line without comments, included files where they stand.

    Nothing where there is no paper.
    """
    if not (paper / INDEX).is_file():
        return
    (index, *others), _ = read_sources(paper)
    lines = {s.name: list(enumerate(s.prose.splitlines(), start=1)) for s in [index, *others]}
    for number, line in lines[index.name]:
        yield f"{index.name}:{number}", line
        if included := _INCLUDE.match(line):
            name = f"{paper.name}/{included[1]}"
            yield from ((f"{name}:{below}", text) for below, text in lines.get(name, ()))


def in_order(lines: Iterable[str]) -> list[str]:
    """Sort messages on one file, which begin with their place, by line."""
    return sorted(lines, key=lambda line: int(line.split(":")[1]))


def named_keys(text: str) -> str:
    """Return a text with its key in the place of each shortcode: ``⟨beta.mp.spy⟩``."""
    return SHORTCODE.sub(lambda match: f"⟨{match[2].removesuffix(' capital').rstrip()}⟩", text)


def find_opening(text: str, end: int) -> int:
    """Return where the text begins that the bracket at ``end`` closes; 0 if none opens it."""
    depth = 0
    for position in range(end, -1, -1):
        depth += {"]": 1, "[": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    return 0
