"""Contents, figures and previews of the rendered page in a real browser, at each size."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

# What either renderer makes of them: either page can be held against these tests.
FIGURE = ":is(figure.float-fig, .quarto-float-fig)"
PREVIEW = ":is(#preview, .tippy-box)"


@pytest.mark.parametrize(("width", "is_open"), [(360, False), (768, False), (1440, True)])
def test_contents_are_closed_unless_beside_the_text(visit, width, is_open):
    """Where the contents would stand before the text they are closed, and open by hand."""
    page = visit(width)
    details = page.locator("#TOC details")
    assert details.evaluate("d => d.open") is is_open
    if not is_open:
        page.locator("#TOC summary").press("Enter")
        assert details.evaluate("d => d.open")


def test_contents_follow_the_reading(visit):
    """The section in view is marked in the contents, and in view there too."""
    page = visit()
    page.locator("#sec-limits").evaluate("e => e.scrollIntoView()")
    current = page.locator("#TOC a[aria-current]")
    current.wait_for()
    assert current.get_attribute("href") == "#sec-limits"
    assert current.evaluate("e => e.getBoundingClientRect().bottom <= innerHeight")


def test_a_figure_keeps_its_width_on_a_phone(visit):
    """At 360 pixels the words of a figure stay legible: it scrolls in a box of its own."""
    page = visit(360)
    image = page.locator(f"{FIGURE} img:not(.explorer-static)").first
    assert image.evaluate("i => i.getBoundingClientRect().width") >= 560
    assert image.evaluate("i => i.closest('[tabindex]').tabIndex") == 0


@pytest.mark.parametrize("width", [360, 768])
def test_a_day_keeps_to_one_line(visit, width):
    """No day such as 2025-10-09 is broken at its hyphens in a table, however narrow the window."""
    broken = visit(width).evaluate(
        """() => [...document.querySelectorAll('td')].flatMap(cell => {
          const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), found = [];
          while (texts.nextNode())
          for (const day of texts.currentNode.data.matchAll(/\\d{4}-\\d\\d-\\d\\d/g)) {
            const range = document.createRange();
            range.setStart(texts.currentNode, day.index);
            range.setEnd(texts.currentNode, day.index + day[0].length);
            const boxes = [...range.getClientRects()].filter(box => box.width);
            if (new Set(boxes.map(box => Math.round(box.top))).size > 1) found.push(day[0]);
          }
          return found;
        })"""
    )
    assert broken == []


def test_the_ledger_holds_its_columns(visit):
    """At 768 pixels the ledger fits its box; at 360 claim and verdict are whole in view."""
    beyond = "t => t.scrollWidth - t.closest('.scroll').clientWidth"
    assert visit(768).locator("#tbl-ledger table").evaluate(beyond) <= 0
    verdicts = (
        visit(360)
        .locator("#tbl-ledger table")
        .evaluate(
            """t => { const edge = t.closest('.scroll').getBoundingClientRect().right;
          const all = [...t.querySelectorAll('.verdict')];
          return all.map(v => v.getBoundingClientRect().right - edge); }"""
        )
    )
    assert verdicts
    assert max(verdicts) <= 0


def test_a_figure_is_dark_in_dark_mode(visit):
    """A figure takes the colours of the page in dark mode and stays as drawn in light and print."""
    dark, light = visit(dark=True), visit()
    look = "i => getComputedStyle(i).filter"
    image = f"{FIGURE} img:not(.explorer-static)"
    assert "invert" in dark.locator(image).first.evaluate(look)
    assert light.locator(image).first.evaluate(look) == "none"
    dark.emulate_media(media="print", color_scheme="dark")
    assert dark.locator(image).first.evaluate(look) == "none"


def test_a_reference_shows_what_it_leads_to(visit):
    """On focus a reference shows the exhibit inside the window; Escape takes it away."""
    page = visit()
    link = page.locator("main p a.quarto-xref[href^='#tbl-']").first
    link.focus()
    preview = page.locator(PREVIEW)
    preview.wait_for()
    assert "Table" in preview.inner_text()
    assert page.locator("#preview").locator("[id], [tabindex], a").count() == 0
    box = preview.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1440
    page.keyboard.press("Escape")
    preview.wait_for(state="hidden")
    page.locator("main p a[href^='#ref-']").first.hover()
    preview.wait_for()


def test_a_caption_begins_with_its_number(visit):
    """The caption that follows the reader's event keeps its number in front."""
    page = visit()
    page.locator(".explorer-ranges svg").wait_for()
    assert page.locator("#fig-explorer figcaption").inner_text().startswith("Figure")
