"""Monthly headline exports against returns, described: no test is registered."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .record import VENUES, Record
from .registered import FIRMS

BAND = 0.02  # share of its value above which the band of a derived figure leaves it out
YEARS = (2015, 2022)
LAGS = range(-3, 4)  # months; positive: exports lead returns


@dataclass(frozen=True)
class Correlation:
    """Of changes with returns ``lag`` months later, over so many months."""

    series: str
    lag: int
    months: int
    value: float


def is_sum(note: str) -> bool:
    """Say whether a figure is that of January and February together."""
    return note.startswith("Jan-Feb")


def half_band(note: str) -> float:
    """Return the half width of the band that a derived figure's note states, in tonnes."""
    stated = re.search(r"\+/-(\d+(?:\.\d+)?) t", note) if "DERIVED" in note else None
    rounded = re.search(r"plus rounding of ([\d,]+)", note)
    return (float(stated[1]) if stated else 0.0) + (50.0 if rounded else 0.0)


def export_months(record: Record) -> pd.Series:
    """Return headline exports of single months in tonnes, month by month; unknown as nan.

    Sums of January and February, and derived figures of a wide band, tell of no month.
    """
    rows = record.files.rows("customs.csv")
    rows = rows[(rows["series"] == "rare_earths_total") & ~rows["note"].map(is_sum)]
    value = rows["value"].astype(float)
    value = value[rows["note"].map(half_band) * 2 / value <= BAND]
    value.index = pd.PeriodIndex(rows.loc[value.index, "month"], freq="M")
    return value.reindex(pd.period_range(value.index.min(), value.index.max(), freq="M"))


def month_returns(record: Record, ticker: str) -> pd.Series:
    """Return calendar-month returns from the closes of the last session of each month."""
    sessions = record.sessions[VENUES[ticker]]
    close = record.files.closes[ticker].reindex(sessions)
    last = ~sessions.to_period("M").duplicated(keep="last")
    ends = pd.Series(close.to_numpy()[last], sessions[last].to_period("M"))
    return ends / ends.shift(1) - 1


def changes(record: Record) -> pd.Series:
    """Return log changes between months that are both known, as fractions."""
    logs = np.log(export_months(record).loc[f"{YEARS[0]}-01" : f"{YEARS[1]}-12"])
    return (logs - logs.shift(1)).dropna()


def adjusted(found: pd.Series) -> pd.Series:
    """Return changes less the mean change of that month in earlier years, where there is one."""
    earlier = found.groupby(pd.PeriodIndex(found.index).strftime("%m")).transform(
        lambda rows: rows.expanding().mean().shift()
    )
    return (found - earlier).dropna()


def returns(record: Record) -> dict[str, pd.Series]:
    """Return monthly returns of the fund and the mean of those of the firms, as fractions."""
    firms = pd.concat([month_returns(record, name) for name in FIRMS], axis=1)
    return {"REMX": month_returns(record, "REMX"), "firms": firms.mean(axis=1)}


def correlate(record: Record, *, seasonal: bool = True) -> list[Correlation]:
    """Return the correlation at every lag with each series of returns."""
    moved = changes(record)
    moved = adjusted(moved) if seasonal else moved
    found = []
    for name, series in returns(record).items():
        for lag in LAGS:
            pairs = pd.concat([moved, series.shift(-lag)], axis=1, join="inner").dropna()
            value = float(np.corrcoef(pairs.to_numpy().T)[0, 1])
            found.append(Correlation(name, lag, len(pairs), value))
    return found
