"""The event study on a user's own prices and events: ``analysis.event_study``."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast, get_args

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.blocks import Runner, here
from analysis.estimators.events import abnormal, garch_errors
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.named_tests import KNOWN
from analysis.estimators.events.windows import count_inside
from analysis.estimators.names import LEVELS, FactorModel, Model
from analysis.userfiles.event_result import EventStudyResult
from analysis.userfiles.event_windows import (
    count_zeros,
    cut_spans,
    estimation_bounds,
    own_spans,
    tell_none,
    tell_skipped,
)
from analysis.userfiles.factors import name_factors, risk_free
from analysis.userfiles.group_tables import describe_groups, mean_paths, tests_over_windows
from analysis.userfiles.group_tests import contrasts, tests_by_group, tests_by_slice
from analysis.userfiles.options import EventOptions, Window, takes
from analysis.userfiles.output import check_names
from analysis.userfiles.sessions import CUSTOM, Placed, place_events

__all__ = ["TESTS", "EventStudyResult", "event_study"]

TESTS = (*KNOWN, "placebo")


@takes(EventOptions)
def event_study(
    prices: pd.DataFrame,
    events: pd.DataFrame,
    *,
    factor_returns: pd.DataFrame | None = None,
    runner: Runner = here,
    **options: Any,
) -> EventStudyResult:
    """Run an event study: abnormal returns of every event, tests of every group.

    Parameters
    ----------
    prices : DataFrame, (T, A)
        Sessions (increasing dates) by assets; missing prices stay missing. With ``given="returns"``
        returns, fractions.
    events : DataFrame
        ``ticker``, ``day0``, optionally ``group`` (all one group without it), ``episode``,
        ``benchmark`` (column of the market of that event), ``estimation_start`` and
        ``estimation_end`` (dates), ``window`` (two event days); other columns are kept.
    factor_returns : DataFrame, (T, m), optional
        Returns of factors, fractions; a column RF is taken from the returns of the firms where
        the benchmark is Mkt-RF.
    runner : Runner
        Where blocks of events are worked on; results do not depend on it.
    **options

    Returns
    -------
    EventStudyResult

    Raises
    ------
    UserDataError
        If a column is missing, a test is unknown, the estimators refuse prices, events or
        options, or no event is left.

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
    if "group" not in events.columns:
        events = events.assign(group="all")
    factors = name_factors(choices, prices, factor_returns)
    try:
        rate = risk_free(factors, factor_returns)
        place = (prices, events, factors, choices, factor_returns, rate)
        return _run(place_events(*place), factors, choices, runner)
    except ValueError as error:
        raise UserDataError(f"event study: {error}; change the option or the file") from None


def _resolve(options: EventOptions) -> EventOptions:
    """Return the options with the names of all tests and the fewest estimation returns."""
    tests = TESTS if options.tests == ("all",) else options.tests
    check_names("tests", tests, TESTS)
    check_names("by", options.by, LEVELS)
    for first, last in (options.window, *options.windows):
        if first > last:
            raise UserDataError(
                f"event study: window: expected first <= last, found [{first}, {last}]; change it"
            )
    if (minimum := options.minimum) is None:
        least = garch_errors.FEWEST if options.model == "garch" else 0
        minimum = max(math.ceil(options.estimation / 2), least)
    return replace(options, tests=tests, minimum=minimum)


def _run(
    placed: Placed, factors: tuple[str, ...], options: EventOptions, runner: Runner
) -> EventStudyResult:
    events, spans = placed.events, own_spans(placed.events, options)
    windows = (options.window, *options.windows)
    window = (
        int(spans[:, 0].min(initial=windows[0][0])),
        int(spans[:, 1].max(initial=windows[0][1])),
    )
    firsts, lasts = zip(window, *windows, strict=True)
    length, minimum = estimation_bounds(placed, options)
    whole = abnormal.event_study(
        placed.returns,
        events.drop(columns=[name for name in CUSTOM if name in events.columns]),
        factors=factors,
        model=cast(Model, "market" if options.model in get_args(FactorModel) else options.model),
        length=length,
        gap=options.gap,
        minimum=minimum,
        window=(min(firsts), max(lasts)),
        exclude=_listed_windows(placed.returns.index, events, options)
        if options.skip_listed
        else None,
        kind=options.returns,
        own=placed.own,
        run=runner,
    )
    placed = replace(placed, returns=placed.returns.iloc[:, :0].copy())  # the panel has them
    cut = cut_spans(whole, placed, spans, options)
    whole = whole if cut is None else whole.cut_to(cut)
    observed = np.isfinite(whole.over(*window).car)
    kept = whole.take(observed)
    skipped = tell_skipped(whole, ~observed, placed, window)
    if not len(kept.rows):
        raise UserDataError(tell_none(skipped))
    rows = _counted(kept, options).drop(columns="asset")
    ar = _inside(kept, window)
    tests = [
        (each, tests_by_group(kept, each, options.tests, options.placebo, _rng(options)))
        for each in (window, *options.windows)
    ]
    return EventStudyResult(
        events=pd.concat([rows, kept.car(*window)], axis=1),
        ar=ar,
        groups=describe_groups(kept, window),
        paths=mean_paths(kept, ar),
        tests=tests[0][1],
        windows=tests_over_windows(kept, tests),
        contrasts=contrasts(kept, window),
        breakdown=tests_by_slice(
            kept,
            (window, *options.windows),
            options.by,
            options.tests,
            options.placebo,
            _rng(options),
        ),
        skipped=skipped,
        options=options,
    )


def _rng(options: EventOptions) -> np.random.Generator:
    return np.random.default_rng(options.seed)


def _inside(study: EventStudy, window: Window) -> pd.DataFrame:
    """Return the abnormal returns of the days that count, NaN on others."""
    ar = pd.DataFrame(study.ar, columns=study.event_time).loc[:, slice(*window)]
    if study.spans is None:
        return ar
    days = ar.columns.to_numpy()
    low, high = study.spans[:, :1], study.spans[:, 1:]
    return ar.where((days >= low) & (days <= high))


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
    zeros = count_zeros(study)
    return study.rows.assign(listed_in_estimation=listed, overlaps=overlaps, zero_returns=zeros)
