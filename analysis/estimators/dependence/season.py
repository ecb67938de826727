"""The calendar month taken out of monthly changes, without a look ahead."""

from __future__ import annotations

import pandas as pd

__all__ = ["less_earlier_years"]


def less_earlier_years(changes: pd.Series) -> pd.Series:
    """Subtract from each month the mean of the same calendar month in the years before.

    No later year enters, so that an adjusted figure is what could be known in its month.

    Parameters
    ----------
    changes : Series
        Changes (log points) on a monthly PeriodIndex, each month once; months may lack, and missing
        values count as lacking.

    Returns
    -------
    Series
        Log points, in order of time; months without one of an earlier year are left out.
    """
    known = changes.dropna().sort_index()
    month = pd.PeriodIndex(known.index).month
    earlier = known.groupby(month).transform(lambda years: years.expanding().mean().shift())
    return (known - earlier).dropna()
