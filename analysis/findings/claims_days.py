"""Claims decided by single days, by betas or by the customs figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.beta import equal_betas, ols_beta
from analysis.estimators.multiplicity import holm
from analysis.estimators.placebo import placebo_p
from analysis.findings.customs import SERIES, correlations
from analysis.findings.outcomes import NOISE, NOT_TESTABLE, Outcome
from analysis.findings.panel import Panel
from analysis.findings.placebo import day_placebo, portfolio_responses
from analysis.findings.portfolios import equal, portfolio_cars
from analysis.results import Format
from analysis.snapshot.customs import monthly_panel

__all__ = ["SINGLE"]

Test = Callable[[Panel], Outcome]


def _count(hits: int, of: int) -> str:
    """Verdict of a rule of the form: all, some or none of several facts hold."""
    return "supported" if hits == of else "mixed" if hits else "contradicted"


def _day(panel: Panel, name: str) -> pd.Series:
    """Returns of every ticker on one of the two highlighted days."""
    return panel.returns.loc[[pd.Timestamp(panel.highlights[name])]].iloc[0]


def _fact(
    effect: float,
    verdict: str,
    count: str,
    placebo: float | None,
    fmt: Format = "percent1",
) -> Outcome:
    return Outcome(
        effect, count=count, verdict=verdict, confirmatory=False, format=fmt, placebo=placebo
    )


def _on_day(panel: Panel, name: str, by_session: pd.Series, verdict: str) -> Outcome:
    """Make an outcome of a statistic on one highlighted day, with its placebo p."""
    day = pd.Timestamp(panel.highlights[name])
    effect = float(by_session.loc[day])
    return _fact(effect, verdict, "1 day", day_placebo(panel, by_session, effect))


def _pure_plays_gained(panel: Panel) -> Outcome:
    gains = panel.returns[list(panel.snapshot.study.baskets["heavy_exposed"])]
    hits = int((_day(panel, "rebound")[gains.columns] > 0.10).sum())
    smallest = gains.min(axis=1, skipna=False)
    return _on_day(panel, "rebound", smallest, _count(hits, gains.shape[1]))


def _producer_gained_less(panel: Panel) -> Outcome:
    pure = list(panel.snapshot.study.baskets["heavy_exposed"])
    gaps = panel.returns[pure].sub(panel.returns["MP"], axis=0)
    day = _day(panel, "rebound")
    hits = int((day[pure] > day["MP"]).sum())
    return _on_day(panel, "rebound", gaps.min(axis=1, skipna=False), _count(hits, len(pure)))


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
        placebo=_shifted_betas(panel, returns, smallest[0]),
    )


def _shifted_betas(panel: Panel, returns: pd.DataFrame, observed: float) -> float:
    """Placebo p of the smaller beta gap: the market's returns shifted in a circle, every way."""
    study = panel.snapshot.study
    market = returns[study.benchmark.market].to_numpy()
    pure = list(study.baskets["heavy_exposed"])
    gaps = returns[pure].sub(returns["MP"], axis=0).to_numpy()
    shifted = np.stack([np.roll(market, k) for k in range(1, len(market))])
    deviation = shifted - market.mean()
    betas = deviation @ gaps / (deviation**2).sum(axis=1, keepdims=True)
    return placebo_p(observed, betas.min(axis=1)).p


def _downstream_later(panel: Panel) -> Outcome:
    rebound = pd.Timestamp(panel.highlights["rebound"])
    seen = int((panel.snapshot.sessions > rebound).sum())
    return Outcome(None, count=f"{seen} of 126", verdict=NOT_TESTABLE, confirmatory=False)


def _truce_band(panel: Panel) -> Outcome:
    core = list(panel.snapshot.study.firms.core)
    inside = _day(panel, "truce")[core].between(-0.08, -0.05)
    median = panel.returns[core].median(axis=1, skipna=False)
    return _on_day(panel, "truce", median, _count(int(inside.sum()), len(core)))


