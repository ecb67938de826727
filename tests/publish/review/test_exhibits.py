"""Tables and figures found by the number under which a paper prints them."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import ResultsError
from analysis.publish.review.exhibits import Exhibit, find_exhibit, list_exhibits

INDEX = """---
title: T
---

![First](results/figures/one.svg){#fig-one fig-alt="{{< alt one >}}"}

<!-- ::: {#tbl-gone}

{{< table gone >}}
::: -->

{{< include sections/a.qmd >}}

::: {#tbl-last}

{{< table last >}}

Last.
:::
"""
SECTION = """::: {#tbl-a}

{{< table a_b >}}

A, as in @tbl-last.
:::

Words {{< num x.y >}} and ![Two
lines](results/figures/two.svg){#fig-two fig-alt="{{< alt two >}}"}

::: {#tbl-made}

{{< exhibits >}}

Made with the page.
:::
"""


@pytest.fixture
def paper(tmp_path) -> Path:
    """A paper of one file that includes another between its own exhibits."""
    folder = tmp_path / "paper"
    (folder / "sections").mkdir(parents=True)
    (folder / "index.qmd").write_text(INDEX, "utf-8")
    (folder / "sections/a.qmd").write_text(SECTION, "utf-8")
    return folder


def test_exhibits_are_counted_in_reading_order(paper):
    """An include counts where it stands, a comment does not, and each kind has its own count."""
    assert [(str(e), e.key, e.place) for e in list_exhibits(paper)] == [
        ("Figure 1", "one", "paper/index.qmd:5"),
        ("Table 1", "a_b", "paper/sections/a.qmd:1"),
        ("Figure 2", "two", "paper/sections/a.qmd:9"),
        ("Table 2", None, "paper/sections/a.qmd:11"),
        ("Table 3", "last", "paper/index.qmd:14"),
    ]


def test_captions_are_those_of_the_sources(paper):
    """That of a table stands in its block below it, that of a figure may run over lines."""
    captions = {str(e): " ".join(e.caption.split()) for e in list_exhibits(paper)}
    assert captions == {
        "Figure 1": "First",
        "Table 1": "A, as in @tbl-last.",
        "Figure 2": "Two lines",
        "Table 2": "{{< exhibits >}} Made with the page.",
        "Table 3": "Last.",
    }


@pytest.mark.parametrize(
    "asked",
    ["3", "Table 3", "table-3", "tab. 3", "TABLE_3", "Table\u00a03", "tbl-last", "#tbl-last"],
)
def test_the_forms_of_a_question(paper, asked):
    """However a reader types it, the third table is found."""
    found = find_exhibit(list_exhibits(paper), asked)
    assert found
    assert found.key == "last"


@pytest.mark.parametrize("asked", ["figure 2", "Fig. 2", "fig2", "Figures 2"])
def test_figures_have_their_own_count(paper, asked):
    """The second figure is not the second table."""
    found = find_exhibit(list_exhibits(paper), asked)
    assert found
    assert found.key == "two"


@pytest.mark.parametrize("asked", ["beta.mp.spy", "A6", "table", "sensitivity", "3.5"])
def test_a_key_is_no_number(paper, asked):
    """Keys are left to those who know them."""
    assert find_exhibit(list_exhibits(paper), asked) is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("1", "expected one of Figure 1 (one) and Table 1 (a_b); ask for Figure 1 or Table 1"),
        ("9", "9: expected Table 1 to 3 or Figure 1 to 2, found no such number"),
        ("Figure 3", "expected Table 1 to 3 or Figure 1 to 2, found no such number"),
        ("Table 0", "expected Table 1 to 3"),
        ("Table 2", "one that is made with the page; see paper/sections/a.qmd:11"),
    ],
)
def test_what_has_no_answer_is_one_line(paper, asked, said):
    """Both are listed where a bare number may mean either; else the range that there is."""
    with pytest.raises(ResultsError) as stop:
        find_exhibit(list_exhibits(paper), asked)
    assert said in str(stop.value)
    assert "\n" not in str(stop.value)


def test_a_folder_without_a_paper_has_no_exhibits(tmp_path):
    """The line still says what would be expected."""
    assert list_exhibits(tmp_path) == []
    with pytest.raises(ResultsError, match="numbered tables or figures"):
        find_exhibit([], "Table 1")


def test_an_exhibit_reads_as_it_is_printed():
    """Table 3."""
    assert str(Exhibit("table", 3, "tbl-x", "paper/index.qmd:1")) == "Table 3"
