"""The beta command on a user's own prices."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.__main__ import main
from analysis.estimators.multiplicity import holm
from analysis.userfiles.beta import relative_beta
from analysis.userfiles.reading import read_prices

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    """Prices of three assets with betas 0.5, 1 and 2 over 300 sessions."""
    rng = np.random.default_rng(3)
    market = rng.normal(0.0005, 0.01, 300)
    slopes = {"A": 0.5, "B": 1.0, "C": 2.0}
    returns = {n: b * market + rng.normal(0, 0.01, 300) for n, b in slopes.items()}
    frame = pd.DataFrame(returns | {"SPY": market}, pd.bdate_range("2024-01-01", periods=300))
    (50 * (1 + frame).cumprod()).rename_axis("date").to_csv(tmp_path / "p.csv")
    return tmp_path


def beta(folder: Path, *more: str) -> int:
    words = ["--prices", folder / "p.csv", "--benchmark", "SPY", "--draws", "200"]
    return main(["beta", *map(str, words), "--out", str(folder / "r.json"), *more])


def result(folder: Path, *more: str) -> dict[str, Any]:
    assert beta(folder, *more) == 0
    return json.loads((folder / "r.json").read_text("utf-8"))


def test_betas_are_those_of_statsmodels(folder):
    """Least squares with HC3 and HAC errors and the Huber slope, on returns worked out here."""
    found = result(folder)["assets"][2]
    prices = read_prices(folder / "p.csv").frame
    returns = (prices / prices.shift(1) - 1).iloc[1:]
    x = sm.add_constant(returns["SPY"].to_numpy())
    model = sm.OLS(returns["C"].to_numpy(), x)
    fit = model.fit()
    hac = model.fit(cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": True})
    assert (found["ticker"], found["n"], found["df"]) == ("C", 299, 297)
    assert found["beta"] == pytest.approx(fit.params[1], rel=1e-9)
    assert found["se_ols"] == pytest.approx(fit.bse[1], rel=1e-9)
    assert found["se_hc3"] == pytest.approx(fit.HC3_se[1], rel=1e-9)
    assert found["se_hac"] == pytest.approx(hac.bse[1], rel=1e-9)
    assert found["sigma"] == pytest.approx(np.sqrt(fit.scale), rel=1e-9)
    robust = sm.RLM(returns["C"].to_numpy(), x, M=sm.robust.norms.HuberT()).fit(maxiter=500)
    assert found["huber"]["beta"] == pytest.approx(robust.params[1], rel=1e-9)


def test_planted_betas_are_recovered_and_told_apart(folder):
    """Every interval holds the planted slope; equality of 0.5 and 2 is rejected."""
    found = result(folder, "--pairs")
    for asset, planted in zip(found["assets"], (0.5, 1.0, 2.0), strict=True):
        for fields in (asset, asset["dimson"], asset["huber"], asset["bootstrap"]):
            assert fields["low"] - 0.1 < planted < fields["high"] + 0.1
    tests = {row["assets"]: row for row in found["equality"]}
    assert set(tests) == {"A+B+C", "A+B", "A+C", "B+C"}
    assert tests["A+C"]["p_value"] < 1e-6
    pairs = [tests[name]["p_value"] for name in ("A+B", "A+C", "B+C")]
    assert [tests[n]["p_value_holm"] for n in ("A+B", "A+C", "B+C")] == pytest.approx(holm(pairs))
    assert tests["A+B+C"]["p_value_holm"] is None


def test_rolling_beta_is_the_fit_of_its_window(folder):
    """The last window is a regression on its own sessions."""
    path = result(folder, "--window", "40")["assets"][0]["rolling"]
    last = {name: values[-1] for name, values in path.items()}
    prices = read_prices(folder / "p.csv").frame
    returns = (prices / prices.shift(1) - 1).iloc[-40:]
    assert last["date"] == str(returns.index[-1].date())
    assert last["beta"] == pytest.approx(np.polyfit(returns["SPY"], returns["A"], 1)[0], rel=1e-9)


def test_every_written_field_is_documented(folder):
    """The how-to names each field at every depth."""
    text = (ROOT / "docs/beta.md").read_text("utf-8")
    found = result(folder)
    asset = found["assets"][0]
    written = set(found) | set(asset) | set(found["equality"][0])
    for inner in ("huber", "dimson", "bootstrap", "up_down"):
        written |= set(asset[inner])
    written |= set(asset["rolling"])
    assert {name for name in written if f"`{name}`" not in text} == set()


def test_assets_without_a_beta_are_skipped_with_the_reason(folder):
    """Constant, too short, and the benchmark under another name."""
    prices = pd.read_csv(folder / "p.csv", index_col=0)
    prices["A"] = 7.0
    prices.loc[prices.index[20:], "B"] = np.nan
    prices["TWIN"] = 2 * prices["SPY"]
    prices.to_csv(folder / "p.csv")
    found = result(folder)
    assert [a["ticker"] for a in found["assets"]] == ["C"]
    reasons = {s["ticker"]: s["reason"] for s in found["skipped"]}
    assert reasons == {
        "A": "constant returns",
        "B": "too few common returns (found 19, needed 30)",
        "TWIN": "the benchmark itself",
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--assets", "A,Z"], "expected a column 'Z', found A, B, C, SPY; name one of the col"),
        (["--assets", "a"], "expected a column 'a', found A, B, C, SPY; did you mean 'A'?"),
        (["--risk-free", "RF"], "expected a column 'RF', found A, B, C, SPY"),
        (["--columns", "date=day"], "expected a column 'day', found date, A, B, C, SPY"),
        (["--window", "2"], "expected a window of at least 3 sessions, found 2"),
        (["--block", "900"], "expected a block of 1 to 299 sessions, found 900"),
        (["--lags", "-1"], "lags: expected 0 or more, found -1"),
    ],
)
def test_choice_that_cannot_be_used_is_one_line(folder, capsys, words, said):
    """The option, what it takes, what was found; no result file."""
    assert beta(folder, *words) == 1
    assert said in capsys.readouterr().err
    assert not (folder / "r.json").exists()


def test_constant_benchmark_is_refused(folder, capsys):
    """Nothing moves with a price that does not."""
    prices = pd.read_csv(folder / "p.csv", index_col=0).assign(SPY=5.0)
    prices.to_csv(folder / "p.csv")
    assert beta(folder) == 1
    assert "column SPY: expected 30 varying prices" in capsys.readouterr().err


def test_same_file_gives_the_same_bytes(folder):
    """The seed fixes what is drawn."""
    assert beta(folder) == 0
    first = (folder / "r.json").read_bytes()
    assert beta(folder) == 0
    assert (folder / "r.json").read_bytes() == first


def test_python_function_takes_and_returns_frames():
    """One row an asset, from a frame of prices."""
    prices = read_prices(ROOT / "docs/example/prices.csv").frame
    found = relative_beta(prices, benchmark="SPY", assets=("MP", "CRML"), draws=100)
    assert found.betas["ticker"].tolist() == ["MP", "CRML"]
    assert set(found.rolling["ticker"]) == {"MP", "CRML"}


def test_documented_example_runs(tmp_path, monkeypatch):
    """The command of the how-to works on the file that stands beside it."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs/beta.md").read_text("utf-8")
    words = shlex.split(re.findall(r"nox -s run -- (beta .*)$", text, re.MULTILINE)[0])
    words[words.index("--out") + 1] = str(tmp_path / "r.json")
    assert main(words) == 0
    assert len(json.loads((tmp_path / "r.json").read_text("utf-8"))["assets"]) == 3
