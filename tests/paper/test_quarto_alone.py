"""What Quarto runs without Python: the checks before a render, and what stands beside it after."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import RenderError
from analysis.publish.renderers.base import render_environment, run
from analysis.publish.renderers.pandoc import find_pandoc, find_program

PAPER = Path(__file__).parents[2] / "paper"
LUA = "_extensions/results"
Change = Callable[[str, str, str], None]
Answer = subprocess.CompletedProcess[str]


def as_quarto(project: Path, script: str, **variables: str) -> Answer:
    """Run a script as Quarto does: pandoc, the script as a filter, nothing to read."""
    return subprocess.run(
        [find_program(), "--from=markdown", "--to=plain", "--lua-filter", f"{LUA}/{script}.lua"],
        cwd=project,
        env={"LC_ALL": "C.UTF-8", **variables},
        input="",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(sample: Path) -> Path:
    """Return the sample as a run leaves it: data beside it, and the record of what was hashed."""
    data = sample.parent / "data" / "history"
    data.mkdir(parents=True)
    files = {"data/events.csv": b"day\r\n2025-10-27\n", "data/history/prices.csv": b"1\n" * 99}
    for name, content in files.items():
        (sample.parent / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    hashes["analysis/reads.py"] = "another"  # code is not held against the record
    record = {"files": hashes, "versions": {}, "results": {}}
    (sample / "results/figures/made-from.json").write_text(json.dumps(record), "utf-8")
    return sample


def test_a_finished_run_renders(project: Path) -> None:
    """With results and data as a run left them the script says nothing."""
    answer = as_quarto(project, "before_render")
    assert (answer.returncode, answer.stderr, answer.stdout.strip()) == (0, "", "")


def test_a_fresh_clone_is_told_what_to_run(project: Path) -> None:
    """Without the figures, which no commit holds, one line names them and `nox -s paper`."""
    (project / "results/figures/returns.svg").unlink()
    answer = as_quarto(project, "before_render")
    assert answer.returncode == 1
    assert answer.stderr == (
        "paper: expected the figures of a run, found no paper/results/figures/returns.svg; run "
        "nox -s paper first\n"
    )


def test_results_without_a_record_are_not_rendered(project: Path) -> None:
    """Figures of a run that broke off leave no record: the line says to run it first."""
    (project / "results/figures/made-from.json").write_text("{", "utf-8")
    answer = as_quarto(project, "before_render")
    assert answer.returncode == 1
    assert "paper/results/figures/made-from.json; run nox -s paper first" in answer.stderr


def test_changed_data_stop_the_render(project: Path) -> None:
    """An event that was deleted since the run stops it, with the name of the file."""
    (project.parent / "data/events.csv").write_text("day\n", "utf-8")
    answer = as_quarto(project, "before_render")
    assert answer.returncode == 1
    assert answer.stderr == (
        "paper: data/events.csv: expected the data that the results were made from, found another "
        "version; run nox -s paper\n"
    )
    (project.parent / "data/events.csv").unlink()
    assert "data/events.csv: expected the file" in as_quarto(project, "before_render").stderr


def test_a_section_alone_is_refused(project: Path) -> None:
    """Quarto names its inputs: any but the index is told how the paper is rendered."""
    alone = {"QUARTO_PROJECT_INPUT_FILES": "sections/data.qmd\n"}
    answer = as_quarto(project, "before_render", **alone)
    assert answer.returncode == 1
    assert answer.stderr.startswith("paper: data.qmd: expected index.qmd")
    assert answer.stderr.endswith("run quarto render paper\n")


def test_what_the_package_renders_was_checked_before(project: Path) -> None:
    """On the copy that the package renders nothing is asked again: no data lie beside it."""
    (project.parent / "data/events.csv").unlink()
    variable = {"PAPER_CHECKED": render_environment("2026-08-03")["PAPER_CHECKED"]}
    assert as_quarto(project, "before_render", **variable).returncode == 0


def test_the_page_opens_and_the_xml_has_its_figures(project: Path) -> None:
    """After a render the root leads to the page, and each figure stands beside the XML."""
    (project / "_output").mkdir()
    outputs = "_output/rare-earth-headlines.html\n_output/rare-earth-headlines.xml\n"
    variables = {"QUARTO_PROJECT_OUTPUT_FILES": outputs, "QUARTO_PROJECT_OUTPUT_DIR": "_output"}
    answer = as_quarto(project, "after_render", **variables)
    assert (answer.returncode, answer.stderr) == (0, "")
    index = (project / "_output/index.html").read_text("utf-8")
    assert 'content="0; url=rare-earth-headlines.html"' in index
    drawn = (project / "results/figures/returns.svg").read_bytes()
    assert (project / "_output/figures/returns.svg").read_bytes() == drawn


def test_the_settings_name_the_scripts_and_every_file_to_watch() -> None:
    """Quarto is told of both scripts, and an edit of a section renders the preview again."""
    settings = (PAPER / "_quarto.yml").read_text("utf-8")
    for script in ("before_render", "after_render"):
        assert f"-render: {LUA}/{script}.lua" in settings
        assert (PAPER / LUA / f"{script}.lua").is_file()
    assert 'resources: ["sections/*.qmd"]' in settings


def test_a_render_leaves_nothing_untracked() -> None:
    """The lines that Quarto would add to `.gitignore` stand there."""
    lines = (PAPER / ".gitignore").read_text("utf-8").splitlines()
    assert {"/.quarto/", "**/*.quarto_ipynb"} <= set(lines)


def test_pdf_by_way_of_latex_is_refused(project: Path) -> None:
    """Who asks Quarto for `pdf` is told that typst makes it."""
    command = [str(find_program()), "--from=markdown", "--to=latex", "--lua-filter"]
    with pytest.raises(RenderError, match=r"expected --to typst.*run quarto render paper --to typ"):
        run([*command, f"{LUA}/claim.lua", "references.bib"], project, {"LC_ALL": "C.UTF-8"})


def test_a_shortcode_that_nothing_resolves_stops_the_render(project: Path) -> None:
    """A section that is rendered without the project's shortcodes does not print them."""
    command = [str(find_program()), "--from=markdown", "--to=html", "--lua-filter"]
    with pytest.raises(RenderError, match=r"found a shortcode that nothing resolves"):
        run(
            [*command, f"{LUA}/claim.lua", "sections/introduction.qmd"],
            project,
            {"LC_ALL": "C.UTF-8"},
        )


