"""Quarto as the renderer: found on the machine or in the ``quarto_cli`` package, run on a copy."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from analysis.errors import RenderError
from analysis.publish.renderers.base import Format, Renderer, run
from analysis.whole import temporary

__all__ = ["MINIMUM", "find_quarto", "require_no_dot"]

MINIMUM = (1, 9)
"""First version of Quarto with which the sources have been rendered."""

_PATIENCE = 5.0  # seconds for `quarto --version`, which takes a fraction of one
_TARGETS: dict[Format, str] = {"html": "html", "pdf": "typst", "docx": "docx", "jats": "jats"}


def find_quarto() -> Renderer | None:
    """Return the first usable Quarto, or None.

    ``PATH`` comes first, then the program that the ``quarto_cli`` package carries. A program that
    does not answer within seconds, or is older than :data:`MINIMUM`, is passed over.
    """
    for program in _candidates():
        version = _version(program)
        if version is not None and version >= MINIMUM:
            description = f"Quarto {'.'.join(map(str, version))}"
            return Renderer("quarto", description, partial(_build, program))
    return None


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("quarto")
    if on_path:
        yield Path(on_path)
    package = find_spec("quarto_cli")
    for folder in (package.submodule_search_locations or []) if package else []:
        packaged = shutil.which("quarto", path=str(Path(folder) / "bin"))
        if packaged:
            yield Path(packaged)


def _version(program: Path) -> tuple[int, ...] | None:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout.strip())
    if answer.returncode != 0 or match is None:
        return None
    return tuple(int(part) for part in match.groups() if part is not None)


def _build(
    program: Path, paper: Path, target: Path, format_: Format, environment: Mapping[str, str]
) -> str:
    """Write ``target`` and return Quarto's log.

    Quarto works on a copy: it leaves files beside the sources when it fails.
    """
    with temporary() as folder:
        copy = folder / "paper"
        require_no_dot(folder)
        shutil.copytree(paper, copy, ignore=shutil.ignore_patterns("_output", ".quarto"))
        log = run([program, "render", "--to", _TARGETS[format_]], copy, environment)
        produced = copy / "_output" / target.name
        if not produced.is_file():
            raise RenderError(
                f"paper as {format_}: expected Quarto to write {produced.name}, found none; "
                f"is its name in _quarto.yml?"
            )
        shutil.copyfile(produced, target)
    return log


def require_no_dot(folder: Path) -> None:
    """Stop unless Quarto renders in a folder: not below one whose name begins with a dot."""
    if any(part.startswith(".") for part in folder.parts):
        raise RenderError(
            f"renderer quarto: expected a temporary folder outside folders that begin with a dot, "
            f"found {folder}; set TMPDIR, or use --renderer pandoc"
        )
