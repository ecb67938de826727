"""``python -m analysis data``: verify the snapshot, rebuild what derives from it."""

from __future__ import annotations

import argparse

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.data_folder import add_data_option, chosen
from analysis.snapshot import derived, edits, manifest, plausible
from analysis.snapshot.files import read_file
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.reading import read

__all__ = ["DATA", "load"]


def _configure(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    words = "take the files as they are now: show what changed and write new hashes"
    parser.add_argument("--accept", action="store_true", help=words)


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    stage = Stages()
    workspace = chosen(options.data, workspace, stage)
    if options.accept:
        _accept(workspace, stage)
        return
    snapshot = load(workspace, stage)
    folder = workspace.data / "derived"
    with stage(f"Rebuilding {workspace.data.name}/derived"):
        paths = derived.write_derived(derived.build_derived(snapshot), folder)
        derived.check_derived(folder, snapshot.manifest)
    for path in paths:
        stage.console.print(f"  {workspace.shown(path)}")


def _accept(workspace: Workspace, stage: Stages) -> None:
    with stage("Checking the edited files"):
        snapshot = load_snapshot(workspace.data, check_hashes=False)
        frames = derived.build_derived(snapshot)
        recorded = edits.recorded_copies(workspace.data, snapshot.manifest)
        doubtful = plausible.look_at_edits(snapshot, recorded)
    for line in [*edits.describe_edits(workspace.data, recorded), *doubtful]:
        stage.console.print(line, markup=False)
    tidy = {name: read(name, read_file(workspace.data / name)).content for name in recorded}
    for line in manifest.write_manifest(workspace.data, frames, rewritten=tidy):
        stage.console.print(f"  {line}")


def load(workspace: Workspace, stage: Stages) -> Snapshot:
    """Load the snapshot and say how long it took."""
    with stage(f"Verifying {workspace.data.name}/"):
        return load_snapshot(workspace.data)


DATA = Command("data", _configure, _run)
