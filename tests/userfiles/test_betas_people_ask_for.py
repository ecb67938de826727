"""Betas of weeks and months, on excess returns, of many assets at once, and of pairs on request."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.__main__ import main
from analysis.errors import UserDataError
from analysis.estimators.beta.by_column import Settings, fit_columns
from analysis.estimators.beta.relative import (
    Slope,
    UpDown,
    dimson_beta,
    huber_beta,
    ols_beta,
    up_down_beta,
)
from analysis.estimators.beta.rolling import beta_paths, ewm_beta, rolling_beta
from analysis.userfiles.beta import relative_beta
from analysis.userfiles.periods import whole_periods

PRICES = Path(__file__).parent / "cases" / "prices.csv"
QUICK: dict[str, Any] = {"draws": 99, "assets": ("ALFA", "BRAV"), "benchmark": "MKT"}


def plain() -> pd.DataFrame:
    return pd.read_csv(PRICES, index_col="date", parse_dates=True)


def rate_of(prices: pd.DataFrame) -> pd.Series:
    """Return a rate in percent a year that falls from above zero to below it."""
    return pd.Series(np.linspace(5, -1, len(prices)).round(3), prices.index)


def fit(y: pd.Series, x: pd.Series) -> Any:
    return sm.OLS(y.to_numpy(), sm.add_constant(x.to_numpy())).fit()


@pytest.mark.parametrize("kind", ["simple", "log"])
def test_excess_returns(kind):
    """Percent a year over 252 off both sides, below zero too: statsmodels' slope and intercept."""
    prices = plain()
    steps = prices.pct_change() if kind == "simple" else pd.DataFrame(np.log(prices)).diff()
    prices["RF"] = rate_of(prices)
    found = relative_beta(prices, risk_free="RF", returns=kind, **QUICK).betas.iloc[0]
    rate = prices["RF"] / 100 / 252
    excess = steps.sub(rate if kind == "simple" else np.log1p(rate), axis=0).iloc[1:]
    expected = fit(excess["ALFA"], excess["MKT"])
    assert (found["alpha"], found["beta"]) == pytest.approx(tuple(expected.params), rel=1e-9)
    assert found["se_hc3"] == pytest.approx(expected.HC3_se[1], rel=1e-9)


def test_rate_on_the_command_line(tmp_path, monkeypatch, capsys):
    """A column of any sign that is no asset; how it was read is said."""
    monkeypatch.chdir(tmp_path)
    prices = plain()[["ALFA", "BRAV", "MKT"]]
    prices.assign(RF=rate_of(prices)).to_csv("p.csv")
    words = ["--prices", "p.csv", "--benchmark", "MKT", "--risk-free", "RF", "--draws", "99"]
    assert main(["beta", *words, "--out", "b.json"]) == 0
    assert "returns less RF, read as percent a year over 252" in capsys.readouterr().err
    assets = json.loads(Path("b.json").read_text("utf-8"))["assets"]
    assert [asset["ticker"] for asset in assets] == ["ALFA", "BRAV"]


def test_a_rate_that_lacks_a_day_holds_on():
    """The account earns what it did the day before."""
    prices = plain()
    prices["RF"] = rate_of(prices).round(0)
    whole = relative_beta(prices, risk_free="RF", **QUICK).betas
    prices.loc[prices.index[200], "RF"] = np.nan
    assert prices["RF"].iloc[199] == prices["RF"].iloc[201]
    holed = relative_beta(prices, risk_free="RF", **QUICK).betas
    pd.testing.assert_frame_equal(whole, holed)


