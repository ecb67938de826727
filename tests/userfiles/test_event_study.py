"""The event-study command on a user's own files."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.__main__ import main
from analysis.errors import UserDataError
from analysis.userfiles.event_study import TESTS, event_study
from analysis.userfiles.reading import read_events, read_prices

ROOT = Path(__file__).parents[2]
NAMES = {
    "t_time_series", "t_cross_sectional", "patell", "bmp", "kp_patell", "kp_bmp", "corrado",
    "corrado_zivney", "grank_t", "sign", "generalized_sign", "wilcoxon", "skewness_adjusted_t",
    "portfolio_t", "joint_f", "equal_response_f", "across_episodes_t", "sign_flip", "conformal",
    "placebo",
}  # fmt: skip
FURTHER = {"t_time_series_no_forecast", "portfolio_t_risk", "bhar_t", "bhar_skewness_adjusted_t",
           "calendar_time_t"}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Files of four assets over 400 sessions and four events."""
    rng = np.random.default_rng(4)
    dates = pd.bdate_range("2024-01-01", periods=400)
    market = rng.normal(0.0005, 0.01, 400)
    returns = {n: 1.2 * market + rng.normal(0, 0.02, 400) for n in "ABC"} | {"SPY": market}
    prices = 50 * (1 + pd.DataFrame(returns, dates)).cumprod()
    prices.rename_axis("date").to_csv(tmp_path / "p.csv")
    rows = [f"{t},{dates[at].date()}" for t, at in zip("ABCA", (200, 200, 260, 320), strict=True)]
    (tmp_path / "e.csv").write_text("ticker,day0\n" + "\n".join(rows) + "\n")
    return tmp_path


def study(folder: Path, *more: str) -> int:
    words = ["--prices", folder / "p.csv", "--events", folder / "e.csv", "--benchmark", "SPY"]
    return main(["event-study", *map(str, words), "--out", str(folder / "r.json"), *more])


def result(folder: Path, *more: str) -> dict[str, Any]:
    assert study(folder, "--placebo", "50", *more) == 0
    return json.loads((folder / "r.json").read_text("utf-8"))


def test_result_holds_every_promised_field(folder):
    """Events, groups, tests by name, skipped and spec, with the promised names."""
    found = result(folder)
    assert set(found) == {"events", "groups", "windows", "advice", "skipped", "spec", "contrasts",
                          "breakdown"}  # fmt: skip
    promised = {"ticker", "day0", "alpha", "beta", "sigma", "n_estimation", "estimation_start",
                "estimation_end", "ar", "car", "se_car", "t", "df", "p"}  # fmt: skip
    assert promised <= set(found["events"][0])
    group = found["groups"]["all"]
    assert {"n", "aar", "caar", "tests"} <= set(group)
    assert set(group["tests"]) == NAMES | FURTHER == set(TESTS)
    for fields in group["tests"].values():
        assert {"statistic", "df", "p_value", "p_min", "mde"} <= set(fields)
        assert (fields["p_value"] is None) == bool(fields["reason"])


def test_every_written_field_is_documented(folder):
    """The how-to names each field of the events, the groups, the tests and the breakdown."""
    lines = (folder / "e.csv").read_text().splitlines()
    rows = [r + f",{g},{i}" for i, (r, g) in enumerate(zip(lines[1:], "xyxy", strict=True))]
    (folder / "e.csv").write_text("\n".join([lines[0] + ",group,episode", *rows]) + "\n")
    found = result(folder, "--by", "pooled,firm", "--tests", "patell,placebo")
    text = (ROOT / "docs/event-study.md").read_text("utf-8")
    group = found["groups"]["x"]
    written = set(found) | set(found["events"][0]) | set(group) | set(group["tests"]["patell"])
    written |= set(found["spec"]) | set(found["contrasts"][0]) | set(found["breakdown"][0])
    written |= set(group["tests"]["placebo"]) | set(group["path"][0])
    written |= {name for name in found["windows"][0] if not name.startswith("p_")}
    assert {name for name in written if f"`{name}`" not in text} == set()


