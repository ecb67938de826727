"""No result is typed by hand, every finding can fail."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from analysis.publish.numerals import foreign_numerals, typed_numerals
from analysis.publish.rendered_text import Page, one_line
from analysis.publish.results_check import find_misfits
from analysis.publish.source_check import check_sources

PAPER = Path(__file__).parents[2] / "paper"
CLAIM = re.compile(r'\]\{\.claim key="([^"]+)" is="([^"]+)"\}')
FEWEST_FINDINGS = 30


def sources() -> list[Path]:
    return [PAPER / "index.qmd", *sorted((PAPER / "sections").glob("*.qmd"))]


def findings() -> list[tuple[str, int, str]]:
    """Return file, line and key of every verbal finding of the paper."""
    return [
        (path.relative_to(PAPER).as_posix(), path.read_text("utf-8")[: m.start()].count("\n"), m[1])
        for path in sources()
        for m in CLAIM.finditer(path.read_text("utf-8"))
    ]


def found(text: str, *, source: bool = True) -> list[str]:
    """Return the unexplained numerals with the words around them."""
    return [around for _, around in typed_numerals(text, source=source)]


@pytest.mark.parametrize("path", sources(), ids=lambda p: p.name)
def test_no_numeral_is_typed(path):
    """Every numeral in the prose is a registry reference or has a reason on the list."""
    assert found(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    ["They fell 8.1%.", "a beta of 0.65", "in 12 episodes", "---\nabstract: |\n  fell 9%\n---"],
)
def test_typed_result_is_found(text):
    """The check sees a percentage, a decimal and a count once each, also in the abstract."""
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text", ["On 27 October 2025 [@fama1969adjustment] over [0, +1], {{< num a.b_1 >}}.", "$L_1-2$"]
)
def test_explained_numeral_is_left_alone(text):
    """Dates, citations, windows, formulas and references are no results."""
    assert found(text) == []


def test_the_place_of_a_typed_numeral_is_kept():
    """What is blanked out before it does not move it."""
    text = "{{< num a.b >}}\n\nfell by 8 percent"
    assert [position for position, _ in typed_numerals(text)] == [text.index("8")]


def test_prose_of_a_page_has_no_registry_numbers(tmp_path):
    """Numbers, tables, formulas and references are taken out, what authors wrote stays."""
    page = tmp_path / "page.html"
    page.write_text(
        '<main>A <span class="num">1</span><table><td>2</td></table><br><math>3</math>'
        '<a href="#ref-x">2020</a><div id="refs"><p>4<i>5</i></p></div> and 6.</main>',
        "utf-8",
    )
    prose = one_line(*Page(page).prose)
    assert prose == "A and 6."
    assert found(prose, source=False) == ["A and 6."]


def test_a_numeral_of_the_pdf_alone_is_found():
    """Page numbers are its own; any other numeral must stand on the page too."""
    assert foreign_numerals(["Head 1 rose 3.5%", "Head 2 fell 4.5%"], "rose 3.5%") == ["4.5"]


def test_the_paper_states_enough_findings():
    """The verbal findings are tied to verdicts, thirty or more of them."""
    assert len(findings()) >= FEWEST_FINDINGS


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """Return the paper without its machinery, and its verdicts."""
    folder = tmp_path_factory.mktemp("flip") / "paper"
    shutil.copytree(PAPER, folder, ignore=shutil.ignore_patterns("_output", "_extensions"))
    return folder


def test_the_paper_passes_its_own_check(copied):
    """With the committed results nothing is wrong in the sources."""
    check_sources(copied)
    assert find_misfits(copied) == []


def test_the_report_passes_the_check():
    """The text of the report on other studies is sound, too."""
    check_sources(PAPER, "report.qmd")


@pytest.mark.parametrize(("name", "line", "key"), findings(), ids=lambda v: str(v))
def test_a_flipped_verdict_stops_the_render(copied, name, line, key):
    """Every verbal finding is named when its verdict changes, with file, line and words."""
    verdicts = copied / "results/claims.json"
    content = verdicts.read_text("utf-8")
    document = json.loads(content)
    document["verdicts"][key]["verdict"] = "another one"
    verdicts.write_text(json.dumps(document), "utf-8")
    try:
        misfits = "\n".join(find_misfits(copied))
    finally:
        verdicts.write_text(content, "utf-8")
    places = re.findall(rf"^(\S+): claim '{re.escape(key)}': .* rewrite \"(.+)\"$",
                        misfits, re.MULTILINE)  # fmt: skip
    assert f"paper/{name}:{line + 1}" in [place for place, _ in places]
    for place, words in places:
        source = (copied.parent / place.partition(":")[0]).read_text("utf-8")
        assert f'[{words}]{{.claim key="{key}"' in " ".join(source.split())


def test_page_numbers_of_the_pdf_are_none_of_the_page():
    """Each up to the last page, and not one more; decimals are one numeral."""
    pages = ["1.5 percent\n1", "of 3,000\n2", "and 3 more\n3"]
    assert foreign_numerals(pages, "1.5 percent of 3,000") == []
    assert foreign_numerals([*pages[:2], "4"], "1.5 percent of 3,000") == ["4"]
    assert foreign_numerals(["1.50"], "1.5 percent") == ["1.50"]
    assert foreign_numerals(["see https://a.org/1\n2345"], "https://a.org/12345") == []


def test_the_words_around_a_typed_numeral_are_shown():
    """Thirty letters before it and twenty after its first digit's end, on one line."""
    text = "a" * 40 + " b\nc 17 " + "d" * 40
    ((position, around),) = typed_numerals(text)
    assert text[position : position + 2] == "17"
    assert around == "a" * 25 + " b c 17 " + "d" * 19
    ((position, around),) = typed_numerals("7 is it")
    assert (position, around) == (0, "7 is it")


