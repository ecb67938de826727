"""The 29 claims, written from the words of data/claims.toml; its machine-read fields are not used.

Each function is one claim. Where the words leave a choice open, the one that the
ledger makes is taken and said beside the line:

- a day that also holds news of a direction not asked for stands for no direction (every claim);
- the robust Wald test is Hotelling's, with the covariance's small-sample factor (A6);
- costs of the trade are taken of the value at opening, four times (A13);
- the core's gain is that of equal parts bought once, not rebalanced (B2, B12);
- a month counts with all its sessions, and firms' months are averaged (B6);
- core volatility is that of the firms that have a return on the day, contaminated or not (B7);
- of the two days watched, the one further outside is shown (B14).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from .episodes import (
    SIZE,
    Floats,
    Result,
    across,
    between,
    car_of,
    choose_days,
    episode_means,
    mean_response,
    tightening_less_easing,
)
from .inference import bootstrap_interval, holm, interval, one_sample, permutation_p
from .record import Record
from .responses import equal, respond, usable_members

POLICY = ("tightening", "disappointment", "easing")
CORE = ("MP", "USAR", "CRML")
PURE_PLAYS = ("USAR", "CRML")
PROCESSORS = ("MP", "UUUU", "AREC")
EXPLORERS = ("USAR", "CRML", "NB")


def growth(record: Record, names: Sequence[str], start: str, end: str) -> Floats:
    """Return from the close of one day to the close of another."""
    close = record.close[list(names)].to_numpy()
    return close[record.at(end)] / close[record.at(start)] - 1


def on_day(record: Record, names: Sequence[str], day: str) -> Floats:
    """Return from the close before a day to its own."""
    before = record.sessions[record.at(day) - 1]
    return growth(record, names, str(before.date()), day)


def fact(shown: float, holds: npt.ArrayLike, sample: str) -> Result:
    """Decide by how many comparisons hold: all, some or none."""
    met = np.asarray(holds)
    verdict = "supported" if met.all() else "mixed" if met.any() else "contradicted"
    return Result(sample, float(shown), verdict=verdict)


def a1(record: Record) -> Result:
    """USAR and CRML each gained more than 10% on the rebound day."""
    returns = on_day(record, PURE_PLAYS, "2026-05-20")
    return fact(returns.min(), returns > 0.10, "1 day")


def a2(record: Record) -> Result:
    """MP gained less than the two pure plays."""
    gaps = on_day(record, PURE_PLAYS, "2026-05-20") - on_day(record, ["MP"], "2026-05-20")
    return fact(gaps.min(), gaps > 0, "1 day")


def share_weights(record: Record) -> dict[str, float]:
    """Weigh the core firms so that the return is the slope on their heavy share."""
    share = record.firms.loc[list(CORE), "heavy_share"].astype(float)
    weights = (share - share.mean()) / ((share - share.mean()) ** 2).sum()
    return {str(name): float(weight) for name, weight in weights.items()}


def a3(record: Record) -> Result:
    """The smaller the exposure to heavy rare earths, the smaller the reaction."""
    weights = share_weights(record)

    def slope(record: Record, place: int) -> tuple[float, float] | None:
        if len(usable_members(record, CORE, place, (0, 1), (0, 1))) < len(CORE):
            return None
        found = respond(record, weights, place, (0, 1))
        return found.car, found.scar

    return mean_response(record, slope, POLICY, signed=True)


def a4(record: Record) -> Result:
    """The moves re-rate supply risk and are not moves of the market."""
    return mean_response(record, car_of(CORE, factors=("SPY", "XME")), POLICY, signed=True)


def a5(record: Record) -> Result:
    """A concession that turns out empty lifts the most exposed names."""
    return mean_response(record, car_of(PURE_PLAYS), ["disappointment"])


def a6(record: Record) -> Result:
    """Pure plays have the higher beta."""
    table = record.returns[["SPY", *CORE]].dropna().to_numpy()
    x = np.column_stack([np.ones(len(table)), table[:, 0]])
    y = table[:, 1:]
    bread = np.linalg.inv(x.T @ x)
    fit = bread @ x.T @ y
    influence = (y - x @ fit) * (x @ bread[1])[:, None]  # of a session on each firm's slope
    contrast = np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
    gaps, moved = contrast @ fit[1], influence @ contrast.T
    freedom = len(x) - 2
    factor = len(x) / freedom
    wald = gaps @ np.linalg.solve(factor * moved.T @ moved, gaps)
    p = stats.f.sf(wald * (freedom - 1) / (2 * freedom), 2, freedom - 1)  # Hotelling's form
    least = int(gaps.argmin())
    lags, series = record.choices["beta"]["hac_lags"], moved[:, least]
    bartlett = [(1 - lag / (lags + 1)) * series[lag:] @ series[:-lag] for lag in range(1, lags + 1)]
    error = np.sqrt(factor * (series @ series + 2 * sum(bartlett)))
    bounds = interval(gaps[least], error, freedom, record.choices["inference"]["level"])
    side = "within noise" if p >= SIZE else "supported" if gaps[0] > 0 else "contradicted"
    verdict = side if (gaps > 0).all() or (gaps < 0).all() else "mixed"
    return Result(f"{len(x)} days", gaps[least], *bounds, p, verdict=verdict)


def a7(record: Record) -> Result:
    """Processing and separation assets gain, and not only miners."""
    return mean_response(record, car_of(PROCESSORS, EXPLORERS), POLICY, signed=True)


def a8(record: Record) -> Result:
    """Value moves downstream over the following 6 to 18 months."""
    seen = len(record.sessions) - 1 - record.at("2026-05-20")
    return Result(f"{seen} of 126", verdict="not testable")


def a9(record: Record) -> Result:
    """Diplomatic non-events are bought: easing headlines reverse."""
    return mean_response(record, car_of(CORE, window=(1, 5), clean=(0, 10)), ["easing"])


def a10(record: Record) -> Result:
    """The damage may be priced already: no drift after the day."""
    measure = car_of(CORE, window=(1, 20), clean=(0, 20))
    days = choose_days(record, [*POLICY, "support"], signed=True)
    values = episode_means(record, days, measure)
    found = across(record, values)
    mean, error, _ = one_sample(values[:, 0])
    low, high = interval(mean, error, len(values) - 1, 0.90)
    rejected = found.p is not None and found.p < SIZE
    inside = low >= -0.05 and high <= 0.05
    verdict = "supported" if inside else "contradicted" if rejected else "mixed"
    return replace(found, verdict=verdict, family=False)


def a11(record: Record) -> Result:
    """The most exposed names fall further on easing than they rise on tightening."""
    measure = car_of(PURE_PLAYS)
    falls = episode_means(record, choose_days(record, ["easing"], signed=True), measure)
    rises = episode_means(record, choose_days(record, ["tightening"]), measure)
    return between(record, falls, rises)


def a12(record: Record) -> Result:
    """The move lasts for days."""
    return mean_response(record, car_of(CORE, window=(0, 4)), POLICY, signed=True)


def trade(record: Record, place: int) -> tuple[float, float] | None:
    """Hold half USAR and half CRML against MP from the close of the day, net of costs.

    Costs are taken of the value at opening each of the four times.
    """
    pair = record.choices["pair"]
    days = slice(place + 1, place + 1 + pair["holding"])
    held = np.column_stack([record.series[name][days] for name in (*PURE_PLAYS, "MP")])
    if len(held) < pair["holding"] or not np.isfinite(held).all():
        return None
    *bought, sold = (1 + held).prod(axis=0)
    net = np.mean(bought) - sold - 4 * pair["cost"] - pair["borrow"] * pair["holding"] / 252
    return net, net


def a13(record: Record) -> Result:
    """Own the heavy-exposed names and fade the low-volatility proxy."""
    return mean_response(record, trade, ["tightening", "disappointment"])


def a14(record: Record) -> Result:
    """The edge sits in the most constrained part of the chain and not in the broadest."""
    return mean_response(record, car_of(PROCESSORS, ["REMX"]), POLICY, signed=True)


def b1(record: Record) -> Result:
    """US-listed names fell 5 to 8% on the truce framework."""
    returns = on_day(record, CORE, "2025-10-27")
    return fact(np.median(returns), (returns >= -0.08) & (returns <= -0.05), "1 day")


def b2(record: Record) -> Result:
    """The names had rallied when curbs loomed earlier in October."""
    returns = growth(record, CORE, "2025-10-08", "2025-10-14")
    sessions = record.at("2025-10-14") - record.at("2025-10-08")
    return fact(returns.mean(), returns > 0, f"{sessions} days")


def b3(record: Record) -> Result:
    """Truce hopes push miners down and curbs push them up."""
    return tightening_less_easing(record, car_of(CORE))


def b4(record: Record) -> Result:
    """Curbs lift miners even when downstream demand is weak."""
    days = choose_days(record, ["tightening"])
    metals = record.close["XME"].to_numpy()
    fell = metals[days["place"] - 1] < metals[days["place"] - 21]
    return across(record, episode_means(record, days[fell], car_of(CORE)))


def b5(record: Record) -> Result:
    """Magnet exports slipped in September 2025, total rare-earth exports fell sharply."""
    both = record.months[["rare_earths_total", "magnets_total"]]
    changes = (both / both.shift(1) - 1).loc["2025-09"].to_dict()
    total, magnets = (changes[name] for name in both)
    return fact(total, [total < -0.10, magnets < 0], "1 month")


def b6(record: Record) -> Result:
    """Export figures feed the tightness story: fewer exports, higher prices of miners."""
    returns = record.returns[list(CORE)]
    month = pd.DatetimeIndex(returns.index).to_period("M")
    complete = returns.isna().groupby(month).sum() == 0
    monthly = ((1 + returns).groupby(month).prod() - 1).where(complete).mean(axis=1)
    changes = record.months[["rare_earths_total", "magnets_total"]].transform(np.log).diff()
    block = record.choices["customs"]["block"]
    found = {}
    for series in changes:
        for lag in (0, 1):  # exports lead by so many months
            pairs = pd.concat([changes[series], monthly.shift(-lag)], axis=1).dropna().to_numpy()
            found[f"{series} {lag}"] = (pairs, permutation_p(pairs, block))
    adjusted = holm({name: p for name, (_, p) in found.items()})
    name = min(adjusted, key=lambda key: (adjusted[key], found[key][1]))
    pairs = found[name][0]
    effect = float(np.corrcoef(pairs.T)[0, 1])
    bounds = bootstrap_interval(pairs, block, record.choices["inference"]["level"])
    return Result(f"{len(pairs)} months", effect, *bounds, adjusted[name], claimed=-1, family=True)


def core_volatility(record: Record, place: int) -> tuple[float, float] | None:
    """Take the log ratio of the core's volatility after a day to that before it."""
    core = record.returns[list(CORE)].mean(axis=1).to_numpy()
    after, before = core[place + 1 : place + 21], core[max(place - 20, 0) : place]
    if min(len(after), len(before)) < 20:
        return None
    change = float(np.log(after.std(ddof=1) / before.std(ddof=1)))
    return change, change


