"""The generated parts of the READMEs, on a fabricated repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.errors import ResultsError
from analysis.publish import readme_parts
from analysis.publish.readme_parts import BARS, FIRST_RUN, REPLICATION, RUNTIMES, write_replication
from analysis.publish.review.source_lines import find_function

SOURCE = {"function": "analysis.questions.a.compute", "inputs": ["prices.csv"], "sample": "all"}
CODE = '"""A module."""\n\n\ndef compute(panel):\n    """Compute."""\n    return panel\n'


BEGIN, END = REPLICATION


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository with one table, figure, number and claim; its statements have their own test."""
    monkeypatch.setattr(readme_parts, "write_statements", lambda _: "")
    entry = {
        "source": "Exchange | prices", "obtained": "by hand", "retrieved": "2026-08-03",
        "licence": "free", "sha256": "ab" * 32, "rows": 3, "span": ["2026-01-02", "2026-01-06"],
    }  # fmt: skip
    runtimes = {
        "day": "2026-01-07", "peak_memory_mib": 100, "seconds": {"Loading": 1.25, "Drawing": 2.5},
        "machine": {"processor": "P", "processors": 2, "system": "Linux", "python": "3.11.7"},
        "installed": {"paper": {"seconds": 41, "gb": 0.9}, "tests": {"seconds": 60, "gb": 1.4}},
    }  # fmt: skip
    results = {
        "numbers": {"numbers": {"a.mean": SOURCE, "a.unused": SOURCE}},
        "claims": {"verdicts": {"C1": SOURCE}},
        "tables": {"tables": {"t": SOURCE}},
        "figures": {"figures": {"f": SOURCE}},
    }
    files = {
        "README.md": f"# T\n{FIRST_RUN[0]}{FIRST_RUN[1]}\n{BEGIN}\nformer part\n{END}\nrest\n",
        "CONTRIBUTING.md": f"# C\n{BARS[0]}\n{BARS[1]}\n",
        "benchmarks/bars.toml": 'commit = "abc"\n[[bar]]\nwhat = "all"\nbefore = 9.5\nbar = 4\n'
        'stages = ["Loading", "Drawing"]\n',
        "data/README.md": f"# D\n{BEGIN}\n{END}\n",
        "data/manifest.json": json.dumps({"files": {"prices.csv": entry}}),
        "data/study.toml": "[inference]\nseed = 17\n",
        "pyproject.toml": '[project]\nrequires-python = ">=3.11"\n'
        'dependencies = ["scikit_x>=1", "y"]\n'
        '[project.optional-dependencies]\npaper = ["typst>=0.15"]\n',
        "requirements/paper.txt": "scikit-x==1.2.3 \\\n    --hash=sha256:00\ntypst==0.15.2 \\\n"
        "y==2.4 ; python_full_version < '3.12' \\\ny==2.5 ; python_full_version >= '3.12' \\\n",
        RUNTIMES: json.dumps(runtimes),
        "docs/.keep": "",
        "analysis/questions/a.py": CODE,
        "paper/index.qmd": "{{< num a.mean >}}\n\n{{< table t >}}\n\n"
        '![F](results/figures/f.svg){#fig-f}\n\n[It is.]{.claim key="C1" is="mixed"}\n',
    } | {f"paper/results/{name}.json": json.dumps(part) for name, part in results.items()}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_parts_are_written_between_the_markers_and_stay(root):
    """Only what stands between the markers changes, and a second run changes nothing."""
    assert write_replication(root) == [
        "README.md",
        "CONTRIBUTING.md",
        "data/README.md",
        "docs/exhibits.md",
    ]
    text = (root / "README.md").read_text("utf-8")
    assert text.startswith(f"# T\n{FIRST_RUN[0]}\n")
    assert text.endswith(f"{END}\nrest\n")
    assert "former part" not in text
    assert write_replication(root) == []


