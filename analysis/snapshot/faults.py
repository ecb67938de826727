"""The one line a reader gets when the data are not what they should be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from analysis.errors import SnapshotError

__all__ = ["fault", "find_near", "guess"]


def fault(
    file: str,
    *,
    expected: str,
    found: str,
    remedy: str,
    row: int | None = None,
    column: str | None = None,
) -> SnapshotError:
    """Return an error that names the place, what was expected, what was found and what to do.

    The ``remedy`` is in the imperative; ``row`` is a line of the file, the header being line 1. The
    message is one line; the caller raises it.
    """
    place = file
    if row is not None:
        place += f", row {row}"
    if column is not None:
        place += f", column {column}"
    text = f"{place}: expected {expected}, found {found}; {remedy}"
    # JSON may hold halves of letters, which no terminal can print.
    return SnapshotError(" ".join(text.split()).encode("utf-8", "backslashreplace").decode())


def find_near(word: str, known: Iterable[str], cutoff: float = 0.6) -> list[str]:
    """Return the known word nearest to another one, whatever its case; none if none is near.

    ``cutoff`` is how like the words must be, 0 to 1.
    """
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, 1, cutoff)
    return [folded[found] for found in near]


def guess(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return "did you mean ...? " with the nearest known word, "" if none is near.

    It opens the remedy of a :func:`fault`; see :func:`find_near`.
    """
    near = find_near(word, known, cutoff)
    return f"did you mean {near[0]}? " if near else ""
