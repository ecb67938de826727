"""``python -m analysis init FOLDER``: start a study of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.base import Command, Workspace, as_typed
from analysis.snapshot.own_study import write_starting_point

__all__ = ["INIT"]


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", help="a new or empty folder")


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    for path in write_starting_point(Path(options.folder)):
        print(f"  {path}")
    print(f"Next: fill in the tables as {Path(options.folder) / 'README.md'} says, then run")
    for call in ("nox -s data -- --accept", "nox -s paper"):
        print(f"  {as_typed(call, workspace, options.folder)}")


INIT = Command("init", _configure, _run, anywhere=True)
