"""Many numbers at a time as they are printed, in whole units of the last decimal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.results import Format

__all__ = ["UNITS", "print_p", "print_values"]

Floats = npt.NDArray[np.float64]
UNITS: Mapping[Format, float] = {"percent1": 0.001, "percent0": 0.01, "decimal2": 0.01}
"""The last decimal of a format, in the unit of the value."""


def print_values(values: npt.ArrayLike, fmt: Format) -> pd.arrays.IntegerArray:
    """Return values in the last decimal of their format; missing where they are.

    Examples
    --------
    >>> print_values([0.0765, float("nan")], "percent1").tolist()
    [76, <NA>]
    """
    return _whole(np.asarray(values, dtype=float).ravel() / UNITS[fmt])


def print_p(p: npt.ArrayLike) -> pd.arrays.IntegerArray:
    """Return p-values in thousandths: two decimals, or three below a tenth; 0 is "< 0.001".

    Examples
    --------
    >>> print_p([0.0004, 0.0334, 0.4345]).tolist()
    [0, 33, 430]
    """
    flat = np.asarray(p, dtype=float).ravel()
    fine = np.where(flat < 0.001, 0.0, 1000 * flat)
    return _whole(np.where(flat < 0.0995, fine, 10 * np.rint(100 * flat)))


def _whole(values: Floats) -> pd.arrays.IntegerArray:
    missing = np.isnan(values)
    whole = np.rint(np.where(missing, 0.0, values)).astype(np.int64)
    return pd.arrays.IntegerArray(whole, missing)
