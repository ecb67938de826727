"""``python -m analysis refresh``: bring the snapshot up to date from Yahoo and UN Comtrade."""

from __future__ import annotations

import argparse
import string
import time
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from analysis import whole
from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.compute import compute
from analysis.commands.data import load
from analysis.commands.data_folder import add_data_option, chosen
from analysis.errors import StudyError
from analysis.reads import vary
from analysis.results import Findings
from analysis.results.formats import MISSING, format_value
from analysis.snapshot.load import Snapshot

__all__ = ["REFRESH"]

SOURCES = ("prices", "customs")
TOOLS = ("filelock", "httpx2", "tenacity", "yfinance")  # the extra refresh


def _configure(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    add = parser.add_argument
    add("--end", metavar="DATE", help="last day, YYYY-MM-DD (default: yesterday in New York)")
    add("--only", choices=SOURCES, help="refresh only these")
    add("--dry-run", action="store_true", help="fetch, check and report; write nothing")
    words = "take the new vintage also where old rows differ from what the sources say now"
    add("--accept", action="store_true", help=words)


class _Live:
    """Shows what has been fetched, ticker by ticker and month by month."""

    def __init__(self, console: Console) -> None:
        name, item = TextColumn("{task.description:<14}"), TextColumn("{task.fields[item]}")
        self._progress = Progress(name, BarColumn(), MofNCompleteColumn(), item, console=console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Live:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def done(self, stage: str, item: str, total: int, found: str) -> None:
        """Move a stage on by one item."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total, item="")
        self._progress.update(self._tasks[stage], advance=1, item=f"{item}: {found}")
        self._progress.console.print(f"  {stage} {item}: {found}")

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(f"  {line}")


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    _check_tools()
    from analysis.snapshot.refresh import staging

    stage = Stages()
    workspace = chosen(options.data, workspace, stage)
    if options.dry_run:
        with whole.temporary() as elsewhere:
            _refresh(options, workspace, elsewhere, stage)
        return
    with staging.alone(workspace.data):
        _refresh(options, workspace, workspace.data, stage)


def _check_tools() -> None:
    """The default installation has no client of live sources: say where to get them."""
    from analysis.snapshot.refresh.errors import MissingToolError

    missing = [tool for tool in TOOLS if find_spec(tool) is None]
    if missing:
        raise MissingToolError(
            "refresh",
            expected=f"the packages {', '.join(TOOLS)}",
            found=f"no {', '.join(missing)}",
            remedy="run it as nox -s refresh, which installs them",
        )


def _refresh(options: argparse.Namespace, workspace: Workspace, place: Path, stage: Stages) -> None:
    """Fetch, compare, report and, where nothing speaks against it, exchange the files."""
    from analysis.snapshot.refresh import candidate, report, staging
    from analysis.snapshot.refresh.gather import end_day, gather

    now = pd.Timestamp.now("UTC")
    old = load(workspace, stage)
    end = end_day(options.end, old, now)
    registered = bool(old.choices.registration)
    sources = _sources(options, registered=registered, own=workspace.own)
    start = time.process_time()
    with _Live(stage.console) as live:
        gathered = gather(old, end, live, sources)
    with stage("Comparing the vintages"):
        vintage = candidate.compare(old, gathered)
        refused = not (options.accept or registered) and vintage.doubtful
        # Of a vintage that takes no place the report shows what it would do.
        accept = options.accept or refused or registered
        texts = candidate.candidate_files(old, gathered, vintage, accept=accept)
    with whole.staging(place) as beside:
        with stage("Checking the new files"):
            origins = candidate.origins(old, gathered, now)
            new = staging.fill(beside, old, texts, origins)
        spent = time.process_time() - start
        stage.console.print(f"Parsing, comparing and checking: {spent:.1f} s of processor time")
        headline, claims = _compare(old, new, stage) if texts else ([], [])
        looks = _looks(new, stage) if texts else []
        path = staging.report_path(workspace.data, f"{now:%Y-%m-%d}")
        shown: Path | None = workspace.shown(path)
        decision = _decision(options, old, texts, refused=refused)
        tables = report.parts(vintage, headline, looks, claims, registered=registered)
        for table in report.terminal(tables):
            stage.console.print(table)
        stage.console.print(decision)
        title = f"Vintage of {path.stem}, data to {end:%Y-%m-%d}"
        text = report.markdown(title, [decision], tables)
        if options.dry_run:
            shown = None
        elif texts and not (refused or registered):
            whole.write_whole(beside, {str(path.relative_to(workspace.data)): text})
            staging.publish(beside, old, texts)
        else:
            whole.write_whole(path.parent, {path.name: text})
    if shown:
        stage.console.print(f"Report: {shown}")
    if refused:
        raise candidate.refusal(vintage, shown)
    if texts and shown and not registered:
        stage.console.print("Next: nox -s paper; git diff data paper/results shows what moved")


def _sources(options: argparse.Namespace, *, registered: bool, own: bool) -> Sequence[str]:
    """Return what is asked for.

    Of a study of one's own its closes, for the trade fetched is China's; of a registered one its
    closes, which nothing can replace.
    """
    from analysis.snapshot.refresh.errors import OptionError, RegisteredError

    if not registered:
        if own and options.only == "customs":
            raise OptionError(
                "refresh --only customs",
                expected="prices, all that is fetched for a study of one's own",
                found="customs",
                remedy="leave it out; its figures are added to their file by hand",
            )
        return ["prices"] if own else [options.only] if options.only else SOURCES
    for words, given in (
        ("--accept", options.accept),
        ("--only customs", options.only == "customs"),
    ):
        if given:
            raise RegisteredError(
                f"refresh {words}",
                expected="a study whose files may change",
                found="one whose result is registered on the closes as they were committed",
                remedy="leave it out: the report shows what fetched closes would change",
            )
    return ["prices"]


def _decision(
    options: argparse.Namespace, old: Snapshot, texts: Collection[str], *, refused: bool
) -> str:
    """One sentence on what happens to the files."""
    if texts and old.choices.registration:
        return (
            f"The result stays on the committed closes, as {old.choices.registration} registers "
            "it; nothing but this is written. What fetched closes would change stands below."
        )
    files = ", ".join(sorted(texts))
    if refused:
        return "Refused: old rows differ or new returns are doubtful; nothing but this is written."
    if not texts:
        return "Nothing is new."
    how = "The new vintage takes the place of the old" if options.accept else "New rows are added"
    return f"{'Dry run, nothing is written. ' if options.dry_run else ''}{how}: {files}."


def _compare(
    old: Snapshot, new: Snapshot, stage: Stages
) -> tuple[list[list[str]], list[list[str]]]:
    """The numbers of the README and the claims of the study under both vintages."""
    both = []
    for name, snapshot in (("old", old), ("new", vary(new, folder=old.folder))):
        stage.console.print(f"Findings under the {name} vintage")
        try:
            both.append(compute(snapshot, stage))
        except StudyError as error:  # the data are sound all the same, and the paper will say it
            stage.console.print(f"  cannot be computed: {error}", markup=False)
            both.append(Findings())
    return _headline(*both), _claims(old, *both)


def _headline(*both: Findings) -> list[list[str]]:
    """The numbers of the README as they are printed."""
    from analysis.publish.cited import TEMPLATE

    columns = [{n.key: format_value(n.value, n.format) for n in f.numbers} for f in both]
    keys = [key for _, key, _, _ in string.Formatter().parse(TEMPLATE) if key]
    known = [key for key in keys if any(key in column for column in columns)]
    return [[key, *(column.get(key, MISSING) for column in columns)] for key in known]


def _claims(study: Snapshot, *both: Findings) -> list[list[str]]:
    """What is said of each claim, whether that moves, and on which evidence."""
    columns = [{v.key.rpartition(".")[2].casefold(): v for v in f.verdicts} for f in both]
    rows = []
    for claim in study.claims:
        found = [column.get(claim.casefold()) for column in columns]
        if any(found):
            said = [each.verdict if each else MISSING for each in found]
            moves = "yes" if said[0] != said[1] else "no"
            evidence = [each.evidence if each else MISSING for each in found]
            rows.append([claim, *said, moves, *evidence])
    return rows


def _looks(new: Snapshot, stage: Stages) -> list[list[str]]:
    """The undecided claims whose day has come under the new vintage, and what each look says."""
    from analysis.questions.ledger.looks import take_looks
    from analysis.study.panel import build_panel

    if not (new.choices.register and new.claims):
        return []
    stage.console.print("Later looks at the claims that are not decided")
    try:
        looks = take_looks(build_panel(new))
    except StudyError as error:
        stage.console.print(f"  cannot be taken: {error}", markup=False)
        return []
    return [
        [
            row["claim"],
            str(row["look"]),
            f"{row['day']:%Y-%m-%d}",
            row["sample"],
            f"{row['effect']:.4g}",
            f"{row['p']:.4g}",
            f"{row['threshold']:.2g}",
            row["verdict"],
        ]
        for row in looks.to_dict("records")
    ]


REFRESH = Command("refresh", _configure, _run)
