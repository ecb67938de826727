"""Series with one value a session, such as a net return or a ratio of volatilities, at events."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.events.rotation import Rotation, rotate
from analysis.snapshot.claims import Events
from analysis.snapshot.optional_choices import Pair
from analysis.snapshot.portfolios import Portfolio
from analysis.study.episodes import FEWEST, chosen_days
from analysis.study.panel import Panel
from analysis.study.responses import series_responses

__all__ = [
    "log_volatility_ratio",
    "mean_weights",
    "net_returns",
    "other_sessions",
    "rotate_days",
    "series_days",
    "trade_costs",
]

Bounds = tuple[int, int]


def net_returns(panel: Panel, pair: Portfolio, delay: int) -> pd.Series:
    """Compute the net return of a trade signalled on each session.

    The long side in equal parts against the short one, opened at the close `delay` sessions
    after the signal and closed `holding` sessions later.

    Returns
    -------
    Series
        Fraction of one leg, by session of the signal; missing where a leg had no own return by the
        close of entry or the data end before the exit.
    """
    rules, prices = panel.snapshot.choices.pair, panel.snapshot.prices
    held = (prices.shift(-rules.holding) / prices - 1).where(panel.returns.notna())
    net: pd.Series = pair.hold(held) - float(trade_costs(rules).sum())
    return net.shift(-delay)


def trade_costs(rules: Pair) -> npt.NDArray[np.float64]:
    """Return what a trade costs on each session from entry to exit, fraction of one leg.

    Two trades of one leg's value at either end, and the borrow fee a session. (H + 1,).
    """
    costs = np.full(rules.holding + 1, rules.borrow / 252)
    costs[0] = 0.0
    costs[[0, -1]] += 2 * rules.cost
    return costs


def log_volatility_ratio(
    panel: Panel, portfolio: Portfolio, window: Bounds, base: Bounds | date
) -> pd.Series:
    """Log of the volatility over the window around every session less that over the base.

    The base is another window, or every session before a day: then one level for all.
    """
    returns = panel.returns[list(portfolio.members)].mean(axis=1)

    def around(first: int, last: int) -> pd.Series:
        spread: pd.Series = np.log(returns.rolling(last - first + 1).std()).shift(-last)
        return spread

    if isinstance(base, date):
        calm = returns[returns.index < pd.Timestamp(base)].std()
        return around(*window) - float(np.log(calm))
    return around(*window) - around(*base)


def series_days(panel: Panel, values: pd.Series, *directions: str) -> pd.DataFrame:
    """Choose the days of some directions on which a series has a value: :func:`chosen_days`."""
    found = series_responses(panel, values).at_events(panel)
    return chosen_days(panel, found, Events(directions=directions))


def other_sessions(panel: Panel) -> pd.DatetimeIndex:
    """Return the sessions on which no event of the list falls, whatever its status."""
    sessions = panel.snapshot.sessions
    return sessions[~sessions.isin(panel.events["day0"])]


def mean_weights(days: pd.DataFrame) -> pd.Series:
    """Weight each event day so that the weighted sum is the mean over episodes; by session."""
    sizes = days.groupby("episode")["day0"].transform("size")
    return pd.Series((1 / sizes / days["episode"].nunique()).to_numpy(), days["day0"].to_numpy())


def rotate_days(values: pd.Series, days: pd.DataFrame, clear: int) -> Rotation:
    """Hold the mean of a series over episodes against rotated calendars.

    Parameters
    ----------
    values : Series, (T,)
        By session.
    days : DataFrame
        See :func:`series_days`; fewer than three episodes give missing values.
    clear : int
        Rotations by fewer sessions are left out.
    """
    if days["episode"].nunique() < FEWEST:
        return Rotation(np.nan, np.full(1, np.nan), np.nan, np.nan)
    return rotate(values, mean_weights(days), clear)
