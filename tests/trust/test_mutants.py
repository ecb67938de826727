"""The mutator: which changes it makes, which tests it asks, and how it goes on after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trust.mutants.children import Job, run_jobs
from trust.mutants.choose import choose_within, find_imports, order_tests
from trust.mutants.operators import apply, find_mutants
from trust.mutants.record import Record

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", {"(a <= b)", "(a > b)"}),
        ("a == b", {"(a != b)"}),
        ("a is None", {"(a is not None)"}),
        ("a in b", {"(a not in b)"}),
        ("a < b <= c", {"(a <= b <= c)", "(a > b <= c)", "(a < b < c)", "(a < b > c)"}),
        ("a + b", {"(a - b)"}),
        ("a / b", {"(a * b)"}),
        ("a and b", {"(a or b)"}),
        ("not a", {"(a)"}),
        ("-a", {"(a)"}),
        ("x = True", {"x = False"}),
        ("x = 3", {"x = 4"}),
        ("x = 0.5", {"x = 0.75"}),
        ("x = 0.0", {"x = 1.0"}),
        ("x += y", {"x -= y"}),
        ("a if b else c", {"(c if b else a)"}),
        ("'a' + b", set()),
        ("f'{a + 1}'", set()),
        ('"""Words."""', set()),
        ("x: tuple[int, 3] = y", set()),
        ("__all__ = [1]", set()),
        ("if TYPE_CHECKING:\n    x = 1", set()),
    ],
)
def test_each_kind_of_place_has_its_changes(source, changed):
    """And what no test of behaviour can see has none."""
    assert {apply(mutant, source) for mutant in find_mutants("a.py", source)} == changed


def test_a_change_leaves_the_rest_of_the_module_as_it_is():
    """Also behind letters that take several bytes, and over several lines."""
    source = 's = "→"; x = (a\n     < b)  # kept\ny = 1\n'
    texts = [apply(mutant, source) for mutant in find_mutants("a.py", source)]
    assert 's = "→"; x = ((a <= b))  # kept\ny = 1\n' in texts
    assert 's = "→"; x = (a\n     < b)  # kept\ny = 2\n' in texts


def test_every_mutant_of_the_package_is_a_program():
    """Not one is caught because it could not be read."""
    file = ROOT / "analysis/estimators/events/signs.py"
    source = file.read_text("utf-8")
    mutants = find_mutants("signs.py", source)
    assert len(mutants) > 20
    for mutant in mutants:
        changed = apply(mutant, source)
        compile(changed, "signs.py", "exec")
        assert changed != source


def test_the_nearest_tests_are_asked_first():
    """Those that import the module, its own folder before others; then those of its importers."""
    package = {
        "analysis/a/one.py": frozenset(),
        "analysis/b/two.py": frozenset({"analysis/a/one.py"}),
        "analysis/c/alone.py": frozenset(),
    }
    tests = {
        "tests/z/test_far.py": frozenset({"analysis/b/two.py"}),
        "tests/b/test_near.py": frozenset({"analysis/a/one.py"}),
        "tests/a/test_near.py": frozenset({"analysis/a/one.py"}),
        "tests/c/test_none.py": frozenset({"analysis/c/alone.py"}),
        "tests/a/conftest.py": frozenset({"analysis/a/one.py"}),
    }
    assert order_tests("analysis/a/one.py", package, tests) == [
        "tests/a/test_near.py", "tests/b/test_near.py", "tests/z/test_far.py",
    ]  # fmt: skip


@pytest.mark.slow
def test_imports_are_found_by_statement_and_by_name():
    """A module that a command imports by name is reached, too."""
    found = find_imports(ROOT, "analysis")
    signs = "analysis/estimators/events/signs.py"
    assert any(signs in imported for imported in found.values())
    assert "analysis/errors.py" in found["analysis/whole.py"]
    assert all(name not in imported for name, imported in found.items())


def test_short_tests_are_chosen_as_far_as_seconds_reach():
    """What they share is paid once, by the shortest; a file that does not fit adds nothing."""
    chosen = {"a::x": 1.0}
    choose_within(chosen, {"b::slow": 3.0, "b::quick": 0.5, "b::slower": 3.5}, 2.0, 7.0)
    assert chosen == {"a::x": 1.0, "b::quick": 2.5, "b::slow": 3.0}
    choose_within(chosen, {"c::quick": 0.1}, 1.0, 7.0)
    assert "c::quick" not in chosen


def test_a_record_that_was_cut_short_goes_on(tmp_path):
    """The entry that was being written is asked for again; the others stay."""
    record = Record.open(tmp_path / "r.jsonl")
    record.add("one", how="failed")
    with record.file.open("a", encoding="utf-8") as file:
        file.write('{"key": "two", "ho')
    again = Record.open(record.file)
    assert list(again.entries) == ["one"]


TESTS = """
from analysis.thing import answer

def test_it():
    while answer() == 0:
        pass
    assert answer() == 42

def test_other():
    assert answer() != 6
"""


@pytest.mark.slow
def test_a_changed_module_is_tested_and_put_back(tmp_path):
    """Found, not found and without an end; a test that began another process ends with it."""
    for name, text in {
        "analysis/__init__.py": "",
        "analysis/thing.py": "def answer():\n    return 42\n",
        "tests/test_thing.py": TESTS,
        "pyproject.toml": "[tool.pytest.ini_options]\nmarkers = ['slow', 'browser', 'cluster']\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    program = f"""
import sys, time
from pathlib import Path
from trust.mutants.children import Job, run_jobs
head = "def answer():\\n    return "
file, times = "tests/test_thing.py", Path("times").resolve()
jobs = [
    Job(text, [file], 6, "analysis/thing.py", head + text)
    for text in ("42", "43", "0", "6 * 7")
]
jobs += [
    Job("asked", [file], 6, "analysis/thing.py", head + "43", [file + "::test_gone"]),
    Job("timed", [file], 6, "analysis/thing.py", head + "43", times=times),
]
for ended in run_jobs(jobs, [Path({str(tmp_path)!r})], time.monotonic() + 100):
    print(ended.job.key, ended.how)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "42 passed", "43 failed", "0 timeout", "6 * 7 passed", "asked passed", "timed failed",
    ]  # fmt: skip
    timed = [json.loads(line) for line in (tmp_path / "times").read_text("utf-8").splitlines()]
    assert [node for node, _, _ in timed] == ["tests/test_thing.py::test_other"]
    assert (tmp_path / "analysis/thing.py").read_text("utf-8") == "def answer():\n    return 42\n"


def test_nothing_is_begun_after_the_end(tmp_path):
    """A run of half an hour does not begin a job in its last second."""
    assert list(run_jobs([Job("a", [], 1)], [tmp_path], time.monotonic() - 1)) == []
