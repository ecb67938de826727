"""What recurs every year, taken out with what was known by then."""

from __future__ import annotations

import pandas as pd

__all__ = ["less_earlier_years"]

_PART = {"M": "month", "Q": "quarter", "W": "week"}  # of a year, by the letter of a frequency


def less_earlier_years(values: pd.Series) -> pd.Series:
    """Take from every value the mean of the same month, quarter or week in all earlier years.

    Means of the whole sample would use years that came later.

    Parameters
    ----------
    values : Series
        On a PeriodIndex of months, quarters or weeks, each once; gaps and missing values are
        welcome.

    Returns
    -------
    Series
        In order of time, without those that were missing; NaN where no earlier year has one.

    Raises
    ------
    ValueError
        If the index is none of these, or a period occurs twice.
    """
    index = values.index
    if not (isinstance(index, pd.PeriodIndex) and index.freqstr[0] in _PART and index.is_unique):
        raise ValueError("seasons: expected months, quarters or weeks, each once")
    known = values.dropna().sort_index()
    part = getattr(known.index, _PART[index.freqstr[0]])
    means = known.groupby(part).transform(lambda of: of.expanding().mean().shift(1))
    return known - means
