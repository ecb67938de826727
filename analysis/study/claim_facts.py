"""The kinds of claims that single days, months or firms decide, and no test across episodes."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import StudyError
from analysis.estimators.beta.equality import equal_betas
from analysis.estimators.beta.relative import ols_beta
from analysis.estimators.events.placebo import placebo_p
from analysis.estimators.multiplicity import holm
from analysis.estimators.significance import minimum_detectable, student
from analysis.results import Format
from analysis.snapshot.claims import (
    BetaOrder,
    Correlation,
    Day,
    Fact,
    Facts,
    Retraced,
    Waiting,
    Watch,
)
from analysis.snapshot.portfolios import parse_portfolio
from analysis.study.customs import (
    aligned_correlations,
    correlations,
    export_months,
    say_every,
    series_keys,
)
from analysis.study.episodes import holds
from analysis.study.outcomes import NOISE, NOT_TESTABLE, SIGN, Outcome, decide_all
from analysis.study.panel import Panel
from analysis.study.placebo import day_placebo
from analysis.study.responses import cumulate

__all__ = [
    "day_named",
    "decide_beta_order",
    "decide_correlation",
    "decide_facts",
    "decide_retraced",
    "decide_waiting",
    "decide_watch",
    "split_loss",
]

Floats = npt.NDArray[np.float64]


class _Observed(NamedTuple):
    """The values that one comparison is about.

    ``elsewhere`` holds the same on every session or month, one column a value, for the placebo;
    ``length`` counts the sessions that a value spans; ``sample`` says what was looked at.
    """

    values: Floats
    elsewhere: pd.DataFrame | None
    length: int
    sample: str
    format: Format = "percent1"


def decide_facts(claim: Facts, panel: Panel) -> Outcome:
    """Count how many of the comparisons hold; show one number of them."""
    observed = [_observe(fact, panel) for fact in claim.facts]
    if not all(len(each.values) for each in observed):
        return Outcome(None, count="0", verdict=NOT_TESTABLE, applied="nothing is there to compare")
    met = np.concatenate(
        [holds(f.holds, o.values) for f, o in zip(claim.facts, observed, strict=True)]
    )
    first = observed[0]
    effect = float(_shown(claim, pd.DataFrame([first.values])).iloc[0])
    others = None if first.elsewhere is None else _shown(claim, first.elsewhere)
    if others is None:
        placebo = None
    elif claim.facts[0].series:
        placebo = placebo_p(effect, others.to_numpy()).p
    else:
        placebo = day_placebo(panel, others, effect, first.length)
    return Outcome(
        effect,
        count=first.sample,
        verdict=_judge(met),
        applied=f"{met.sum()} of {met.size} comparisons hold",
        confirmatory=False,
        format=first.format,
        placebo=placebo,
    )


def _judge(met: npt.NDArray[np.bool_], none: str = "contradicted") -> str:
    return "supported" if met.all() else "mixed" if met.any() else none


def _shown(claim: Facts, values: pd.DataFrame) -> pd.Series:
    """Make one number of the values of each row; missing where one is missing."""
    if claim.show == "first":
        return values.iloc[:, 0]
    return pd.Series(getattr(values, claim.show)(axis=1, skipna=False))


def _observe(fact: Fact, panel: Panel) -> _Observed:
    if fact.series:
        return _change(fact, panel)
    if fact.days_between:  # of announcement, in the order given; no placebo
        gaps = panel.events.loc[list(fact.days_between), "announced"].diff().dt.days.dropna()
        return _Observed(gaps.to_numpy(dtype=float), None, 1, f"{len(gaps)} steps", "decimal1")
    if fact.column:
        return _stated(fact.column, fact.before, panel)
    return _returns(fact, panel)


def _stated(column: str, before: Day | None, panel: Panel) -> _Observed:
    """Numbers that a column of events.csv holds; no placebo."""
    known = panel.events.dropna(subset=[column])
    if before is not None:
        known = known[known["day0"] < day_named(before, panel)]
    values = known[column].to_numpy(dtype=float)
    return _Observed(values, None, 1, f"{len(values)} events", "decimal1")


def _returns(fact: Fact, panel: Panel) -> _Observed:
    """Returns of each firm on a day, or from one close to another."""
    portfolios = parse_portfolio(str(fact.of), panel.snapshot).split()
    length, returns = 1, panel.returns
    day = day_named(fact.day or str(fact.end), panel)
    if fact.day is None:
        length = _sessions_between(panel, fact.start, fact.end)
        prices, own = panel.snapshot.prices, panel.returns.notna()
        gains = prices / prices.shift(length) - 1
        returns = gains.where(own.rolling(length).sum() == length)
    each = pd.DataFrame({n: p.hold(returns) for n, p in enumerate(portfolios)})
    sample = "1 day" if fact.day is not None else f"{length} days"
    return _Observed(each.loc[day].to_numpy(), each, length, sample)


def _sessions_between(panel: Panel, first: date | None, last: date | None) -> int:
    start, end = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex([first, last]))
    return int(end - start)


def day_named(day: Day, panel: Panel) -> pd.Timestamp:
    """Return the session of a date or of a highlighted day."""
    return pd.Timestamp(panel.highlights.get(str(day), day))


def _change(fact: Fact, panel: Panel) -> _Observed:
    """Simple change of a series on the period before; placebo: all other periods."""
    changes = export_months(panel)["change"]
    if fact.series not in changes.index.get_level_values(0):
        file = panel.snapshot.choices.customs.file
        raise StudyError(f"{file}: expected the series {fact.series}, found none; add it")
    simple = np.expm1(changes.xs(fact.series))
    month = pd.PeriodIndex([str(fact.month)], freq=pd.PeriodIndex(simple.index).freq)[0]
    others = simple.drop(month).to_frame()
    return _Observed(
        np.array([simple.loc[month]]), others, 1, f"1 {say_every(panel.snapshot).noun}"
    )


def decide_retraced(claim: Retraced, panel: Panel) -> Outcome:
    """Measure how much of a gain is gone; no placebo: elsewhere there is no gain to be lost."""
    loss, (low, high) = split_loss(claim, panel), claim.bounds
    share = loss.share
    inside = low < share < high
    length = _sessions_between(panel, claim.since or claim.top, claim.end)
    applied = f"{share:.3g} lies {'inside' if inside else 'not inside'} {low:g} to {high:g}"
    if claim.since:
        applied += (
            f"; {loss.before:.3g} of the gain had gone by {claim.since}, and {claim.end} closed "
            f"{loss.level:+.3g} from {claim.start}"
        )
    return Outcome(
        share,
        count=f"{length} day{'s' * (length != 1)}",
        verdict="supported" if inside else "contradicted",
        applied=applied,
        confirmatory=False,
        format="percent0",
    )


class Loss(NamedTuple):
    """How a gain went: shares of it, and where it ended.

    Attributes
    ----------
    before : float
        Share of the gain that had gone by the close from which the loss is counted.
    share : float
        Share that went from there to the end.
    level : float
        Last close over the one at which the gain began, less one (fraction).
    """

    before: float
    share: float
    level: float


def split_loss(claim: Retraced, panel: Panel) -> Loss:
    """Split the loss of a gain at the close from which a claim counts it.

    Firms are bought in equal parts at the first close and held.
    """
    firms = list(parse_portfolio(claim.of, panel.snapshot).members)
    prices = panel.snapshot.prices[firms]
    days = (claim.start, claim.top, claim.since or claim.top, claim.end)
    start, top, since, end = (pd.Timestamp(day) for day in days)
    levels = (prices / prices.loc[start]).mean(axis=1)
    gain = levels[top] - 1
    before, share = ((levels[a] - levels[b]) / gain for a, b in ((top, since), (since, end)))
    return Loss(float(before), float(share), float(levels[end] - 1))


def decide_beta_order(claim: BetaOrder, panel: Panel) -> Outcome:
    """Compare betas: all positive or all negative, and whether equality is rejected.

    The smallest difference is shown with its HAC interval.
    """
    choices = panel.snapshot.choices
    firms = list(parse_portfolio(claim.firms, panel.snapshot).members)
    returns = panel.returns.dropna(subset=firms)
    market = returns[claim.on]
    test = equal_betas(returns[firms], market)
    pairs = [p.hold(returns) for p in parse_portfolio(claim.of, panel.snapshot).split()]
    fits = [ols_beta(pair, market, choices.beta.hac_lags) for pair in pairs]
    gaps = [(fit.beta, *fit.interval("hac", choices.inference.level)) for fit in fits]
    above = [gap > 0 for gap, _, _ in gaps]
    rejected, sign = test.p_clustered < choices.inference.size, SIGN[claim.claimed]
    smallest = min(gaps)
    return Outcome(
        *smallest,
        p=test.p_clustered,
        count=f"{test.n} days",
        sign=sign,
        format="decimal2",
        verdict=decide_all(above, rejected, sign),
        signs=tuple(above),
        applied=f"{sum(above)} of {len(above)} differences are positive; equality is "
        f"{'rejected' if rejected else 'not rejected'} (p {test.p_clustered:.3g})",
        confirmatory=False,
        placebo=_shifted_betas(market.to_numpy(), np.array(pairs).T, smallest[0]),
    )


def _shifted_betas(market: Floats, pairs: Floats, observed: float) -> float:
    """Placebo p of the smallest difference: the market's returns shifted in a circle, every way."""
    shifted = np.stack([np.roll(market, k) for k in range(1, len(market))])
    deviation = shifted - market.mean()
    betas = deviation @ pairs / (deviation**2).sum(axis=1, keepdims=True)
    return placebo_p(observed, betas.min(axis=1)).p


