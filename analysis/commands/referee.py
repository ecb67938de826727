"""``python -m analysis referee``: a replication report, filled from a build of the paper."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.bench import describe_machine, time_build
from analysis.errors import ResultsError
from analysis.publish.exhibit_map import list_exhibits
from analysis.publish.receipt import NAME, Receipt, check_files
from analysis.publish.referee.answers import Build
from analysis.publish.referee.form import fill_form
from analysis.publish.result_set import FILES, read_folder
from analysis.publish.results_check import find_misfits
from analysis.publish.review.markdown_form import write_markdown
from analysis.publish.review.page_form import write_page
from analysis.publish.review.repository import list_files
from analysis.whole import write_whole

__all__ = ["DIFFERENT", "REFEREE"]

DIFFERENT = 3
"""Exit code when the results are not the ones that were there before."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--verify",
        nargs="?",
        const="",
        metavar="RECEIPT",
        help="build nothing: hold the files here against a receipt of `reproduce` and check its "
        f"signatures (default: paper/_output/{NAME})",
    )
    parser.epilog = (
        f"exit code: 0 the form is filled and results are as before, whatever the boxes say; "
        f"{DIFFERENT} they differ; with --verify: 0 every byte is the same, 1 one is not"
    )


def _run(options: argparse.Namespace, workspace: Workspace) -> int:
    stage = Stages()
    if options.verify is not None:
        place = Path(options.verify) if options.verify else workspace.paper / "_output" / NAME
        _verify(Receipt.read(place), workspace, stage)
        return 0
    results = workspace.paper / "results"
    before = read_folder(results) if (results / FILES["number"][0]).is_file() else None
    files = tuple(list_files(workspace.root))
    seconds = time_build(workspace, stage)
    build = Build(
        workspace.root,
        files,
        before,
        read_folder(results),
        seconds,
        describe_machine(),
        list_exhibits(workspace.root),
        tuple(find_misfits(workspace.paper)),
        _signers(workspace),
    )
    document = fill_form(build)
    # The Markdown is no comment that has to be short: it holds all that the page does.
    forms = {
        "referee.md": write_markdown(document, longest=None),
        "referee.html": write_page(document),
    }
    for path in write_whole(workspace.paper / "_output", forms):
        stage.console.print(f"  {path}")
    for line in (*document.opening, document.alarm):
        if line:
            stage.console.print(line)
    return DIFFERENT if build.difference else 0


def _signers(workspace: Workspace) -> tuple[str, ...]:
    """Return who signed for the bytes of this build; nobody where there is no receipt for them."""
    place = workspace.paper / "_output" / NAME
    if not place.is_file():
        return ()
    receipt = Receipt.read(place)
    return () if check_files(receipt, workspace.root) else receipt.signers()


def _verify(receipt: Receipt, workspace: Workspace, stage: Stages) -> None:
    """Say that files and signatures fit a receipt, or stop with the first that does not."""
    faults = check_files(receipt, workspace.root)
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise ResultsError(
            f"{faults[0]}{more}, by the receipt of commit {receipt.commit[:12]} with "
            f"{receipt.renderer}; check that commit out, run nox -s reproduce and compare"
        )
    stage.console.print(
        f"{len(receipt.subjects)} files made and {len(receipt.materials)} files they were made "
        f"from are those of the receipt (commit {receipt.commit[:12]}, {receipt.renderer})"
    )
    signers = receipt.signers()
    stage.console.print("\n".join(f"signed by {who}" for who in signers) or "signed by nobody")


REFEREE = Command("referee", _configure, _run)