def test_the_settings_of_the_sections_refuse_one_alone(project: Path) -> None:
    """Quarto's settings for the sections run a filter that says what to render instead."""
    assert f"path: ../{LUA}/alone.lua" in (PAPER / "sections/_metadata.yml").read_text("utf-8")
    command = [str(find_program()), "--from=markdown", "--to=html", "--lua-filter"]
    with pytest.raises(RenderError, match=r"found a section alone; run quarto render paper"):
        run([*command, f"{LUA}/alone.lua", "sections/introduction.qmd"], project, {})


def test_a_turned_verdict_is_told_with_file_and_line(project: Path, change: Change) -> None:
    """The Lua guard of a verdict names the `.qmd` and the line of the sentence."""
    change("results/claims.json", '"verdict": "supported"', '"verdict": "refuted"')
    line = next(
        number
        for number, text in enumerate(
            (project / "sections/introduction.qmd").read_text("utf-8").splitlines(), start=1
        )
        if 'key="sample.beta"' in text
    )
    with pytest.raises(RenderError, match=rf"sections/introduction\.qmd:{line}: claim 'sample"):
        find_pandoc().build(project, project / "o.html", "html", render_environment("2026-08-03"))


@settings(max_examples=8, deadline=None)
@given(texts=st.lists(st.binary(max_size=200), min_size=20, max_size=20))
def test_sha256_in_lua_is_that_of_python(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes]
) -> None:
    """Any bytes, and lengths around the edges of a block, have the hash that hashlib gives."""
    texts = [*texts, b"", b"abc", *(b"\xff" * size for size in (55, 56, 63, 64, 65, 119, 120))]
    folder = tmp_path_factory.mktemp("sha")
    script = folder / "hash.lua"
    script.write_text(
        f'local sha256 = dofile("{(PAPER / LUA / "sha256.lua").as_posix()}")\n'
        f"for i = 0, {len(texts) - 1} do\n"
        f'  local file = io.open("{folder.as_posix()}/" .. i, "rb")\n'
        '  print(sha256(file:read("a")))\n  file:close()\nend\n',
        "utf-8",
    )
    for number, text in enumerate(texts):
        (folder / str(number)).write_bytes(text)
    told = run([find_program(), "lua", script], folder, {"LC_ALL": "C.UTF-8"}).split()
    assert told == [hashlib.sha256(text).hexdigest() for text in texts]


