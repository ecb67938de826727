"""The command line that nox calls: ``python -m analysis --help``."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import __version__
from analysis.errors import StudyError
from analysis.interrupts import Interrupted, heard, ignore
from analysis.processes import follow_parent
from analysis.whole import WRITTEN, refused

if TYPE_CHECKING:
    from analysis.commands import Workspace

__all__ = ["main"]

_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


def main(words: Sequence[str] | None = None, workspace: Workspace | None = None) -> int:
    """Run one command and return its exit code.

    0 done, 1 a fault the user can mend, 2 usage, 130 interrupted by Ctrl-C, 143 by SIGTERM.
    """
    words = sys.argv[1:] if words is None else words
    try:
        with heard():
            return _run(words, workspace)
    except Interrupted as interrupted:
        if not interrupted.told:
            print(f"interrupted: {_state()}", file=sys.stderr)
        return interrupted.code
    except BrokenPipeError:  # whoever read our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        return _tell(refused(error, Path(error.filename or "standard output")))


def _tell(error: StudyError | str) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 1


def _state() -> str:
    """Say what an interrupted run has done."""
    places = dict.fromkeys(os.path.relpath(path) for path in WRITTEN)
    if not places:
        return "nothing was changed"
    return f"{', '.join(places)} had been written, whole; nothing else was changed"


def _run(words: Sequence[str], workspace: Workspace | None) -> int:
    follow_parent()
    # Imported late: a signal is heard already while the command's own packages are loaded.
    from analysis.commands import Workspace
    from analysis.commands.base import as_typed, join_windows

    workspace = workspace or Workspace.here()
    options = _parser(words, workspace).parse_args(join_windows(words))
    try:
        return options.run(options, workspace) or 0
    except StudyError as error:
        data = getattr(options, "data", None)
        study = data if isinstance(data, str) else None
        return _tell(as_typed(str(error), workspace, study))
    finally:
        sys.stdout.flush()  # here a reader that has gone and a full disk are told properly


def _parser(words: Sequence[str], workspace: Workspace) -> argparse.ArgumentParser:
    from analysis.commands import NAMES, find_command
    from analysis.commands.base import SCRIPT

    parser = argparse.ArgumentParser(
        prog=SCRIPT if workspace.installed else "nox -s run --",
        description="Rebuild the data, the results and the paper on rare-earth headlines.",
    )
    parser.add_argument("--version", action="version", version=f"{SCRIPT} {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = next((word for word in words if word in NAMES), "")
    for name, (_, told) in NAMES.items():
        added = commands.add_parser(name, help=told, description=told)
        if name == asked:  # the modules of the others take a second, and are not asked for
            command = find_command(name)
            command.configure(added)
            added.set_defaults(run=command.start)
    return parser


def console() -> int:
    """Run as the console script does: once the work is done, what remains is to leave."""
    exit_code = main()
    ignore()
    return exit_code


if __name__ == "__main__":
    sys.exit(console())
