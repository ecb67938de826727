"""What a group of a user's events adds up to: its mean, its path by event day, its windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.portfolio import portfolio_study
from analysis.userfiles.options import Window
from analysis.userfiles.trust import advise

__all__ = ["describe_groups", "mean_paths", "rows_by_group", "tests_over_windows"]

BAND = 0.95  # coverage of the band around a mean path


def rows_by_group(events: pd.DataFrame) -> dict[str, Ints]:
    """Return the rows of each group, groups as they first come."""
    codes, labels = pd.factorize(events["group"])
    return {str(label): np.flatnonzero(codes == code) for code, label in enumerate(labels)}


def describe_groups(study: EventStudy, window: Window) -> pd.DataFrame:
    """Return one row a group: ``group``, ``n``, ``days``, means, signs, and which tests to trust.

    ``caar`` and ``median`` of the CARs, ``positive`` and ``negative`` CARs, ``mean_bhar``;
    ``trusted`` names the tests that hold their size for its event days, ``why`` says for what
    reason.
    """
    over, found = study.over(*window), []
    for group, rows in rows_by_group(study.events).items():
        car = over.car[rows]
        advice = advise(study.events.iloc[rows], study.position[rows], window)
        found.append(
            {
                "group": group,
                "n": len(rows),
                "days": len(np.unique(study.position[rows])),
                "caar": car.mean(),
                "median": float(np.median(car)),
                "positive": int((car > 0).sum()),
                "negative": int((car < 0).sum()),
                "mean_bhar": over.bhar[rows].mean(),
                "trusted": advice.tests,
                "why": advice.reason,
            }
        )
    return pd.DataFrame(found)


def mean_paths(study: EventStudy, ar: pd.DataFrame) -> pd.DataFrame:
    """Return the mean path of each group: a row a group and event day.

    The error of a mean allows for dependence of events that share a day 0, or an ``episode``
    where the events have it (Liang and Zeger 1986, Biometrika 73, with G / (G - 1)); events with
    days of their own have the usual one, s / √n. A group on a single day has the error of its
    portfolio with the forecast error. A window that is cut stays where it ended.

    Parameters
    ----------
    ar : DataFrame, (N, L)
        Abnormal returns by event day, fraction; NaN beyond the window of an event.

    Returns
    -------
    DataFrame
        ``group``, ``day``, ``n`` (events with that day), ``aar``, ``se_aar``, ``caar``,
        ``se_caar``, ``low``, ``high`` (95%, Student's t on G - 1 degrees of freedom or those of
        the fit).
    """
    days = ar.columns.to_numpy(dtype=np.int64)
    parts = []
    for group, rows in rows_by_group(study.events).items():
        values = ar.to_numpy()[rows]
        sums = np.nan_to_num(values).cumsum(axis=1)
        clusters = _clusters(study, rows)
        alone = clusters.max() == 0
        errors, df = (
            _portfolio_errors(study.take(rows), days)
            if alone
            else (
                np.stack([_errors(part, clusters) for part in (values, sums)]),
                int(clusters.max()),
            )
        )
        known = np.isfinite(values).sum(axis=0)
        caar = sums.mean(axis=0)
        half = (float(special.stdtrit(df, (1 + BAND) / 2)) if df else math.nan) * errors[1]
        path = {
            "group": group,
            "day": days,
            "n": known,
            "aar": np.nansum(values, axis=0) / np.where(known, known, math.nan),
            "se_aar": errors[0],
            "caar": caar,
            "se_caar": errors[1],
            "low": caar - half,
            "high": caar + half,
        }
        parts.append(pd.DataFrame(path))
    return pd.concat(parts, ignore_index=True)


def _clusters(study: EventStudy, rows: Ints) -> Ints:
    """Number what counts once: the episodes, else the day 0s."""
    if "episode" in study.events.columns:
        return np.asarray(pd.factorize(study.events["episode"].iloc[rows])[0], dtype=np.int64)
    return np.unique(study.position[rows], return_inverse=True)[1].astype(np.int64)


def _errors(values: Floats, clusters: Ints) -> Floats:
    """Return the error of the mean of each column of (N, L), clustered. (L,)."""
    known = np.isfinite(values)
    n = np.where(known.any(axis=0), known.sum(axis=0), math.nan)
    apart = np.where(known, values - np.nansum(values, axis=0) / n, 0.0)
    sums = np.zeros((int(clusters.max()) + 1, values.shape[1]))
    np.add.at(sums, clusters, apart)
    count = len(sums)
    return np.asarray(np.sqrt((sums**2).sum(axis=0) * count / (count - 1)) / n)


def _portfolio_errors(study: EventStudy, days: Ints) -> tuple[Floats, int]:
    """Return the errors of AAR and CAAR of a group on one day, (2, L), and their freedom."""
    joined = None if study.dates > 1 else portfolio_study(study, "day0")
    if joined is None or joined.rows.empty:
        return np.full((2, days.size), math.nan), 0
    first = int(days[0])
    windows = [[(day, day) for day in days.tolist()], [(first, day) for day in days.tolist()]]
    errors = [[float(joined.over(*window).se[0]) for window in part] for part in windows]
    return np.array(errors), int(joined.df[0])


def tests_over_windows(
    study: EventStudy, tables: Sequence[tuple[Window, pd.DataFrame]]
) -> pd.DataFrame:
    """Return one row a window and group: means, signs, and the p of each test.

    Parameters
    ----------
    tables : sequence
        Windows with their tests by ``group`` and ``name``.
    """
    found = []
    for group, rows in rows_by_group(study.events).items():
        for (first, last), tests in tables:
            car = study.over(first, last).car
            known = car[rows][np.isfinite(car[rows])]
            row: dict[str, object] = {
                "group": group,
                "first": first,
                "last": last,
                "n": known.size,
                "caar": known.mean() if known.size else math.nan,
                "positive": int((known > 0).sum()),
                "negative": int((known < 0).sum()),
            }
            p = tests["p"].loc[group] if len(tests) else {}
            found.append(row | {f"p_{name}": value for name, value in p.items()})
    return pd.DataFrame(found)
