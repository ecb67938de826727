"""Faults of the sources need no results; what does not fit the results is found with them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import RenderError, ResultsError
from analysis.publish.results_check import find_misfits
from analysis.publish.source_check import check_sources

Change = Callable[[str, str, str], None]

FAULTS = [
    pytest.param(
        "sections/appendix.qmd",
        "::: {#tbl-events}",
        "::: {#tbl-events}\n\n:::: {.aside}",
        "paper/sections/appendix.qmd:13: block '::: {#tbl-events}': expected a line ::: that ends "
        "it, or what was begun in it, in the same file, found none",
        id="block-without-end",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "::: {#tbl-events}",
        ":::\n\n::: {#tbl-events}",
        "paper/sections/appendix.qmd:13: block: expected ::: {...} before the ::: that ends it",
        id="block-without-beginning",
    ),
    pytest.param(
        "sections/results.qmd",
        "results/figures/returns.svg",
        "https://example.org/returns.svg",
        "paper/sections/results.qmd:16: figure: expected a local file, found 'https://example.org",
        id="figure-on-the-network",
    ),
    pytest.param(
        "sections/results.qmd",
        ' fig-alt="{{< alt returns >}}"',
        "",
        "paper/sections/results.qmd:16: figure 'results/figures/returns.svg': expected fig-alt",
        id="figure-without-alternative",
    ),
    pytest.param(
        "sections/results.qmd",
        " {{< source returns >}}",
        "",
        "paper/sections/results.qmd:16: figure 'results/figures/returns.svg': expected a caption",
        id="figure-without-source",
    ),
    pytest.param(
        "sections/results.qmd",
        "refers back to @fig-returns.",
        "refers back to @fig-return.",
        "paper/sections/results.qmd:18: reference @fig-return: expected the label {#fig-return}, "
        "found none; nearest: 'fig-returns'",
        id="reference",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "{#tbl-events}",
        "{#tbl-returns}",
        "paper/sections/appendix.qmd:13: label 'tbl-returns': expected once, found at "
        "paper/sections/results.qmd:20 too",
        id="label-twice",
    ),
    pytest.param(
        "sections/introduction.qmd",
        "@smith2020]",
        "@smith2021]",
        "paper/sections/introduction.qmd:4: citation: expected a key of references.bib, found "
        "'smith2021'; nearest: 'smith2020'",
        id="citation",
    ),
    pytest.param(
        "references.bib",
        "@book{smith2020,",
        "@book{,",
        'references.bib: expected BibTeX entries, found: Error at "references.bib" (line 12, ',
        id="bibliography",
    ),
    pytest.param(
        "sections/introduction.qmd",
        "@smith2020]",
        "@fig-returns]",
        "paper/sections/introduction.qmd:4: citation: expected brackets of its own, found",
        id="citation-among-references",
    ),
    pytest.param(
        "index.qmd",
        "sections/introduction.qmd",
        "sections/intro.qmd",
        "paper/index.qmd:20: include: expected the file sections/intro.qmd, found none",
        id="include",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "The rules.",
        "{{< include sections/rules.qmd >}}",
        "paper/sections/appendix.qmd:7: include: expected alone on a line of paper/index.qmd",
        id="nested-include",
    ),
    pytest.param(
        "index.qmd",
        "{{< include sections/appendix.qmd >}}",
        "<!-- {{< include sections/appendix.qmd >}} -->",
        "paper/index.qmd:29: include: expected alone on a line of paper/index.qmd",
        id="include-in-a-comment",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "The rules.",
        "{{< tabel rules >}}",
        "paper/sections/appendix.qmd:7: shortcode: expected num, interval, alt, source, table, "
        "folded, passage, web, unsettled, interactive, panel, exhibits, include, found 'tabel'; "
        "nearest: 'table', 'panel', 'alt'",
        id="shortcode",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "The rules.",
        "{{< num >}}",
        "paper/sections/appendix.qmd:7: shortcode 'num': expected one name, found none",
        id="shortcode-without-key",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "The rules.",
        "{{< num sample.car sample.beta >}}",
        "paper/sections/appendix.qmd:7: shortcode 'num': expected one name, found 2",
        id="shortcode-with-two-keys",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "The rules.",
        "See {{< table events >}} here.",
        "paper/sections/appendix.qmd:7: shortcode 'table': expected alone in its paragraph",
        id="table-in-text",
    ),
    *(
        pytest.param(
            "sections/appendix.qmd",
            "The rules.",
            f"The rules: {written} say.",
            "paper/sections/appendix.qmd:7: shortcode: expected {{< NAME KEY >}} on one line, "
            f'found "The rules: {shown}',
            id=f"malformed-{shown}",
        )
        for written, shown in [
            ("{{< num sample.car }}", "{{< num sample.car }}"),
            ("{{<num\nsample.car >}}", "{{<num"),
            ("{{ num sample.car >}}", "{{ num sample.car >}}"),
            ("{< num sample.car >}", "{< num sample.car >}"),
        ]
    ),
    pytest.param(
        "sections/introduction.qmd",
        ' is="supported"',
        "",
        'paper/sections/introduction.qmd:11: claim "Beta exceeds one.": expected {.claim key="..." '
        'is="..."}, found {.claim key="sample.beta"}',
        id="claim-without-verdict",
    ),
    pytest.param(
        "sections/introduction.qmd",
        '.claim key="sample.beta"',
        '.clam key="sample.beta"',
        'claim "Beta exceeds one.": expected {.claim key="..." is="..."}, found {.clam',
        id="claim-misspelt",
    ),
    pytest.param(
        "sections/introduction.qmd",
        "exceeds one.]{.claim",
        "exceeds one.{.claim",
        "paper/sections/introduction.qmd:11: span: expected [words]{...} in one",
        id="span-without-bracket",
    ),
    pytest.param(
        "sections/introduction.qmd",
        "[Beta exceeds",
        "Beta exceeds",
        "paper/sections/introduction.qmd:11: span: expected [words]{...} in one",
        id="span-not-opened",
    ),
    pytest.param(
        "sections/introduction.qmd",
        'is="supported"}',
        'is="supported"',
        "paper/sections/introduction.qmd:11: span: expected [words]{...} in one",
        id="span-without-brace",
    ),
    pytest.param(
        "sections/results.qmd",
        "Deep text.",
        "It fell by 8 percent.",
        "paper/sections/results.qmd:37: numeral: expected {{< num KEY >}}, found one typed by han",
        id="numeral",
    ),
]
MISFITS = [
    pytest.param(
        "sections/introduction.qmd",
        "A list item with {{< num sample.beta >}}.",
        "A list item with {{< num sample.bet >}}.",
        "paper/sections/introduction.qmd:13: expected a published number, found 'sample.bet'; "
        "nearest: 'sample.beta'",
        id="number",
    ),
    pytest.param(
        "sections/introduction.qmd",
        "A list item with {{< num sample.beta >}}.",
        "A list item with {{< interval sample.count >}}.",
        "paper/sections/introduction.qmd:13: expected a number with an interval, found 'sample.co",
        id="interval",
    ),
    pytest.param(
        "sections/results.qmd",
        "{{< alt returns >}}",
        "{{< alt return >}}",
        "paper/sections/results.qmd:16: expected a published figure, found 'return'; nearest: 're",
        id="alternative-text",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "{{< table events >}}",
        "{{< table event >}}",
        "paper/sections/appendix.qmd:15: expected a published table, found 'event'; nearest: 'eve",
        id="table",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "passage rules",
        "passage rule",
        "paper/sections/appendix.qmd:9: expected a published passage, found 'rule'; nearest: 'rul",
        id="passage",
    ),
    pytest.param(
        "sections/results.qmd",
        "results/figures/returns.svg",
        "results/figures/gone.svg",
        "paper/sections/results.qmd:16: expected a figure file, found no 'results/figures/gone.sv",
        id="figure-file",
    ),
    pytest.param(
        "sections/introduction.qmd",
        'key="sample.beta" is="supported"',
        'key="sample.gamma" is="supported"',
        "expected a published claim (in \"Beta exceeds one.\"), found 'sample.gamma'",
        id="claim-key",
    ),
]


def test_a_sound_paper_passes(sample: Path) -> None:
    """The sample as it stands has no problem, alone or beside its results."""
    check_sources(sample)
    assert find_misfits(sample) == []


@pytest.mark.parametrize(("name", "old", "new", "message"), FAULTS)
def test_a_fault_of_the_text_needs_no_results(
    sample: Path, change: Change, name: str, old: str, new: str, message: str
) -> None:
    """Each kind of fault stops the check with place, expected and found, before any result."""
    shutil.rmtree(sample / "results")
    change(name, old, new)
    with pytest.raises(RenderError, match=re.escape(message)):
        check_sources(sample)


@pytest.mark.parametrize(("name", "old", "new", "message"), MISFITS)
def test_a_key_that_is_not_published_is_named(
    sample: Path, change: Change, name: str, old: str, new: str, message: str
) -> None:
    """A key is no fault of the text: an analysis may be about to publish it."""
    change(name, old, new)
    assert message in "\n".join(find_misfits(sample))


def test_a_figure_that_is_not_drawn_yet_fits(sample: Path) -> None:
    """A clone has no figures before its first run; that they are published is enough."""
    (sample / "results/figures/returns.svg").unlink()
    assert find_misfits(sample) == []


def test_comments_hold_no_faults(sample: Path, change: Change) -> None:
    """A passage that was commented out is not read."""
    old = "Text between the exhibits refers back to @fig-returns."
    change("sections/results.qmd", old, "<!-- See @fig-x, [@y2020], it fell 9%. -->")
    check_sources(sample)


def test_lines_in_latin_1_are_named(sample: Path) -> None:
    """A file in another encoding is named with the line that shows it."""
    path = sample / "sections/results.qmd"
    path.write_bytes(path.read_bytes() + "na\u00efve".encode("latin-1"))
    with pytest.raises(
        RenderError, match=r"paper/sections/results\.qmd:38: expected UTF-8, found the b"
    ):
        check_sources(sample)


@pytest.mark.parametrize("key", ["sample.beta", "sample.rise"])
def test_a_changed_verdict_names_its_sentence(sample: Path, key: str) -> None:
    """When the analysis comes to another verdict, the sentence that states the old one is named."""
    path = sample / "results" / "claims.json"
    claims = json.loads(path.read_text(encoding="utf-8"))
    stated = claims["verdicts"][key]["verdict"]
    claims["verdicts"][key]["verdict"] = "not supported"
    path.write_text(json.dumps(claims), encoding="utf-8")
    message = (
        f"claim '{key}': the paper says '{stated}', the analysis says 'not supported'; rewrite"
    )
    assert message in "\n".join(find_misfits(sample))


def test_every_problem_is_listed_in_order(sample: Path, change: Change) -> None:
    """Faults of two files give one error with a line each, by file and line."""
    change("sections/results.qmd", "refers back to @fig-returns.", "see 8 of {{< num >}}.")
    change("sections/introduction.qmd", 'key="sample.rise"', "")
    with pytest.raises(RenderError, match="3 problems in the sources") as caught:
        check_sources(sample)
    places = [line.split(": ")[0].strip() for line in str(caught.value).splitlines()[1:]]
    assert places[0].startswith("paper/sections/introduction.qmd:10")
    assert places[1:] == ["paper/sections/results.qmd:18"] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected JSON with an object 'numbers', found: Expecting property name"),
        ("[]", "expected JSON with an object 'numbers'"),
        ('{"numbers": {}}', "expected data.as_of"),
        (None, "expected results, found none; first run: nox -s paper"),
    ],
)
def test_broken_results_are_named(sample: Path, content: str | None, message: str) -> None:
    """A damaged or absent numbers.json is reported as such, not as unknown numbers."""
    path = sample / "results" / "numbers.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ResultsError, match=message) as caught:
        find_misfits(sample)
    assert "numbers.json" in str(caught.value)


def test_a_folder_without_a_paper_is_named(sample: Path) -> None:
    """Without index.qmd there is nothing to check."""
    (sample / "index.qmd").unlink()
    with pytest.raises(RenderError, match=r"index\.qmd: expected the paper, found none"):
        check_sources(sample)
