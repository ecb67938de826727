"""Rendering: choice of renderer, determinism, and nothing half-written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from analysis.errors import RenderError, WriteError
from analysis.publish.render import RenderReport, render
from analysis.publish.rendered_text import pdf_pages
from analysis.publish.renderers import quarto as quarto_module
from analysis.publish.renderers.base import STEM, SUFFIXES, render_environment
from analysis.publish.renderers.pandoc import find_pandoc
from analysis.publish.renderers.quarto import find_quarto

Change = Callable[[str, str, str], None]
NAMES = {"html": f"{STEM}.html", "pdf": f"{STEM}.pdf"}
ALL_NAMES = [f"{STEM}.{suffix}" for suffix in SUFFIXES.values()]


def _program(folder: Path, body: str) -> Path:
    """Write an executable that stands in for Quarto."""
    folder.mkdir(exist_ok=True)
    program = folder / "quarto"
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def no_quarto(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide any Quarto of this machine."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(quarto_module, "find_spec", lambda _: None)


@pytest.fixture
def use_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Return a function that puts a stand-in for Quarto on PATH, and no other."""
    monkeypatch.setattr(quarto_module, "find_spec", lambda _: None)

    def use(body: str) -> None:
        folder = _program(tmp_path / "bin", body).parent
        monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/usr/bin", "/bin"]))

    return use


def test_both_formats_are_written(rendered: RenderReport) -> None:
    """HTML and PDF stand in the output folder under the names that Quarto also gives them."""
    assert {f: p.name for f, p in rendered.outputs.items()} == NAMES
    assert rendered.outputs["html"].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert rendered.outputs["pdf"].read_bytes().startswith(b"%PDF-")
    assert {p.name for p in rendered.outputs["pdf"].parent.iterdir()} == set(NAMES.values())


def test_quarto_is_told_the_same_names(sample: Path) -> None:
    """The names in _quarto.yml are those of the second renderer."""
    told = re.findall(r"output-file: (\S+)", (sample / "_quarto.yml").read_text(encoding="utf-8"))
    assert sorted(told) == sorted(ALL_NAMES)


def test_the_report_times_each_stage(rendered: RenderReport) -> None:
    """Sources, two formats, their checks and the numerals are timed; the programs are named."""
    assert len(rendered.seconds) == 6
    assert all(seconds >= 0 for seconds in rendered.seconds.values())
    assert re.fullmatch(r"pandoc [\d.]+ and typst [\d.]+", rendered.description)


@pytest.mark.slow
def test_two_renders_are_identical(sample: Path, rendered: RenderReport) -> None:
    """Another folder, another time: the same bytes in both formats."""
    again = render(sample, renderer="pandoc", echo=lambda _: None)
    for format_, path in rendered.outputs.items():
        assert again.outputs[format_].read_bytes() == path.read_bytes()


def test_one_format_alone_is_rendered(sample: Path) -> None:
    """Asking for HTML writes no PDF."""
    report = render(sample, renderer="pandoc", formats=["html"], echo=lambda _: None)
    assert list(report.outputs) == ["html"]
    assert [path.name for path in (sample / "_output").iterdir()] == [NAMES["html"]]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("sections/results.qmd", "{{< table returns >}}", "{{< table return >}}"),
        ("sections/results.qmd", "Deep text.", "A stray [@fig-returns; @smith2020]."),
        ("pandoc/page.typ", "$body$", "#undefined-function()"),
        ("sections/results.qmd", "Deep text.", "What is this ?? mark."),
    ],
    ids=["sources", "pandoc", "typst", "rendered"],
)
def test_a_failed_render_leaves_the_old_files(
    sample: Path, change: Change, name: str, old: str, new: str
) -> None:
    """Whatever stage fails, both files stay what they were and nothing is left beside them."""
    output = sample / "_output"
    output.mkdir()
    for file in NAMES.values():
        (output / file).write_text("old", encoding="utf-8")
    change(name, old, new)
    with pytest.raises(RenderError):
        render(sample, renderer="pandoc", echo=lambda _: None)
    assert {p.name: p.read_text(encoding="utf-8") for p in output.iterdir()} == dict.fromkeys(
        NAMES.values(), "old"
    )


def test_an_unwritable_output_folder_is_named(sample: Path) -> None:
    """A file where the folder should be stops the render before it starts."""
    (sample / "_output").write_text("in the way", encoding="utf-8")
    with pytest.raises(WriteError, match="_output: expected a place that can be written"):
        render(sample, renderer="pandoc", echo=lambda _: None)


