"""What recurs every year, taken out with what was known by then."""

from __future__ import annotations

import pandas as pd

__all__ = ["less_earlier_years"]


def less_earlier_years(values: pd.Series) -> pd.Series:
    """Take from every value the mean of the same month in all earlier years.

    Month means of the whole sample would use years that came later.

    Parameters
    ----------
    values : Series
        On a monthly PeriodIndex, each month once; gaps and missing values are welcome.

    Returns
    -------
    Series
        In order of time, without the months that were missing; NaN where no earlier year has one.

    Raises
    ------
    ValueError
        If the index is not monthly, or a month occurs twice.
    """
    index = values.index
    if not (isinstance(index, pd.PeriodIndex) and index.freqstr == "M" and index.is_unique):
        raise ValueError("seasons: expected months, each once")
    known = values.dropna().sort_index()
    month = pd.PeriodIndex(known.index).month
    means = known.groupby(month).transform(lambda of: of.expanding().mean().shift(1))
    return known - means
