"""Weeks, months and quarters of a table by date: of each the last value counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["PERIODS", "last_values", "whole_periods"]

PERIODS = {"week": "W", "month": "M", "quarter": "Q"}


def last_values(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the last value of each column in each period, by period."""
    periods = pd.DatetimeIndex(frame.index).to_period(PERIODS[unit])
    if not periods.has_duplicates:
        return frame.set_axis(periods, axis=0)
    return frame.groupby(periods).last()


def whole_periods(frame: pd.DataFrame, unit: str, kind: str | None) -> pd.DataFrame:
    """Return one row a period, by its last date in the table.

    Parameters
    ----------
    frame : DataFrame, (T, A)
        Prices, or returns as fractions.
    kind : {"simple", "log"} or None
        Of returns, which are compounded over the period; None of prices, of which the last counts.
        A period without a value has none.
    """
    periods = pd.DatetimeIndex(frame.index).to_period(PERIODS[unit])
    dates = frame.index.to_series().groupby(periods).max()
    if kind is None:
        found = last_values(frame, unit)
    else:
        growth = frame if kind == "log" else pd.DataFrame(np.log1p(frame))
        total = growth.groupby(periods).sum(min_count=1)
        found = total if kind == "log" else pd.DataFrame(np.expm1(total))
    return found.set_axis(pd.DatetimeIndex(dates), axis=0)
