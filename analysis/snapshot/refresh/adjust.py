"""Closes adjusted for splits and dividends, computed from what was traded and paid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.snapshot.schema import ACTIONS

__all__ = ["action_factors", "adjusted_closes", "unsplit"]


def unsplit(amounts: pd.Series[float], splits: pd.Series[float]) -> pd.Series[float]:
    """Undo Yahoo's adjustment for splits, in closes or in the amounts of dividends.

    Parameters
    ----------
    amounts : pandas.Series
        Dollars a share, adjusted for every later split, by session or ex-date.
    splits : pandas.Series
        New shares per old share, by the first session that traded after the split.

    Returns
    -------
    pandas.Series
        Dollars as traded or paid on the day; unlike Yahoo's they do not change at a later split.
    """
    return amounts.mul(_later(splits, pd.DatetimeIndex(amounts.index)))


def _later(splits: pd.Series[float], days: pd.DatetimeIndex) -> pd.Series[float]:
    """Product of the ratios of all splits after each day, by day."""
    after = np.asarray(splits.index)[None, :] > np.asarray(days)[:, None]
    return pd.Series(np.where(after, splits.to_numpy(float)[None, :], 1.0).prod(axis=1), days)


def action_factors(close: pd.Series[float], actions: pd.DataFrame) -> pd.Series[float]:
    """Return what each ex-date multiplies all earlier prices with.

    On ex-date *s* with split ratio *R* (new shares per old, else 1), distributions *D* (dollars a
    new share) and previous traded close *C*: ``(1 − D·R / C) / R``, the factor of CRSP and Yahoo.

    Parameters
    ----------
    close : pandas.Series
        Dollars as traded, by session, without gaps between the sessions that are held.
    actions : pandas.DataFrame
        Columns ``session``, ``kind`` (of :data:`analysis.snapshot.schema.ACTIONS`) and ``value``:
        a ratio or dollars a share.

    Returns
    -------
    pandas.Series
        Fraction by ex-date in order; ex-dates up to the first close or after the last are left out.
    """
    amounts = actions.pivot_table("value", "session", "kind", aggfunc="sum")
    amounts = amounts.reindex(columns=[*ACTIONS])
    ratio = amounts["split"].fillna(1.0)
    paid = amounts[["dividend", "capital_gain"]].sum(axis=1)
    held = close.dropna()
    days = pd.DatetimeIndex(amounts.index)
    before = held.index.searchsorted(days) - 1
    inside = (before >= 0) & (days <= held.index[-1])
    previous = held.to_numpy()[before[inside]]
    ratio, paid = ratio[inside], paid[inside]
    factors: pd.Series[float] = (1.0 - paid * ratio / previous) / ratio
    return factors


def adjusted_closes(close: pd.Series[float], actions: pd.DataFrame) -> pd.Series[float]:
    """Return closes adjusted for splits and distributions: see :func:`action_factors`.

    The last one equals the last close in dollars, returns are total returns.
    """
    return unsplit(close, action_factors(close, actions))
