"""The Lua code stops a render by itself, also when nobody has checked the sources before."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import RenderError
from analysis.publish.render import render
from analysis.publish.renderers.base import Format, render_environment
from analysis.publish.renderers.pandoc import find_pandoc
from analysis.publish.renderers.quarto import find_quarto

Change = Callable[[str, str, str], None]

GUARDS = [
    pytest.param(
        "sections/introduction.qmd",
        "A list item with {{< num sample.beta >}}.",
        "A list item with {{< num sample.bet >}}.",
        "sections/introduction.qmd:13: unknown number 'sample.bet': not in "
        "paper/results/numbers.json; nearest: 'sample.beta'",
        id="number",
    ),
    pytest.param(
        "sections/introduction.qmd",
        "{{< num sample.firms capital >}}",
        "{{< num sample.firms capitals >}}",
        "sections/introduction.qmd:18: shortcode 'num': expected one name, found 2",
        id="number-and-more",
    ),
    pytest.param(
        "results/claims.json",
        '"verdict": "supported"',
        '"verdict": "refuted"',
        "claim 'sample.beta': the paper says 'supported', the analysis says 'refuted'; rewrite the "
        'sentence "Beta exceeds one."',
        id="verdict",
    ),
    pytest.param(
        "sections/introduction.qmd",
        'key="sample.beta"',
        'key="sample.gamma"',
        "unknown claim 'sample.gamma'",
        id="claim-key",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "{{< table events >}}",
        "{{< table event >}}",
        "table 'event': expected the file paper/results/tables/event.md, found none",
        id="table",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "The rules.",
        "See {{< table events >}} here.",
        "sections/appendix.qmd:7: the shortcode 'table' stands alone in its paragraph",
        id="table-in-text",
    ),
    pytest.param(
        "sections/results.qmd",
        "{{< alt returns >}}",
        "{{< alt return >}}",
        "unknown figure 'return'",
        id="alternative-text",
    ),
    pytest.param(
        "sections/results.qmd",
        ' fig-alt="{{< alt returns >}}"',
        "",
        "figure 'fig-returns': expected fig-alt",
        id="figure-without-alternative",
    ),
    pytest.param(
        "sections/results.qmd",
        "refers back to @fig-returns.",
        "refers back to @fig-nothing.",
        "unresolved reference @fig-nothing: no figure has this identifier",
        id="reference",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "passage rules",
        "passage rule",
        "passage 'rule': expected the file paper/results/passages/rule.md, found none",
        id="passage",
    ),
    pytest.param(
        "sections/appendix.qmd",
        "{#tbl-events}",
        "{#tbl-returns}",
        "the identifier 'tbl-returns' is used twice",
        id="identifier-twice",
    ),
    pytest.param(
        "index.qmd",
        "sections/introduction.qmd",
        "sections/intro.qmd",
        "index.qmd:20: the included file 'sections/intro.qmd' does not exist",
        id="include",
    ),
    pytest.param(
        "sections/results.qmd",
        "R_{m,t} + \\varepsilon_{i,t} $$",
        "R_{m,t} + {{< num sample.beta >}} $$",
        "sections/results.qmd:5: a shortcode cannot stand in mathematics",
        id="mathematics",
    ),
    pytest.param(
        "results/numbers.json",
        '"schema": 1',
        '"schema": 1,,',
        "paper/results/numbers.json: expected JSON with 'numbers'",
        id="broken-results",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "message"), GUARDS)
@pytest.mark.parametrize("format_", ["html", "pdf"])
def test_a_fault_stops_the_render(
    sample: Path, change: Change, format_: Format, name: str, old: str, new: str, message: str
) -> None:
    """The render fails in either format with one line that names the fault, and writes nothing."""
    change(name, old, new)
    target = sample / f"out.{format_}"
    with pytest.raises(RenderError, match=re.escape(message)) as caught:
        find_pandoc().build(sample, target, format_, render_environment("2026-08-03"))
    assert "\n" not in str(caught.value)
    assert not target.exists()


@pytest.mark.parametrize(("name", "old", "new", "message"), GUARDS[:2])
def test_a_fault_stops_quarto(
    sample: Path, change: Change, name: str, old: str, new: str, message: str
) -> None:
    """Quarto, where there is one, stops at an unknown number and at a verdict that has flipped."""
    quarto = find_quarto()
    if quarto is None:
        with pytest.raises(RenderError, match="expected Quarto"):
            render(sample, renderer="quarto", echo=lambda _: None)
        return
    change(name, old, new)
    target = sample / "out.html"
    without_place = message.partition(".qmd:13: ")[2] or message  # which Quarto does not hand on
    with pytest.raises(RenderError, match=re.escape(without_place.split("; nearest")[0])):
        quarto.build(sample, target, "html", render_environment("2026-08-03"))
    assert not target.exists()