def test_fit_and_car_equal_a_regression_worked_out_here(folder):
    """Estimation on event days -130 to -11, prediction and forecast error by statsmodels."""
    found = result(folder, "--window=-1,1")["events"][0]
    prices = read_prices(folder / "p.csv").frame
    returns = (prices / prices.shift(1) - 1).iloc[1:]
    at = returns.index.to_list().index(pd.Timestamp(found["day0"]))
    early, late = slice(at - 130, at - 10), slice(at - 1, at + 2)
    assert found["n_estimation"] == 120
    assert found["estimation_start"] == str(returns.index.to_list()[at - 130].date())
    assert found["estimation_end"] == str(returns.index.to_list()[at - 11].date())
    x = sm.add_constant(returns["SPY"].to_numpy())
    fit = sm.OLS(returns["A"].to_numpy()[early], x[early]).fit()
    ar = returns["A"].to_numpy()[late] - fit.predict(x[late])
    total = x[late].sum(axis=0)
    error = np.sqrt(fit.scale * (3 + total @ np.linalg.inv(x[early].T @ x[early]) @ total))
    assert [found["alpha"], found["beta"]] == pytest.approx(fit.params, rel=1e-9)
    assert found["sigma"] == pytest.approx(np.sqrt(fit.scale), rel=1e-9)
    assert found["ar"] == pytest.approx(ar, rel=1e-9)
    assert found["car"] == pytest.approx(ar.sum(), rel=1e-9)
    assert found["se_car"] == pytest.approx(error, rel=1e-9)
    assert found["t"] == pytest.approx(ar.sum() / error, rel=1e-9)
    assert found["df"] == 118


def test_same_files_give_the_same_bytes(folder):
    """The seed fixes what is drawn; nothing depends on the time."""
    first = (study(folder, "--placebo", "50"), (folder / "r.json").read_bytes())
    second = (study(folder, "--placebo", "50"), (folder / "r.json").read_bytes())
    assert first == second


def test_scale_of_prices_does_not_matter(folder):
    """A split-like rescaling of one asset changes nothing."""
    prices, events = read_prices(folder / "p.csv").frame, read_events(folder / "e.csv").frame
    rescaled = prices.assign(A=prices["A"] * 7)
    options: dict[str, Any] = {"benchmark": "SPY", "tests": "patell"}
    one, two = (event_study(p, events, **options).events["car"] for p in (prices, rescaled))
    assert np.allclose(one, two, rtol=1e-9)


def test_groups_are_tested_apart(folder):
    """Each group has its own number, mean and tests."""
    lines = (folder / "e.csv").read_text().splitlines()
    grouped = [lines[0] + ",group", *(f"{r},{g}" for r, g in zip(lines[1:], "xxyy", strict=True))]
    (folder / "e.csv").write_text("\n".join(grouped) + "\n")
    groups = result(folder)["groups"]
    assert {name: g["n"] for name, g in groups.items()} == {"x": 2, "y": 2}


