"""The report on another study: what is kept, what it says, and its mark."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import RenderError, WriteError
from analysis.publish.numerals import typed_numerals
from analysis.publish.own_report import (
    has_own_text,
    mark_figures,
    require_mark,
    split_blocks,
    with_exhibits,
    write_report,
    write_shared,
)
from analysis.publish.result_set import ResultSet, read_folder
from analysis.results import Figure, Provenance
from analysis.snapshot.optional_choices import Report

PAPER = Path(__file__).parents[2] / "paper"
NONE = ResultSet({})
HEAD = Report(title="A study", authors=("A. Author",))
DAY = "2026-01-31"


def test_a_fenced_block_is_one() -> None:
    """Blank lines end a block, except inside a fence."""
    text = "One\ntwo\n\n::: {#tbl-a}\n\n{{< table a >}}\n\nCaption.\n:::\n\nThree\n"
    assert list(split_blocks(text)) == [
        "One\ntwo",
        "::: {#tbl-a}\n\n{{< table a >}}\n\nCaption.\n:::",
        "Three",
    ]


def test_what_a_study_lacks_is_left_out_with_its_heading() -> None:
    """A block goes with a missing number, table or figure; a heading goes with all below it."""
    source = [
        "# A",
        "## B",
        "{{< num x.y >}} is a number",
        "## C",
        "{{< table t >}}",
        "# D",
        "Text",
    ]
    published = ResultSet({"table": {"t": {}}})
    assert with_exhibits(source, published) == ["# A", "## C", "{{< table t >}}", "# D", "Text"]
    assert with_exhibits(source, NONE) == ["# D", "Text"]


def test_a_section_is_no_better_than_its_last_heading() -> None:
    """A heading at the very end, or right before one of its own level, leads nowhere."""
    assert with_exhibits(["# A", "# B", "Text", "# C"], NONE) == ["# B", "Text"]


def test_every_block_of_the_report_exists_in_the_full_study() -> None:
    """A slip in a key would silently drop a block: the study of the paper has every one of them."""
    published = read_folder(PAPER / "results")
    source = list(split_blocks((PAPER / "report.qmd").read_text("utf-8")))
    assert with_exhibits(source, published) == source
    assert len(source) > 60


def test_the_report_prints_every_exhibit_of_the_paper() -> None:
    """Tables and figures of the paper stand in the report too, the record of size apart."""
    paper = "".join(path.read_text("utf-8") for path in PAPER.glob("sections/*.qmd"))
    report = (PAPER / "report.qmd").read_text("utf-8")
    exhibits = set(re.findall(r"\{\{<\s*(?:table|folded|source)\s+(\S+)\s*>\}\}", paper))
    other = {
        name for name in exhibits if name.startswith(("size_", "power", "specification_curve_"))
    }
    missing = {name for name in exhibits - other if f" {name} " not in report}
    assert missing == set()


def test_no_numeral_is_typed_in_the_report() -> None:
    """Its prose holds for every study, so that nothing in it can be a result."""
    assert list(typed_numerals((PAPER / "report.qmd").read_text("utf-8"))) == []


def _results(folder: Path) -> None:
    (folder / "results").mkdir(parents=True)
    for file, kind in (("numbers", "numbers"), ("claims", "verdicts"), ("figures", "figures")):
        (folder / f"results/{file}.json").write_text(json.dumps({kind: {}}), encoding="utf-8")


def test_the_sources_are_complete_and_name_what_is_missing(tmp_path) -> None:
    """Title, authors, settings and shared files are there; so is a line for a question left out."""
    _results(tmp_path / "p")
    write_report(
        PAPER, tmp_path / "p", head=HEAD, day=DAY, left_out={"Other assets": ["[cross_asset]", "B"]}
    )
    text = (tmp_path / "p" / "index.qmd").read_text("utf-8")
    assert text.startswith(
        '---\ntitle: "A study"\ndate: 2026-01-31\nauthor:\n  - name: "A. Author"\n---'
    )
    assert "- Other assets: needs [cross_asset]; B." in text
    assert "study-mark" not in text
    assert "output-file: report.pdf" in (tmp_path / "p" / "_quarto.yml").read_text("utf-8")
    assert (tmp_path / "p" / "_extensions" / "results" / "results.lua").is_file()
    write_report(PAPER, tmp_path / "p", head=HEAD, day=DAY, left_out={})
    assert "every question could be asked" in (tmp_path / "p" / "index.qmd").read_text("utf-8")


def test_the_mark_stands_in_front_matter_text_and_figures(tmp_path) -> None:
    """The mark reaches the templates, opens the text and every text alternative."""
    _results(tmp_path / "p")
    head = Report(title="A study", mark='SYNTHETIC: "made" up')
    write_report(PAPER, tmp_path / "p", head=head, day=DAY, left_out={})
    text = (tmp_path / "p" / "index.qmd").read_text("utf-8")
    settings = (tmp_path / "p" / "_quarto.yml").read_text("utf-8")
    assert 'mark: "SYNTHETIC: \\"made\\" up"' in settings
    assert '::: {.study-mark}\nSYNTHETIC: "made" up\n:::' in text
    figure = Figure("f", "k", {"d": pd.DataFrame()}, "Dots.", Provenance("a.b", "s"))
    assert [f.alt for f in mark_figures([figure], "SYNTHETIC")] == ["SYNTHETIC. Dots."]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path) -> None:
    """A file in the place of a folder is named, with what to do."""
    _results(tmp_path / "p")
    (tmp_path / "p" / "pandoc").write_text("in the way", encoding="utf-8")
    with pytest.raises(WriteError, match="expected a place that can be written"):
        write_report(PAPER, tmp_path / "p", head=HEAD, day=DAY, left_out={})
    assert not (tmp_path / "p" / "index.qmd").exists()


def test_an_edited_report_is_a_text_of_ones_own(tmp_path) -> None:
    """What code wrote is written anew; with one word changed it is the author's, and stays."""
    folder = tmp_path / "p"
    _results(folder)
    write_report(PAPER, folder, head=HEAD, day=DAY, left_out={})
    assert not has_own_text(folder)
    index = folder / "index.qmd"
    index.write_text(index.read_text("utf-8").replace("A study", "My study"), encoding="utf-8")
    assert has_own_text(folder)
    (folder / "references.bib").write_text("% mine", encoding="utf-8")
    write_shared(PAPER, folder)
    assert (folder / "references.bib").read_text("utf-8") == "% mine"
    with pytest.raises(RenderError, match="the mark of report"):
        require_mark(folder, "SYNTHETIC")


def test_words_of_a_study_stand_in_its_report(tmp_path) -> None:
    """Exchange and figures are named as the study names them."""
    _results(tmp_path / "p")
    words = {"exchange": "Xetra", "what": "chip exports"}
    write_report(PAPER, tmp_path / "p", head=HEAD, day=DAY, left_out={}, words=words)
    text = (tmp_path / "p" / "index.qmd").read_text("utf-8")
    assert re.search(r"%\w+%", text) is None
