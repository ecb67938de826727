"""The prose of a rendered page: its text without what the registry or the renderer put in."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

__all__ = ["page_prose"]

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_TAGS = frozenset(
    {"script", "style", "title", "math", "code", "pre", "table", "nav", "form", "template"}
)
_CLASSES = frozenset(
    {
        "num",  # a registry reference
        "table-note",  # written by code, as the table above it
        "passage",  # likewise
        "provenance",  # likewise
        "draft-note",  # what a draft says of itself
        "draft-mark",  # likewise
        "explorer",  # the interactive figure, filled from its data
        "footnote-ref",
        "header-section-number",
        "equation-number",
        "quarto-xref",
    }
)
_IDS = frozenset({"refs", "TOC"})


class _Prose(HTMLParser):
    """Collects text outside of skipped elements; one open element is skipped at a time."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._depth = 0  # open elements inside the skipped one, itself included

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        if self._depth or _skipped(tag, dict(attrs)):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self._depth and tag not in _VOID:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.text.append(data)


def _skipped(tag: str, attributes: dict[str, str | None]) -> bool:
    classes = set((attributes.get("class") or "").split())
    cited = (attributes.get("href") or "").startswith("#ref-")
    return tag in _TAGS or bool(classes & _CLASSES) or attributes.get("id") in _IDS or cited


def page_prose(html: Path) -> str:
    """Return what authors wrote on the page, with white space collapsed.

    Tables, formulas, code, references, and the numbers that the registry prints are left out.
    """
    parser = _Prose()
    parser.feed(html.read_text(encoding="utf-8"))
    return " ".join("".join(parser.text).split())
