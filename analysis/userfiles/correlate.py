"""Lead-lag correlation on a user's own series: ``analysis.correlate``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.dependence.lead_lag import FEWEST_PAIRS, lead_lag
from analysis.estimators.multiplicity import benjamini_hochberg, holm
from analysis.estimators.names import Method
from analysis.userfiles.options import CorrelateOptions, Form, takes
from analysis.userfiles.output import (
    as_text,
    check_columns,
    check_names,
    plain,
    records,
    spec,
    spec_table,
)
from analysis.userfiles.periods import PERIODS, last_values

__all__ = ["CorrelateResult", "correlate", "document", "tables"]


@dataclass(frozen=True)
class CorrelateResult:
    """Correlations of one run.

    Attributes
    ----------
    correlations : DataFrame, one row a correlation
        ``x``, ``y``, ``method``, ``lag`` (positive: x leads), ``n``, ``estimate``, ``low``,
        ``high``, ``p_value``, ``p_min``, ``mde``, ``p_holm``, ``p_bh`` (over all rows),
        ``reason`` where there is no number.
    options : CorrelateOptions
        What was chosen.
    said : tuple of str
        What was done to the series before they met.
    """

    correlations: pd.DataFrame
    options: CorrelateOptions
    said: tuple[str, ...] = ()

    def family(self) -> dict[str, Any]:
        """Return the number of tests and the smallest p, as it is and after Holm."""
        rows = self.correlations
        return {
            "tests": int(rows["p_value"].notna().sum()),
            "smallest_p_value": plain(rows["p_value"].min()),
            "smallest_p_holm": plain(rows["p_holm"].min()),
        }

    def summary(self) -> str:
        """Return the correlations and the size of their family as text."""
        told = ", ".join(f"{name} {value}" for name, value in self.family().items())
        rows = self.correlations.drop(columns=["p_min", "mde"])
        return f"{told}\n\n{as_text(rows)}"


@takes(CorrelateOptions)
def correlate(data: pd.DataFrame | Sequence[pd.DataFrame], **options: Any) -> CorrelateResult:
    """Correlate every x with every y at every lead and lag by every method.

    Parameters
    ----------
    data : DataFrame or several of them
        Dates (increasing) by series; several are joined by date or by the periods of `unit`, of
        each of which the last value counts.
    **options

    Returns
    -------
    CorrelateResult

    Raises
    ------
    UserDataError
        If a column is missing or stands in two tables, the options cannot be used, or no
        correlation has a number.

    Examples
    --------
    >>> import analysis, pandas as pd
    >>> data = pd.read_csv("docs/example/monthly.csv", index_col="date", parse_dates=True)
    >>> result = analysis.correlate(
    ...     data, x="tonnes", y="MP", unit="month", x_as="log_change", y_as="log_change",
    ...     lags=0, leads=1, methods="pearson", draws=999,
    ... )
    >>> print(result.summary())
    tests 2, smallest_p_value 0.207, smallest_p_holm 0.414
    <BLANKLINE>
         x  y  method lag  n estimate      low   high p_value p_holm  p_bh reason
    tonnes MP pearson   0 27   0.2522 -0.01499 0.6086   0.207  0.414 0.414
    tonnes MP pearson   1 26  0.05263  -0.2674 0.3852   0.784  0.784 0.784
    """
    choices = CorrelateOptions(**options)
    said: list[str] = []
    frames = [data] if isinstance(data, pd.DataFrame) else list(data)
    table = _joined(frames, choices.unit, said)
    check_columns("data", table, (*choices.x, *choices.y))
    check_names("methods", choices.methods, get_args(Method))
    rng = np.random.default_rng(choices.seed)
    left = _formed(table[list(choices.x)], choices.x_as)
    right = _formed(table[list(choices.y)], choices.y_as)
    lags = range(-choices.lags, choices.leads + 1)
    settings: dict[str, Any] = {"block": choices.block, "draws": choices.draws, "rng": rng}
    parts = []
    for x, y, method in product(choices.x, choices.y, choices.methods):
        found = lead_lag(left[x], right[y], lags, method=cast(Method, method), **settings)
        names = pd.DataFrame({"x": x, "y": y, "method": method}, found.index)
        parts.append(names.join(found).reset_index())
    rows = pd.concat(parts, ignore_index=True).rename(columns={"p": "p_value"})
    few = rows["n"] < FEWEST_PAIRS
    reason = np.where(few, f"needs at least {FEWEST_PAIRS} pairs", "a series does not vary")
    rows["p_holm"] = holm(rows["p_value"])
    rows["p_bh"] = benjamini_hochberg(rows["p_value"])
    rows["reason"] = np.where(rows["p_value"].isna(), reason, "")
    if rows["estimate"].isna().all():
        raise UserDataError(_told_empty(table, rows, choices))
    first = ["x", "y", "method", "lag"]
    return CorrelateResult(rows[[*first, *rows.columns.drop(first)]], choices, tuple(said))


def document(result: CorrelateResult, files: Sequence[Path]) -> dict[str, Any]:
    """Arrange a result for JSON, with the size of the family and its smallest p."""
    return {
        "spec": spec(result.options, files),
        "family": result.family(),
        "correlations": records(result.correlations),
    }


def tables(result: CorrelateResult, files: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """Arrange a result as tables by name, that of the correlations first."""
    return {
        "correlations": result.correlations,
        "family": pd.DataFrame([result.family()]),
        "spec": spec_table(result.options, files),
    }


def _told_empty(table: pd.DataFrame, rows: pd.DataFrame, options: CorrelateOptions) -> str:
    """Say why not one of the correlations has a number."""
    pairs = ", ".join(
        f"{x} and {y} meet in {int((table[x].notna() & table[y].notna()).sum())}"
        for x, y in list(product(options.x, options.y))[:3]
    )
    remedy = "take months as the unit" if options.unit == "row" else "look at the dates"
    return (
        f"correlate: expected a number for one of {len(rows)} correlations or more, found none: "
        f"{rows['reason'].iloc[0]} ({pairs} {options.unit}s); {remedy} or choose other series"
    )


def _joined(frames: Sequence[pd.DataFrame], unit: str, said: list[str]) -> pd.DataFrame:
    """Put tables side by side: on periods without gaps, or on row numbers of all dates in order."""
    names = [str(c) for frame in frames for c in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserDataError(f"data: expected each column once, found {twice[0]!r} again; rename it")
    if unit == "row":
        return pd.concat(frames, axis=1).sort_index().reset_index(drop=True)
    table = pd.concat([_by_period(frame, unit, said) for frame in frames], axis=1).sort_index()
    table = table.reindex(pd.period_range(table.index[0], table.index[-1], freq=PERIODS[unit]))
    return table if unit == "month" else table.reset_index(drop=True)  # no period is left out


def _by_period(frame: pd.DataFrame, unit: str, said: list[str]) -> pd.DataFrame:
    """Return the last value of each period."""
    found = last_values(frame, unit)
    if len(found) < len(frame):
        names = ", ".join(map(str, frame.columns[:3])) + ", ..." * (frame.shape[1] > 3)
        said.append(f"{names}: the last value of each {unit} taken")
    return found


def _formed(table: pd.DataFrame, form: Form) -> pd.DataFrame:
    """Return the series as they are, or their changes from the row or month before."""
    if form == "level":
        return table
    if form == "change":
        return table.diff()
    for name in table.columns:
        low = table[name] <= 0
        if low.any():
            raise UserDataError(
                f"data, column {name}: expected positive values for log changes, found "
                f"{table.loc[low, name].iloc[0]:g}; take changes instead"
            )
    return pd.DataFrame(np.log(table)).diff()
