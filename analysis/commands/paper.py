"""``python -m analysis results`` and ``paper``: compute every result, render the paper."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.data_folder import add_data_option, chosen
from analysis.errors import StudyError
from analysis.publish import own_report
from analysis.publish.cited import cited_numbers
from analysis.publish.made_from import Inputs, hash_inputs, keep_record, moved
from analysis.publish.renderers.base import FORMATS, STEM, require_packages
from analysis.publish.results_check import find_misfits
from analysis.publish.source_check import check_sources, listing

if TYPE_CHECKING:
    from analysis.results import Figure, Findings
    from analysis.snapshot.load import Snapshot

__all__ = ["PAPER", "RESULTS", "cited_in", "inputs_of", "mark_findings", "render_paper", "stem_of"]

DEFAULT = ("html", "pdf")


def _configure(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    add = parser.add_argument
    add(
        "--renderer",
        choices=["auto", "quarto", "pandoc"],
        default="auto",
        help="auto takes Quarto where it is installed and pandoc with typst where it is not",
    )
    words = "comma-separated: html, pdf, docx, jats, or all (default: html,pdf)"
    add("--formats", type=_formats, default=DEFAULT, metavar="LIST", help=words)
    words = (
        "render although sentences do not fit the results: each is marked where it stands, "
        "and DRAFT is on every page"
    )
    add("--draft", action="store_true", help=words)
    words = "take the results of the last run, in seconds; refused if data or code moved since"
    add("--only-render", action="store_true", help=words)


def _formats(text: str) -> tuple[str, ...]:
    if text == "all":
        return FORMATS
    names = tuple(name.strip() for name in text.split(","))
    strays = [name for name in names if name not in FORMATS]
    if strays:
        raise argparse.ArgumentTypeError(
            f"expected all or names from {', '.join(FORMATS)}, found {', '.join(strays)}"
        )
    return names


def _results(options: argparse.Namespace, workspace: Workspace) -> None:
    require_packages()
    stage = Stages()
    _publish(chosen(options.data, workspace, stage), stage)


def _paper(options: argparse.Namespace, workspace: Workspace) -> None:
    require_packages()
    stage = Stages()
    study = chosen(options.data, workspace, stage)
    project = workspace.root / "paper"
    with stage("Checking the sources"):
        if study.own and not own_report.has_own_text(study.paper):
            check_sources(project, own_report.SOURCE)
        else:
            own_report.bring_bibliography(project, study.paper)
            check_sources(study.paper)
    render_paper(options, study, stage)


def render_paper(options: argparse.Namespace, workspace: Workspace, stage: Stages) -> float:
    """Compute, render and say where the files are; return the seconds of rendering."""
    from analysis.publish.render import render, require_renderer

    require_renderer(options.renderer)
    if options.draft:
        _require_pages("DRAFT", options.formats)
    if options.only_render:
        results = workspace.paper / "results"
        if reason := moved(results, inputs_of(workspace)):
            raise StudyError(
                f"--only-render: expected the results of the last run in "
                f"{workspace.shown(results)}, found {reason}; run once without --only-render"
            )
        _publish_cited(workspace)
    else:
        _tell_misfits(workspace, stage)
        _publish(workspace, stage, options.formats)
    report = render(
        workspace.paper,
        stem=stem_of(workspace),
        renderer=options.renderer,
        formats=options.formats,
        draft=options.draft,
        echo=lambda line: stage.console.print(line, markup=False),
    )
    stage.console.print(f"Renderer: {report.renderer} ({report.description})")
    for name, path in report.outputs.items():
        stage.console.print(f"{name.upper():<5} {path}{' (DRAFT)' if options.draft else ''}")
    return sum(report.seconds.values())


def _tell_misfits(workspace: Workspace, stage: Stages) -> None:
    """Tell what does not fit the results on disk: the run may be about to make others."""
    own = workspace.own and not own_report.has_own_text(workspace.paper)
    if own or not (workspace.paper / "results" / "numbers.json").is_file():
        return  # the text of a report is written after its results
    try:
        found = find_misfits(workspace.paper, before=True)
    except StudyError as error:
        found = [str(error)]
    if found:
        head = "Not as in the results on disk; told again if new ones do not fit:"
        stage.console.print(listing(head, found), markup=False)


def _publish_cited(workspace: Workspace) -> None:
    """Publish what the text cites since the last run, which computed it already."""
    from analysis.publish.writers import publish_cited

    if publish_cited(workspace.paper / "results", cited_in(workspace)):
        keep_record(workspace.paper / "results", inputs_of(workspace))


def cited_in(workspace: Workspace) -> frozenset[str]:
    """Return the keys that the texts of a study print, and those of the report."""
    return cited_numbers(*{workspace.root / "paper", workspace.paper})


def inputs_of(workspace: Workspace) -> Inputs:
    """Return the hashes of all that the results of a study, and the text of a report, come from."""
    project = workspace.root / "paper"
    names = (own_report.SOURCE, *own_report.SHARED) if workspace.own else ()
    return hash_inputs(workspace.root, workspace.data, [project / name for name in names])


def stem_of(workspace: Workspace) -> str:
    """Return what the files of the rendered paper are called, without their ending."""
    return own_report.REPORT_STEM if workspace.own else STEM


def _require_pages(mark: str, formats: Collection[str]) -> None:
    if "docx" in formats:
        raise StudyError(
            f"--formats: expected formats that carry {mark} on every page, found docx; "
            "name html, pdf or jats"
        )


def _publish(workspace: Workspace, stage: Stages, formats: Collection[str] = ()) -> None:
    """Compute every result and write ``paper/results/``, then the text that repeats results.

    ``formats`` are those that will be rendered.
    """
    # Imported late, as the rest of what computes: the sources have been checked by then.
    from analysis.commands.compute import compute
    from analysis.commands.data import load

    made_from = inputs_of(workspace)  # as they are before anything is read
    snapshot = load(workspace, stage)
    mark = _mark(workspace, snapshot)
    if mark:
        _require_pages("the mark of report.mark in study.toml", formats)
        if formats and own_report.has_own_text(workspace.paper):
            own_report.require_mark(workspace.paper, mark)
    findings = compute(snapshot, stage, partial(_draw, mark))
    from analysis.publish.writers import write_results

    with stage("Writing numbers, tables and figures"):
        write_results(
            findings,
            workspace.paper / "results",
            fingerprint=snapshot.fingerprint,
            as_of=snapshot.choices.as_of.isoformat(),
            linked=not workspace.own,
            cited=cited_in(workspace),
        )
        _write_text(workspace, snapshot)
        keep_record(workspace.paper / "results", made_from)


def _mark(workspace: Workspace, snapshot: Snapshot) -> str:
    """Return what stands on every page of a study of one's own; "" where nothing does."""
    report = snapshot.choices.report
    return report.mark if workspace.own and report else ""


