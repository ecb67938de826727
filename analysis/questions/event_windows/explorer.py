"""The material of the interactive figure: every firm's path around every event, placebo bands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.events.placebo import clear_sessions
from analysis.results import Figure, Findings, Provenance
from analysis.study.panel import Panel, estimate

__all__ = ["bands", "compute", "paths"]

WINDOW = (0, 4)  # event days of the picture
SOURCE = Provenance(
    "analysis.questions.event_windows.explorer.compute",
    ("prices.csv", "events.csv", "universe.csv", "confounders.csv", "study.toml"),
    "every eligible firm-event; placebo dates clear of listed events",
)


def compute(panel: Panel) -> Findings:
    """Collect what the figure shows, with one event as the picture that stands without it.

    That event is the first highlighted one, or the last in time where none is.
    """
    shown, band = paths(panel), bands(panel)
    events = panel.events[panel.events.index.isin(shown["event"])]
    day = pd.Timestamp(next(iter(panel.highlights.values()), events["day0"].max()))
    chosen = str(events.index[events["day0"] == day][0])
    first, last = WINDOW
    start = pd.DataFrame({"event": [chosen], "first": [first], "last": [last]})
    firms = pd.DataFrame({"ticker": list(panel.snapshot.choices.firms.studied)})
    firms["chosen"] = firms["ticker"].isin(panel.snapshot.choices.firms.core)
    data = {
        "paths": shown,
        "bands": band,
        "events": events[["day0", "direction", "headline"]].rename_axis("event").reset_index(),
        "start": start,
        "firms": firms,
    }
    alt = _alternative(data)
    return Findings(figures=[Figure("explorer", "explorer", data, alt, SOURCE)])


def paths(panel: Panel) -> pd.DataFrame:
    """Lay out realised and abnormal returns by event, firm and event day.

    Returns
    -------
    DataFrame
        ``event``, ``ticker``, ``day`` (sessions), ``raw`` and ``ar`` (fraction); NaN beyond data.
    """
    study = panel.event_study
    count = len(study.event_time)
    return pd.DataFrame(
        {
            "event": np.repeat(study.rows["id"].to_numpy(), count),
            "ticker": np.repeat(study.rows["ticker"].to_numpy(), count),
            "day": np.tile(study.event_time, len(study.rows)),
            "raw": study.raw.ravel(),
            "ar": study.ar.ravel(),
        }
    )


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
    placed = estimate(panel.snapshot, panel.returns, days.merge(firms, how="cross"))
    sums = np.cumsum(placed.ar[:, placed.event_time >= 0], axis=1)
    rows = []
    for length in range(1, sums.shape[1] + 1):
        clear = placed.rows["position"].isin(clear_sessions(len(sessions), listed, 1, length - 1))
        known = clear.to_numpy() & np.isfinite(sums[:, length - 1])
        cars = pd.DataFrame(
            {"ticker": placed.rows["ticker"][known], "car": sums[known, length - 1]}
        )
        for ticker, part in cars.groupby("ticker", sort=False)["car"]:
            if len(part) >= fewest:
                low, high = part.quantile(list(inference.tails))
                rows.append((ticker, length, low, high, len(part)))
    return pd.DataFrame(rows, columns=["ticker", "length", "low", "high", "dates"])


def _alternative(data: dict[str, pd.DataFrame]) -> str:
    chosen = data["start"].iloc[0]
    path = data["paths"].query(
        "event == @chosen.event and @chosen['first'] <= day <= @chosen['last']"
    )
    sums = path.groupby("ticker", sort=False)[["raw", "ar"]].sum()
    band = data["bands"].query("length == @chosen['last'] - @chosen['first'] + 1")
    band = band.set_index("ticker")
    parts = []
    for ticker in data["firms"].query("chosen and ticker in @sums.index")["ticker"]:
        text = f"{ticker} {100 * sums.loc[ticker, 'ar']:.1f}%"
        if ticker in band.index:
            low, high = 100 * band.loc[ticker, ["low", "high"]]
            text += f" (placebo band {low:.1f}% to {high:.1f}%)"
        parts.append(text)
    day = data["events"].set_index("event").loc[chosen["event"], "day0"]
    return (
        f"Abnormal returns of the core firms cumulated over event days {chosen['first']} to "
        f"{chosen['last']} around {day.day} {day:%B %Y}: {'; '.join(parts)}."
    ).replace("-", "\u2212")
