"""The command line, end to end on a copy of the repository's data and paper."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from analysis import __version__
from analysis.__main__ import main
from analysis.commands import NAMES, Workspace, find_command, paper
from analysis.commands.base import SCRIPT, as_typed
from analysis.commands.bench import installed
from analysis.commands.explain import makers
from analysis.publish.made_from import keep_record
from analysis.publish.number_rows import list_keys, write_rows
from analysis.publish.own_report import SHARED, SOURCE
from analysis.publish.renderers import base
from analysis.questions import QUESTIONS
from analysis.snapshot.manifest import BESIDE, FILES, NAME

ROOT = Path(__file__).parents[1]


@pytest.fixture
def fresh(tmp_path, copy_repository):
    """A copy on which nothing has run."""
    return copy_repository(tmp_path)


def test_data_rebuilds_the_derived_files(fresh, capsys):
    """``data`` verifies, rebuilds five files and names them."""
    assert main(["data"], Workspace.at(fresh)) == 0
    names = {p.name for p in (fresh / "data/derived").iterdir()}
    assert len(names) == 5
    said = capsys.readouterr().out
    assert all(name in said for name in names)


def test_changed_byte_stops_the_run_in_one_line(fresh, capsys):
    """A changed figure exits with 1, says where, and writes nothing."""
    prices = fresh / "data/prices.csv"
    prices.write_bytes(prices.read_bytes().replace(b"15.23", b"15.32", 1))
    before = sorted(p for p in fresh.rglob("*") if p.is_file())
    assert main(["paper"], Workspace.at(fresh)) == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert "prices.csv" in said
    assert "\n" not in said
    assert sorted(p for p in fresh.rglob("*") if p.is_file()) == before


def test_accept_takes_a_sound_edit_and_says_what_changed(fresh, capsys):
    """After a wanted edit ``data --accept`` writes the new hash, and ``data`` passes again."""
    events = fresh / "data/events.csv"
    edited = events.read_bytes().replace(b"confirmatory,high", b"confirmatory,medium", 1)
    events.write_bytes(edited)
    assert main(["data"], Workspace.at(fresh)) == 1
    assert main(["data", "--accept"], Workspace.at(fresh)) == 0
    assert "events.csv" in capsys.readouterr().out
    assert main(["data"], Workspace.at(fresh)) == 0


def test_accept_refuses_an_unsound_edit(fresh, capsys):
    """An edit that breaks a rule is not accepted, and the manifest stays as it was."""
    manifest = (fresh / "data/manifest.json").read_bytes()
    prices = fresh / "data/prices.csv"
    prices.write_bytes(prices.read_bytes().replace(b"MP,15.23", b"MP,-15.23", 1))
    assert main(["data", "--accept"], Workspace.at(fresh)) == 1
    assert "prices.csv" in capsys.readouterr().err
    assert (fresh / "data/manifest.json").read_bytes() == manifest


def test_accept_tells_the_fault_of_each_file(fresh, capsys):
    """Whoever edited two files hears of both at once."""
    prices, study = fresh / "data/prices.csv", fresh / "data/study.toml"
    prices.write_bytes(prices.read_bytes().replace(b"MP,15.23", b"MP,-15.23", 1))
    study.write_text(study.read_text("utf-8").replace("length = 120", "length = -1"), "utf-8")
    assert main(["data", "--accept"], Workspace.at(fresh)) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "error: 2 files have a fault:"
    assert [line.split(",")[0].strip() for line in said[1:]] == ["study.toml", "prices.csv"]


def test_unknown_format_is_a_usage_error(capsys):
    """A format that does not exist exits with 2 and names the ones that do."""
    with pytest.raises(SystemExit) as stop:
        main(["paper", "--formats", "html,epub"])
    assert stop.value.code == 2
    assert "epub" in capsys.readouterr().err


def test_every_command_says_what_it_is():
    """The list of commands names a module that has the command."""
    assert [find_command(name).name for name in NAMES] == list(NAMES)


FAULT = "\nSee @fig-nothing.\n"


def spoil(folder, name="paper/sections/limits.qmd", old="", new=FAULT):
    """Edit a file of a copy: replace a passage, or append to it."""
    path = folder / name
    text = path.read_text("utf-8")
    assert text.count(old) == 1 or not old
    path.write_text(text.replace(old, new) if old else text + new, "utf-8")


def test_a_fault_of_the_text_stops_before_anything_is_read(fresh, capsys):
    """The data are broken too, and are not even looked at; all faults come at once."""
    (fresh / "data/prices.csv").write_text("broken")
    spoil(fresh)
    spoil(fresh, "paper/sections/data.qmd", new="\nIt moved by 8 percent [@nobody2020].\n")
    assert main(["paper"], Workspace.at(fresh)) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "error: paper: 3 problems in the sources:"
    assert [line.split(":")[0].strip() for line in said[1:]] == [
        "paper/sections/data.qmd", "paper/sections/limits.qmd", "paper/sections/data.qmd",
    ]  # fmt: skip


def test_a_fault_of_the_text_is_told_before_heavy_packages_are_imported(fresh):
    """What takes seconds to import is not waited for."""
    spoil(fresh)
    code = (
        "import sys; from pathlib import Path; from analysis.__main__ import main\n"
        "from analysis.commands import Workspace\n"
        f"code = main(['paper'], Workspace.at(Path({str(fresh)!r})))\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'pydantic', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[1], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "reference @fig-nothing" in done.stderr
    assert "imported" not in done.stderr


@pytest.fixture
def quick(fresh, monkeypatch) -> Path:
    """A copy on which an analysis takes no time and publishes the committed results again."""
    sample = Path(__file__).parent / "paper/sample"
    for name in ("index.qmd", "references.bib"):
        (fresh / "paper" / name).write_text((sample / name).read_text("utf-8"), "utf-8")
    for folder in ("sections", "results"):
        shutil.rmtree(fresh / "paper" / folder)
        shutil.copytree(sample / folder, fresh / "paper" / folder)
    monkeypatch.setattr(
        paper, "_publish", lambda workspace, *_: keep_record(
            workspace.paper / "results", paper.inputs_of(workspace)
        )
    )  # fmt: skip
    return fresh


HTML = ["paper", "--renderer", "pandoc", "--formats", "html"]


def test_a_turned_verdict_is_told_first_and_stops_last(quick, capsys):
    """The line comes before the analysis, and as an error only when the analysis agrees."""
    spoil(quick, "paper/results/claims.json", '"verdict": "supported"', '"verdict": "refuted"')
    line = "claim 'sample.beta': the paper says 'supported', the analysis says 'refuted'"
    assert main(HTML, Workspace.at(quick)) == 1
    said = capsys.readouterr()
    assert "Not as in the results on disk" in said.out
    assert line in said.out
    assert said.err.startswith("error: paper: 1 place does not fit the results")
    assert line in said.err
    assert not (quick / "paper/_output/rare-earth-headlines.html").exists()


def test_a_key_that_the_analysis_adds_stops_nothing(quick, capsys, monkeypatch):
    """A sentence may print a number that the results on disk do not have yet."""
    numbers = quick / "paper/results/numbers.json"
    content = json.loads(numbers.read_text("utf-8"))
    before = json.dumps(content | {"numbers": {}})
    monkeypatch.setattr(paper, "_publish", lambda *_: numbers.write_text(json.dumps(content)))
    numbers.write_text(before)
    assert main(HTML, Workspace.at(quick)) == 0
    assert "expected a published number, found 'sample.car'" in capsys.readouterr().out


@pytest.mark.slow
def test_a_key_that_is_cited_for_the_first_time_renders_at_once(quick, capsys):
    """Neither a run nor an option is needed: the last run wrote down every number."""
    results = quick / "paper/results"
    numbers = json.loads((results / "numbers.json").read_text("utf-8"))["numbers"]
    numbers["sample.fresh"] = numbers["sample.car"] | {"text": "98.7%"}
    (results / "numbers.csv").write_text(write_rows(numbers), "utf-8")
    (results / "keys.csv").write_text(list_keys(numbers), "utf-8")
    assert main(HTML, Workspace.at(quick)) == 0
    spoil(quick, "paper/sections/results.qmd", "Deep text.", "Now {{< num sample.fresh >}}.")
    capsys.readouterr()
    for _ in range(2):
        assert main([*HTML, "--only-render"], Workspace.at(quick)) == 0
    assert "98.7%" in (quick / "paper/_output/rare-earth-headlines.html").read_text("utf-8")
    assert "sample.fresh" in (results / "numbers.json").read_text("utf-8")


def test_a_draft_ends_well_although_a_verdict_turned(quick, capsys):
    """``--draft`` exits with 0, tells the misfit and marks it on the page."""
    spoil(quick, "paper/results/claims.json", '"verdict": "supported"', '"verdict": "refuted"')
    assert main([*HTML, "--draft"], Workspace.at(quick)) == 0
    assert "Draft: 1 place does not fit the results" in capsys.readouterr().out
    page = (quick / "paper/_output/rare-earth-headlines.html").read_text("utf-8")
    assert "DRAFT: 1 place does not fit the results" in page


def test_a_draft_is_not_rendered_to_word(quick, capsys):
    """Its pages would not carry the mark; that is said before anything is computed."""
    assert main(["paper", "--draft", "--formats", "all"], Workspace.at(quick)) == 1
    assert "expected formats that carry DRAFT on every page, found docx" in capsys.readouterr().err


@pytest.mark.slow
def test_only_render_takes_the_results_of_the_last_run(quick, capsys, monkeypatch):
    """Refused before a run, then a change of a sentence is rendered and nothing computed."""
    only = [*HTML, "--only-render"]
    assert main(only, Workspace.at(quick)) == 1
    assert capsys.readouterr().err == (
        "error: --only-render: expected the results of the last run in paper/results, found none "
        "of a finished run; run once without --only-render\n"
    )
    assert main(HTML, Workspace.at(quick)) == 0
    monkeypatch.setattr(paper, "_publish", lambda *_: pytest.fail("computed"))
    spoil(quick, "paper/sections/results.qmd", "Deep text.", "Deeper text.")
    assert main(only, Workspace.at(quick)) == 0
    page = quick / "paper/_output/rare-earth-headlines.html"
    assert "Deeper text." in page.read_text("utf-8")
    spoil(quick, "data/events.csv", new="\n")
    capsys.readouterr()
    assert main([*only, "--draft"], Workspace.at(quick)) == 1
    assert (
        "found data/events.csv changed since; run once without --only-render"
        in capsys.readouterr().err
    )


def test_bench_takes_the_environments_of_its_own_python(tmp_path):
    """What installing took is read for each lock; another Python and a cut-short one are out."""
    for name, seconds in (
        ("paper-cpython-311-aaaaaaaa", "41"),
        ("tests-cpython-311-bbbbbbbb", "60"),
        ("tests-cpython-313-cccccccc", "99"),
        ("paper-cpython-311-dddddddd", None),
    ):
        (tmp_path / name).mkdir()
        if seconds:
            (tmp_path / name / "ready").write_text(seconds, "utf-8")
            (tmp_path / name / "package").write_bytes(bytes(60_000_000))
    took = installed(tmp_path / "paper-cpython-311-aaaaaaaa")
    assert took == {"paper": {"seconds": 41, "gb": 0.1}, "tests": {"seconds": 60, "gb": 0.1}}


@pytest.fixture
def wheel(tmp_path, copy_repository, monkeypatch):
    """The workspace of an installed package, and an empty folder to stand in."""
    shipped = copy_repository(tmp_path / "shipped")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(shutil, "which", lambda name: name if name == SCRIPT else None)
    return Workspace(shipped, shipped / "data", shipped / "paper", installed=True)


OF_ANY_STUDY = {"data", "results", "paper", "preview", "diff", "explain", "reproduce", "refresh"}


@pytest.mark.parametrize(
    "words",
    ["diff", "reproduce", "readme", "bench", "preview", "size", "refresh", "data", "results",
     "paper", "explain A6"],
)  # fmt: skip
def test_what_needs_the_repository_says_so_from_a_wheel(words, wheel, capsys):
    """One line, at once; where --data would help, it says that too."""
    words = words.split()
    assert main(words, wheel) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {words[0]}: expected the paper's repository")
    assert said.count("\n") == 1
    assert ("--data" in said) == (words[0] in OF_ANY_STUDY)


def test_next_steps_of_init_are_those_of_the_installation(wheel, fresh, capsys):
    """A wheel names its console script, a clone nox; names with a space are quoted."""
    assert main(["init", "my study", "--minimal"], wheel) == 0
    lines = capsys.readouterr().out.splitlines()[-2:]
    assert lines[0] == "  rare-earth-headlines data --accept --data 'my study'"
    assert lines[1] == "  rare-earth-headlines paper --data 'my study'"
    assert main(["init", "other", "--minimal"], Workspace.at(fresh)) == 0
    assert "\n  nox -s data -- --accept --data other\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("run: nox -s data -- --accept", "run: S data --accept --data s"),
        ("run nox -s paper", "run S paper --data s"),
        ("`nox -s explain -- KEY`", "`S explain KEY`"),
        ("with: nox -s run -- init nix", "with: S init nix"),
        ("nox alone", "nox alone"),
    ],
)
def test_messages_name_commands_as_they_are_typed(text, typed, wheel):
    """The study that was asked for is named again, or the remedy would be for the paper."""
    assert as_typed(text, wheel, "s") == typed.replace("S ", "rare-earth-headlines ")


def test_a_nox_that_is_not_on_the_path_is_named_with_its_folder(fresh, monkeypatch):
    """After the README's first command there is a .venv, which nobody has to activate."""
    monkeypatch.chdir(fresh)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    (fresh / ".venv/bin").mkdir(parents=True)
    (fresh / ".venv/bin/nox").touch()
    assert as_typed("nox -s paper", Workspace.at(fresh)) == ".venv/bin/nox -s paper"


