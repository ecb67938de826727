"""The tests of each group of a user's events, adjusted over groups, and by window and slice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.across_episodes import two_sample_im
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.grouped_tests import Slice, break_down, slices
from analysis.estimators.events.named_tests import episode_values
from analysis.estimators.events.placebo import placebo_p
from analysis.estimators.multiplicity import benjamini_hochberg, holm, step_down
from analysis.userfiles.group_tables import rows_by_group
from analysis.userfiles.options import Window
from analysis.userfiles.placebo_panel import null_means, standardised_mean

__all__ = ["contrasts", "tests_by_group", "tests_by_slice"]


def tests_by_group(
    study: EventStudy, window: Window, tests: Sequence[str], draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Run the named tests on each value of the column ``group``, and adjust them over the groups.

    Returns
    -------
    DataFrame, by ``group`` and ``name``
        The fields of a test, ``p_holm``, ``p_bh`` and, with the placebo test, ``p_step_down``
        over the joint draws of the groups.
    """
    cut = [("group", label, rows) for label, rows in rows_by_group(study.events).items()]
    if not cut:
        return pd.DataFrame()
    tables, nulls = _run(study, [window], cut, tests, draws, rng)
    table = pd.concat(tables, ignore_index=True).rename(columns={"label": "group"})
    if nulls:
        parts = [rows for _, _, rows in cut]
        table.loc[table["name"] == "placebo", "p_step_down"] = _stepped(study, window, parts, nulls)
    by_name = table.groupby("name", sort=False)["p"]
    table["p_holm"] = by_name.transform(holm)
    table["p_bh"] = by_name.transform(benjamini_hochberg)
    return table.drop(columns=["first", "last", "by"]).set_index(["group", "name"])


def contrasts(study: EventStudy, window: Window) -> pd.DataFrame:
    """Compare each pair of groups across episodes: one row a pair, ``a``, ``b`` and the test."""
    values = {
        label: episode_values(study.take(rows), *window, _episode(study))
        for label, rows in rows_by_group(study.events).items()
    }
    pairs = combinations(values, 2)
    return pd.DataFrame(
        [{"a": a, "b": b} | asdict(two_sample_im(values[a], values[b])) for a, b in pairs]
    )


def tests_by_slice(
    study: EventStudy,
    windows: Sequence[Window],
    by: Sequence[str],
    tests: Sequence[str],
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Run the named tests on every slice and window; empty without a level in `by`."""
    cut = list(slices(study, by, _episode(study)))
    if not by:
        return pd.DataFrame()
    return pd.concat(_run(study, windows, cut, tests, draws, rng)[0], ignore_index=True)


def _run(
    study: EventStudy,
    windows: Sequence[Window],
    cut: Sequence[Slice],
    tests: Sequence[str],
    draws: int,
    rng: np.random.Generator,
) -> tuple[list[pd.DataFrame], list[Floats]]:
    """Return tables of tests by window and slice, and the placebo draws of the last window."""
    named, nulls = [name for name in tests if name != "placebo"], []
    tables = [break_down(study, windows, cut, rng, tests=named, episode=_episode(study))]
    for first, last in windows if "placebo" in tests and len(study.rows) else ():
        nulls = null_means(study, (first, last), [rows for _, _, rows in cut], draws, rng)
        table = []
        for (level, label, rows), null in zip(cut, nulls, strict=True):
            found = placebo_p(standardised_mean(study, (first, last), rows), null)
            place = {"first": first, "last": last, "by": level, "label": label}
            table.append(place | asdict(replace(found, n=len(rows))))
        tables.append(pd.DataFrame(table))
    return tables, nulls


def _episode(study: EventStudy) -> str | None:
    return "episode" if "episode" in study.events.columns else None


def _stepped(
    study: EventStudy, window: Window, parts: Sequence[Ints], nulls: Sequence[Floats]
) -> list[float]:
    """Return step-down p-values over groups; NaN where a group has one day or no joint draws."""
    observed = [standardised_mean(study, window, rows) for rows in parts]
    unknown = [math.nan] * len(parts)
    if any(len(set(study.position[rows])) == 1 for rows in parts):
        return unknown
    joint = np.column_stack(nulls)
    joint = joint[np.isfinite(joint).all(axis=1)]
    return [float(p) for p in step_down(observed, joint)] if len(joint) else unknown
