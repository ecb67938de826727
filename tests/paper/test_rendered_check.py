"""What a renderer wrote is checked as a reader would see it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.errors import RenderError
from analysis.publish.rendered_check import check_rendered
from analysis.publish.rendered_text import html_text
from analysis.publish.renderers.base import Format

DOT = "data:image/svg+xml;base64,PHN2Zy8+"


def page(tmp_path: Path, body: str, head: str = "") -> Path:
    """Write a page with this body."""
    path = tmp_path / "page.html"
    path.write_text(
        f"<html><head>{head}</head><body>{body}</body></html>", encoding="utf-8", newline="\n"
    )
    return path


@pytest.mark.parametrize(
    "markup", ["?var:x", "?@fig-x", "{{< num x >}}", "x ??", "::: {#tbl-x}", "[-@fig-x]", "\ue0001"]
)
def test_markup_left_in_the_text_is_found(tmp_path: Path, markup: str) -> None:
    """Markup that a renderer did not resolve stops the check and is quoted."""
    body = f"<p>Before {markup.replace('<', '&lt;')} after.</p>"
    with pytest.raises(RenderError, match="unresolved markup") as caught:
        check_rendered(page(tmp_path, body), "html", "")
    assert markup in str(caught.value)


def test_markup_left_in_what_is_told_is_found(tmp_path: Path) -> None:
    """Text alternatives and titles are read by people, so they are checked as text is."""
    body = f'<figure><img src="{DOT}" alt="{{{{&lt; alt x &gt;}}}}"></figure>'
    with pytest.raises(RenderError, match="unresolved markup"):
        check_rendered(page(tmp_path, body), "html", "")


def test_markup_in_scripts_and_titles_is_no_text(tmp_path: Path) -> None:
    """Scripts, styles and TeX annotations are not read as text."""
    body = "<script>a ?? b</script><annotation>x ::: y</annotation><p>Fine.</p>"
    html = page(tmp_path, body, "<style>a{b:c}</style><title>??</title>")
    check_rendered(html, "html", "")
    assert html_text(html) == "Fine."


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://example.org/a.js"></script>',
        '<link rel="stylesheet" href="style.css">',
        '<iframe src="//example.org/"></iframe>',
        "<style>@import 'https://example.org/font.css';</style>",
        "<style>a { background: url(https://example.org/a.png) }</style>",
    ],
)
def test_a_page_that_loads_something_is_refused(tmp_path: Path, body: str) -> None:
    """The page works without a network, so it may load nothing."""
    with pytest.raises(RenderError, match="expected a page that loads nothing"):
        check_rendered(page(tmp_path, f"<p>Text.</p>{body}"), "html", "")


def test_links_and_embedded_files_are_allowed(tmp_path: Path) -> None:
    """A link is not a load; neither is embedded data."""
    links = '<a href="https://example.org/">a</a><link href="data:text/css,a">'
    check_rendered(page(tmp_path, f'{links}<img src="{DOT}" alt="x">'), "html", "")


def test_an_image_that_is_not_embedded_is_found(tmp_path: Path) -> None:
    """A picture left as a path would be missing on another machine."""
    with pytest.raises(RenderError, match=re.escape("image 'figures/a.svg' is not embedded")):
        check_rendered(page(tmp_path, '<img src="figures/a.svg" alt="x">'), "html", "")


def test_a_figure_without_alternative_is_found(tmp_path: Path) -> None:
    """Every figure has a text alternative."""
    with pytest.raises(RenderError, match="no text alternative"):
        check_rendered(page(tmp_path, f'<figure><img src="{DOT}" alt=""></figure>'), "html", "")


def test_a_warning_in_the_log_is_an_error(tmp_path: Path) -> None:
    """What Quarto and pandoc only warn about makes a paper wrong."""
    log = "fine\n[WARNING] Citeproc: citation x not found\nfine\n"
    with pytest.raises(RenderError, match=r"the renderer warns: .*citation x not found"):
        check_rendered(page(tmp_path, "Fine."), "html", log)


@pytest.mark.parametrize(
    ("name", "format_", "expected"),
    [
        ("paper.pdf", "pdf", "expected a PDF"),
        ("paper.docx", "docx", "expected a readable file"),
        ("paper.xml", "jats", "expected a readable file"),
    ],
)
def test_a_broken_file_is_refused(
    tmp_path: Path, name: str, format_: Format, expected: str
) -> None:
    """A truncated or foreign file is not taken for what its name says."""
    path = tmp_path / name
    path.write_bytes(b"neither of them")
    with pytest.raises(RenderError, match=f"{re.escape(name)}: {expected}"):
        check_rendered(path, format_, "")


def test_markup_left_in_xml_is_found(tmp_path: Path) -> None:
    """The text of Word files and of JATS is read as that of the page is."""
    path = tmp_path / "paper.xml"
    path.write_text("<article><p>Before ?@fig-x after.</p></article>", encoding="utf-8")
    with pytest.raises(RenderError, match="unresolved markup"):
        check_rendered(path, "jats", "")
