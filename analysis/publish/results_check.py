"""Hold the paper's sources against the published results: every key, every stated verdict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import RenderError
from analysis.publish.numerals import read_internal, unused_numbers
from analysis.publish.source_check import nearest
from analysis.publish.sources import (
    CLAIM,
    IMAGE,
    Source,
    attributes,
    in_order,
    read_sources,
    sentence,
)

__all__ = ["find_misfits"]

NUMBERS = frozenset({"num", "interval"})  # shortcodes that print a number of the registry


@dataclass(frozen=True, slots=True)
class _Results:
    """The published names that the sources may use, and the folder that holds them."""

    folder: Path
    numbers: Mapping[str, Any]
    verdicts: Mapping[str, Any]
    figures: Mapping[str, Any]


def find_misfits(paper: Path) -> list[str]:
    """Return what the sources ask of the results and do not find there.

    Parameters
    ----------
    paper : Path
        Folder with ``index.qmd`` and ``results/``.

    Returns
    -------
    list of str
        One line per key that is not published, per sentence whose verdict is another one, per
        number that nothing prints; each names file and line.

    Raises
    ------
    RenderError
        If the results are missing or damaged.
    """
    results = _load_results(paper)
    sources, _ = read_sources(paper)
    found: list[str] = []
    for source in sources:
        found += in_order(
            [
                *_unknown_keys(source, results),
                *_turned_verdicts(source, results),
                *_unknown_figures(source, results),
            ]
        )
    return [*found, *_unprinted(sources, results, paper / "internal.toml")]


def _load_results(paper: Path) -> _Results:
    folder = paper / "results"
    numbers = _load(folder / "numbers.json", "numbers")
    if not isinstance(numbers.get("data"), dict) or "as_of" not in numbers["data"]:
        raise RenderError(
            f"{folder / 'numbers.json'}: expected data.as_of, found none; run the analysis again"
        )
    return _Results(
        folder,
        numbers["numbers"],
        _load(folder / "claims.json", "verdicts")["verdicts"],
        _load(folder / "figures.json", "figures")["figures"],
    )


def _load(path: Path, section: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RenderError(
            f"{path}: expected the published results, found: {error.strerror}; run the analysis"
        ) from error
    except ValueError as error:
        raise RenderError(
            f"{path}: expected JSON, found: {error}; run the analysis again"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get(section), dict):
        raise RenderError(
            f"{path}: expected an object with '{section}', found none; run the analysis again"
        )
    return content


def _unknown_keys(source: Source, results: _Results) -> Iterator[str]:
    for place, name, argument in source.shortcodes():
        if name in NUMBERS:
            yield from _unknown(place, "number", argument, results.numbers)
            if name == "interval" and "interval" not in results.numbers.get(argument, {"interval"}):
                yield f"{place}: expected a number with an interval, found '{argument}'; use num"
        elif name in {"alt", "interactive", "source"}:
            yield from _unknown(place, "figure", argument, results.figures)
        elif name in {"table", "passage"}:
            known = {path.stem: path for path in (results.folder / f"{name}s").glob("*.md")}
            yield from _unknown(place, name, argument, known)


def _unknown(place: str, kind: str, key: str, known: Mapping[str, Any]) -> Iterator[str]:
    if key not in known:
        yield f"{place}: expected a published {kind}, found '{key}'{nearest(key, list(known))}"


def _turned_verdicts(source: Source, results: _Results) -> Iterator[str]:
    for match in CLAIM.finditer(source.prose):
        place, told = source.place(match.start()), attributes(match[1])
        words = sentence(source.prose, match.start())
        key, stated = told.get("key", ""), told.get("is")
        if key not in results.verdicts:
            yield from _unknown(place, f'claim (in "{words}")', key, results.verdicts)
        elif results.verdicts[key]["verdict"] != stated:
            actual = results.verdicts[key]["verdict"]
            yield (
                f"{place}: claim '{key}': the paper says '{stated}', the analysis says '{actual}'; "
                f'rewrite "{words}"'
            )


def _unknown_figures(source: Source, results: _Results) -> Iterator[str]:
    known = {
        f"{results.folder.name}/{figure['file']}": key for key, figure in results.figures.items()
    }
    for match in IMAGE.finditer(source.prose):
        path = match[1]
        if "#fig-" not in match[2] or path in known or re.match(r"\w+:", path):
            continue
        # A figure of the results need not be drawn yet; any other picture must be there.
        if not (results.folder.parent / path).is_file():
            yield f"{source.place(match.start())}: expected a figure file, found no '{path}'"


def _unprinted(sources: Sequence[Source], results: _Results, path: Path) -> Iterator[str]:
    """Find published numbers that nothing prints, in the text or in the alternative texts."""
    used = {key for source in sources for _, name, key in source.shortcodes() if name in NUMBERS}
    stray, empty = unused_numbers(results.numbers, used, read_internal(path))
    for key in stray:
        yield f"{path.name}: the number '{key}' is printed nowhere; print it or list it as internal"
    for pattern in empty:
        yield f"{path.name}: '{pattern}' fits no number that is printed nowhere; remove it"
