"""A small paper that uses every construct, laid over the project's own templates and filters."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.publish.render import RenderReport, render

HERE = Path(__file__).parent
PAPER = HERE.parents[1] / "paper"
PAGE = PAPER / "_output/rare-earth-headlines.html"
MACHINERY = ("_extensions", "pandoc", "_quarto.yml", "theme.scss", "theme-dark.scss")


def _silent(_: str) -> None:
    """Take the place of the echo."""


def _lay_out(folder: Path) -> Path:
    shutil.copytree(HERE / "sample", folder)
    for name in MACHINERY:
        source = PAPER / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copyfile(source, folder / name)
    return folder


@pytest.fixture(scope="session")
def lay_out() -> Callable[[Path], Path]:
    """Return the function that lays the sample paper out in a folder."""
    return _lay_out


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Return a fresh copy of the sample paper."""
    return _lay_out(tmp_path / "paper")


@pytest.fixture
def change(sample: Path) -> Callable[[str, str, str], None]:
    """Return a function that replaces a passage in a file of the sample; it must be there once."""

    def replace(name: str, old: str, new: str) -> None:
        text = (sample / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        (sample / name).write_text(text.replace(old, new), encoding="utf-8")

    return replace


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> RenderReport:
    """Return the report of the sample rendered once with pandoc and typst."""
    folder = _lay_out(tmp_path_factory.mktemp("rendered") / "paper")
    return render(folder, renderer="pandoc", echo=_silent)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start the machine's Chromium."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "expected Chromium on PATH; install the Debian package chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """Open the page at a width; fail on anything it loads and on any error of its scripts."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(width: int = 1440, *, dark: bool = False, script: bool = True):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: faults.extend([r.url] * r.url.startswith("http")))
        page.goto(PAGE.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
