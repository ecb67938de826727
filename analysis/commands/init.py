"""``python -m analysis init FOLDER``: start a study of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.base import Command, Workspace, add_options, as_typed
from analysis.commands.own_files import told_reading
from analysis.errors import UserDataError
from analysis.snapshot.own_study import (
    read_example,
    read_minimal,
    read_workflow,
    require_new,
    write_study,
)
from analysis.userfiles.options import ReadingOptions

__all__ = ["INIT"]


def _configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="a new or empty folder")
    add("--minimal", action="store_true", help="choices with comments and tables without rows")
    told = "start from prices of yours, wide or long, in any format that event-study reads"
    add("--from-prices", metavar="FILE", type=Path, help=told)
    told = "and from events: a column of days, one of directions, others as they are called"
    add("--from-events", metavar="FILE", type=Path, help=told)
    told = (
        "the exchange on whose sessions the prices are, such as XETR (default: the one that fits)"
    )
    add("--exchange", metavar="CODE", default="", help=told)
    add_options(parser, ReadingOptions)
    told = "add a workflow that builds the study, and compares results, on each pull request"
    add("--github", action="store_true", help=told)


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    folder = Path(options.folder)
    require_new(folder)
    own, said = options.from_prices or options.from_events, list[str]()
    if own:
        from analysis.userfiles.new_study import read_study  # late: it reads tables

        given = told_reading(options)
        contents, said = read_study(
            options.from_prices, options.from_events, options.exchange, given
        )
    else:
        if options.exchange:
            raise UserDataError("--exchange: expected --from-prices with it, found none; add it")
        contents = read_minimal() if options.minimal else read_example()
    if options.github:
        contents |= read_workflow()
    invented = not (own or options.minimal)
    for path in write_study(folder, contents, invented=invented):
        print(f"  {path}")
    for line in said:
        print(line)
    _tell_next(options, workspace, ready=invented)


def _tell_next(options: argparse.Namespace, workspace: Workspace, *, ready: bool) -> None:
    calls = ["nox -s paper"] if ready else ["nox -s data -- --accept", "nox -s paper"]
    if ready:
        print("INVENTED data, to be replaced by yours; it renders as it is:")
    else:
        print(
            f"Next: fill in what is missing as {Path(options.folder) / 'README.md'} says, then run"
        )
    for call in calls:
        print(f"  {as_typed(call, workspace, options.folder)}")
    if options.github:
        print("Fill in PACKAGE in .github/workflows/check.yml: address and commit of the package")


INIT = Command("init", _configure, _run, anywhere=True)
