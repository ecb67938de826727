"""``python -m analysis diff``: what a change did to the results."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.compute import compute
from analysis.commands.data import load
from analysis.commands.data_folder import add_data_option, chosen
from analysis.commands.paper import cited_in, mark_findings
from analysis.publish.cited import keep_cited
from analysis.publish.result_set import ResultSet, parse
from analysis.publish.review.base_figures import Figures, base_build, same_picture
from analysis.publish.review.compare import compare
from analysis.publish.review.document import Marked, Picture
from analysis.publish.review.edited import find_edits, statements
from analysis.publish.review.markdown_form import write_markdown
from analysis.publish.review.page_form import write_page
from analysis.publish.review.prose import changed_guards, read, text_edits
from analysis.publish.review.report import Report, build_document
from analysis.publish.review.repository import Repository
from analysis.publish.review.terminal_form import print_document
from analysis.publish.review.usage import find_uses
from analysis.results import Findings
from analysis.whole import temporary, write_whole

__all__ = ["DIFF", "STALE"]

STALE = 3
"""Exit code when the committed results are not what the code computes."""


def _configure(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    parser.add_argument(
        "base",
        nargs="?",
        metavar="BASE",
        help="branch, tag or commit to compare with (default: the merge base with main)",
    )
    parser.epilog = (
        f"exit code: 0 the committed results are what this version computes, whether or not they "
        f"differ from BASE; {STALE} they are stale; 1 no comparison is possible"
    )


def _run(options: argparse.Namespace, workspace: Workspace) -> int:
    stage = Stages(stderr=True)  # standard output carries the report
    workspace = chosen(options.data, workspace, stage)
    repository = Repository(workspace.data if workspace.own else workspace.root, workspace.own)
    base = repository.base(options.base)
    repository.require_clean()
    before = repository.results(base, repository.short(base))
    committed = repository.results("HEAD", "HEAD")
    redrawn = repository.drawings(base) != repository.drawings("HEAD")
    with ExitStack() as stack:
        build = None
        if redrawn or compare(before, committed).figures:
            # Beside our own build, to save the wait.
            build = stack.enter_context(base_build(repository, base))
        findings, now = _rebuild(workspace, stage)
        comparison, pictures, remarks = compare(before, now), [], ""
        names = list(now["figure"]) if redrawn else list(comparison.figures)
        if names:
            build = build or stack.enter_context(base_build(repository, base))
            drawn, remarks = _pictures(findings, names, build, stage)
            # Figures that are drawn in another way count, too; others have no pictures.
            pictures = [
                p
                for p in drawn
                if p.name in comparison.figures
                or (p.before and not same_picture(p.before, p.after))
            ]
            changed = {*comparison.figures, *(p.name for p in pictures)}
            comparison = replace(comparison, figures=tuple(sorted(changed)))
    published = keep_cited(now["number"], cited_in(workspace), now["claim"])
    edits = find_edits(repository, base, "HEAD")
    old, new = (_sources(repository, commit) for commit in (base, "HEAD"))
    for edit in edits.prose:  # a section under another name is the same text
        if edit.before in old and edit.before not in new:
            old[edit.path] = old.pop(edit.before)
    report = Report(
        base=f"{options.base or 'main'} ({repository.short(base)})",
        head=f"HEAD ({repository.short('HEAD')})",
        comparison=comparison,
        edits=edits,
        stale=(
            *compare(committed, now).names(),
            *(f"number {key}" for key in sorted(committed["number"].keys() ^ published.keys())),
        ),
        uses=find_uses(workspace.paper),
        statements=statements(repository, "HEAD"),
        guards=changed_guards(old, new),
        text=_text(old, before, new, now),
        pictures=pictures,
        remarks=(remarks,) if remarks else (),
    )
    document = build_document(report)
    forms = {"diff.md": write_markdown(document), "diff.html": write_page(document)}
    for path in write_whole(workspace.paper / "_output", forms):
        stage.console.print(f"  {path}")
    print_document(document, sys.stdout)
    return STALE if report.stale else 0


def _sources(repository: Repository, commit: str) -> dict[str, str]:
    """Return the sources of the paper of a version."""
    names = ["paper/index.qmd", *repository.files(commit, "paper/sections")]
    return {
        name: text
        for name in names
        if name.endswith(".qmd") and (text := repository.text(commit, name)) is not None
    }


def _text(
    old: dict[str, str], before: ResultSet, new: dict[str, str], now: ResultSet
) -> list[Marked]:
    """Mark up what a reader would read: sources, passages, text alternatives of figures."""
    versions = [
        {name: read(source, results) for name, source in sources.items()}
        | {f"passage {name}": entry["text"] for name, entry in results["passage"].items()}
        | {f"figure {name}": entry.get("alt", "") for name, entry in results["figure"].items()}
        for sources, results in ((old, before), (new, now))
    ]
    return text_edits(*versions)


def _rebuild(workspace: Workspace, stage: Stages) -> tuple[Findings, ResultSet]:
    """Compute every result of this version, numbers that nobody cites too; nothing is written."""
    from analysis.publish.writers import documents

    snapshot = load(workspace, stage)
    findings = compute(snapshot, stage)
    mark_findings(findings, workspace, snapshot)
    texts = documents(
        findings,
        fingerprint=snapshot.fingerprint,
        as_of=snapshot.choices.as_of.isoformat(),
        linked=not workspace.own,
    )
    return findings, parse(texts, "this version")


def _pictures(
    findings: Findings, names: list[str], build: Figures, stage: Stages
) -> tuple[list[Picture], str]:
    """Draw the figures in question and take the base's, or say why there are none."""
    from analysis.publish.figures import draw

    with stage("Drawing figures"), temporary() as folder:
        for figure in findings.figures:
            if figure.name in names:
                draw(figure, folder / f"{figure.name}.svg")
        after = {path.stem: path.read_bytes() for path in folder.glob("*.svg")}
    with stage("Building the base's figures"):
        before, remark = build(names)
    return [Picture(name, before.get(name), after.get(name)) for name in names], remark


DIFF = Command("diff", _configure, _run)
