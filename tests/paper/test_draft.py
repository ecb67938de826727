"""A draft is rendered although it does not fit the results, and cannot be taken for a paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import RenderError
from analysis.publish.render import RenderReport, render
from analysis.publish.rendered_text import html_text, pdf_pages, xml_text
from analysis.publish.renderers.base import render_environment
from analysis.publish.renderers.quarto import find_quarto

MISFITS = [
    ("results/claims.json", '"verdict": "supported"', '"verdict": "refuted"'),
    ("sections/introduction.qmd", "A list item with {{< num sample.beta >}}.",
     "A list item with {{< num sample.bet >}}."),
    ("sections/results.qmd", "{{< alt returns >}}", "{{< alt return >}}"),
    ("sections/results.qmd", "results/figures/returns.svg", "results/figures/gone.svg"),
    ("sections/results.qmd", "{{< source returns >}}", "{{< source gone >}}"),
    ("sections/appendix.qmd", "passage rules", "passage rule"),
    ("sections/appendix.qmd", "{{< table events >}}", "{{< table event >}}"),
]  # fmt: skip
NOTES = [
    "Beta exceeds one. [sections/introduction.qmd:11: claim 'sample.beta': the paper says "
    "'supported', the analysis says 'refuted']",
    "A list item with [unknown number 'sample.bet': not in paper/results/numbers.json].",
    "[figure 'results/figures/gone.svg': no such file]",
    "[passage 'rule': expected the file paper/results/passages/rule.md, found none]",
    "[table 'event': expected the file paper/results/tables/event.md, found none]",
]


def spoil(paper: Path) -> Path:
    """Make the sample ask for what is not there, in every way."""
    for name, old, new in MISFITS:
        text = (paper / name).read_text("utf-8")
        assert text.count(old) == 1
        (paper / name).write_text(text.replace(old, new), "utf-8")
    return paper


def render_draft(paper: Path, **options) -> RenderReport:
    """Render a draft and say nothing."""
    return render(paper, renderer="pandoc", draft=True, echo=lambda _: None, **options)


@pytest.fixture(scope="module")
def draft(lay_out: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory):
    """Return the report of the spoilt sample, rendered as a draft."""
    paper = spoil(lay_out(tmp_path_factory.mktemp("draft") / "paper"))
    return render_draft(paper, formats=("html", "pdf", "jats"))


def joined(text: str) -> str:
    """Return a text without spaces and with straight quotes, whatever a format makes of them."""
    return re.sub(r"\s", "", text).translate(str.maketrans("‘’", "''"))


@pytest.mark.parametrize("note", NOTES)
def test_each_misfit_is_marked_where_it_stands(draft, note):
    """The sentence is there, followed by what is wrong with it, in every format."""
    pages = " ".join(pdf_pages(draft.outputs["pdf"]))
    for text in (html_text(draft.outputs["html"]), pages, xml_text(draft.outputs["jats"])):
        assert joined(note) in joined(text)


def test_the_page_leads_to_each_mark(draft):
    """The banner counts the marks and has a link to each; the title of the window says DRAFT."""
    page = draft.outputs["html"].read_text("utf-8")
    marks = re.findall(r'id="(draft-\d+)" class="draft-fault"', page)
    assert len(marks) == len(set(marks)) == 6
    (banner,) = re.findall(r'<div class="study-mark draft-mark">(.*?)</div>', page, re.DOTALL)
    assert "DRAFT: 6 places do not fit the results" in banner
    assert set(re.findall(r'href="#([^"]+)"', banner)) == set(marks)
    assert "<title>DRAFT: A sample paper" in page


def test_every_page_of_the_pdf_says_draft(draft):
    """Whoever holds one sheet knows what it is."""
    for page in pdf_pages(draft.outputs["pdf"]):
        assert "DRAFT: 6 places do not fit the results" in page


def test_a_draft_that_fits_is_a_draft(sample):
    """Asking for a draft gives one, also where nothing is wrong."""
    outputs = render_draft(sample).outputs
    assert html_text(outputs["html"]).count("DRAFT") == 1
    assert all("DRAFT" in page for page in pdf_pages(outputs["pdf"]))


@pytest.mark.slow
def test_the_mark_of_a_study_stays(sample):
    """A draft on simulated data says both, in one banner."""
    index = sample / "index.qmd"
    text = index.read_text("utf-8").replace("date: 2026", 'mark: "SYNTHETIC: no data"\ndate: 2026')
    index.write_text(
        text.replace("---\n\n", "---\n\n::: {.study-mark}\nSYNTHETIC: no data\n:::\n\n")
    )
    outputs = render_draft(sample).outputs
    said = "DRAFT; SYNTHETIC: no data"
    assert html_text(outputs["html"]).count("SYNTHETIC") == 1
    assert said in html_text(outputs["html"])
    assert all(said in page for page in pdf_pages(outputs["pdf"]))


def test_misfits_are_told(sample):
    """The terminal gets the lines that would have stopped the render."""
    said: list[str] = []
    render(spoil(sample), renderer="pandoc", draft=True, formats=["html"], echo=said.append)
    assert "sections/introduction.qmd:13: expected a published number" in "\n".join(said)


def test_a_fault_of_the_text_stops_a_draft(sample, change):
    """A draft excuses results that moved, not a reference that leads nowhere."""
    change("sections/results.qmd", "refers back to @fig-returns.", "see @fig-nothing.")
    with pytest.raises(RenderError, match="reference @fig-nothing"):
        render_draft(sample)


def test_without_draft_misfits_stop_the_render(sample):
    """One line a place, and the way to look at them."""
    with pytest.raises(RenderError, match="7 places do not fit the results, so that no page"):
        render(spoil(sample), renderer="pandoc", echo=lambda _: None)


def test_a_draft_is_the_same_twice(draft, lay_out, tmp_path):
    """A draft is as reproducible as the paper."""
    again = render_draft(spoil(lay_out(tmp_path / "paper")))
    for format_, path in again.outputs.items():
        assert path.read_bytes() == draft.outputs[format_].read_bytes()


def test_only_a_draft_is_told_to_the_renderer(monkeypatch):
    """A variable left in a shell makes no draft."""
    monkeypatch.setenv("PAPER_DRAFT", "1")
    assert "PAPER_DRAFT" not in render_environment("2026-08-03")
    assert render_environment("2026-08-03", draft=True)["PAPER_DRAFT"] == "1"


def test_quarto_marks_the_same_places(sample):
    """Quarto, where there is one, shows the same notes and mark; else it is refused."""
    if find_quarto() is None:
        with pytest.raises(RenderError, match="expected Quarto"):
            render(sample, renderer="quarto", draft=True, echo=lambda _: None)
        return
    outputs = render(spoil(sample), renderer="quarto", draft=True, echo=lambda _: None).outputs
    pages = pdf_pages(outputs["pdf"])
    for note in NOTES:
        assert joined(note) in joined(html_text(outputs["html"]))
        assert joined(note) in joined(" ".join(pages))
    assert all("DRAFT: 6 places do not fit the results" in page for page in pages)
