"""The option ``--data``: the same commands on another study than that of the repository."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from analysis.commands.base import Stages, Workspace
from analysis.errors import StudyError

__all__ = ["TWIN", "add_data_option", "chosen"]

TWIN = "twin"


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--data`` to a command that works on any folder with the schema of ``data/``."""
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="another study: a folder made by `init`, or twin for simulated data with the calendar "
        "of this one; results and report go to its subfolder paper/ (default: data/)",
    )


def chosen(data: str | None, workspace: Workspace, stage: Stages) -> Workspace:
    """Return the workspace of the study that ``--data`` names; None is that of the repository.

    Raises
    ------
    StudyError
        If the folder is missing or holds no study.
    """
    if data is None:
        return workspace
    # Imported late: the study of the repository needs none of it, and it takes most of a second.
    from analysis.snapshot.manifest import NAME

    if data == TWIN:
        folder = workspace.home / "build" / TWIN
        _simulate(workspace, folder, stage)
    else:
        folder = Path(data).resolve()
    if folder == workspace.data.resolve():
        return workspace
    if not (folder / NAME).is_file():
        raise StudyError(
            f"--data {data}: expected a folder with {NAME}, found "
            f"{'none in it' if folder.is_dir() else 'no such folder'}; "
            f"start one with: nox -s run -- init {data}"
        )
    return replace(workspace, data=folder, paper=folder / "paper")


def _simulate(workspace: Workspace, folder: Path, stage: Stages) -> None:
    # Likewise: no other command simulates anything.
    from analysis.snapshot.load import load_snapshot
    from analysis.snapshot.twin import write_twin

    with stage("Simulating the twin of data/"):
        write_twin(load_snapshot(workspace.data), folder)
    stage.console.print(f"  {workspace.shown(folder)}: SYNTHETIC, no market figures")
