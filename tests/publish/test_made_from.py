"""Results on disk are those of the last run only as long as nothing has moved since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.publish.made_from import hash_files, hash_inputs, keep_record, moved


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A repository with data, a study of size, and results of a run on them."""
    results = ("numbers.json", "figures/a.svg")
    others = ("data/prices.csv", "data/derived/returns.csv", "simulations/size.csv")
    for name in (*others, "paper/report.qmd", *(f"paper/results/{each}" for each in results)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    keep_record(tmp_path / "paper/results", inputs(tmp_path))
    return tmp_path


def inputs(study: Path) -> dict[str, Any]:
    """Return the inputs of a study whose text was made from ``report.qmd``."""
    return hash_inputs(study, study / "data", [study / "paper/report.qmd"])


def reason(study: Path) -> str | None:
    """Return what has moved."""
    return moved(study / "paper/results", inputs(study))


def test_nothing_has_moved_after_a_run(study):
    """The record fits what it was made from, also when it is asked twice."""
    assert reason(study) is None
    assert reason(study) is None


@pytest.mark.parametrize(
    "name",
    [
        "data/prices.csv",
        "data/new.csv",
        "simulations/size.csv",
        "paper/report.qmd",
        "paper/results/numbers.json",
        "paper/results/figures/a.svg",
    ],
)
def test_what_moved_is_named(study, name):
    """Data, the study of size, a report's text, and the results themselves count."""
    (study / name).write_text("other")
    assert reason(study) == f"{name} changed since"


@pytest.mark.parametrize(
    "name", ["data/derived/returns.csv", "data/.swap/x.csv", "paper/results/figures/a.png", "x.qmd"]
)
def test_what_moves_no_result_does_not_count(study, name):
    """Derived data, staging folders, pictures for Word and the paper's text may change."""
    (study / name).parent.mkdir(exist_ok=True)
    (study / name).write_text("other")
    assert reason(study) is None


def test_several_changes_are_counted(study):
    """One line, however much has moved."""
    (study / "data/prices.csv").write_text("other")
    (study / "simulations/size.csv").unlink()
    assert reason(study) == "data/prices.csv and 1 more changed since"


def test_code_and_versions_count(study):
    """Every module of the package and every package of both environments is on record."""
    now = inputs(study)
    assert "analysis/publish/made_from.py" in now["files"]
    now["versions"] |= {"numpy": "0.0", "only-here": "1.0"}
    assert "numpy" in str(moved(study / "paper/results", now))
    assert "only-here" not in str(moved(study / "paper/results", now))


@pytest.mark.parametrize("content", [None, "{", "{}", "[]"])
def test_without_a_record_there_is_no_run(study, content):
    """A clone has committed results and no figures; half a record is none."""
    record = study / "paper/results/figures/made-from.json"
    record.unlink()
    if content is not None:
        record.write_text(content)
    assert reason(study) == "none of a finished run"


def test_a_file_that_vanishes_is_none(tmp_path, monkeypatch):
    """Editors write files that are gone a moment later."""
    (tmp_path / "gone").touch()
    monkeypatch.setattr(Path, "read_bytes", lambda path: (path.unlink(), path.open("rb"))[1])
    assert hash_files([tmp_path / "gone"], tmp_path) == {}


def test_the_record_of_a_study_elsewhere_knows_no_folder(study, tmp_path):
    """Two clones of one study come to the same record, whatever their folders are called."""
    folders = [tmp_path / name for name in ("one", "another")]
    for folder in folders:
        (folder / "history").mkdir(parents=True)
        for name in ("events.csv", "history/events.csv"):
            (folder / name).write_text(name)
    one, another = (hash_inputs(study / "package", folder) for folder in folders)
    assert one == another
    assert {"events.csv", "history/events.csv"} <= one["files"].keys()
