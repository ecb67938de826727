"""Check the rendered paper: nothing unresolved in its text, nothing missing, nothing loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from analysis.errors import RenderError
from analysis.publish.numerals import foreign_numerals, typed_numerals
from analysis.publish.rendered_text import html_page, one_line, pdf_pages, xml_text
from analysis.publish.renderers.base import Format

__all__ = ["check_numerals", "check_rendered"]

# Markup that stands in the text only when a renderer failed to resolve it.
_UNRESOLVED = re.compile(
    r"\?var:|\?meta:|\?@|\?\?|\{\{<|>\}\}|:::|\{[#.][a-z]|\[-?@|[\ue000\ue001]"
)
_WARNING = re.compile(r"^.*\bWARNING\b.*$", re.MULTILINE)
_STYLE_LOAD = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
_ORCID = "https://orcid.org/"  # printed in the PDF, a picture with a link on the page


def check_rendered(path: Path, format_: Format, log: str) -> None:
    """Stop unless a rendered file is sound; ``log`` is what the renderer printed.

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


def _check_html(html: Path) -> None:
    page = html_page(html)
    for text in (one_line(*page.text), *page.told):
        _check_text(html.name, text)
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

    The PDF is held against the page, whose markup says what a number is.

    Raises
    ------
    RenderError
        Naming the first numeral and the words around it.
    """
    if "html" not in built:
        return
    page, name = html_page(built["html"]), built["html"].name
    for _, around in typed_numerals(one_line(*page.prose), source=False):
        raise RenderError(
            f'{name}: a numeral that no result explains in "{around}"; print it with num'
        )
    if "pdf" in built:
        orcids = [link for link in page.links if link.startswith(_ORCID)]
        known = " ".join(["".join(page.text), *orcids])
        foreign = foreign_numerals(pdf_pages(built["pdf"]), known)
        if foreign:
            raise RenderError(
                f"{built['pdf'].name}: expected the numerals of the page, found '{foreign[0]}' "
                "besides; do both formats come from the same sources?"
            )


def _check_pdf(pdf: Path) -> None:
    pages = pdf_pages(pdf)
    if not any(page.strip() for page in pages):
        raise RenderError(f"{pdf.name}: expected pages with text, found {len(pages)} without")
    for number, page in enumerate(pages, start=1):
        _check_text(f"{pdf.name}, page {number}", one_line(page))


def _check_xml(path: Path) -> None:
    text = xml_text(path)
    if not text:
        raise RenderError(f"{path.name}: expected text, found none")
    _check_text(path.name, text)


def _check_text(where: str, text: str) -> None:
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
