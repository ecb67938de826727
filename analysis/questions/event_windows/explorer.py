"""The material of the interactive figure: every firm's path around every event, placebo bands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.events.placebo import clear_sessions
from analysis.questions.before.around_events import bands_before, paths_before
from analysis.results import Figure, Findings, Provenance
from analysis.results.formats import format_value
from analysis.study.each_firm_runs import registered_run
from analysis.study.earlier import earlier_study, has_beside
from analysis.study.panel import Panel, estimate

__all__ = ["compute", "paths"]

WINDOW = (0, 4)  # event days of the picture
SAMPLE = "every eligible firm-event; placebo dates clear of listed events"


def compute(panel: Panel) -> Findings:
    """Collect what the figure shows, with one event as the picture that stands without it.

    That event is the first highlighted one, or the last in time where none is.
    """
    shown, firms = paths(panel), panel.snapshot.choices.firms
    events = panel.events[panel.events.index.isin(shown["event"])]
    day = pd.Timestamp(next(iter(panel.highlights.values()), events["day0"].max()))
    first, last = WINDOW
    start = {"event": events.index[events["day0"] == day][0], "first": first, "last": last}
    before = _years_before(panel)
    tickers = [*firms.studied, *before["before_paths"]["ticker"]] if before else firms.studied
    every = pd.DataFrame({"ticker": list(dict.fromkeys(tickers))})
    data = {
        "paths": shown,
        "bands": bands(panel),
        "events": events[["day0", "direction", "headline"]].rename_axis("event").reset_index(),
        "start": pd.DataFrame([start]),
        "firms": every.assign(chosen=every["ticker"].isin(firms.core)),
        **before,
    }
    source = Provenance.of(compute, SAMPLE)
    return Findings(figures=[Figure("explorer", "explorer", data, _alternative(data, day), source)])


def _years_before(panel: Panel) -> dict[str, pd.DataFrame]:
    """Collect the same of the study of earlier years: paths, bands and events, where there is one.

    Its firms differ and have bands of their own years.
    """
    if not has_beside(panel.snapshot):
        return {}
    snapshot = earlier_study(panel.snapshot)
    run, fitted = registered_run(snapshot), panel.event_study.event_time
    calendar = run.calendar(snapshot)
    found = paths_before(snapshot, run, calendar, (int(fitted.min()), int(fitted.max())))
    events = calendar.events[calendar.events["id"].isin(found["event"])]
    events = events[["id", "day0", "direction", "headline"]].rename(columns={"id": "event"})
    return {
        "before_paths": found,
        "before_bands": bands_before(snapshot),
        "before_events": events.reset_index(drop=True),
    }


def paths(panel: Panel) -> pd.DataFrame:
    """Lay out realised and abnormal returns by event, firm and event day.

    Returns
    -------
    DataFrame
        ``event``, ``ticker``, ``day`` (sessions), ``raw`` and ``ar`` (fraction); NaN beyond data.
    """
    fitted = panel.event_study
    rows = fitted.rows[["id", "ticker"]].rename(columns={"id": "event"})
    days = rows.merge(pd.DataFrame({"day": fitted.event_time}), how="cross")
    return days.assign(raw=fitted.raw.ravel(), ar=fitted.ar.ravel())


def bands(panel: Panel) -> pd.DataFrame:
    """Return what a share ``level`` of the placebo windows of each firm and length holds.

    A placebo window of L sessions starts on a session such that no listed event has its day 0 on
    one of the L sessions or on the one before. The market model is estimated as for an event.

    Returns
    -------
    DataFrame
        ``ticker``, ``length`` (sessions), ``low``, ``high`` (quantiles of the CAR, fraction),
        ``dates`` (windows); a length with so few windows that less than one lies beyond each bound
        has no row.
    """
    inference = panel.snapshot.choices.inference
    fewest = 2 / inference.size
    sessions = panel.snapshot.sessions
    listed = sessions.get_indexer(pd.DatetimeIndex(panel.events["day0"]))
    firms = pd.DataFrame({"ticker": list(panel.snapshot.choices.firms.studied)})
    days = pd.DataFrame({"day0": sessions, "position": np.arange(len(sessions))})
    rows = days.merge(firms, how="cross")
    placed = estimate(panel.snapshot, panel.returns, rows, intercept=panel.intercept)
    sums = np.cumsum(placed.ar[:, placed.event_time >= 0], axis=1)
    found = []
    for length in range(1, sums.shape[1] + 1):
        clear = placed.rows["position"].isin(clear_sessions(len(sessions), listed, 1, length - 1))
        cars = pd.Series(sums[:, length - 1], placed.rows.index)[clear].dropna()
        for ticker, part in cars.groupby(placed.rows["ticker"], sort=False):
            if len(part) >= fewest:
                low, high = part.quantile(list(inference.tails))
                found.append((ticker, length, low, high, len(part)))
    return pd.DataFrame(found, columns=["ticker", "length", "low", "high", "dates"])


def _alternative(data: dict[str, pd.DataFrame], day: pd.Timestamp) -> str:
    start, firms = data["start"].iloc[0], data["firms"]
    first, last = start["first"], start["last"]
    path = data["paths"].query("event == @start.event and @first <= day <= @last")
    sums = path.groupby("ticker", sort=False)["ar"].sum()
    band = data["bands"].query("length == @last - @first + 1").set_index("ticker")
    parts = []
    for ticker in firms.loc[firms["chosen"] & firms["ticker"].isin(sums.index), "ticker"]:
        text = f"{ticker} {format_value(sums[ticker], 'percent1')}"
        if ticker in band.index:
            low, high = (format_value(band.loc[ticker, end], "percent1") for end in ("low", "high"))
            text += f" (placebo band {low} to {high})"
        parts.append(text)
    return (
        f"Abnormal returns of the core firms cumulated over event days {first} to {last} around "
        f"{day.day} {day:%B %Y}: {'; '.join(parts)}."
    )