def spoil(folder: Path, name: str, line: int, old: str, new: str) -> None:
    rows = (folder / name).read_text().splitlines()
    assert old in rows[line - 1]
    rows[line - 1] = rows[line - 1].replace(old, new, 1)
    (folder / name).write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize(
    ("name", "line", "new", "said"),
    [
        ("p.csv", 5, "2024-01-03,1,1,1,1", "p.csv, row 5, column date: expected each date once"),
        ("p.csv", 5, "2023-01-03,1,1,1,1", "row 5, column date: expected dates in order"),
        ("p.csv", 5, "yesterday,1,1,1,1", "row 5, column date: expected a date as in the other"),
        ("p.csv", 5, "2024-01-04,1,x,1,1", "row 5, column B: expected a number, found 'x'"),
        ("p.csv", 5, "2024-01-04,1,0,1,1", "row 5, column B: expected a positive price, found 0"),
        ("p.csv", 5, "2024-01-04,1,-3,1,1", "column B: expected a positive price, found -3"),
        ("e.csv", 3, "A,2024-10-07", "e.csv, row 3, column day0: expected each event once"),
        ("e.csv", 3, "A,07.10.2024", "e.csv, row 3, column day0: expected a date"),
        ("e.csv", 1, "who,day0", "expected a column 'ticker', found who, day0; name it with"),
        (
            "e.csv",
            3,
            ",2024-10-07",
            "e.csv, row 3, column ticker: expected a ticker, found an empty",
        ),
        ("p.csv", 5, "2024-01-04,1,inf,1,1", "column B: expected a positive price, found inf"),
    ],
)
def test_bad_cell_is_named_and_nothing_written(folder, capsys, name, line, new, said):
    """One line with file, row, column, expected and found; exit 1; no result file."""
    rows = (folder / name).read_text().splitlines()
    rows[line - 1] = new
    (folder / name).write_text("\n".join(rows) + "\n")
    assert study(folder) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert said in error
    assert not (folder / "r.json").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "p.csv: expected a table with a header, found nothing in the first row"),
        ("date;A\n1;2\n", "p.csv, row 2, column date: expected a date, found '1'"),
        ("date\n2024-01-02\n", "row 1: expected columns separated by commas, semicolons, tabs"),
        ("date,A\n", "expected rows below the header, found none"),
        ("date,A,A\n2024-01-02,1,1\n", "row 1, column A: expected each column once"),
        ("date,,A\n2024-01-02,1,1\n", "expected a name for every column, found none for column 2"),
        (
            "date,A\n2024-01-02,1\n2024-01-03,1,2\n2024-01-04,1\n2024-01-05,1\n",
            "p.csv: expected as many columns in every row as in the header",
        ),
        ("date,A\n2024-01-02,1\nlater,1\n2024-01-03,1\n", "row 3, column date: expected a date"),
    ],
)
def test_file_that_is_no_table_is_refused(folder, capsys, content, said):
    """Empty file, wrong delimiter, header only."""
    (folder / "p.csv").write_text(content)
    assert study(folder) == 1
    assert said in capsys.readouterr().err


def test_missing_file_and_unknown_benchmark_are_refused(folder, capsys):
    """The path, or the columns there are."""
    assert study(folder, "--benchmark", "DAX") == 1
    assert "expected a column 'DAX', found A, B, C, SPY" in (capsys.readouterr().err)
    (folder / "e.csv").unlink()
    assert study(folder) == 1
    assert "e.csv: expected a file, found none" in capsys.readouterr().err


def test_unknown_test_and_impossible_window_are_refused(folder, capsys):
    """A misspelt test lists the tests; a window that runs backwards says so."""
    assert study(folder, "--tests", "pattel") == 1
    assert "found 'pattel'" in capsys.readouterr().err
    assert study(folder, "--window=3,1") == 1
    assert "event study: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Z,2024-12-30", "unknown ticker"),
        ("A,2026-12-29", "no next session within 7 days of that day"),
        ("A,2024-02-01", "too few estimation sessions"),
        ("A,2025-07-10", "the event window leaves the data"),
        ("SPY,2024-10-08", "the model leaves no residual"),
    ],
)
def test_event_that_cannot_be_used_is_skipped_with_the_reason(folder, row, reason):
    """Unknown ticker, no session, too early, too late: skipped, and the others are kept."""
    with (folder / "e.csv").open("a") as handle:
        handle.write(row + "\n")
    found = result(folder)
    assert len(found["events"]) == 4
    assert [s["ticker"] for s in found["skipped"]] == [row.split(",")[0]]
    assert found["skipped"][0]["reason"].startswith(reason)


