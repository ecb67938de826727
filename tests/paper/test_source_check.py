"""The sources are checked against the results before anything is rendered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import RenderError
from analysis.publish.source_check import check_source

Change = Callable[[str, str, str], None]

FAULTS = [
    pytest.param(
        "sections/introduction.qmd",
        "A list item with {{< num sample.beta >}}.",
        "A list item with {{< num sample.bet >}}.",
        "sections/introduction.qmd:13: unknown number 'sample.bet'; nearest: 'sample.beta'",
        id="number",
    ),
    pytest.param(
        "sections/introduction.qmd",
        "{{< num sample.firms capital >}}",
        "{{< num sample.firms capitals >}}",
        "sections/introduction.qmd:18: unknown number 'sample.firms capitals'; nearest: 'sample.",
        id="number-and-more",
    ),
    pytest.param(
        "sections/results.qmd",
        "{{< alt returns >}}",
        "{{< alt return >}}",
        "sections/results.qmd:16: unknown figure 'return'; nearest: 'returns'",
        id="alternative-text",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "{{< table events >}}",
        "{{< table event >}}",
        "sections/appendix.qmd:15: unknown table 'event'; nearest: 'events'",
        id="table",
    ),
    pytest.param(
        "sections/results.qmd",
        "results/figures/returns.svg",
        "results/figures/gone.svg",
        "sections/results.qmd:16: the figure file 'results/figures/gone.svg' does not exist",
        id="figure-file",
    ),
    pytest.param(
        "sections/results.qmd",
        "results/figures/returns.svg",
        "https://example.org/returns.svg",
        "sections/results.qmd:16: figure 'https://example.org/returns.svg' is not a local file",
        id="figure-on-the-network",
    ),
    pytest.param(
        "sections/results.qmd",
        ' fig-alt="{{< alt returns >}}"',
        "",
        "sections/results.qmd:16: figure 'results/figures/returns.svg' has no fig-alt",
        id="figure-without-alternative",
    ),
    pytest.param(
        "sections/results.qmd",
        "refers back to @fig-returns.",
        "refers back to @fig-nothing.",
        "sections/results.qmd:18: unresolved reference @fig-nothing",
        id="reference",
    ),
    pytest.param(
        "sections/introduction.qmd",
        "@smith2020]",
        "@smith2021]",
        "sections/introduction.qmd:4: unknown citation 'smith2021'; nearest: 'smith2020'",
        id="citation",
    ),
    pytest.param(
        "index.qmd",
        "sections/introduction.qmd",
        "sections/intro.qmd",
        "index.qmd:20: the included file 'sections/intro.qmd' does not exist",
        id="include",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "The rules.",
        "{{< include sections/rules.qmd >}}",
        "sections/appendix.qmd:7: an include inside an included file",
        id="nested-include",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "The rules.",
        "{{< var rules >}}",
        "sections/appendix.qmd:7: unknown shortcode 'var'",
        id="shortcode",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "passage rules",
        "passage rule",
        "unknown passage 'rule'; nearest: 'rules'",
        id="passage",
    ),
    pytest.param(
        "sections/introduction.qmd",
        'key="sample.beta" is="supported"',
        'key="sample.gamma" is="supported"',
        "unknown claim (in \"Beta exceeds one.\") 'sample.gamma'",
        id="claim-key",
    ),
    pytest.param(
        "sections/introduction.qmd",
        'key="sample.beta" is="supported"',
        'key="sample.beta"',
        'sections/introduction.qmd:11: claim "Beta exceeds one.": expected key="..." and is="..."',
        id="claim-without-verdict",
    ),
]


def test_a_sound_paper_passes(sample: Path) -> None:
    """The sample as it stands has no problem."""
    check_source(sample)


@pytest.mark.parametrize(("name", "old", "new", "message"), FAULTS)
def test_a_fault_is_named_with_file_and_line(
    sample: Path, change: Change, name: str, old: str, new: str, message: str
) -> None:
    """Each kind of fault stops the check, with the place and what to do."""
    change(name, old, new)
    with pytest.raises(RenderError, match=re.escape(message)):
        check_source(sample)


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
    with pytest.raises(RenderError, match=re.escape(message)):
        check_source(sample)


def test_every_problem_is_listed(sample: Path, change: Change) -> None:
    """Two faults give one error with two lines, not the first alone."""
    change("sections/appendix.qmd", "{{< table events >}}", "{{< table event >}}")
    change("sections/results.qmd", "refers back to @fig-returns.", "see @fig-nothing.")
    with pytest.raises(RenderError, match="2 problems in the sources") as caught:
        check_source(sample)
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected JSON, found: Expecting property name"),
        ("[]", "expected an object with 'numbers'"),
        ('{"numbers": {}}', "expected data.as_of"),
        (None, "expected the published results, found: No such file"),
    ],
)
def test_broken_results_are_named(sample: Path, content: str | None, message: str) -> None:
    """A damaged or absent numbers.json is reported as such, not as unknown numbers."""
    path = sample / "results" / "numbers.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(RenderError, match=message) as caught:
        check_source(sample)
    assert "numbers.json" in str(caught.value)


def test_a_folder_without_a_paper_is_named(sample: Path) -> None:
    """Without index.qmd there is nothing to check."""
    (sample / "index.qmd").unlink()
    with pytest.raises(RenderError, match=r"index\.qmd: expected the paper, found none"):
        check_source(sample)
