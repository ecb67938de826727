"""The command line that nox calls: ``python -m analysis --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from analysis import __version__
from analysis.commands import NAMES, Workspace, find_command
from analysis.commands.base import SCRIPT, as_typed
from analysis.errors import StudyError

__all__ = ["main"]

HERE = Workspace.here()


def main(words: Sequence[str] | None = None, workspace: Workspace = HERE) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault the user can mend, 2 usage."""
    words = sys.argv[1:] if words is None else words
    options = _parser(words, workspace).parse_args(words)
    try:
        return options.run(options, workspace) or 0
    except StudyError as error:
        data = getattr(options, "data", None)
        study = data if isinstance(data, str) else None
        print(f"error: {as_typed(str(error), workspace, study)}", file=sys.stderr)
        return 1


def _parser(words: Sequence[str], workspace: Workspace) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=SCRIPT if workspace.installed else "nox -s run --",
        description="Rebuild the data, the results and the paper on rare-earth headlines.",
    )
    parser.add_argument("--version", action="version", version=f"{SCRIPT} {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in words[:1] if words and words[0] in NAMES else NAMES:
        command = find_command(name)
        added = commands.add_parser(command.name, help=command.help, description=command.help)
        command.configure(added)
        added.set_defaults(run=command.start)
    return parser


if __name__ == "__main__":
    sys.exit(main())
