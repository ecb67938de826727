"""What a reader of the sample gets, in HTML and PDF, from one renderer and from both."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from analysis.errors import RenderError
from analysis.publish.render import RenderReport, render
from analysis.publish.rendered_text import html_text, pdf_pages
from analysis.publish.renderers.quarto import find_quarto

EXPECTED = [
    "A sample paper with one number: −3.1%",
    "moved the miner by −3.1% that day; on 27 October 2025 nothing else happened",
    "MacCarthy and Brown (2019) give the method",
    "(MacCarthy and Brown 2019, 12; Smith 2020)",
    "Section 2 shows it, above all Figure 1 and Table 1",
    "the numbers alone are 1, 1 and 2",
    "The model is Equation 1.",
    "Details stand in Appendix A and Appendix B.",
    "Three firms begin a sentence, three stand inside.",
    "1 Introduction",
    "2.1 The market model",
    "with Equation 1 estimated before the event and Equation 1, Equation 2 used after it",
    "Figure 1: Cumulated abnormal return of the miner, −3.1% on day 0 (see Table 1)",
    "Table 1: Abnormal returns by firm; the first is −3.1%.",
    "Sections are numbered as in Section 2.",
    "2.2.1 A heading of the fourth level",
    "A Claims ledger",
    "see Appendix A.1.",
    "A.1 Rules",
    "First rule, printed as a paragraph.",
    "Second rule, printed as another.",
    "B Events",
    "Table 2: All events of the sample.",
    "As Appendix A says, and Section 1 before it.",
    "A footnote with 1.25 in it and a minus of its own: [−1, +1].",
    "A quotation with a number, < 0.001.",
]


class _Body(HTMLParser):
    """Collects the text of <main> without headers, scripts and TeX, and the tags of the page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"main", "header", "script", "style", "annotation"}:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside == ["main"]:
            self.text += data


def _body(path: Path) -> _Body:
    return _Body(path.read_text(encoding="utf-8"))


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("expected", EXPECTED)
def test_the_page_says(rendered: RenderReport, expected: str) -> None:
    """Numbers, numbering, references and citations read as written here."""
    assert expected in html_text(rendered.outputs["html"])


@pytest.mark.parametrize("expected", EXPECTED)
def test_the_pdf_says(rendered: RenderReport, expected: str) -> None:
    """The PDF has the same words, numbers and numbering as the page."""
    text = _plain(" ".join(pdf_pages(rendered.outputs["pdf"])))
    without_spaces = expected.replace(" ", "")
    assert without_spaces in text.replace(" ", "")


def test_content_for_one_format_stays_there(rendered: RenderReport) -> None:
    """A passage for the page is not in the PDF, and the other way round."""
    page = html_text(rendered.outputs["html"])
    pdf = _plain(" ".join(pdf_pages(rendered.outputs["pdf"])))
    assert "Only the page has this sentence." in page
    assert "Only the page has this sentence." not in pdf
    assert "Only the PDF has this sentence." in pdf
    assert "Only the PDF has this sentence." not in page


def test_a_number_tells_what_it_is(rendered: RenderReport) -> None:
    """A number carries meaning, uncertainty, origin and what to ask; no stop of Tab until asked."""
    tags = _body(rendered.outputs["html"]).tags
    number = next(a for _, a in tags if a.get("data-key") == "sample.car")
    assert number["class"] == "num"
    assert number["tabindex"] == "-1"
    assert number["title"] == (
        "Abnormal return of the miner on day 0; 95% interval −11.0% to +4.7%; p = 0.440; n = 250; "
        "analysis.questions.event_windows.by_direction.compute; data 0123456789ab; "
        "nox -s explain -- sample.car"
    )


def test_a_claim_tells_its_verdict(rendered: RenderReport) -> None:
    """A sentence that states a verdict carries the rule and the evidence."""
    tags = _body(rendered.outputs["html"]).tags
    claim = next(a for _, a in tags if a.get("data-key") == "sample.beta" and "claim" in str(a))
    assert claim["title"] == (
        "Claim sample.beta: supported; rule: the lower bound exceeds 1; evidence: 1.05; "
        "nox -s explain -- sample.beta"
    )


def test_a_page_outside_the_repository_names_the_key_alone(
    sample: Path, change: Callable[[str, str, str], None]
) -> None:
    """The report on another study may lie where there is no nox."""
    change("results/numbers.json", '"data": {', '"data": {"linked": false, ')
    page = render(sample, renderer="pandoc", formats=["html"], echo=lambda _: None).outputs["html"]
    titles = [a["title"] for _, a in _body(page).tags if a.get("data-key")]
    assert all(str(title).split("; ")[-1].startswith("key ") for title in titles)


