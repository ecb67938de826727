"""The command line that nox calls: ``python -m analysis --help``."""

from __future__ import annotations

import argparse
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from analysis.errors import StudyError
from analysis.results import Findings
from analysis.snapshot import derived, manifest
from analysis.snapshot.load import Snapshot, load_snapshot

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
PAPER = ROOT / "paper"


class Stages:
    """Says what is going on, how long each stage took, and keeps the times."""

    def __init__(self, *, stderr: bool = False) -> None:
        self.console = Console(highlight=False, soft_wrap=True, stderr=stderr)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Announce a stage; on success print its time."""
        start = time.perf_counter()
        with self.console.status(f"{name} ..."):
            yield
        self.seconds[name] = time.perf_counter() - start
        self.console.print(f"{name:<44} {self.seconds[name]:6.1f} s")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault the user can mend, 2 usage."""
    options = _parser().parse_args(words)
    try:
        options.run(options, Stages())
    except StudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Rebuild the data, the results and the paper on rare-earth headlines.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., object], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    data = add("data", _data, "verify data/ and rebuild data/derived/")
    data.add_argument(
        "--accept",
        action="store_true",
        help="take the files as they are now: show what changed and write new hashes",
    )
    add("results", _results, "compute every result and write paper/results/")
    paper = add("paper", _paper, "compute every result and render the paper")
    paper.add_argument(
        "--renderer",
        choices=["auto", "quarto", "pandoc"],
        default="auto",
        help="auto takes Quarto where it is installed and pandoc with typst where it is not",
    )
    paper.add_argument(
        "--formats",
        type=_formats,
        default=("html", "pdf"),
        metavar="LIST",
        help="comma-separated: html, pdf (default: both)",
    )
    add("bench", _bench, "time every stage and print the machine's name and the peak memory")
    _add_event_study(add("event-study", _event_study, "run an event study on your own files"))
    return parser


def _add_event_study(command: argparse.ArgumentParser) -> None:
    command.epilog = (
        "example: python -m analysis event-study --prices docs/example/prices.csv --events "
        "docs/example/events.csv --benchmark SPY --window=0,1 --out result.json"
    )
    command.add_argument("--prices", type=Path, required=True, help="CSV: date, a column an asset")
    command.add_argument("--events", type=Path, required=True, help="CSV: ticker,day0[,group]")
    command.add_argument("--benchmark", required=True, help="column of the market")
    command.add_argument("--factor", action="append", default=[], help="further factor columns")
    models = ["market", "mean", "market_adjusted"]
    command.add_argument("--model", choices=models, default="market")
    command.add_argument("--estimation", type=int, default=120, help="sessions (default: 120)")
    command.add_argument("--gap", type=int, default=11, help="sessions before day 0 (default: 11)")
    command.add_argument("--minimum", type=int, help="fewest returns (default: half)")
    command.add_argument("--window", type=_window, default=(-5, 5), help="first,last event day")
    command.add_argument("--returns", choices=["simple", "log"], default="simple")
    command.add_argument("--tests", default="all", help="all, or names with commas")
    command.add_argument("--placebo", type=int, default=1000, help="placebo draws")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--out", type=Path, required=True, help="JSON file to write")


def _window(text: str) -> tuple[int, int]:
    try:
        first, last = (int(day) for day in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected two event days as -5,5, found {text}") from None
    return first, last


def _event_study(options: argparse.Namespace, _: Stages) -> None:
    from analysis.commands import event_study, user_data

    stage = Stages(stderr=True)  # the result goes to a file; standard output stays free

    tests = event_study.TESTS if options.tests == "all" else tuple(options.tests.split(","))
    choices = event_study.Choices(
        benchmark=options.benchmark,
        factors=tuple(options.factor),
        model=options.model,
        estimation=options.estimation,
        gap=options.gap,
        window=options.window,
        returns=options.returns,
        tests=tests,
        placebo=options.placebo,
        seed=options.seed,
        minimum=options.minimum,
    )
    with stage("Reading prices and events"):
        prices = user_data.read_prices(options.prices)
        events = user_data.read_events(options.events)
    with stage("Estimating and testing"):
        result = event_study.run(prices, events, choices)
    settings = event_study.spec(choices, [options.prices, options.events])
    event_study.write(event_study.document(result, settings), options.out)
    kept, left = len(result.events), len(result.skipped)
    stage.console.print(f"{kept} events, {left} skipped; results in {options.out}")


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    strays = [name for name in names if name not in {"html", "pdf"}]
    if strays:
        raise argparse.ArgumentTypeError(f"expected html and pdf, found {', '.join(strays)}")
    return names


def _data(options: argparse.Namespace, stage: Stages) -> None:
    if options.accept:
        _accept(stage)
        return
    snapshot = _load(stage)
    with stage("Rebuilding data/derived"):
        frames = derived.build_derived(snapshot)
        paths = derived.write_derived(frames, DATA / "derived")
        derived.check_derived(DATA / "derived", snapshot.manifest)
    for path in paths:
        stage.console.print(f"  {path.relative_to(ROOT)}")


def _accept(stage: Stages) -> None:
    with stage("Checking the edited files"):
        snapshot = load_snapshot(DATA, check_hashes=False)
        frames = derived.build_derived(snapshot)
    for line in manifest.write_manifest(DATA, frames):
        stage.console.print(f"  {line}")


def _load(stage: Stages) -> Snapshot:
    with stage("Verifying data/"):
        return load_snapshot(DATA)


def _results(_: argparse.Namespace, stage: Stages) -> None:
    _publish(stage)


def _publish(stage: Stages) -> None:
    snapshot = _load(stage)
    findings = _findings(snapshot, stage)
    from analysis.publish.readme import update_readme
    from analysis.publish.writers import write_results

    with stage("Writing numbers, tables and figures"):
        write_results(
            findings,
            PAPER / "results",
            fingerprint=snapshot.fingerprint,
            as_of=snapshot.study.as_of.isoformat(),
        )
        update_readme(ROOT / "README.md", PAPER / "results")


def _findings(snapshot: Snapshot, stage: Stages) -> Findings:
    # Imported late: `data` and `--help` need neither statsmodels nor matplotlib.
    from analysis.findings.study import QUESTIONS, build_panel

    with stage("Estimating every event window"):
        panel = build_panel(snapshot)
    findings = Findings()
    for title, compute in QUESTIONS.items():
        with stage(title):
            findings.extend([compute(panel)])
    return findings


def _paper(options: argparse.Namespace, stage: Stages) -> float:
    """Render and return the seconds it took."""
    from analysis.publish.render import render

    _publish(stage)
    report = render(
        PAPER, renderer=options.renderer, formats=options.formats, echo=stage.console.print
    )
    stage.console.print(f"Renderer: {report.renderer} ({report.description})")
    for name, path in report.outputs.items():
        stage.console.print(f"{name.upper():<5} {path}")
    return sum(report.seconds.values())


def _bench(options: argparse.Namespace, stage: Stages) -> None:
    options.renderer, options.formats = "auto", ("html", "pdf")
    rendering = _paper(options, stage)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stage.console.print(f"Machine: {platform.node()}, {platform.machine()}, {platform.platform()}")
    stage.console.print(f"Analysis and figures: {sum(stage.seconds.values()):.1f} s")
    stage.console.print(f"Rendering both formats: {rendering:.1f} s")
    stage.console.print(f"Peak memory: {peak:.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
