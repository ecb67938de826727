"""What a computation reads, recorded while it runs: files opened and parts of the data used."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Lacking", "Made", "Part", "make", "name_files", "once", "recording", "vary"]

T = TypeVar("T")
R = TypeVar("R", bound="DataclassInstance")
CODE = frozenset({".py", ".pyc", ".pyi", ".so", ".pyd", ".lua"})
"""Suffixes of programs: they are not inputs of a result."""

_PROGRAMS = tuple(os.path.realpath(p) + os.sep for p in {sys.prefix, sys.base_prefix})

_active: list[set[str]] = []
_hooked: list[bool] = []


@contextmanager
def recording() -> Iterator[set[str]]:
    """Record every file that is opened for reading, or a part of which is used, in the block.

    An audit hook of the interpreter sees each opening, whichever library asks for it. Recordings
    can be nested; each sees everything. :func:`name_files` makes names of what was seen.
    """
    if not _hooked:
        sys.addaudithook(_audit)  # cannot be taken away again: it does nothing without a recording
        _hooked.append(True)
    seen = set[str]()
    _active.append(seen)
    try:
        yield seen
    finally:
        _active[:] = [other for other in _active if other is not seen]


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _active and isinstance(arguments[0], str | bytes | os.PathLike):
        path, mode, flags = arguments
        if _reads(mode, flags):
            _note([os.fsdecode(path)])


def _reads(mode: str | None, flags: int) -> bool:
    """Tell reading from writing: by the mode of ``open``, or the flags of ``os.open``."""
    if mode is not None:
        return "r" in mode or "+" in mode
    return flags & (os.O_WRONLY | os.O_RDWR) != os.O_WRONLY


def _note(paths: Iterable[str]) -> None:
    absolute = [str(Path(path).absolute()) for path in paths]
    for seen in _active:
        seen.update(absolute)


def name_files(seen: Iterable[str], folder: Path) -> tuple[str, ...]:
    """Name the data among recorded files, in order.

    Programs, folders, the installation of Python, and what lies in a folder whose name begins with
    a dot (environments, caches) are left out, and so is all outside of the repository.

    Parameters
    ----------
    seen : iterable of str
        From :func:`recording`.
    folder : Path
        The data folder, directly inside the repository.

    Returns
    -------
    tuple of str
        Paths relative to ``folder`` with forward slashes: ``../benchmarks/size.json`` beside it.
    """
    home = folder.resolve()
    names = set()
    for path in {Path(text).resolve() for text in seen}:
        if not path.is_relative_to(home.parent) or path.suffix in CODE:
            continue
        folders = path.relative_to(home.parent).parts[:-1]
        hidden = any(part.startswith(".") or part == "__pycache__" for part in folders)
        if not hidden and not str(path).startswith(_PROGRAMS) and not path.is_dir():
            names.add(Path(os.path.relpath(path, home)).as_posix())
    return tuple(sorted(names))


@dataclass(frozen=True, slots=True)
class Made(Generic[T]):
    """A value and the files that it was made from."""

    value: T
    files: frozenset[str] = frozenset()

    def use(self) -> T:
        """Return the value and note its files as read."""
        _note(self.files)
        return self.value


class Lacking(Made[Any]):
    """A part that a record does not have: whoever uses it gets the error that says why."""

    def use(self) -> Any:
        """Raise the error."""
        raise self.value


def make(compute: Callable[[], T]) -> Made[T]:
    """Compute a value and keep what was read on the way."""
    with recording() as seen:
        value = compute()
    return Made(value, frozenset(seen))


def once(record: DataclassInstance, key: Hashable, compute: Callable[[], T]) -> T:
    """Compute a value the first time it is asked of a record; its files are read at each asking.

    A copy with other parts (:func:`vary`) begins anew. Nobody may change the value.
    """
    held: dict[Hashable, Made[T]] = vars(record).setdefault("_once", {})
    if key not in held:
        held[key] = make(compute)
    return held[key].use()


class Part(Generic[T]):
    """A field of a dataclass: whoever uses its value reads the files that it was made from.

    A value that is given plain counts as read where it was made.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type) -> Part[T]: ...

    @overload
    def __get__(self, record: object, owner: type) -> T: ...

    def __get__(self, record: object | None, owner: type) -> Part[T] | T:
        if record is None:
            raise AttributeError(self.name)  # tells a dataclass that there is no default
        made: Made[T] = vars(record)[self.name]
        return made.use()

    def __set__(self, record: object, value: T | Made[T]) -> None:
        vars(record)[self.name] = value if isinstance(value, Made) else Made(value)


def vary(record: R, **changes: Any) -> R:
    """Return a copy of a dataclass with other parts; what is only copied is not read."""
    same = {field.name: vars(record)[field.name] for field in fields(record)}
    return type(record)(**same | changes)
