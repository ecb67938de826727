"""A study of one's own: from `init` to the report, and the twin's report."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from analysis.__main__ import main
from analysis.commands import Workspace
from analysis.publish.number_rows import read_rows
from analysis.questions import left_out
from analysis.snapshot.calendar import nyse_sessions
from analysis.snapshot.load import load_snapshot
from analysis.snapshot.optional_choices import Exposure

ROOT = Path(__file__).parents[1]
PLANTED = 0.05
EVENT_DAYS = range(150, 150 + 8 * 18, 18)  # positions among the sessions; directions alternate


def _prices(sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Simulate three firms and a market; the first two gain or lose on event days."""
    rng = np.random.default_rng(3)
    market = rng.normal(0, 0.01, len(sessions))
    returns = pd.DataFrame({"MKT": market}, sessions)
    for ticker, beta in {"AAA": 1.2, "BBB": 0.8, "CCC": 1.0}.items():
        returns[ticker] = beta * market + rng.normal(0, 0.015, len(sessions))
    for number, day in enumerate(EVENT_DAYS):
        returns.iloc[day, [1, 2]] += PLANTED * (-1) ** number
    prices = (50 * (1 + returns).cumprod()).round(4).rename_axis("session").reset_index()
    return prices.melt("session", var_name="ticker", value_name="adjusted_close")


def fill(folder: Path, draws: int = 199) -> None:
    """Do what the README of a starting point asks for: tables filled in, tickers named."""
    sessions = nyse_sessions(pd.Timestamp("2024-01-02"), pd.Timestamp("2025-05-30"))
    _prices(sessions).to_csv(folder / "prices.csv", index=False)
    with (folder / "universe.csv").open("a", encoding="utf-8") as file:
        for ticker, role in (
            ("AAA", "producer"),
            ("BBB", "peer"),
            ("CCC", "peer"),
            ("MKT", "market"),
        ):
            file.write(f"{ticker},Firm {ticker},{role},,,,,,\n")
    with (folder / "events.csv").open("a", encoding="utf-8") as file:
        for number, at in enumerate(EVENT_DAYS):
            day, way = sessions[at], ("tightening", "easing")[number % 2]
            file.write(
                f"{day:%Y-%m}-event-{number},{day:%Y-%m-%d},unknown,{day:%Y-%m-%d},{way},no,"
                f"Made-up headline,sector,,confirmatory,high,{way},3,,,,,,,,,,,Example,https://e.org,\n"
            )
    text = (folder / "study.toml").read_text("utf-8")
    changes = {
        '"SPY"': '"MKT"', "peers = []": 'peers = ["CCC"]', "draws = 9999": f"draws = {draws}",
        'title = "An event study"': 'title = "Made-up firms in 2025"', "# mark =": "mark =",
        "# placebo = ": "placebo = ", "[baskets]": '[baskets]\nmine = ["AAA"]',
    }  # fmt: skip
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "study.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """Return a copy of the repository's data and paper, so that nothing real can be written."""
    root = tmp_path / "repository"
    ignored = shutil.ignore_patterns("_output", "derived", ".quarto", "figures")
    for name in ("data", "paper"):
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    shutil.copyfile(ROOT / "README.md", root / "README.md")
    return Workspace.at(root)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.slow
def test_from_init_to_the_report(tmp_path, workspace, capsys) -> None:
    """Four tickers and eight events: the results hold what was planted, both pages are sound.

    The mark stands on every page of the PDF, questions that the study cannot ask are named, and
    nothing of the repository changes.
    """
    before, folder = _bytes(workspace.root), tmp_path / "mine"
    assert main(["init", str(folder), "--minimal"], workspace) == 0
    fill(folder)
    assert main(["data", "--accept", "--data", str(folder)], workspace) == 0
    assert main(["data", "--data", str(folder)], workspace) == 0
    words = ["paper", "--renderer", "pandoc", "--data", str(folder)]
    assert main(words, workspace) == 0
    assert _bytes(workspace.root) == before

    said = capsys.readouterr().out
    assert "The ledger of claims: left out, needs a claim in claims.toml" in said
    numbers = read_rows((folder / "paper/results/numbers.csv").read_text("utf-8"))
    for direction, sign in (("tightening", 1), ("easing", -1)):
        found = numbers[f"pooled.{direction}.car_0_1.mean"]
        assert found["low"] <= sign * PLANTED <= found["high"]
    assert abs(numbers["beta.aaa.mkt"]["value"] - 1.2) < 3 * numbers["beta.aaa.mkt"]["se"]
    assert numbers["basket.mine.tightening.mean"]["n"] == 4

    output = folder / "paper" / "_output"
    pages = [page.extract_text() for page in PdfReader(output / "report.pdf").pages]
    assert len(pages) > 3
    assert all("SYNTHETIC" in page for page in pages)
    html = (output / "report.html").read_text("utf-8")
    assert "<title>Made-up firms in 2025</title>" in html
    assert re.search(r'class="study-mark"[^>]*>\s*<p>SYNTHETIC', html)
    assert "../analysis/" not in html
    assert "needs three firms in firms.core" in html

    words += ["--formats", "docx"]
    assert main(words, workspace) == 1
    assert "found docx; name html, pdf or jats" in capsys.readouterr().err


