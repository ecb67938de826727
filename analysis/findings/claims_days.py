"""Claims decided by single days, by betas or by the customs figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.beta import equal_betas, ols_beta
from analysis.estimators.multiplicity import holm
from analysis.estimators.placebo import placebo_p
from analysis.findings.customs import SERIES, correlations
from analysis.findings.definitions import Definition, definition, holds
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


def _on(values: pd.DataFrame, day: date) -> pd.Series:
    """Values of every ticker on one session."""
    return values.loc[[pd.Timestamp(day)]].iloc[0]


def _producer(panel: Panel) -> pd.Series:
    """Mean return of the firms that the pure plays are held against."""
    return panel.returns[list(panel.snapshot.study.baskets["producer"])].mean(axis=1)


def _counted(panel: Panel, first: date, last: date) -> int:
    """Count the sessions from the close of one day to that of another."""
    ends = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex([first, last]))
    return int(ends[1] - ends[0])


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


def _on_day(panel: Panel, fact: Definition, values: pd.DataFrame, by_session: pd.Series) -> Outcome:
    """Decide a fact about the `values` of one highlighted day, and show a statistic of theirs."""
    day = panel.highlights[fact["day"]]
    hits = int(holds(fact, _on(values, day)).sum())
    effect = float(by_session.loc[pd.Timestamp(day)])
    placebo = day_placebo(panel, by_session, effect)
    return _fact(effect, _count(hits, values.shape[1]), "1 day", placebo)


def _pure_plays_gained(panel: Panel) -> Outcome:
    gains = panel.returns[list(panel.snapshot.study.baskets["heavy_exposed"])]
    return _on_day(panel, definition(panel, "A1").fact, gains, gains.min(axis=1, skipna=False))


def _producer_gained_less(panel: Panel) -> Outcome:
    pure = list(panel.snapshot.study.baskets["heavy_exposed"])
    gaps = panel.returns[pure].sub(_producer(panel), axis=0)
    return _on_day(panel, definition(panel, "A2").fact, gaps, gaps.min(axis=1, skipna=False))


def _higher_beta(panel: Panel) -> Outcome:
    study = panel.snapshot.study
    firms = list(study.firms.core)
    returns = panel.returns.dropna(subset=firms)
    market, producer = returns[study.benchmark.market], _producer(panel).loc[returns.index]
    test = equal_betas(returns[firms], market)
    gaps = []
    for firm in study.baskets["heavy_exposed"]:
        fit = ols_beta(returns[firm] - producer, market, study.beta.hac_lags)
        gaps.append((fit.beta, *fit.interval("hac", study.inference.level)))
    smallest = min(gaps)
    positive = sum(gap > 0 for gap, _, _ in gaps)
    rejected = test.p_clustered < study.inference.size
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
    gaps = returns[pure].sub(_producer(panel).loc[returns.index], axis=0).to_numpy()
    shifted = np.stack([np.roll(market, k) for k in range(1, len(market))])
    deviation = shifted - market.mean()
    betas = deviation @ gaps / (deviation**2).sum(axis=1, keepdims=True)
    return placebo_p(observed, betas.min(axis=1)).p


def _downstream_later(panel: Panel) -> Outcome:
    claim = definition(panel, "A8")
    start = pd.Timestamp(panel.highlights[claim["from"]])
    seen, needed = int((panel.snapshot.sessions > start).sum()), claim["sessions"][0]
    return Outcome(None, count=f"{seen} of {needed}", verdict=NOT_TESTABLE, confirmatory=False)


def _truce_band(panel: Panel) -> Outcome:
    falls = panel.returns[list(panel.snapshot.study.firms.core)]
    return _on_day(panel, definition(panel, "B1").fact, falls, falls.median(axis=1, skipna=False))


def _gains(panel: Panel, length: int) -> pd.DataFrame:
    """Gains of the core firms over the `length` sessions that end on each session."""
    core = list(panel.snapshot.study.firms.core)
    prices, own = panel.snapshot.prices[core], panel.returns[core].notna()
    gains = prices / prices.shift(length) - 1
    return gains.where(own.rolling(length).sum() == length)


def _rallied(panel: Panel) -> Outcome:
    """From the close of one day to that of another."""
    fact = definition(panel, "B2").fact
    length = _counted(panel, fact["from"], fact["to"])
    gains = _gains(panel, length)
    rally = _on(gains, fact["to"])
    effect, hits = float(rally.mean()), int(holds(fact, rally).sum())
    placebo = day_placebo(panel, gains.mean(axis=1, skipna=False), effect, length=length)
    return _fact(effect, _count(hits, len(rally)), f"{length} days", placebo)


def _customs_fell(panel: Panel) -> Outcome:
    """Shown: the change of the first series. Placebo: those of all other months."""
    changes = monthly_panel(panel.snapshot.customs, panel.snapshot.study)["change"]
    facts = definition(panel, "B5").facts
    values = [np.expm1(changes.xs(fact["series"])) for fact in facts]
    hits = [
        bool(holds(fact, value.loc[[pd.Period(fact["month"], "M")]]).all())
        for fact, value in zip(facts, values, strict=True)
    ]
    month = pd.Period(facts[0]["month"], "M")
    effect, others = float(values[0].loc[month]), values[0].drop(month).to_numpy()
    return _fact(effect, _count(sum(hits), len(hits)), "1 month", placebo_p(effect, others).p)


def _tightness(panel: Panel) -> Outcome:
    """Smallest of the p-values of two series at the lags of the claim."""
    lags = correlations(panel, ["pearson"], [(name, "core") for name in SERIES.values()])
    asked = lags[lags["lag"].isin(definition(panel, "B6")["lags"])]
    adjusted = holm(asked["p"])
    row = asked.iloc[int(np.argmin(adjusted))]
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
    moves = panel.returns[list(panel.snapshot.study.baskets["cyclical_funds"])]
    return _on_day(panel, definition(panel, "B8").fact, moves, moves.mean(axis=1))


def _part_given_back(panel: Panel) -> Outcome:
    claim = definition(panel, "B12")
    days = [pd.Timestamp(claim[name]) for name in ("from", "top", "to")]
    prices = panel.snapshot.prices[list(panel.snapshot.study.firms.core)].mul(1.0)
    levels = (prices / prices.loc[days[0]]).mean(axis=1)
    top, end = levels[days[1]], levels[days[2]]
    share = float((top - end) / (top - 1))
    low, high = claim["bounds"]
    # No placebo: elsewhere there is no run-up to be given back.
    verdict = "supported" if low < share < high else "contradicted"
    count = f"{_counted(panel, claim['top'], claim['to'])} days"
    return _fact(share, verdict, count, None, "percent0")


def _pauses(panel: Panel) -> Outcome:
    fact = definition(panel, "B13").fact
    gaps = panel.events.loc[fact["days_between"], "announced"].diff().dt.days.dropna()
    inside, count = int(holds(fact, gaps).sum()), f"{len(gaps)} steps"
    return _fact(float(gaps.mean()), _count(inside, len(gaps)), count, None, "decimal1")


def _leaders_words(panel: Panel) -> Outcome:
    """Core abnormal returns on the days after the framework on which the leaders spoke."""
    inference = panel.snapshot.study.inference
    cars = portfolio_cars(panel, equal(panel.snapshot.study.firms.core), "car_0_0", clean=False)
    days = [pd.Timestamp(day) for day in definition(panel, "B14")["days"]]
    events = panel.events[panel.events["day0"].isin(days)].drop_duplicates("day0")
    rows = cars.loc[events.index]
    outside = int((rows["p"] < inference.size).sum())
    largest = rows.iloc[int(rows["t"].abs().argmax())]
    members = dict(zip(events["day0"], rows["members"], strict=True))
    reach = float(stats.t.ppf((1 + inference.level) / 2, largest["df"]) * largest["se"])
    verdict = "supported" if outside == len(days) else "mixed" if outside else NOISE[1]
    return Outcome(
        float(largest["car"]),
        float(largest["car"]) - reach,
        float(largest["car"]) + reach,
        p=float(largest["p"]),
        count=f"{len(days)} days",
        verdict=verdict,
        confirmatory=False,
        placebo=_largest(panel, float(largest["t"]), members),
    )


def _largest(panel: Panel, observed: float, members: Mapping[date, str]) -> float | None:
    """Placebo p of the largest absolute t of days, as far apart as they are, by their firms."""
    core, first = equal(panel.snapshot.study.firms.core), min(members)
    responses = portfolio_responses(panel, core, "car_0_0", members.values(), clean=False).abs()
    moved = [responses[firms].shift(-_counted(panel, first, day)) for day, firms in members.items()]
    return day_placebo(panel, pd.concat(moved, axis=1).max(axis=1, skipna=False), observed)


SINGLE: Mapping[str, Test] = {
    "A1": _pure_plays_gained,
    "A2": _producer_gained_less,
    "A6": _higher_beta,
    "A8": _downstream_later,
    "B1": _truce_band,
    "B2": _rallied,
    "B5": _customs_fell,
    "B6": _tightness,
    "B8": _cyclicals_firmed,
    "B12": _part_given_back,
    "B13": _pauses,
    "B14": _leaders_words,
}
