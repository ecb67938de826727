"""Every test for every window: pooled, by firm, by event day and by episode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Ints
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.named_tests import TESTS, run_tests

__all__ = ["LEVELS", "break_down", "slices"]

LEVELS = ("pooled", "firm", "event", "episode")


def break_down(
    study: EventStudy,
    windows: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    *,
    by: Sequence[str] = LEVELS,
    tests: Sequence[str] = TESTS,
    episode: str | None = None,
) -> pd.DataFrame:
    """Run tests on every slice of a study over every window.

    Parameters
    ----------
    study : EventStudy
        N firm-events; one that is listed twice counts once.
    windows : sequence of (int, int)
        First and last event day, each inside the event window of the study.
    rng : Generator
        For the sign flips of more than 16 episodes.
    by : sequence of str
        Levels from :data:`LEVELS`: all firm-events together, those of each firm, of each day 0, of
        each episode.
    tests : sequence of str
        Names from :data:`analysis.estimators.events.named_tests.TESTS`.
    episode : str, optional
        Column that numbers the episodes; by default each day 0 is one.

    Returns
    -------
    DataFrame
        One row a window, slice and test: ``first``, ``last``, ``by``, ``label``, then the fields
        of :class:`analysis.estimators.significance.Significance`. A test that a slice does not allow has
        its reason.

    Raises
    ------
    ValueError
        If a level or a test is unknown, or a window is not inside the event window.
    """
    parts = []
    for first, last in windows:
        for level, label, rows in slices(study, by, episode):
            table = run_tests(study.take(rows), first, last, rng, tests, episode).reset_index()
            place = pd.DataFrame(
                {"first": first, "last": last, "by": level, "label": label}, table.index
            )
            parts.append(pd.DataFrame(place, table.index).join(table))
    columns = ["first", "last", "by", "label", "name"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def slices(
    study: EventStudy, by: Sequence[str], episode: str | None = None
) -> Iterator[tuple[str, str, Ints]]:
    """Yield level, label and row numbers of each slice; a firm-event listed twice counts once."""
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
