"""One clear line for what is wrong with a file: place, expected, found, what to do."""

from __future__ import annotations

from pathlib import Path

from analysis.errors import UserDataError

__all__ = ["fault"]


def fault(
    path: Path,
    expected: str,
    found: str,
    *,
    row: int | None = None,
    column: str = "",
    remedy: str = "correct the file",
) -> UserDataError:
    """Return the error for a place of a file; `row` counts the lines of the file from one."""
    place = path.name + (f", row {row}" if row else "") + (f", column {column}" if column else "")
    return UserDataError(f"{place}: expected {expected}, found {found}; {remedy}")