def test_init_refuses_a_folder_with_files(tmp_path, workspace, capsys) -> None:
    """One line, and the files are as they were."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    before = _bytes(tmp_path)
    assert main(["init", str(tmp_path)], workspace) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "expected a new or empty folder, found files in it" in error
    assert _bytes(tmp_path) == before


def test_a_starting_point_without_rows_is_a_line_a_table(tmp_path, workspace, capsys) -> None:
    """Every empty table is named; confounders and export figures may stay empty."""
    assert main(["init", str(tmp_path / "mine"), "--minimal"], workspace) == 0
    for words in (["data", "--accept"], ["paper"]):
        assert main([*words, "--data", str(tmp_path / "mine")], workspace) == 1
        head, *lines = capsys.readouterr().err.splitlines()
        assert head.startswith("error: 3 files have a fault:")
        for name, line in zip(("events", "prices", "universe"), lines, strict=True):
            assert f"{name}.csv, row 2: expected at least one row" in line


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_that_is_no_study_is_one_line(name, tmp_path, workspace, capsys) -> None:
    """The line says what is missing and how to start."""
    (tmp_path / "empty").mkdir()
    assert main(["paper", "--data", str(tmp_path / name)], workspace) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "expected a folder with manifest.json" in error
    assert "nox -s run -- init" in error


def test_the_folder_of_the_repository_is_its_own_study(workspace, monkeypatch) -> None:
    """``--data data`` is no other study: results would go to their usual place."""
    from analysis.commands.base import Stages
    from analysis.commands.data_folder import chosen

    monkeypatch.chdir(workspace.root)
    assert chosen("data", workspace, Stages()) == workspace
    assert not chosen(None, workspace, Stages()).own


def test_events_without_estimation_windows_are_one_line(tmp_path, workspace, capsys) -> None:
    """Prices that start too late for every event stop the run with what to do."""
    folder = tmp_path / "mine"
    main(["init", str(folder), "--minimal"], workspace)
    fill(folder)
    text = (folder / "study.toml").read_text("utf-8")
    text = text.replace("length = 120", "length = 400").replace("minimum = 60", "minimum = 390")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert main(["data", "--accept", "--data", str(folder)], workspace) == 0
    capsys.readouterr()
    assert main(["results", "--data", str(folder)], workspace) == 1
    error = capsys.readouterr().err
    assert "expected a firm with 390 usable sessions before an event, found none" in error


def test_the_study_of_the_paper_is_asked_every_question(snapshot) -> None:
    """It lacks nothing that a question needs; another one says what it lacks."""
    assert left_out(snapshot) == {}
    without = replace(snapshot, choices=replace(snapshot.choices, pair=None, exposure=Exposure()))
    assert left_out(without)["The pair trade"] == [
        "[pair] in study.toml",
        "firms and against in [exposure] of study.toml",
    ]


@pytest.mark.slow
def test_the_twin_is_marked_on_every_page(workspace) -> None:
    """``paper --data twin`` asks everything but the record of size; SYNTHETIC is on every page."""
    before = _bytes(workspace.root)
    assert main(["paper", "--data", "twin", "--renderer", "pandoc"], workspace) == 0
    folder = workspace.root / "build" / "twin"
    after = {p: b for p, b in _bytes(workspace.root).items() if not p.startswith(str(folder))}
    assert after == before
    reader = PdfReader(folder / "paper" / "_output" / "report.pdf")
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 15
    assert all("SYNTHETIC" in page for page in pages)
    assert reader.metadata is not None
    assert str(reader.metadata.title).startswith("SYNTHETIC")
    lacking = {
        "Size and power",
        "Fifteen years before",
        "Exports before",
        "Exports of both studies",
    }
    assert set(left_out(load_snapshot(folder))) == lacking
    for drawn in (folder / "paper" / "results" / "figures").glob("*.svg"):
        assert "SYNTHETIC" in drawn.read_text("utf-8")
