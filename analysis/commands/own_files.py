"""``event-study``, ``beta`` and ``correlate``: from a user's files to a result."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.commands.base import Command, Workspace, add_options, read_options, shorten_help
from analysis.commands.delivery import (
    Delivery,
    Teller,
    add_delivery,
    check_delivery,
    counted,
    deliver,
)
from analysis.errors import UserDataError
from analysis.userfiles.options import BetaOptions, CorrelateOptions, EventOptions, ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure as Canvas
    from rich.console import RenderableType

    from analysis.estimators.blocks import Runner
    from analysis.userfiles.reading import Reading

__all__ = ["BETA", "CORRELATE", "EVENT_STUDY", "told_reading"]

ROLES = ("date", "asset", "value", "ticker", "day0")  # of columns that can be named
PRICES = "prices in any usual layout and format, or a folder of files; may be repeated"


class _Forms(NamedTuple):
    """The module with a result's document and tables, what shows it, the name of what draws it."""

    written: Any
    show: Callable[[Any], list[RenderableType]]
    drawing: str

    def make(self, result: object, files: Sequence[Path], *told: Any) -> Delivery:
        """Return a result in every form; the module that draws is loaded for a picture alone."""

        def draw() -> Canvas:
            from analysis.userfiles import drawings

            canvas: Canvas = getattr(drawings, self.drawing)(result)
            return canvas

        document, tables = (
            partial(form, result, files) for form in (self.written.document, self.written.tables)
        )
        return Delivery(document, tables, partial(self.show, result), draw, *told)


def _add_files(parser: argparse.ArgumentParser, flag: str, told: str) -> None:
    parser.add_argument(flag, type=Path, required=True, action="append", help=told, metavar="FILE")


def _example(*lines: str) -> str:
    """Return examples to stand below the options, as they are typed, a line each."""
    more = "; layouts, dates, holes in prices: --help-all and docs/own-files.md"
    return "\n".join(["examples" + more, *(f"  {line}" for line in lines)])


def told_reading(options: argparse.Namespace) -> Reading:
    """Return what the options of :class:`ReadingOptions` tell of the files."""
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


def _configure_event_study(parser: argparse.ArgumentParser) -> None:
    prices = "docs/example/prices.csv"
    parser.usage = "%(prog)s --prices FILE --events FILE --benchmark COLUMN [options]"
    parser.epilog = _example(
        f"--prices {prices} --events docs/example/events.csv --benchmark SPY --window=0,1",
        "... --window=-1,1 --window=-5,5 --out table.xlsx --plot path.pdf",
        "... --factors F-F_Research_Data_Factors_daily.csv --model ff3",
    )
    _add_files(parser, "--prices", PRICES)
    add = parser.add_argument
    add("--events", type=Path, required=True, help="events: ticker,day0[,group][,episode], ...",
        metavar="FILE")  # fmt: skip
    told = "returns of factors, such as the CSV of the French library"
    add("--factors", type=Path, dest="factor_file", help=told, metavar="FILE")
    rare = add_options(parser, EventOptions)
    rare += [
        add("--backend", choices=["local", "dask"], default="local", help="where to compute"),
        add("--scheduler", metavar="ADDRESS", help="of a dask cluster (default: a local one)"),
    ]
    rare += add_options(parser, ReadingOptions)
    add_delivery(parser)
    shorten_help(parser, rare)