def test_constant_and_gappy_series(folder):
    """A constant series is skipped; a gap in the window too, by day; gaps before it are counted."""
    prices = pd.read_csv(folder / "p.csv", index_col=0)
    prices["B"] = 10.0
    prices.loc[prices.index[261], "C"] = np.nan
    prices.loc[prices.index[250], "A"] = np.nan
    prices.to_csv(folder / "p.csv")
    found = result(folder, "--missing", "drop")
    reasons = {s["ticker"]: s["reason"] for s in found["skipped"]}
    assert reasons["B"].startswith("constant returns")
    assert reasons["C"] == "no return on event day 1"
    late = next(e for e in found["events"] if e["day0"] > "2025-01-01")
    assert late["n_estimation"] == 118


def test_benchmark_missing_on_event_days(folder):
    """Without the benchmark there is no normal return: skipped, and the day is named."""
    prices = pd.read_csv(folder / "p.csv", index_col=0)
    prices.loc[prices.index[200], "SPY"] = np.nan
    prices.loc[prices.index[263], "SPY"] = np.nan
    prices.to_csv(folder / "p.csv")
    words = ("--missing", "drop", "--non-session", "next")
    reasons = [(s["ticker"], s["reason"]) for s in result(folder, *words)["skipped"]]
    assert reasons == [
        ("A", "no factor return on day 0"),
        ("B", "no factor return on day 0"),
        ("C", "no factor return on event day 3"),
    ]


def test_constant_benchmark_is_no_benchmark(folder, capsys):
    """Nothing can be regressed on a price that rises evenly: no event is left, exit 1."""
    prices = pd.read_csv(folder / "p.csv", index_col=0)
    prices["SPY"] = 100 * 1.001 ** np.arange(400)
    prices.to_csv(folder / "p.csv", float_format="%.17g")
    assert study(folder) == 1
    said = capsys.readouterr().err
    assert "expected one usable event or more, found none of 4" in said
    assert "factors are constant" in said
    assert not (folder / "r.json").exists()


def test_overlapping_windows_are_reported_not_refused(folder):
    """A's second event lies three sessions after its first; C's window meets no other of C."""
    dates = pd.bdate_range("2024-01-01", periods=400)
    (folder / "e.csv").write_text(
        f"ticker,day0\nA,{dates[200].date()}\nA,{dates[203].date()}\nC,{dates[201].date()}\n"
        f"C,{dates[280].date()}\n"
    )
    events = result(folder, "--window=-1,2")["events"]
    assert [e["overlaps"] for e in events] == [1, 1, 0, 0]
    assert [e["listed_in_estimation"] for e in events] == [0, 0, 0, 3]


def test_skip_listed_leaves_other_events_out_of_estimation(folder):
    """The last event's estimation window holds the three-day windows of two listed days."""
    plain, skipping = (
        result(folder, "--window=0,2"),
        result(folder, "--window=0,2", "--skip-listed"),
    )
    assert [e["n_estimation"] for e in plain["events"]] == [120] * 4
    assert [e["n_estimation"] for e in skipping["events"]] == [120, 120, 117, 114]
    assert skipping["spec"]["skip_listed"] is True


def test_firm_listed_late_is_estimated_from_its_listing(folder):
    """Empty cells before the listing: the row reports the bounds and the returns used."""
    prices = pd.read_csv(folder / "p.csv", index_col=0)
    prices.loc[prices.index[:100], "A"] = np.nan
    prices.to_csv(folder / "p.csv")
    first = result(folder)["events"][0]
    assert (first["ticker"], first["n_estimation"]) == ("A", 89)
    assert first["estimation_start"] == prices.index[101]


@pytest.mark.parametrize(
    "model", ["mean", "market_adjusted", "scholes_williams", "dimson", "garch"]
)
def test_every_model_runs(folder, model):
    """Each gives all events and, where it can, tests; the choice is in spec."""
    found = result(folder, "--model", model, "--tests", "t_time_series,portfolio_t_risk")
    assert len(found["events"]) == 4
    assert found["spec"]["model"] == model
    assert 0 < found["groups"]["all"]["tests"]["t_time_series"]["p_value"] <= 1


