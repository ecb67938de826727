"""What a box is answered with, and what the answers are read off: one build of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from analysis.publish.exhibit_map import Exhibit
from analysis.publish.readme_parts import read_manifest, read_runtimes
from analysis.publish.result_set import ResultSet
from analysis.publish.review.compare import Comparison, compare

__all__ = ["CANNOT", "Answer", "Build", "find_line", "tell"]

CANNOT: Final = "cannot be checked here"

Word = Literal["yes", "no", "cannot be checked here"]


class Answer(NamedTuple):
    """``yes``, ``no`` or that it cannot be checked here, and the line that shows it."""

    word: Word
    shown: str


@dataclass(frozen=True)
class Build:
    """A run of the whole paper.

    Attributes
    ----------
    root : Path
        The repository, or an unpacked archive of it.
    files : tuple of str
        Its files, by path below ``root``.
    before : ResultSet or None
        The results that were there before the run; None where there were none.
    now : ResultSet
        Those that the run made.
    seconds : mapping of str to float
        What each stage took.
    machine : mapping of str to (str or int)
        What the times depend on.
    exhibits : sequence of Exhibit
        What the paper prints, with what makes it.
    misfits : tuple of str
        Sentences and keys of the text that the results do not bear out.
    receipts : tuple of str
        Signers of a receipt for the bytes of this build, by their key.
    """

    root: Path
    files: tuple[str, ...]
    before: ResultSet | None
    now: ResultSet
    seconds: Mapping[str, float]
    machine: Mapping[str, str | int]
    exhibits: Sequence[Exhibit]
    misfits: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The entries of ``data/manifest.json`` by file."""
        return read_manifest(self.root)

    @cached_property
    def stated(self) -> Mapping[str, Any]:
        """The run times that the README states."""
        return read_runtimes(self.root)

    @cached_property
    def difference(self) -> Comparison | None:
        """How the results differ from those that were there before; None where none were."""
        return None if self.before is None else compare(self.before, self.now)

    def text(self, name: str) -> str:
        """Return a file of the repository as text; empty where there is none."""
        path = self.root / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def find_line(build: Build, name: str, words: str) -> Answer:
    """Answer with the first line of a file that has some words."""
    for number, line in enumerate(build.text(name).splitlines(), start=1):
        if words in line:
            return Answer("yes", f"{name}:{number}: {line.strip()[:160]}")
    return Answer("no", f"{name}: no line has '{words}'")


def tell(faults: list[str], shown: str) -> Answer:
    """Answer yes with what shows it, or no with the first fault and how many more there are."""
    if not faults:
        return Answer("yes", shown)
    more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
    return Answer("no", f"{faults[0]}{more}")
