"""``event-study``, ``beta`` and ``correlate``: a user's files read, one call, JSON written."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.commands.base import Command, Stages, Workspace, add_options, read_options
from analysis.errors import UserDataError
from analysis.userfiles.options import (
    BetaOptions,
    CorrelateOptions,
    EventOptions,
    ReadingOptions,
)

if TYPE_CHECKING:
    from analysis.estimators.blocks import Runner
    from analysis.userfiles.reading import Reading

__all__ = ["BETA", "CORRELATE", "EVENT_STUDY"]

ROLES = ("date", "asset", "value", "ticker", "day0")  # of columns that can be named
PRICES = "prices in any usual layout and format, or a folder of files; may be repeated"


def _add_files(parser: argparse.ArgumentParser, flag: str, told: str) -> None:
    parser.add_argument(flag, type=Path, required=True, action="append", help=told)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    add_options(parser, ReadingOptions)
    told = "JSON file to write"
    parser.add_argument("--out", type=Path, required=True, help=told)


def _reading(options: argparse.Namespace) -> Reading:
    """Return what is told of the files.

    Raises
    ------
    UserDataError
        If a column is named in other words than ``date=NAME``.
    """
    from analysis.userfiles.reading import MARKS, Reading

    told = read_options(options, ReadingOptions)
    columns = {}
    for word in told.columns:
        name, mark, column = word.partition("=")
        if not mark or name.strip() not in ROLES:
            raise UserDataError(
                f"--columns: expected date=NAME,asset=NAME,value=NAME, found {word!r}; correct it"
            )
        columns[name.strip()] = column.strip()
    return Reading(
        columns,
        "" if told.dates == "auto" else told.dates,
        MARKS[told.decimal],
        "" if told.numbers == "auto" else told.numbers,
    )


def _tell(stage: Stages, lines: Iterable[str]) -> None:
    for line in lines:
        stage.console.print(line, markup=False)


def _configure_event_study(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: %(prog)s --prices docs/example/prices.csv --events "
        "docs/example/events.csv --benchmark SPY --window=0,1 --out result.json"
    )
    _add_files(parser, "--prices", PRICES)
    add = parser.add_argument
    add("--events", type=Path, required=True, help="events: ticker,day0[,group][,episode], ...")
    told = "returns of factors, such as the CSV of the French library"
    add("--factors", type=Path, dest="factor_file", help=told)
    add_options(parser, EventOptions)
    add("--backend", choices=["local", "dask"], default="local", help="where to compute")
    add("--scheduler", metavar="ADDRESS", help="of a dask cluster (default: start a local one)")
    _add_reading(parser)


def _run_event_study(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import output
    from analysis.userfiles.reading import read_events, read_factors, read_prices

    output.check_out(options.out)
    stage = Stages(stderr=True)  # the result goes to a file; standard output stays free
    choices, reading = read_options(options, EventOptions), _reading(options)
    if choices.windows:  # of windows named on the command line the first counts
        choices = replace(choices, window=choices.windows[0], windows=choices.windows[1:])
    with stage("Reading prices and events"):
        prices = read_prices(options.prices, reading)
        events = read_events(options.events, reading, order=prices.order)
        factors = read_factors(options.factor_file, reading) if options.factor_file else None
    _tell(stage, [*prices.said, *events.said, *(factors.said if factors else [])])
    prices.refuse_same_share(choices.benchmark or "")
    named = [*events.frame["ticker"], *events.frame.reindex(columns=["benchmark"])["benchmark"]]
    prices.check([choices.benchmark or "", *choices.factors, *named])
    choices = replace(choices, given=prices.kind)
    with stage("Estimating and testing"), _runner(options) as runner:
        from analysis.userfiles.event_study import event_study
        from analysis.userfiles.event_study_json import document

        result = event_study(
            prices.frame,
            events.frame,
            factor_returns=factors.frame if factors else None,
            runner=runner,
            **vars(choices),
        )
    files = [*prices.files, options.events, *([options.factor_file] if factors else [])]
    output.write(document(result, files), options.out)
    _tell(stage, result.warnings())
    kept, left = len(result.events), len(result.skipped)
    stage.console.print(f"{kept} events, {left} left out; results in {options.out}")


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
    _add_files(parser, "--prices", PRICES)
    add_options(parser, BetaOptions)
    _add_reading(parser)


def _run_beta(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import output
    from analysis.userfiles.reading import read_prices

    output.check_out(options.out)
    stage, choices = Stages(stderr=True), read_options(options, BetaOptions)
    with stage("Reading prices"):
        prices = read_prices(options.prices, _reading(options))
    _tell(stage, prices.said)
    prices.refuse_same_share(choices.benchmark)
    prices.check((choices.benchmark, *(choices.assets or prices.frame.columns)))
    choices = replace(choices, given=prices.kind)
    with stage("Estimating betas"):
        from analysis.userfiles.beta import document, relative_beta

        result = relative_beta(prices.frame, **vars(choices))
    output.write(document(result, prices.files), options.out)
    _tell(stage, result.warnings())
    kept, left = len(result.betas), len(result.skipped)
    stage.console.print(f"{kept} assets, {left} skipped; results in {options.out}")


def _configure_correlate(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example: %(prog)s --data docs/example/monthly.csv --unit month "
        "--x tonnes --y MP --x-as log_change --y-as log_change --out correlations.json"
    )
    _add_files(parser, "--data", "series in any usual layout and format; may be repeated")
    add_options(parser, CorrelateOptions)
    _add_reading(parser)


def _run_correlate(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import output
    from analysis.userfiles.reading import read_series

    output.check_out(options.out)
    stage, choices = Stages(stderr=True), read_options(options, CorrelateOptions)
    with stage("Reading series"):
        tables = [read_series(path, _reading(options)) for path in options.data]
    _tell(stage, [line for table in tables for line in table.said])
    with stage("Correlating"):
        from analysis.userfiles.correlate import correlate, document

        result = correlate([table.frame for table in tables], **vars(choices))
    output.write(document(result, options.data), options.out)
    _tell(stage, result.said)
    found = int(result.correlations["estimate"].notna().sum())
    empty = len(result.correlations) - found
    told = f", {empty} without a number (see their reason)" if empty else ""
    stage.console.print(f"{found} correlations{told}; results in {options.out}")


EVENT_STUDY = Command(
    "event-study",
    _configure_event_study,
    _run_event_study,
    anywhere=True,
)
BETA = Command("beta", _configure_beta, _run_beta, anywhere=True)
CORRELATE = Command(
    "correlate",
    _configure_correlate,
    _run_correlate,
    anywhere=True,
)
