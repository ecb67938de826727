"""The preview serves the page, tells when it changed, and knows a source from a result."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace, preview
from analysis.commands.preview import is_source, read_sources
from analysis.errors import RenderError
from analysis.publish.preview import serve
from analysis.publish.renderers.base import STEM

ROOT = Path(__file__).parents[2]


def get(address: str) -> str:
    """Return what the server answers."""
    with urllib.request.urlopen(address, timeout=5) as answer:
        return answer.read().decode()


def test_the_page_is_served_and_its_stamp_follows_the_file(tmp_path):
    """The served page asks for a stamp, which changes when the page is written anew.

    A report of `diff` beside it is another page.
    """
    page = tmp_path / f"{STEM}.html"
    page.write_text("<p>first</p>")
    (tmp_path / "diff.html").write_text("<p>what a change did</p>")
    with serve(page, 0) as address:
        assert "<p>first</p>" in get(address)
        assert "/stamp" in get(address)
        before = get(address + "stamp")
        page.write_text("<p>second</p>")
        os.utime(page, (1, 1))  # two writes can fall into one tick of the file system's clock
        assert get(address + "stamp") != before
        assert "<p>second</p>" in get(address)
    assert page.read_text() == "<p>second</p>"


def test_before_the_first_build_there_is_a_page(tmp_path):
    """A window that is open at once says what it waits for, and loads the page when it is there."""
    with serve(tmp_path / "page.html", 0) as address:
        assert "No page yet" in get(address)
        assert "/stamp" in get(address)


def test_a_taken_port_is_named(tmp_path):
    """Two previews on one port: the second says so in one line."""
    with serve(tmp_path / "page.html", 0) as address:
        port = int(address.rsplit(":", 1)[1].strip("/"))
        with (
            pytest.raises(RenderError, match=f"port {port} to be free"),
            serve(tmp_path / "page.html", port),
        ):
            pass


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("paper/sections/data.qmd", True),
        ("analysis/questions/ledger/entries.py", True),
        ("data/events.csv", True),
        ("paper/results/numbers.json", False),
        ("paper/results/tables/events.md", False),
        ("paper/_output/rare-earth-headlines.html", False),
        ("data/derived/returns.csv", False),
        ("analysis/__pycache__/x.py", False),
        ("data/manifest.json", True),  # `data --accept` writes it, and nothing else
        ("paper/.results-x1/numbers.json", False),
        ("paper/.results-x1/tables/events.md", False),
        ("data/.derived-x1/returns.csv", False),
        ("data/.swap/prices.csv", False),
        ("paper/_output/.rare-earth-headlines.html.new", False),
        ("paper/sections/.#data.qmd", False),
        ("paper/sections/.data.qmd.swp", False),
        ("paper/sections/data.qmd~", False),
        ("paper/sections/#data.qmd#", False),
        ("paper/sections/4913", False),
        ("data/.~lock.events.csv#", False),
        ("data/~$events.csv", False),
    ],
)
def test_what_a_build_writes_calls_for_no_build(name, expected):
    """A build would otherwise call for the next one for ever."""
    assert is_source(Path(name)) is expected


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """A repository with one source in each folder."""
    for name in ("analysis/a.py", "data/events.csv", "paper/index.qmd"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("first")
    return Workspace.at(tmp_path)


class Watcher:
    """Stands in for watchfiles: each wait makes the next of some changes, the last is Ctrl-C."""

    def __init__(self, *changes):
        self.changes = iter(changes)

    def watch(self, *_, raise_interrupt):
        """Yield after each change."""
        assert not raise_interrupt
        for change in self.changes:
            change()
            yield set()


def run(workspace: Workspace, monkeypatch, build, *changes) -> None:
    """Run the preview over some changes with another way to build."""
    monkeypatch.setitem(sys.modules, "watchfiles", Watcher(*changes))
    monkeypatch.setattr(preview, "_build", lambda *_: build())
    assert main(["preview", "--port", "0"], workspace) == 130


def test_a_build_follows_each_change_and_none_follows_a_build(workspace, monkeypatch, capsys):
    """What a build or an editor leaves behind, or a save without an edit, builds nothing."""
    index = workspace.paper / "index.qmd"
    builds = []

    def build():
        builds.append(index.read_text())
        for name in (".results-x/numbers.json", "results/numbers.json", "_output/a.html"):
            (workspace.paper / name).parent.mkdir(exist_ok=True)
            (workspace.paper / name).write_text(f"build {len(builds)}")

    run(
        workspace, monkeypatch, build,
        lambda: None,  # woken by the build itself
        lambda: index.write_text("second"),
        lambda: None,
        lambda: index.write_text("second"),  # saved without an edit
        lambda: (workspace.data / ".events.csv.swp").write_text("x"),
        lambda: (workspace.data / "~events.csv").write_text("x"),
    )  # fmt: skip
    assert builds == ["first", "second"]
    said = capsys.readouterr().out
    assert said.count("Changed: paper/index.qmd") == 1
    assert said.endswith("Preview ended\n")


def test_a_save_during_a_build_calls_for_another(workspace, monkeypatch):
    """The page shows the last state, without waiting for one more save."""
    index = workspace.paper / "index.qmd"
    builds = []

    def build():
        builds.append(index.read_text())
        index.write_text("second")

    run(workspace, monkeypatch, build)
    assert builds == ["first", "second"]


def test_sources_are_known_by_content(workspace):
    """A new, a changed and a removed file all differ; the same content does not."""
    before = read_sources(workspace)
    assert set(before) == {"analysis/a.py", "data/events.csv", "paper/index.qmd"}
    (workspace.paper / "index.qmd").write_text("first")
    assert read_sources(workspace) == before
    (workspace.data / "events.csv").unlink()
    assert read_sources(workspace) != before


@pytest.mark.slow
def test_the_preview_builds_once_and_ends_with_one_line(tmp_path, copy_repository):
    """With the real watcher: a page, no second build by itself, a fault told, an end in peace."""
    folder = copy_repository(tmp_path)
    shutil.copytree(ROOT / "analysis", folder / "analysis")
    log = tmp_path / "log"
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(folder)}
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "analysis", "preview", "--port", "0"],
            cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # heard in any case
        )  # fmt: skip

    def wait_for(words: str) -> None:
        end = time.monotonic() + 300
        while words not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)

    try:
        wait_for("\nBuilt ")
        time.sleep(4)  # by then the build's own files would have called for another
        assert log.read_text().count("Verifying data/") == 1
        assert "DRAFT" in get(log.read_text().split()[1])
        with (folder / "paper/index.qmd").open("a") as index:
            index.write("\nSee @fig-nothing.\n")
        wait_for("Not built")
        assert "reference @fig-nothing" in log.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
    assert log.read_text().endswith("Preview ended\n")
    assert "Traceback" not in log.read_text()
