"""The amended rules of inference, written from data/registration/amendments.toml.

Where the words leave a choice open:

- firms that an event names or doubts are out of its day in every portfolio measured by a CAR;
- the trade (A13) and volatility (B7) know no contamination, as registered;
- the mean of 1/s of a difference is that over the episodes of both kinds together;
- no bound is stated for a correlation, a beta or a log ratio;
- A6 and A10 keep rules of their own, by the adjusted p; A10 cannot decide where it was mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .claims import (
    CORE,
    EXPLORERS,
    POLICY,
    PROCESSORS,
    PURE_PLAYS,
    a6,
    b14,
    core_volatility,
    share_weights,
    trade,
)
from .episodes import FEWEST, SIZE, Floats, Result
from .inference import detectable, holm, interval, one_sample, two_samples
from .record import Record
from .responses import MARKET, Window, less, respond, usable_members

EVERY = (*POLICY, "support")
LONGEST = 2  # sessions of a window whose events chain by sharing a session
BOUND = 0.10  # of the price: of a CAR and of the trade
Response = tuple[float, float, float]  # response, standardised response, one over its error


@dataclass(frozen=True)
class Asked:
    """A claim that is tested across episodes."""

    plus: Sequence[str] = CORE
    minus: Sequence[str] = ()
    window: Window = (0, 1)
    clean: Window | None = None
    factors: Sequence[str] = MARKET
    directions: Sequence[str] = ()
    second: Sequence[str] = ()
    signed: bool = False
    after: str = ""
    claimed: int = 1
    slope: bool = False
    series: Callable[[Record, int], tuple[float, float] | None] | None = None
    bound: float | None = BOUND
    mixed: bool = False
    fell: bool = False
    kept: bool = False  # firms stay in, whatever their news and whoever names them


CLAIMS = {
    "A3": Asked(slope=True, directions=POLICY, signed=True),
    "A4": Asked(factors=("SPY", "XME"), directions=POLICY, signed=True),
    "A5": Asked(plus=PURE_PLAYS, directions=["disappointment"]),
    "A7": Asked(plus=PROCESSORS, minus=EXPLORERS, directions=POLICY, signed=True),
    "A9": Asked(window=(1, 5), clean=(0, 10), directions=["easing"]),
    "A10": Asked(window=(1, 20), clean=(0, 20), directions=EVERY, signed=True),
    "A11": Asked(plus=PURE_PLAYS, directions=["easing"], second=["tightening"], signed=True),
    "A12": Asked(window=(0, 4), directions=POLICY, signed=True),
    "A13": Asked(series=trade, directions=["tightening", "disappointment"]),
    "A14": Asked(plus=PROCESSORS, minus=["REMX"], directions=POLICY, signed=True),
    "B3": Asked(directions=["tightening"], second=["easing"]),
    "B4": Asked(directions=["tightening"], fell=True),
    "B7": Asked(series=core_volatility, bound=None, directions=EVERY, mixed=True),
    "B9": Asked(minus=["COPX", "XME"], window=(0, 20), directions=["easing"], claimed=-1),
    "B10": Asked(directions=["tightening", "disappointment"], after="2025-10-31"),
    "B11": Asked(plus=PURE_PLAYS, minus=["MP"], directions=["tightening"], second=["easing"]),
    "B15": Asked(plus=PROCESSORS, minus=EXPLORERS, window=(0, 20), directions=["easing"]),
}


def contaminated_by_deals(record: Record) -> Record:
    """Return the record in which a core firm's deal with a customer or a state touches them all."""
    changed = Record(record.folder)
    rows = changed.confounders
    deals = rows[(rows["deal"] != "") & rows["ticker"].isin(CORE)]
    for first, last in zip(deals["first"], deals["last"], strict=True):
        for name in CORE:
            spoilt = changed.spoilt[name].copy()
            spoilt[first : last + 1] = True
            changed.spoilt[name] = spoilt
    return changed


def choose(record: Record, asked: Asked, directions: Sequence[str]) -> pd.DataFrame:
    """Choose days: ``episode``, ``place``, ``factor`` and the firms that are ``out``."""
    events = record.events
    short = asked.series is None and asked.window[1] - asked.window[0] < LONGEST
    distance = record.choices["episodes"]["distance"]
    episode = record.episodes(asked.window[1] - asked.window[0] if short else distance)
    named = events["direction"].isin(directions)
    keep = named & (events["status"] == "confirmatory")
    keep &= ~events["place"].isin(events.loc[~named, "place"])
    keep &= asked.mixed | ~record.mixed(episode)
    if asked.after:
        keep &= pd.to_datetime(events["day0"]) > pd.Timestamp(asked.after)
    if asked.fell:
        metals = record.close["XME"].to_numpy()
        keep &= metals[events["place"] - 1] < metals[events["place"] - 21]
    days = events[keep].assign(episode=episode[keep])
    days["out"] = days["leave_out"] + ";" + days["doubted"]
    days["factor"] = days["sign"] if asked.signed else 1
    if asked.mixed:
        days = days.drop_duplicates("episode")
    days["out"] = days.groupby("place")["out"].transform(";".join)
    return days.drop_duplicates(["episode", "place"])


