"""From events to episodes: the sample of a test, and tests whose unit is the episode."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.episodes import across_episodes_t, sign_flip
from analysis.estimators.outcome import Outcome, minimum_detectable, power_at
from analysis.findings.panel import Panel

__all__ = ["FEWEST", "Pooled", "averaged", "chosen_days", "episode_values", "pool", "precision"]

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


def chosen_days(
    panel: Panel,
    cars: pd.DataFrame,
    directions: Collection[str],
    *,
    signed: bool = False,
    confirmatory: bool = True,
) -> pd.DataFrame:
    """Choose the days whose responses a test averages, one row a day of an episode.

    An event enters if its direction is asked for, its episode holds no event of the opposite sign,
    and no event of a direction not asked for has the same day 0. Days and not headlines are
    averaged: two headlines of one day are one response.

    Parameters
    ----------
    panel : Panel
        For the events and their episodes.
    cars : DataFrame
        From :func:`analysis.findings.portfolios.portfolio_cars`.
    directions : collection of str
        Directions asked for.
    signed : bool
        Multiply by the expected sign.
    confirmatory : bool
        Leave out the highlighted days and events that were found by looking for large days.

    Returns
    -------
    DataFrame
        Indexed by event ``id``: ``episode``, ``day0``, ``sign`` (1 unless signed), and the columns
        of ``cars``, of which ``car`` (fraction) and ``scar`` are multiplied by ``sign``.
    """
    events = panel.events
    asked = events["direction"].isin(list(directions))
    other_days = events.loc[~asked, "day0"]
    keep = asked & ~events["mixed"] & ~events["day0"].isin(other_days)
    if confirmatory:
        keep &= events["status"] == "confirmatory"
    chosen = events.loc[keep, ["episode", "day0", "sign"]].join(cars, how="inner")
    if not signed:
        chosen["sign"] = 1
    chosen[["car", "scar"]] = chosen[["car", "scar"]].mul(chosen["sign"], axis=0)
    return chosen.drop_duplicates(["episode", "day0"])


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
    confirmatory: bool = True,
) -> pd.DataFrame:
    """Average the responses of one kind of event within each episode.

    See :func:`chosen_days` for what enters and :func:`averaged` for what comes out.
    """
    return averaged(chosen_days(panel, cars, directions, signed=signed, confirmatory=confirmatory))


def pool(values: pd.DataFrame, panel: Panel) -> Pooled | None:
    """Test the mean response across episodes; None with fewer than three of them."""
    if len(values) < FEWEST:
        return None
    inference = panel.snapshot.study.inference
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


def precision(mean: Outcome, panel: Panel) -> tuple[float, float, float, float]:
    """Return the interval's bounds, the detectable effect and the power at the reference size."""
    inference = panel.snapshot.study.inference
    reach = float(stats.t.ppf((1 + inference.level) / 2, mean.df)) * mean.se
    return (
        mean.estimate - reach,
        mean.estimate + reach,
        float(minimum_detectable(mean.se, mean.df, inference.power, inference.size)),
        power_at(inference.reference, mean.se, mean.df, inference.size),
    )
