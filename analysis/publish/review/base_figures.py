"""The figures of another version: drawn by that version's own code in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from analysis.processes import child
from analysis.publish.review.repository import Repository
from analysis.whole import temporary

__all__ = ["Figures", "base_build", "same_picture"]

Figures = Callable[[Iterable[str]], tuple[dict[str, bytes], str]]
"""Waits for the build; returns its drawings by name, and a remark if it failed."""

PATIENCE = 300.0
"""Seconds after which a build of the base is given up."""

_ASIDE = re.compile(rb"<metadata>.*?</metadata>", re.DOTALL)


def same_picture(one: bytes | None, other: bytes | None) -> bool:
    """Say whether two SVG figures show the same, whatever function they name as their source."""
    return None not in (one, other) and _ASIDE.sub(b"", one or b"") == _ASIDE.sub(b"", other or b"")


@contextmanager
def base_build(repository: Repository, commit: str) -> Iterator[Figures]:
    """Build a version beside ours, with the packages of this environment; yield its figures.

    Figures are not committed, so that a picture of how they were needs the old code. It may not run
    with today's packages; then the report says so and shows only what is new. At the end the build
    is stopped if it still runs, its folder removed.
    """
    with temporary() as folder:
        repository.extract(commit, folder)
        code = Path(__file__).parents[3] if repository.study else folder  # a study has no code
        environment = os.environ | {"PYTHONPATH": str(code), "MPLBACKEND": "Agg"}
        of_study = ["--data", str(folder)] if repository.study else []
        with child(
            [sys.executable, "-m", "analysis", "results", *of_study],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        ) as process:
            yield partial(_figures, folder / "paper/results/figures", process)


def _figures(
    folder: Path, process: subprocess.Popen[str], names: Iterable[str]
) -> tuple[dict[str, bytes], str]:
    try:
        _, complaint = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {}, f"No figures of the base: its build took more than {PATIENCE:.0f} s."
    if process.returncode:
        reason = (complaint.strip().splitlines() or ["no message"])[-1]
        return {}, f"No figures of the base: its code does not run here ({reason})."
    paths = {name: folder / f"{name}.svg" for name in names}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}, ""
