"""The whole of a user's study moved to dates clear of every listed event, jointly over firms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.placebo import (
    PlaceboTable,
    clear_sessions,
    placebo_draws,
    placebo_p,
    placebo_table,
)
from analysis.estimators.significance import Significance

__all__ = ["null_means", "placebo_outcomes", "standardised_mean"]

CELLS = 4_000_000  # draws times firm-events held at a time: 32 MB


def null_means(
    study: EventStudy,
    window: tuple[int, int],
    parts: Sequence[Ints],
    draws: int,
    rng: np.random.Generator,
) -> list[Floats]:
    """Return for each part of a study its mean standardised CAR on placebo dates.

    Firms of one day 0 move together to one date; dates keep the length of the window away from
    every listed event. All parts on several day 0s are read from the same draws. A part with one
    day 0 is a study of its own, which takes each placebo date once as long as there are
    no more dates than draws: see :func:`analysis.estimators.events.placebo.placebo_dates`.

    Returns
    -------
    list of arrays
        (draws,), or (dates,) for a part with one day 0 and no more dates than draws; NaN where
        a draw has no value.
    """
    first, last = window
    listed = np.unique(study.position)
    dates = clear_sessions(len(study.panel.sessions), listed, last - first, last - first)
    table = placebo_table(study, first, last, dates)
    several = [rows for rows in parts if len(set(study.position[rows])) > 1]
    joint = iter(_joint_means(study, table, several, draws, rng) if several else ())
    return [
        next(joint)
        if len(set(study.position[rows])) > 1
        else placebo_draws(study.take(rows), table, draws, rng).mean(axis=1)
        for rows in parts
    ]


def _joint_means(
    study: EventStudy,
    table: PlaceboTable,
    parts: Sequence[Ints],
    draws: int,
    rng: np.random.Generator,
) -> list[Floats]:
    """Return the mean of each part on the same draws of the whole study, some at a time."""
    size = max(1, CELLS // max(len(study.rows), 1))
    means = [np.empty(draws) for _ in parts]
    for start in range(0, draws, size):
        stop = min(start + size, draws)
        drawn = placebo_draws(study, table, stop - start, rng)
        for place, rows in zip(means, parts, strict=True):
            place[start:stop] = drawn[:, rows].mean(axis=1)
    return means


def standardised_mean(study: EventStudy, window: tuple[int, int], rows: Ints) -> float:
    """Return the mean CAR over its forecast-corrected error."""
    cars = study.take(rows).car(*window)
    return float((cars["car"] / cars["se"]).mean())


def placebo_outcomes(
    study: EventStudy, window: tuple[int, int], parts: Sequence[Ints], nulls: Sequence[Floats]
) -> list[dict[str, Any]]:
    """Return the placebo test of each part, as the fields of an outcome."""
    found: list[dict[str, Any]] = []
    for rows, null in zip(parts, nulls, strict=True):
        outcome: Significance = placebo_p(standardised_mean(study, window, rows), null)
        found.append(asdict(replace(outcome, n=len(rows))))
    return found
