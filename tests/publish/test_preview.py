"""The preview serves the page, tells when it changed, and knows a source from a result."""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path

import pytest

from analysis.commands.preview import is_source
from analysis.errors import RenderError
from analysis.publish.preview import serve
from analysis.publish.renderers.base import STEM


def get(address: str) -> str:
    """Return what the server answers."""
    with urllib.request.urlopen(address, timeout=5) as answer:
        return answer.read().decode()


def test_the_page_is_served_and_its_stamp_follows_the_file(tmp_path):
    """The served page asks for a stamp, which changes when the page is written anew."""
    page = tmp_path / f"{STEM}.html"
    page.write_text("<p>first</p>")
    with serve(tmp_path, 0) as address:
        assert "<p>first</p>" in get(address)
        assert "/stamp" in get(address)
        before = get(address + "stamp")
        page.write_text("<p>second</p>")
        os.utime(page, (1, 1))  # two writes can fall into one tick of the file system's clock
        assert get(address + "stamp") != before
        assert "<p>second</p>" in get(address)
    assert page.read_text() == "<p>second</p>"


def test_a_taken_port_is_named(tmp_path):
    """Two previews on one port: the second says so in one line."""
    with serve(tmp_path, 0) as address:
        port = int(address.rsplit(":", 1)[1].strip("/"))
        with (
            pytest.raises(RenderError, match=f"port {port} to be free"),
            serve(tmp_path, port),
        ):
            pass


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("paper/sections/data.qmd", True),
        ("analysis/findings/ledger.py", True),
        ("data/events.csv", True),
        ("paper/results/numbers.json", False),
        ("paper/results/tables/events.md", False),
        ("paper/_output/rare-earth-headlines.html", False),
        ("data/derived/returns.csv", False),
        ("analysis/__pycache__/x.py", False),
    ],
)
def test_what_a_build_writes_calls_for_no_build(name, expected):
    """A build would otherwise call for the next one for ever."""
    assert is_source(Path(name)) is expected
