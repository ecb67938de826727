"""The command lines that README and docs show can be pasted in a clone after the README's first."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.commands.base import Command

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "docs", "data/README.md", "analysis/snapshot/own_study")
NOX = ".venv/bin/nox"
FIRST = ("python3 -m venv .venv", ".venv/bin/pip install -q nox")  # before there is a nox
OTHER = ("git ", "pip install ")  # programs that are no part of this one
OTHER_PROGRAMS = {
    *("tests", "coverage", "cluster", "browser", "lint", "lock", "bench_engine"),
    *("mutants", "faults", "fuzz", "jats"),
}


def pages() -> list[Path]:
    """Return the pages that show command lines."""
    places = [ROOT / name for name in PAGES]
    return sorted(page for p in places for page in (p.glob("*.md") if p.is_dir() else [p]))


def blocks(text: str) -> list[str]:
    """Return the command lines of fenced blocks, each on one line, prompts and comments removed.

    A block marked ``sh`` is commands; in others those that call one of the programs meant here, or
    stand behind a prompt.
    """
    lines = []
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        joined = re.sub(r"\\\n\s*", "", block)
        calls = r"" if kind == "sh" else r"\$ |(?:\S*/)?nox |python3? -m |rare-earth-headlines "
        if kind in {"sh", "text"}:
            lines += [line for line in joined.splitlines() if re.match(calls, line)]
    parts = [part for line in lines for part in line.removeprefix("$ ").split(" && ")]
    return [shlex.join(shlex.split(part, comments=True)) for part in parts if part.strip()]


def inline(text: str) -> list[str]:
    """Return the command lines that stand in the prose, between backticks."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"`((?:\S*nox|python3? -m analysis|rare-earth-headlines) [^`]+)`", prose)
    return [" ".join(line.split()) for line in found]


SHOWN = [
    (p.relative_to(ROOT).as_posix(), line) for p in pages() for line in blocks(p.read_text("utf-8"))
]
NAMED = [
    (p.relative_to(ROOT).as_posix(), line) for p in pages() for line in inline(p.read_text("utf-8"))
]


def sessions() -> set[str]:
    """Return the names of the functions that the noxfile makes sessions of."""
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("nox.session" in ast.unparse(each) for each in node.decorator_list)
    }


def words_of(line: str) -> list[list[str]]:
    """Return what the line hands to the package's command line, a list for each command."""
    first, *words = shlex.split(line)
    if first == "rare-earth-headlines":
        return [words]
    if first == "python":
        raise AssertionError(f"{line}: .venv has no packages; show nox or rare-earth-headlines")
    own, _, rest = line.partition(" -- ")
    named = re.findall(r"-s ([\w ]+)", own)
    asked = named[0].split(" -")[0].split() if named else []
    assert set(asked) <= sessions(), f"{line}: no such session"
    given = shlex.split(rest)
    return [given if name == "run" else [name, *given] for name in asked]


@pytest.fixture
def parse(monkeypatch):
    """Return a function that parses words as the command line does and runs nothing."""
    monkeypatch.setattr(Command, "start", lambda *_: 0)

    def parsed(words: list[str]) -> None:
        """Sessions that call other programs have words of their own."""
        if words[0] not in OTHER_PROGRAMS:
            try:
                code: object = main(words)
            except SystemExit as stop:  # as --help and --version leave
                code = stop.code
            assert code == 0, words

    return parsed


def test_there_are_lines_to_check():
    """The pages show dozens of command lines."""
    assert len(SHOWN) > 15
    assert len(NAMED) > 30


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_a_line_shown_can_be_pasted(page, line, parse):
    """It begins with a program that is there, its options parse, and the example files exist."""
    if line in FIRST or line.startswith(OTHER):
        return
    assert line.split()[0] in {NOX, "rare-earth-headlines"}, f"{page}: {line}"
    for words in words_of(line):
        parse(words)
    for name in re.findall(r"docs/\S+", line):
        assert (ROOT / name).is_file(), f"{page}: {line}"


@pytest.mark.parametrize("line", sorted({line for _, line in NAMED}))
def test_a_line_named_in_the_text_parses(line, parse):
    """Whoever types what stands between backticks gets no usage error."""
    for words in words_of(line):
        parse(words)


@pytest.mark.parametrize("line", sorted({e for _, e in SHOWN if " docs/example/" in e}))
def test_a_line_on_the_example_files_runs(line, tmp_path, monkeypatch):
    """From the root of the repository, and the file that it names is written."""
    monkeypatch.chdir(ROOT)
    (words,) = words_of(line)
    out = words.index("--out") + 1
    words[out] = str(tmp_path / words[out])
    assert main(words) == 0
    assert Path(words[out]).stat().st_size > 1000
