"""Months, quarters or weeks: the periods of a file of figures, told by how its cells look."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from analysis.snapshot.faults import fault

__all__ = [
    "PERIOD",
    "PERIOD_CELL",
    "Every",
    "end_periods",
    "every_of",
    "name_periods",
    "read_periods",
]

PERIOD = "a month as YYYY-MM, a quarter as YYYY-Q1, or a week by its last day as YYYY-MM-DD"
PERIOD_CELL = r"^(?:19|20)\d\d-(?:Q[1-4]|(?:0[1-9]|1[0-2])(?:-\d\d)?)$"


class Every(NamedTuple):
    """A frequency: its words, periods a year, steps of a time axis and width of a bar (days)."""

    noun: str
    adjective: str
    a_year: int
    step: str
    width: int

    @property
    def words(self) -> dict[str, str]:
        """What stands for ``{month}``, ``{months}``, ``{Months}`` and ``{monthly}`` in a text."""
        several = f"{self.noun}s"
        return {
            "month": self.noun,
            "months": several,
            "Months": several.capitalize(),
            "monthly": self.adjective,
        }


_EVERY = {
    "M": Every("month", "monthly", 12, "MS", 22),
    "Q": Every("quarter", "quarterly", 4, "QS", 66),
    "W": Every("week", "weekly", 52, "7D", 5),
}


def _frequency(cells: pd.Series) -> str:
    """Tell the frequency from the first cell; a week ends on the weekday that stands there."""
    first = str(cells.iloc[0]) if len(cells) else ""
    if "Q" in first:
        return "Q"
    return f"W-{pd.Timestamp(first):%a}".upper() if len(first) == len("2026-01-31") else "M"


def every_of(periods: pd.Series) -> Every:
    """Return the frequency of a column of periods."""
    return _EVERY[pd.PeriodIndex(periods).freqstr[0]]


def name_periods(periods: pd.Series | pd.PeriodIndex) -> list[str]:
    """Write periods as the cells of a file have them."""
    index = pd.PeriodIndex(periods)
    if index.freqstr.startswith("W"):
        return [*index.asfreq("D", how="END").strftime("%Y-%m-%d")]
    return [*index.strftime("%Y-Q%q" if index.freqstr.startswith("Q") else "%Y-%m")]


def end_periods(cells: pd.Series) -> pd.DatetimeIndex | None:
    """Return the last instant of each period; None if a cell is not of the first one's kind."""
    try:
        return pd.PeriodIndex(cells, freq=_frequency(cells)).end_time
    except ValueError:
        return None


def read_periods(name: str, cells: pd.Series) -> pd.PeriodIndex:
    """Read the periods of a file, indexed by line number.

    Raises
    ------
    SnapshotError
        If a cell is no day of the calendar, or not of the frequency of the first one.
    """
    try:
        frequency = _frequency(cells)
        periods = pd.PeriodIndex(cells, freq=frequency)
        wrong = cells[[*map(str.__ne__, name_periods(periods), cells)]]
    except ValueError:
        wrong = cells[pd.to_datetime(cells.str.replace("-Q", "Q"), errors="coerce").isna()]
    if len(wrong):
        raise fault(
            name,
            row=int(str(wrong.index[0])),
            column="month",
            expected=f"a period of the kind of the first row, {cells.iloc[0]}: {PERIOD}",
            found=str(wrong.iloc[0]),
            remedy=f"{_meant(cells, wrong)}correct it; one file holds figures of one frequency",
        )
    return periods


def _meant(cells: pd.Series, wrong: pd.Series) -> str:
    """Say which month or quarter a day lies in, as spreadsheets make days of them."""
    day = pd.to_datetime(wrong.iloc[0], format="%Y-%m-%d", errors="coerce")
    frequency = _frequency(cells)
    if pd.isna(day) or frequency.startswith("W"):
        return ""
    return f"did you mean {name_periods(pd.PeriodIndex([day], freq=frequency))[0]}? "