def _four_sessions(panel: Panel) -> pd.DataFrame:
    """Gains of the core firms over the four sessions that end on each session."""
    core = list(panel.snapshot.study.firms.core)
    prices, own = panel.snapshot.prices[core], panel.returns[core].notna()
    gains = prices / prices.shift(4) - 1
    return gains.where(own.rolling(4).sum() == 4)


def _october_rally(panel: Panel) -> Outcome:
    """From the close of 8 October to that of 14 October 2025."""
    gains = _four_sessions(panel)
    mean = gains.mean(axis=1, skipna=False)
    october = gains.loc[[pd.Timestamp("2025-10-14")]].iloc[0]
    effect, hits = float(october.mean()), int((october > 0).sum())
    placebo = day_placebo(panel, mean, effect, length=4)
    return _fact(effect, _count(hits, len(october)), "4 days", placebo)


def _customs_fell(panel: Panel) -> Outcome:
    """Placebo: the changes of all other months."""
    changes = monthly_panel(panel.snapshot.customs, panel.snapshot.study)["change"]
    headline, magnets = (changes.xs(series) for series in SERIES)
    total, slipped = (float(np.expm1(c.loc["2025-09"])) for c in (headline, magnets))
    others = np.expm1(headline.drop(pd.Period("2025-09", "M")).to_numpy())
    verdict = _count(int(total < -0.10) + int(slipped < 0), 2)
    return _fact(total, verdict, "1 month", placebo_p(total, others).p)


def _tightness(panel: Panel) -> Outcome:
    """Smallest of four p-values: two series, same month and the month after."""
    lags = correlations(panel, ["pearson"], [(name, "core") for name in SERIES.values()])
    four = lags[lags["lag"].isin([0, 1])]
    adjusted = holm(four["p"])
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
        placebo=float(adjusted.min()),  # the test of record is a permutation already
    )


def _cyclicals_firmed(panel: Panel) -> Outcome:
    benchmark = panel.snapshot.study.benchmark
    funds = [benchmark.small_caps, benchmark.sector, "COPX"]
    hits = int((_day(panel, "truce")[funds] > 0).sum())
    return _on_day(panel, "truce", panel.returns[funds].mean(axis=1), _count(hits, len(funds)))


def _part_given_back(panel: Panel) -> Outcome:
    prices = panel.snapshot.prices[list(panel.snapshot.study.firms.core)].mul(1.0)
    levels = (prices / prices.loc["2025-10-08"]).mean(axis=1)
    top, end = levels["2025-10-14"], levels["2025-10-30"]
    share = float((top - end) / (top - 1))
    # No placebo: elsewhere there is no run-up to be given back.
    verdict = "supported" if 0 < share < 1 else "contradicted"
    return _fact(share, verdict, "12 days", None, "percent0")


def _ninety_days(panel: Panel) -> Outcome:
    steps = ["2025-05-geneva-truce", "2025-08-truce-extension", "2025-10-busan-summit"]
    gaps = panel.events.loc[steps, "announced"].diff().dt.days.dropna()
    inside = int(gaps.between(85, 95).sum())
    count = f"{len(gaps)} steps"
    return _fact(float(gaps.mean()), _count(inside, len(gaps)), count, None, "decimal1")


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
        placebo=_larger_of_two(panel, float(largest["t"]), list(rows["members"])),
    )


def _larger_of_two(panel: Panel, observed: float, members: list[str]) -> float | None:
    """Placebo p of the larger |t| of two days, two sessions apart as the leaders' days are."""
    core = equal(panel.snapshot.study.firms.core)
    responses = portfolio_responses(panel, core, "car_0_0", members, clean=False).abs()
    days = pd.concat([responses[members[0]], responses[members[-1]].shift(-2)], axis=1)
    return day_placebo(panel, days.max(axis=1, skipna=False), observed)


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
