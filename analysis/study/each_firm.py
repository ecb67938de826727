"""Firms on quiet days, each on the sessions of its own exchange, and episodes without a response.

What tests can find is told from quiet days alone: this module gives no response within the
sessions of an event that ``each_firm.quiet`` of the study names. Events are looked up in
:mod:`analysis.study.each_session`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.estimators.arrays import Bools, Ints
from analysis.snapshot.episodes import assign_episodes
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot
from analysis.snapshot.own_sessions import judge_firms, own_returns, usable_days
from analysis.study.each_session import fit_each

__all__ = [
    "find_quiet",
    "list_episodes",
    "mean_on_quiet_days",
    "place_days",
    "respond_on_quiet_days",
]


def find_quiet(snapshot: Snapshot) -> Bools:
    """Mark the sessions of the market's exchange that lie far from every listed event. (T,).

    Inside ``each_firm.span`` and more than ``each_firm.quiet`` sessions from every event, tested or
    not.
    """
    rules, sessions = snapshot.choices.each_firm, snapshot.sessions
    listed = sessions.get_indexer(pd.DatetimeIndex(snapshot.events["day0"].unique()))
    distance = np.abs(np.arange(len(sessions))[:, None] - listed).min(axis=1)
    first, last = map(pd.Timestamp, rules.span)
    return np.asarray((distance > rules.quiet) & (sessions >= first) & (sessions <= last))


def place_days(days: pd.DatetimeIndex, sessions: pd.DatetimeIndex, lag: int) -> Ints:
    """Find the session of another exchange for each day: the first on (0) or after (1) it.

    Returns
    -------
    array, (N,)
        Positions among `sessions`; their number where there is none.
    """
    side: Literal["left", "right"] = "right" if lag else "left"
    return np.asarray(sessions.searchsorted(days, side=side), dtype=np.int64)


def respond_on_quiet_days(
    snapshot: Snapshot, days: pd.DatetimeIndex, firms: Sequence[str]
) -> pd.DataFrame:
    """Compute the CAR of each firm over the primary window with quiet days as day 0.

    The normal return is that of the rules of the study, fitted on the sessions of the firm's
    exchange; the standard error holds the forecast error: see
    :meth:`analysis.estimators.events.event_study.EventStudy.car`.

    Parameters
    ----------
    days : DatetimeIndex
        Sessions of the market's exchange. A firm of another exchange is measured on the session
        there that ``each_firm.lag`` says.
    firms : sequence of str

    Returns
    -------
    DataFrame
        A row for each day and firm that can be used then: ``day``, ``ticker``, ``day0`` (on the
        firm's exchange), ``car`` (fraction), ``se`` (fraction), ``scar``.

    Raises
    ------
    StudyError
        If a day is not quiet: no response of an event is to be had here.
    """
    choices, quiet = snapshot.choices, snapshot.sessions[find_quiet(snapshot)]
    if len(strays := days[~days.isin(quiet)]):
        raise StudyError(
            f"{strays[0]:%Y-%m-%d}: expected a session of {choices.home} more than "
            f"{choices.each_firm.quiet} sessions from every event, found one nearer; responses of "
            "events are no part of what quiet days show"
        )
    usable, at = usable_days(snapshot), exchange_by_ticker(snapshot.universe, choices)
    intercept, window = choices.registered.normal == "intercept", choices.windows.primary_bounds
    found = []
    for code, returns in own_returns(snapshot).items():
        own = [firm for firm in firms if at[firm] == code]
        sessions = pd.DatetimeIndex(returns.index)
        place = place_days(days, sessions, 0 if code == choices.home else choices.each_firm.lag)
        inside = place < len(sessions)
        day, firm = np.nonzero((usable[code][own] == "").to_numpy()[place[inside]])
        rows = pd.DataFrame(
            {
                "day": days[inside][day],
                "day0": sessions[place[inside]][day],
                "ticker": np.array(own, dtype=object)[firm],
            }
        )
        if len(rows):
            study = fit_each(snapshot, code, rows, window, intercept=intercept)
            cars = study.car(*window)
            measured = study.events.assign(car=cars["car"], se=cars["se"], scar=cars["t"])
            found.append(measured.dropna())
    return pd.concat(found, ignore_index=True)


def mean_on_quiet_days(snapshot: Snapshot, firms: Sequence[str]) -> pd.DataFrame:
    """Average the responses of the firms that can be used on each quiet day.

    Returns
    -------
    DataFrame
        Indexed by session of the market's exchange: ``scar``, ``car`` (fraction), ``firms``
        (number of them).
    """
    days = snapshot.sessions[find_quiet(snapshot)]
    by_day = respond_on_quiet_days(snapshot, days, firms).groupby("day")
    return by_day[["scar", "car"]].mean().assign(firms=by_day.size())


def list_episodes(
    snapshot: Snapshot, firms: Sequence[str], *, own_news: bool = False
) -> pd.DataFrame:
    """Chain the tested events on which a firm counts into episodes; no response enters.

    Parameters
    ----------
    own_news : bool
        Whether firms stay in the events that are their own news.

    Returns
    -------
    DataFrame
        One row an event: ``event``, ``episode`` (from 1, by date), ``day0``, ``direction``,
        ``mixed`` (opposite signs in the episode), ``alone`` (one direction in it), ``firms`` (how
        many count).
    """
    choices, events = snapshot.choices, snapshot.events
    judged = judge_firms(snapshot)
    counts = judged["ticker"].isin(firms) & (judged["reason"] == "")
    counts &= own_news | ~judged["left_out"]
    held = judged[counts].groupby("event").size()
    tested = [name for name, direction in choices.directions.items() if direction.tested]
    kept = events[events["direction"].isin(tested) & events["id"].isin(held.index)]
    found = assign_episodes(kept, snapshot.sessions, choices.episodes.distance, choices.directions)
    alone = found.groupby("episode")["direction"].transform("nunique") == 1
    return found.assign(alone=alone, firms=found["event"].map(held))
