"""Check the paper's sources against the results before any renderer runs, with file and line."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import RenderError
from analysis.publish.numerals import read_internal, typed_numerals, unused_numbers

__all__ = ["check_source"]

NUMBERS = frozenset({"num", "interval"})  # shortcodes that print a number of the registry
SHORTCODES = "num, interval, alt, source, table, passage, interactive, exhibits"
_INCLUDE = re.compile(r"^\s*\{\{<\s*include\s+(\S+)\s*>\}\}\s*$")
_SHORTCODE = re.compile(r"\{\{<\s*(\S+)\s*(.*?)\s*>\}\}")
_IMAGE = re.compile(r"\]\(([^()\s]+)\)\{([^{}]*(?:\{\{<[^>]*>\}\}[^{}]*)*)\}")
_CLAIM = re.compile(r"\]\{\.claim\s+([^}]*)\}")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_LABEL = re.compile(r"\{#((?:fig|tbl|sec|eq)-[\w-]+)")
_REFERENCE = re.compile(r"(?<![\w.])@((?:fig|tbl|sec|eq)-[\w-]*\w)")
_CITATION = re.compile(r"(?<![\w.@/])@(?!(?:fig|tbl|sec|eq)-)([A-Za-z][\w:.-]*\w)")
_ENTRY = re.compile(r"^\s*@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    text: str

    def place(self, position: int) -> str:
        return f"{self.name}:{self.text.count(chr(10), 0, position) + 1}"


@dataclass(frozen=True, slots=True)
class _Results:
    """The published names that the sources may use."""

    folder: Path
    numbers: Mapping[str, Any]
    verdicts: Mapping[str, Any]
    figures: Mapping[str, Any]


def check_source(paper: Path) -> None:
    """Stop unless every number, claim, figure, table, reference and citation of the paper exists.

    Parameters
    ----------
    paper : Path
        Folder with ``index.qmd`` and ``results/``.

    Raises
    ------
    RenderError
        With one line per problem, each naming file and line.
    """
    results = _load_results(paper)
    sources, problems = _read_sources(paper)
    complete = not problems
    for source in sources:
        problems += _shortcode_problems(source, results)
        problems += _claim_problems(source, results)
        problems += _image_problems(source, paper)
        problems += _numeral_problems(source)
    problems += _usage_problems(sources, results, paper / "internal.toml")
    if complete:  # a reference may lead into a file that could not be included
        problems += _reference_problems(sources)
    problems += _citation_problems(sources, paper / "references.bib")
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise RenderError("\n  ".join([f"paper: {count} in the sources:", *problems]))


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


def _read_sources(paper: Path) -> tuple[list[_Source], list[str]]:
    """Return index.qmd, then what it includes, and the includes that do not exist."""
    index = paper / "index.qmd"
    if not index.is_file():
        raise RenderError(f"{index}: expected the paper, found none")
    sources = [_Source("index.qmd", index.read_text(encoding="utf-8"))]
    problems = []
    for number, line in enumerate(sources[0].text.splitlines(), start=1):
        match = _INCLUDE.match(line)
        if match is None:
            continue
        path = paper / match[1].lstrip("/")
        if path.is_file():
            sources.append(_Source(match[1], path.read_text(encoding="utf-8")))
        else:
            problems.append(f"index.qmd:{number}: the included file '{match[1]}' does not exist")
    return sources, problems


def _shortcode_problems(source: _Source, results: _Results) -> Iterator[str]:
    for match in _SHORTCODE.finditer(source.text):
        name, argument = match[1], _named(match)
        place = source.place(match.start())
        if name == "include":
            if source.name != "index.qmd":
                yield f"{place}: an include inside an included file; include it in index.qmd"
        elif name == "exhibits":
            continue
        elif name in NUMBERS:
            yield from _unknown(place, "number", argument, results.numbers)
            if name == "interval" and "interval" not in results.numbers.get(argument, {"interval"}):
                yield f"{place}: the number '{argument}' has no interval; print it with num"
        elif name in {"alt", "interactive", "source"}:
            yield from _unknown(place, "figure", argument, results.figures)
        elif name in ("table", "passage"):
            folder = results.folder / f"{name}s"
            known = {path.stem: path for path in folder.glob("*.md")}
            yield from _unknown(place, name, argument, known)
        else:
            yield f"{place}: unknown shortcode '{name}'; expected {SHORTCODES} or include"


def _named(shortcode: re.Match[str]) -> str:
    """Return what a shortcode names: its argument, without the word that starts a sentence."""
    if shortcode[1] == "num":
        return shortcode[2].removesuffix(" capital").rstrip()
    return shortcode[2]


def _unknown(place: str, kind: str, key: str, known: Mapping[str, Any]) -> Iterator[str]:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
        nearest = f"; nearest: {', '.join(map(repr, near))}" if near else ""
        yield f"{place}: unknown {kind} '{key}'{nearest}; correct it or publish it"


def _claim_problems(source: _Source, results: _Results) -> Iterator[str]:
    for match in _CLAIM.finditer(source.text):
        place = source.place(match.start())
        sentence = _sentence(source.text, match.start())
        attributes = dict(_ATTRIBUTE.findall(match[1]))
        key, stated = attributes.get("key"), attributes.get("is")
        if key is None or stated is None:
            yield f'{place}: claim "{sentence}": expected key="..." and is="..." in its braces'
        elif key not in results.verdicts:
            yield from _unknown(place, f'claim (in "{sentence}")', key, results.verdicts)
        elif results.verdicts[key]["verdict"] != stated:
            actual = results.verdicts[key]["verdict"]
            yield (
                f"{place}: claim '{key}': the paper says '{stated}', the analysis says '{actual}'; "
                f'rewrite "{sentence}"'
            )


def _sentence(text: str, end: int) -> str:
    """Return the text between the bracket at ``end`` and the one that opens it."""
    depth = 0
    for position in range(end, -1, -1):
        depth += {"]": 1, "[": -1}.get(text[position], 0)
        if depth == 0:
            return " ".join(text[position + 1 : end].split())
    return " ".join(text[:end].split())


def _image_problems(source: _Source, paper: Path) -> Iterator[str]:
    for match in _IMAGE.finditer(source.text):
        if "#fig-" not in match[2]:
            continue
        place, path = source.place(match.start()), match[1]
        if re.match(r"\w+:", path):
            yield f"{place}: figure '{path}' is not a local file; the paper loads nothing"
        elif not (paper / path).is_file():
            yield f"{place}: the figure file '{path}' does not exist; run the analysis first"
        if "fig-alt=" not in match[2]:
            yield f"{place}: figure '{path}' has no fig-alt=\"...\""
        name = Path(path).stem
        if f"{{{{< source {name} >}}}}]({path})" not in source.text:
            yield f"{place}: the caption of '{path}' does not end in {{{{< source {name} >}}}}"


def _numeral_problems(source: _Source) -> Iterator[str]:
    for position, around in typed_numerals(source.text):
        yield (
            f'{source.place(position)}: a numeral is typed by hand in "{around}"; print it with '
            "{{< num KEY >}}"
        )


def _usage_problems(sources: list[_Source], results: _Results, path: Path) -> Iterator[str]:
    """Find published numbers that nothing prints, in the text or in the alternative texts."""
    shortcodes = (m for source in sources for m in _SHORTCODE.finditer(source.text))
    used = {_named(match) for match in shortcodes if match[1] in NUMBERS}
    stray, empty = unused_numbers(results.numbers, used, read_internal(path))
    for key in stray:
        yield f"{path.name}: the number '{key}' is printed nowhere; print it or list it as internal"
    for pattern in empty:
        yield f"{path.name}: '{pattern}' fits no number that is printed nowhere; remove it"


def _reference_problems(sources: list[_Source]) -> Iterator[str]:
    known = {label for source in sources for label in _LABEL.findall(source.text)}
    for source in sources:
        for match in _REFERENCE.finditer(source.text):
            if match[1] not in known:
                yield f"{source.place(match.start())}: unresolved reference @{match[1]}"


def _citation_problems(sources: list[_Source], bibliography: Path) -> Iterator[str]:
    text = bibliography.read_text(encoding="utf-8") if bibliography.is_file() else ""
    known = dict.fromkeys(_ENTRY.findall(text))
    for source in sources:
        for match in _CITATION.finditer(source.text):
            yield from _unknown(source.place(match.start()), "citation", match[1], known)
