"""The paper's text in two versions: words deleted and inserted, and guards that were silenced."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from analysis.publish.result_set import ResultSet
from analysis.publish.review.document import Marked, Span
from analysis.publish.sources import SHORTCODE, Source, named_keys

__all__ = ["GuardEdit", "changed_guards", "read", "text_edits"]

_BRACKETS = r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]"
_CLAIM = re.compile(_BRACKETS + r"\{\.claim\s+[^}]*\}")
_IMAGE = re.compile(f"!{_BRACKETS}" + r"\([^)]*\)(?:\{[^}]*\})?")
_UNPRINTED = frozenset({"alt", "source", "include", "interactive", "exhibits", "web", "unsettled"})
ALIKE = 0.5
"""A paragraph is another version of one that shares this part of its words."""


@dataclass(frozen=True, slots=True)
class GuardEdit:
    """A sentence whose words stayed while the verdict that it is tied to was changed by hand."""

    place: str
    sentence: str
    old: str
    new: str


def read(source: str, results: ResultSet) -> str:
    """Return a source as its reader sees it: printed numbers, claims and captions without marks.

    What is not among ``results``, a table or a passage stays as its name: ``⟨firms⟩``.
    """

    def print_(match: re.Match[str]) -> str:
        kind, (key, *how) = match[1], match[2].split() or [""]
        if kind in _UNPRINTED:
            return ""
        known = results["number"].get(key, {})
        text = str(known.get("text" if kind == "num" else kind, f"⟨{key}⟩"))
        return text[:1].upper() + text[1:] if how == ["capital"] else text

    return _CLAIM.sub(r"\1", _IMAGE.sub(r"\1", SHORTCODE.sub(print_, source)))


def text_edits(old: Mapping[str, str], new: Mapping[str, str]) -> list[Marked]:
    """Mark words deleted and inserted in each paragraph that differs; all of what one lacks.

    Both map the name of a text to the text as it is read. The place of a paragraph is that in the
    version that has it, ``name:line``.
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
            line = (other if other.words else one).line
            yield Marked(f"{name}:{line}", _spans(one.words, other.words))


class _Paragraph(NamedTuple):
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
) -> Iterator[tuple[_Paragraph, _Paragraph]]:
    """Give each new paragraph the old one that is most like it; what is left stands alone."""
    left = list(old)
    for paragraph in new:
        best = max(left, key=lambda p: _likeness(p, paragraph), default=_EMPTY)
        if _likeness(best, paragraph) >= ALIKE:
            left.remove(best)
            yield best, paragraph
        else:
            yield _EMPTY, paragraph
    yield from ((paragraph, _EMPTY) for paragraph in left)


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


def changed_guards(old: Mapping[str, str], new: Mapping[str, str]) -> list[GuardEdit]:
    """Find sentences that kept their words while the tie to a verdict was changed or dropped.

    Both map the name of a source of the paper to its text.
    """
    before, now = _ties(old), _ties(new)
    found = []
    for sentence, (_, tie) in before.items():
        if sentence in now:
            if now[sentence][1] != tie:
                found.append(GuardEdit(now[sentence][0], sentence, tie, now[sentence][1]))
        elif name := next((name for name, text in new.items() if sentence in _plain(text)), None):
            found.append(GuardEdit(name, sentence, tie, "no verdict"))
    return found


def _ties(sources: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return place and tie, ``A6: supported``, of each guarded sentence."""
    return {
        _plain(guard.sentence): (
            source.place(guard.start),
            f"{guard.key or 'no key'}: {guard.stated or 'no verdict'}",
        )
        for source in (Source(name, text) for name, text in sources.items())
        for guard in source.guards()
    }


def _plain(text: str) -> str:
    return " ".join(_CLAIM.sub(r"\1", named_keys(text)).split())
