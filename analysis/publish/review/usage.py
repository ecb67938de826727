"""Where the paper uses a number, a claim, a table or a figure: file, line and sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Kind", "Use", "find_uses"]

Kind = Literal["number", "claim", "table", "figure"]

_MARKS: dict[Kind, re.Pattern[str]] = {
    "number": re.compile(r"\{\{<\s*(?:num|interval)\s+([\w.-]+)(?:\s+capital)?\s*>\}\}"),
    "claim": re.compile(r"\{\.claim\s+[^}]*?key=\"([^\"]+)\""),
    "table": re.compile(r"\{\{<\s*table\s+([\w.-]+)\s*>\}\}"),
    "figure": re.compile(r"results/figures/([\w-]+)\.\w+"),
}
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
    """Read the sources of the paper.

    Parameters
    ----------
    paper : Path
        Folder with ``index.qmd`` and ``sections/``.

    Returns
    -------
    mapping
        From kind and name to every place in order.
    """
    found: dict[tuple[Kind, str], list[Use]] = {}
    for path in [paper / "index.qmd", *sorted((paper / "sections").glob("*.qmd"))]:
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        name = f"{paper.name}/{path.relative_to(paper).as_posix()}"
        for kind, mark in _MARKS.items():
            for match in mark.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                use = Use(name, line, _sentence(text, match.start()))
                found.setdefault((kind, match[1]), []).append(use)
    return {key: tuple(uses) for key, uses in found.items()}


def _sentence(text: str, position: int) -> str:
    """Return the sentence of the paragraph at ``position``, on one line, shortcodes kept short."""
    start = text.rfind("\n\n", 0, position) + 1
    end = text.find("\n\n", position)
    paragraph = text[start : end if end >= 0 else len(text)]
    offset = position - start
    for match in _END.finditer(paragraph):
        if match.end() > offset:
            paragraph = paragraph[: match.start()]
            break
    before = [match.end() for match in _END.finditer(paragraph) if match.end() <= offset]
    sentence = paragraph[before[-1] if before else 0 :]
    sentence = re.sub(
        r"\{\{<\s*(?:num|table|alt|interval|passage)\s+(\S+)(?:\s+capital)?\s*>\}\}",
        r"⟨\1⟩",
        _PICTURE.sub(r"\1", _SOURCE.sub("", sentence)),
    )
    return " ".join(_MARKUP.sub("", sentence).split())
