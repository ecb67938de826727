"""The event study on a user's own prices and events: ``analysis.event_study``."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
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
from analysis.userfiles.event_windows import (
    count_zeros,
    cut_spans,
    estimation_bounds,
    own_spans,
    tell_none,
    tell_reasons,
    tell_skipped,
)
from analysis.userfiles.factors import name_factors, risk_free
from analysis.userfiles.group_tests import contrasts, tests_by_group, tests_by_slice
from analysis.userfiles.options import EventOptions, Window, takes
from analysis.userfiles.output import as_text, check_names
from analysis.userfiles.sessions import CUSTOM, Placed, place_events

__all__ = ["TESTS", "EventStudyResult", "event_study"]

TESTS = (*KNOWN, "placebo")
IDLE = 0.5  # share of zero returns in its estimation window beyond which a firm hardly trades
MOST_TOLD = 5  # events that are named on the terminal; the result has all
SHOWN = ["estimate", "statistic", "p", "p_holm", "reason"]  # of a test in the summary


@dataclass(frozen=True)
class EventStudyResult:
    """Frames of one event study.

    Attributes
    ----------
    events : DataFrame, (N, ...)
        One row an event: its columns, fit, bounds of the estimation window,
        ``listed_in_estimation`` and ``overlaps`` (counts), ``zero_returns`` (share of the
        estimation window), and ``raw``, ``car``, ``se``, ``t``, ``df``, ``p``, ``bhar`` of the
        window; returns are fractions. ``asked`` is the date of the list, ``day0`` the session.
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

    def warnings(self) -> list[str]:
        """Return what a reader should know of the events: moved, left out, hardly traded."""
        moved = self.events[self.events["asked"] != self.events["day0"]]
        lines = [
            f"moved: {row['ticker']} from {row['asked'].date()} to its session of "
            f"{row['day0'].date()}"
            for _, row in moved.head(MOST_TOLD).iterrows()
        ]
        lines += [f"moved: {len(moved) - MOST_TOLD} more"] * (len(moved) > MOST_TOLD)
        lines += tell_reasons(self.skipped)
        idle = self.events[self.events["zero_returns"] > IDLE]
        if len(idle):
            names = ", ".join(dict.fromkeys(idle["ticker"].head(MOST_TOLD)))
            lines.append(
                f"flagged: over half of the estimation returns are zero in {len(idle)} events "
                f"({names})"
            )
        return lines

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
    return EventStudyResult(
        events=pd.concat([rows, kept.car(*window)], axis=1),
        ar=_inside(kept, window),
        tests=tests_by_group(kept, window, options.tests, options.placebo, _rng(options)),
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
