"""``python -m analysis size``: the study of size and power, by simulation; size on own prices."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from analysis.commands.base import Command, Stages, Workspace, add_options, read_options
from analysis.commands.data import load
from analysis.userfiles.options import SizeOptions

__all__ = ["SIZE"]


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "A run with fewer replications than the record's prints and writes nothing. The options "
        "below --prices are for it alone: N events on K days each time; docs/event-study.md."
    )
    add = parser.add_argument
    add("--replications", type=_positive, help="of each cell (default: those of the record)")
    add("--processes", type=_positive, default=os.cpu_count(), help="default: one a core")
    add("--registered", action="store_true", help="under the registered rules, kept beside")
    add("--check", action="store_true", help="only say whether the record is stale")
    told = "instead: how often tests reject on your own prices, at random events"
    add("--prices", type=Path, action="append", metavar="FILE", help=told)
    add_options(parser, SizeOptions)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above zero, found {text}")
    return int(text)


def _run(options: argparse.Namespace, workspace: Workspace) -> int:
    if options.prices:
        return _run_on_prices(options)
    from analysis.questions.size import record, rejections, report
    from analysis.questions.size.design import Settings, build_design
    from analysis.study.panel import build_panel, under

    stage, settings = Stages(), Settings()
    snapshot = load(workspace, stage)
    with stage("Calibrating on the real panel"):
        panel = build_panel(snapshot)
        if options.registered:
            panel = under(panel, snapshot.choices.registered)
        design = build_design(panel)
    folder = record.FOLDER / (record.REGISTERED if options.registered else "")
    if options.check:
        kept = record.read_record(folder)
        found = list(record.stale(kept, design, settings))
        if kept.settings["replications"] < settings.replications:
            recorded = f"recorded {kept.settings['replications']}"
            wanted = f"wanted {settings.replications}"
            found.append(f"replications: {recorded}, {wanted}; {record.REMEDY}")
        return _check(stage, found)
    asked = options.replications or settings.replications
    work = rejections.tasks(design, settings, asked)
    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stage.console) as progress:
        batches = progress.track(
            rejections.rejections(work, design, settings, options.processes),
            total=len(work),
            description="Batches of replications",
        )
        made = record.make_record(batches, design, settings)
    stage.console.print(report.summary(made))
    if asked == settings.replications:
        record.write_record(made, folder)
        stage.console.print(f"Written: {folder.relative_to(workspace.root)}")
    return 0


def _run_on_prices(options: argparse.Namespace) -> int:
    from analysis.userfiles.empirical_size import empirical_size
    from analysis.userfiles.reading import read_prices
    from analysis.userfiles.terminal import show_sizes

    stage, choices = Stages(stderr=True), read_options(options, SizeOptions)
    with stage("Reading prices"):
        prices = read_prices(options.prices)
    for line in prices.said:
        stage.console.print(line, markup=False)
    prices.refuse_same_share(choices.benchmark or "")
    prices.check(prices.frame.columns)
    choices = replace(choices, given=prices.kind)
    with stage(f"Testing {choices.replications} studies of random events"):
        sizes = empirical_size(prices.frame, **vars(choices))
    Stages().console.print(show_sizes(sizes, choices))
    return 0


def _check(stage: Stages, found: list[str]) -> int:
    for line in found:
        stage.console.print(line)
    verdict = "not what a full run gives today" if found else "what a full run gives today"
    stage.console.print(f"simulations/ is {verdict}")
    return 1 if found else 0


SIZE = Command("size", _configure, _run)
