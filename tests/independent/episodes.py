"""The terms that several claims share: which days enter, a response an episode, its tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .inference import detectable, interval, one_sample, two_samples
from .record import Record
from .responses import MARKET, Window, less, respond, usable_members

Floats = npt.NDArray[np.float64]
Measure = Callable[[Record, int], tuple[float, float] | None]  # response and standardised response

FEWEST = 3
SIZE = 0.05


@dataclass(frozen=True)
class Result:
    """What the ledger prints of a claim.

    ``verdict`` is empty where the common rule decides; ``family``: adjusted with the others.
    """

    sample: str
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    detectable: float | None = None
    verdict: str = ""
    claimed: int = 1
    family: bool = False
    holm: float | None = None


def choose_days(
    record: Record,
    directions: Sequence[str],
    *,
    signed: bool = False,
    keep_mixed: bool = False,
    first_only: bool = False,
    after: str = "",
) -> pd.DataFrame:
    """Choose the days of a kind of event: ``episode``, ``place`` and ``factor``.

    Confirmatory events, none of a mixed episode; two headlines of a day are one day. A day that
    also holds news of a direction not asked for is left out.
    """
    events = record.events
    episode = record.episodes(record.choices["episodes"]["distance"])
    asked = events["direction"].isin(directions)
    keep = asked & (events["status"] == "confirmatory")
    keep &= ~events["place"].isin(events.loc[~asked, "place"])
    keep &= keep_mixed | ~record.mixed(episode)
    if after:
        keep &= pd.to_datetime(events["day0"]) > pd.Timestamp(after)
    factor = events["sign"] if signed else 1
    days = pd.DataFrame({"episode": episode, "place": events["place"], "factor": factor})[keep]
    return days.drop_duplicates(["episode"] if first_only else ["episode", "place"])


def episode_means(record: Record, days: pd.DataFrame, measure: Measure) -> Floats:
    """Average response and standardised response over the days of each episode, (K, 2)."""
    found = {index: measure(record, place) for index, place in days["place"].items()}
    kept = days.loc[[index for index, value in found.items() if value is not None]]
    values = np.array([found[index] for index in kept.index], dtype=float).reshape(-1, 2)
    signed = pd.DataFrame(values * kept[["factor"]].to_numpy(), kept.index)
    return signed.groupby(kept["episode"]).mean().to_numpy()


def car_of(
    plus: Sequence[str],
    minus: Sequence[str] = (),
    window: Window = (0, 1),
    clean: Window | None = None,
    factors: Sequence[str] = MARKET,
) -> Measure:
    """Measure the CAR of equal weights of the usable firms of one basket less those of another."""

    def measure(record: Record, place: int) -> tuple[float, float] | None:
        sides = [
            usable_members(record, names, place, window, clean or window, factors)
            for names in (plus, minus)
        ]
        if not sides[0] or (minus and not sides[1]):
            return None
        found = respond(record, less(*sides), place, window, factors)
        return found.car, found.scar

    return measure


def across(record: Record, values: Floats, claimed: int = 1) -> Result:
    """Test a mean over episodes: effect and interval of the CARs, p of the standardised ones."""
    count = len(values)
    if count < FEWEST:
        return Result(str(count), verdict="not testable")
    inference = record.choices["inference"]
    mean, error, _ = one_sample(values[:, 0])
    bounds = interval(mean, error, count - 1, inference["level"])
    seen = detectable(error, count - 1, SIZE, inference["power"])
    p = one_sample(values[:, 1])[2]
    return Result(str(count), mean, *bounds, p, seen, claimed=claimed, family=True)


def between(record: Record, first: Floats, second: Floats) -> Result:
    """Test the difference of two kinds of episodes by Ibragimov and Mueller."""
    counts = (len(first), len(second))
    sample = f"{counts[0]} + {counts[1]}"
    if min(counts) < FEWEST:
        return Result(sample, verdict="not testable")
    inference = record.choices["inference"]
    freedom = min(counts) - 1
    gap, error, _ = two_samples(first[:, 0], second[:, 0])
    bounds = interval(gap, error, freedom, inference["level"])
    seen = detectable(error, freedom, SIZE, inference["power"])
    p = two_samples(first[:, 1], second[:, 1])[2]
    return Result(sample, gap, *bounds, p, seen, family=True)


def mean_response(
    record: Record, measure: Measure, directions: Sequence[str], claimed: int = 1, **which: Any
) -> Result:
    """Test the mean response over the episodes of some directions."""
    days = choose_days(record, directions, **which)
    return across(record, episode_means(record, days, measure), claimed)


def tightening_less_easing(record: Record, measure: Measure) -> Result:
    """Test the response on tightening less that on easing."""
    kinds = (choose_days(record, [kind]) for kind in ("tightening", "easing"))
    return between(record, *(episode_means(record, days, measure) for days in kinds))
