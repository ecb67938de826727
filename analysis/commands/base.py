"""What every command is made of: where it works, what it says, and its place in the parser."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

__all__ = ["Command", "Stages", "Workspace", "no_options"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders that a run reads and writes.

    Attributes
    ----------
    root : Path
        The repository; printed paths are relative to it.
    data, paper : Path
        The snapshot and the Quarto project; another study has both in a folder of its own.
    """

    root: Path
    data: Path
    paper: Path

    @property
    def own(self) -> bool:
        """Whether this is another study than that of the repository."""
        return self.data != self.root / "data"

    def shown(self, path: Path) -> Path:
        """Return a path as it is printed: relative to the repository where it lies inside."""
        return path.relative_to(self.root) if path.is_relative_to(self.root) else path

    @classmethod
    def at(cls, root: Path) -> Workspace:
        """Return the workspace of a repository."""
        return cls(root, root / "data", root / "paper")


class Stages:
    """Says what is going on, how long each stage took, and keeps the times."""

    def __init__(self, *, stderr: bool = False) -> None:
        self.console = Console(highlight=False, soft_wrap=True, stderr=stderr)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Announce a stage; on success print its time."""
        start = time.perf_counter()
        with self.console.status(f"{name} ..."):
            yield
        self.seconds[name] = time.perf_counter() - start
        self.console.print(f"{name:<44} {self.seconds[name]:6.1f} s")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of ``python -m analysis``.

    Attributes
    ----------
    name, help : str
        The word that calls it and one line on what it does.
    configure : callable
        Adds its options to its parser.
    run : callable
        Does the work; may return an exit code, None means 0. A fault that the user can mend is
        raised as :class:`analysis.errors.StudyError`.
    """

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Workspace], int | None]


def no_options(_: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no options."""
