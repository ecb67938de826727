"""Claims decided by single days, by betas or by the customs figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.estimators.beta import equal_betas, ols_beta
from analysis.findings.customs import SERIES, correlations
from analysis.findings.outcomes import NOISE, NOT_TESTABLE, Outcome
from analysis.findings.panel import Panel
from analysis.findings.portfolios import equal, portfolio_cars
from analysis.snapshot.customs import monthly_panel

__all__ = ["SINGLE"]

Test = Callable[[Panel], Outcome]


def _count(hits: int, of: int) -> str:
    """Verdict of a rule of the form: all, some or none of several facts hold."""
    return "supported" if hits == of else "mixed" if hits else "contradicted"


def _day(panel: Panel, name: str) -> pd.Series:
    """Returns of every ticker on one of the two highlighted days."""
    return panel.returns.loc[[pd.Timestamp(panel.highlights[name])]].iloc[0]


def _fact(effect: float, verdict: str, count: str = "", fmt: str = "percent1") -> Outcome:
    return Outcome(effect, count=count, verdict=verdict, confirmatory=False, format=fmt)  # type: ignore[arg-type]


def _pure_plays_gained(panel: Panel) -> Outcome:
    gains = _day(panel, "rebound")[list(panel.snapshot.study.baskets["heavy_exposed"])]
    return _fact(float(gains.min()), _count(int((gains > 0.10).sum()), len(gains)), "1 day")


def _producer_gained_less(panel: Panel) -> Outcome:
    day = _day(panel, "rebound")
    gaps = day[list(panel.snapshot.study.baskets["heavy_exposed"])] - day["MP"]
    return _fact(float(gaps.min()), _count(int((gaps > 0).sum()), len(gaps)), "1 day")


def _higher_beta(panel: Panel) -> Outcome:
    study = panel.snapshot.study
    firms = list(study.firms.core)
    returns = panel.returns.dropna(subset=firms)
    market = returns[study.benchmark.market]
    test = equal_betas(returns[firms], market)
    gaps = []
    for firm in study.baskets["heavy_exposed"]:
        fit = ols_beta(returns[firm] - returns["MP"], market, study.beta.hac_lags)
        gaps.append((fit.beta, *fit.interval("hac", study.inference.level)))
    smallest = min(gaps)
    positive = sum(gap > 0 for gap, _, _ in gaps)
    rejected = test.p_clustered < 0.05
    if 0 < positive < len(gaps):
        verdict = "mixed"
    elif positive:
        verdict = "supported" if rejected else NOISE[1]
    else:
        verdict = "contradicted" if rejected else NOISE[-1]
    return Outcome(
        *smallest,
        p=test.p_clustered,
        count=f"{test.n} days",
        format="decimal2",
        verdict=verdict,
        confirmatory=False,
    )


def _downstream_later(panel: Panel) -> Outcome:
    rebound = pd.Timestamp(panel.highlights["rebound"])
    seen = int((panel.snapshot.sessions > rebound).sum())
    return Outcome(None, count=f"{seen} of 126", verdict=NOT_TESTABLE, confirmatory=False)


def _truce_band(panel: Panel) -> Outcome:
    falls = _day(panel, "truce")[list(panel.snapshot.study.firms.core)]
    inside = falls.between(-0.08, -0.05)
    return _fact(float(falls.median()), _count(int(inside.sum()), len(falls)), "1 day")


def _october_gains(panel: Panel) -> pd.Series:
    prices = panel.snapshot.prices[list(panel.snapshot.study.firms.core)]
    start, end = (prices.loc[[pd.Timestamp(day)]].iloc[0] for day in ("2025-10-08", "2025-10-14"))
    return end / start - 1


def _october_rally(panel: Panel) -> Outcome:
    gains = _october_gains(panel)
    return _fact(float(gains.mean()), _count(int((gains > 0).sum()), len(gains)), "4 days")


def _customs_fell(panel: Panel) -> Outcome:
    changes = monthly_panel(panel.snapshot.customs, panel.snapshot.study)["change"]
    total, magnets = (float(np.expm1(changes.xs(s).loc["2025-09"])) for s in SERIES)
    return _fact(total, _count(int(total < -0.10) + int(magnets < 0), 2), "1 month")


def _tightness(panel: Panel) -> Outcome:
    """Smallest of four p-values: two series, same month and the month after."""
    lags = correlations(panel, ["pearson"], ["core"])
    four = lags[lags["lag"].isin([0, 1])]
    adjusted = multipletests(four["p"], method="holm")[1]
    row = four.iloc[int(np.argmin(adjusted))]
    return Outcome(
        float(row["estimate"]),
        float(row["low"]),
        float(row["high"]),
        p=float(adjusted.min()),
        count=f"{row['n']:.0f} months",
        detectable=float(row["mde"]),
        sign=-1,
        format="decimal2",
    )


def _cyclicals_firmed(panel: Panel) -> Outcome:
    benchmark = panel.snapshot.study.benchmark
    moves = _day(panel, "truce")[[benchmark.small_caps, benchmark.sector, "COPX"]]
    return _fact(float(moves.mean()), _count(int((moves > 0).sum()), len(moves)), "1 day")


def _part_given_back(panel: Panel) -> Outcome:
    prices = panel.snapshot.prices[list(panel.snapshot.study.firms.core)].mul(1.0)
    levels = (prices / prices.loc["2025-10-08"]).mean(axis=1)
    top, end = levels["2025-10-14"], levels["2025-10-30"]
    share = float((top - end) / (top - 1))
    return _fact(share, "supported" if 0 < share < 1 else "contradicted", "12 days", "percent0")


def _ninety_days(panel: Panel) -> Outcome:
    steps = ["2025-05-geneva-truce", "2025-08-truce-extension", "2025-10-busan-summit"]
    gaps = panel.events.loc[steps, "announced"].diff().dt.days.dropna()
    inside = int(gaps.between(85, 95).sum())
    return _fact(float(gaps.mean()), _count(inside, len(gaps)), f"{len(gaps)} steps", "decimal1")


def _leaders_words(panel: Panel) -> Outcome:
    """Core abnormal returns on the two days after the framework on which the leaders spoke."""
    study = panel.snapshot.study
    cars = portfolio_cars(panel, equal(study.firms.core), "car_0_0", clean=False)
    days = [pd.Timestamp("2025-10-30"), pd.Timestamp("2025-11-03")]
    events = panel.events[panel.events["day0"].isin(days)].drop_duplicates("day0")
    rows = cars.loc[events.index]
    outside = int((rows["p"] < 1 - study.inference.level).sum())
    largest = rows.iloc[int(rows["t"].abs().argmax())]
    reach = float(stats.t.ppf((1 + study.inference.level) / 2, largest["df"]) * largest["se"])
    verdict = "supported" if outside == 2 else "mixed" if outside else NOISE[1]
    return Outcome(
        float(largest["car"]),
        float(largest["car"]) - reach,
        float(largest["car"]) + reach,
        p=float(largest["p"]),
        count="2 days",
        verdict=verdict,
        confirmatory=False,
    )


SINGLE: Mapping[str, Test] = {
    "A1": _pure_plays_gained,
    "A2": _producer_gained_less,
    "A6": _higher_beta,
    "A8": _downstream_later,
    "B1": _truce_band,
    "B2": _october_rally,
    "B5": _customs_fell,
    "B6": _tightness,
    "B8": _cyclicals_firmed,
    "B12": _part_given_back,
    "B13": _ninety_days,
    "B14": _leaders_words,
}
