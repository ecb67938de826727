"""``python -m analysis preview``: serve the page and build it again whenever a source changes."""

from __future__ import annotations

import argparse
import logging
import signal
import time
from pathlib import Path

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.data_folder import add_data_option, chosen
from analysis.commands.paper import inputs_of, stem_of
from analysis.errors import RenderError
from analysis.interrupts import Interrupted
from analysis.processes import analysis
from analysis.publish.made_from import differing, hash_files, moved

__all__ = ["PREVIEW", "is_source", "read_sources"]

SUFFIXES = {".bib", ".csv", ".css", ".html", ".js", ".json", ".lua", ".md", ".py", ".qmd", ".scss"}
SUFFIXES |= {".toml", ".yml"}
MADE = {"_output", "results", "derived", "__pycache__"}  # written by a build


def _configure(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    parser.add_argument("--port", type=int, default=8000, help="port to serve on (default: 8000)")


def is_source(path: Path) -> bool:
    """Say whether a file, by its path below a folder of sources, is one from which is built.

    What a build writes is none, nor what editors leave beside a file: hidden files and folders
    (staging, swap and lock files), backups.
    """
    hidden = any(part.startswith((".", "~", "#")) for part in path.parts)
    return path.suffix in SUFFIXES and not hidden and not MADE & set(path.parts)


def read_sources(workspace: Workspace) -> dict[str, str]:
    """Return the hash of every source, by its path beginning with its folder.

    Builds follow content: a save that changes nothing, or a file that was written and is gone
    again, calls for none.
    """
    found: dict[str, str] = {}
    for folder in _folders(workspace):
        paths = (p for p in folder.rglob("*") if is_source(p.relative_to(folder)))
        found |= hash_files(paths, folder.parent)
    return found


def _folders(workspace: Workspace) -> list[Path]:
    folders = [workspace.code / "analysis", workspace.data]
    return folders if workspace.own else [*folders, workspace.paper]  # its paper is among its data


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    try:
        import watchfiles
    except ImportError as error:
        raise RenderError(
            "preview: expected the package watchfiles, found none; run nox -s preview"
        ) from error
    from analysis.publish.preview import serve

    logging.getLogger("watchfiles").setLevel(logging.ERROR)  # it would tell of Ctrl-C, too
    stage = Stages()
    workspace = chosen(options.data, workspace, stage)
    page = workspace.paper / "_output" / f"{stem_of(workspace)}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    built: dict[str, str] = {}
    with serve(page, options.port) as address:
        stage.console.print(f"Serving {address} - stop with Ctrl-C")
        changes = watchfiles.watch(*_folders(workspace), raise_interrupt=False)
        try:
            while True:
                now = read_sources(workspace)
                names = differing(built, now)
                if not names:
                    if next(changes, None) is None:  # returns when any file has been written
                        raise Interrupted(128 + signal.SIGINT)
                    continue
                if built:
                    stage.console.print(f"Changed: {', '.join(names[:3])}", markup=False)
                built = now  # as before the build: what is saved meanwhile calls for another
                _build(workspace, stage)
        except Interrupted as interrupted:
            interrupted.told = True
            stage.console.print("Preview ended")
            raise


def _build(workspace: Workspace, stage: Stages) -> None:
    """Build in a process of its own, which reads changed code; a failed build is only told.

    As long as neither data nor code have moved since the last run its results are taken.
    """
    words = ["paper", "--draft", "--formats", "html"]
    words += ["--data", str(workspace.data)] * workspace.own
    if moved(workspace.paper / "results", inputs_of(workspace)) is None:
        words.append("--only-render")
    start = time.perf_counter()
    try:
        code = analysis(*words, cwd=workspace.root).returncode
    except Interrupted as interrupted:
        interrupted.told = True  # by the build
        raise
    said = "Not built, the page stays as it was" if code else "Built"
    stage.console.print(f"{said:<44} {time.perf_counter() - start:6.1f} s")


PREVIEW = Command("preview", _configure, _run)
