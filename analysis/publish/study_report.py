"""The report on another study: ``paper/report.qmd`` with the exhibits that the study has."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.publish.renderers.base import STEM
from analysis.whole import put, staging

if TYPE_CHECKING:
    from analysis.results import Figure

__all__ = [
    "REPORT_STEM",
    "SHARED",
    "SOURCE",
    "Head",
    "blocks",
    "kept",
    "mark_figures",
    "write_report",
]

REPORT_STEM = "report"
SOURCE = "report.qmd"
SHARED = ("_extensions", "pandoc", "references.bib", "theme.scss", "theme-dark.scss")
EVERY = "a report prints exhibits; every number of the study is in numbers.json"
_FENCE = re.compile(r"^:::+\s*(\{.*\})?\s*$")
_HEADING = re.compile(r"^(#+) ")
_SHORTCODE = re.compile(r"\{\{<\s*(\w+)\s+(\S+)(?:\s+capital)?\s*>\}\}")
_KINDS = {"num": "numbers", "table": "tables", "alt": "figures", "source": "figures",
          "interactive": "figures"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the report; ``mark`` stands on every page as well, "" is none."""

    title: str
    authors: Sequence[str]
    date: str
    mark: str


def mark_figures(figures: Iterable[Figure], mark: str) -> list[Figure]:
    """Put the mark of a study into the text alternative of its figures, and so into their files."""
    return [replace(figure, alt=f"{mark}. {figure.alt}") for figure in figures]


def write_report(
    paper: Path, folder: Path, *, head: Head, left_out: Mapping[str, Sequence[str]]
) -> None:
    """Write the sources of a report beside its results, ready for either renderer.

    Parameters
    ----------
    paper : Path
        The Quarto project of the repository: ``report.qmd`` and what both share.
    folder : Path
        The project of the other study; it has ``results/`` already.
    head : Head
        Title, authors, date, mark.
    left_out : mapping of str to sequence of str
        Questions that were not asked, with what the study lacks for each.

    Raises
    ------
    WriteError
        If the folder cannot be written.
    """
    text = (paper / SOURCE).read_text(encoding="utf-8")
    body = "\n\n".join(kept(blocks(text), _published(folder / "results"))) + "\n"
    settings = (paper / "_quarto.yml").read_text(encoding="utf-8").replace(STEM, REPORT_STEM)
    texts = {
        "index.qmd": _front(head) + _with_questions(body, left_out),
        "_quarto.yml": settings,
        "internal.toml": f'[internal]\n"*" = "{EVERY}"\n',
    }
    with staging(folder) as stage:
        for name in SHARED:
            source, target = paper / name, stage / name
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copyfile(source, target)
        for name, content in texts.items():
            (stage / name).write_text(content, encoding="utf-8", newline="\n")
        put(stage, folder)


def blocks(text: str) -> Iterator[str]:
    """Split a source at blank lines; a fenced block is one, blank lines included."""
    block: list[str] = []
    fenced = False
    for line in [*text.splitlines(), ""]:
        if _FENCE.match(line):
            fenced = not fenced
        if line.strip() or fenced:
            block.append(line)
        elif block:
            yield "\n".join(block)
            block = []


def kept(source: Iterable[str], published: Mapping[str, set[str]]) -> list[str]:
    """Leave out blocks that print what a study does not have, and headings with nothing below.

    Parameters
    ----------
    source : iterable of str
        From :func:`blocks`.
    published : mapping of str to set of str
        Names of the ``numbers``, ``tables`` and ``figures`` that there are.
    """
    found = [block for block in source if _printable(block, published)]
    return [
        block
        for place, block in enumerate(found)
        if _HEADING.match(block) is None or _leads(block, found[place + 1 :])
    ]


def _printable(block: str, published: Mapping[str, set[str]]) -> bool:
    return all(name in published[_KINDS[kind]] for kind, name in _SHORTCODE.findall(block))


def _leads(heading: str, rest: Sequence[str]) -> bool:
    """Whether text follows before the next heading of the same or a higher level."""
    if "#sec-left-out" in heading:
        return True
    level = len(_HEADING.match(heading)[1])  # type: ignore[index]
    for block in rest:
        below = _HEADING.match(block)
        if below is None:
            return True
        if len(below[1]) <= level:
            return False
    return False


def _published(results: Path) -> dict[str, set[str]]:
    return {
        kind: set(json.loads((results / f"{kind}.json").read_text(encoding="utf-8"))[kind])
        for kind in ("numbers", "tables", "figures")
    }


def _with_questions(body: str, left_out: Mapping[str, Sequence[str]]) -> str:
    """Say at the end of the report which questions were not asked, and why."""
    said = [f"- {title}: needs {'; '.join(needs)}." for title, needs in left_out.items()]
    heading = next(block for block in blocks(body) if "#sec-left-out" in block)
    text = "\n".join(said) if said else "Nothing: every question could be asked."
    return body.replace(heading, f"{heading}\n\n{text}")


def _front(head: Head) -> str:
    """Write the front matter; JSON strings are YAML strings."""
    lines = [f"title: {json.dumps(head.title, ensure_ascii=False)}", f"date: {head.date}"]
    if head.authors:
        lines.append("author:")
        lines += [f"  - name: {json.dumps(name, ensure_ascii=False)}" for name in head.authors]
    if head.mark:
        lines.append(f"mark: {json.dumps(head.mark, ensure_ascii=False)}")
    front = "\n".join(["---", *lines, "---", ""])
    banner = f"\n::: {{.study-mark}}\n{head.mark}\n:::\n" if head.mark else ""
    return f"{front}{banner}\n"
