"""Hold the paper's sources against the published results: every key, every stated verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import ResultsError
from analysis.publish.cited import NUMBERS
from analysis.publish.result_set import ResultSet, read_folder
from analysis.publish.source_check import find_references, nearest
from analysis.publish.sources import IMAGE, Source, in_order, read_sources

__all__ = ["PRINTS", "find_misfits"]

PRINTS = NUMBERS | {
    **dict.fromkeys(("alt", "interactive", "source"), "figure"),
    **dict.fromkeys(("table", "folded"), "table"),
    **{"passage": "passage", "panel": "data set"},
}
"""Shortcodes, and the kind of result that they print."""


def find_misfits(paper: Path, *, before: bool = False) -> list[str]:
    """Return what the sources ask of the results and do not find there.

    That is one line, with its place, per key that is not published and per sentence whose verdict
    is another one.

    Parameters
    ----------
    paper : Path
        The Quarto project.
    before : bool
        Whether a run follows: it publishes every number that is cited by then and can be computed.

    Raises
    ------
    ResultsError
        If the results are missing or damaged.
    """
    results = read_folder(paper / "results")
    if not results.as_of:
        raise ResultsError(
            f"{paper / 'results/numbers.json'}: expected data.as_of, found none; run nox -s paper"
        )
    sources, _ = read_sources(paper)
    found: list[str] = []
    for source in sources:
        found += in_order(
            [
                *_unknown_keys(source, results, before),
                *_turned_verdicts(source, results),
                *_unknown_figures(source, paper, results),
                *_lost_notes(source, sources, results),
            ]
        )
    return found


def _unknown_keys(source: Source, results: ResultSet, before: bool) -> Iterator[str]:
    listed = results["key"]
    for position, name, argument in source.shortcodes():
        place = source.place(position)
        if name in NUMBERS and argument in listed and argument not in results["number"]:
            if not before:
                yield (
                    f"{place}: expected a published number, found '{argument}', which no text "
                    "cited when the results were written; run nox -s paper"
                )
        elif name in PRINTS:
            known = listed if name in NUMBERS else results[PRINTS[name]]
            yield from _unknown(place, PRINTS[name], argument, known)
        if name == "interval" and "interval" not in results["number"].get(argument, "interval"):
            yield f"{place}: expected a number with an interval, found '{argument}'; use num"


def _lost_notes(source: Source, sources: Sequence[Source], results: ResultSet) -> Iterator[str]:
    """Notes of tables, and passages, that refer to what the text does not print."""
    for position, name, key in source.shortcodes():
        text = results[name].get(key, {}).get("text", "") if name in ("table", "passage") else ""
        for label in find_references(text, sources):
            yield (
                f"{source.place(position)}: {name} '{key}': expected the label {{#{label}}}, to "
                "which it refers, found none; print that exhibit too"
            )


def _unknown(place: str, kind: str, key: str, known: Mapping[str, Any]) -> Iterator[str]:
    if key not in known:
        yield f"{place}: expected a published {kind}, found '{key}'{nearest(key, list(known))}"


def _turned_verdicts(source: Source, results: ResultSet) -> Iterator[str]:
    known = results["claim"]
    for guard in source.guards():
        place, key = source.place(guard.position), guard.key or ""
        if key not in known:
            yield from _unknown(place, f'claim (in "{guard.sentence}")', key, known)
        elif (actual := known[key]["verdict"]) != guard.stated:
            yield (
                f"{place}: claim '{key}': the paper says '{guard.stated}', the analysis says "
                f"'{actual}'; rewrite \"{guard.sentence}\""
            )


def _unknown_figures(source: Source, paper: Path, results: ResultSet) -> Iterator[str]:
    known = {f"results/{figure['file']}" for figure in results["figure"].values()}
    for match in IMAGE.finditer(source.prose):
        path = match[1]
        if "#fig-" not in match[2] or path in known or re.match(r"\w+:", path):
            continue
        # A figure of the results need not be drawn yet; any other picture must be there.
        if not (paper / path).is_file():
            yield f"{source.place(match.start())}: expected a figure file, found no '{path}'"
