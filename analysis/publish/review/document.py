"""A report as sections of tables, marked paragraphs and pictures, whatever it is written as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Document", "Marked", "Picture", "Section", "Span", "shorten"]

CONTEXT = 12
"""Words left on either side of a mark where a paragraph is shortened."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words that two versions share, or that one of them lacks."""

    kind: Literal["same", "deleted", "inserted"]
    text: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A paragraph with its place and its marked words."""

    place: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure before and after, as SVG; None where there is none."""

    name: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: a table of text, marked paragraphs or pictures.

    The title is without the count; the note is a sentence before the rest.
    """

    title: str
    header: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    marked: Sequence[Marked] = ()
    pictures: Sequence[Picture] = ()
    note: str = ""

    @property
    def count(self) -> int:
        """How many items it lists."""
        return len(self.rows) or len(self.marked) or len(self.pictures)


@dataclass(frozen=True, slots=True)
class Document:
    """A report: its title, the sentences before the first section, an alarm, sections, remarks."""

    title: str
    opening: Sequence[str]
    alarm: str = ""
    sections: Sequence[Section] = ()
    remarks: Sequence[str] = ()


def shorten(spans: Sequence[Span]) -> Iterator[Span]:
    """Leave out the middle of long stretches that both versions share."""
    last = len(spans) - 1
    for place, span in enumerate(spans):
        words = span.text.split(" ")
        before, after = (CONTEXT if place > 0 else 0), (CONTEXT if place < last else 0)
        if span.kind != "same" or len(words) <= before + after + 3:
            yield span
            continue
        kept = [*words[:before], "…", *words[len(words) - after :]]
        yield Span("same", " ".join(kept))
