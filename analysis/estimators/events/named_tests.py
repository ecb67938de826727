"""Every test by name, for a group of firm-events and a window or for every slice of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Ints
from analysis.estimators.events import parametric, ranks, signs
from analysis.estimators.events.across_episodes import across_episodes_t, sign_flip
from analysis.estimators.events.conformal import conformal
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.firm_events import Sample, draw_sample
from analysis.estimators.events.joint import equal_response_f, joint_f
from analysis.estimators.events.long_run import bhar_skewness_adjusted_t, bhar_t, calendar_time_t
from analysis.estimators.events.portfolio import portfolio_study, portfolio_t
from analysis.estimators.names import LEAST_SQUARES, LEVELS
from analysis.estimators.significance import Significance, refused, tabulate

__all__ = ["KNOWN", "TESTS", "Slice", "break_down", "episode_values", "run_tests", "slices"]

ON_SAMPLES: dict[str, Callable[[Sample], Significance]] = {
    "t_time_series": parametric.t_time_series,
    "t_time_series_no_forecast": lambda sample: parametric.t_time_series(sample, forecast=False),
    "t_cross_sectional": parametric.t_cross_sectional,
    "patell": parametric.patell,
    "bmp": parametric.bmp,
    "kp_patell": parametric.kp_patell,
    "kp_bmp": parametric.kp_bmp,
    "corrado": ranks.corrado,
    "corrado_zivney": ranks.corrado_zivney,
    "grank_t": ranks.grank_t,
    "sign": signs.sign,
    "generalized_sign": signs.generalized_sign,
    "wilcoxon": signs.wilcoxon,
    "skewness_adjusted_t": parametric.skewness_adjusted_t,
}
RANKED = ("corrado", "corrado_zivney", "grank_t", "generalized_sign")  # day by day
ON_ONE_DATE: dict[str, Callable[[EventStudy, int, int], Significance]] = {
    "portfolio_t": portfolio_t,
    "portfolio_t_risk": lambda study, first, last: portfolio_t(study, first, last, "risk"),
    "joint_f": joint_f,
    "equal_response_f": equal_response_f,
}
OVER_MONTHS: dict[str, Callable[[EventStudy, int, int], Significance]] = {
    "bhar_t": bhar_t,
    "bhar_skewness_adjusted_t": bhar_skewness_adjusted_t,
    "calendar_time_t": calendar_time_t,
}
ON_STUDIES = ON_ONE_DATE | OVER_MONTHS
TESTS = (*ON_SAMPLES, *ON_ONE_DATE, "conformal", "across_episodes_t", "sign_flip")
KNOWN = (*TESTS, *OVER_MONTHS)
Slice = tuple[str, str, Ints]
"""Level, label and row numbers of a part of a study."""


def run_tests(
    study: EventStudy,
    first: int,
    last: int,
    rng: np.random.Generator,
    tests: Sequence[str] = TESTS,
    episode: str | None = None,
) -> pd.DataFrame:
    """Run tests on all firm-events of a study over ``[first, last]``.

    Parameters
    ----------
    study : EventStudy
        One group; ``study.take(rows)`` picks it.
    rng : Generator
        For the sign flips of more than 16 episodes.
    tests : sequence of str
        Names from :data:`KNOWN`; those for windows of months only where they are named.
    episode : str, optional
        Column that numbers the episodes; by default each day 0 is one.

    Returns
    -------
    DataFrame, one row a test, by name
        The fields of :class:`Significance`; a test that the group does not allow has its reason.
        The estimate of the two tests across episodes is a mean standardised portfolio CAR.

    Raises
    ------
    ValueError
        If a test is unknown or the window is not inside the event window.
    """
    unknown = sorted(set(tests) - set(KNOWN))
    if unknown:
        raise ValueError(f"unknown test {unknown[0]!r}; known: {', '.join(KNOWN)}")
    sample = draw_sample(study, first, last)
    found = []
    for name in tests:
        if name in RANKED and sample.cut is not None:
            result = refused(name, sample.size, "needs windows of the same length")
        elif name in ON_SAMPLES:
            result = ON_SAMPLES[name](sample)
        elif name in ON_STUDIES:
            result = ON_STUDIES[name](study, first, last)
        elif name == "conformal":
            result = _conformal(study, first, last)
        elif name == "across_episodes_t":
            result = across_episodes_t(episode_values(study, first, last, episode))
        else:
            result = sign_flip(episode_values(study, first, last, episode), rng)
        found.append(result)
    return tabulate(found)


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
        As in :func:`run_tests`, with its errors.

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


def episode_values(
    study: EventStudy, first: int, last: int, episode: str | None = None
) -> pd.Series:
    """Return the standardised equal-weight portfolio CAR of each episode.

    Each day 0 gives the CAR of its portfolio over its forecast-corrected error; an episode with
    several day 0s takes their mean.

    Parameters
    ----------
    episode : str, optional
        Column of ``study.rows`` that numbers the episodes; by default each day 0 is one.

    Returns
    -------
    Series, (K,)
        By episode; NaN where no portfolio has a fully observed window.

    Raises
    ------
    ValueError
        If one day 0 belongs to two episodes or lists a firm twice.
    """
    labels = study.events["day0" if episode is None else episode]
    pairs = pd.DataFrame({"session": study.position, "episode": labels.to_numpy()})
    pairs = pairs.drop_duplicates()
    if pairs["session"].duplicated().any():
        raise ValueError(f"a day 0 belongs to two values of {episode!r}")
    if pairs.empty:
        return pd.Series(dtype=float)
    joined = portfolio_study(study, "day0")
    scar = pd.Series(joined.car(first, last)["t"].to_numpy(), index=joined.position)
    return scar.groupby(pairs.set_index("session")["episode"]).mean()


def _conformal(study: EventStudy, first: int, last: int) -> Significance:
    """Return the conformal test of the equal-weight portfolio on the group's one day 0."""
    n = study.fitted.size
    if study.dates != 1:
        return refused("conformal", n, "needs firms that share one day 0")
    if study.model not in LEAST_SQUARES:
        return refused("conformal", n, f"refits by least squares, not by {study.model}")
    joined = portfolio_study(study, "day0")
    if joined.rows.empty:
        return refused("conformal", n, str(joined.skipped["reason"].iloc[0]))
    row = conformal(joined, first, last).iloc[0]
    if np.isnan(row["p"]):
        return refused("conformal", n, "a return is missing in the event window")
    return Significance(
        "conformal",
        n,
        estimate=float(row["car"]),
        statistic=float(abs(row["car"])),
        p=float(row["p"]),
        p_min=float(row["p_min"]),
        mde=float(row["mde"]),
    )
