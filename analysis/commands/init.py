"""``python -m analysis init FOLDER``: start a study of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.base import Command, Workspace, as_typed
from analysis.snapshot.own_study import read_example, read_minimal, write_study

__all__ = ["INIT"]


def _configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="a new or empty folder")
    add("--minimal", action="store_true", help="choices with comments and tables without rows")


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    folder = Path(options.folder)
    contents = read_minimal() if options.minimal else read_example()
    for path in write_study(folder, contents, invented=not options.minimal):
        print(f"  {path}")
    calls = ["nox -s data -- --accept"] * options.minimal + ["nox -s paper"]
    if options.minimal:
        print(f"Next: fill in the tables as {folder / 'README.md'} says, then run")
    else:
        print("INVENTED data, to be replaced by yours; it renders as it is:")
    for call in calls:
        print(f"  {as_typed(call, workspace, options.folder)}")


INIT = Command("init", _configure, _run, anywhere=True)
