"""No result is told by a word alone: number words and comparatives are bound or have a reason.

Which words and phrases these are is for the text to say: ``words.toml`` beside it. A paper without
that file is not asked.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from analysis.errors import RenderError
from analysis.publish.numerals import MARKUP, blank
from analysis.publish.sources import Source

__all__ = ["Words", "read_words", "unbound_words"]

FILE = "words.toml"
_REASONED = re.compile(r"\[[^\[\]]*\]\{reason=\"[^\"]*\w[^\"]*\"\}")


@dataclass(frozen=True, slots=True)
class Words:
    """Words that tell a result, and the phrases that may hold one, by reason."""

    listed: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Any listed word."""
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, self.listed))})\b", re.IGNORECASE)

    @property
    def allowed(self) -> re.Pattern[str]:
        """Any phrase, the longest first, however its words are spaced."""
        phrases = sorted(chain(*self.phrases.values()), key=len, reverse=True)
        spaced = (r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases)
        return re.compile("|".join(spaced) or r"(?!)", re.IGNORECASE)


def read_words(paper: Path) -> Words | None:
    """Read the words of a paper; None if it lists none.

    Raises
    ------
    RenderError
        If the file is not a list of words and phrases.
    """
    path = paper / FILE
    if not path.is_file():
        return None
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        listed = (*told["counts"], *told["comparatives"])
        phrases = {reason: tuple(each) for reason, each in told["phrases"].items()}
        if not listed or not all(
            isinstance(w, str) and w for w in chain(listed, *phrases.values())
        ):
            raise ValueError("a word that is no text")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RenderError(
            f"{paper.name}/{FILE}: expected counts, comparatives and [phrases], lists of words, "
            f"found: {error}; correct the file"
        ) from None
    return Words(listed, phrases)


def unbound_words(source: Source, words: Words) -> Iterator[tuple[int, str, str]]:
    """Yield position, word and the words around it where a listed one is neither bound nor allowed.

    It is bound in a sentence that is tied to a verdict, ``[Sentence]{.claim key= is=}``, and
    allowed in a phrase of the list, or where the text gives a reason itself,
    ``[half of the fleet]{reason="a definition"}``.
    """
    text = source.prose
    for pattern in (*MARKUP, r"[\[\]]"):
        text = re.sub(pattern, blank, text, flags=re.DOTALL | re.MULTILINE)
    spans = [(guard.start, guard.position) for guard in source.guards()]
    spans += [match.span() for match in words.allowed.finditer(text)]
    spans += [match.span() for match in _REASONED.finditer(source.prose)]
    for match in words.pattern.finditer(text):
        if not any(start <= match.start() < end for start, end in spans):
            around = text[max(0, match.start() - 30) : match.end() + 30]
            yield match.start(), match[0], " ".join(around.split())