def test_the_page_can_be_read_by_machine(rendered: RenderReport) -> None:
    """Language, one title, headings without gaps, table headers and alternative texts are there."""
    tags = _body(rendered.outputs["html"]).tags
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h[1-6]", tag)]
    assert next(a for tag, a in tags if tag == "html")["lang"] == "en-GB"
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert sum(tag == "th" for tag, _ in tags) == 12
    alternatives = [a["alt"] for tag, a in tags if tag == "img"]
    assert alternatives == [
        "Line of the abnormal return from day −2 to day 4 & its band; it falls by 3.1% on day 0."
    ]


def test_links_inside_the_page_have_targets(rendered: RenderReport) -> None:
    """Every reference leads to something that exists, once."""
    tags = _body(rendered.outputs["html"]).tags
    identifiers = [a["id"] for _, a in tags if a.get("id")]
    targets = {str(a["href"])[1:] for _, a in tags if str(a.get("href")).startswith("#")}
    assert len(identifiers) == len(set(identifiers))
    assert targets <= set(identifiers)


def test_a_long_table_goes_on_over_pages(rendered: RenderReport) -> None:
    """All seventy rows are printed, with the header again on each page."""
    pages = pdf_pages(rendered.outputs["pdf"])
    rows = [int(n) for n in re.findall(r"Event number (\d+) with", " ".join(pages))]
    assert rows == list(range(1, 71))
    with_rows = [page for page in pages if "Event number" in page]
    assert len(with_rows) > 1
    assert all("Direction" in page for page in with_rows)


def test_the_pdf_is_tagged_and_dated_by_the_data(rendered: RenderReport) -> None:
    """Title, authors, standard and date are in the file; the date is the data's, not today's."""
    reader = PdfReader(rendered.outputs["pdf"])
    assert reader.metadata is not None
    assert reader.metadata.title == "A sample paper with one number: −3.1%"
    assert reader.metadata.author == "Ada Example, Bob Sample"
    assert str(reader.metadata.creation_date) == "2026-08-03 00:00:00+00:00"
    marks = reader.root_object["/MarkInfo"]
    assert isinstance(marks, DictionaryObject)
    assert marks["/Marked"]
    assert reader.xmp_metadata is not None
    assert (reader.xmp_metadata.pdfaid_part, reader.xmp_metadata.pdfaid_conformance) == ("2", "A")
    assert b"<pdfuaid:part>1<" in reader.xmp_metadata.stream.get_data()


def test_quarto_gives_the_same_text(sample: Path, rendered: RenderReport) -> None:
    """Quarto, where there is one, prints the same body and PDF; otherwise it is refused."""
    if find_quarto() is None:
        with pytest.raises(RenderError, match="expected Quarto"):
            render(sample, renderer="quarto", echo=lambda _: None)
        return
    report = render(sample, renderer="quarto", echo=lambda _: None)
    ours, theirs = (_body(r.outputs["html"]).text for r in (rendered, report))
    assert re.sub(r"\s", "", theirs) == re.sub(r"\s", "", ours)
    ours, theirs = (" ".join(pdf_pages(r.outputs["pdf"])) for r in (rendered, report))
    assert _plain(theirs) == _plain(ours)


def test_the_page_is_described_by_its_abstract(rendered: RenderReport) -> None:
    """Who shares or searches sees the first sentence of the abstract, and no open markup."""
    tags = _body(rendered.outputs["html"]).tags
    told = {a.get("name"): a.get("content") for tag, a in tags if tag == "meta"}
    abstract = html_text(rendered.outputs["html"])
    assert told["description"]
    assert str(told["description"]) in abstract
    assert str(told["description"])[-1] in ".?!"
    assert str(told["dcterms.source"]).startswith("data of 2026-08-03")


def test_what_scripts_hold_reaches_the_page_as_it_is(sample: Path) -> None:
    """It goes past pandoc: data and code stand in the page byte for byte, and no place is left."""
    data, code = '{"a": "\\u003cb & \\\\1"}', 'let b = "\\\\g<0>" && `held:x`;'
    (sample / "results/figures/rows_behind.html").write_text(
        f'<script type="application/json" id="rows-data">{data}</script>\n'
        f'<script type="module">{code}</script>\n',
        encoding="utf-8",
    )
    report = render(sample, renderer="pandoc", formats=("html",), echo=lambda _: None)
    page = report.outputs["html"].read_text("utf-8")
    assert f'id="rows-data">{data}</script>' in page
    assert f'<script type="module">{code}</script>' in page
    assert "held:rows_behind" not in page