def b7(record: Record) -> Result:
    """Volatility stays elevated after the headlines."""
    kinds = [*POLICY, "support"]
    return mean_response(record, core_volatility, kinds, keep_mixed=True, first_only=True)


def b8(record: Record) -> Result:
    """Cyclicals and shipping firmed on the same news."""
    returns = on_day(record, ["IWM", "XME", "COPX"], "2025-10-27")
    return fact(returns.mean(), returns > 0, "1 day")


def b9(record: Record) -> Result:
    """After a truce the gap between scarcity names and cyclicals widens."""
    return mean_response(record, car_of(CORE, ["COPX", "XME"], (0, 20)), ["easing"], claimed=-1)


def b10(record: Record) -> Result:
    """If the truce softens the names take the premium back."""
    kinds = ["tightening", "disappointment"]
    return mean_response(record, car_of(CORE), kinds, after="2025-10-31")


def b11(record: Record) -> Result:
    """A durable deal hits pure plays hardest, a breakdown revives them."""
    return tightening_less_easing(record, car_of(PURE_PLAYS, ["MP"]))


def b12(record: Record) -> Result:
    """Only part of the premium came out."""
    top = growth(record, CORE, "2025-10-08", "2025-10-14").mean()
    end = growth(record, CORE, "2025-10-08", "2025-10-30").mean()
    share = (top - end) / top
    sessions = record.at("2025-10-30") - record.at("2025-10-14")
    verdict = "supported" if 0 <= share <= 1 else "contradicted"
    return Result(f"{sessions} days", share, verdict=verdict)