def mark_findings(findings: Findings, workspace: Workspace, snapshot: Snapshot) -> None:
    """Put the mark of a study into its figures."""
    if mark := _mark(workspace, snapshot):
        findings.figures = own_report.mark_figures(findings.figures, mark)


def _draw(mark: str, figure: Figure) -> Figure:
    """Put the mark of a study into a figure and draw it."""
    from analysis.publish.figures import draw_files  # by a worker, which has imported it

    [figure] = own_report.mark_figures([figure], mark) if mark else [figure]
    return replace(figure, files=draw_files(figure))


def _write_text(workspace: Workspace, snapshot: Snapshot) -> None:
    """Write what repeats results: the findings in the README, or the sources of a study's paper."""
    if not workspace.own:
        from analysis.publish.readme_parts import write_findings

        write_findings(workspace.root / "README.md", workspace.paper / "results")
        return
    from analysis.questions import left_out
    from analysis.snapshot.calendar import NAMES
    from analysis.snapshot.optional_choices import Report
    from analysis.study.customs import say_every

    project, head = workspace.root / "paper", snapshot.choices.report or Report()
    if own_report.has_own_text(workspace.paper):
        own_report.write_shared(project, workspace.paper, head.mark)
        return
    own_report.write_report(
        project,
        workspace.paper,
        head=head,
        day=snapshot.choices.as_of.isoformat(),
        left_out=left_out(snapshot, asked_of_any=True),
        words={
            "exchange": NAMES.get(snapshot.choices.home, snapshot.choices.home),
            "what": snapshot.choices.customs.what,
            "monthly": say_every(snapshot).adjective,
            "measure": snapshot.choices.exposure.name,
        },
    )


RESULTS = Command("results", add_data_option, _results)
PAPER = Command("paper", _configure, _paper)
