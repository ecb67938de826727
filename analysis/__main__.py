"""The command line that nox calls: ``python -m analysis --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.commands import NAMES, Workspace, find_command
from analysis.errors import StudyError

__all__ = ["main"]

HERE = Workspace.at(Path(__file__).resolve().parent.parent)


def main(words: Sequence[str] | None = None, workspace: Workspace = HERE) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault the user can mend, 2 usage."""
    words = sys.argv[1:] if words is None else words
    options = _parser(words).parse_args(words)
    try:
        return options.run(options, workspace) or 0
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Rebuild the data, the results and the paper on rare-earth headlines.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in words[:1] if words and words[0] in NAMES else NAMES:
        command = find_command(name)
        added = commands.add_parser(command.name, help=command.help, description=command.help)
        command.configure(added)
        added.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
