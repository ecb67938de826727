"""The tests of each group of a user's events, adjusted over groups, and by window and slice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.across_episodes import two_sample_im
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.grouped_tests import break_down, slices
from analysis.estimators.events.named_tests import episode_values, run_tests
from analysis.estimators.multiplicity import benjamini_hochberg, holm, step_down
from analysis.userfiles.placebo_panel import null_means, placebo_outcomes, standardised_mean

__all__ = ["breakdown", "contrasts", "group_tests"]

Window = tuple[int, int]


def group_tests(
    study: EventStudy, window: Window, tests: Sequence[str], draws: int, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Run the named tests on each value of the column ``group``, and adjust them over the groups.

    Returns
    -------
    dict
        Group to a frame by test name: the fields of an outcome, ``p_holm``, ``p_bh`` and, for
        the placebo test, ``p_step_down`` over the joint draws of the groups.
    """
    labels = list(dict.fromkeys(study.rows["group"]))
    parts = [np.flatnonzero((study.rows["group"] == label).to_numpy()) for label in labels]
    named = [name for name in tests if name != "placebo"]
    tables = [
        run_tests(study.take(rows), *window, rng, tests=named, episode=_episode(study))
        for rows in parts
    ]
    if "placebo" in tests and labels:
        nulls = null_means(study, window, parts, draws, rng)
        found = placebo_outcomes(study, window, parts, nulls)
        stepped = _stepped(study, window, parts, nulls)
        tables = [
            pd.concat([table, pd.DataFrame([outcome | {"p_step_down": p}]).set_index("name")])
            for table, outcome, p in zip(tables, found, stepped, strict=True)
        ]
    return {str(label): t for label, t in zip(labels, _adjusted(tables), strict=True)}


def contrasts(study: EventStudy, window: Window) -> pd.DataFrame:
    """Compare each pair of groups across episodes: one row a pair, ``a``, ``b`` and the outcome."""
    values = {}
    for label in dict.fromkeys(study.rows["group"]):
        group = study.take((study.rows["group"] == label).to_numpy())
        values[label] = episode_values(group, *window, _episode(study))
    return pd.DataFrame(
        [
            {"a": str(a), "b": str(b)} | asdict(two_sample_im(values[a], values[b]))
            for a, b in combinations(values, 2)
        ]
    )


def breakdown(
    study: EventStudy,
    windows: Sequence[Window],
    by: Sequence[str],
    tests: Sequence[str],
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Run the named tests on every slice and window; empty without a level in `by`."""
    if not by:
        return pd.DataFrame()
    episode, named = _episode(study), [name for name in tests if name != "placebo"]
    tables = [break_down(study, windows, rng, by=by, tests=named, episode=episode)]
    cut = list(slices(study, by, episode))
    parts = [rows for _, _, rows in cut]
    for first, last in windows if "placebo" in tests and len(study.rows) else ():
        nulls = null_means(study, (first, last), parts, draws, rng)
        found = placebo_outcomes(study, (first, last), parts, nulls)
        rows = [
            {"first": first, "last": last, "by": level, "label": label} | outcome
            for (level, label, _), outcome in zip(cut, found, strict=True)
        ]
        tables.append(pd.DataFrame(rows))
    return pd.concat(tables, ignore_index=True)


def _episode(study: EventStudy) -> str | None:
    return "episode" if "episode" in study.rows.columns else None


def _adjusted(tables: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Add Holm and Benjamini-Hochberg p-values of each test over the groups."""
    if not tables:
        return tables
    p = np.column_stack([table["p"].to_numpy(float) for table in tables])
    by_holm = np.array([holm(row) for row in p]).reshape(p.shape)
    by_bh = np.array([benjamini_hochberg(row) for row in p]).reshape(p.shape)
    return [
        table.assign(p_holm=by_holm[:, place], p_bh=by_bh[:, place])
        for place, table in enumerate(tables)
    ]


def _stepped(
    study: EventStudy,
    window: Window,
    parts: Sequence[Ints],
    nulls: Sequence[Floats],
) -> list[float]:
    """Return step-down p-values over groups; NaN where a group has one day or no joint draws."""
    observed = [standardised_mean(study, window, rows) for rows in parts]
    unknown = [math.nan] * len(parts)
    if any(len(set(study.position[rows])) == 1 for rows in parts):
        return unknown
    joint = np.column_stack(nulls)
    joint = joint[np.isfinite(joint).all(axis=1)]
    return [float(p) for p in step_down(observed, joint)] if len(joint) else unknown
