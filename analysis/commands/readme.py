"""``python -m analysis readme``: the generated parts of the READMEs, written or checked."""

from __future__ import annotations

import argparse

from analysis.commands.base import Command, Stages, Workspace
from analysis.errors import ResultsError
from analysis.publish.readme_parts import write_findings, write_replication

__all__ = ["README"]


def _configure(parser: argparse.ArgumentParser) -> None:
    words = "write nothing; fail if a generated part is not current"
    parser.add_argument("--check", action="store_true", help=words)


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    stage = Stages()
    different = write_replication(workspace.root, check=options.check)
    if options.check and different:
        raise ResultsError(
            f"{', '.join(different)}: expected the parts that this version generates, found "
            "others; run nox -s readme and commit"
        )
    if not options.check:
        write_findings(workspace.root / "README.md", workspace.paper / "results")
    stage.console.print("\n".join(f"  {name}" for name in different) or "nothing changed")


README = Command("readme", _configure, _run)
