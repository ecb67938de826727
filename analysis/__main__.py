"""The command line that nox calls: ``python -m analysis --help``."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import StudyError
from analysis.interrupts import Interrupted, heard, ignore
from analysis.processes import follow_parent
from analysis.whole import WRITTEN, refused

if TYPE_CHECKING:
    from analysis.commands import Workspace

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


def main(words: Sequence[str] | None = None, workspace: Workspace | None = None) -> int:
    """Run one command and return its exit code.

    0 done, 1 a fault the user can mend, 2 usage, 130 interrupted by Ctrl-C, 143 by SIGTERM.
    """
    try:
        with heard():
            return _run(words, workspace)
    except Interrupted as interrupted:
        if not interrupted.told:
            print(f"interrupted: {_state()}", file=sys.stderr)
        return interrupted.code
    except StudyError as error:
        return _tell(error)
    except BrokenPipeError:  # whoever read our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        return _tell(refused(error, Path(error.filename or "standard output")))


def _tell(error: StudyError) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 1


def _state() -> str:
    """Say what an interrupted run has done."""
    places = dict.fromkeys(os.path.relpath(path) for path in WRITTEN)
    if not places:
        return "nothing was changed"
    return f"{', '.join(places)} had been written, whole; nothing else was changed"


def _run(words: Sequence[str] | None, workspace: Workspace | None) -> int:
    follow_parent()
    # Imported late: it takes a second, in which a signal is heard already.
    from analysis.commands import Workspace

    try:
        options = _parser().parse_args(words)
        return options.run(options, workspace or Workspace.at(ROOT)) or 0
    finally:
        sys.stdout.flush()  # here a reader that has gone and a full disk are told properly


def _parser() -> argparse.ArgumentParser:
    from analysis.commands import COMMANDS

    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Rebuild the data, the results and the paper on rare-earth headlines.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        added = commands.add_parser(command.name, help=command.help, description=command.help)
        command.configure(added)
        added.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    exit_code = main()
    ignore()  # the work is done: what remains is to leave
    sys.exit(exit_code)
