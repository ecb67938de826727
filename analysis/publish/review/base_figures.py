"""The figures of another version: drawn by that version's own code in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from analysis.publish.review.repository import Repository

__all__ = ["PATIENCE", "BaseBuild", "same_picture"]

PATIENCE = 300.0
"""Seconds after which a build of the base is given up."""

_ASIDE = re.compile(rb"<metadata>.*?</metadata>", re.DOTALL)


def same_picture(one: bytes | None, other: bytes | None) -> bool:
    """Say whether two SVG figures show the same, whatever function they name as their source."""
    return None not in (one, other) and _ASIDE.sub(b"", one or b"") == _ASIDE.sub(b"", other or b"")


class BaseBuild:
    """A build of the base that runs beside ours, with the packages of this environment.

    Figures are not committed, so that a picture of how they were needs the old code. It may not run
    with today's packages; then the report says so and shows only what is new.
    """

    def __init__(self, repository: Repository, commit: str) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="base-")
        self._folder = Path(self._temporary.name)
        repository.extract(commit, self._folder)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "analysis", "results"],
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": str(self._folder), "MPLBACKEND": "Agg"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # its workers end with it
        )

    def figures(self, names: Iterable[str]) -> tuple[dict[str, bytes], str]:
        """Wait for the build; return its drawings by name, and a remark if it failed."""
        try:
            _, complaint = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return {}, f"No figures of the base: its build took more than {PATIENCE:.0f} s."
        if self._process.returncode:
            reason = (complaint.strip().splitlines() or ["no message"])[-1]
            return {}, f"No figures of the base: its code does not run here ({reason})."
        paths = {n: self._folder / "paper/results/figures" / f"{n}.svg" for n in names}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}, ""

    def close(self) -> None:
        """Stop the build if it still runs, and remove its folder."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
        self._temporary.cleanup()
