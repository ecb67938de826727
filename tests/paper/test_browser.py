"""The rendered page in a real browser; needs Chromium and a rendered paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "paper/_output/rare-earth-headlines.html"
PROBE = """
<script>
addEventListener('load', () => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const blank = [...document.images].filter(i => !i.complete || i.naturalWidth === 0).length;
  const hidden = [...document.querySelectorAll('table')].filter(t => {
    let box = t.parentElement;
    while (box && getComputedStyle(box).overflowX === 'visible') box = box.parentElement;
    return t.scrollWidth > innerWidth && (!box || box === document.body);
  }).length;
  const images = document.images.length;
  parent.postMessage(
    `overflow=${wide} blank=${blank} hidden=${hidden} images=${images} width=${innerWidth}`, '*');
});
</script>
"""
# The browser's window has a least width, a frame has none.
FRAME = """<!DOCTYPE html><title>waiting</title>
<script>addEventListener('message', e => { document.title = `probe ${e.data}`; });</script>
<iframe src="page.html" style="width:%dpx;height:900px;border:0"></iframe>
"""


def probe(folder: Path, width: int) -> dict[str, int]:
    """Open the page at a width and return what the script in it measured."""
    page = folder / "page.html"
    page.write_text(PAGE.read_text("utf-8").replace("</head>", PROBE + "</head>", 1), "utf-8")
    frame = folder / "frame.html"
    frame.write_text(FRAME % width, "utf-8")
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    assert browser, "expected Chromium on PATH; install the Debian package chromium"
    run = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         f"--user-data-dir={folder / 'profile'}", "--window-size=1500,1000",
         "--virtual-time-budget=8000", "--dump-dom", frame.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    title = re.search(r"<title>probe (.*?)</title>", run.stdout)
    assert title, "the page did not finish loading"
    return {k: int(v) for k, v in (pair.split("=") for pair in title.group(1).split())}


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_page_does_not_overflow_and_shows_every_figure(tmp_path, width):
    """At every width nothing is wider than the window, tables scroll in a box, figures load."""
    seen = probe(tmp_path, width)
    assert seen["width"] == width
    assert seen["overflow"] <= 0
    assert seen["blank"] == 0
    assert seen["hidden"] == 0
    assert seen["images"] >= 6
