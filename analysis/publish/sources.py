"""The paper's sources as text: which files there are, and where in them something stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis.errors import RenderError

__all__ = [
    "CLAIM",
    "IMAGE",
    "INDEX",
    "SHORTCODE",
    "Source",
    "attributes",
    "in_order",
    "read_sources",
    "sentence",
]

INDEX = "index.qmd"
SHORTCODE = re.compile(r"\{\{<[^\S\n]*(\S+)[^\S\n]*(.*?)[^\S\n]*>\}\}")
IMAGE = re.compile(r"\]\(([^()\s]+)\)\{([^{}]*(?:\{\{<[^>]*>\}\}[^{}]*)*)\}")
CLAIM = re.compile(r"\]\{(?=[^}]*(?:\.claim\b|\bis=))([^}]*)\}")
_INCLUDE = re.compile(r"^\s*\{\{<\s*include\s+(\S+)\s*>\}\}\s*$")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """One file: its ``name`` in the project and its ``text``."""

    name: str
    text: str

    @cached_property
    def prose(self) -> str:
        """The text with comments blanked out; positions are those of ``text``."""
        return _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), self.text)

    def place(self, position: int) -> str:
        """Return file and line of a position, as ``sections/relative_beta.qmd:3``."""
        return f"{self.name}:{self.text.count(chr(10), 0, position) + 1}"

    def shortcodes(self) -> Iterator[tuple[str, str, str]]:
        """Yield place, name and argument of each shortcode."""
        for match in SHORTCODE.finditer(self.text):
            argument = match[2].removesuffix(" capital") if match[1] == "num" else match[2]
            yield self.place(match.start()), match[1], argument.rstrip()


def read_sources(paper: Path, index: str = INDEX) -> tuple[list[Source], list[str]]:
    """Read the paper and what it includes.

    Parameters
    ----------
    paper : Path
        The Quarto project.
    index : str
        The file that includes the others.

    Returns
    -------
    sources : list of Source
        The index first, then the others in the order in which they are included.
    missing : list of str
        One line for each include that leads nowhere.

    Raises
    ------
    RenderError
        If there is no index, or a file is not UTF-8.
    """
    if not (paper / index).is_file():
        raise RenderError(f"{paper / index}: expected the paper, found none")
    sources = [_read(paper, index)]
    missing = []
    for number, line in enumerate(sources[0].text.splitlines(), start=1):
        match = _INCLUDE.match(line)
        if match is None:
            continue
        name = match[1].lstrip("/")
        if (paper / name).is_file():
            sources.append(_read(paper, name))
        else:
            missing.append(f"{index}:{number}: include: expected the file {name}, found none")
    return sources, missing


def _read(paper: Path, name: str) -> Source:
    try:
        return Source(name, (paper / name).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise RenderError(
            f"{name}:{line}: expected UTF-8, found the byte 0x{error.object[error.start]:02x}; "
            "save the file as UTF-8"
        ) from None


def in_order(lines: Iterable[str]) -> list[str]:
    """Sort messages on one file, which begin with their place, by line."""
    return sorted(lines, key=lambda line: int(line.split(":")[1]))


def sentence(text: str, end: int) -> str:
    """Return the text between the bracket at ``end`` and the one that opens it, on one line."""
    depth = 0
    for position in range(end, -1, -1):
        depth += {"]": 1, "[": -1}.get(text[position], 0)
        if depth == 0:
            return " ".join(text[position + 1 : end].split())
    return " ".join(text[:end].split())


def attributes(braces: str) -> dict[str, str]:
    """Return the quoted attributes of a pair of braces."""
    return dict(_ATTRIBUTE.findall(braces))
