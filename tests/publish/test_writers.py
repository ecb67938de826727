"""The results folder."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import ResultsError, WriteError
from analysis.publish import figures
from analysis.publish.writers import documents, figure_digest, write_results
from analysis.questions.relative_beta import drawings
from analysis.results import Dataset, Figure, Findings, Number, Passage, Provenance, Table, Verdict

SOURCE = Provenance("analysis.questions.relative_beta.betas.compute", "one day", ("prices.csv",))


def findings(value: float = 1 / 3) -> Findings:
    """One number, table, figure and verdict."""
    betas = pd.DataFrame(
        {
            "ticker": ["MP", "MP"],
            "side": ["down", "up"],
            "beta": [1.0, value],
            "low": [0.5, -0.2],
            "high": [1.5, 0.8],
        }
    )
    return Findings(
        numbers=[
            Number("truce.mp", value, "fraction", "percent1", "return", SOURCE,
                   low=-0.1, high=0.2, level=0.95)
        ],
        tables=[Table("betas", betas, {"beta": "decimal2"}, {}, SOURCE)],
        figures=[
            Figure("betas", "up_down_beta", {"betas": betas}, "Two betas.", SOURCE, {"level": 0.95})
        ],
        verdicts=[Verdict("truce.sign", "supported", "rule", "evidence", SOURCE)],
    )  # fmt: skip


def write(results: Findings, folder: Path) -> list[Path]:
    return write_results(results, folder, fingerprint="abc", as_of="2026-08-03")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_number_is_written_with_text_interval_and_provenance(tmp_path):
    """The registry holds twelve digits, the printed text, the interval and where it comes from."""
    write(findings(), tmp_path / "results")
    document = json.loads((tmp_path / "results/numbers.json").read_text("utf-8"))
    number = document["numbers"]["truce.mp"]
    assert number["value"] == 0.333333333333
    assert number["text"] == "33.3%"
    assert number["interval"] == "−10.0% to 20.0%"
    assert number["inputs"] == ["prices.csv"]
    assert document["data"] == {"as_of": "2026-08-03", "fingerprint": "abc"}


@pytest.mark.parametrize(
    ("value", "same"), [(1 / 3 + 1e-12, True), (1 / 3 + 1e-4, False), (-1 / 3, False)]
)
def test_digest_of_a_figure_sees_what_the_eye_could_see(value, same):
    """The last bits of another machine leave the hash as it is, a visible change does not."""
    one, other = (figure_digest(findings(v).figures[0]) for v in (1 / 3, value))
    assert (one == other) is same


def test_dataset_is_written_as_csv(tmp_path):
    """A complete result stands beside the tables, dates as ISO days, twelve digits."""
    frame = pd.DataFrame({"day0": pd.to_datetime(["2025-10-27"]), "car": [1 / 3]})
    write(Findings(datasets=[Dataset("windows", frame, SOURCE)]), tmp_path / "results")
    text = (tmp_path / "results/windows.csv").read_text("utf-8")
    assert text == "day0,car\n2025-10-27,0.333333333333\n"


@pytest.mark.parametrize(
    ("frame", "changed"),
    [
        ({"day0": ["a", "b"], "car": [1 / 3 + 1e-12, 100.0]}, []),
        ({"day0": ["a", "b"], "car": [1 / 3 + 1e-4, 100.0]}, ["car"]),
        ({"day0": ["a", "c"], "car": [1 / 3, 100.0]}, ["day0"]),
        ({"day0": ["a", "b"], "car": [1 / 3, float("inf")]}, ["car"]),
        ({"day0": ["a"], "car": [1 / 3]}, ["car", "day0"]),
    ],
)
def test_committed_record_of_a_dataset_names_the_columns_that_changed(frame, changed):
    """The CSV is not committed; its rows and a hash of each column are, blind to last bits only."""
    old = {"day0": ["a", "b"], "car": [1 / 3, 100.0]}
    one, other = (
        json.loads(
            documents(
                Findings(datasets=[Dataset("windows", pd.DataFrame(data), SOURCE)]),
                fingerprint="f", as_of="2026-01-01",
            )["datasets.json"]
        )["datasets"]["windows"]
        for data in (old, frame)
    )  # fmt: skip
    assert other["rows"] == len(frame["car"])
    assert [c for c in one["columns"] if one["columns"][c] != other["columns"][c]] == changed
    assert (one["digest"] != other["digest"]) == bool(changed)


def test_the_record_of_reads_is_no_result(tmp_path):
    """Which question read which file is written as CSV, and is nothing to compare versions by."""
    reads = Dataset("observed_inputs", pd.DataFrame({"question": ["Q"], "file": ["f"]}), SOURCE)
    write(Findings(datasets=[reads]), tmp_path / "results")
    assert (tmp_path / "results/observed_inputs.csv").is_file()
    assert json.loads((tmp_path / "results/datasets.json").read_text("utf-8"))["datasets"] == {}


def test_two_runs_write_the_same_bytes(tmp_path):
    """Numbers, tables and SVG figures do not depend on the time or the folder."""
    write(findings(), tmp_path / "a")
    write(findings(), tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert set(contents(tmp_path / "a")) == {
        "numbers.json", "claims.json", "figures.json", "tables.json", "datasets.json",
        "keys.csv", "numbers.csv",
        "tables/betas.md", "figures/betas.svg", "figures/betas.csv",
    }  # fmt: skip


def test_a_picture_names_its_data_and_their_hash(tmp_path):
    """One file a frame, named after its part where there are several."""
    one = findings().figures[0]
    write(Findings(figures=[one]), tmp_path / "results")
    data = (tmp_path / "results/figures/betas.csv").read_bytes()
    assert data.startswith(b"ticker,side,beta,low,high\nMP,down,1,0.5,1.5\n")
    picture = (tmp_path / "results/figures/betas.svg").read_text("utf-8")
    assert f"betas.csv sha256:{hashlib.sha256(data).hexdigest()}" in picture
    two = replace(one, data={"b": one.data["betas"], "a": one.data["betas"].head(1)})
    assert list(figures.data_files(two)) == ["betas-a.csv", "betas-b.csv"]


def test_key_used_twice_is_refused_and_old_files_stay(tmp_path):
    """A double key stops the run before anything of the old results is touched."""
    write(findings(), tmp_path / "results")
    before = contents(tmp_path / "results")
    double = findings(0.5)
    double.numbers *= 2
    with pytest.raises(ResultsError, match=r"'truce\.mp' is made twice"):
        write(double, tmp_path / "results")
    assert contents(tmp_path / "results") == before


def test_failure_while_drawing_leaves_the_old_results_whole(tmp_path, monkeypatch):
    """A crash in the last step leaves every old file and no temporary folder behind."""
    write(findings(), tmp_path / "results")
    before = contents(tmp_path / "results")

    def crash(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(drawings, "up_down_beta", crash)
    with pytest.raises(KeyboardInterrupt):
        write(findings(0.5), tmp_path / "results")
    assert contents(tmp_path / "results") == before
    assert [p.name for p in tmp_path.iterdir()] == ["results"]


def test_results_of_an_earlier_run_that_are_no_longer_made_are_removed(tmp_path):
    """The folder holds what this run made and nothing stale."""
    write(findings(), tmp_path / "results")
    fewer = findings()
    fewer.tables.clear()
    write(fewer, tmp_path / "results")
    assert "tables/betas.md" not in contents(tmp_path / "results")


def test_folder_that_cannot_be_written_is_one_clear_error(tmp_path):
    """A file where the folder should be gives the path and what to do."""
    (tmp_path / "results").write_text("in the way")
    with pytest.raises(WriteError, match=r"results: expected a place that can be written"):
        write(findings(), tmp_path / "results")
    assert os.listdir(tmp_path) == ["results"]  # noqa: PTH208


def test_figure_of_unknown_kind_is_refused(tmp_path):
    """A figure names its kind; one that cannot be drawn stops the run."""
    figure = Figure("x", "pie", {}, "A pie.", SOURCE)
    with pytest.raises(ResultsError, match="no drawing of kind 'pie'"):
        figures.draw(figure, tmp_path / "x.svg")


def test_passage_is_written_and_an_old_one_removed(tmp_path):
    """Paragraphs end with one line feed; a passage no longer made disappears."""
    results = findings()
    results.passages.append(Passage("claims", "**A1** holds.\n\n**A2** too.", SOURCE))
    write(results, tmp_path / "results")
    path = tmp_path / "results/passages/claims.md"
    assert path.read_text("utf-8") == "**A1** holds.\n\n**A2** too.\n"
    write(findings(), tmp_path / "results")
    assert not path.exists()


def test_a_figure_that_is_drawn_already_is_written_as_one_drawn_here(tmp_path):
    """Workers draw: what they hand over is what the writer would have drawn itself."""
    write(findings(), tmp_path / "here")
    drawn = findings()
    drawn.figures = [replace(f, files=figures.draw_files(f)) for f in drawn.figures]
    write(drawn, tmp_path / "handed")
    assert contents(tmp_path / "here") == contents(tmp_path / "handed")
    assert "figures/betas.svg" in contents(tmp_path / "handed")
