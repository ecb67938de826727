"""The sources of the paper on a study of one's own: its author's text, or a report.

The report is ``paper/report.qmd`` of the repository with what the study has. Its last line holds a
hash of the rest: once edited it is a text of its author's, which no run overwrites.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import RenderError
from analysis.publish.renderers.base import STEM
from analysis.publish.result_set import ResultSet, read_folder
from analysis.publish.results_check import PRINTS
from analysis.publish.sources import INDEX, SHORTCODE
from analysis.whole import write_whole

if TYPE_CHECKING:
    from analysis.results import Figure
    from analysis.snapshot.optional_choices import Report

__all__ = [
    "REPORT_STEM",
    "SHARED",
    "SOURCE",
    "bring_bibliography",
    "has_own_text",
    "mark_figures",
    "require_mark",
    "split_blocks",
    "with_exhibits",
    "write_report",
    "write_shared",
]

REPORT_STEM = "report"
SOURCE = "report.qmd"
BIBLIOGRAPHY = "references.bib"
SHARED = ("_extensions", "pandoc", BIBLIOGRAPHY, "theme.scss", "theme-dark.scss")
LEFT_OUT = "#sec-left-out"
_FENCE = re.compile(r"^:::+\s*(\{.*\})?\s*$")
_HEADING = re.compile(r"^(#+) ")
_SEAL = "\n<!-- Written by code. Once edited, this is a text of yours and stays as it is: {} -->\n"
_SEALED = re.compile(re.escape(_SEAL).replace(r"\{\}", "([0-9a-f]{64})") + r"\Z")


def has_own_text(folder: Path) -> bool:
    """Say whether the project of a study holds a text of its author's, not one that code wrote."""
    path = folder / INDEX
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    seal = _SEALED.search(text)
    return seal is None or seal[1] != _hash(text[: seal.start()])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def require_mark(folder: Path, mark: str) -> None:
    """Stop unless a text of one's own shows the mark of its study, if that has one.

    Raises
    ------
    RenderError
    """
    if mark and mark not in (folder / INDEX).read_text(encoding="utf-8", errors="replace"):
        raise RenderError(
            f"{folder.name}/{INDEX}: expected {mark!r}, the mark of report.mark in study.toml, "
            "found none; add a block ::: {.study-mark} that holds it"
        )


def mark_figures(figures: Iterable[Figure], mark: str) -> list[Figure]:
    """Put the mark of a study into the text alternative of its figures, and so into their files."""
    return [replace(figure, alt=f"{mark}. {figure.alt}") for figure in figures]


def write_report(
    paper: Path,
    folder: Path,
    *,
    head: Report,
    day: str,
    left_out: Mapping[str, Sequence[str]],
    words: Mapping[str, str] | None = None,
) -> None:
    """Write the sources of a report beside its results, ready for either renderer.

    Parameters
    ----------
    paper : Path
        The Quarto project of the repository: ``report.qmd`` and what both share.
    folder : Path
        The project of the other study; it has ``results/`` already.
    head : Report
        Title, authors, and the mark that stands on every page.
    day : str
        ISO day of the data.
    left_out : mapping of str to sequence of str
        Questions that were not asked, with what the study lacks for each.
    words : mapping of str to str, optional
        What stands for ``%NAME%`` in the text, and with a capital for ``%Name%``.

    Raises
    ------
    WriteError
        If the folder cannot be written.
    """
    text = (paper / SOURCE).read_text(encoding="utf-8")
    for name, word in (words or {}).items():
        text = text.replace(f"%{name}%", word)
        text = text.replace(f"%{name.capitalize()}%", word[:1].upper() + word[1:])
    blocks = split_blocks(text)
    kept = with_exhibits(blocks, read_folder(folder / "results"))
    said = [f"- {title}: needs {'; '.join(needs)}." for title, needs in left_out.items()]
    for place, block in enumerate(kept):
        if LEFT_OUT in block:
            text = "\n".join(said) or "Nothing: every question could be asked."
            kept[place] = f"{block}\n\n{text}"
    text = _front(head, day) + "\n\n".join(kept) + "\n"
    contents = _shared(paper, folder, head.mark)
    write_whole(folder, contents | {INDEX: text + _SEAL.format(_hash(text))})


def write_shared(paper: Path, folder: Path, mark: str = "") -> None:
    """Write beside a text of one's own what every paper needs: settings, templates, shortcodes.

    Parameters
    ----------
    paper : Path
        The Quarto project of the repository.
    folder : Path
        The project of the other study; a bibliography that it has is kept.
    mark : str
        Stands on every page of the PDF; "" is none.

    Raises
    ------
    WriteError
        If the folder cannot be written.
    """
    write_whole(folder, _shared(paper, folder, mark))


def bring_bibliography(paper: Path, folder: Path) -> None:
    """Copy the bibliography of the repository beside a text of one's own that has none.

    Raises
    ------
    WriteError
        If the folder cannot be written.
    """
    if not (folder / BIBLIOGRAPHY).is_file():
        write_whole(folder, {BIBLIOGRAPHY: (paper / BIBLIOGRAPHY).read_bytes()})


def _shared(paper: Path, folder: Path, mark: str) -> dict[str, str | bytes]:
    settings = (paper / "_quarto.yml").read_text(encoding="utf-8").replace(STEM, REPORT_STEM)
    marked = f"\nmark: {json.dumps(mark, ensure_ascii=False)}\n" if mark else ""
    names = [n for n in SHARED if n != BIBLIOGRAPHY or not (folder / n).is_file()]
    paths = (
        path
        for name in names
        for path in ([paper / name] if (paper / name).is_file() else (paper / name).rglob("*"))
    )
    shared: dict[str, str | bytes] = {
        path.relative_to(paper).as_posix(): path.read_bytes() for path in paths if path.is_file()
    }
    return shared | {"_quarto.yml": settings + marked}


def split_blocks(text: str) -> Iterator[str]:
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


def with_exhibits(blocks: Iterable[str], results: ResultSet) -> list[str]:
    """Leave out blocks that print what is not published, and headings with nothing below."""
    printable = [
        block
        for block in blocks
        if all(
            match[2].split()[0] in results[PRINTS[match[1]]]
            for match in SHORTCODE.finditer(block)
            if match[1] in PRINTS
        )
    ]
    return [
        block
        for place, block in enumerate(printable)
        if _HEADING.match(block) is None or _leads(block, printable[place + 1 :])
    ]


def _leads(heading: str, rest: Sequence[str]) -> bool:
    """Whether text follows before the next heading of the same or a higher level."""
    level = heading.index(" ")
    for block in rest:
        if not (found := _HEADING.match(block)):
            return True
        if len(found[1]) <= level:
            break
    return LEFT_OUT in heading


def _front(head: Report, day: str) -> str:
    """Write the front matter; JSON strings are YAML strings."""
    lines = [f"title: {json.dumps(head.title, ensure_ascii=False)}", f"date: {day}"]
    if head.authors:
        lines.append("author:")
        lines += [f"  - name: {json.dumps(name, ensure_ascii=False)}" for name in head.authors]
    front = "\n".join(["---", *lines, "---", ""])
    banner = f"\n::: {{.study-mark}}\n{head.mark}\n:::\n" if head.mark else ""
    return f"{front}{banner}\n"
