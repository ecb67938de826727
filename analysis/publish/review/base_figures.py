"""The figures of another version: drawn by that version's own code in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analysis.processes import child
from analysis.publish.review.repository import Repository
from analysis.whole import temporary

__all__ = ["PATIENCE", "BaseBuild", "base_build", "same_picture"]

PATIENCE = 300.0
"""Seconds after which a build of the base is given up."""

_ASIDE = re.compile(rb"<metadata>.*?</metadata>", re.DOTALL)


def same_picture(one: bytes | None, other: bytes | None) -> bool:
    """Say whether two SVG figures show the same, whatever function they name as their source."""
    return None not in (one, other) and _ASIDE.sub(b"", one or b"") == _ASIDE.sub(b"", other or b"")


@contextmanager
def base_build(repository: Repository, commit: str) -> Iterator[BaseBuild]:
    """Yield a build of a version; at the end it is stopped if it still runs, its folder removed."""
    with temporary() as folder:
        repository.extract(commit, folder)
        environment = os.environ | {"PYTHONPATH": str(folder), "MPLBACKEND": "Agg"}
        with child(
            [sys.executable, "-m", "analysis", "results"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        ) as process:
            yield BaseBuild(folder, process)


@dataclass(frozen=True, slots=True)
class BaseBuild:
    """A build of the base that runs beside ours, with the packages of this environment.

    Figures are not committed, so that a picture of how they were needs the old code. It may not run
    with today's packages; then the report says so and shows only what is new.
    """

    folder: Path
    process: subprocess.Popen[str]

    def figures(self, names: Iterable[str]) -> tuple[dict[str, bytes], str]:
        """Wait for the build; return its drawings by name, and a remark if it failed."""
        try:
            _, complaint = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return {}, f"No figures of the base: its build took more than {PATIENCE:.0f} s."
        if self.process.returncode:
            reason = (complaint.strip().splitlines() or ["no message"])[-1]
            return {}, f"No figures of the base: its code does not run here ({reason})."
        paths = {n: self.folder / "paper/results/figures" / f"{n}.svg" for n in names}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}, ""