def _run_event_study(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import event_document, terminal
    from analysis.userfiles.reading import read_events, read_factors, read_prices

    check_delivery(options)
    stage = Teller(quiet=options.quiet)
    choices, reading = read_options(options, EventOptions), told_reading(options)
    if choices.windows:  # of windows named on the command line the first counts
        choices = replace(choices, window=choices.windows[0], windows=choices.windows[1:])
    with stage("Reading prices and events"):
        prices = read_prices(options.prices, reading)
        events = read_events(options.events, reading, order=prices.order, late=prices.late)
        events.match([str(name) for name in prices.frame.columns])
        factors = read_factors(options.factor_file, reading) if options.factor_file else None
    stage.tell([*prices.said, *events.said, *(factors.said if factors else [])])
    prices.refuse_same_share(choices.benchmark or "")
    named = [*events.frame["ticker"], *events.frame.reindex(columns=["benchmark"])["benchmark"]]
    prices.check([choices.benchmark or "", *choices.factors, *named])
    choices = replace(choices, given=prices.kind)
    with stage("Estimating and testing"), _runner(options) as runner:
        from analysis.userfiles.event_study import event_study

        result = event_study(
            prices.frame,
            events.frame,
            factor_returns=factors.frame if factors else None,
            runner=runner,
            **vars(choices),
        )
    files = [*prices.files, options.events, *([options.factor_file] if factors else [])]
    told = f"{counted(len(result.events), 'event')}, {len(result.skipped)} left out"
    forms = _Forms(event_document, terminal.show_event_study, "draw_event_study")
    deliver(options, stage, forms.make(result, files, told, result.warnings()))


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
    parser.usage = "%(prog)s --prices FILE --benchmark COLUMN [options]"
    parser.epilog = _example(
        "--prices docs/example/prices.csv --benchmark SPY --assets MP,CRML,UUUU",
        "... --frequency month --window 24 --out betas.csv --plot rolling.png",
        "... --risk-free RF --pairs",
    )
    _add_files(parser, "--prices", PRICES)
    rare = [*add_options(parser, BetaOptions), *add_options(parser, ReadingOptions)]
    add_delivery(parser)
    shorten_help(parser, rare)


def _run_beta(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import beta_result, terminal
    from analysis.userfiles.reading import read_prices

    check_delivery(options)
    stage, choices = Teller(quiet=options.quiet), read_options(options, BetaOptions)
    with stage("Reading prices"):
        rates = [choices.risk_free] if choices.risk_free else []
        prices = read_prices(options.prices, told_reading(options), rates=rates)
    stage.tell(prices.said)
    prices.refuse_same_share(choices.benchmark)
    prices.check(
        (choices.benchmark, *(choices.assets or prices.frame.columns.difference(rates, sort=False)))
    )
    choices = replace(choices, given=prices.kind)
    with stage("Estimating betas"):
        from analysis.userfiles.beta import relative_beta

        result = relative_beta(prices.frame, **vars(choices))
    told = f"{counted(len(result.betas), 'asset')}, {len(result.skipped)} left out"
    forms = _Forms(beta_result, terminal.show_betas, "draw_betas")
    made = forms.make(result, prices.files, told, result.warnings(), result.said())
    deliver(options, stage, made)


def _configure_correlate(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s --data FILE --x COLUMNS --y COLUMNS [options]"
    parser.epilog = _example(
        "--data docs/example/monthly.csv --unit month --x tonnes --y MP",
        "... --x-as log_change --y-as log_change --out table.tex --plot lags.svg",
    )
    _add_files(parser, "--data", "series in any usual layout and format; may be repeated")
    rare = [*add_options(parser, CorrelateOptions), *add_options(parser, ReadingOptions)]
    add_delivery(parser)
    shorten_help(parser, rare)


def _run_correlate(options: argparse.Namespace, _: Workspace) -> None:
    from analysis.userfiles import correlate, terminal
    from analysis.userfiles.reading import read_series

    check_delivery(options)
    stage, choices = Teller(quiet=options.quiet), read_options(options, CorrelateOptions)
    with stage("Reading series"):
        tables = [read_series(path, told_reading(options)) for path in options.data]
    stage.tell([line for table in tables for line in table.said])
    with stage("Correlating"):
        result = correlate.correlate([table.frame for table in tables], **vars(choices))
    empty = result.correlations["estimate"].isna()
    reasons = result.correlations.loc[empty, "reason"].value_counts(sort=False).items()
    lacking = [f"{count} correlations without a number: {reason}" for reason, count in reasons]
    told = counted(int((~empty).sum()), "correlation")
    forms = _Forms(correlate, terminal.show_correlations, "draw_correlogram")
    deliver(options, stage, forms.make(result, options.data, told, lacking, result.said))


EVENT_STUDY = Command("event-study", _configure_event_study, _run_event_study, anywhere=True)
BETA = Command("beta", _configure_beta, _run_beta, anywhere=True)
CORRELATE = Command("correlate", _configure_correlate, _run_correlate, anywhere=True)
