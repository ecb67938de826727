"""From events to episodes: the sample of a test, and tests whose unit is the episode."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import TTestPower

from analysis.findings.panel import Panel

__all__ = ["FEWEST", "Pooled", "episode_days", "episode_values", "pool"]

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
    """

    episodes: int
    mean: float
    low: float
    high: float
    t: float
    p: float
    p_flip: float
    detectable: float


def episode_days(
    panel: Panel,
    cars: pd.DataFrame,
    directions: Collection[str],
    *,
    signed: bool = False,
    confirmatory: bool = True,
) -> pd.DataFrame:
    """Return the event days that :func:`episode_values` averages, by its rules.

    Returns
    -------
    DataFrame
        One row a day: columns of the events, ``car``, ``scar``.
    """
    events = panel.events
    asked = events["direction"].isin(list(directions))
    other_days = events.loc[~asked, "day0"]
    keep = asked & ~events["mixed"] & ~events["day0"].isin(other_days)
    if confirmatory:
        keep &= events["status"] == "confirmatory"
    chosen = events[keep].join(cars[["car", "scar"]], how="inner")
    if signed:
        chosen[["car", "scar"]] = chosen[["car", "scar"]].mul(chosen["sign"], axis=0)
    return chosen.drop_duplicates(["episode", "day0"])


def episode_values(
    panel: Panel,
    cars: pd.DataFrame,
    directions: Collection[str],
    *,
    signed: bool = False,
    confirmatory: bool = True,
) -> pd.DataFrame:
    """Average the responses of one kind of event within each episode.

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
        Indexed by episode: ``car`` (fraction), ``scar``, ``days``, ``first_day``.
    """
    days = episode_days(panel, cars, directions, signed=signed, confirmatory=confirmatory)
    grouped = days.groupby("episode")
    values = grouped[["car", "scar"]].mean()
    return values.assign(days=grouped.size(), first_day=grouped["day0"].min())


def pool(values: pd.DataFrame, panel: Panel) -> Pooled | None:
    """Test the mean response across episodes; None with fewer than three of them."""
    count = len(values)
    if count < FEWEST:
        return None
    study = panel.snapshot.study
    car, scar = values["car"].to_numpy(), values["scar"].to_numpy()
    spread = float(np.std(car, ddof=1))
    reach = float(stats.t.ppf((1 + study.inference.level) / 2, count - 1)) * spread / np.sqrt(count)
    effect = TTestPower().solve_power(nobs=count, alpha=0.05, power=study.inference.power)
    test = stats.ttest_1samp(scar, 0.0)
    flips = stats.permutation_test(
        (scar,),
        np.mean,
        permutation_type="samples",
        n_resamples=study.inference.draws,
        rng=np.random.default_rng(study.inference.seed),
    )
    return Pooled(
        episodes=count,
        mean=float(car.mean()),
        low=float(car.mean()) - reach,
        high=float(car.mean()) + reach,
        t=float(test.statistic),
        p=float(test.pvalue),
        p_flip=float(flips.pvalue),
        detectable=spread * float(effect),
    )
