"""``python -m analysis release``: one archive of a version for a deposit; nothing is uploaded."""

from __future__ import annotations

import argparse
import hashlib
from datetime import date

from analysis import __version__
from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.paper import inputs_of
from analysis.errors import StudyError
from analysis.publish.made_from import moved
from analysis.publish.release.archive import gather, pack
from analysis.publish.renderers.base import STEM
from analysis.publish.result_set import read_folder
from analysis.publish.review.repository import Repository, list_files
from analysis.whole import write_whole

__all__ = ["RELEASE"]

FOLDER = "dist"


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"writes {FOLDER}/{STEM}-VERSION.zip: the files of this version, its build, RO-Crate "
        "metadata with a hash and a licence a file, CITATION.cff, deposit.json, Containerfile"
    )


def _run(_: argparse.Namespace, workspace: Workspace) -> None:
    stage = Stages()
    repository = Repository(workspace.root)
    commit = repository.base("HEAD")
    repository.require_clean(".")
    results = workspace.paper / "results"
    if reason := moved(results, inputs_of(workspace)):
        raise StudyError(
            f"release: expected a finished build of this version, found {reason}; run nox -s paper"
        )
    day = date.fromisoformat(read_folder(results).as_of)
    identifiers = (f"swh:1:dir:{repository.tree(commit)}", f"swh:1:rev:{commit}")
    tracked = {name: (workspace.root / name).read_bytes() for name in list_files(workspace.root)}
    with stage("Packing"):
        files = gather(workspace.root, tracked, identifiers=identifiers, day=day)
        name = f"{STEM}-{__version__}"
        packed = pack(files, name, day)
        write_whole(workspace.root / FOLDER, {f"{name}.zip": packed})
    stage.console.print(f"  {FOLDER}/{name}.zip, {len(files)} files, {len(packed) / 1e6:.1f} MB")
    stage.console.print(f"  sha256 {hashlib.sha256(packed).hexdigest()}")
    stage.console.print("\n".join(f"  {each}" for each in identifiers))


RELEASE = Command("release", _configure, _run)
