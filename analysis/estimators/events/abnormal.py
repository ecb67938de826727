"""Abnormal returns: AR, CAR and BHAR of every event, with forecast-error variances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.arrays import Bools, Ints
from analysis.estimators.blocks import Runner, blocks, here
from analysis.estimators.events import garch_errors
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.fits import Fitted
from analysis.estimators.events.layout import Layout, Panel, build_panel
from analysis.estimators.events.models import (
    WindowFit,
    fit_deviations,
    fit_sums,
    parameters,
    window_sums,
)
from analysis.estimators.events.nonsynchronous import SHIFTED, fit_shifted, with_neighbours
from analysis.estimators.events.own_sessions import OwnReturns
from analysis.estimators.events.residual_sums import UnitSums, day_starts, join_days, sum_whole
from analysis.estimators.events.windows import in_time
from analysis.estimators.names import Kind, Model

__all__ = ["event_study", "study_on"]

SHARED = 8  # firm-events a day from which one product a day takes less than one an event


def event_study(
    returns: pd.DataFrame,
    events: pd.DataFrame,
    *,
    factors: Sequence[str] = ("SPY",),
    model: Model = "market",
    length: int = 120,
    gap: int = 11,
    minimum: int = 60,
    window: tuple[int, int] = (-10, 20),
    exclude: pd.DatetimeIndex | None = None,
    kind: Kind = "simple",
    own: Mapping[str, OwnReturns] | None = None,
    run: Runner = here,
) -> EventStudy:
    """Fit the model of the normal return before each event and return the abnormal returns.

    Parameters
    ----------
    returns : DataFrame, (T, A)
        Fractions; one row a session (unique, increasing), one column an asset.
    events : DataFrame
        Columns ``ticker`` and ``day0``; others are carried through.
    factors : sequence of str
        Columns of `returns`; the market-adjusted model takes one, the mean model uses none.
    model : {"market", "mean", "market_adjusted", "no_intercept", "scholes_williams", "dimson",
        "garch"}
        Market model with any number of factors, constant mean, return less factor, the first
        without its intercept; market model
        with a slope corrected for late trades (one factor, one session before and after), or
        with GARCH(1,1) errors (100 sessions at least; windows are fitted one by one).
    length, gap : int
        Sessions of the estimation window, which ends `gap` sessions before day 0: 120 and 11 give
        the event days -130 to -11. Sessions without a return are skipped, not replaced.
    minimum : int
        Fewest usable estimation sessions; an event with fewer is skipped.
    window : (int, int)
        First and last event day.
    exclude : DatetimeIndex, optional
        Sessions left out of all estimation windows, such as those of other listed events.
    kind : {"simple", "log"}
        Kind of `returns`; decides how they compound.
    own : mapping, optional
        Assets with sessions of their own, by the name that stands in the column ``asset`` of
        `events`, else in ``ticker``; windows of their events count these sessions. Their columns
        of `returns` are not used, and its index holds all their sessions.
    run : Runner
        Where blocks of events are worked on; by default in this process.

    Returns
    -------
    EventStudy
        Events whose window leaves the data keep their row, with NaN beyond it. Events without a
        fit are in ``skipped`` with the reason.

    Raises
    ------
    ValueError
        If a frame or an option is malformed; the message names it.
    """
    names = _factors(model, factors)
    layout = Layout(length, gap, *window)
    _check(events, minimum, parameters(model, len(names)), length)
    if model == "garch" and minimum < garch_errors.FEWEST:
        raise ValueError(
            f"minimum: expected {garch_errors.FEWEST} or more for garch, found {minimum}"
        )
    columns = returns.columns.drop_duplicates()  # a double one is an error only if it is asked for
    asked = pd.Index(events["asset"] if own and "asset" in events.columns else events["ticker"])
    columns = columns.difference(pd.Index(own), sort=False) if own else columns
    place = columns.get_indexer(asked)
    used = np.bincount(place[place >= 0], minlength=len(columns)) > 0
    panel = build_panel(returns, list(columns[used]), names, layout, exclude, own)
    if model in SHIFTED:
        panel = with_neighbours(panel)
    column = np.append(np.cumsum(used) - 1, -1)[place]
    if own:
        apart = pd.Index(own).get_indexer(asked)
        column = np.where(apart >= 0, int(used.sum()) + apart, column)
    position = panel.sessions.get_indexer(pd.DatetimeIndex(events["day0"])).astype(np.int64)
    reason = _place_reasons(panel, column, position)
    return study_on(panel, events, column, position, reason, (names, model, minimum, kind), run)


def study_on(
    panel: Panel,
    events: pd.DataFrame,
    column: Ints,
    position: Ints,
    reason: npt.NDArray[np.object_],
    choices: tuple[tuple[str, ...], Model, int, Kind],
    run: Runner = here,
) -> EventStudy:
    """Fit events already placed in a panel; those with a reason, or without a fit, are skipped.

    Parameters
    ----------
    panel : Panel
        Laid-out returns of A assets.
    events : DataFrame, N rows
        Columns to carry through.
    column, position : (N,)
        Row of the asset and session of day 0.
    reason : (N,)
        Why an event cannot be used; empty where it can.
    choices : tuple
        Names of the factors in the panel, model, minimum, kind.
    run : Runner
        Where blocks of events are worked on.
    """
    names, model, minimum, kind = choices
    placed = np.flatnonzero(reason == "")
    column, position = column[placed], position[placed]
    fit, units = _fit(panel, column, position, model, run)
    forecast = None
    if model == "garch":
        fit, forecast = garch_errors.refit(panel, column, position, fit)
        units = None
    reason = reason.copy()
    reason[placed] = _fit_reasons(fit, minimum, model)
    sound = reason[placed] == ""
    fitted = Fitted(panel, column, position, fit, model, forecast, units)
    fitted = fitted if sound.all() else fitted.take(sound)
    skipped = reason != ""
    return EventStudy(
        events=events.iloc[placed[sound]].reset_index(drop=True),
        fitted=fitted,
        skipped=events[skipped].assign(reason=reason[skipped]).reset_index(drop=True),
        factors=names,
        minimum=minimum,
        kind=kind,
        run=run,
    )


def _factors(model: Model, factors: Sequence[str]) -> tuple[str, ...]:
    """Return the factors the model uses."""
    if model not in get_args(Model):
        raise ValueError(f"model: expected one of {', '.join(get_args(Model))}, found {model!r}")
    if model == "mean":
        return ()
    if not factors or (model in ("market_adjusted", *SHIFTED) and len(factors) != 1):
        number = "one factor or more" if model in ("market", "garch") else "one factor"
        raise ValueError(f"model {model}: expected {number}, found {tuple(factors)}")
    return tuple(factors)


def _check(events: pd.DataFrame, minimum: int, k: int, length: int) -> None:
    """Raise ValueError where the events or the minimum cannot be used."""
    missing = {"ticker", "day0"} - set(events.columns)
    if missing:
        raise ValueError(f"events: missing column {sorted(missing)[0]!r}")
    own = {"alpha", "sigma", "k", "n_estimation", "estimation_start", "estimation_end", "reason"}
    clash = sorted(own & set(events.columns))
    if clash:
        raise ValueError(f"events: column {clash[0]!r} would be overwritten; rename it")
    if not k < minimum <= length:
        raise ValueError(
            f"minimum: expected more than {k} (parameters) and at most {length} (window) "
            f"estimation sessions, found {minimum}"
        )


def _place_reasons(panel: Panel, column: Ints, position: Ints) -> npt.NDArray[np.object_]:
    """Say for each event why its day 0 cannot be used; empty where it can."""
    reason = np.full(column.shape, "", dtype=object)
    # The last reason that applies is overwritten by those that explain it.
    if len(panel.assets):
        asset, factor = panel.present(column, position)
        reason[~asset] = "no return on day 0"
        reason[~factor] = "no factor return on day 0"
    reason[position < 0] = "day 0 is not a session"
    reason[column < 0] = "unknown ticker"
    return reason


def _fit(
    panel: Panel, column: Ints, position: Ints, model: Model, run: Runner
) -> tuple[WindowFit, UnitSums | None]:
    """Fit all events, a block of windows at a time; sum their residuals on the way if all allow.

    In order of time neighbours share their factors, and windows are read once for both.
    """
    length = panel.layout.length
    if model in SHIFTED:
        tasks = ((column[part], position[part], model) for part in blocks(len(column), length))
        return WindowFit.join(list(run(fit_shifted, panel, tasks))), None
    shape: Model = "market" if model == "garch" else model  # least squares first
    by_day = in_time(position)
    days = (by_day[part] for part in blocks(by_day.size, length))
    tasks = ((column[at], position[at], shape) for at in days)
    fits, sounds, units = zip(*run(_fit_whole, panel, tasks), strict=True)
    back = np.empty_like(by_day)
    back[by_day] = np.arange(by_day.size)
    fit = WindowFit.join(fits)
    if (np.diff(by_day) != 1).any():  # else they stand in order of time, and need no copy
        fit = fit.take(back)
    rest = np.flatnonzero(~np.concatenate(sounds)[back])
    if not rest.size:
        return fit, join_days(units, length)
    parts = (rest[part] for part in blocks(rest.size, length))
    more = run(_fit_rest, panel, ((column[at], position[at], shape) for at in parts))
    return fit.updated(rest, WindowFit.join(list(more))), None


def _fit_whole(
    panel: Panel, column: Ints, position: Ints, model: Model
) -> tuple[WindowFit, Bools, UnitSums]:
    """Fit a block of windows, in order of time, say which fits are sound, and sum residuals."""
    starts = np.flatnonzero(day_starts(position))
    y, x = panel.estimation_returns(column, position), panel.estimation_factors(position[starts])
    if len(y) > SHARED * starts.size:
        sums = window_sums(y, x, starts)
    else:
        sums = window_sums(y, panel.estimation_factors(position))
    fit, sound = fit_sums(sums, y.shape[1], model)
    units = sum_whole(y, x, fit, starts) if sound.all() else np.empty((starts.size, y.shape[1]))
    return fit, sound, UnitSums(position[starts], units)


def _fit_rest(panel: Panel, column: Ints, position: Ints, model: Model) -> WindowFit:
    """Fit a block of windows whose sums are not to be relied on."""
    return fit_deviations(*panel.estimation_windows(column, position), model)


def _fit_reasons(fit: WindowFit, minimum: int, model: Model) -> npt.NDArray[np.object_]:
    """Say for each fit why it cannot be used; empty where it can."""
    reason = np.full(fit.n.shape, "", dtype=object)
    reason[np.isnan(fit.alpha)] = "factors are constant or collinear in the estimation window"
    if model == "garch":
        reason[np.isnan(fit.alpha)] += ", or the GARCH likelihood does not converge"
    reason[fit.perfect] = "the model leaves no residual in the estimation window"
    reason[fit.constant] = "constant returns in the estimation window"
    for row in np.flatnonzero(fit.n < minimum):
        reason[row] = f"too few estimation sessions (found {fit.n[row]}, needed {minimum})"
    return reason
