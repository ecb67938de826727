"""Check what the paper's sources say by themselves, in a moment and before anything is computed.

Nothing heavy is imported here: a fault of the text is told within the first second of a run.
Whether the sources fit the results is asked in :mod:`analysis.publish.results_check`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from analysis.errors import RenderError
from analysis.publish.numerals import blank, typed_numerals
from analysis.publish.renderers.pandoc import read_keys
from analysis.publish.sources import (
    IMAGE,
    INDEX,
    SHORTCODE,
    Source,
    find_opening,
    in_order,
    read_sources,
)
from analysis.publish.words import Words, read_words, unbound_words

__all__ = ["check_sources", "find_references", "listing", "nearest"]

BLOCKS = frozenset(
    {"table", "folded", "passage", "unsettled", "interactive", "panel", "exhibits"}
)  # stand alone in a paragraph
_NAMES = (
    "num",
    "interval",
    "alt",
    "source",
    "table",
    "folded",
    "passage",
    "web",
    "unsettled",
    "interactive",
    "panel",
    "exhibits",
    "include",
)
WORDS = dict.fromkeys(_NAMES, 1) | {"exhibits": 0}  # shortcode: names that it takes
_BRACES = re.compile(r"\{\{<?|\{<|>?\}\}|>\}")
_VERBATIM = re.compile(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", re.DOTALL)  # code and formulas
_SPAN = re.compile(r"\{(?=[^{}]*(?:\.claim\b|\bis=|\breason=))[^{}]*(\}?)")
_LABEL = re.compile(r"\{#((?:fig|tbl|sec|eq)-[\w-]+)")
_REFERENCE = re.compile(r"(?<![\w.])@((?:fig|tbl|sec|eq)-[\w-]*\w)")
_CITATION = re.compile(r"(?<![\w.@/])@(?!(?:fig|tbl|sec|eq)-)([A-Za-z][\w:.-]*\w)")
_FENCE = re.compile(r"^ {0,3}:{3,}[ \t]*(?:(\{[^}\n]*\}|[^\s:{}]+)[ \t:]*)?$", re.MULTILINE)
_LISTING = re.compile(r"^(```+|~~~+).*?^\1", re.DOTALL | re.MULTILINE)
_GROUP = re.compile(r"\[[^\[\]]*@[^\[\]]*\]")


def check_sources(paper: Path, index: str = INDEX) -> None:
    """Stop unless shortcodes, references, citations, claims, numerals and words are in order.

    Nothing computed is looked at; ``index`` is the file that includes the others.

    Raises
    ------
    RenderError
        With one line per fault of any file: file, line, what was expected, what was found.
    """
    sources, problems = read_sources(paper, index)
    complete = not problems
    words = read_words(paper)
    checks = (
        *(_brace_problems, _fence_problems, _span_problems),
        *(_claim_problems, _image_problems, _numeral_problems),
    )
    for source in sources:
        found = [problem for check in checks for problem in check(source)]
        found += _word_problems(source, words) if words else ()
        problems += in_order([*_shortcode_problems(source, sources[0]), *found])
    problems += _label_problems(sources)
    if complete:  # a reference may lead into a file that could not be included
        problems += _reference_problems(sources)
    problems += _citation_problems(sources, paper / "references.bib")
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise RenderError(listing(f"paper: {count} in the sources:", problems))


def listing(head: str, lines: Sequence[str]) -> str:
    """Return a head with its lines indented below."""
    return "\n  ".join([head, *lines])


def nearest(key: str, known: Sequence[str]) -> str:
    """Return ``; nearest: 'x', 'y'`` for the names that look like ``key``, or nothing."""
    near = get_close_matches(key, known, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(map(repr, near))}" if near else ""


def _shortcode_problems(source: Source, index: Source) -> Iterator[str]:
    lines = ["", *source.text.split("\n"), ""]
    for position, name, argument in source.shortcodes():
        place, number = source.place(position), source.line(position)
        if name not in WORDS:
            near = nearest(name, list(WORDS))
            yield f"{place}: shortcode: expected {', '.join(WORDS)}, found '{name}'{near}"
            continue
        count = len(argument.split())
        if count > WORDS[name] and "}" in argument:
            yield f"{place}: shortcode '{name}': expected its end >}}}}, found another text before"
            continue
        if count != WORDS[name]:
            wanted = "one name" if WORDS[name] else "no name"
            yield f"{place}: shortcode '{name}': expected {wanted}, found {count or 'none'}"
        if name == "include" and (source is not index or not _alone(lines[number])):
            yield (
                f"{place}: include: expected alone on a line of {index.name}, found inside other "
                "text"
            )
        elif name in BLOCKS and not _paragraph(lines[number - 1 : number + 2]):
            yield f"{place}: shortcode '{name}': expected alone in its paragraph, found inside text"


def _alone(line: str) -> bool:
    return SHORTCODE.fullmatch(line.strip()) is not None


def _paragraph(lines: Sequence[str]) -> bool:
    """Whether the middle one of three lines is a shortcode that is a paragraph by itself."""
    before, line, after = (line.strip() for line in lines)
    return _alone(line) and all(not other or other.startswith(":::") for other in (before, after))


def _brace_problems(source: Source) -> Iterator[str]:
    """Find what was meant as a shortcode and is none: one that is not closed, or lacks a brace."""
    rest = source.prose
    for pattern in (SHORTCODE, _VERBATIM):
        rest = pattern.sub(blank, rest)
    lines = source.text.split("\n")
    for number, line in enumerate(rest.split("\n"), start=1):
        match = _BRACES.search(line)
        if match:
            found = " ".join(
                lines[number - 1][max(0, match.start() - 20) : match.end() + 20].split()
            )
            yield (
                f"{source.name}:{number}: shortcode: expected {{{{< NAME KEY >}}}} on one line, "
                f'found "{found}"'
            )


def _fence_problems(source: Source) -> Iterator[str]:
    """Find blocks that a file opens and does not close, or the other way round."""
    opened: list[re.Match[str]] = []
    for match in _FENCE.finditer(_LISTING.sub(blank, source.prose)):
        if match[1]:
            opened.append(match)
        elif opened:
            opened.pop()
        else:
            yield (
                f"{source.place(match.start())}: block: expected ::: {{...}} before the ::: that "
                "ends it, found none"
            )
    for match in opened:
        yield (
            f"{source.place(match.start())}: block '{match[0].strip()}': expected a line ::: that "
            "ends it, or what was begun in it, in the same file, found none"
        )


def _span_problems(source: Source) -> Iterator[str]:
    """Find braces of a claim or reason without the words that they are of, or without their end."""
    text = _VERBATIM.sub(blank, source.prose)
    for match in _SPAN.finditer(text):
        start = match.start()
        opening = find_opening(text, start - 1) if text[start - 1 : start] == "]" else 0
        if not opening or not match[1] or "\n\n" in text[opening : match.end()]:
            found = " ".join(text[max(0, start - 30) : match.end()].split())
            yield (
                f"{source.place(start)}: span: expected [words]{{...}} in one paragraph, with both "
                f'brackets and both braces, found "{found}"'
            )


def _claim_problems(source: Source) -> Iterator[str]:
    for guard in source.guards():
        words = guard.braces.split()
        if ".claim" not in words or guard.key is None or guard.stated is None:
            yield (
                f'{source.place(guard.position)}: claim "{guard.sentence}": expected '
                f'{{.claim key="..." is="..."}}, found {{{" ".join(words)}}}'
            )


def _image_problems(source: Source) -> Iterator[str]:
    for match in IMAGE.finditer(source.prose):
        if "#fig-" not in match[2]:
            continue
        place, path = source.place(match.start()), match[1]
        if re.match(r"\w+:", path):
            yield f"{place}: figure: expected a local file, found '{path}'; the paper loads nothing"
        if "fig-alt=" not in match[2]:
            yield f"{place}: figure '{path}': expected fig-alt=\"...\", found none"
        if f"{{{{< source {Path(path).stem} >}}}}]({path})" not in source.prose:
            yield (
                f"{place}: figure '{path}': expected a caption that ends in "
                f"{{{{< source {Path(path).stem} >}}}}, found another end"
            )


def _numeral_problems(source: Source) -> Iterator[str]:
    for position, around in typed_numerals(source.prose):
        yield (
            f"{source.place(position)}: numeral: expected {{{{< num KEY >}}}}, found one "
            f'typed by hand in "{around}"'
        )


def _word_problems(source: Source, words: Words) -> Iterator[str]:
    for position, word, around in unbound_words(source, words):
        yield (
            f"{source.place(position)}: word: expected '{word}' in a {{.claim}} or in an allowed "
            f'phrase, found "{around}"; tie it to a verdict, or give it a reason in '
            'words.toml or as [phrase]{reason="..."}'
        )


def _label_problems(sources: Sequence[Source]) -> Iterator[str]:
    first: dict[str, str] = {}
    for source in sources:
        for match in _LABEL.finditer(source.prose):
            place = source.place(match.start())
            before = first.setdefault(match[1], place)
            if before != place:
                yield f"{place}: label '{match[1]}': expected once, found at {before} too"


def find_references(text: str, sources: Sequence[Source]) -> list[str]:
    """Return the labels to which a text refers, and that none of the sources has."""
    known = {label for source in sources for label in _LABEL.findall(source.prose)}
    return [match[1] for match in _REFERENCE.finditer(text) if match[1] not in known]


def _reference_problems(sources: Sequence[Source]) -> Iterator[str]:
    known = [label for source in sources for label in _LABEL.findall(source.prose)]
    for source in sources:
        for match in _REFERENCE.finditer(source.prose):
            if match[1] not in known:
                yield (
                    f"{source.place(match.start())}: reference @{match[1]}: expected the label "
                    f"{{#{match[1]}}}, found none{nearest(match[1], known)}"
                )
        for position, name, label in source.shortcodes():
            if name == "web" and label not in known:
                yield (
                    f"{source.place(position)}: shortcode 'web': expected the label of a figure or "
                    f"table, found '{label}'{nearest(label, known)}"
                )


def _citation_problems(sources: Sequence[Source], bibliography: Path) -> Iterator[str]:
    try:
        known = read_keys(bibliography)
    except RenderError as error:
        yield str(error)
        return
    for source in sources:
        for match in _CITATION.finditer(_VERBATIM.sub(blank, source.prose)):
            if match[1] not in known:
                yield (
                    f"{source.place(match.start())}: citation: expected a key of "
                    f"{bibliography.name}, found '{match[1]}'{nearest(match[1], known)}"
                )
        for group in _GROUP.finditer(source.prose):
            if _REFERENCE.search(group[0]) and _CITATION.search(group[0]):
                yield (
                    f"{source.place(group.start())}: citation: expected brackets of its own, found "
                    f"cross-references among {group[0]}"
                )