def measure(record: Record, asked: Asked, place: int, out: str) -> Response | None:
    """Measure one day; None where it has no usable firm."""
    if asked.series is not None:
        seen = asked.series(record, place)
        return seen and (*seen, 1.0)
    clean, out = (None, "") if asked.kept else (asked.clean or asked.window, out)
    sides = [
        [
            name
            for name in usable_members(record, names, place, asked.window, clean, asked.factors)
            if name not in out.split(";")
        ]
        for names in (asked.plus, asked.minus)
    ]
    if not sides[0] or (asked.minus and not sides[1]):
        return None
    if asked.slope and len(sides[0]) < len(CORE):
        return None
    weights = share_weights(record) if asked.slope else less(*sides)
    found = respond(record, weights, place, asked.window, asked.factors, intercept=False)
    return found.car, found.scar, 1 / found.error


def episode_values(record: Record, asked: Asked, directions: Sequence[str]) -> Floats:
    """Average over the days of each episode, (K, 3)."""
    found: dict[int, list[Floats]] = {}
    days = choose(record, asked, directions)
    parts = (days[name] for name in ("place", "out", "factor", "episode"))
    for place, out, factor, episode in zip(*parts, strict=True):
        response = measure(record, asked, int(place), str(out))
        if response is not None:
            found.setdefault(int(episode), []).append(np.array([factor, factor, 1.0]) * response)
    return np.array([np.mean(days, axis=0) for days in found.values()]).reshape(-1, 3)


def run_test(record: Record, asked: Asked) -> tuple[Result, float | None]:
    """Test a claim by one statistic; also return the standard error of its effect."""
    sets = [episode_values(record, asked, asked.directions)]
    if asked.second:
        sets.append(episode_values(record, replace(asked, signed=False), asked.second))
    counts = [len(values) for values in sets]
    sample = " + ".join(map(str, counts))
    if min(counts) < FEWEST:
        return Result(sample, verdict="not testable"), None
    inference, freedom = record.choices["inference"], min(counts) - 1
    compare = one_sample if len(sets) == 1 else two_samples
    mean, error, p = compare(*(values[:, 1] for values in sets))
    per = np.concatenate(sets)[:, 2].mean()
    effect, error = mean / per, error / per
    bounds = interval(effect, error, freedom, inference["level"])
    seen = detectable(error, freedom, SIZE, inference["power"])
    return Result(sample, effect, *bounds, p, seen, claimed=asked.claimed), error


def decide(name: str, found: Result, error: float | None) -> str:
    """Decide by the symmetric rule."""
    if name == "A6":
        return found.verdict  # the signs of its differences differ, whatever the p
    if found.effect is None or found.holm is None:
        return "not testable"
    as_claimed = found.effect * found.claimed > 0
    if name == "A10" and error is not None:
        low, high = interval(found.effect, error, int(found.sample) - 1, 0.90)
        if low > -0.05 and high < 0.05:
            return "supported"
        return "contradicted" if found.holm < SIZE else "cannot decide"
    if found.holm < SIZE:
        return "supported" if as_claimed else "contradicted"
    bound = CLAIMS[name].bound if name in CLAIMS else None
    if bound is not None and found.detectable is not None and found.detectable > bound:
        return "cannot decide"
    if error is not None and abs(found.effect) < error:
        return "no sign within noise"
    return f"{'right' if as_claimed else 'wrong'} sign within noise"


def recompute_pooled(record: Record, kind: str, window: Window, *, kept: bool) -> Result:
    """Recompute the mean response of the core to a kind of news over a window."""
    kinds = {"policy": POLICY, "all": EVERY}
    asked = Asked(
        window=window, directions=kinds.get(kind, (kind,)), signed=kind in kinds, kept=kept
    )
    return run_test(contaminated_by_deals(record), asked)[0]


def recompute_amended(record: Record, b6: Result) -> dict[str, Result]:
    """Recompute every claim that the amended rules reach; B6 they reach by the last alone."""
    spoilt = contaminated_by_deals(record)
    tested = {name: run_test(spoilt, asked) for name, asked in CLAIMS.items()}
    tested |= {"A6": (a6(record), None), "B6": (b6, None)}
    family = holm({name: found.p for name, (found, _) in tested.items() if found.p is not None})
    ledger = {}
    for name, (found, error) in tested.items():
        found = replace(found, holm=family.get(name))
        ledger[name] = replace(found, verdict=decide(name, found, error))
    return ledger | {"B14": b14(record, intercept=False)}
