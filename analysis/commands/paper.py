"""``python -m analysis results`` and ``paper``: compute every result, render the paper."""

from __future__ import annotations

import argparse
from collections.abc import Collection

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.compute import compute
from analysis.commands.data import load
from analysis.commands.elsewhere import add_data_option, chosen
from analysis.errors import StudyError
from analysis.findings.study import left_out
from analysis.publish.renderers.base import FORMATS, STEM, require_packages
from analysis.publish.report import REPORT_STEM, Head, mark_figures, write_report
from analysis.snapshot.study import Report

__all__ = ["PAPER", "RESULTS", "render_paper"]

DEFAULT = ("html", "pdf")


def _configure(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    parser.add_argument(
        "--renderer",
        choices=["auto", "quarto", "pandoc"],
        default="auto",
        help="auto takes Quarto where it is installed and pandoc with typst where it is not",
    )
    parser.add_argument(
        "--formats",
        type=_formats,
        default=DEFAULT,
        metavar="LIST",
        help="comma-separated: html, pdf, docx, jats, or all (default: html,pdf)",
    )


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
    publish(chosen(options.data, workspace, stage), stage)


def _paper(options: argparse.Namespace, workspace: Workspace) -> None:
    stage = Stages()
    render_paper(options, chosen(options.data, workspace, stage), stage)


def publish(workspace: Workspace, stage: Stages, formats: Collection[str] = ()) -> None:
    """Compute every result and write ``paper/results/`` and the findings in the README.

    Another study than that of the repository gets the sources of its report instead; ``formats``
    are those that will be rendered.
    """
    snapshot = load(workspace, stage)
    head = snapshot.study.report or Report()
    if workspace.own and head.mark and "docx" in formats:
        raise StudyError(
            "--formats: expected formats that carry the mark of report.mark in study.toml on every "
            "page, found docx; name html, pdf or jats"
        )
    findings = compute(snapshot, stage)
    from analysis.publish.readme import update_readme
    from analysis.publish.writers import write_results

    if workspace.own and head.mark:
        findings.figures = mark_figures(findings.figures, head.mark)

    with stage("Writing numbers, tables and figures"):
        write_results(
            findings,
            workspace.paper / "results",
            fingerprint=snapshot.fingerprint,
            as_of=snapshot.study.as_of.isoformat(),
            linked=not workspace.own,
        )
        if not workspace.own:
            update_readme(workspace.root / "README.md", workspace.paper / "results")
        else:
            write_report(
                workspace.root / "paper",
                workspace.paper,
                head=Head(head.title, head.authors, snapshot.study.as_of.isoformat(), head.mark),
                left_out=left_out(snapshot),
            )


def render_paper(options: argparse.Namespace, workspace: Workspace, stage: Stages) -> float:
    """Compute, render and say where the files are; return the seconds of rendering."""
    from analysis.publish.render import render, require_renderer

    require_renderer(options.renderer)
    publish(workspace, stage, options.formats)
    report = render(
        workspace.paper,
        stem=REPORT_STEM if workspace.own else STEM,
        renderer=options.renderer,
        formats=options.formats,
        echo=stage.console.print,
    )
    stage.console.print(f"Renderer: {report.renderer} ({report.description})")
    for name, path in report.outputs.items():
        stage.console.print(f"{name.upper():<5} {path}")
    return sum(report.seconds.values())


RESULTS = Command(
    "results", "compute every result and write paper/results/", add_data_option, _results
)
PAPER = Command("paper", "compute every result and render the paper", _configure, _paper)