@pytest.mark.parametrize(("frequency", "rule", "a_year"), [("month", "ME", 12), ("week", "W", 52)])
def test_returns_of_months_and_weeks(frequency, rule, a_year):
    """From the last price of each, as pandas resamples; a rate is divided by returns a year."""
    prices = plain()
    prices["RF"] = rate_of(prices)
    last = prices.resample(rule).last()
    steps = last.pct_change().iloc[1:]
    found = relative_beta(prices, frequency=frequency, **QUICK).betas.iloc[0]
    expected = fit(steps["ALFA"], steps["MKT"])
    assert found["n"] == len(steps)
    assert found["beta"] == pytest.approx(expected.params[1], rel=1e-9)
    less = relative_beta(prices, frequency=frequency, risk_free="RF", **QUICK).betas.iloc[0]
    excess = steps.sub(last["RF"].iloc[1:] / 100 / a_year, axis=0)
    assert less["alpha"] == pytest.approx(fit(excess["ALFA"], excess["MKT"]).params[0], rel=1e-9)


@pytest.mark.parametrize("kind", ["simple", "log"])
def test_returns_that_were_given_are_compounded(kind):
    """Months from returns are those from prices."""
    prices = plain()
    steps = prices.pct_change() if kind == "simple" else pd.DataFrame(np.log(prices)).diff()
    options = QUICK | {"frequency": "month", "returns": kind}
    one = relative_beta(prices, **options).betas.iloc[0]
    # The first month of returns has no base among the prices' months.
    later = steps[steps.index > prices.index[prices.index < "2022-10-01"][-1]]
    two = relative_beta(later, given="returns", **options).betas.iloc[0]
    assert two["n"] == one["n"]
    assert two["beta"] == pytest.approx(one["beta"], rel=1e-9)


def test_a_period_without_a_price_has_no_return():
    """Nor is a hole filled."""
    prices = plain()[["ALFA", "MKT"]]
    prices.loc["2023-03", "ALFA"] = np.nan
    found = whole_periods(prices, "month", None)
    returns = whole_periods(prices.pct_change(), "month", "simple")
    for table in (found, returns):
        assert (
            table["ALFA"][pd.DatetimeIndex(table.index).strftime("%Y-%m") == "2023-03"].isna().all()
        )


def test_months_have_a_path_only_with_a_window_they_fill(tmp_path, monkeypatch, capsys):
    """Left out with a note; a shorter window gives one."""
    monkeypatch.chdir(tmp_path)
    words = ["--prices", str(PRICES), "--benchmark", "MKT", "--assets", "ALFA", "--draws", "99",
             "--frequency", "month", "--out", "b.json"]  # fmt: skip
    assert main(["beta", *words]) == 0
    said = capsys.readouterr().err
    assert "ALFA: no rolling path, for its 21 returns are fewer than the window of 60" in said
    (asset,) = json.loads(Path("b.json").read_text("utf-8"))["assets"]
    assert asset["n"] == 21
    assert asset["rolling"]["beta"] == []
    assert main(["beta", *words, "--window", "12"]) == 0
    (asset,) = json.loads(Path("b.json").read_text("utf-8"))["assets"]
    assert {name: len(path) for name, path in asset["rolling"].items()} == dict.fromkeys(
        ["date", "beta", "se", "low", "high", "weighted"], 10
    )


@pytest.mark.parametrize(("rule", "frequency"), [("ME", "month"), ("2W", "week")])
def test_a_file_of_months_is_refused_with_the_option(rule, frequency):
    """Twenty-two rows where thirty days are wanted: the option that takes them is named."""
    prices = plain().resample(rule).last().tail(22)
    with pytest.raises(UserDataError, match=f"found 22; say --frequency {frequency} if"):
        relative_beta(prices, **QUICK)


def test_few_months_are_refused():
    """Twelve returns are the fewest."""
    prices = plain().resample("ME").last().tail(12)
    with pytest.raises(UserDataError, match=r"too few common returns \(found 11, needed 12\)"):
        relative_beta(prices, frequency="month", **(QUICK | {"block": 3}))