def test_a_shortcode_is_told_with_file_and_line(project: Path) -> None:
    """Quarto does not say where a shortcode stands: the guard looks it up in the sources."""
    source = project / "sections/introduction.qmd"
    text = source.read_text("utf-8").replace("num sample.beta >", "num sample.bet >", 1)
    source.write_text(text, "utf-8")
    line = next(n for n, each in enumerate(text.splitlines(), 1) if "num sample.bet >" in each)
    script = project / "ask.lua"
    script.write_text(
        f'quarto = {{}}\nlocal shortcodes = dofile("{LUA}/results.lua")\n'
        'shortcodes.num({ "sample.bet" }, {}, {}, {}, "inline")\n',
        "utf-8",
    )
    with pytest.raises(RenderError, match=rf"sections/introduction\.qmd:{line}: unknown number"):
        run([find_program(), "lua", script], project, {"LC_ALL": "C.UTF-8"})


def test_the_page_links_what_was_built_beside_it(project: Path) -> None:
    """PDF, Word and XML of the same render are offered; a render of the page alone offers none."""
    source = project / "sections/appendix.qmd"
    source.write_text(source.read_text("utf-8") + "\n::: {.downloads}\n:::\n", "utf-8")
    page = project / "o.html"
    for names, found in ((["a.html", "a.pdf", "a.xml"], True), ([], False)):
        environment = render_environment("2026-08-03", names=names)
        find_pandoc().build(project, page, "html", environment)
        text = page.read_text("utf-8")
        assert ('<a href="a.pdf" download>PDF</a>' in text) is found
        assert ('href="a.xml"' in text) is found
        assert "a.html" not in text


@pytest.mark.slow
def test_sources_are_linked_where_they_can_be_reached(project: Path) -> None:
    """A mailed page lists its files with their hashes; with an address they lead there."""
    page, address = project / "o.html", "https://example.org/ore/blob/abc"
    environment = render_environment("2026-08-03")
    find_pandoc().build(project, page, "html", environment)
    assert "#source-" not in page.read_text("utf-8")  # this paper lists no exhibits
    section = project / "sections/appendix.qmd"
    exhibits = "\n::: {#tbl-exhibits}\n\n{{< exhibits >}}\n\nOrigins.\n:::\n"
    section.write_text(section.read_text("utf-8") + exhibits, "utf-8")
    find_pandoc().build(project, page, "html", environment)
    text = page.read_text("utf-8")
    led = set(re.findall(r'href="#(source-[^"]*)"', text))
    assert "source-data-events-csv" in led
    assert sorted(led) == sorted(re.findall(r'id="(source-[^"]*)"', text))
    digest = hashlib.sha256((project.parent / "data/events.csv").read_bytes()).hexdigest()
    assert f"<code>data/events.csv</code> <code>{digest}</code>" in text
    assert address not in text
    find_pandoc().build(project, page, "html", environment | {"PAPER_REPOSITORY": address})
    assert f'href="{address}/analysis/questions/' in page.read_text("utf-8")
    assert f'href="{address}/data/' in page.read_text("utf-8")
