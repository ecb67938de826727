"""Two builds held against each other: every file by its bytes, numbers also by their size."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from analysis.publish.number_rows import EVERY, read_rows
from analysis.publish.rendered_text import html_text, pdf_pages

__all__ = ["artefacts", "different_bytes", "different_numbers", "different_text", "digest_of"]

SUFFIXES = frozenset({".json", ".md", ".csv", ".svg", ".html", ".pdf", ".docx"})
NUMBERS = f"paper/results/{EVERY}"
_NUMBER = re.compile(r"[-\u2212]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


class Difference(NamedTuple):
    """The first place where two builds differ: the file, and what each holds there."""

    artefact: str
    detail: str

    def __str__(self) -> str:
        return f"{self.artefact}: {self.detail}"


def artefacts(folder: Path) -> dict[str, Path]:
    """List what a build made, by path below the folder of the paper."""
    places = ("paper/results", "paper/_output", "data/derived", "derived")
    files = (p for place in places for p in (folder / place).rglob("*") if p.suffix in SUFFIXES)
    return {p.relative_to(folder).as_posix(): p for p in sorted(files)}


def digest_of(files: dict[str, Path], kind: str) -> str:
    """Hash all files whose path ends as ``kind``, with their names."""
    hashed = hashlib.sha256()
    for name, path in files.items():
        if name.endswith(kind):
            hashed.update(f"{name}\n".encode() + path.read_bytes())
    return hashed.hexdigest()


def different_bytes(one: dict[str, Path], other: dict[str, Path]) -> Difference | None:
    """Find the first file that is not the same byte for byte."""
    # Numbers first, what is rendered last: a key says more than a hash or a place in a page.
    order = sorted(one.keys() | other.keys(), key=lambda n: (n != NUMBERS, "/_output/" in n, n))
    for name in order:
        if name not in one or name not in other:
            return Difference(name, f"only the {'first' if name in one else 'second'} build has it")
        if one[name].read_bytes() != other[name].read_bytes():
            return Difference(name, _first_number(one[name], other[name]))
    return None


def _first_number(one: Path, other: Path) -> str:
    """Say which number differs first: of results by key, of other text by line."""
    if one.name == EVERY and (found := _first_key(one, other, 0.0)):
        return found
    if one.suffix == ".pdf":
        return _first_line(*("".join(pdf_pages(path)).splitlines() for path in (one, other)))
    if one.suffix == ".docx":
        return "its bytes differ"
    return _first_line(*(path.read_text("utf-8").splitlines() for path in (one, other)))


def _first_line(one: list[str], other: list[str]) -> str:
    for number, (a, b) in enumerate(zip(one, other, strict=False), start=1):
        if a != b:
            pairs = zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=False)
            shown = next(((x, y) for x, y in pairs if x != y), (a.strip()[:80], b.strip()[:80]))
            return f"line {number}: {shown[0]} and {shown[1]}"
    return "one ends before the other, or bytes that are no text differ"


def different_numbers(
    one: dict[str, Path], other: dict[str, Path], tolerance: float
) -> Difference | None:
    """Find the first published number whose relative difference exceeds ``tolerance``."""
    found = _first_key(one[NUMBERS], other[NUMBERS], tolerance)
    return Difference(NUMBERS, found) if found else None


def _first_key(one: Path, other: Path, tolerance: float) -> str:
    a, b = (read_rows(path.read_text("utf-8")) for path in (one, other))
    for key in sorted(a.keys() | b.keys()):
        if key not in a or key not in b:
            return f"{key} is in one build only"
        for part in sorted(a[key].keys() | b[key].keys()):
            x, y = a[key].get(part), b[key].get(part)
            if isinstance(x, int | float) and isinstance(y, int | float):
                # At least a floor: a mean of residuals is nothing, to one part in 1e13.
                differs = abs(x - y) > tolerance * max(abs(x), abs(y), 1e-3)
            else:
                differs = x != y
            if differs:
                return f"{key}, {part}: {x!r} and {y!r}"
    return ""


def different_text(one: dict[str, Path], other: dict[str, Path]) -> Difference | None:
    """Find the first difference in what is printed: tables, the page's text, the PDF's pages."""
    for name in sorted(one.keys() & other.keys()):
        a, b = (_printed(name, files[name]) for files in (one, other))
        if a != b:
            return Difference(name, _first_line(a, b))
    return None


def _printed(name: str, path: Path) -> list[str]:
    if name.startswith("paper/results/tables/"):
        return path.read_text("utf-8").splitlines()
    if name.endswith(".html"):
        return html_text(path).split(". ")
    return "\n".join(pdf_pages(path)).splitlines() if name.endswith(".pdf") else []