def decide_correlation(claim: Correlation, panel: Panel) -> Outcome:
    """Correlate every series as asked; the smallest p, adjusted by Holm, is the one of record.

    It comes of a permutation already, so that it is its own placebo p.
    """
    keys = series_keys(panel.snapshot)
    there = [*keys]
    if missing := [name for name in claim.series if name not in there]:
        raise StudyError(f"field series: expected {', '.join(sorted(there))}, found {missing[0]}")
    if claim.releases or claim.seasonal:
        rows = aligned_correlations(panel, claim)
    else:
        pairs = [(keys[name], claim.of) for name in claim.series]
        rows = correlations(panel, ["pearson"], pairs)
        rows = rows[rows["lag"].isin(claim.lags)]
    adjusted = holm(rows["p"])
    row = rows.iloc[int(np.argmin(adjusted))]
    p = float(adjusted.min())
    return Outcome(
        float(row["estimate"]),
        float(row["low"]),
        float(row["high"]),
        p,
        count=f"{row['n']:.0f} {say_every(panel.snapshot).noun}s",
        detectable=float(row["mde"]),
        sign=SIGN[claim.claimed],
        format="decimal2",
        confirmatory=claim.family,
        placebo=p,
    )


def decide_waiting(claim: Waiting, panel: Panel) -> Outcome:
    """Count the sessions that have passed; once there are enough, test the CAR over them."""
    day, (first, last) = day_named(claim.start, panel), claim.sessions
    seen = int((panel.snapshot.sessions > day).sum())
    count = f"{seen} of {first}"
    if seen < first or not claim.of:
        passed = f"{count} sessions have passed"
        return Outcome(None, count=count, verdict=NOT_TESTABLE, applied=passed, confirmatory=False)
    portfolio = parse_portfolio(claim.of, panel.snapshot)
    found = cumulate(panel, portfolio, (1, min(seen, last)), clean=False).at_events(panel)
    at_day = panel.events.index[panel.events["day0"] == day]
    if not found.index.isin(at_day).any():
        raise StudyError(f"field start: expected a day 0 with a response of {claim.of}, found none")
    row, inference = found.loc[found.index.isin(at_day)].iloc[0], panel.snapshot.choices.inference
    test = student("forecast", 1, *(float(row[name]) for name in ("car", "se", "df")))
    least = minimum_detectable(test.se, test.df, inference.power, inference.size)
    return Outcome(
        test.estimate,
        *test.interval(inference.level),
        p=test.p,
        count=count,
        detectable=float(least),
        sign=SIGN[claim.claimed],
    )


