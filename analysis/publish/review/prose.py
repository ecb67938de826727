"""The paper's text in two versions: words deleted and inserted, and guards that were silenced."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from analysis.publish.review.document import Marked, Span
from analysis.publish.review.result_set import ResultSet

__all__ = ["Guard", "changed_guards", "read", "text_edits"]

_SHORTCODE = re.compile(r"\{\{<\s*(\w+)\s+([\w./-]+)\s*([^>]*?)\s*>\}\}")
_CLAIM = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\{\.claim\s+([^}]*)\}")
_IMAGE = re.compile(r"!\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\([^)]*\)(?:\{[^}]*\})?")
_KEY, _IS = re.compile(r'key="([^"]*)"'), re.compile(r'is="([^"]*)"')
_UNPRINTED = frozenset({"alt", "source", "include", "interactive", "exhibits"})
ALIKE = 0.5
"""A paragraph is another version of one that shares this part of its words."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A sentence whose words stayed while the verdict that it is tied to was changed by hand."""

    place: str
    sentence: str
    old: str
    new: str


def read(source: str, results: ResultSet) -> str:
    """Return a source as its reader sees it: printed numbers, claims and captions without marks.

    What is not among ``results``, a table or a passage stays as its name: ``⟨firms⟩``.
    """

    def printed(match: re.Match[str]) -> str:
        kind, key = match[1], match[2]
        if kind in _UNPRINTED:
            return ""
        known = results.numbers.get(key, {})
        text = str(known.get({"num": "text"}.get(kind, kind), f"⟨{key}⟩"))
        return text[:1].upper() + text[1:] if match[3] == "capital" else text

    return _CLAIM.sub(r"\1", _IMAGE.sub(r"\1", _SHORTCODE.sub(printed, source)))


def text_edits(old: Mapping[str, str], new: Mapping[str, str]) -> list[Marked]:
    """Mark words deleted and inserted, paragraph by paragraph.

    Parameters
    ----------
    old, new : mapping of str to str
        Name of a text to the text as it is read; a text that only one version has is all deleted
        or all inserted.

    Returns
    -------
    list of Marked
        Paragraphs that differ, each with its place, ``name:line`` in the version that has it.
    """
    names = [*new, *(name for name in old if name not in new)]
    return [m for name in names for m in _marked(name, old.get(name, ""), new.get(name, ""))]


def _marked(name: str, old: str, new: str) -> Iterator[Marked]:
    before, after = _paragraphs(old), _paragraphs(new)
    matcher = difflib.SequenceMatcher(
        None, [p.words for p in before], [p.words for p in after], autojunk=False
    )
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        for one, other in _pairs(before[a:b], after[c:d]):
            line = (other or one or _EMPTY).line
            yield Marked(f"{name}:{line}", _spans((one or _EMPTY).words, (other or _EMPTY).words))


@dataclass(frozen=True, slots=True)
class _Paragraph:
    line: int
    words: tuple[str, ...]


_EMPTY = _Paragraph(1, ())


def _paragraphs(text: str) -> list[_Paragraph]:
    lines = enumerate(text.splitlines(), start=1)
    found = []
    for blank, group in groupby(lines, key=lambda line: not line[1].strip()):
        if not blank:
            block = list(group)
            words = tuple(word for _, line in block for word in line.split())
            found.append(_Paragraph(block[0][0], words))
    return found


def _pairs(
    old: Sequence[_Paragraph], new: Sequence[_Paragraph]
) -> Iterator[tuple[_Paragraph | None, _Paragraph | None]]:
    """Give each new paragraph the old one that is most like it; what is left stands alone."""
    left = list(old)
    for paragraph in new:
        best = max(left, key=lambda p: _likeness(p, paragraph), default=None)
        if best is not None and _likeness(best, paragraph) >= ALIKE:
            left.remove(best)
            yield best, paragraph
        else:
            yield None, paragraph
    for paragraph in left:
        yield paragraph, None


def _likeness(one: _Paragraph, other: _Paragraph) -> float:
    shared = len(set(one.words) & set(other.words))
    return 2 * shared / (len(set(one.words)) + len(set(other.words)))


def _spans(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[Span, ...]:
    spans = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            spans.append(Span("same", " ".join(new[c:d])))
            continue
        if b > a:
            spans.append(Span("deleted", " ".join(old[a:b])))
        if d > c:
            spans.append(Span("inserted", " ".join(new[c:d])))
    return tuple(spans)


def changed_guards(old: Mapping[str, str], new: Mapping[str, str]) -> list[Guard]:
    """Find sentences that kept their words while the tie to a verdict was changed or dropped.

    Parameters
    ----------
    old, new : mapping of str to str
        Name of a source of the paper to its text.
    """
    guarded = {g.sentence: g for g in _guards(old)}
    now = {g.sentence: g for g in _guards(new)}
    found = []
    for sentence, guard in guarded.items():
        if sentence in now:
            if now[sentence].new != guard.new:
                found.append(Guard(now[sentence].place, sentence, guard.new, now[sentence].new))
        elif name := _holder(sentence, new):
            found.append(Guard(name, sentence, guard.new, "no verdict"))
    return found


def _guards(sources: Mapping[str, str]) -> Iterator[Guard]:
    for name, text in sources.items():
        for match in _CLAIM.finditer(text):
            key, stated = _KEY.search(match[2]), _IS.search(match[2])
            tie = f"{key[1] if key else 'no key'}: {stated[1] if stated else 'no verdict'}"
            line = text.count("\n", 0, match.start()) + 1
            yield Guard(f"{name}:{line}", _plain(match[1]), "", tie)


def _holder(sentence: str, sources: Mapping[str, str]) -> str | None:
    """Return the source in which a sentence stands without a tie."""
    return next((name for name, text in sources.items() if sentence in _plain(text)), None)


def _plain(text: str) -> str:
    named = _SHORTCODE.sub(lambda m: f"⟨{m[2]}⟩", text)
    return " ".join(_CLAIM.sub(r"\1", named).split())
