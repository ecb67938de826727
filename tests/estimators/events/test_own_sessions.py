"""Firms on sessions of their own: returns trade to trade, windows, and tests on common days."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.common_days import on_common_days
from analysis.estimators.events.named_tests import run_tests
from analysis.estimators.events.own_sessions import OwnReturns, compound, trade_to_trade
from analysis.estimators.events.portfolio import portfolio_study
from analysis.estimators.returns import simple_returns

SESSIONS, DAY0 = 260, 200
CHOICES: dict[str, Any] = {
    "factors": ("M",), "length": 100, "gap": 5, "minimum": 50, "window": (-2, 3),
}  # fmt: skip


@pytest.fixture
def prices():
    """Prices of three firms and a market."""
    rng = np.random.default_rng(11)
    dates = pd.bdate_range("2020-01-01", periods=SESSIONS)
    market = rng.normal(0, 0.01, SESSIONS)
    returns = {name: market + rng.normal(0, 0.02, SESSIONS) for name in "ABC"} | {"M": market}
    return 50 * (1 + pd.DataFrame(returns, dates)).cumprod()


def events_on(prices: pd.DataFrame, names: str = "ABC") -> pd.DataFrame:
    return pd.DataFrame({"ticker": list(names), "day0": prices.index[DAY0]})


def returns_of(prices: pd.DataFrame) -> pd.DataFrame:
    return simple_returns(prices).reindex(prices.index)


def own_of(prices: pd.DataFrame, names: str, kind: Any = "simple") -> dict[str, OwnReturns]:
    market, none = prices[["M"]].to_numpy().T, np.empty((0, len(prices)))
    return {n: trade_to_trade(prices[n].to_numpy(), market, none, kind) for n in names}


def test_returns_go_from_trade_to_trade_worked_by_hand():
    """A day without a price: 100 to 121 in two days is 21%, the market's 10% and 20% make 32%."""
    firm = np.array([100.0, np.nan, 121.0, 60.5])
    market = np.array([[10.0, 11.0, 13.2, 13.2]])
    rate = np.array([[np.nan, 0.01, 0.02, np.nan]])
    own = trade_to_trade(firm, market, rate, "simple")
    assert own.sessions.tolist() == [0, 2, 3]
    np.testing.assert_allclose(own.returns, [np.nan, 0.21, -0.5], rtol=1e-12)
    np.testing.assert_allclose(own.factors[0], [np.nan, 0.32, 0.0], atol=1e-12)
    np.testing.assert_allclose(own.factors[1], [np.nan, 1.01 * 1.02 - 1, np.nan], rtol=1e-12)
    logs = trade_to_trade(firm, market, rate, "log")
    np.testing.assert_allclose(logs.returns[1:], np.log([1.21, 0.5]), rtol=1e-12)
    np.testing.assert_allclose(logs.factors[1, 1], 0.03, rtol=1e-12)


def test_one_day_is_not_compounded():
    """The return of a single day keeps all its digits."""
    returns = np.random.default_rng(0).normal(0, 0.01, (2, 50))
    assert np.array_equal(compound(returns, np.arange(50), "simple")[:, 1:], returns[:, 1:])


@pytest.mark.parametrize("model", ["market", "mean", "market_adjusted", "no_intercept", "dimson"])
@pytest.mark.parametrize("kind", ["simple", "log"])
def test_without_holes_own_sessions_change_nothing(prices, model, kind):
    """Complete firms on sessions of their own have the fits, CARs and tests of the panel."""
    choices = {**CHOICES, "model": model, "kind": kind}
    returns = returns_of(prices) if kind == "simple" else np.log(prices).diff()
    plain = event_study(returns, events_on(prices), **choices)
    apart = event_study(returns, events_on(prices), own=own_of(prices, "AC", kind), **choices)
    pd.testing.assert_frame_equal(plain.rows, apart.rows, rtol=1e-10)
    pd.testing.assert_frame_equal(plain.car(-1, 2), apart.car(-1, 2), rtol=1e-9)
    tests = [run_tests(s, -1, 2, np.random.default_rng(0)) for s in (plain, apart)]
    pd.testing.assert_frame_equal(tests[0], tests[1], rtol=1e-8)


def test_windows_count_own_sessions(prices):
    """Fit and CAR equal a regression on the firm's own sessions, worked out here."""
    prices.loc[prices.index[[120, 150, 151, DAY0 + 1]], "A"] = np.nan
    study = event_study(returns_of(prices), events_on(prices), own=own_of(prices, "A"), **CHOICES)
    pair = prices[["A", "M"]].dropna()
    own = (pair / pair.shift(1) - 1).iloc[1:]
    at = own.index.to_list().index(prices.index[DAY0])
    y, x = own["A"].to_numpy(), sm.add_constant(own["M"].to_numpy())
    early, late = slice(at - 104, at - 4), slice(at - 2, at + 4)
    fit = sm.OLS(y[early], x[early]).fit()
    ar = y[late] - fit.predict(x[late])
    row = study.rows.iloc[0]
    assert [row["alpha"], row["beta_M"]] == pytest.approx(fit.params, rel=1e-9)
    assert row["n_estimation"] == 100
    assert row["estimation_start"] == own.index[at - 104]
    assert row["estimation_end"] == own.index[at - 5]
    np.testing.assert_allclose(study.ar[0], ar, rtol=1e-9)
    total = x[late].sum(axis=0)
    variance = fit.scale * (6 + total @ np.linalg.inv(x[early].T @ x[early]) @ total)
    assert study.car(-2, 3)["se"].iloc[0] == pytest.approx(np.sqrt(variance), rel=1e-9)
    others = event_study(returns_of(prices), events_on(prices, "BC"), **CHOICES)
    pd.testing.assert_frame_equal(study.car(-2, 3).iloc[1:].reset_index(drop=True),
                                  others.car(-2, 3), rtol=1e-12)  # fmt: skip


