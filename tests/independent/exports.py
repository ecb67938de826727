"""Exports of the earlier years, written from data/registration/history.toml and the rules of data/.

Nothing of the package is imported. Where the words leave a choice open: a month of a firm is known
where the closes on the last sessions of the month and of the one before are.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from .earlier import Earlier, calendar

WIDEST = 0.02  # band of a derived figure that is kept, as in the study of the items
Month = tuple[int, int]


def shift(month: Month, by: int) -> Month:
    """Return a month some months later."""
    whole = month[0] * 12 + month[1] - 1 + by
    return whole // 12, whole % 12 + 1


def adjusted_changes(folder: Path) -> tuple[dict[Month, float], dict[Month, float]]:
    """Return the log changes of single months, and these less the mean of earlier years."""
    level: dict[Month, float] = {}
    with (folder / "customs.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["series"], row["coverage"]) != ("rare_earths_total", "month"):
                continue
            value = float(row["value"])
            band = float(row["high"]) - float(row["low"]) if row["low"] else 0.0
            if row["status"] == "reported" or band <= WIDEST * value:
                year, number = map(int, row["month"].split("-"))
                level[year, number] = value
    changes = {
        month: math.log(value / level[shift(month, -1)])
        for month, value in sorted(level.items())
        if shift(month, -1) in level
    }
    adjusted = {}
    for (year, number), change in changes.items():
        before = [c for (y, n), c in changes.items() if n == number and y < year]
        if before:
            adjusted[year, number] = change - sum(before) / len(before)
    return changes, adjusted


def monthly(earlier: Earlier) -> dict[str, dict[Month, float]]:
    """Return the monthly returns of the fund and the mean of the firms."""
    closes: dict[str, dict[dt.date, float]] = defaultdict(dict)
    with (earlier.data / "history/prices.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = dt.date.fromisoformat(row["session"])
            closes[row["ticker"]][day] = float(row["adjusted_close"])
    ends: dict[str, dict[Month, dt.date]] = {"XNYS": {}, "XASX": {}}
    for exchange, last in ends.items():
        for day in pd.DatetimeIndex(calendar(exchange).index):
            last[day.year, day.month] = max(
                day.date(), last.get((day.year, day.month), dt.date.min)
            )
    found: dict[str, dict[Month, list[float]]] = {
        "remx": defaultdict(list),
        "firms": defaultdict(list),
    }
    for ticker, exchange in {**earlier.firms, "REMX": "XNYS"}.items():
        for month, day in ends[exchange].items():
            start = closes[ticker].get(ends[exchange].get(shift(month, -1), dt.date.min))
            end = closes[ticker].get(day)
            if start is not None and end is not None and month != (2025, 2):
                of = "remx" if ticker == "REMX" else "firms"
                found[of][month].append(end / start - 1)
    return {
        name: {month: sum(values) / len(values) for month, values in by_month.items()}
        for name, by_month in found.items()
    }


def ranks(values: list[float]) -> list[float]:
    """Return the ranks, ties sharing their mean."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2
        for value in values
    ]


def correlate(
    adjusted: Mapping[Month, float], returns: Mapping[Month, float], lag: int, method: str
) -> tuple[float, int]:
    """Correlate changes with the returns some months later; the number of pairs."""
    pairs = [(c, returns[shift(m, lag)]) for m, c in adjusted.items() if shift(m, lag) in returns]
    x, y = ([pair[side] for pair in pairs] for side in (0, 1))
    if method == "spearman":
        x, y = ranks(x), ranks(y)
    return float(np.corrcoef(x, y)[0, 1]), len(pairs)
