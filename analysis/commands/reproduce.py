"""``python -m analysis reproduce``: the paper built three times, and what differs."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.data_folder import add_data_option, chosen
from analysis.errors import ResultsError
from analysis.processes import analysis, side_by_side
from analysis.publish.receipt import (
    NAME,
    Receipt,
    add_signature,
    hash_materials,
    hash_subjects,
    other_bytes,
)
from analysis.publish.render import require_renderer
from analysis.publish.renderers.quarto import require_no_dot
from analysis.publish.review import artefacts as built
from analysis.publish.review.repository import Repository
from analysis.whole import temporary, write_whole

__all__ = ["REPRODUCE", "other_kernel"]

TOLERANCE = 1e-10
KINDS = {
    "results": ".json",  # numbers, claims, figures, tables
    "tables": ".md",
    "figures": ".svg",
    "data sets": ".csv",
    "HTML": ".html",
    "PDF": ".pdf",
    "docx": ".docx",
}


def _configure(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    choices = ["auto", "quarto", "pandoc"]
    parser.add_argument("--renderer", choices=choices, default="auto", help="as in: nox -s paper")
    words = "sign the receipt with this ed25519 key (OpenSSH or PEM, without a password)"
    parser.add_argument("--key", type=Path, metavar="FILE", help=words)


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    stage = Stages()
    workspace = chosen(options.data, workspace, stage)
    repository = Repository(workspace.data if workspace.own else workspace.root, workspace.own)
    commit = repository.base("HEAD")
    repository.require_clean()
    mine, kernel = other_kernel()
    with temporary() as home:
        require_no_dot(home)
        # Names of different length: a path that leaked into a result would show.
        folders = [home / "one", home / "the-second", home / "other-kernel"]
        for folder in folders:
            repository.extract(commit, folder)
        settings: list[dict[str, str]] = [{}, {}, {"OPENBLAS_CORETYPE": kernel}]
        code = workspace.code if workspace.own else None
        tasks = [(*task, options.renderer, code) for task in zip(folders, settings, strict=True)]
        with stage(f"Building three times ({mine}, {mine}, {kernel})"):
            side_by_side(2, _build, tasks)  # two at a time, one thread each
        _report([built.artefacts(folder) for folder in folders], stage, kernel)
        receipt = Receipt(
            commit,
            require_renderer(options.renderer),
            hash_subjects(folders[0]),
            hash_materials(folders[0]),
            {},
        )
        _keep(receipt, folders[0], options.key, workspace, stage)


def _keep(
    receipt: Receipt, build: Path, key: Path | None, workspace: Workspace, stage: Stages
) -> None:
    """Write the receipt beside the outputs that it is for; one for the same bytes is signed too."""
    output = workspace.paper / "_output"
    if (output / NAME).is_file():
        other = Receipt.read(output / NAME)
        if other.payload == receipt.payload:
            receipt = replace(receipt, signatures=other.signatures)
        elif (other.commit, other.renderer) == (receipt.commit, receipt.renderer):
            raise ResultsError(
                f"{other_bytes(other, receipt)}, by {workspace.shown(output / NAME)}; this machine "
                "does not come to the bytes of that receipt: report both, or remove it"
            )
    if key is not None:
        receipt = add_signature(receipt, key)
    made = {Path(name).name: (build / name).read_bytes() for name in receipt.subjects}
    pages = {name: content for name, content in made.items() if not name.endswith(".json")}
    write_whole(output, pages | {NAME: receipt.write()})
    count = len(receipt.signatures)
    stage.console.print(f"  {workspace.shown(output / NAME)}, signatures: {count}")


def other_kernel() -> tuple[str, str]:
    """Return the kernel that OpenBLAS chose here and one that computes in another order.

    Raises
    ------
    ResultsError
        If no kernel other than the detected one takes effect, so that level 2 cannot be tested.
    """
    mine = _kernel({})
    for name in ("Haswell", "Nehalem", "Prescott", "ARMV8", "NEOVERSEN1"):
        if _kernel({"OPENBLAS_CORETYPE": name}) not in ("", mine) and name.lower() != mine.lower():
            return mine, name
    raise ResultsError(
        f"BLAS: expected a kernel besides {mine or 'none'} to choose with OPENBLAS_CORETYPE, found "
        "none; run on a machine with NumPy's OpenBLAS"
    )


def _kernel(settings: dict[str, str]) -> str:
    """Ask a fresh interpreter which kernel its OpenBLAS runs; empty where it does not say."""
    command = [sys.executable, "-c", "import numpy; numpy.ones((2, 2)) @ numpy.ones((2, 2))"]
    told = os.environ | settings | {"OPENBLAS_VERBOSE": "2"}
    done = subprocess.run(command, env=told, capture_output=True, check=False, encoding="utf-8")
    words = [line for line in done.stderr.splitlines() if line.startswith("Core: ")]
    return words[-1].removeprefix("Core: ").strip() if words else ""


def _build(folder: Path, settings: dict[str, str], renderer: str, code: Path | None) -> None:
    """Build a version of the project by its own code, or of a study by the `code` of this one."""
    environment = os.environ | settings | {"PYTHONPATH": str(code or folder)}
    study = ["--data", str(folder)] if code else []
    for words in (["data"], ["paper", "--renderer", renderer]):
        done = analysis(
            *words,
            *study,
            cwd=folder,
            env=environment,
            encoding="utf-8",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ResultsError(f"build in {folder.name}: {reason}")


def _report(files: list[dict[str, Path]], stage: Stages, kernel: str) -> None:
    table = Table("artefact", "files", "first build", "second build", f"{kernel} kernel")
    for kind, ending in KINDS.items():
        count = sum(name.endswith(ending) for name in files[0])
        if count:
            table.add_row(kind, str(count), *(built.digest_of(f, ending)[:12] for f in files))
    stage.console.print(table)
    first, second, other = files
    levels = {
        "1  same machine: identical byte for byte": built.different_bytes(first, second),
        f"2  {kernel} kernel: numbers within {TOLERANCE:g}": built.different_numbers(
            first, other, TOLERANCE
        ),
        f"3  {kernel} kernel: the same printed text": built.different_text(first, other),
    }
    for level, found in levels.items():
        stage.console.print(f"{level:<52} {'no: ' + str(found) if found else 'yes'}")
    failed = [str(found) for found in levels.values() if found]
    if failed:
        raise ResultsError(f"not reproducible: {failed[0]}")


REPRODUCE = Command("reproduce", _configure, _run)
