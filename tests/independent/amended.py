"""The amended rules of inference, written from data/registration/amendments.toml.

Where the words leave a choice open:

- firms that an event names or doubts are out of its day in every portfolio measured by a CAR;
- the trade (A13) and volatility (B7) know no contamination, as registered;
- the mean of 1/s of a difference is that over the episodes of both kinds together;
- no bound is stated for a correlation, a beta or a log ratio;
- the share of A4 counts every day once, and its bootstrap draws episodes with all their days;
- A6 and A10 keep rules of their own, by the adjusted p; A10 cannot decide where it was mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .anew import SHOWN, exports, volatility_after
from .claims import (
    CORE,
    EXPLORERS,
    POLICY,
    PROCESSORS,
    PURE_PLAYS,
    a6,
    b14,
    share_weights,
    trade,
)
from .episodes import FEWEST, SIZE, Floats, Result
from .inference import detectable, holm, interval, one_sample, two_samples
from .record import Record
from .responses import MARKET, Window, equal, less, respond, usable_members

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
    first: bool = False
    fell: bool = False
    apart: int = 0  # sessions at least between the days that enter
    kept: bool = False  # firms stay in, whatever their news and whoever names them
    follows: Window | None = None


CLAIMS = {
    "A3": Asked(slope=True, directions=POLICY, signed=True),
    "A5": Asked(plus=PURE_PLAYS, directions=["disappointment"]),
    "A7": Asked(plus=PROCESSORS, minus=EXPLORERS, directions=POLICY, signed=True),
    "A9": Asked(window=(1, 5), clean=(0, 10), directions=["easing"]),
    "A10": Asked(window=(1, 20), clean=(0, 20), directions=EVERY, signed=True),
    "A11": Asked(plus=PURE_PLAYS, directions=["easing"], second=["tightening"], signed=True),
    "A12": Asked(window=(2, 4), clean=(0, 4), follows=(0, 1), directions=POLICY),
    "A13": Asked(series=trade, directions=["tightening", "disappointment"]),
    "A14": Asked(plus=PROCESSORS, minus=["REMX"], directions=POLICY, signed=True),
    "B3": Asked(directions=["tightening"], second=["easing"]),
    "B4": Asked(directions=["tightening"], fell=True),
    "B7": Asked(
        series=volatility_after, bound=None, directions=EVERY, mixed=True, first=True, apart=20
    ),
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
    if asked.first:
        days = days.drop_duplicates("episode")
    if asked.apart:
        last, kept = -asked.apart, []
        for place in days["place"]:
            kept.append(place - last >= asked.apart)
            last = place if kept[-1] else last
        days = days[kept]
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
    sign = 1.0
    if asked.follows is not None:
        sign = np.sign(respond(record, weights, place, asked.follows, intercept=False).car)
    return sign * found.car, sign * found.scar, 1 / found.error


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
    if found.verdict:
        return found.verdict  # of its own; the signs of A6's differences differ, whatever the p
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


def share_left(record: Record) -> Result:
    """A4: of the mean square of core returns on days of policy, what the market leaves."""
    squares: dict[int, list[Floats]] = {}
    days = choose(record, Asked(mixed=True), POLICY)
    for place, out, episode in zip(days["place"], days["out"], days["episode"], strict=True):
        usable = usable_members(record, CORE, int(place), (0, 1), (0, 1))
        held = [name for name in usable if name not in str(out).split(";")]
        if held:
            left = respond(record, equal(held), int(place), (0, 1), intercept=False).car
            whole = sum(record.series[name][place : place + 2].sum() for name in held) / len(held)
            squares.setdefault(int(episode), []).append(np.array([left, whole]) ** 2)
    sums = np.array([np.sum(of, axis=0) for of in squares.values()])
    draws = np.random.default_rng(7).integers(0, len(sums), (20_000, len(sums)))
    left, whole = sums[draws].sum(axis=1).T
    tail = (1 - record.choices["inference"]["level"]) / 2
    low, high = np.quantile(left / whole, [tail, 1 - tail])
    effect = sums[:, 0].sum() / sums[:, 1].sum()
    verdict = "supported" if low > 0.5 else "contradicted" if high < 0.5 else "cannot decide"
    return Result(str(len(sums)), effect, low, high, verdict=verdict)


def recompute_amended(record: Record, b6_p: float) -> dict[str, Result]:
    """Recompute every claim that the amended family holds, or that is specified anew.

    The p of B6, which is resampled, is the one that was published.
    """
    spoilt = contaminated_by_deals(record)
    tested = {name: run_test(spoilt, asked) for name, asked in CLAIMS.items()}
    tested |= {"A6": (a6(record), None), "B6": (replace(exports(record), p=b6_p), None)}
    tested |= {"A4": (share_left(spoilt), None)}
    tested |= {name: (claim(record), None) for name, claim in SHOWN.items()}
    p = {name: found.p for name, (found, _) in tested.items() if name not in SHOWN}
    family = holm({name: value for name, value in p.items() if value is not None})
    ledger = {}
    for name, (found, error) in tested.items():
        found = replace(found, holm=family.get(name))
        ledger[name] = replace(found, verdict=decide(name, found, error))
    return ledger | {"B14": b14(record, intercept=False)}
