"""What a computation reads, recorded while it runs: files opened and parts of the data used."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["note", "recording"]

CODE = frozenset({".py", ".pyc", ".pyi", ".so", ".pyd", ".lua"})
"""Suffixes of programs: they are not inputs of a result."""

_PROGRAMS = tuple(os.path.realpath(p) + os.sep for p in {sys.prefix, sys.base_prefix})

_active: list[tuple[str, set[str]]] = []
_hooked: list[bool] = []


@contextmanager
def recording(root: Path) -> Iterator[set[str]]:
    """Record every file inside ``root`` that is opened for reading within the block.

    An audit hook of the interpreter sees each opening, whichever library asks for it. Programs,
    folders, the installation of Python, and what lies in a folder whose name begins with a dot
    (environments, caches) are left out. Recordings can be nested; each sees everything.

    Parameters
    ----------
    root : Path
        The repository.

    Yields
    ------
    set of str
        Paths relative to ``root`` with forward slashes; grows while the block runs.
    """
    if not _hooked:
        sys.addaudithook(_audit)  # cannot be taken away again: it does nothing without a recording
        _hooked.append(True)
    entry = (os.path.realpath(root) + os.sep, set[str]())
    _active.append(entry)
    try:
        yield entry[1]
    finally:
        _active[:] = [other for other in _active if other is not entry]


def note(path: Path) -> None:
    """Record a file whose content is used, though it was read before."""
    if _active:
        _record(os.fspath(path))


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _active and isinstance(arguments[0], str | bytes | os.PathLike):
        path, mode, flags = arguments
        if _reads(mode, flags):
            _record(os.fsdecode(path))


def _reads(mode: str | None, flags: int) -> bool:
    """Tell reading from writing: by the mode of ``open``, or the flags of ``os.open``."""
    if mode is not None:
        return "r" in mode or "+" in mode
    return flags & (os.O_WRONLY | os.O_RDWR) != os.O_WRONLY


def _record(path: str) -> None:
    absolute = os.path.realpath(path)
    for root, seen in _active:
        if not absolute.startswith(root) or os.path.splitext(absolute)[1] in CODE:  # noqa: PTH122
            continue
        parts = Path(absolute[len(root) :]).parts
        hidden = absolute.startswith(_PROGRAMS) or any(
            part.startswith(".") or part == "__pycache__" for part in parts[:-1]
        )
        if not hidden and not os.path.isdir(absolute):  # noqa: PTH112
            seen.add("/".join(parts))
