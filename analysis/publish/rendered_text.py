"""Rendered files read back: what their readers see, what authors wrote, what a browser fetches."""

from __future__ import annotations

import zipfile
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from analysis.errors import RenderError

__all__ = ["Page", "html_page", "html_text", "one_line", "pdf_pages", "xml_text"]

_VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
}
_SILENT = {"script", "style", "title", "annotation", "noscript", "template"}  # no text
_NO_PROSE = {"script", "style", "title", "math", "code", "pre", "table", "nav", "form", "template"}
_WRITTEN_BY_CODE = {  # classes; `explorer` and `reader` are filled by scripts
    *(
        "num",
        "table-note",
        "passage",
        "provenance",
        "draft-note",
        "draft-mark",
        "explorer",
        "reader",
    ),
    *("footnote-ref", "header-section-number", "equation-number", "quarto-xref"),
}
_GENERATED = {"refs", "TOC"}  # identifiers
_TELLING = ("alt", "title", "aria-label")  # attributes that reach readers
_LOADING = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}


class Image(NamedTuple):
    """A picture of a page, and whether it stands in a figure."""

    source: str
    alt: str
    in_figure: bool


class Page(HTMLParser):
    """A page read once.

    Attributes
    ----------
    text, prose : list of str
        What a reader sees; of it what authors wrote, without tables, formulas, code, references
        and the numbers that the registry prints.
    styles, told : list of str
        Style sheets; text alternatives and titles.
    images, links, loads
        Pictures, targets of links, addresses that a browser fetches.
    """

    def __init__(self, html: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.prose: list[str] = []
        self.styles: list[str] = []
        self.told: list[str] = []
        self.images: list[Image] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self._open: list[str] = []  # silent elements and figures
        self._depth = 0  # open elements inside the one that is no prose, itself included
        self.feed(html.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        if tag in _SILENT or tag == "figure":
            self._open.append(tag)
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID and (self._depth or _is_no_prose(tag, given)):
            self._depth += 1
        if tag == "img":
            picture = Image(given.get("src", ""), given.get("alt", ""), "figure" in self._open)
            self.images.append(picture)
        elif tag == "a":
            self.links.append(given.get("href", ""))
        self.told += [given[name] for name in _TELLING if name in given]
        if (address := dict(attrs).get(_LOADING.get(tag, ""))) is not None:
            self.loads.append(address)

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if self._open and self._open[-1] == tag:
            self._open.pop()
        if self._depth and tag not in _VOID:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        """Keep text by what it is to a reader."""
        if not self._open or self._open[-1] == "figure":
            self.text.append(data)
        elif self._open[-1] == "style":
            self.styles.append(data)
        if not self._depth:
            self.prose.append(data)


def _is_no_prose(tag: str, given: dict[str, str]) -> bool:
    by_code = _WRITTEN_BY_CODE.intersection(given.get("class", "").split())
    cited = given.get("href", "").startswith("#ref-")
    return tag in _NO_PROSE or bool(by_code) or given.get("id") in _GENERATED or cited


def one_line(*texts: str) -> str:
    """Join texts and collapse white space."""
    return " ".join("".join(texts).split())


def html_page(html: Path) -> Page:
    """Return a page, read once for all who ask while it stays as it is."""
    return _page(html, html.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _page(html: Path, _: int) -> Page:
    return Page(html)


def html_text(html: Path) -> str:
    """Return the text that a reader of the page sees, on one line."""
    return one_line(*html_page(html).text)


def pdf_pages(pdf: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    try:
        written = pdf.stat().st_mtime_ns
    except OSError as error:
        raise RenderError(f"{pdf.name}: expected a PDF, found: {error.strerror}") from error
    return list(_pages(pdf, written))


@lru_cache(maxsize=8)  # reading takes longer than rendering, and two checks want it
def _pages(pdf: Path, _: int) -> tuple[str, ...]:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(pdf) as document:
            texts = [page.get_textpage().get_text_bounded() for page in document]
    except (PdfiumError, OSError, ValueError) as error:
        raise RenderError(f"{pdf.name}: expected a PDF, found: {error}") from error
    # A hyphen that ends a line comes as a control character.
    return tuple(text.replace("\r\n", "\n").replace("\x02", "-\n") for text in texts)


def xml_text(path: Path) -> str:
    """Return the text of a Word file or of JATS XML, on one line."""
    try:
        if path.suffix == ".docx":
            with zipfile.ZipFile(path) as archive:
                root = ElementTree.fromstring(archive.read("word/document.xml"))
        else:
            root = ElementTree.fromstring(path.read_bytes())
    except (OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise RenderError(f"{path.name}: expected a readable file, found: {error}") from error
    return one_line(*root.itertext())
