"""``python -m analysis explain KEY``: one result from the paper back to the rows it came from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.data import load
from analysis.commands.data_folder import add_data_option, chosen
from analysis.errors import ResultsError
from analysis.publish.review.compare import compare
from analysis.publish.review.entry import Published, find_entry, stated
from analysis.publish.review.exhibits import find_exhibit, list_exhibits
from analysis.publish.review.result_set import ResultSet, parse
from analysis.publish.review.source_lines import find_function, imported_modules
from analysis.publish.review.usage import find_uses
from analysis.questions import QUESTIONS, question
from analysis.snapshot.claims import Claim, OnEvents
from analysis.snapshot.files import digest, read_file
from analysis.snapshot.load import Snapshot

if TYPE_CHECKING:
    from analysis.questions.rows_used import Rows
    from analysis.study.panel import Panel

__all__ = ["EXPLAIN", "committed_results", "makers"]


def _configure(parser: argparse.ArgumentParser) -> None:
    add_data_option(parser)
    parser.add_argument(
        "key",
        metavar="KEY",
        nargs="+",
        help="key of a number (beta.mp.spy), claim (A6), figure or table (betas); "
        "or a table or figure as the paper numbers it (Table 3)",
    )


def _run(options: argparse.Namespace, workspace: Workspace) -> None:
    stage = Stages(stderr=True)
    workspace = chosen(options.data, workspace, stage)
    committed = committed_results(workspace.paper / "results")
    asked = " ".join(options.key)
    exhibits = list_exhibits(workspace.paper)
    exhibit = find_exhibit(exhibits, asked)
    published = find_entry(committed, exhibit.key if exhibit and exhibit.key else asked)
    snapshot = load(workspace, stage)
    _describe(published)
    if published.kind == "claim" and published.key in snapshot.claims:
        _words(snapshot.claims[published.key], workspace.code)
    for exhibit in exhibits:
        if (exhibit.kind, exhibit.key) == (published.kind, published.key):
            _say("printed as", f"{exhibit}, {exhibit.place}")
    _function("function", published.entry["function"], workspace.code)
    _inputs(published, snapshot)
    _uses(published, workspace.paper)
    _recompute(published, committed, snapshot, stage)


def committed_results(folder: Path) -> ResultSet:
    """Read ``paper/results`` as it is on disk.

    Raises
    ------
    ResultsError
        Also if nothing has been computed yet.
    """
    if not (folder / "numbers.json").is_file():
        raise ResultsError(f"{folder}: expected results, found none; first run: nox -s paper")

    def read(name: str) -> str | None:
        path = folder / name
        return path.read_text(encoding="utf-8") if path.is_file() else None

    return parse(read, [path.stem for path in (folder / "tables").glob("*.md")], "the work tree")


def _say(label: str, text: str) -> None:
    print(f"{label:<12} {text}")


def _describe(published: Published) -> None:
    entry = published.entry
    print(f"{published.kind} {published.key}\n")
    if published.kind == "number":
        _say("value", f"{entry['text']}  ({entry['value']}; unit: {entry['unit']})")
        if "interval" in entry:
            _say("interval", f"{entry['interval']} (level {entry.get('level', 'not stated')})")
        details = [f"{name} {entry[name]}" for name in ("se", "p", "n") if name in entry]
        if details:
            _say("precision", ", ".join(details))
        _say("estimand", entry["estimand"])
    elif published.kind == "claim":
        _say("verdict", entry["verdict"])
        _say("rule", entry["rule"])
        _say("evidence", entry["evidence"])
    elif published.kind == "figure":
        _say("shows", entry["alt"])
    _say("sample", entry["sample"])


def _words(claim: Claim, root: Path) -> None:
    """Say what is claimed in the words of its entry, and which function tests it."""
    from analysis.study.claims import DECIDE

    for name in ("statement", "item", "status", "estimand", "test"):
        _say(name, str(getattr(claim, name)))
    decide = DECIDE[claim.kind]
    _function("kind", f"{decide.__module__}.{decide.__name__}", root, f"{claim.kind}: ")


def _function(label: str, dotted: str, root: Path, before: str = "") -> None:
    found = find_function(root, dotted)
    if found is None:
        _say(label, f"{before}{dotted} (no such function in this version)")
        return
    _say(label, f"{before}{dotted}, {found.file}:{found.first}-{found.last}")
    print("\n" + "\n".join(f"    {line}" for line in found.text.splitlines()) + "\n")


def _inputs(published: Published, snapshot: Snapshot) -> None:
    for name in published.entry["inputs"]:
        entry = snapshot.manifest.files.get(name)
        if entry is None:  # a record that the repository keeps outside data/
            content = digest(read_file(snapshot.folder / name))
            _say("input", f"{name}, not in the manifest, sha256 {content}")
            continue
        extent = "" if entry.rows is None else f", {entry.rows} rows"
        span = "" if entry.span is None else f", {entry.span[0]} to {entry.span[1]}"
        _say("input", f"{snapshot.folder.name}/{name}{extent}{span}, sha256 {entry.sha256}")


def _uses(published: Published, paper: Path) -> None:
    uses = find_uses(paper).get((published.kind, published.key), ())
    for use in uses:
        _say("used in", f"{use.place}: {use.text}")
    if not uses:
        _say("used in", "no sentence of the paper")


def _recompute(
    published: Published, committed: ResultSet, snapshot: Snapshot, stage: Stages
) -> None:
    """Answer only the question that makes the result, and hold it against what is committed."""
    from analysis.publish.writers import documents
    from analysis.questions.reads import answered
    from analysis.questions.rows_used import rows_entered
    from analysis.study.panel import build_panel

    with stage("Estimating every event window"):
        panel = build_panel(snapshot)
    for title in makers(published.entry["function"]):
        with stage(title):
            findings, seen = answered(title, question(title), panel)
        texts = documents(findings, fingerprint="", as_of="")
        now = parse(texts.get, [t.name for t in findings.tables], "this version")
        if _holds(now, published):
            break
    else:
        raise ResultsError(
            f"{published.key}: expected a question that makes it, found none; the committed "
            "results are stale, run nox -s paper"
        )
    rows = rows_entered(panel, published.key) if published.kind == "number" else []
    claim = snapshot.claims.get(published.key) if published.kind == "claim" else None
    if claim is not None:
        rows = _decision(claim, panel, now)
    for part in rows:
        _say("rows", f"{part.file}: {part.what}")
        if len(part.frame):
            Console(file=sys.stdout, width=160, soft_wrap=True).print(
                "\n".join(f"    {line}" for line in part.frame.to_string(index=False).splitlines()),
                markup=False, highlight=False,
            )  # fmt: skip
    if not rows:
        _say("rows", f"all that the question reads of {', '.join(sorted(seen))}")
    _agree(title, published, committed, now)


def _decision(claim: Claim, panel: Panel, now: ResultSet) -> list[Rows]:
    """Say how a claim was decided; return the rows of its events."""
    from analysis.questions.ledger.decision import explain_decision, list_rows

    keys = {name: f"claim.{claim.id.lower()}.{name}" for name in ("holm", "step_down", "placebo")}
    keys["family"] = "ledger.family"
    published = {n: now.numbers[key]["value"] for n, key in keys.items() if key in now.numbers}
    for label, text in explain_decision(claim, panel, published):
        _say(label, text)
    return list_rows(claim, panel) if isinstance(claim, OnEvents) else []


def makers(function: str) -> list[str]:
    """Order the questions by how likely they call a function: its module first, then importers.

    Imports are read off the sources, so that no question is imported which is not asked.
    """
    module = function.rpartition(".")[0]

    def rank(title: str) -> int:
        home = QUESTIONS[title]
        return 0 if home == module else 1 if module in imported_modules(home) else 2

    return sorted(QUESTIONS, key=rank)


def _holds(results: ResultSet, published: Published) -> bool:
    try:
        return find_entry(results, published.key).kind == published.kind
    except ResultsError:
        return False


def _agree(title: str, published: Published, committed: ResultSet, now: ResultSet) -> None:
    difference = compare(committed.only(published.key), now.only(published.key))
    if difference:
        raise ResultsError(
            f"{published.key}: expected the committed {stated(committed, published)}, found "
            f"{stated(now, published)} by computing it anew; run nox -s paper"
        )
    _say("recomputed", f"by {title!r} alone: {stated(now, published)}, agrees with the committed")


EXPLAIN = Command(
    "explain", "trace one number, claim, figure or table to its rows", _configure, _run
)
