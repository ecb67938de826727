"""From events to episodes: the sample of a test, and tests whose unit is the episode."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.arrays import Bools, Ints
from analysis.estimators.events.across_episodes import across_episodes_t, sign_flip
from analysis.estimators.significance import (
    Significance,
    minimum_detectable,
    power_at,
    refused,
    student,
)
from analysis.snapshot.claims import Events
from analysis.study.panel import Panel

__all__ = [
    "FEWEST",
    "Pooled",
    "average_effect",
    "averaged",
    "chosen_days",
    "count_firms",
    "effect_of",
    "episode_values",
    "holds",
    "judge_events",
    "mean_over",
    "pick_days",
    "pool",
    "precision",
    "say_effect",
    "tell_firms",
]

FEWEST = 3  # episodes: below this a spread across episodes means nothing


@dataclass(frozen=True)
class Pooled:
    """A mean over episodes with its tests; NaN below three of them.

    Attributes
    ----------
    episodes : int
        Number of episodes K.
    mean, low, high : float
        Mean CAR over episodes, or the effect of :func:`effect_of`, with its Student interval
        (fraction).
    p : float
        Two-sided p of Student's t with K-1 degrees of freedom on the standardised CARs.
    p_flip : float
        Two-sided p from flipping signs of the standardised CARs.
    detectable : float
        True mean CAR that the t-test would find with the power of the study (fraction).
    """

    episodes: int
    mean: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    p_flip: float = np.nan
    detectable: float = np.nan


def judge_events(panel: Panel, known: pd.Index, events: Events) -> pd.DataFrame:
    """Say of every event of the directions asked for whether a test averages it, or why not.

    An event enters if its episode holds no event of the opposite sign and no event of a direction
    not asked for has the same day 0. Conditions on dates, on single events and on prices before
    the event apply after that. Days and not headlines are averaged: two headlines of one day are
    one response. The highlighted days and events that were found by looking for large days never
    enter.

    Parameters
    ----------
    panel : Panel
        For the events and their episodes.
    known : Index
        Identifiers of the events that have a response.
    events : Events
        Which events are asked for.

    Returns
    -------
    DataFrame
        Indexed by event ``id``: ``episode``, ``day0``, ``sign`` (1 unless signed), ``left_out``
        (the reason; empty where the event enters).
    """
    every = panel.events
    asked = every["direction"].isin(events.directions or [*every["direction"]]).to_numpy()
    rows = every[asked]
    day0, episode = rows["day0"].to_numpy(), rows["episode"].to_numpy()
    in_time = np.argsort(day0, kind="stable")
    reasons = np.full(len(rows), "", dtype=object)

    def leave(out: Bools, reason: str | npt.NDArray[np.object_]) -> None:
        where = out & (reasons == "")
        reasons[where] = reason if isinstance(reason, str) else reason[where]

    def inside() -> Ints:
        return np.asarray(in_time[reasons[in_time] == ""])

    status = rows["status"].to_numpy(dtype=object)
    told = np.array([f"not confirmatory: {each.replace('_', ' ')}" for each in status], object)
    leave(status != "confirmatory", told)
    mixed = rows["mixed"].to_numpy() & (not events.mixed)
    leave(mixed, "its episode holds events of the opposite sign")
    others = every["day0"].to_numpy()[~asked]
    leave(np.isin(day0, others), "news of another direction on the same day")
    leave(~_meet_conditions(panel, rows, events).to_numpy(), "a condition of the claim is not met")
    again = _mark_later(inside(), episode) if events.day == "first" else np.zeros(len(rows), bool)
    leave(~rows.index.isin(known), "no firm with a clean and complete window")
    again |= _mark_later(inside(), pd.factorize(day0)[0] + len(rows) * episode)
    leave(again, "another headline of its day or episode stands for it")
    if events.apart:
        near = _near_earlier(panel, rows["day0"].iloc[inside()], events.apart)
        leave(rows.index.isin(near), "its window shares sessions with that of an earlier episode")
    judged = rows[["episode", "day0", "sign"]].assign(left_out=reasons)
    return judged if events.signed else judged.assign(sign=1)


def _mark_later(places: Ints, keys: Ints) -> Bools:
    """Mark, among all rows, those of ``places`` whose key one before them has."""
    later = np.ones(len(places), dtype=bool)
    later[np.unique(keys[places], return_index=True)[1]] = False
    marks = np.zeros(len(keys), dtype=bool)
    marks[places[later]] = True
    return marks


def _near_earlier(panel: Panel, days: pd.Series, apart: int) -> list[str]:
    """List the events less than so many sessions after the last one that stays, taken in time."""
    near, last = [], -apart
    places = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(days))
    for event, place in zip(days.index, places, strict=True):
        if place - last < apart:
            near.append(str(event))
        else:
            last = int(place)
    return near


def pick_days(panel: Panel, known: pd.Index, events: Events) -> pd.DataFrame:
    """Return the events that :func:`judge_events` lets enter: ``episode``, ``day0``, ``sign``."""
    judged = judge_events(panel, known, events)
    return judged[judged["left_out"] == ""].drop(columns="left_out")


def chosen_days(panel: Panel, cars: pd.DataFrame, events: Events) -> pd.DataFrame:
    """Choose the days whose responses a test averages, one row a day of an episode.

    Parameters
    ----------
    panel : Panel
    cars : DataFrame
        Indexed by event ``id``: ``car`` (fraction) and ``scar``, and columns to carry through.
    events : Events
        Which events are asked for: see :func:`judge_events`.

    Returns
    -------
    DataFrame
        Indexed by event ``id``: ``episode``, ``day0``, ``sign`` (1 unless signed), and the columns
        of ``cars``, of which ``car`` (fraction) and ``scar`` are multiplied by ``sign``.
    """
    chosen = pick_days(panel, cars.index, events).join(cars)
    chosen[["car", "scar"]] = chosen[["car", "scar"]].mul(chosen["sign"], axis=0)
    return chosen


def _meet_conditions(panel: Panel, rows: pd.DataFrame, events: Events) -> pd.Series:
    """Mark the events that meet what is asked beyond direction and episode."""
    met = pd.Series(~rows.index.isin(events.without), rows.index)
    if events.after is not None:
        met &= rows["day0"] > pd.Timestamp(events.after)
    if events.before is not None:
        met &= rows["day0"] < pd.Timestamp(events.before)
    if events.only:
        met &= rows.index.isin(events.only)
    if (where := events.where) is not None:
        price = panel.snapshot.prices[where.of]
        past = price.shift(-where.end) / price.shift(-where.start) - 1
        met &= holds(where.holds, past.reindex(rows["day0"]).to_numpy())
    return met


def holds(condition: str, values: npt.ArrayLike) -> Bools:
    """Say of values whether they meet ``"> 0.1"``, ``"< 0"`` or ``"in [-0.08, -0.05]"``.

    Bounds of a band belong to it; a missing value meets nothing.
    """
    known = np.asarray(values, dtype=float)
    low, *high = (float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", condition))
    if high:
        return np.asarray((known >= low) & (known <= high[0]))
    return np.asarray(known > low if condition.startswith(">") else known < low)


def averaged(days: pd.DataFrame) -> pd.DataFrame:
    """Average the chosen days within each episode.

    Returns
    -------
    DataFrame
        Indexed by episode: ``car`` (fraction), ``scar``, ``weight`` (one over the forecast error;
        1 where a response has none).
    """
    weighted = days.assign(weight=days.get("weight", 1.0))
    return weighted.groupby("episode")[["car", "scar", "weight"]].mean()


def count_firms(days: pd.DataFrame, firms: Collection[str]) -> pd.Series:
    """Count the firms that each episode holds on any of the chosen days, by episode.

    Parameters
    ----------
    days : DataFrame
        From :func:`chosen_days`, with ``members`` (tickers with commas).
    firms : collection of str
        Tickers that are firms; a portfolio may hold funds as well.
    """
    held = days.groupby("episode")["members"].agg(",".join).str.split(",")
    counts: pd.Series = held.map(lambda tickers: len({*tickers} & {*firms}))
    return counts.astype(int)


def tell_firms(counts: pd.Series) -> str:
    """Say how many episodes hold how many firms: ``"3 firms in 2, 1 in 4"``, most firms first."""
    tally = counts.value_counts().sort_index(ascending=False)
    unit = " firm" if tally.index.max() == 1 else " firms"
    told = [
        f"{firms}{'' if place else unit} in {n}" for place, (firms, n) in enumerate(tally.items())
    ]
    return ", ".join(told) or "none"


def episode_values(
    panel: Panel, cars: pd.DataFrame, directions: Collection[str], *, signed: bool = False
) -> pd.DataFrame:
    """Average the responses of one kind of event within each episode.

    See :func:`judge_events` for what enters and :func:`averaged` for what comes out.
    """
    return averaged(chosen_days(panel, cars, Events(directions=tuple(directions), signed=signed)))


def mean_over(values: pd.Series) -> Significance:
    """Test the mean of one value an episode as it is: t with K-1; refused below three of them."""
    count = int(values.notna().sum())
    if count < FEWEST:
        return refused("across_episodes_t", count, f"needs at least {FEWEST} episodes")
    return across_episodes_t(values)


def effect_of(test: Significance, weights: pd.Series) -> Significance:
    """Turn a test of standardised CARs into one of an effect, with the same t.

    The effect is the mean SCAR over the mean of one over the forecast error (``weights``): that of
    a response which is the same in every episode.
    """
    per = float(weights.mean())
    return student(test.name, test.n, test.estimate / per, test.se / per, test.df)


def average_effect(values: pd.DataFrame, panel: Panel) -> float:
    """Return the effect that the rules of the panel read off the values of episodes (fraction).

    ``values`` are those of :func:`averaged`; NaN where there are none.
    """
    if panel.rules.statistic == "scar":
        return float(values["scar"].mean() / values["weight"].mean())
    return float(values["car"].mean())


def say_effect(panel: Panel) -> str:
    """Say for a note what the effect over episodes is."""
    if panel.rules.statistic == "scar":
        return "mean standardised CAR over the mean of one over its forecast error, over episodes"
    return "mean CAR over episodes"


def pool(values: pd.DataFrame, panel: Panel) -> Pooled:
    """Test the mean response across episodes by the statistic of the panel's rules."""
    if len(values) < FEWEST:
        return Pooled(len(values))
    inference = panel.snapshot.choices.inference
    test, one = mean_over(values["scar"]), panel.rules.statistic == "scar"
    mean = effect_of(test, values["weight"]) if one else mean_over(values["car"])
    flips = sign_flip(values["scar"], np.random.default_rng(inference.seed), inference.draws)
    low, high, detectable, _ = precision(mean, panel)
    return Pooled(len(values), mean.estimate, low, high, test.p, flips.p, detectable)


def precision(mean: Significance, panel: Panel) -> tuple[float, float, float, float]:
    """Return the interval's bounds, the detectable effect and the power at the reference size."""
    inference = panel.snapshot.choices.inference
    return (
        *mean.interval(inference.level),
        float(minimum_detectable(mean.se, mean.df, inference.power, inference.size)),
        power_at(inference.reference, mean.se, mean.df, inference.size),
    )
