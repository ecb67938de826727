"""The whole of a user's study moved to dates clear of every listed event, jointly over firms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.placebo import (
    PlaceboTable,
    clear_sessions,
    placebo_draws,
    placebo_table,
)
from analysis.userfiles.options import Window

__all__ = ["null_means", "standardised_mean"]

FITS = 50_000  # fits of firms on placebo dates held at a time: 4 MB
CELLS = 2_500_000  # draws times firm-events held at a time: 20 MB


def null_means(
    study: EventStudy,
    window: Window,
    parts: Sequence[Ints],
    draws: int,
    rng: np.random.Generator,
) -> list[Floats]:
    """Return for each part of a study its mean standardised CAR on placebo dates.

    Firms of one day 0 move together to one date; dates keep the length of the window away from
    every listed event. All parts on several day 0s are read from the same draws. A part with one
    day 0 is a study of its own, which takes each placebo date once as long as there are
    no more dates than draws.

    Returns
    -------
    list of arrays
        (draws,), or (dates,) for a part with one day 0 and no more dates than draws; NaN where
        a draw has no value.
    """
    first, last = window
    listed = np.unique(study.position)
    dates = clear_sessions(len(study.panel.sessions), listed, last - first, last - first)
    table = _tabulate(study, first, last, dates)
    single = [len(set(study.position[rows])) == 1 for rows in parts]
    means = [np.empty(draws) for _ in parts]
    size = max(1, CELLS // max(len(study.rows), 1))
    for start in range(0, 0 if all(single) else draws, size):
        stop = min(start + size, draws)
        drawn = placebo_draws(study, table, stop - start, rng)
        for mean, rows in zip(means, parts, strict=True):
            part = drawn if rows.size == drawn.shape[1] else drawn[:, rows]
            mean[start:stop] = part.mean(axis=1)
    return [
        placebo_draws(study.take(rows), table, draws, rng).mean(axis=1) if alone else mean
        for mean, rows, alone in zip(means, parts, single, strict=True)
    ]


def _tabulate(study: EventStudy, first: int, last: int, dates: Ints) -> PlaceboTable:
    """Return the table of all placebo dates, some fitted at a time: fits take more than it does."""
    assets = len(study.panel.assets)
    size = max(1, FITS // max(assets, 1))
    table = PlaceboTable(dates, np.empty((dates.size, assets)), np.empty((dates.size, assets)))
    for start in range(0, dates.size, size):
        part = slice(start, start + size)
        found = placebo_table(study, first, last, dates[part])
        table.scar[part], table.sigma[part] = found.scar, found.sigma
    return table


def standardised_mean(study: EventStudy, window: Window, rows: Ints) -> float:
    """Return the mean CAR over its forecast-corrected error."""
    cars = study.take(rows).car(*window)
    return float((cars["car"] / cars["se"]).mean())
