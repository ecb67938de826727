"""``python -m analysis diff``: what a change did to the results."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.compute import compute
from analysis.commands.data import load
from analysis.publish.review.base_figures import BaseBuild, base_build
from analysis.publish.review.compare import Comparison, compare
from analysis.publish.review.report import Picture, Report, as_html, as_markdown
from analysis.publish.review.repository import Repository
from analysis.publish.review.result_set import ResultSet, parse
from analysis.publish.review.usage import find_uses
from analysis.results import Findings
from analysis.whole import temporary, write_whole

__all__ = ["DIFF", "STALE"]

STALE = 3
"""Exit code when the committed results are not what the code computes."""

DRAWING = "analysis/publish/figures"


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "base",
        nargs="?",
        metavar="BASE",
        help="branch, tag or commit to compare with (default: the merge base with main)",
    )
    parser.epilog = f"exit code: 0 results are current, {STALE} committed results are stale"


def _run(options: argparse.Namespace, workspace: Workspace) -> int:
    stage = Stages(stderr=True)  # standard output carries the report
    repository = Repository(workspace.root)
    base = repository.base(options.base)
    repository.require_clean()
    before = repository.results(base, repository.short(base))
    committed = repository.results("HEAD", "HEAD")
    redrawn = repository.differs(base, "HEAD", DRAWING)
    with ExitStack() as stack:
        build = None
        if redrawn or compare(before, committed).figures:
            # Beside our own build, to save the wait.
            build = stack.enter_context(base_build(repository, base))
        findings, now = _rebuild(workspace, stage)
        comparison = compare(before, now)
        names = list(now.figures) if redrawn else list(comparison.figures)
        if names and build is None:
            build = stack.enter_context(base_build(repository, base))
        drawn, remarks = _pictures(findings, names, build, stage)
    # Without the base's drawing, its data decide whether a figure changed.
    pictures = [
        p for p in drawn if (p.before or p.name in comparison.figures) and p.before != p.after
    ]
    comparison = replace(comparison, figures=tuple(sorted(p.name for p in pictures)))
    report = Report(
        base=f"{options.base or 'main'} ({repository.short(base)})",
        head=f"HEAD ({repository.short('HEAD')})",
        comparison=comparison,
        stale=_names(compare(committed, now)),
        uses=find_uses(workspace.paper),
        pictures=pictures,
        remarks=remarks,
    )
    _write(report, workspace.paper / "_output", stage)
    return STALE if report.stale else 0


def _rebuild(workspace: Workspace, stage: Stages) -> tuple[Findings, ResultSet]:
    """Compute every result of this version; nothing is written."""
    from analysis.publish.writers import documents

    snapshot = load(workspace, stage)
    findings = compute(snapshot, stage)
    texts = documents(
        findings, fingerprint=snapshot.fingerprint, as_of=snapshot.study.as_of.isoformat()
    )
    return findings, parse(texts.get, [t.name for t in findings.tables], "this version")


def _pictures(
    findings: Findings, names: list[str], build: BaseBuild | None, stage: Stages
) -> tuple[list[Picture], tuple[str, ...]]:
    """Draw the figures in question and take the base's drawings of them."""
    if build is None:
        return [], ()
    from analysis.publish.figures import draw

    with stage("Drawing figures"), temporary() as folder:
        after = {}
        for figure in findings.figures:
            if figure.name in names:
                path = folder / f"{figure.name}.svg"
                draw(figure, path)
                after[figure.name] = path.read_bytes()
    with stage("Building the base's figures"):
        before, remark = build.figures(names)
    pairs = [Picture(name, before.get(name), after.get(name)) for name in names]
    return pairs, (remark,) if remark else ()


def _names(stale: Comparison) -> tuple[str, ...]:
    """List what is stale: verdicts first, then numbers, tables, figures."""
    return (
        *(f"claim {flip.key}" for flip in stale.verdicts),
        *(f"number {move.key}" for move in stale.moves),
        *(flip.key for flip in stale.redefined),
        *(f"table {name}" for name in stale.tables),
        *(f"figure {name}" for name in stale.figures),
        *stale.added,
        *stale.removed,
    )


def _write(report: Report, folder: Path, stage: Stages) -> None:
    markdown = as_markdown(report)
    for path in write_whole(folder, {"diff.md": markdown, "diff.html": as_html(report)}):
        stage.console.print(f"  {path}")
    print(markdown, end="")


DIFF = Command(
    "diff", "show what a change did to the results, against another version", _configure, _run
)
