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
from analysis.estimators.events.named_tests import Slice, break_down, episode_values, slices
from analysis.estimators.events.placebo import (
    PlaceboTable,
    clear_sessions,
    placebo_draws,
    placebo_p,
    placebo_table,
)
from analysis.estimators.multiplicity import benjamini_hochberg, holm, step_down
from analysis.userfiles.group_tables import rows_by_group
from analysis.userfiles.options import Window

__all__ = ["contrasts", "tests_by_group", "tests_by_slice"]

FITS = 50_000  # fits of firms on placebo dates held at a time: 4 MB
CELLS = 2_500_000  # draws times firm-events held at a time: 20 MB


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
        nulls = _null_means(study, (first, last), [rows for _, _, rows in cut], draws, rng)
        table = []
        for (level, label, rows), null in zip(cut, nulls, strict=True):
            found = placebo_p(_standardised_mean(study, (first, last), rows), null)
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
    observed = [_standardised_mean(study, window, rows) for rows in parts]
    unknown = [math.nan] * len(parts)
    if any(len(set(study.position[rows])) == 1 for rows in parts):
        return unknown
    joint = np.column_stack(nulls)
    joint = joint[np.isfinite(joint).all(axis=1)]
    return [float(p) for p in step_down(observed, joint)] if len(joint) else unknown


def _null_means(
    study: EventStudy,
    window: Window,
    parts: Sequence[Ints],
    draws: int,
    rng: np.random.Generator,
) -> list[Floats]:
    """Return for each part of a study its mean standardised CAR on placebo dates.

    Firms of one day 0 move together to one date; dates keep the length of the window away from
    every listed event. All parts on several day 0s are read from the same draws, (draws,); NaN
    where one has no value. A part with one day 0 is a study of its own, which takes each placebo
    date once, (dates,), as long as there are no more dates than draws.
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


def _standardised_mean(study: EventStudy, window: Window, rows: Ints) -> float:
    """Return the mean CAR over its forecast-corrected error."""
    cars = study.take(rows).car(*window)
    return float((cars["car"] / cars["se"]).mean())
