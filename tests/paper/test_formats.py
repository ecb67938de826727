"""Word and JATS say what the page says, with the same numbering and numbers."""

from __future__ import annotations

import re
import zipfile
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from analysis.errors import RenderError
from analysis.publish.render import RenderReport, render
from analysis.publish.rendered_text import html_text, xml_text
from analysis.publish.renderers.quarto import find_quarto


@pytest.fixture(scope="module")
def all_formats(lay_out, tmp_path_factory) -> RenderReport:
    """Return the report of the sample rendered in every format."""
    folder = lay_out(tmp_path_factory.mktemp("formats") / "paper")
    return render(folder, renderer="pandoc", formats=("html", "docx", "jats"), echo=lambda _: None)


def words(text: str) -> str:
    """Return the text without spaces, marks of footnotes and what only the page has."""
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("format_", ["docx", "jats"])
@pytest.mark.parametrize(
    "expected",
    [
        "moved the miner by −3.1% that day",
        "Section 2 shows it, above all Figure 1 and Table 1",
        "2.1 The market model",
        "Figure 1: Cumulated abnormal return of the miner, −3.1% on day 0 (see Table 1)",
        "Table 1: Abnormal returns by firm; the first is −3.1%.",
        "Details stand in Appendix A and Appendix B.",
        "MacCarthy and Brown (2019) give the method",
        "Table 2: All events of the sample.",
    ],
)
def test_the_format_says_what_the_page_says(all_formats, format_, expected):
    """Numbers, numbering, captions, references and citations read as on the page."""
    assert words(expected) in words(html_text(all_formats.outputs["html"]))
    assert words(expected) in words(xml_text(all_formats.outputs[format_]))


@pytest.mark.parametrize("format_", ["docx", "jats"])
def test_every_number_of_the_page_is_there(all_formats, format_):
    """No numeral of the page is missing or different."""
    page = set(re.findall(r"\d+[.,]\d+", html_text(all_formats.outputs["html"])))
    other = set(re.findall(r"\d+[.,]\d+", xml_text(all_formats.outputs[format_])))
    equations = {"1.1"}  # "Equation 1.", then a sentence that begins with a numeral
    assert page - other - equations == set()


def test_word_shows_pictures_and_authors(all_formats):
    """Word gets pixel pictures with their text alternative, and the authors' names."""
    with zipfile.ZipFile(all_formats.outputs["docx"]) as archive:
        media = [n for n in archive.namelist() if n.startswith("word/media/")]
        text = archive.read("word/document.xml").decode()
    assert media
    assert all(name.endswith(".png") for name in media)
    assert 'descr="Line of the abnormal return' in text
    assert "Ada Example" in text


def test_word_begins_at_the_first_level_and_numbers_its_pages(all_formats):
    """Sections are Heading 1, the page is A4 and its number stands below."""
    with zipfile.ZipFile(all_formats.outputs["docx"]) as archive:
        text = archive.read("word/document.xml").decode()
        footers = [archive.read(n).decode() for n in archive.namelist() if "word/footer" in n]
    styles = re.findall(r'<w:pStyle w:val="(Heading\d)"', text)
    assert styles[0] == "Heading1"
    assert re.search(r'<w:pgSz[^>]*w:w="11906"', text)
    assert "w:footerReference" in text
    assert any("PAGE" in footer for footer in footers)


def test_the_xml_has_keywords_and_terms(lay_out, tmp_path):
    """Keywords are a group of their own; holder, year and licence stand among the permissions."""
    folder = lay_out(tmp_path / "paper")
    index = folder / "index.qmd"
    head = "keywords: [ore, tests]\ncopyright:\n  holder: Ada\n  year: 2026\nlicense: CC BY\n---\n"
    before, _, after = index.read_text("utf-8").partition("\n---\n")
    kept = re.sub(r"^keywords:.*\n?", "", before, flags=re.MULTILINE)
    index.write_text(f"{kept}\n{head}{after}", "utf-8")
    report = render(folder, renderer="pandoc", formats=("jats",), echo=lambda _: None)
    root = ElementTree.parse(report.outputs["jats"]).getroot()
    assert [e.text for e in root.iter("kwd")] == ["ore", "tests"]
    terms = root.find(".//permissions")
    assert terms is not None
    assert terms.findtext("copyright-holder") == "Ada"
    assert terms.findtext("copyright-year") == "2026"
    licence = terms.find("license")
    assert licence is not None
    assert licence[0].text == "https://creativecommons.org/licenses/by/4.0/"


def test_references_of_the_xml_have_targets(all_formats):
    """Every cross-reference of the JATS file leads to an identifier that exists once."""
    root = ElementTree.parse(all_formats.outputs["jats"]).getroot()
    identifiers = [e.get("id") for e in root.iter() if e.get("id")]
    targets = {e.get("rid") for e in root.iter("xref")}
    assert len(identifiers) == len(set(identifiers))
    assert targets <= set(identifiers)


def test_figures_lie_beside_the_xml(all_formats):
    """The pictures to which the JATS file leads are written with it."""
    path = all_formats.outputs["jats"]
    links = re.findall(r'xlink:href="(figures/[^"]+)"', path.read_text("utf-8"))
    assert links
    assert all((path.parent / link).is_file() for link in links)


@pytest.mark.slow
def test_two_renders_give_the_same_bytes(lay_out, tmp_path):
    """Word and JATS files hold no time and no random name."""
    outputs = [
        render(lay_out(tmp_path / name / "paper"), renderer="pandoc", formats=("docx", "jats"),
               echo=lambda _: None).outputs
        for name in "ab"
    ]  # fmt: skip
    for format_ in ("docx", "jats"):
        first, second = (Path(o[format_]).read_bytes() for o in outputs)
        assert first == second


def told(path: Path) -> tuple[str, list[str]]:
    """Return the text of body and references without spaces, and the text alternatives."""
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as archive:
            document = archive.read("word/document.xml").decode()
        alternatives = re.findall(r'<wp:docPr [^>]*descr="([^"]*)"', document)
        return words(xml_text(path)), [unescape(a) for a in alternatives]
    root = ElementTree.parse(path).getroot()
    for formula in root.iter("alternatives"):  # Quarto numbers the TeX besides the MathML
        for source in formula.findall("tex-math"):
            formula.remove(source)
    parts = ["".join(e.itertext()) for part in ("body", "back") for e in root.findall(part)]
    return words(" ".join(parts)), [" ".join((e.text or "").split()) for e in root.iter("alt-text")]


def test_quarto_gives_the_same_text(all_formats, sample):
    """Quarto, where there is one, writes the same words and alternatives; else it is refused."""
    if find_quarto() is None:
        with pytest.raises(RenderError, match="expected Quarto"):
            render(sample, renderer="quarto", formats=("docx",), echo=lambda _: None)
        return
    report = render(sample, renderer="quarto", formats=("docx", "jats"), echo=lambda _: None)
    for format_, path in report.outputs.items():
        assert told(path) == told(all_formats.outputs[format_])
        assert [a[-40:] for a in told(path)[1]] == ["4 & its band; it falls by 3.1% on day 0."]