def b13(record: Record) -> Result:
    """Pauses come in steps of 90 days."""
    ids = ["2025-05-geneva-truce", "2025-08-truce-extension", "2025-10-busan-summit"]
    announced = pd.to_datetime(record.events.set_index("id").loc[ids, "announced"])
    steps = announced.diff().dropna().dt.days.to_numpy()
    return fact(steps.mean(), (steps >= 85) & (steps <= 95), f"{len(steps)} steps")


def b14(record: Record, *, intercept: bool = True) -> Result:
    """The leaders' words would move the names next; enforcement and inventories follow."""
    places = [record.at(day) for day in ("2025-10-30", "2025-11-03")]
    held = [equal(usable_members(record, CORE, place, (0, 0), None)) for place in places]
    days = [
        respond(record, weights, place, (0, 0), intercept=intercept)
        for weights, place in zip(held, places, strict=True)
    ]
    level = record.choices["inference"]["level"]
    p = [2 * float(stats.t.sf(abs(day.scar), day.freedom)) for day in days]
    outside = sum(value < 1 - level for value in p)
    shown = days[int(np.argmin(p))]
    bounds = interval(shown.car, shown.error, shown.freedom, level)
    verdict = ("within noise", "mixed", "supported")[outside]
    return Result("2 days", shown.car, *bounds, min(p), verdict=verdict)


def b15(record: Record) -> Result:
    """In calm, firms with magnet partnerships and domestic processing keep investors' interest."""
    return mean_response(record, car_of(PROCESSORS, EXPLORERS, (0, 20)), ["easing"])


CLAIMS = {
    claim.__name__.upper(): claim
    for claim in (
        *(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14),
        *(b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15),
    )
}


def common_rule(found: Result) -> str:
    """Supported by the adjusted p, contradicted by the unadjusted one, else within noise."""
    assert found.effect is not None
    as_claimed = found.effect * found.claimed > 0
    p = found.holm if as_claimed else found.p
    assert p is not None
    if p < SIZE:
        return "supported" if as_claimed else "contradicted"
    return f"{'right' if as_claimed else 'wrong'} sign within noise"


def recompute(record: Record) -> dict[str, Result]:
    """Recompute the ledger: every claim with its p adjusted over the family and its verdict."""
    ledger = {name: claim(record) for name, claim in CLAIMS.items()}
    family = {n: found.p for n, found in ledger.items() if found.family and found.p is not None}
    for name, adjusted in holm(family).items():
        found = replace(ledger[name], holm=adjusted)
        ledger[name] = replace(found, verdict=found.verdict or common_rule(found))
    return ledger
