"""Returns of the firms of the years before around their events, each on its own sessions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.estimators.events.event_study import EventStudy
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot
from analysis.snapshot.own_sessions import own_returns, usable_days
from analysis.study.calendars import Calendars
from analysis.study.each_firm import find_quiet, place_days
from analysis.study.each_firm_tests import Run
from analysis.study.each_session import fit_each

__all__ = ["bands_before", "fit_around", "paths_before"]


def fit_around(
    snapshot: Snapshot, run: Run, calendar: Calendars, window: tuple[int, int]
) -> Iterator[EventStudy]:
    """Fit the firms of a run around its events, exchange by exchange.

    A firm is left out of an event that is its own news, and of one on which it cannot be used.

    Yields
    ------
    EventStudy
        A row for each event and firm; ``id`` in ``events`` is the event.
    """
    table = run.table(snapshot)
    cars = table.look_up("scar", calendar.places)[0]
    out = calendar.events["leave_out"].str.split(";").to_list()
    event, firm = np.nonzero(~np.isnan(cars))
    for code, sessions in table.sessions.items():
        rows = [
            (calendar.events["id"].iloc[e], table.firms[f], sessions[calendar.places[code][0, e]])
            for e, f in zip(event, firm, strict=True)
            if table.exchanges[f] == code and table.firms[f] not in out[e]
        ]
        if rows:
            frame = pd.DataFrame(rows, columns=["id", "ticker", "day0"])
            yield fit_each(snapshot, code, frame, window)


def paths_before(
    snapshot: Snapshot, run: Run, calendar: Calendars, window: tuple[int, int]
) -> pd.DataFrame:
    """Lay out realised and abnormal returns by event, firm and event day.

    Returns
    -------
    DataFrame
        ``event``, ``ticker``, ``day`` (the firm's sessions), ``raw`` and ``ar`` (fraction); NaN
        beyond data.
    """
    frames = []
    for study in fit_around(snapshot, run, calendar, window):
        rows = study.events[["id", "ticker"]].rename(columns={"id": "event"})
        days = rows.merge(pd.DataFrame({"day": study.event_time}), how="cross")
        frames.append(days.assign(raw=study.raw.ravel(), ar=study.ar.ravel()))
    return pd.concat(frames, ignore_index=True)


def bands_before(snapshot: Snapshot) -> pd.DataFrame:
    """Return what a share ``level`` of the windows that start on quiet days holds, by firm.

    A quiet day lies more than ``each_firm.quiet`` sessions from every event, so that windows of up
    to so many sessions hold none; longer ones have no row.

    Returns
    -------
    DataFrame
        ``ticker``, ``length`` (sessions), ``low``, ``high`` (quantiles of the CAR, fraction),
        ``dates`` (windows).
    """
    choices, days = snapshot.choices, snapshot.sessions[find_quiet(snapshot)]
    usable, at = usable_days(snapshot), exchange_by_ticker(snapshot.universe, choices)
    longest, tails, found = choices.each_firm.quiet, list(choices.inference.tails), []
    for code, returns in own_returns(snapshot).items():
        own, sessions = [f for f in choices.firms.core if at[f] == code], returns.index
        lag = 0 if code == choices.home else choices.each_firm.lag
        place = place_days(days, pd.DatetimeIndex(sessions), lag)
        place = place[place < len(sessions)]
        day, firm = np.nonzero((usable[code][own] == "").to_numpy()[place])
        tickers = np.array(own, dtype=object)[firm]
        if not day.size:
            continue
        rows = pd.DataFrame({"ticker": tickers, "day0": sessions[place[day]]})
        study = fit_each(snapshot, code, rows, (0, longest - 1))
        sums = np.cumsum(study.ar, axis=1)
        for ticker, part in study.events.groupby("ticker", sort=False).indices.items():
            for length in range(1, longest + 1):
                cars = pd.Series(sums[part, length - 1]).dropna()
                low, high = cars.quantile(tails)
                found.append((ticker, length, low, high, len(cars)))
    return pd.DataFrame(found, columns=["ticker", "length", "low", "high", "dates"])
