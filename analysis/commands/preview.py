"""``python -m analysis preview``: serve the page and build it again whenever a source changes."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.base import Command, Stages, Workspace
from analysis.errors import RenderError
from analysis.interrupts import Interrupted
from analysis.processes import analysis
from analysis.whole import WRITTEN

__all__ = ["PREVIEW", "is_source"]

SUFFIXES = frozenset(
    {".bib", ".csv", ".css", ".html", ".js", ".lua", ".py", ".qmd", ".scss", ".toml", ".yml"}
)
MADE = frozenset({"_output", "results", "derived", "__pycache__"})  # written by a build


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="port to serve on (default: 8000)")


def is_source(path: Path) -> bool:
    """Say whether a change of this file, relative to the repository, calls for a build."""
    return path.suffix in SUFFIXES and not MADE & set(path.parts)


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    try:
        import watchfiles
    except ImportError as error:
        raise RenderError(
            "preview: expected the package watchfiles, found none; run nox -s preview"
        ) from error
    from analysis.publish.preview import serve

    stage = Stages()
    output = workspace.paper / "_output"
    output.mkdir(parents=True, exist_ok=True)
    folders = [workspace.root / "analysis", workspace.data, workspace.paper]
    with serve(output, options.port) as address:
        _build(workspace)
        stage.console.print(f"Serving {address} - stop with Ctrl-C")
        for changes in watchfiles.watch(*folders, raise_interrupt=False):
            names = sorted({Path(name).relative_to(workspace.root) for _, name in changes})
            sources = [name for name in names if is_source(name)]
            if sources:
                stage.console.print(f"Changed: {', '.join(map(str, sources[:3]))}")
                _build(workspace)


def _build(workspace: Workspace) -> None:
    """Build in a process of its own, which reads changed code; a failed build is only told."""
    try:
        done = analysis("paper", "--formats", "html", cwd=workspace.root)
    except Interrupted as interrupted:
        interrupted.told = True  # by the build
        raise
    if done.returncode == 0:
        WRITTEN.extend([workspace.paper / "results", workspace.paper / "_output"])


PREVIEW = Command(
    "preview", "serve the page on this machine and build it again on change", _configure, _run
)
