"""``python -m analysis event-study``: the engine on a user's own files."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.commands.base import Command, Stages, Workspace
from analysis.errors import UserDataError

if TYPE_CHECKING:
    from analysis.estimators.blocks import Runner

__all__ = ["EVENT_STUDY"]


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: %(prog)s --prices docs/example/prices.csv --events "
        "docs/example/events.csv --benchmark SPY --window=0,1 --out result.json"
    )
    add = parser.add_argument
    add("--prices", type=Path, required=True, help="CSV: date, a column an asset")
    add("--events", type=Path, required=True, help="CSV: ticker,day0[,group][,episode]")
    add("--benchmark", required=True, help="column of the market")
    add("--factor", action="append", default=[], help="further factor columns")
    models = ["market", "mean", "market_adjusted", "scholes_williams", "dimson", "garch"]
    add("--model", choices=models, default="market", help="normal return (default: market)")
    add("--estimation", type=int, default=120, help="sessions (default: 120)")
    add("--gap", type=int, default=11, help="sessions before day 0 (default: 11)")
    add("--minimum", type=int, help="fewest returns (default: half)")
    add(
        "--window",
        type=_window,
        action="append",
        help="first,last event day (default: -5,5); further ones enter the breakdown",
    )
    add("--returns", choices=["simple", "log"], default="simple")
    add(
        "--skip-listed",
        action="store_true",
        help="leave the windows of all listed events out of every estimation window",
    )
    add("--by", default="", help="break the tests down: pooled,firm,event,episode")
    add("--tests", default="all", help="all, or names with commas")
    add("--placebo", type=int, default=1000, help="placebo draws (default: 1000)")
    add("--seed", type=int, default=1)
    add("--out", type=Path, required=True, help="JSON file to write")
    add("--backend", choices=["local", "dask"], default="local", help="where to compute")
    add("--scheduler", metavar="ADDRESS", help="of a dask cluster (default: start a local one)")


def _window(text: str) -> tuple[int, int]:
    try:
        first, last = (int(day) for day in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected two event days as -5,5, found {text}") from None
    return first, last


def _runner(options: argparse.Namespace) -> AbstractContextManager[Runner]:
    from analysis.estimators.blocks import here
    from analysis.userfiles.cluster import on_cluster

    if options.backend == "dask":
        return on_cluster(options.scheduler)
    if options.scheduler is not None:
        raise UserDataError(
            f"--scheduler: expected --backend dask with it, found {options.backend}; add the option"
        )
    return nullcontext(here)


def _run(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import event_study, output, user_data
    from analysis.userfiles.event_study_json import document

    stage = Stages(stderr=True)  # the result goes to a file; standard output stays free
    tests = event_study.TESTS if options.tests == "all" else tuple(options.tests.split(","))
    window, *others = options.window or [(-5, 5)]
    choices = event_study.Choices(
        benchmark=options.benchmark,
        factors=tuple(options.factor),
        model=options.model,
        estimation=options.estimation,
        gap=options.gap,
        window=window,
        returns=options.returns,
        tests=tests,
        placebo=options.placebo,
        seed=options.seed,
        minimum=options.minimum,
        skip_listed=options.skip_listed,
        by=tuple(name for name in options.by.split(",") if name),
        windows=tuple(others),
    )
    with stage("Reading prices and events"):
        prices = user_data.read_prices(options.prices)
        events = user_data.read_events(options.events)
    with stage("Estimating and testing"), _runner(options) as runner:
        result = event_study.run(prices, events, choices, runner)
    settings = output.spec(choices, [options.prices, options.events])
    settings["minimum"] = choices.fewest
    output.write(document(result, settings), options.out)
    kept, left = len(result.events), len(result.skipped)
    stage.console.print(f"{kept} events, {left} skipped; results in {options.out}")


EVENT_STUDY = Command(
    "event-study", "run an event study on your own files", _configure, _run, anywhere=True
)
