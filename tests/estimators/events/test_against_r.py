"""The engine against numbers that the R package estudy2 gave once; see ``oracle_r/run.R``.

The package tests one day at a time. Where its convention differs from ours, the test states the
difference as a formula and compares with that, so that the agreement stays a check of both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.firm_events import draw_sample
from analysis.estimators.events.parametric import bmp, patell, t_cross_sectional, t_time_series
from analysis.estimators.events.ranks import corrado
from analysis.estimators.events.signs import generalized_sign, sign, wilcoxon
from analysis.estimators.names import Model
from analysis.estimators.returns import log_returns, simple_returns

FOLDER = Path(__file__).parent / "oracle_r"
MODELS: dict[Model, str] = {"mean": "mean_adj", "market_adjusted": "mrkt_adj", "market": "sim"}
FIRMS = [f"F{i}" for i in range(1, 9)]
DAYS = range(5)


@pytest.fixture(scope="module")
def prices():
    return pd.read_csv(FOLDER / "prices.csv", index_col="date", parse_dates=True)


@pytest.fixture(scope="module")
def studies(prices):
    returns = simple_returns(prices)
    events = pd.DataFrame({"ticker": FIRMS, "day0": returns.index[131]})
    options: dict[str, Any] = {"factors": ("MARKET",), "minimum": 120, "window": (0, 4)}
    return {m: event_study(returns, events, model=m, **options) for m in MODELS}


@pytest.fixture(scope="module")
def theirs():
    return pd.read_csv(FOLDER / "tests.csv").set_index(["model", "test", "day"])["statistic"]


def equal(ours, expected):
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(expected, float), rtol=1e-9)


def test_returns(prices):
    """Its discrete and continuous rates are our simple and log returns."""
    rates = pd.read_csv(FOLDER / "rates.csv", parse_dates=["date"]).set_index("date")
    for name, function in {"discrete": simple_returns, "continuous": log_returns}.items():
        found = rates[rates["compounding"] == name].drop(columns="compounding")
        ours = function(prices).loc[found.index]
        np.testing.assert_allclose(ours, found, rtol=1e-9, atol=1e-15)


def test_fits(studies):
    """Intercept, slope and estimation length of the market model."""
    fits = pd.read_csv(FOLDER / "fits.csv")
    rows = studies["market"].rows
    assert rows["ticker"].tolist() == fits["firm"].tolist()
    equal(rows["alpha"], fits["alpha"])
    equal(rows["beta_MARKET"], fits["beta"])
    assert rows["n_estimation"].tolist() == fits["length"].tolist()


@pytest.mark.parametrize("model", MODELS)
def test_abnormal_returns(studies, model):
    """Abnormal returns of all firms and days under all three models."""
    found = pd.read_csv(FOLDER / "abnormal.csv").query("model == @MODELS[@model]")
    np.testing.assert_allclose(studies[model].ar, found[FIRMS].to_numpy().T, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("day", DAYS)
def test_same_statistics(studies, theirs, model, day):
    """Cross-sectional t, sign, generalised sign and signed ranks need no translation."""
    sample = draw_sample(studies[model], day, day)
    ours = {
        "t_test": t_cross_sectional,
        "sign": sign,
        "generalized_sign": generalized_sign,
        "wilcoxon": wilcoxon,
    }
    for name, test in ours.items():
        equal(test(sample).statistic, theirs[MODELS[model], name, day])


@pytest.mark.parametrize("day", DAYS)
def test_patell_divides_by_another_degree_of_freedom(studies, theirs, day):
    """Its residual variance has the divisor n - 1, ours n - k: √((n - 1) / (n - 2)) between them.

    Variance of the sum, (n - 2) / (n - 4) a firm, and forecast term are the same.
    """
    sample = draw_sample(studies["market"], day, day)
    expected = theirs["sim", "patell", day] / np.sqrt(119 / 118)
    equal(patell(sample).statistic, expected)


@pytest.mark.parametrize("day", DAYS)
def test_bmp_is_the_same(studies, theirs, day):
    """The divisor of the residual variance cancels in the cross-sectional t."""
    equal(bmp(draw_sample(studies["market"], day, day)).statistic, theirs["sim", "boehmer", day])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("day", DAYS)
def test_time_series_t_without_the_forecast_term(studies, theirs, model, day):
    """Its Brown-Warner 1980 statistic has no forecast term, and centred squares over n - 1.

    ``Σ AR / √Σ s²`` with s² the variance of the residuals around their mean: over n - 1, where
    ours has n - k.
    """
    study = studies[model]
    centred = study.fitted.residuals().var(axis=1, ddof=1)
    plain = t_time_series(draw_sample(study, day, day), forecast=False)
    ratio = np.sqrt((study.sigma**2).sum() / centred.sum())
    equal(plain.statistic * ratio, theirs[MODELS[model], "bw_1980", day])


@pytest.mark.parametrize("model", MODELS)
def test_portfolio_t_over_the_window(studies, theirs, model):
    """Its Brown-Warner 1985 CAR test: mean AR over the spread of the mean residual, divisor n - 1.

    The sum over √5 days is our equal-weight portfolio without forecast term.
    """
    study = studies[model]
    mean = study.fitted.residuals().mean(axis=0)
    expected = study.ar.mean(axis=0).sum() / np.sqrt(5) / mean.std(ddof=1)
    equal(expected, theirs[MODELS[model], "car_bw_1985", np.nan])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("day", DAYS)
def test_corrado_ranks_all_days_together(studies, theirs, model, day):
    """It ranks all five days of the window with the estimation days, ours only the days tested.

    The mean rank deviation of the day over the root mean square of all days, on the ranks of 125
    days; its version for missing days scales ranks by T + 1, and differs by rounding only.
    """
    study = studies[model]
    ranked = draw_sample(study, DAYS[0], DAYS[-1]).ranks.plain
    statistic = ranked[120 + day] / np.sqrt((ranked**2).mean())
    equal(statistic, theirs[MODELS[model], "rank", day])
    equal(statistic, theirs[MODELS[model], "modified_rank", day])


def test_corrado_of_the_whole_window(studies, theirs):
    """Our statistic for days 0 to 4 is the sum of its five over √5: the same ranks enter."""
    ours = corrado(draw_sample(studies["market"], 0, 4)).statistic
    equal(ours, sum(theirs["sim", "modified_rank", day] for day in DAYS) / np.sqrt(5))
