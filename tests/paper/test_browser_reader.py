"""What a reader changes on the rendered page, and sees behind its numbers, in a real browser."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser


def _panel(page):
    page.locator("#reader tbody tr").first.wait_for()
    return page.locator("#reader")


def test_a_choice_is_answered_in_panel_ledger_and_text(visit):
    """Every claim says something else or which choices do not apply; sentences get a note."""
    page = visit()
    panel = _panel(page)
    rows = panel.locator("tbody tr")
    before = rows.all_inner_texts()
    assert len(before) == page.locator("#tbl-ledger tbody tr").count()
    assert page.locator(".reader-note").count() == 0
    panel.locator("select[name=window]").select_option("0_4")
    after = rows.all_inner_texts()
    row = {text.split()[0]: text for text in after}
    assert "window [0, +4]" in row["B3"]
    assert row["B3"] not in before
    assert "its own window" in row["A12"]
    assert "No choice applies" in row["B1"]
    notes = page.locator("#tbl-ledger .reader-note").all_inner_texts()
    assert len(notes) == len(after)
    assert all("exploratory" in note and "Ledger:" in note for note in notes)
    told = page.locator(".claim[data-key=B3] + .reader-note").first.inner_text()
    estimate = re.search(r"[−\d.]+% \([−\d.]+% to [−\d.]+%\)", row["B3"])
    assert estimate is not None
    assert estimate[0] in told
    assert "Exploratory" in panel.locator("[role=status]").inner_text()
    panel.get_by_role("button").click()
    page.wait_for_function("document.querySelectorAll('.reader-note').length === 0")


def test_the_first_choice_says_what_the_ledger_prints(visit):
    """Estimate and interval of each argued claim are those of the ledger, as printed."""
    page = visit()
    rows = _panel(page).locator("tbody tr").all_inner_texts()
    said = {text.split()[0]: text for text in rows}
    ledger = page.locator("#tbl-ledger").inner_text()
    shown = [m[0] for t in said.values() if (m := re.search(r"[−\d.]+% \(.*?%\)", t))]
    assert len(shown) >= 10
    assert all(text in ledger for text in shown)


def test_an_address_brings_the_choice_back(visit):
    """The address follows the choice, and opened anew it shows the same."""
    page = visit()
    panel = _panel(page)
    panel.locator("select[name=benchmark]").select_option("IWM")
    panel.locator("select[name=contamination]").select_option("keep")
    address = page.evaluate("location.href")
    assert "benchmark=IWM" in address
    wanted = panel.locator("tbody").inner_text()
    page.goto("about:blank")
    page.goto(address + "&row=B3")
    assert _panel(page).locator("tbody").inner_text() == wanted
    assert page.evaluate("document.activeElement.closest('tr').id") == "reader-B3"


def test_earlier_years_answer_where_they_say_the_same(visit):
    """Other samples reach the claim that has a counterpart; the others say that none applies."""
    page = visit()
    panel = _panel(page)
    for sample, words in (("history", "of the years before"), ("both", "of both studies")):
        panel.locator("select[name=sample]").select_option(sample)
        row = {t.split()[0]: t for t in panel.locator("tbody tr").all_inner_texts()}
        assert words in row["B3"]
        assert "Not applicable" in row["A3"]


def test_the_panel_is_for_the_keyboard_and_off_in_print(visit):
    """Selects are reached by Tab and changed by arrows; paper shows neither panel nor notes."""
    page = visit(360)
    panel = _panel(page)
    panel.locator("select[name=window]").focus()
    page.keyboard.press("ArrowDown")
    assert panel.locator("select[name=window]").evaluate("s => s.selectedIndex") == 1
    assert panel.locator("[role=status]").get_attribute("aria-live") == "polite"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.emulate_media(media="print")
    assert panel.is_hidden()
    assert page.locator(".reader-note").first.is_hidden()


def test_a_number_shows_its_rows(visit):
    """The pointer on a number shows estimand, interval and rows as printed, Escape hides them."""
    page = visit()
    number = page.locator('main .num[data-key="claim.b3.effect"]').first
    number.hover()
    told = page.locator("#tip").inner_text()
    assert "tightening less easing" in told
    assert re.search(r"first 10 of \d+ rows", told)
    assert re.search(r"2025-\d\d-\d\d\s+MP", told)
    assert number.get_attribute("title") is None
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()
    assert number.get_attribute("title")
    titles = page.eval_on_selector_all(".num, .claim", "all => all.map(e => e.title)")
    assert not [t for t in titles if re.search(r"car_m?\d|(?<![\w-])-\d|\d\.0?[1-9]\d{3}", t)]


def test_tab_reaches_numbers_on_request_only(visit):
    """Numbers are no tab stops until the button, or its keys, ask for them."""
    page = visit()
    stops = (
        "() => [...document.querySelectorAll('.num, .claim')].filter(e => e.tabIndex >= 0).length"
    )
    button = page.get_by_role("button", name="Tab stops at numbers and claims")
    assert page.evaluate(stops) == 0
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert page.evaluate(stops) > 100
    page.keyboard.press("Alt+Shift+KeyN")
    assert page.evaluate(stops) == 0


def test_the_caption_follows_the_event_and_the_address_keeps_it(visit):
    """Another event has another caption, and its address opens with it."""
    page = visit()
    explorer = page.locator("#explorer")
    explorer.locator("svg").first.wait_for()
    event = explorer.locator("select[name=event]")
    caption = page.locator("#fig-explorer figcaption").first
    before = caption.inner_text()
    option = event.locator("option").nth(3)
    event.select_option(option.get_attribute("value"))
    assert option.inner_text()[:40] in caption.inner_text()
    address = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(address)
    page.locator("#explorer svg").first.wait_for()
    assert option.get_attribute("value") == event.input_value()
    assert caption.inner_text() != before
