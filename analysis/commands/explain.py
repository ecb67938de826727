"""``python -m analysis explain KEY``: one result from the paper back to the rows it came from."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, NamedTuple

from analysis.commands.base import Command, Stages, Workspace
from analysis.commands.data import load
from analysis.commands.data_folder import add_data_option, chosen
from analysis.errors import ResultsError
from analysis.publish.result_set import Entry, ResultSet, parse, read_folder
from analysis.publish.review.compare import compare
from analysis.publish.review.entry import Published, find_entry
from analysis.publish.review.exhibits import find_exhibit, list_exhibits
from analysis.publish.review.prose import read
from analysis.publish.review.source_lines import find_function, imported_modules
from analysis.publish.review.usage import find_uses
from analysis.questions import QUESTIONS, answer, question
from analysis.snapshot.claims import Claim, OnEvents
from analysis.snapshot.files import digest, read_file
from analysis.snapshot.load import Snapshot

if TYPE_CHECKING:
    from analysis.questions.rows_used import Rows
    from analysis.study.panel import Panel

__all__ = ["EXPLAIN", "makers"]

REGISTERED = ".registered"  # end of the keys of what the registered rules find


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
    committed = read_folder(workspace.paper / "results")
    asked = " ".join(options.key)
    exhibits = list_exhibits(workspace.paper)
    exhibit = find_exhibit(exhibits, asked)
    published = find_entry(committed, exhibit.key if exhibit and exhibit.key else asked)
    snapshot = load(workspace, stage)
    computed = None
    shown = published
    if not published.complete:  # only its hash is committed
        computed = _compute(published, snapshot, stage)
        shown = replace(published, entry=computed.entry)
    _describe(shown)
    if published.kind == "claim" and (claim := _claim_of(published.key, snapshot)):
        _words(claim, workspace.code)
    for exhibit in exhibits:
        if (exhibit.kind, exhibit.key) == (published.kind, published.key):
            _say("printed as", f"{exhibit}, {exhibit.place}")
            _say("caption", " ".join(read(exhibit.caption, committed).split()))
    if published.kind in ("table", "figure"):
        file = published.entry.get("file", f"tables/{published.key}.md")
        _say("file", str(workspace.shown(workspace.paper / "results" / file)))
    _function("function", shown.entry["function"], workspace.code)
    _inputs(shown, snapshot)
    _uses(shown, workspace.paper)
    computed = computed or _compute(published, snapshot, stage)
    _agree(published, committed, computed)


def _say(label: str, text: str) -> None:
    print(f"{label:<12} {text}")


def _describe(published: Published) -> None:
    entry = published.entry
    print(f"{published.kind} {published.key}\n")
    if published.kind == "number":
        _say("value", f"{entry['text']}  ({entry['value']}; unit: {entry['unit']})")
        if "interval" in entry:
            _say("interval", f"{entry['interval']} (level {entry.get('level', 'not stated')})")
        if details := [f"{name} {entry[name]}" for name in ("se", "p", "n") if name in entry]:
            _say("precision", ", ".join(details))
    for name in ("estimand", "verdict", "rule", "evidence"):
        if name in entry:
            _say(name, entry[name])
    if "alt" in entry:
        _say("shows", entry["alt"])
    _say("sample", entry["sample"])


def _claim_of(key: str, snapshot: Snapshot) -> Claim | None:
    """Return the claim that a verdict is on, also the one by the registered rules."""
    named = key.removesuffix(REGISTERED)
    if named != key:
        return snapshot.registered.get(named.upper())
    return snapshot.claims_under(snapshot.choices.ruling).get(key)


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
    print(f"\n{indent(found.text, '    ')}\n")


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


class Computed(NamedTuple):
    """A result computed anew: the question that made it, and what else that gave."""

    title: str
    entry: Entry
    now: ResultSet
    inputs: list[str]
    panel: Panel


def _compute(published: Published, snapshot: Snapshot, stage: Stages) -> Computed:
    """Answer only the question that makes the result."""
    from analysis.publish.writers import documents
    from analysis.study.panel import build_panel

    with stage("Estimating every event window"):
        panel = build_panel(snapshot)
    for title in makers(published.entry["function"]):
        with stage(title):
            findings = answer(question(title), panel)
        now = parse(documents(findings, fingerprint="", as_of=""))
        if found := now[published.kind].get(published.key):
            return Computed(title, found, now, findings.inputs, panel)
    raise ResultsError(
        f"{published.key}: expected a question that makes it, found none; the committed "
        "results are stale, run nox -s paper"
    )


def _agree(published: Published, committed: ResultSet, computed: Computed) -> None:
    """Show the rows that entered, and hold what was computed against what is committed."""
    from analysis.questions.rows_used import rows_entered

    title, found, now, inputs, panel = computed
    rows = rows_entered(panel, published.key) if published.kind == "number" else []
    claim = _claim_of(published.key, panel.snapshot) if published.kind == "claim" else None
    if claim is not None:
        rows = _decision(claim, panel, now, registered=published.key.endswith(REGISTERED))
    for part in rows:
        _say("rows", f"{part.file}: {part.what}")
        if len(part.frame):
            print(indent(part.frame.to_string(index=False), "    "))
    if not rows:
        _say("rows", f"all that the question reads of {', '.join(inputs)}")
    stated, anew = published.stated(), replace(published, entry=found).stated()
    one, other = (r.only(published.kind, published.key) for r in (committed, now))
    if compare(one, other):
        raise ResultsError(
            f"{published.key}: expected the committed {stated}, found {anew} by computing it anew; "
            "run nox -s paper"
        )
    _say(
        "recomputed",
        f"by {title!r} alone: {anew}, agrees with the committed"
        f"{'' if published.complete else f' {stated}'}",
    )


def _decision(claim: Claim, panel: Panel, now: ResultSet, *, registered: bool) -> list[Rows]:
    """Say how a claim was decided; return the rows of its events."""
    from analysis.questions.ledger.decision import explain_decision, list_rows
    from analysis.study.panel import under

    start = f"claim.{claim.id.lower()}{REGISTERED if registered else ''}"
    keys = {name: f"{start}.{name}" for name in ("holm", "step_down", "placebo")}
    keys["family"] = "registered.family" if registered else "ledger.family"
    panel = under(panel, panel.snapshot.choices.registered) if registered else panel
    numbers = now["number"]
    published = {n: numbers[key]["value"] for n, key in keys.items() if key in numbers}
    for label, text in explain_decision(claim, panel, published):
        _say(label, text)
    return list_rows(claim, panel) if isinstance(claim, OnEvents) else []


def makers(function: str) -> list[str]:
    """Order the questions by how likely they call a function.

    The module that holds it first, then those that import it, then others of its folder. Imports
    are read off the sources, so that no question is imported which is not asked.
    """
    module = function.rpartition(".")[0]

    def rank(title: str) -> int:
        home = QUESTIONS[title]
        if home == module:
            return 0
        beside = home.rpartition(".")[0] == module.rpartition(".")[0]
        return 1 if module in imported_modules(home) else 2 if beside else 3

    return sorted(QUESTIONS, key=rank)


EXPLAIN = Command("explain", _configure, _run)