def test_the_parts_say_what_the_template_asks_for(root):
    """Provenance and terms, software in the locked versions, seed, run times and hardware."""
    write_replication(root)
    text = (root / "README.md").read_text("utf-8")
    for part in ("scikit-x 1.2.3", "typst 0.15.2", "seed 17", "| Loading | 1.2 |", "| all | 3.8 |",
                 "P, 2 processors, Linux", "2026-08-03", r"Exchange \| prices"):  # fmt: skip
        assert part in text
    assert "| all | 9.5 | 4 | 3.8 |" in (root / "CONTRIBUTING.md").read_text("utf-8")
    data = (root / "data/README.md").read_text("utf-8")
    assert "| 3 | 2026-01-02 to 2026-01-06 | yes | free | `abababababab` |" in data


def test_versions_are_those_of_the_python_it_was_measured_on(root):
    """Where the lock has another version for another Python, the measured one's is named."""
    write_replication(root)
    text = (root / "README.md").read_text("utf-8")
    assert "measured on Python 3.11.7 with scikit-x 1.2.3, y 2.4, typst 0.15.2." in text
    assert "2.5" not in text.partition("measured on")[2].partition("`requirements")[0]


def test_the_first_run_is_told_from_what_was_measured(root):
    """Installing and rendering are added up; without the figures one line says what to run."""
    write_replication(root)
    text = (root / "README.md").read_text("utf-8")
    assert "The first paper takes 45 s" in text
    assert "41 s to install 0.9 GB" in text
    assert "The tests install 1.4 GB of their own in 60 s" in text
    measured = json.loads((root / RUNTIMES).read_text("utf-8"))
    del measured["installed"]["tests"]
    (root / RUNTIMES).write_text(json.dumps(measured), "utf-8")
    with pytest.raises(ResultsError, match="found paper; run nox -s tests"):
        write_replication(root)


def test_every_exhibit_names_function_line_and_file(root):
    """Table, figure, number and verdict lead to the line that makes them; unused keys are out."""
    write_replication(root)
    rows = (root / "docs/exhibits.md").read_text("utf-8")
    program = "`compute`, analysis/questions/a.py:4"
    assert f"| `t` | index.qmd:3 | {program} | prices.csv | paper/results/tables/t.md |" in rows
    assert f"| `f` | index.qmd:5 | {program} | prices.csv | paper/results/figures/f.svg |" in rows
    assert f"| `a.mean` | index.qmd:1 | {program} | prices.csv | paper/results/numbers.json" in rows
    assert f"| `C1` | index.qmd:7 | {program} |" in rows
    assert "a.unused" not in rows


def test_check_finds_a_moved_line_and_writes_nothing(root):
    """A function that moved makes the list of exhibits stale; --check only says so."""
    write_replication(root)
    path = root / "analysis/questions/b.py"
    (root / "analysis/questions/a.py").rename(path)
    path.write_text("\n" + CODE, "utf-8")
    for name in ("numbers", "claims", "tables", "figures"):
        file = root / f"paper/results/{name}.json"
        file.write_text(file.read_text("utf-8").replace("questions.a.", "questions.b."), "utf-8")
    before = (root / "docs/exhibits.md").read_text("utf-8")
    assert write_replication(root, check=True) == ["docs/exhibits.md"]
    assert (root / "docs/exhibits.md").read_text("utf-8") == before


def test_a_function_that_does_not_exist_is_refused(root):
    """A result whose program is not in the repository cannot be listed."""
    (root / "analysis/questions/a.py").write_text("", "utf-8")
    with pytest.raises(ResultsError, match=r"a\.compute: expected the function"):
        write_replication(root)


def test_missing_marker_and_missing_times_are_refused(root):
    """Without markers, or before anything was measured, the run stops in one line."""
    times = (root / RUNTIMES).read_text("utf-8")
    (root / RUNTIMES).unlink()
    with pytest.raises(ResultsError, match="nox -s bench"):
        write_replication(root)
    (root / RUNTIMES).write_text(times, "utf-8")
    (root / "README.md").write_text("# T\n", "utf-8")
    with pytest.raises(ResultsError, match=r"README\.md: expected the lines"):
        write_replication(root)


def test_functions_are_found_with_their_lines(root):
    """First and last line, and the text between them; None where there is none."""
    found = find_function(root, str(SOURCE["function"]))
    assert found is not None
    assert (found.file, found.first, found.last) == ("analysis/questions/a.py", 4, 6)
    assert found.text.splitlines()[0] == "def compute(panel):"
    assert find_function(Path(root), "analysis.nowhere.f") is None