def test_portfolio_uses_the_days_that_its_members_share(prices):
    """Its returns are the means of the members' returns between their common days."""
    prices.loc[prices.index[[130, 160]], "A"] = np.nan
    prices.loc[prices.index[[DAY0 + 2]], "B"] = np.nan
    own = own_of(prices, "AB")
    study = event_study(returns_of(prices), events_on(prices), own=own, **CHOICES)
    joined = portfolio_study(study, "day0")
    common = prices.dropna()
    returns = (common / common.shift(1) - 1).iloc[1:]
    one = returns[["M"]].assign(P=returns[["A", "B", "C"]].mean(axis=1))
    right = event_study(one, events_on(prices, "P"), **CHOICES)
    pd.testing.assert_frame_equal(joined.car(-2, 3), right.car(-2, 3), rtol=1e-9)
    assert joined.rows["n_estimation"].tolist() == [100]


def test_joint_tests_use_common_days(prices):
    """F tests equal those of a panel of the common days alone."""
    prices.loc[prices.index[[130, 160]], "A"] = np.nan
    study = event_study(returns_of(prices), events_on(prices), own=own_of(prices, "A"), **CHOICES)
    right = event_study(simple_returns(prices.dropna()), events_on(prices), **CHOICES)
    names = ["joint_f", "equal_response_f"]
    found, expected = (run_tests(s, -1, 1, np.random.default_rng(0), names) for s in (study, right))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-8)
    assert on_common_days(right) is right


def test_firms_with_different_factors_have_no_joint_test(prices):
    """Refused with the reason, not computed on one of them."""
    other = prices.assign(M=prices["B"])
    own = own_of(prices, "A") | own_of(other, "C")
    study = event_study(returns_of(prices), events_on(prices, "AC"), own=own, **CHOICES)
    table = run_tests(study, -1, 1, np.random.default_rng(0), ["joint_f"])
    assert table["reason"].tolist() == ["needs firms with one benchmark"]


def test_correlation_is_that_of_common_days(prices):
    """One hole leaves the mean correlation of residuals nearly as it was, not shifted by a day."""
    prices["B"] = prices["A"] * np.exp(np.random.default_rng(1).normal(0, 0.002, SESSIONS))
    full = event_study(returns_of(prices), events_on(prices, "AB"), **CHOICES)
    prices.loc[prices.index[DAY0 - 20], "A"] = np.nan
    holed = event_study(
        returns_of(prices), events_on(prices, "AB"), own=own_of(prices, "A"), **CHOICES
    )
    kp = [
        run_tests(s, -1, 1, np.random.default_rng(0), ["kp_patell", "patell"])["statistic"]
        for s in (full, holed)
    ]
    ratios = [k["kp_patell"] / k["patell"] for k in kp]
    assert ratios[1] == pytest.approx(ratios[0], rel=0.03)


@pytest.mark.parametrize("after", [False, True])
def test_estimation_window_of_its_own(prices, after):
    """Any stretch of own sessions, after the event too; bounds are reported."""
    own = own_of(prices, "A")["A"]
    first, stop = (210, 250) if after else (50, 110)
    chosen = OwnReturns(own.sessions, own.returns, own.factors, (first, stop), DAY0)
    choices = {**CHOICES, "length": 60, "minimum": 20}
    study = event_study(returns_of(prices), events_on(prices, "A"), own={"A": chosen}, **choices)
    returns = returns_of(prices).to_numpy()
    x = sm.add_constant(returns[first:stop, 3])
    fit = sm.OLS(returns[first:stop, 0], x).fit()
    row = study.rows.iloc[0]
    assert [row["alpha"], row["beta_M"]] == pytest.approx(fit.params, rel=1e-9)
    assert row["n_estimation"] == stop - first
    assert row["estimation_start"] == prices.index[first]
    assert row["estimation_end"] == prices.index[stop - 1]
    late = returns[DAY0 - 2 : DAY0 + 4]
    ar = late[:, 0] - fit.params[0] - fit.params[1] * late[:, 3]
    np.testing.assert_allclose(study.ar[0], ar, rtol=1e-9)


def test_windows_cut_to_spans(prices):
    """An event cut at day 0 has the CAR, error and Patell share of its own days."""
    study = event_study(returns_of(prices), events_on(prices), **CHOICES)
    cut = study.cut_to(np.array([[-2, 0], [-2, 3], [-1, 3]]))
    car = cut.car(-2, 3)
    for row, bounds in enumerate([(-2, 0), (-2, 3), (-1, 3)]):
        pd.testing.assert_series_equal(
            car.iloc[row], study.car(*bounds).iloc[row], rtol=1e-12, check_names=False
        )
    assert cut.lengths(-2, 3).tolist() == [3, 6, 5]
    table = run_tests(cut, -2, 3, np.random.default_rng(0), ["patell", "grank_t", "bmp"])
    sar = sum(float(study.over(*b).sar[i]) for i, b in enumerate([(-2, 0), (-2, 3), (-1, 3)]))
    weight = sum(n * 98 / 96 for n in (3, 6, 5))
    assert table.loc["patell", "statistic"] == pytest.approx(sar / np.sqrt(weight), rel=1e-9)
    assert table.loc["grank_t", "reason"] == "needs windows of the same length"
    empty = study.cut_to(np.array([[1, 0], [-2, 3], [-2, 3]]))
    assert empty.car(-2, 3)["car"].isna().tolist() == [True, False, False]
