"""Check the rendered paper: nothing unresolved in its text, nothing missing, nothing loaded."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from analysis.errors import RenderError
from analysis.publish.numerals import foreign_numerals, typed_numerals
from analysis.publish.page_prose import page_prose
from analysis.publish.renderers.base import Format

__all__ = ["check_numerals", "check_rendered", "html_text", "pdf_pages", "xml_text"]

# Markup that stands in the text only when a renderer failed to resolve it.
_UNRESOLVED = re.compile(
    r"\?var:|\?meta:|\?@|\?\?|\{\{<|>\}\}|:::|\{[#.][a-z]|\[-?@|[\ue000\ue001]"
)
_WARNING = re.compile(r"^.*\bWARNING\b.*$", re.MULTILINE)
_STYLE_LOAD = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
_SILENT = frozenset({"script", "style", "title", "annotation", "noscript", "template"})
_LOADING = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}


def check_rendered(path: Path, format_: Format, log: str) -> None:
    """Stop unless a rendered file is sound.

    Parameters
    ----------
    path : Path
        File to check.
    format_ : {"html", "pdf", "docx", "jats"}
        What it is.
    log : str
        What the renderer printed.

    Raises
    ------
    RenderError
        If the file holds unresolved markup, an image is missing or has no text alternative, the
        page would load something, the PDF has no text, or the renderer printed a warning.
    """
    warning = _WARNING.search(log)
    if warning:
        raise RenderError(f"paper: the renderer warns: {warning[0].strip()}; correct the source")
    _CHECKS[format_](path)


class _Image(NamedTuple):
    source: str
    alt: str
    in_figure: bool


class _Page(HTMLParser):
    """Collects what a reader sees and what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.styles: list[str] = []
        self.loads: list[str] = []
        self.images: list[_Image] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT or tag == "figure":
            self._open.append(tag)
        attributes = dict(attrs)
        if tag == "img":
            self.images.append(
                _Image(
                    attributes.get("src") or "", attributes.get("alt") or "", "figure" in self._open
                )
            )
        address = attributes.get(_LOADING.get(tag, ""))
        if address is not None:
            self.loads.append(address)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] == "figure":
            self.text.append(data)
        elif self._open[-1] == "style":
            self.styles.append(data)


def _parse(html: Path) -> _Page:
    page = _Page()
    page.feed(html.read_text(encoding="utf-8"))
    return page


def html_text(html: Path) -> str:
    """Return the text that a reader of the page sees, with white space collapsed."""
    return " ".join("".join(_parse(html).text).split())


def _check_html(html: Path) -> None:
    page = _parse(html)
    _check_text(html, " ".join("".join(page.text).split()))
    for image in page.images:
        if not re.match(r"data:[^,]+,.", image.source):
            raise RenderError(
                f"{html.name}: image '{image.source[:80]}' is not embedded; is its file there?"
            )
        if image.in_figure and not image.alt:  # others are ornaments of Quarto's title block
            raise RenderError(f"{html.name}: a figure has no text alternative; give it fig-alt")
    loads = [address for address in page.loads if not address.startswith(("data:", "#"))]
    loads += _STYLE_LOAD.findall("".join(page.styles))
    if loads:
        raise RenderError(
            f"{html.name}: expected a page that loads nothing, found '{loads[0][:80]}'; embed it"
        )


def check_numerals(built: Mapping[Format, Path]) -> None:
    """Stop unless every numeral of the rendered files comes from the registry or has a reason.

    Parameters
    ----------
    built : mapping of format to Path
        What was rendered; the PDF is held against the page, whose markup says what a number is.

    Raises
    ------
    RenderError
        Naming the first numeral and the words around it.
    """
    if "html" not in built:
        return
    html = built["html"]
    for _, around in typed_numerals(page_prose(html), source=False):
        raise RenderError(
            f'{html.name}: a numeral that no result explains in "{around}"; print it with num'
        )
    if "pdf" in built:
        foreign = foreign_numerals(pdf_pages(built["pdf"]), html_text(html))
        if foreign:
            raise RenderError(
                f"{built['pdf'].name}: expected the numerals of the page, found '{foreign[0]}' "
                "besides; do both formats come from the same sources?"
            )


def pdf_pages(pdf: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    try:
        written = pdf.stat().st_mtime_ns
    except OSError as error:
        raise RenderError(f"{pdf.name}: expected a PDF, found: {error.strerror}") from error
    return list(_pages(pdf, written))


@lru_cache(maxsize=8)  # reading takes longer than rendering, and two checks want it
def _pages(pdf: Path, _: int) -> tuple[str, ...]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        return tuple(page.extract_text() for page in PdfReader(pdf).pages)
    except (PyPdfError, OSError, ValueError) as error:
        raise RenderError(f"{pdf.name}: expected a PDF, found: {error}") from error


def _check_pdf(pdf: Path) -> None:
    pages = pdf_pages(pdf)
    if not any(page.strip() for page in pages):
        raise RenderError(f"{pdf.name}: expected pages with text, found {len(pages)} without")
    for number, page in enumerate(pages, start=1):
        _check_text(Path(f"{pdf.name}, page {number}"), " ".join(page.split()))


def xml_text(path: Path) -> str:
    """Return the text of a Word file or of JATS XML, with white space collapsed."""
    try:
        if path.suffix == ".docx":
            with zipfile.ZipFile(path) as archive:
                root = ElementTree.fromstring(archive.read("word/document.xml"))
        else:
            root = ElementTree.fromstring(path.read_bytes())
    except (OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise RenderError(f"{path.name}: expected a readable file, found: {error}") from error
    return " ".join("".join(root.itertext()).split())


def _check_xml(path: Path) -> None:
    text = xml_text(path)
    if not text:
        raise RenderError(f"{path.name}: expected text, found none")
    _check_text(path, text)


def _check_text(where: Path, text: str) -> None:
    found = _UNRESOLVED.search(text)
    if found:
        around = text[max(0, found.start() - 30) : found.end() + 30]
        raise RenderError(
            f"{where}: unresolved markup '{found[0]}' near \"{around}\"; correct the source"
        )


_CHECKS: dict[Format, Callable[[Path], None]] = {
    "html": _check_html,
    "pdf": _check_pdf,
    "docx": _check_xml,
    "jats": _check_xml,
}
