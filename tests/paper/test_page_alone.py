"""What the page alone has: words folded out below rows, the supplement, and what leads there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import RenderError
from analysis.publish.render import RenderReport, render
from analysis.publish.rendered_text import html_text, pdf_pages, xml_text

SUPPLEMENT = """::: {.content-visible when-format="html"}

## Supplement {#sec-app-more}

::: {#tbl-more}

{{< table events >}}

The same events once more.
:::

:::
"""
WORDS = """
See {{< web tbl-more >}}. [It rose.]{.claim key="sample.rise" is="within noise" open="that it rose"}

{{< unsettled introduction >}}
"""


def write(folder: Path) -> Path:
    """Give the sample a supplement, words below the rows of a table, and an open verdict."""
    index, appendix = folder / "index.qmd", folder / "sections/appendix.qmd"
    results, introduction = folder / "sections/results.qmd", folder / "sections/introduction.qmd"
    verdicts, kept = folder / "results/claims.json", "not distinguishable from noise"
    index.write_text(index.read_text("utf-8") + "\n{{< include sections/more.qmd >}}\n", "utf-8")
    (folder / "sections/more.qmd").write_text(SUPPLEMENT, "utf-8")
    results.write_text(
        results.read_text("utf-8").replace("table returns", "folded returns"), "utf-8"
    )
    verdicts.write_text(verdicts.read_text("utf-8").replace(kept, "within noise"), "utf-8")
    text = introduction.read_text("utf-8").replace(f'is="{kept}"', 'is="within noise"')
    introduction.write_text(text + WORDS, "utf-8")
    words = "The first was decided so.\n\nThe second otherwise.\n"
    (folder / "results/passages/returns.md").write_text(words, "utf-8")
    notes = folder / "results/tables/events.md"
    notes.write_text(
        notes.read_text("utf-8") + "\n::: {.table-note}\nSee @tbl-more.\n:::\n", "utf-8"
    )
    assert appendix.is_file()
    return folder


@pytest.fixture(scope="module")
def built(
    lay_out: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> RenderReport:
    """Return the sample with a supplement in three formats."""
    folder = write(lay_out(tmp_path_factory.mktemp("alone") / "paper"))
    return render(folder, renderer="pandoc", formats=("html", "pdf", "docx"), echo=lambda _: None)


def test_words_fold_out_below_each_row(built: RenderReport) -> None:
    """The page has the paragraphs in order, closed, in rows of their own."""
    page = built.outputs["html"].read_text("utf-8")
    assert page.count("<details><summary>How it was decided</summary>") == 2
    assert page.index("Miner One</td>") < page.index("The first was decided so.")
    assert page.index("The first was decided so.") < page.index("Miner Two</td>")
    assert page.count('<tr class="more') == 2
    assert 'document.querySelectorAll("table.folded")' in page


def test_other_formats_have_the_table_alone(built: RenderReport) -> None:
    """Neither the words below the rows nor the supplement is in print or in Word."""
    for text in (" ".join(pdf_pages(built.outputs["pdf"])), xml_text(built.outputs["docx"])):
        assert "Miner Two" in text
        assert "The second otherwise." not in text
        assert "The same events once more." not in text


def test_references_lead_to_the_supplement(built: RenderReport) -> None:
    """The page links to the exhibit; other formats give its number, in notes too."""
    page = html_text(built.outputs["html"])
    assert "Table 3: The same events once more." in page
    assert "See Table 3. It rose." in page
    assert '<a href="#tbl-more" class="quarto-xref">' in built.outputs["html"].read_text("utf-8")
    for text in (" ".join(pdf_pages(built.outputs["pdf"])), xml_text(built.outputs["docx"])):
        assert (
            " ".join(text.split()).replace("\N{NO-BREAK SPACE}", " ").count("See Table 3 (web).")
            == 2
        )


def test_what_a_section_leaves_open_is_told(built: RenderReport) -> None:
    """The line names open verdicts by the words of their sentence, and no others."""
    for text in (html_text(built.outputs["html"]), " ".join(pdf_pages(built.outputs["pdf"]))):
        assert "Not established: that it rose (within noise)." in " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("sections/introduction.qmd", "web tbl-more", "web tbl-mroe",
         "introduction.qmd:20: shortcode 'web': expected the label of a figure or table, found "
         "'tbl-mroe'; nearest: 'tbl-more'"),
        ("results/passages/returns.md", "\n\nThe second otherwise.", "",
         "expected a paragraph for each row of the table, found 1"),
    ],
)  # fmt: skip
def test_a_fault_is_named(sample: Path, name: str, old: str, new: str, message: str) -> None:
    """A label that is none, and a table with more rows than words."""
    file = write(sample) / name
    assert file.read_text("utf-8").count(old) == 1
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(RenderError, match=r".") as caught:
        render(sample, renderer="pandoc", formats=("html",), echo=lambda _: None)
    assert message in str(caught.value)


def test_a_link_to_the_page_shows_its_first_figure(sample: Path) -> None:
    """With the page's address in CITATION.cff other sites get a picture and the first sentence."""
    address, quiet = "https://example.org/ore", "version: 1\nauthors: [{name: Ada}]\nlicense: MIT\n"
    head = f"title: Ore\nabstract: Words.\n{quiet}"
    for more in ("", f"url: {address}/\n"):
        (sample.parent / "CITATION.cff").write_text(head + more, "utf-8")
        report = render(sample, renderer="pandoc", formats=("html",), echo=lambda _: None)
        page = report.outputs["html"].read_text("utf-8")
        picture = sample / "_output/preview.png"
        assert picture.is_file() is ("og:image" in page) is bool(more)
    assert f'<meta property="og:image" content="{address}/preview.png">' in page
    assert '<meta property="og:description" content="On the day after the truce' in page
    assert picture.read_bytes().startswith(b"\x89PNG")