def decide_watch(claim: Watch, panel: Panel) -> Outcome:
    """Say on how many of the days the portfolio left its forecast interval; show the largest."""
    inference = panel.snapshot.choices.inference
    responses = cumulate(panel, parse_portfolio(claim.of, panel.snapshot), (0, 0), clean=False)
    events = panel.events[panel.events["day0"].isin(pd.DatetimeIndex(claim.days))]
    rows = responses.at_events(panel).loc[events.drop_duplicates("day0").index]
    outside = (rows["p"] < inference.size).to_numpy()
    largest = rows.iloc[int(rows["scar"].abs().argmax())]
    shown = student("forecast", 1, *(float(largest[name]) for name in ("car", "se", "df")))
    days = panel.events.loc[rows.index, "day0"]
    places = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(days))
    quiet = responses.on_quiet_sessions(panel, rows["members"]).abs()
    moved = [
        quiet[name].shift(-int(later))
        for name, later in zip(rows["members"], places - places[0], strict=True)
    ]
    elsewhere = pd.concat(moved, axis=1).max(axis=1, skipna=False)
    low, high = shown.interval(inference.level)
    return Outcome(
        shown.estimate,
        low,
        high,
        p=float(largest["p"]),
        count=f"{len(claim.days)} days",
        verdict=_judge(outside, NOISE[1]),
        applied=f"{outside.sum()} of {outside.size} days leave the forecast interval",
        confirmatory=False,
        placebo=day_placebo(panel, elsewhere, float(largest["scar"])),
    )
