"""From events to episodes: the sample of a test, and tests whose unit is the episode."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.events.across_episodes import across_episodes_t, sign_flip
from analysis.estimators.significance import Significance, minimum_detectable, power_at, refused
from analysis.snapshot.claims import Events
from analysis.snapshot.episodes import SIGNS
from analysis.study.panel import Panel

__all__ = [
    "FEWEST",
    "Pooled",
    "averaged",
    "chosen_days",
    "conditions",
    "episode_values",
    "holds",
    "mean_over",
    "pool",
    "pooled_row",
    "precision",
]

POOLED = ("mean", "low", "high", "p", "p_flip", "detectable")
FEWEST = 3  # episodes: below this a spread across episodes means nothing


@dataclass(frozen=True)
class Pooled:
    """A mean over episodes with its tests.

    Attributes
    ----------
    episodes : int
        Number of episodes K.
    mean, low, high : float
        Mean CAR over episodes with its Student interval (fraction).
    t, p : float
        Student t with K-1 degrees of freedom on the standardised CARs; two-sided p.
    p_flip : float
        Two-sided p from flipping signs of the standardised CARs.
    detectable : float
        True mean CAR that the t-test would find with the power of the study (fraction).
    power : float
        Probability of finding a true mean of the study's reference size.
    """

    episodes: int
    mean: float
    low: float
    high: float
    t: float
    p: float
    p_flip: float
    detectable: float
    power: float


def chosen_days(panel: Panel, cars: pd.DataFrame, events: Events) -> pd.DataFrame:
    """Choose the days whose responses a test averages, one row a day of an episode.

    An event enters if its direction is asked for, its episode holds no event of the opposite sign,
    and no event of a direction not asked for has the same day 0. Conditions on dates, on single
    events and on prices before the event apply after that. Days and not headlines are averaged:
    two headlines of one day are one response.

    Parameters
    ----------
    panel : Panel
        For the events and their episodes.
    cars : DataFrame
        Indexed by event ``id``: ``car`` (fraction) and ``scar``, and columns to carry through.
    events : Events
        Which events enter. The highlighted days and events that were found by looking for large
        days never do.

    Returns
    -------
    DataFrame
        Indexed by event ``id``: ``episode``, ``day0``, ``sign`` (1 unless signed), and the columns
        of ``cars``, of which ``car`` (fraction) and ``scar`` are multiplied by ``sign``.
    """
    rows = panel.events
    asked = rows["direction"].isin(events.directions or list(SIGNS))
    keep = asked & ~rows["day0"].isin(rows.loc[~asked, "day0"])
    keep &= (rows["status"] == "confirmatory") & (events.mixed | ~rows["mixed"])
    keep &= conditions(panel, events)
    chosen = rows.loc[keep, ["episode", "day0", "sign"]]
    if events.day == "first":
        chosen = chosen.sort_values("day0", kind="stable").drop_duplicates("episode")
    chosen = chosen.join(cars, how="inner")
    if not events.signed:
        chosen["sign"] = 1
    chosen[["car", "scar"]] = chosen[["car", "scar"]].mul(chosen["sign"], axis=0)
    return chosen.drop_duplicates(["episode", "day0"])


def conditions(panel: Panel, events: Events) -> pd.Series:
    """Mark the events that meet what is asked beyond direction and episode."""
    rows = panel.events
    met = pd.Series(True, rows.index)
    if events.after is not None:
        met &= rows["day0"] > pd.Timestamp(events.after)
    if events.before is not None:
        met &= rows["day0"] < pd.Timestamp(events.before)
    if events.only:
        met &= rows.index.isin(events.only)
    met &= ~rows.index.isin(events.without)
    if (where := events.where) is not None:
        price = panel.snapshot.prices[where.of]
        past = price.shift(-where.end) / price.shift(-where.start) - 1
        met &= holds(where.holds, past.reindex(rows["day0"]).to_numpy())
    return met


def holds(condition: str, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
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
        Indexed by episode: ``car`` (fraction), ``scar``, ``days``, ``first_day``.
    """
    grouped = days.groupby("episode")
    values = grouped[["car", "scar"]].mean()
    return values.assign(days=grouped.size(), first_day=grouped["day0"].min())


def episode_values(
    panel: Panel,
    cars: pd.DataFrame,
    directions: Collection[str],
    *,
    signed: bool = False,
) -> pd.DataFrame:
    """Average the responses of one kind of event within each episode.

    See :func:`chosen_days` for what enters and :func:`averaged` for what comes out.
    """
    return averaged(chosen_days(panel, cars, Events(directions=tuple(directions), signed=signed)))


def mean_over(values: pd.Series) -> Significance:
    """Test the mean of one value an episode as it is: t with K-1; refused below three of them."""
    count = int(values.notna().sum())
    if count < FEWEST:
        return refused("across_episodes_t", count, f"needs at least {FEWEST} episodes")
    return across_episodes_t(values)


def pool(values: pd.DataFrame, panel: Panel) -> Pooled | None:
    """Test the mean response across episodes; None with fewer than three of them."""
    if len(values) < FEWEST:
        return None
    inference = panel.snapshot.choices.inference
    mean, test = across_episodes_t(values["car"]), across_episodes_t(values["scar"])
    flips = sign_flip(values["scar"], np.random.default_rng(inference.seed), inference.draws)
    low, high, detectable, power = precision(mean, panel)
    return Pooled(
        episodes=len(values),
        mean=mean.estimate,
        low=low,
        high=high,
        t=test.statistic,
        p=test.p,
        p_flip=flips.p,
        detectable=detectable,
        power=power,
    )


def pooled_row(values: pd.DataFrame, panel: Panel) -> dict[str, float]:
    """Pool and return ``episodes`` and the fields of :class:`Pooled`, NaN below three episodes."""
    result = pool(values, panel)
    row = {name: getattr(result, name, np.nan) for name in POOLED}
    return {"episodes": len(values), **row}


def precision(mean: Significance, panel: Panel) -> tuple[float, float, float, float]:
    """Return the interval's bounds, the detectable effect and the power at the reference size."""
    inference = panel.snapshot.choices.inference
    return (
        *mean.interval(inference.level),
        float(minimum_detectable(mean.se, mean.df, inference.power, inference.size)),
        power_at(inference.reference, mean.se, mean.df, inference.size),
    )
