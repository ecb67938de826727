"""What the two renderers share: the interface, the environment and the reading of error output."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from analysis import processes
from analysis.errors import RenderError

__all__ = ["FORMATS", "STEM", "SUFFIXES", "Format", "Renderer", "render_environment", "run"]

Format = Literal["html", "pdf", "docx", "jats"]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: dict[Format, str] = {"html": "html", "pdf": "pdf", "docx": "docx", "jats": "xml"}

STEM = "rare-earth-headlines"
"""Name of the paper's rendered files without suffix; ``_quarto.yml`` says the same."""

DRAFT = "PAPER_DRAFT"
"""Variable that tells the Lua code of a draft; ``_extensions/results/store.lua`` reads it."""

CHECKED = "PAPER_CHECKED"
"""Variable that tells Lua that results and data fit; ``before_render.lua`` reads it."""

BUILT = "PAPER_BUILT"
"""Variable with the names of all files of this render; ``claim.lua`` links them from the page."""

REPOSITORY = "PAPER_REPOSITORY"
"""Variable with the address of the sources at this version; ``results.lua`` leads there."""

SITE = "PAPER_SITE"
"""Variable with the address at which the page will stand; ``claim.lua`` tells it to other sites."""

PACKAGES = {  # the extra `paper`: module, package
    "pypandoc": "pypandoc_binary",
    "typst": "typst",
    "pypdfium2": "pypdfium2",
    "vl_convert": "vl-convert-python",
}
_PREFIX = re.compile(r"^((ERROR|error):\s*)+|^\S+\.lua:\d+:\s*")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(
    r"^(Error running (filter|Lua|custom reader)|stack traceback|\S+: in |ERROR:?\s*$|Stack trace)"
)


@dataclass(frozen=True, slots=True)
class Renderer:
    """A program that turns ``index.qmd`` into one file of a format.

    ``description`` is program and version, for the reader of the log. ``build`` takes the folder of
    the sources, the file to write, its format and an environment, and returns what was said.
    """

    name: str
    description: str
    build: Callable[[Path, Path, Format, Mapping[str, str]], str]


def require_packages() -> None:
    """Stop before anything is computed if a package is missing that drawing or rendering needs.

    Raises
    ------
    RenderError
    """
    missing = [package for name, package in PACKAGES.items() if find_spec(name) is None]
    if missing:
        raise RenderError(
            "paper: expected the packages that draw and render, found no "
            f"{' and no '.join(missing)}; run: pip install 'rare-earth-headlines[paper]'"
        )


def render_environment(
    as_of: str, *, draft: bool = False, names: Sequence[str] = ()
) -> dict[str, str]:
    """Return an environment in which two renders give the same bytes.

    The ISO day of the data stands in for the time of the render; in a draft the Lua code marks what
    does not fit the results instead of stopping. The page links the files of these ``names``.
    """
    epoch = int(datetime.fromisoformat(as_of).replace(tzinfo=UTC).timestamp())
    kept = {k: v for k, v in os.environ.items() if k not in {"QUARTO_PANDOC", DRAFT}}
    fixed = {"SOURCE_DATE_EPOCH": str(epoch), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    fixed |= {"PYTHONHASHSEED": "0", "NO_COLOR": "1", CHECKED: "1", BUILT: " ".join(names)}
    return kept | fixed | ({DRAFT: "1"} if draft else {})


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a program in a folder and return all it printed.

    Raises
    ------
    RenderError
        If it cannot be started or fails; the message is the first thing it complains about.
    """
    try:
        done = processes.run(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise RenderError(f"{command[0]}: cannot be started: {error}") from error
    output: str = done.stdout
    if done.returncode != 0:
        raise RenderError(f"paper: {first_error(output)}")
    return output


def first_error(output: str) -> str:
    r"""Return the line of a failed program's output that says what is wrong.

    Examples
    --------
    >>> first_error("Error running filter claim.lua:\nunknown claim 'x'\nstack traceback:")
    "unknown claim 'x'"
    """
    plain = _COLOUR.sub("", output)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    heading = next((i for i, line in enumerate(lines) if re.match(r"(?i)error", line)), None)
    tail = lines[heading:] if heading is not None else lines[-1:]
    meant = [line for line in tail if not _NOISE.match(line)]
    if not meant:
        return "the renderer failed without a message"
    head = _PREFIX.sub("", meant[0])
    return " ".join([head, *meant[1:2]]) if head.endswith(":") else head