def test_log_returns_and_bhar(folder):
    """Log returns add up: the compounded realised return is that of the prices."""
    event = result(folder, "--returns", "log", "--window=0,3")["events"][0]
    prices = read_prices(folder / "p.csv").frame["A"]
    at = prices.index.to_list().index(pd.Timestamp(event["day0"]))
    held = prices.iloc[at + 3] / prices.iloc[at - 1] - 1
    normal = np.expm1(np.log1p(held) - event["car"])
    assert event["raw"] == pytest.approx(held, rel=1e-9)
    assert event["bhar"] == pytest.approx(held - normal, rel=1e-9)


def test_breakdown_has_every_window_and_slice(folder):
    """Two windows by three firms, three days and all: 14 slices a test, equal to the group's."""
    found = result(
        folder, "--window=-1,1", "--window=0,4", "--by", "pooled,firm,event,episode",
        "--tests", "t_time_series,patell,placebo",
    )  # fmt: skip
    rows = found["breakdown"]
    assert {(r["first"], r["last"]) for r in rows} == {(-1, 1), (0, 4)}
    assert len(rows) == 2 * (1 + 3 + 3 + 3) * 3
    pooled = next(r for r in rows if r["by"] == "pooled" and r["test"] == "patell")
    assert pooled["p_value"] == found["groups"]["all"]["tests"]["patell"]["p_value"]
    one = next(r for r in rows if r["label"] == "C" and r["test"] == "t_time_series")
    event = next(e for e in found["events"] if e["ticker"] == "C")
    assert one["p_value"] == pytest.approx(event["p"], rel=1e-9)
    assert all(r["p_value"] is None for r in rows if r["reason"])


def test_groups_are_adjusted_and_contrasted(folder):
    """Holm doubles the smaller of two p; each pair of groups is compared across episodes."""
    lines = (folder / "e.csv").read_text().splitlines()
    rows = [f"{row},{g}" for row, g in zip(lines[1:], "xxyy", strict=True)]
    (folder / "e.csv").write_text("\n".join([lines[0] + ",group", *rows]) + "\n")
    found = result(folder, "--tests", "t_time_series,placebo")
    x, y = (found["groups"][g]["tests"]["t_time_series"] for g in "xy")
    small, large = sorted([x, y], key=lambda t: t["p_value"])
    assert small["p_holm"] == pytest.approx(min(1, 2 * small["p_value"]))
    assert large["p_bh"] == pytest.approx(large["p_value"])
    assert [(c["a"], c["b"]) for c in found["contrasts"]] == [("x", "y")]
    assert "two episodes on each side" in found["contrasts"][0]["reason"]


def test_placebo_steps_down_over_groups_on_several_days(folder):
    """The larger statistic is held against the larger of each joint draw: never below its own p."""
    dates = pd.bdate_range("2024-01-01", periods=400)
    rows = [f"{t},{dates[at].date()},{g}" for g, t, at in
            [("x", "A", 200), ("x", "B", 240), ("y", "C", 220), ("y", "A", 300)]]  # fmt: skip
    (folder / "e.csv").write_text("ticker,day0,group\n" + "\n".join(rows) + "\n")
    words = ("--tests", "placebo", "--placebo", "400")
    groups = result(folder, *words)["groups"]
    x, y = (groups[g]["tests"]["placebo"] for g in "xy")
    for test in (x, y):
        assert test["p_value"] <= test["p_step_down"] <= 1
    smaller, larger = sorted((x, y), key=lambda test: test["statistic"])
    assert larger["p_step_down"] > larger["p_value"]
    assert smaller["p_step_down"] == max(smaller["p_value"], larger["p_step_down"])
    (folder / "e.csv").write_text("ticker,day0,group\n" + "\n".join(rows[:3]) + "\n")
    assert result(folder, *words)["groups"]["x"]["tests"]["placebo"]["p_step_down"] is None


