"""Quarto as the renderer: found on the machine or in the ``quarto_cli`` package, run on a copy."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from analysis.errors import RenderError
from analysis.publish.renderers.base import Format, run
from analysis.whole import temporary

__all__ = ["MINIMUM", "Quarto", "find_quarto"]

MINIMUM = (1, 9)
"""First version of Quarto with which the sources have been rendered."""

_PATIENCE = 5.0  # seconds for `quarto --version`, which takes a fraction of one
_TARGETS: dict[Format, str] = {"html": "html", "pdf": "typst", "docx": "docx", "jats": "jats"}


def find_quarto() -> Quarto | None:
    """Return the first usable Quarto, or None.

    ``PATH`` comes first, then the program that the ``quarto_cli`` package carries. A program that
    does not answer within seconds, or is older than :data:`MINIMUM`, is passed over.
    """
    for program in _candidates():
        version = _version(program)
        if version is not None and version >= MINIMUM:
            return Quarto(program, "Quarto " + ".".join(map(str, version)))
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


@dataclass(frozen=True, slots=True)
class Quarto:
    """Renders the project with Quarto."""

    program: Path
    description: str
    name: str = "quarto"

    def build(
        self, paper: Path, target: Path, format_: Format, environment: Mapping[str, str]
    ) -> str:
        """Write ``target`` and return Quarto's log.

        Quarto works on a copy: it leaves files beside the sources when it fails, and it renders
        nothing in a project below a folder whose name begins with a dot.
        """
        with temporary() as folder:
            copy = folder / "paper"
            _require_no_dot_folder(copy)
            shutil.copytree(paper, copy, ignore=shutil.ignore_patterns("_output", ".quarto"))
            log = run([self.program, "render", "--to", _TARGETS[format_]], copy, environment)
            produced = copy / "_output" / target.name
            if not produced.is_file():
                raise RenderError(
                    f"paper as {format_}: expected Quarto to write {produced.name}, found none; "
                    f"is its name in _quarto.yml?"
                )
            shutil.copyfile(produced, target)
        return log


def _require_no_dot_folder(copy: Path) -> None:
    if any(part.startswith(".") for part in copy.parts):
        raise RenderError(
            f"renderer quarto: expected a temporary folder outside folders that begin with a dot, "
            f"found {copy.parent}; set TMPDIR, or use --renderer pandoc"
        )
