"""Check the rendered paper: nothing unresolved in its text, nothing missing, nothing loaded."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from analysis.errors import RenderError

__all__ = ["check_rendered", "html_text", "pdf_pages"]

# Markup that stands in the text only when a renderer failed to resolve it.
_UNRESOLVED = re.compile(
    r"\?var:|\?meta:|\?@|\?\?|\{\{<|>\}\}|:::|\{[#.][a-z]|\[-?@|[\ue000\ue001]"
)
_WARNING = re.compile(r"^.*\bWARNING\b.*$", re.MULTILINE)
_STYLE_LOAD = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
_SILENT = frozenset({"script", "style", "title", "annotation", "noscript", "template"})
_LOADING = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}


def check_rendered(html: Path | None, pdf: Path | None, log: str) -> None:
    """Stop unless the rendered files are sound.

    Parameters
    ----------
    html, pdf : Path or None
        Files to check; None for a format that was not rendered.
    log : str
        What the renderer printed.

    Raises
    ------
    RenderError
        If a file holds unresolved markup, an image is missing or has no text alternative, the page
        would load something, the PDF has no text, or the renderer printed a warning.
    """
    warning = _WARNING.search(log)
    if warning:
        raise RenderError(f"paper: the renderer warns: {warning[0].strip()}; correct the source")
    if html is not None:
        _check_html(html)
    if pdf is not None:
        _check_pdf(pdf)


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


def pdf_pages(pdf: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        return [page.extract_text() for page in PdfReader(pdf).pages]
    except (PyPdfError, OSError, ValueError) as error:
        raise RenderError(f"{pdf.name}: expected a PDF, found: {error}") from error


def _check_pdf(pdf: Path) -> None:
    pages = pdf_pages(pdf)
    if not any(page.strip() for page in pages):
        raise RenderError(f"{pdf.name}: expected pages with text, found {len(pages)} without")
    for number, page in enumerate(pages, start=1):
        _check_text(Path(f"{pdf.name}, page {number}"), " ".join(page.split()))


def _check_text(where: Path, text: str) -> None:
    found = _UNRESOLVED.search(text)
    if found:
        around = text[max(0, found.start() - 30) : found.end() + 30]
        raise RenderError(
            f"{where}: unresolved markup '{found[0]}' near \"{around}\"; correct the source"
        )
