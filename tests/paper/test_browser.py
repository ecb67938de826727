"""The rendered page in a real browser; needs Chromium and a rendered paper."""

from __future__ import annotations

from importlib.resources import files

import pytest

from analysis.publish.review.document import Document, Marked, Picture, Section, Span
from analysis.publish.review.page_form import write_page

WIDTHS = [360, 768, 1440]
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
SIZES = """() => {
  const wide = [...document.querySelectorAll('table')].filter(table => {
    let box = table.parentElement;
    while (box && getComputedStyle(box).overflowX === 'visible') box = box.parentElement;
    return table.scrollWidth > innerWidth && (!box || box === document.body);
  });
  return {
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    blank: [...document.images].filter(i => !i.complete || i.naturalWidth === 0).length,
    hidden: wide.length,
    images: document.images.length,
  };
}"""

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", WIDTHS)
def test_page_does_not_overflow_and_shows_every_figure(visit, width):
    """At every width nothing is wider than the window, tables scroll in a box, figures load."""
    seen = visit(width).evaluate(SIZES)
    assert seen["overflow"] <= 0
    assert seen["blank"] == 0
    assert seen["hidden"] == 0
    assert seen["images"] >= 6


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_no_violation(visit, width, dark):
    """WCAG 2.1 at level AA holds in light and dark, narrow and wide."""
    page = visit(width, dark=dark)
    page.wait_for_selector(".explorer-ranges svg")
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    options = {"runOnly": STANDARD, "resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    found = [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in result["violations"]]
    assert found == []


def test_a_number_explains_itself_to_the_keyboard(visit):
    """Focus on a number shows what its title says, inside the window, without a script, too."""
    page = visit(360, script=False)
    number = page.locator("main .num").first
    number.focus()
    shown = number.evaluate("e => getComputedStyle(e, '::after').content")
    assert number.get_attribute("title")[:20] in shown
    page = visit(360)
    number = page.locator("main .num").first
    told = number.get_attribute("title")
    number.focus()
    assert told.split("; ")[0] in page.locator("#tip").inner_text()
    assert page.evaluate(SIZES)["overflow"] <= 0


@pytest.mark.parametrize("width", [360, 1440])
def test_the_ledger_opens_the_row_of_the_address(visit, width):
    """A link of the strip leads to its claim's row, which folds out; the verdict is in view."""
    page = visit(width)
    page.locator(".verdict-strip a[href='#claim-b3']").click()
    row = page.locator("table.folded tr", has=page.locator("#claim-b3"))
    row.locator(".verdict").wait_for()
    box = row.locator(".verdict").bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= width
    assert page.locator("table.folded tr.more details[open]").count() == 1
    assert "two-sample" in page.locator("table.folded tr.more details[open]").inner_text()
    assert page.evaluate(SIZES)["overflow"] <= 0


def test_the_ledger_sorts_and_filters_by_keyboard(visit):
    """Verdict and words leave the rows that have them, whose number is told; a head sorts."""
    page = visit()
    rows = page.locator("table.folded tbody tr:not(.more):visible")
    told = page.locator(".folded-controls output")
    assert told.inner_text() == f"{rows.count()} of {rows.count()} rows"
    page.get_by_label("Verdict").select_option("not testable")
    assert 0 < rows.count() == int(told.inner_text().split()[0])
    assert set(rows.locator(".verdict").all_inner_texts()) == {"not testable"}
    page.get_by_label("Verdict").select_option("")
    head = page.locator("table.folded thead th").nth(2)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    shown = [
        t.split("%")[0] for t in page.locator("table.folded td:nth-child(3)").all_inner_texts()
    ]
    percentages = [
        float(t.replace("−", "-")) for t in shown if t.lstrip("−").replace(".", "").isdigit()
    ]
    assert percentages == sorted(percentages)
    page.get_by_label("Words").fill("magnet partnerships")
    assert rows.count() == 1


def test_the_explorer_follows_the_reader(visit):
    """Another event, window or firm changes the drawing and the words beside it."""
    page = visit()
    explorer = page.locator("#explorer")
    explorer.locator("svg").first.wait_for()
    note = explorer.locator(".explorer-note")
    before = note.inner_text()
    assert before.startswith("Days 0 to 4. MP: return")
    explorer.get_by_label("to day").select_option("1")
    assert note.inner_text().startswith("Days 0 to 1.")
    explorer.get_by_label("MP", exact=True).uncheck()
    assert "MP:" not in note.inner_text()
    marks = explorer.locator(".explorer-ways .mark-text.role-mark text")
    assert sorted(marks.all_text_contents()) == ["CRML", "USAR"]
    event = explorer.locator("select[name=event]")
    event.select_option(event.locator("option").first.get_attribute("value"))
    assert "no complete window" in note.inner_text()
    assert page.locator("#fig-explorer img").is_hidden()


def test_the_explorer_agrees_with_the_static_picture(visit):
    """The first view of the figure says the numbers of its text alternative."""
    page = visit()
    note = page.locator(".explorer-note")
    page.locator(".explorer-ranges svg").wait_for()
    alternative = page.locator("#fig-explorer img").get_attribute("alt")
    for firm in ("MP", "USAR", "CRML"):
        value = alternative.split(f"{firm} ")[1].split(" ")[0]
        assert f"abnormal {value}" in note.inner_text().split(f"{firm}:")[1]


def test_without_scripts_the_picture_stays(visit):
    """A page without scripts shows the static figure and no form."""
    page = visit(script=False)
    assert page.locator("#fig-explorer img").is_visible()
    assert page.locator("#explorer").is_hidden()


def test_print_shows_pictures_and_no_controls(visit, tmp_path):
    """On paper the static figure stands, forms and contents are gone, and pages are made."""
    page = visit()
    page.locator(".explorer-ranges svg").wait_for()
    page.emulate_media(media="print")
    assert page.locator("#fig-explorer img").is_visible()
    assert page.locator("#explorer").is_hidden()
    page.pdf(path=tmp_path / "print.pdf", format="A4")
    assert (tmp_path / "print.pdf").stat().st_size > 100_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_of_a_comparison_fits_a_phone(browser, tmp_path, scheme):
    """Nothing but the boxes of tables scrolls sideways at 360 pixels, no words lie on others."""
    key = "a_very_long_key_of_a_number." * 4
    rows = [(key, "A sentence of some length in a cell. " * 4, "1", "2")] * 50
    made = Document(
        "Results: main (1234567) → HEAD (7654321)",
        ["No result differs."],
        alarm="The committed results are stale.",
        sections=[
            Section("Numbers that moved", ("number", "sentence", "before", "now"), rows[:9]),
            Section("Tables that changed", ("table", "row", "before", "now"), rows),
            Section("The text", marked=[Marked(f"{key}.qmd:1", (Span("deleted", key),))]),
            Section("Figures", ("figure",), [(key,)], pictures=[Picture(key, b"<svg/>", None)]),
        ],
    )
    path = tmp_path / "diff.html"
    path.write_text(write_page(made), "utf-8")
    context = browser.new_context(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(SIZES)["overflow"] == 0
    assert page.evaluate(SIZES)["hidden"] == 0
    spilt = "c => c.filter(x => x.scrollWidth > x.clientWidth + 1).length"
    assert page.eval_on_selector_all("td", spilt) == 0
    page.click("nav a >> text=The text")
    assert page.evaluate("document.querySelector(':target h2').getBoundingClientRect().top") < 800
    context.close()
