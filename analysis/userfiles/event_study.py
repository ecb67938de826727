"""The event study on a user's own prices and events: ``python -m analysis event-study --help``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.arrays import Bools
from analysis.estimators.blocks import Runner, here
from analysis.estimators.events import garch_errors
from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.grouped_tests import LEVELS
from analysis.estimators.events.models import Model
from analysis.estimators.events.named_tests import TESTS as ENGINE_TESTS
from analysis.estimators.events.windows import count_inside
from analysis.estimators.returns import log_returns, simple_returns
from analysis.userfiles.group_tests import breakdown, contrasts, group_tests

__all__ = ["TESTS", "Choices", "Result", "run"]

TESTS = (*ENGINE_TESTS, "placebo")


@dataclass(frozen=True)
class Choices:
    """Every choice of one run; estimation, gap and windows in sessions.

    ``gap`` 11 and ``estimation`` 120 mean estimation returns on the event days -130 to -11.
    ``minimum`` is the fewest usable estimation returns: half of ``estimation`` unless given, and
    at least 100 for GARCH. ``skip_listed`` leaves the windows of all listed events out of
    estimation. ``by`` names the levels of the breakdown, over ``window`` and ``windows``.
    """

    benchmark: str
    factors: tuple[str, ...] = ()
    model: Model = "market"
    estimation: int = 120
    gap: int = 11
    window: tuple[int, int] = (-5, 5)
    returns: Literal["simple", "log"] = "simple"
    tests: tuple[str, ...] = TESTS
    placebo: int = 1000
    seed: int = 1
    minimum: int | None = None
    skip_listed: bool = False
    by: tuple[str, ...] = ()
    windows: tuple[tuple[int, int], ...] = ()

    @property
    def fewest(self) -> int:
        """Fewest usable estimation returns."""
        if self.minimum is not None:
            return self.minimum
        half = math.ceil(self.estimation / 2)
        return max(half, garch_errors.FEWEST) if self.model == "garch" else half


@dataclass(frozen=True)
class Result:
    """Frames of one run.

    Attributes
    ----------
    events : DataFrame, (N, ...)
        One row an event: its columns, fit, bounds of the estimation window,
        ``listed_in_estimation`` and ``overlaps`` (counts), and ``raw``, ``car``, ``se``, ``t``,
        ``df``, ``p``, ``bhar`` of the window; returns are fractions.
    ar : DataFrame, (N, L)
        Abnormal returns by event day, fraction.
    groups : dict
        Group to a frame of its tests, by test name.
    contrasts : DataFrame
        Two-sample test across episodes of each pair of groups.
    breakdown : DataFrame
        Tests by window and slice; empty without ``Choices.by``.
    skipped : DataFrame
        Events left out, with the reason.
    """

    events: pd.DataFrame
    ar: pd.DataFrame
    groups: dict[str, pd.DataFrame]
    contrasts: pd.DataFrame
    breakdown: pd.DataFrame
    skipped: pd.DataFrame


def run(
    prices: pd.DataFrame, events: pd.DataFrame, choices: Choices, runner: Runner = here
) -> Result:
    """Run the event study.

    Parameters
    ----------
    prices : DataFrame
        Sessions by assets; see :func:`analysis.userfiles.user_data.read_prices`.
    events : DataFrame
        ``ticker``, ``day0``, optionally ``group`` (all one group without it) and ``episode``.
    choices : Choices
        Everything else.
    runner : Runner
        Where blocks of events are worked on; results do not depend on it.

    Raises
    ------
    UserDataError
        If a benchmark is no column, a test is unknown, or the estimators refuse prices, events or
        choices.
    """
    _check(prices, choices)
    if "group" not in events.columns:
        events = events.assign(group="all")
    try:
        returns = (log_returns if choices.returns == "log" else simple_returns)(prices)
        return _run(returns, events, choices, runner)
    except ValueError as error:
        raise UserDataError(f"event study: {error}; change the option or the file") from None


def _run(returns: pd.DataFrame, events: pd.DataFrame, choices: Choices, runner: Runner) -> Result:
    whole = event_study(
        returns,
        events,
        factors=(choices.benchmark, *choices.factors),
        model=choices.model,
        length=choices.estimation,
        gap=choices.gap,
        minimum=choices.fewest,
        window=_hull(choices),
        exclude=_listed_windows(returns.index, events, choices) if choices.skip_listed else None,
        kind=choices.returns,
        run=runner,
    )
    observed = np.isfinite(whole.ar[:, whole.days(*choices.window)]).all(axis=1)
    kept = whole.take(np.asarray(observed))
    window, tests, draws = choices.window, choices.tests, choices.placebo
    return Result(
        events=pd.concat([_counted(kept, choices), kept.car(*choices.window)], axis=1),
        ar=pd.DataFrame(kept.ar, columns=kept.event_time).loc[:, slice(*choices.window)],
        groups=group_tests(kept, window, tests, draws, np.random.default_rng(choices.seed)),
        contrasts=contrasts(kept, window),
        breakdown=breakdown(
            kept,
            (window, *choices.windows),
            choices.by,
            tests,
            draws,
            np.random.default_rng(choices.seed),
        ),
        skipped=_skipped(whole, np.asarray(~observed), choices),
    )


def _check(prices: pd.DataFrame, choices: Choices) -> None:
    for name in (choices.benchmark, *choices.factors):
        if name not in prices.columns:
            raise UserDataError(
                f"prices: expected a column {name!r} for the benchmark or factor, found "
                f"{', '.join(map(str, prices.columns[:8]))}; name one of the columns"
            )
    known = {"tests": (choices.tests, TESTS), "by": (choices.by, LEVELS)}
    for option, (named, allowed) in known.items():
        unknown = [name for name in named if name not in allowed]
        if unknown:
            raise UserDataError(
                f"{option}: expected all or names from {', '.join(allowed)}, found "
                f"{unknown[0]!r}; correct the name"
            )
    for option, number in {"placebo": choices.placebo, "seed": choices.seed}.items():
        if number < (1 if option == "placebo" else 0):
            raise UserDataError(f"{option}: expected a positive number, found {number}; change it")


def _hull(choices: Choices) -> tuple[int, int]:
    """Return the smallest window that holds every window asked for."""
    for first, last in (choices.window, *choices.windows):
        if first > last:
            raise ValueError(f"window: expected first <= last, found [{first}, {last}]")
    firsts, lasts = zip(choices.window, *choices.windows, strict=True)
    return min(firsts), max(lasts)


def _listed_windows(sessions: pd.Index, events: pd.DataFrame, choices: Choices) -> pd.DatetimeIndex:
    """Return the sessions inside the window of any listed event."""
    position = sessions.get_indexer(pd.DatetimeIndex(events["day0"]))
    first, last = choices.window
    inside = count_inside(np.arange(len(sessions)), position[position >= 0], -last, -first) > 0
    return pd.DatetimeIndex(sessions[inside])


def _counted(study: EventStudy, choices: Choices) -> pd.DataFrame:
    """Put beside each event how many listed events its windows hold.

    ``listed_in_estimation`` counts day 0s, of any firm, inside the estimation window; ``overlaps``
    the other events of the same firm whose window shares a session with its own.
    """
    layout, reach = study.panel.layout, choices.window[1] - choices.window[0]
    days = np.unique(study.position)
    overlaps = np.zeros(len(study.rows), dtype=np.int64)
    for column in np.unique(study.column):
        mine = study.column == column
        at = study.position[mine]
        overlaps[mine] = count_inside(at, np.unique(at), -reach, reach) - 1
    listed = count_inside(study.position, days, -layout.before, -layout.gap)
    return study.rows.assign(listed_in_estimation=listed, overlaps=overlaps)


def _skipped(study: EventStudy, broken: Bools, choices: Choices) -> pd.DataFrame:
    """Return all events left out, those with a hole in the window with the day of the hole."""
    columns = [name for name in study.skipped.columns if name != "reason"]
    rows = np.flatnonzero(broken)
    part = study.days(*choices.window)
    holes = np.isnan(study.ar[rows, part]).argmax(axis=1) + part.start
    beyond = study.position[rows] + study.event_time[holes]
    outside = (beyond < 0) | (beyond >= len(study.panel.sessions))
    factor = np.isnan(study.factor_window[rows, holes]).any(axis=1)
    reasons = [
        "the event window leaves the data"
        if out
        else f"no {'factor return' if lacks else 'return'} on event day {day}"
        for out, lacks, day in zip(outside, factor, study.event_time[holes], strict=True)
    ]
    late = study.rows.iloc[rows][columns].assign(reason=reasons)
    return pd.concat([study.skipped, late], ignore_index=True)