@pytest.mark.slow
def test_a_locked_file_is_named_and_nothing_replaced(sample: Path) -> None:
    """When the PDF cannot be replaced, the HTML is not replaced either and no scrap remains."""
    (sample / "_output" / NAMES["pdf"]).mkdir(parents=True)
    (sample / "_output" / NAMES["html"]).write_text("old", encoding="utf-8")
    with pytest.raises(WriteError, match=r"\.pdf: expected .*close programs that hold it open"):
        render(sample, renderer="pandoc", echo=lambda _: None)
    assert (sample / "_output" / NAMES["html"]).read_text(encoding="utf-8") == "old"
    assert {p.name for p in (sample / "_output").iterdir()} == set(NAMES.values())


@pytest.mark.usefixtures("no_quarto")
def test_without_quarto_auto_says_so(sample: Path) -> None:
    """One line tells which renderer is used instead; the render succeeds."""
    said: list[str] = []
    report = render(sample, formats=["html"], echo=said.append)
    assert report.renderer == "pandoc"
    notes = [line for line in said if line.startswith("Quarto 1.9 or later not found")]
    assert notes == [f"Quarto 1.9 or later not found: rendering with {report.description}"]


@pytest.mark.usefixtures("no_quarto")
def test_without_quarto_it_is_refused_when_asked_for(sample: Path) -> None:
    """Asking for Quarto by name is not answered by another renderer."""
    with pytest.raises(RenderError, match=r"expected Quarto 1\.9 or later .* --renderer pandoc"):
        render(sample, renderer="quarto", echo=lambda _: None)


@pytest.mark.parametrize(
    "body", ["echo 1.8.27", "echo nonsense", "exit 3"], ids=["old", "nonsense", "failing"]
)
def test_an_unusable_quarto_is_passed_over(use_program: Callable[[str], None], body: str) -> None:
    """A Quarto that is too old or does not answer sensibly is as good as none."""
    use_program(body)
    assert find_quarto() is None


def test_a_quarto_that_hangs_is_passed_over(
    use_program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question for the version has a time limit."""
    use_program("exec sleep 20")
    monkeypatch.setattr(quarto_module, "_PATIENCE", 0.2)
    assert find_quarto() is None


@pytest.mark.usefixtures("no_quarto")
def test_quarto_of_the_package_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The program inside the quarto_cli package serves when none is on PATH."""
    package = tmp_path / "quarto_cli"
    package.mkdir()
    program = _program(package / "bin", "echo 1.10.18")

    spec = ModuleSpec("quarto_cli", None)
    spec.submodule_search_locations = [str(package)]
    monkeypatch.setattr(quarto_module, "find_spec", lambda _: spec)
    found = find_quarto()
    assert found is not None
    assert isinstance(found.build, partial)
    assert (found.build.args[0], found.description) == (program, "Quarto 1.10.18")


def test_quarto_works_on_a_copy(sample: Path, use_program: Callable[[str], None]) -> None:
    """What Quarto leaves beside its sources does not reach the project; its error is told."""
    use_program(
        'test "$1" = --version && echo 1.10.18 && exit\n'
        "echo stray > index.typ\n"
        "echo 'ERROR: the lights went out' >&2\nexit 1"
    )
    with pytest.raises(RenderError, match="paper: the lights went out"):
        render(sample, renderer="quarto", echo=lambda _: None)
    assert not (sample / "index.typ").exists()


def test_quarto_that_writes_nothing_is_noticed(
    sample: Path, use_program: Callable[[str], None]
) -> None:
    """Quarto can end well without output; that is an error here."""
    use_program("echo 1.10.18")
    with pytest.raises(RenderError, match=f"expected Quarto to write {STEM}.html, found none"):
        render(sample, renderer="quarto", echo=lambda _: None)


def test_the_environment_fixes_time_place_and_pandoc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is the data's date, and Quarto never sees another pandoc."""
    monkeypatch.setenv("QUARTO_PANDOC", "/somewhere/pandoc")
    environment = render_environment("2026-08-03")
    assert environment["SOURCE_DATE_EPOCH"] == "1785715200"
    assert environment["TZ"] == "UTC"
    assert "QUARTO_PANDOC" not in environment


@pytest.mark.parametrize("firms", [7, 9])
def test_cells_of_a_wide_table_do_not_touch_in_print(sample: Path, firms: int) -> None:
    """In a study of many firms the day and the number beside it stay two words of the PDF."""
    head = ["Day 0", "Ep.", "Direction", "Kind", "Headline", *(f"FIR{n}" for n in range(firms))]
    row = ["2025-08-27", "25", "settlement", "", "Crews and ports agree on pay", *["+1.7%"] * firms]
    lines = [head, [":--", "--:", *[":--"] * (len(head) - 2)], row, row]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    (sample / "results/tables/events.md").write_text(table, encoding="utf-8")
    find_pandoc().build(sample, sample / "out.pdf", "pdf", render_environment("2026-08-03"))
    text = "\n".join(pdf_pages(sample / "out.pdf"))
    assert "2025-08-27 25 settlement" in text