def test_the_abstract_is_short():
    """At most 130 words and eight results; counts and days are free."""
    front = (PAPER / "index.qmd").read_text("utf-8").split("---")[1]
    (abstract,) = re.findall(r"(?ms)^abstract: \|\n(.*?)^\w+:", front)
    printed = re.sub(r"\{\{<[^>]*>\}\}", "1", re.sub(r"\]\{\.claim[^}]*\}|\[", "", abstract))
    assert len(printed.split()) <= 130
    numbers = json.loads((PAPER / "results/numbers.json").read_text("utf-8"))["numbers"]
    keys = set(re.findall(r"\{\{< num (\S+)", abstract))
    results = [key for key in keys if numbers[key]["unit"] not in ("count", "date")]
    assert len(results) + abstract.count("{.claim ") <= 8


@pytest.mark.parametrize(
    "name",
    [
        "event_windows",
        "moves",
        "relative_beta",
        "volatility",
        "customs",
        "before",
        "ledger",
        "amendments",
        "robustness",
    ],
)
def test_a_section_of_results_says_what_it_does_not_establish(name):
    """A line made from the verdicts of its own sentences."""
    assert f"{{{{< unsettled {name} >}}}}" in (PAPER / f"sections/{name}.qmd").read_text("utf-8")


def test_every_exhibit_is_spoken_of():
    """Each figure and table is referred to by the text; the supplement only as *web*."""
    texts = {path.name: path.read_text("utf-8") for path in PAPER.glob("sections/*.qmd")}
    aside = set(re.findall(r"\{#((?:fig|tbl)-[\w-]+)", texts.pop("supplement.qmd")))
    prose = "\n".join(texts.values())
    own = set(re.findall(r"\{#((?:fig|tbl)-[\w-]+)", prose))
    assert own - set(re.findall(r"@((?:fig|tbl)-[\w-]*\w)", prose)) == {"tbl-exhibits"}
    assert aside == set(re.findall(r"\{\{< web ((?:fig|tbl)-[\w-]+) >\}\}", prose))


def test_claims_are_quoted_word_for_word_in_the_table():
    """The table of claims has the quote of each, and says what is not known of the items."""
    table = (PAPER / "results/tables/claims.md").read_text("utf-8")
    claims = tomllib.loads((PAPER.parent / "data/claims.toml").read_text("utf-8"))
    for claim in claims["claim"]:
        assert f"“{claim['quote']}”" in table
    assert "outlet not known, day not known" in table
    assert "title not known, Tredu, 27 October 2025" in table
