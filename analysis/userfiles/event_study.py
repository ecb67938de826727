"""The event study on a user's own prices and events: ``analysis.event_study``."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.arrays import Bools
from analysis.estimators.blocks import Runner, here
from analysis.estimators.events import abnormal, garch_errors
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.named_tests import TESTS as ENGINE_TESTS
from analysis.estimators.events.windows import count_inside
from analysis.estimators.names import LEVELS
from analysis.estimators.returns import take_returns
from analysis.userfiles.group_tests import contrasts, tests_by_group, tests_by_slice
from analysis.userfiles.options import EventOptions, takes
from analysis.userfiles.output import as_text, check_columns, check_names

__all__ = ["TESTS", "EventStudyResult", "event_study"]

TESTS = (*ENGINE_TESTS, "placebo")
SHOWN = ["estimate", "statistic", "p", "p_holm", "reason"]  # of a test in the summary


@dataclass(frozen=True)
class EventStudyResult:
    """Frames of one event study.

    Attributes
    ----------
    events : DataFrame, (N, ...)
        One row an event: its columns, fit, bounds of the estimation window,
        ``listed_in_estimation`` and ``overlaps`` (counts), and ``raw``, ``car``, ``se``, ``t``,
        ``df``, ``p``, ``bhar`` of the window; returns are fractions.
    ar : DataFrame, (N, L)
        Abnormal returns by event day, fraction.
    tests : DataFrame
        Tests by ``group`` and ``name``.
    contrasts : DataFrame
        Two-sample test across episodes of each pair of groups.
    breakdown : DataFrame
        Tests by window and slice; empty without ``by``.
    skipped : DataFrame
        Events left out, with the reason.
    options : EventOptions
        What was chosen, with what "all" and the default of ``minimum`` stand for.
    """

    events: pd.DataFrame
    ar: pd.DataFrame
    tests: pd.DataFrame
    contrasts: pd.DataFrame
    breakdown: pd.DataFrame
    skipped: pd.DataFrame
    options: EventOptions

    def summary(self) -> str:
        """Return the mean CAR and the tests of each group as text."""
        first, last = self.options.window
        lines = [
            f"{self.options.model} model on {self.options.benchmark}, event days {first} to {last}",
            f"{len(self.events)} events, {len(self.skipped)} skipped",
        ]
        for group, cars in self.events.groupby("group", sort=False)["car"]:
            lines += ["", f"{group}: {len(cars)} events, mean CAR {cars.mean():.2%}"]
            if len(self.tests):
                lines.append(as_text(self.tests.loc[[group], SHOWN].droplevel(0), index=True))
        return "\n".join(lines)


@takes(EventOptions)
def event_study(
    prices: pd.DataFrame, events: pd.DataFrame, *, runner: Runner = here, **options: Any
) -> EventStudyResult:
    """Run an event study: abnormal returns of every event, tests of every group.

    Parameters
    ----------
    prices : DataFrame, (T, A)
        Sessions (increasing dates) by assets; missing prices stay missing.
    events : DataFrame
        ``ticker``, ``day0``, optionally ``group`` (all one group without it) and ``episode``.
    runner : Runner
        Where blocks of events are worked on; results do not depend on it.
    **options

    Returns
    -------
    EventStudyResult

    Raises
    ------
    UserDataError
        If a column is missing, a test is unknown, or the estimators refuse prices, events or
        options.

    Examples
    --------
    >>> import analysis, pandas as pd
    >>> prices = pd.read_csv("docs/example/prices.csv", index_col="date", parse_dates=True)
    >>> events = pd.read_csv("docs/example/events.csv", parse_dates=["day0"])
    >>> study = analysis.event_study(
    ...     prices, events, benchmark="SPY", window=(0, 1), tests=["across_episodes_t"]
    ... )
    >>> print(study.summary())
    market model on SPY, event days 0 to 1
    57 events, 0 skipped
    <BLANKLINE>
    tightening: 36 events, mean CAR 2.23%
                       estimate  statistic       p p_holm reason
    across_episodes_t    0.5415      2.251 0.06538 0.1308
    <BLANKLINE>
    easing: 21 events, mean CAR 2.22%
                       estimate  statistic     p p_holm reason
    across_episodes_t    0.4288     0.7428 0.491  0.491
    """
    choices = _resolve(EventOptions(**options))
    check_columns("prices", prices, (choices.benchmark, *choices.factors))
    if "group" not in events.columns:
        events = events.assign(group="all")
    try:
        returns = take_returns(prices, choices.returns)
        return _run(returns, events, choices, runner)
    except ValueError as error:
        raise UserDataError(f"event study: {error}; change the option or the file") from None


def _resolve(options: EventOptions) -> EventOptions:
    """Return the options with the names of all tests and the fewest estimation returns."""
    tests = TESTS if options.tests == ("all",) else options.tests
    check_names("tests", tests, TESTS)
    check_names("by", options.by, LEVELS)
    if (minimum := options.minimum) is None:
        least = garch_errors.FEWEST if options.model == "garch" else 0
        minimum = max(math.ceil(options.estimation / 2), least)
    return replace(options, tests=tests, minimum=minimum)


def _run(
    returns: pd.DataFrame, events: pd.DataFrame, options: EventOptions, runner: Runner
) -> EventStudyResult:
    window, tests, draws = options.window, options.tests, options.placebo
    windows = (window, *options.windows)
    for first, last in windows:
        if first > last:
            raise ValueError(f"window: expected first <= last, found [{first}, {last}]")
    firsts, lasts = zip(*windows, strict=True)
    whole = abnormal.event_study(
        returns,
        events,
        factors=(options.benchmark, *options.factors),
        model=options.model,
        length=options.estimation,
        gap=options.gap,
        minimum=options.minimum or 0,
        window=(min(firsts), max(lasts)),
        exclude=_listed_windows(returns.index, events, options) if options.skip_listed else None,
        kind=options.returns,
        run=runner,
    )
    observed = np.isfinite(whole.ar[:, whole.days(*window)].sum(axis=1))
    kept = whole.take(observed)
    return EventStudyResult(
        events=pd.concat([_counted(kept, options), kept.car(*window)], axis=1),
        ar=pd.DataFrame(kept.ar, columns=kept.event_time).loc[:, slice(*window)],
        tests=tests_by_group(kept, window, tests, draws, np.random.default_rng(options.seed)),
        contrasts=contrasts(kept, window),
        breakdown=tests_by_slice(
            kept, windows, options.by, tests, draws, np.random.default_rng(options.seed)
        ),
        skipped=_skipped(whole, ~observed, options),
        options=options,
    )


def _listed_windows(
    sessions: pd.Index, events: pd.DataFrame, options: EventOptions
) -> pd.DatetimeIndex:
    """Return the sessions inside the window of any listed event."""
    position = sessions.get_indexer(pd.DatetimeIndex(events["day0"]))
    first, last = options.window
    inside = count_inside(np.arange(len(sessions)), position[position >= 0], -last, -first) > 0
    return pd.DatetimeIndex(sessions[inside])


def _counted(study: EventStudy, options: EventOptions) -> pd.DataFrame:
    """Put beside each event how many listed events its windows hold.

    ``listed_in_estimation`` counts day 0s, of any firm, inside the estimation window; ``overlaps``
    the other events of the same firm whose window shares a session with its own.
    """
    layout, reach = study.panel.layout, options.window[1] - options.window[0]
    overlaps = np.zeros(len(study.rows), dtype=np.int64)
    for column in np.unique(study.column):
        mine = study.column == column
        at = study.position[mine]
        overlaps[mine] = count_inside(at, np.unique(at), -reach, reach) - 1
    days = np.unique(study.position)
    listed = count_inside(study.position, days, -layout.before, -layout.gap)
    return study.rows.assign(listed_in_estimation=listed, overlaps=overlaps)


def _skipped(study: EventStudy, broken: Bools, options: EventOptions) -> pd.DataFrame:
    """Return all events left out, those with a hole in the window with the day of the hole."""
    rows = np.flatnonzero(broken)
    part = study.days(*options.window)
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
    late = study.events.iloc[rows].assign(reason=reasons)
    return pd.concat([study.skipped, late], ignore_index=True)