def test_one_date_has_no_more_placebos_than_dates(folder):
    """With one day 0 each placebo date counts once: a thousand draws do not feign a small p."""
    rows = (folder / "e.csv").read_text().splitlines()[:3]
    (folder / "e.csv").write_text("\n".join(rows) + "\n")
    found = result(folder, "--tests", "placebo", "--placebo", "5000")
    placebo = found["groups"]["all"]["tests"]["placebo"]
    assert 1 / 400 < placebo["p_min"] < 1 / 200


def test_unknown_level_is_refused(folder, capsys):
    """A misspelt level lists the levels."""
    assert study(folder, "--by", "firms") == 1
    assert "by: expected names from pooled, firm, event, episode" in capsys.readouterr().err


def test_too_many_rows_are_refused_before_they_are_read(folder, capsys):
    """A file longer than any list of events is one line, not a full memory."""
    with (folder / "e.csv").open("w") as handle:
        handle.write("ticker,day0\n")
        handle.writelines("A,2024-10-07\n" * 1000 for _ in range(101))
    assert study(folder) == 1
    assert "e.csv: expected at most 100,000 rows, found more" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "header", "row"),
    [("p.csv", "date,A,SPY", "2024-10-07,10.25,500.5"), ("e.csv", "ticker,day0", "A,2024-10-07")],
)
def test_ten_million_rows_are_refused_in_little_memory(folder, name, header, row):
    """Ten million prices or events: refused in 400 MB, most of it the libraries."""
    with (folder / name).open("w") as handle:
        handle.write(header + "\n")
        handle.writelines((row + "\n") * 10_000 for _ in range(1000))
    words = ["event-study", "--prices", folder / "p.csv", "--events", folder / "e.csv"]
    words += ["--benchmark", "SPY", "--out", folder / "r.json"]
    code = (
        "import sys; from analysis.__main__ import main; code = main(sys.argv[1:]);"
        # The process's own peak: ru_maxrss would carry over that of the tests that started it.
        "own = [row for row in open('/proc/self/status') if row.startswith('VmHWM')];"
        "print(int(own[0].split()[1]) // 1024); sys.exit(code)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "expected at most 100,000 rows, found more" in run.stderr
    assert int(run.stdout) < 400


def test_python_function_takes_and_returns_frames(folder):
    """Frames in, without a group; frames out; a bad price is an error as it is in a file."""
    prices = read_prices(folder / "p.csv").frame
    events = read_events(folder / "e.csv").frame[["ticker", "day0"]]
    found = event_study(prices, events, benchmark="SPY", tests="patell")
    assert found.ar.shape == (4, 11)
    assert [*found.ar] == [*range(-5, 6)]
    assert found.tests.index.tolist() == [("all", "patell")]
    np.testing.assert_allclose(found.ar.sum(axis=1), found.events["car"], rtol=1e-9)
    with pytest.raises(UserDataError, match="expected positive numbers, found -1"):
        event_study(prices.assign(A=-1.0), events, benchmark="SPY")


def test_unwritable_place_is_refused(folder, capsys):
    """A folder in the place of the result is one clear line."""
    (folder / "r.json").mkdir()
    assert study(folder) == 1
    assert "expected a place that can be written" in capsys.readouterr().err
    assert [p.name for p in folder.iterdir() if p.name.startswith(".")] == []


def test_documented_example_runs(tmp_path, monkeypatch):
    """The command of the how-to works on the files that stand beside it."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs/event-study.md").read_text("utf-8")
    (command,) = re.findall(r"nox -s run -- (event-study (?:.*\\\n)*.*)$", text, re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    words[words.index("--out") + 1] = str(tmp_path / "r.json")
    assert main(words) == 0
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert set(found["groups"]) == {"tightening", "easing"}


def test_example_prices_are_the_committed_ones(snapshot):
    """The example does not drift away from the data."""
    example = read_prices(ROOT / "docs/example/prices.csv").frame
    committed = snapshot.prices.loc[example.index, example.columns]
    assert np.array_equal(example.to_numpy(), committed.to_numpy())
