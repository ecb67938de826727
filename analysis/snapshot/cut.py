"""The data as they could have been known at the close of a past day."""

from __future__ import annotations

import pandas as pd

from analysis.reads import vary
from analysis.snapshot.load import Snapshot

__all__ = ["cut_snapshot"]

_UNDATED = pd.DateOffset(months=2)  # a figure whose release day is unknown is taken as out by then


def cut_snapshot(
    snapshot: Snapshot, day: pd.Timestamp, prices: pd.Timestamp | None = None
) -> Snapshot:
    """Return what a snapshot holds up to a day; choices, claims and firms stay as they are.

    Closes to that day, or to that of ``prices``; customs figures by their release day, two months
    after the month began where that is unknown; events that were announced and had a session;
    company news by its date.
    """
    customs, events, confounders = snapshot.customs, snapshot.events, snapshot.confounders
    released = customs["release_date"].fillna(customs["month"].dt.start_time + _UNDATED)
    closes = snapshot.prices.loc[: prices or day]
    listed = (events["announced"] <= day) & (events["day0"] <= closes.index[-1])
    return vary(
        snapshot,
        prices=closes,
        customs=customs[released <= day].reset_index(drop=True),
        events=events[listed].reset_index(drop=True),
        confounders=confounders[confounders["date"] <= day].reset_index(drop=True),
    )
