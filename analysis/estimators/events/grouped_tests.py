"""Every test for every window: pooled, by firm, by event day and by episode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Ints
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.named_tests import TESTS, run_tests
from analysis.estimators.names import LEVELS

__all__ = ["Slice", "break_down", "slices"]

Slice = tuple[str, str, Ints]
"""Level, label and row numbers of a part of a study."""


def break_down(
    study: EventStudy,
    windows: Iterable[tuple[int, int]],
    cut: Sequence[Slice],
    rng: np.random.Generator,
    *,
    tests: Sequence[str] = TESTS,
    episode: str | None = None,
) -> pd.DataFrame:
    """Run tests on every slice of a study over every window.

    Parameters
    ----------
    windows : iterable of (int, int)
        First and last event day, each inside the event window of the study.
    cut : sequence of Slice
        Such as :func:`slices` gives.
    rng, tests, episode
        As in :func:`analysis.estimators.events.named_tests.run_tests`, with its errors.

    Returns
    -------
    DataFrame
        One row a window, slice and test: ``first``, ``last``, ``by``, ``label``, ``name``, then
        the other fields of a test. A test that a slice does not allow has its reason.
    """
    parts = []
    for first, last in windows:
        for level, label, rows in cut:
            table = run_tests(study.take(rows), first, last, rng, tests, episode).reset_index()
            place = {"first": first, "last": last, "by": level, "label": label}
            parts.append(pd.DataFrame(place, table.index).join(table))
    columns = ["first", "last", "by", "label", "name"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def slices(study: EventStudy, by: Sequence[str], episode: str | None = None) -> Iterator[Slice]:
    """Yield the slices of a study at some LEVELS; a firm-event listed twice counts once.

    All firm-events together, those of each firm, of each day 0, of each value of the column
    `episode`, by default each day 0.

    Raises
    ------
    ValueError
        If a level is unknown.
    """
    unknown = sorted(set(by) - set(LEVELS))
    if unknown:
        raise ValueError(f"unknown level {unknown[0]!r}; known: {', '.join(LEVELS)}")
    once = np.flatnonzero(~study.rows.duplicated(["ticker", "day0"]).to_numpy())
    rows = study.rows.iloc[once]
    columns = {"firm": "ticker", "event": "day0", "episode": episode or "day0"}
    for level in by:
        if level == "pooled":
            yield level, "all", once
            continue
        codes, labels = pd.factorize(rows[columns[level]], sort=True)
        for code, label in enumerate(labels):
            name = str(label.date()) if isinstance(label, pd.Timestamp) else str(label)
            yield level, name, once[codes == code]
