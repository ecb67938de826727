"""Returns from prices: simple, logarithmic, and of an equally weighted basket."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.estimators.names import Kind

__all__ = ["equal_weight", "log_returns", "simple_returns", "take_returns"]


def simple_returns(prices: pd.DataFrame) -> pd.DataFrame:
    """Return the simple return of every session, ``P_t / P_{t-1} - 1``.

    Parameters
    ----------
    prices : DataFrame, (T, A)
        Positive closes, one row a session in increasing order, one column an asset.

    Returns
    -------
    DataFrame, (T - 1, A)
        Fractions, on the sessions of `prices` without its first. Missing where either of the two
        prices is missing: a price is never carried forward.

    Raises
    ------
    ValueError
        If a price is not a positive number, or the sessions are not unique and increasing.
    """
    checked = _checked(prices)
    return (checked / checked.shift(1) - 1.0).iloc[1:]


def log_returns(prices: pd.DataFrame) -> pd.DataFrame:
    """Return the logarithmic return of every session, ``log P_t - log P_{t-1}``.

    Shapes, missing values and errors are those of :func:`simple_returns`.
    """
    checked = _checked(prices)
    logs = pd.DataFrame(np.log(checked.to_numpy()), index=checked.index, columns=checked.columns)
    return logs.diff().iloc[1:]


def take_returns(prices: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Return the returns of one kind: :func:`simple_returns` or :func:`log_returns`."""
    return (log_returns if kind == "log" else simple_returns)(prices)


def equal_weight(returns: pd.DataFrame, members: Sequence[str]) -> pd.Series:
    """Return the mean return of the basket members observed on each session.

    Parameters
    ----------
    returns : DataFrame, (T, A)
        Returns as fractions.
    members : sequence of str
        Columns of `returns` that form the basket.

    Returns
    -------
    Series, (T,)
        Fractions; rebalanced daily, missing on a session without any member.

    Raises
    ------
    ValueError
        If `members` is empty or names an unknown column.
    """
    unknown = [name for name in members if name not in returns.columns]
    if unknown or not members:
        raise ValueError(f"basket members: expected columns of the returns, found {unknown}")
    return returns[list(members)].mean(axis=1)


def _checked(prices: pd.DataFrame) -> pd.DataFrame:
    """Return the prices as floats, or say which one is not a positive number."""
    if not (prices.index.is_unique and prices.index.is_monotonic_increasing):
        raise ValueError("prices: expected unique, increasing sessions")
    try:
        floats = prices.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"prices: expected numbers only ({error})") from error
    values = floats.to_numpy()
    bad = (values <= 0) | np.isinf(values)
    if bad.any():
        row, column = (int(axis[0]) for axis in np.nonzero(bad))
        raise ValueError(
            f"prices: expected positive numbers, found {values[row, column]} "
            f"for {prices.columns[column]} on {prices.index[row]}"
        )
    return floats
