"""The whole of a user's study moved to dates clear of every listed event, jointly over firms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.estimators.outcome import Outcome
from analysis.estimators.placebo import (
    PlaceboTable,
    clear_sessions,
    placebo_draws,
    placebo_p,
    placebo_table,
)
from analysis.estimators.study import EventStudy

__all__ = ["null_means", "placebo_outcomes", "standardised_mean"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

CELLS = 4_000_000  # draws times firm-events held at a time: 32 MB


def null_means(
    study: EventStudy,
    window: tuple[int, int],
    parts: Sequence[Rows],
    draws: int,
    rng: np.random.Generator,
) -> list[Floats]:
    """Return for each part of a study its mean standardised CAR on placebo dates.

    Firms of one day 0 move together to one date; dates keep the length of the window away from
    every listed event. All parts are read from the same draws. A part with one day 0 takes
    each placebo date once instead: more draws than dates would feign a smaller p.

    Returns
    -------
    list of arrays
        (draws,), or (dates,) for a part with one day 0; draws without a value are NaN.
    """
    first, last = window
    listed = np.unique(study.position)
    dates = clear_sessions(len(study.panel.sessions), listed, last - first, last - first)
    table = placebo_table(study, first, last, dates)
    alone = [len(set(study.position[rows])) == 1 for rows in parts]
    drawn = [] if all(alone) else _joint_means(study, table, parts, draws, rng)
    return [
        _every_date(study, table, rows) if one else drawn[place]
        for place, (rows, one) in enumerate(zip(parts, alone, strict=True))
    ]


def standardised_mean(study: EventStudy, window: tuple[int, int], rows: Rows) -> float:
    """Return the mean CAR over its forecast-corrected error."""
    cars = study.take(rows).car(*window)
    return float((cars["car"] / cars["se"]).mean())


def placebo_outcomes(
    study: EventStudy, window: tuple[int, int], parts: Sequence[Rows], nulls: Sequence[Floats]
) -> list[dict[str, Any]]:
    """Return the placebo test of each part, as the fields of an outcome."""
    found: list[dict[str, Any]] = []
    for rows, null in zip(parts, nulls, strict=True):
        outcome: Outcome = placebo_p(standardised_mean(study, window, rows), null)
        found.append(asdict(replace(outcome, n=len(rows))))
    return found


def _every_date(study: EventStudy, table: PlaceboTable, rows: Rows) -> Floats:
    """Return the mean standardised CAR of the firms on each placebo date that serves them all."""
    values = (table.car / table.se)[:, study.column[rows]].mean(axis=1)
    known: Floats = values[np.isfinite(values)]
    return known


def _joint_means(
    study: EventStudy,
    table: PlaceboTable,
    parts: Sequence[Rows],
    draws: int,
    rng: np.random.Generator,
) -> list[Floats]:
    """Return each part's mean standardised CAR in draws of the whole study, (draws,) each."""
    size = max(1, CELLS // max(len(study.rows), 1))
    sums = [np.empty(draws) for _ in parts]
    for start in range(0, draws, size):
        stop = min(start + size, draws)
        drawn = placebo_draws(study, table, stop - start, rng)
        for place, rows in zip(sums, parts, strict=True):
            place[start:stop] = drawn[:, rows].mean(axis=1)
    return sums
