"""The correlate command on a user's own series."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.__main__ import main
from analysis.estimators.dependence.lead_lag import FEWEST_PAIRS
from analysis.estimators.multiplicity import benjamini_hochberg, holm
from analysis.snapshot.customs import monthly_panel
from analysis.userfiles.correlate import correlate as correlate_frames
from analysis.userfiles.reading import read_series

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    """Two files: x, and y that follows it two rows later, with noise; some values below zero."""
    rng = np.random.default_rng(6)
    x = rng.normal(0, 1, 62)
    y = np.r_[rng.normal(0, 1, 2), x[:-2]] + rng.normal(0, 0.3, 62)
    dates = pd.date_range("2020-01-01", periods=62, freq="MS").rename("date")
    pd.DataFrame({"x": x, "flat": 1.0}, dates).to_csv(tmp_path / "a.csv")
    pd.DataFrame({"y": y}, dates).to_csv(tmp_path / "b.csv")
    return tmp_path


def correlate(folder: Path, *more: str) -> int:
    files = ["--data", str(folder / "a.csv"), "--data", str(folder / "b.csv")]
    words = [*files, "--draws", "199", "--out", str(folder / "r.json"), *more]
    if "--x" not in more:
        words += ["--x", "x", "--y", "y"]
    return main(["correlate", *words])


def result(folder: Path, *more: str) -> dict[str, Any]:
    assert correlate(folder, *more) == 0
    return json.loads((folder / "r.json").read_text("utf-8"))


@pytest.mark.parametrize("unit", ["row", "month"])
def test_planted_lead_is_found_at_its_lag(folder, unit):
    """X leads by two: the largest correlation stands at lag 2 and survives Holm."""
    rows = result(folder, "--unit", unit)["correlations"]
    for method in ("pearson", "spearman", "kendall"):
        best = max((r for r in rows if r["method"] == method), key=lambda r: r["estimate"])
        assert best["lag"] == 2
        assert best["low"] > 0.5
        assert best["p_value"] == best["p_min"] == 1 / 200


def test_estimates_are_those_of_scipy(folder):
    """Pairs of x(t) and y(t + lag), worked out here."""
    rows = result(folder, "--lags", "1", "--leads", "1")["correlations"]
    table = pd.concat([read_series(folder / n).frame for n in ("a.csv", "b.csv")], axis=1)
    named = {"pearson": "pearsonr", "spearman": "spearmanr", "kendall": "kendalltau"}
    for row in rows:
        pairs = pd.concat([table["x"], table["y"].shift(-row["lag"])], axis=1).dropna()
        expected = getattr(stats, named[row["method"]])(*pairs.to_numpy().T).statistic
        assert row["n"] == len(pairs)
        assert row["estimate"] == pytest.approx(expected, rel=1e-9)


def test_p_is_adjusted_over_the_whole_run(folder):
    """Holm and Benjamini-Hochberg over all methods and lags, and the family says how many."""
    found = result(folder)
    rows = found["correlations"]
    p = [r["p_value"] for r in rows]
    assert found["family"]["tests"] == len(rows) == 3 * 7
    assert [r["p_holm"] for r in rows] == pytest.approx(holm(p))
    assert [r["p_bh"] for r in rows] == pytest.approx(benjamini_hochberg(p))
    assert found["family"]["smallest_p_holm"] == min(r["p_holm"] for r in rows)


def test_changes_are_taken_from_the_month_before(folder):
    """A missing month leaves two changes unknown; by rows its neighbours would meet."""
    frame = pd.read_csv(folder / "a.csv").drop(index=30)
    frame.to_csv(folder / "a.csv", index=False)
    words = ("--unit", "month", "--x-as", "change", "--methods", "pearson", "--lags", "0")
    assert result(folder, *words, "--leads", "0")["correlations"][0]["n"] == 59


def test_flat_series_has_a_reason(folder, capsys):
    """No variation, no number; how many have none is said."""
    rows = result(folder, "--x", "x,flat", "--y", "y")["correlations"]
    flat = [row for row in rows if row["x"] == "flat"]
    assert {row["reason"] for row in flat} == {"a series does not vary"}
    assert {row["p_value"] for row in flat} == {None}
    said = capsys.readouterr().err
    assert "21 correlations without a number: a series does not vary" in said
    assert "21 correlations, 1 warning; results in" in said


def test_no_number_at_all_is_a_fault(folder, capsys):
    """Exit 1 with the reason; correlations of nothing are no result."""
    assert correlate(folder, "--x", "flat", "--y", "y") == 1
    said = capsys.readouterr().err
    assert "expected a number for one of 21 correlations or more, found none" in said
    assert "a series does not vary (flat and y meet in 62 rows)" in said
    dates = pd.date_range("2030-01-01", periods=62, freq="MS").rename("date")
    pd.DataFrame({"y": np.arange(62.0)}, dates).to_csv(folder / "b.csv")
    assert correlate(folder) == 1
    assert "needs at least 6 pairs (x and y meet in 0 rows)" in capsys.readouterr().err
    assert not (folder / "r.json").exists()


def test_missing_folder_is_named_before_anything_is_computed(folder, capsys):
    """The folder that is missing stands in the message."""
    assert correlate(folder, "--draws", "999999999", "--out", str(folder / "results/x.json")) == 1
    said = capsys.readouterr().err
    assert "expected a folder to write to, found none named" in said
    assert str(folder / "results") in said


def test_every_written_field_is_documented(folder):
    """The how-to names each field."""
    text = (ROOT / "docs/correlate.md").read_text("utf-8")
    found = result(folder)
    written = set(found) | set(found["family"]) | set(found["correlations"][0])
    assert {name for name in written if f"`{name}`" not in text} == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--x", "z", "--y", "y"], "expected a column 'z', found x, flat, y"),
        (["--methods", "pearsn"], "methods: expected names from pearson, spearman, kendall"),
        (["--block", "0"], "block: expected 1 or more, found 0"),
        (["--x-as", "log_change"], "column x: expected positive values for log changes, found -"),
    ],
)
def test_choice_that_cannot_be_used_is_one_line(folder, capsys, words, said):
    """The option or column, what it takes, what was found; no result file."""
    assert correlate(folder, *words) == 1
    assert said in capsys.readouterr().err
    assert not (folder / "r.json").exists()


@pytest.mark.parametrize(("unit", "freq"), [("week", "W"), ("month", "M"), ("quarter", "Q")])
def test_last_value_of_each_period_is_taken(folder, capsys, unit, freq):
    """A daily file meets a slower one by the last value of its periods, which is said."""
    dates = pd.date_range("2020-01-01", periods=1_850).rename("date")
    daily = pd.Series(np.random.default_rng(2).normal(size=1_850), dates, name="x")
    daily.to_frame().to_csv(folder / "a.csv")
    words = ("--unit", unit, "--methods", "pearson", "--lags", "0", "--leads", "0")
    row = result(folder, *words)["correlations"][0]
    assert "x: the last value of each " + unit in capsys.readouterr().err
    slow = pd.read_csv(folder / "b.csv", index_col=0, parse_dates=True)["y"]
    last = [s.groupby(pd.DatetimeIndex(s.index).to_period(freq)).last() for s in (daily, slow)]
    pairs = pd.concat(last, axis=1).dropna()
    assert row["n"] == len(pairs)
    assert row["estimate"] == pytest.approx(pairs["x"].corr(pairs["y"]), rel=1e-9)


def test_column_in_both_files_is_refused(folder, capsys):
    """It would not be clear which of the two is meant."""
    (folder / "b.csv").write_text((folder / "a.csv").read_text())
    assert correlate(folder, "--x", "x", "--y", "x") == 1
    assert "expected each column once" in capsys.readouterr().err


def test_word_among_the_numbers_is_named(folder, capsys):
    """File, row and column."""
    rows = (folder / "b.csv").read_text().splitlines()
    rows[3] = "2020-03-01,much"
    (folder / "b.csv").write_text("\n".join(rows) + "\n")
    assert correlate(folder) == 1
    assert "b.csv, row 4, column y: expected a number, found 'much'" in capsys.readouterr().err


def test_python_function_takes_and_returns_frames(folder):
    """A table in, one row a correlation out."""
    data = [read_series(folder / n).frame for n in ("a.csv", "b.csv")]
    options = {"unit": "month", "draws": 99, "methods": "pearson"}
    found = correlate_frames(data, x="x", y="y", **options)
    assert found.correlations["lag"].tolist() == list(range(-3, 4))


def test_documented_example_runs(tmp_path, monkeypatch):
    """The command of the how-to works on the file that stands beside it."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs/correlate.md").read_text("utf-8")
    (command,) = re.findall(r"nox -s run -- (correlate (?:.*\\\n)*.*)$", text, re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    words[words.index("--out") + 1] = str(tmp_path / "r.json")
    assert main([*words, "--draws", "99"]) == 0
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["family"]["tests"] == 42


def test_example_is_the_committed_data(snapshot):
    """The example does not drift away from the data."""
    example = read_series(ROOT / "docs/example/monthly.csv").frame
    months = pd.DatetimeIndex(example.index).to_period("M")
    prices = snapshot.prices.groupby(snapshot.prices.index.to_period("M")).last()
    tonnes = monthly_panel(snapshot.customs, snapshot.choices)["level"]["rare_earths_total"]
    np.testing.assert_array_equal(example[["MP", "REMX"]], prices.loc[months, ["MP", "REMX"]])
    np.testing.assert_array_equal(example["tonnes"], tonnes.reindex(months))


def test_the_reason_of_a_pair_without_a_p_is_that_which_holds():
    """One pair fewer than are needed; as many as are needed, of a series that does not vary."""
    dates = pd.date_range("2020-01-01", periods=FEWEST_PAIRS, freq="MS")
    moving = np.sin(np.arange(float(FEWEST_PAIRS)))
    table = pd.DataFrame({"x": moving, "flat": 1.0, "y": np.cos(moving * 3)}, dates)
    rows = correlate_frames(table, x=["x", "flat"], y=["y"], lags=1, leads=1, draws=19).correlations
    told = rows[rows["method"] == "pearson"].set_index(["x", "n"])["reason"].groupby(level=[0, 1])
    assert told.first().to_dict() == {
        ("flat", FEWEST_PAIRS - 1): f"needs at least {FEWEST_PAIRS} pairs",
        ("flat", FEWEST_PAIRS): "a series does not vary",
        ("x", FEWEST_PAIRS - 1): f"needs at least {FEWEST_PAIRS} pairs",
        ("x", FEWEST_PAIRS): "",
    }
