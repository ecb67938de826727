"""``event-study``, ``beta`` and ``correlate``: a user's files read, one call, JSON written."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.commands.base import Command, Stages, Workspace, add_options, read_options
from analysis.errors import UserDataError
from analysis.userfiles.options import BetaOptions, CorrelateOptions, EventOptions

if TYPE_CHECKING:
    from analysis.estimators.blocks import Runner

__all__ = ["BETA", "CORRELATE", "EVENT_STUDY"]

PRICES = "CSV: date, a column an asset"


def _add_file(parser: argparse.ArgumentParser, flag: str, told: str) -> None:
    parser.add_argument(flag, type=Path, required=True, help=told)


def _configure_event_study(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: %(prog)s --prices docs/example/prices.csv --events "
        "docs/example/events.csv --benchmark SPY --window=0,1 --out result.json"
    )
    _add_file(parser, "--prices", PRICES)
    _add_file(parser, "--events", "CSV: ticker,day0[,group][,episode]")
    add_options(parser, EventOptions)
    add = parser.add_argument
    add("--backend", choices=["local", "dask"], default="local", help="where to compute")
    add("--scheduler", metavar="ADDRESS", help="of a dask cluster (default: start a local one)")
    _add_file(parser, "--out", "JSON file to write")


def _run_event_study(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import output, user_data
    from analysis.userfiles.event_study import event_study
    from analysis.userfiles.event_study_json import document

    stage = Stages(stderr=True)  # the result goes to a file; standard output stays free
    choices = read_options(options, EventOptions)
    if choices.windows:  # of windows named on the command line the first counts
        choices = replace(choices, window=choices.windows[0], windows=choices.windows[1:])
    with stage("Reading prices and events"):
        prices = user_data.read_prices(options.prices)
        events = user_data.read_events(options.events)
    with stage("Estimating and testing"), _runner(options) as runner:
        result = event_study(prices, events, runner=runner, **vars(choices))
    output.write(document(result, [options.prices, options.events]), options.out)
    kept, left = len(result.events), len(result.skipped)
    stage.console.print(f"{kept} events, {left} skipped; results in {options.out}")


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


def _configure_beta(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: %(prog)s --prices docs/example/prices.csv --benchmark SPY "
        "--assets MP,CRML,UUUU --out beta.json"
    )
    _add_file(parser, "--prices", PRICES)
    add_options(parser, BetaOptions)
    _add_file(parser, "--out", "JSON file to write")


def _run_beta(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import output, user_data
    from analysis.userfiles.beta import document, relative_beta

    stage, choices = Stages(stderr=True), read_options(options, BetaOptions)
    with stage("Reading prices"):
        prices = user_data.read_prices(options.prices)
    with stage("Estimating betas"):
        result = relative_beta(prices, **vars(choices))
    output.write(document(result, [options.prices]), options.out)
    kept, left = len(result.betas), len(result.skipped)
    stage.console.print(f"{kept} assets, {left} skipped; results in {options.out}")


def _configure_correlate(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: %(prog)s --data docs/example/monthly.csv --unit month "
        "--x tonnes --y MP --x-as log_change --y-as log_change --out correlations.json"
    )
    told = "CSV: date, a column a series; may be repeated"
    parser.add_argument("--data", type=Path, required=True, action="append", help=told)
    add_options(parser, CorrelateOptions)
    _add_file(parser, "--out", "JSON file to write")


def _run_correlate(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import output, user_data
    from analysis.userfiles.correlate import correlate, document

    stage, choices = Stages(stderr=True), read_options(options, CorrelateOptions)
    with stage("Reading series"):
        data = [user_data.read_series(path) for path in options.data]
    with stage("Correlating"):
        result = correlate(data, **vars(choices))
    output.write(document(result, options.data), options.out)
    stage.console.print(f"{len(result.correlations)} correlations; results in {options.out}")


EVENT_STUDY = Command(
    "event-study",
    "run an event study on your own files",
    _configure_event_study,
    _run_event_study,
    anywhere=True,
)
BETA = Command(
    "beta", "estimate relative betas on your own prices", _configure_beta, _run_beta, anywhere=True
)
CORRELATE = Command(
    "correlate",
    "correlate your own series at leads and lags",
    _configure_correlate,
    _run_correlate,
    anywhere=True,
)