def test_pairs_are_tested_on_request():
    """All assets together by default, each pair with `pairs`; two assets are all."""
    options = QUICK | {"assets": ("ALFA", "BRAV", "CHAR")}
    alone = relative_beta(plain(), **options).equality
    assert alone["assets"].tolist() == ["ALFA+BRAV+CHAR"]
    every = relative_beta(plain(), pairs=True, **options).equality
    assert every["assets"].tolist() == ["ALFA+BRAV+CHAR", "ALFA+BRAV", "ALFA+CHAR", "BRAV+CHAR"]
    assert relative_beta(plain(), **QUICK).equality["assets"].tolist() == ["ALFA+BRAV"]


def test_assets_with_holes_of_their_own_are_fitted_on_their_days():
    """One by one or all at once, whatever days they miss; the order is that of the file."""
    prices = plain().drop(columns="DAX")
    prices.loc[prices.index[50:53], "BRAV"] = np.nan
    prices.loc[prices.index[:40], "DELT"] = np.nan
    prices.loc[prices.index[50:53], "ECHO"] = np.nan
    whole = relative_beta(prices, benchmark="MKT", draws=99)
    assert whole.betas["ticker"].tolist() == [c for c in prices.columns if c != "MKT"]
    assert whole.rolling["ticker"].drop_duplicates().tolist() == whole.betas["ticker"].tolist()
    for row in whole.betas.to_dict("records"):
        alone = relative_beta(prices, benchmark="MKT", assets=(row["ticker"],), draws=99)
        shared = [name for name in alone.betas.columns if name not in ("ticker", "start", "end")]
        assert [row["start"], row["end"]] == alone.betas[["start", "end"]].iloc[0].tolist()
        assert [row[name] for name in shared] == pytest.approx(
            alone.betas[shared].iloc[0].tolist(), rel=1e-9
        )
        mine = whole.rolling[whole.rolling["ticker"] == row["ticker"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, alone.rolling, rtol=1e-9)


@pytest.fixture
def returns():
    """Returns of six firms with heavy tails, of a late one, and of a market with a hole."""
    rng = np.random.default_rng(8)
    dates = pd.bdate_range("2020-01-01", periods=400)
    market = rng.standard_t(4, 400) / 100
    firms = {f"F{at}": at / 4 * market + rng.standard_t(3, 400) / 50 for at in range(6)}
    return pd.DataFrame(firms | {"M": market}, dates)


def bootstrap(y: pd.Series, x: pd.Series, settings: Settings) -> Slope:
    """Gather the sessions of every draw and fit a line through them."""
    pairs = pd.concat([y, x], axis=1).dropna().to_numpy()
    n, rng, gathered = len(pairs), np.random.default_rng(settings.seed), []
    for length, count in ((settings.block, n // settings.block), (n % settings.block, 1)):
        if length:
            starts = rng.integers(0, n - length + 1, (settings.draws, count))
            rows = starts[..., None] + np.arange(length)
            gathered.append(rows.reshape(settings.draws, -1))
    drawn = [np.arange(n), *np.concatenate(gathered, axis=1)]
    slope, *slopes = (float(np.polyfit(pairs[rows, 1], pairs[rows, 0], 1)[0]) for rows in drawn)
    low, high = (float(np.quantile(slopes, share)) for share in (0.025, 0.975))
    return Slope(slope, float(np.std(slopes, ddof=1)), low, high, n)


def scholes_williams(y: pd.Series, x: pd.Series) -> float:
    """Divide the covariances of asset and market with the market on three sessions."""
    rows = pd.concat([y, x, x.shift(1) + x + x.shift(-1)], axis=1).dropna()
    covariance = np.cov(rows.to_numpy().T)
    return float(covariance[0, 2] / covariance[1, 2])


def alone(y: pd.Series, x: pd.Series, settings: Settings) -> dict[str, Any]:
    """Return the fields of one asset, each from what fits it alone."""
    whole = ols_beta(y, x, settings.hac)
    low, high = whole.interval()
    shifts = {"lags": settings.lags, "leads": settings.leads, "hac_lags": settings.hac}
    others: dict[str, Slope | UpDown] = {
        "huber": huber_beta(y, x),
        "dimson": dimson_beta(y, x, **shifts),
        "bootstrap": bootstrap(y, x, settings),
        "up_down": up_down_beta(y, x, settings.hac),
    }
    fields = asdict(whole) | {"low": low, "high": high}
    fields["scholes_williams"] = scholes_williams(y, x)
    nested = {f"{kind}.{k}": v for kind, one in others.items() for k, v in asdict(one).items()}
    return fields | nested


@pytest.mark.parametrize("start", [0, 7])
@pytest.mark.parametrize("settings", [Settings(5, 1, 1, 10, 200, 1), Settings(0, 3, 0, 7, 150, 9)])
def test_by_column_is_one_by_one(returns, start, settings):
    """Every estimate and error is that of the single fit; lags reach back before its start."""
    firms = [name for name in returns.columns if name != "M"]
    returns.loc[returns.index[:start], firms] = np.nan
    found = fit_columns(returns[firms].to_numpy(), returns["M"].to_numpy(), settings)
    for at, name in enumerate(firms):
        expected = alone(returns[name], returns["M"], settings)
        assert set(found) == set(expected)
        for field, value in expected.items():
            assert found[field][at] == pytest.approx(value, rel=1e-8), field


def test_paths_by_column_are_one_by_one(returns):
    """Rolling and weighted slopes of all assets equal those of each."""
    firms = [name for name in returns.columns if name != "M"]
    found = beta_paths(returns[firms].to_numpy(), returns["M"].to_numpy(), 60, 30.0)
    for at, name in enumerate(firms):
        path = rolling_beta(returns[name], returns["M"], 60)
        for column in path.columns:
            np.testing.assert_allclose(found[column][at], path[column], rtol=1e-9)
        weighted = ewm_beta(returns[name], returns["M"], 30.0).iloc[59:]
        np.testing.assert_allclose(found["weighted"][at], weighted, rtol=1e-9)


def test_columns_that_cannot_be_fitted_are_refused(returns):
    """Too few rows for the lags, a market that stands still, no day of rise."""
    y, x = returns[["F1"]].to_numpy(), returns["M"].to_numpy()
    settings = Settings(5, 1, 1, 10, 99, 1)
    with pytest.raises(ValueError, match="sessions are too few"):
        fit_columns(y[:14], x[:14], Settings(5, 6, 6, 3, 99, 1))
    with pytest.raises(ValueError, match="a factor is constant"):
        fit_columns(y, np.zeros_like(x), settings)
    with pytest.raises(ValueError, match="at least three days on each side"):
        fit_columns(y, np.abs(x) + 0.01, settings)
    with pytest.raises(ValueError, match="expected a block of 1 to 400 sessions, found 401"):
        fit_columns(y, x, Settings(5, 1, 1, 401, 99, 1))


def test_an_index_of_firms(tmp_path):
    """A hundred firms on one market: all have a beta, a path and one joint test."""
    rng = np.random.default_rng(4)
    dates = pd.bdate_range("2020-01-01", periods=300)
    market = rng.normal(0, 0.01, 300)
    firms = {f"F{at:02d}": market + rng.normal(0, 0.02, 300) for at in range(100)}
    prices = 50 * (1 + pd.DataFrame(firms | {"M": market}, dates)).cumprod()
    prices.rename_axis("date").to_csv(tmp_path / "p.csv")
    words = ["--prices", str(tmp_path / "p.csv"), "--benchmark", "M", "--quiet"]
    assert main(["beta", *words, "--out", str(tmp_path / "b.json")]) == 0
    found = json.loads((tmp_path / "b.json").read_text("utf-8"))
    assert len(found["assets"]) == 100
    assert {len(asset["rolling"]["beta"]) for asset in found["assets"]} == {240}
    (test,) = found["equality"]
    assert test["df1"] == 99
    assert 0.9 < np.mean([asset["beta"] for asset in found["assets"]]) < 1.1