def test_missing_packages_stop_a_run_before_it_computes(wheel, monkeypatch, capsys):
    """All that are missing, and the line that installs them."""
    missing = {"typst", "vl_convert"}
    monkeypatch.setattr(base, "find_spec", lambda n: None if n in missing else find_spec(n))
    assert main(["init", "s", "--minimal"], wheel) == 0
    for command in ("paper", "results"):
        assert main([command, "--data", "s"], wheel) == 1
        said = capsys.readouterr().err
        assert "found no typst and no vl-convert-python; run: pip install" in said
        assert "rare-earth-headlines[paper]" in said


def test_the_wheel_holds_what_a_report_and_the_twin_read():
    """Whatever is added to these lists is shipped, and every file is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    wanted = {f"paper/{name}" for name in (SOURCE, "_quarto.yml", *SHARED)}
    wanted |= {f"data/{name}" for name in (*FILES, *BESIDE, NAME)}
    assert shipped == {name: f"analysis/shipped/{name}" for name in wanted}
    assert all((ROOT / name).exists() for name in shipped)
    extra = project["project"]["optional-dependencies"]["paper"]
    assert set(base.PACKAGES.values()) <= {line.partition(">")[0] for line in extra}


def test_version_is_that_of_the_package(capsys):
    """``--version`` prints name and version and exits with 0."""
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"{SCRIPT} {__version__}\n"


@pytest.mark.slow
def test_explain_imports_no_more_than_its_question():
    """No other question, no GARCH and nothing that draws is imported for one beta."""
    code = (
        "import sys; from analysis.__main__ import main; main(['explain', 'beta.mp.spy']); "
        "print([m for m in sys.modules if m.startswith('analysis.questions.')], "
        "[m for m in ('arch', 'matplotlib', 'seaborn') if m in sys.modules], sep='\\n')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "agrees with the committed" in run.stdout
    ours, drawing = map(ast.literal_eval, run.stdout.splitlines()[-2:])
    assert set(ours) & set(QUESTIONS.values()) == {"analysis.questions.relative_beta.betas"}
    assert drawing == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["numbers.json:numbers", "claims.json:verdicts", "figures.json:figures",
             "tables.json:tables"]
)  # fmt: skip
def test_explain_asks_the_right_question_first(name):
    """The first question holds the function, or imports it and no earlier one could be meant."""
    file, section = name.split(":")
    entries = json.loads((ROOT / "paper/results" / file).read_text("utf-8"))[section]
    for function in {entry["function"] for entry in entries.values()}:
        module = function.rpartition(".")[0]
        first = QUESTIONS[makers(function)[0]]
        spec = find_spec(first)
        assert spec is not None
        text = Path(str(spec.origin)).read_text("utf-8")
        assert module == first or module.rpartition(".")[2] in text, function


def test_explain_before_the_first_run_says_what_to_run(wheel, capsys):
    """A study of one's own without results: the line to type, with the study in it."""
    assert main(["init", "s", "--minimal"], wheel) == 0
    assert main(["explain", "A6", "--data", "s"], wheel) == 1
    said = capsys.readouterr().err
    assert said.endswith("found none; first run: rare-earth-headlines paper --data s\n")
