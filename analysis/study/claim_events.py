"""Which events a claim is decided on, and why the others of its kind are not among them."""

from __future__ import annotations

import pandas as pd

from analysis.snapshot.claims import Events
from analysis.snapshot.episodes import SIGNS
from analysis.study.claim_kinds import Pooled, responses_of, sides_of
from analysis.study.episodes import chosen_days, conditions
from analysis.study.panel import Panel

__all__ = ["list_events"]


def list_events(claim: Pooled, panel: Panel) -> pd.DataFrame:
    """List the events of the directions that a claim asks for.

    Returns
    -------
    DataFrame
        One row an event and side: ``side`` (the directions asked for), ``event``, ``day0``,
        ``episode``, ``firms`` (tickers held), ``value`` (signed as the claim asks, fraction),
        ``left_out`` (the reason; empty where the event enters).
    """
    found = responses_of(claim, panel).at_events(panel)
    frames = []
    for events in sides_of(claim):
        days = chosen_days(panel, found, events)
        rows = panel.events[panel.events["direction"].isin(events.directions or list(SIGNS))]
        frame = rows[["day0", "episode"]].rename_axis("event").reset_index()
        frame.insert(0, "side", ", ".join(events.directions) or "all")
        frame["firms"] = frame["event"].map(days["members"])
        frame["value"] = frame["event"].map(days["car"])
        frame["left_out"] = [_reason(panel, events, found, days, event) for event in rows.index]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _reason(
    panel: Panel, events: Events, found: pd.DataFrame, days: pd.DataFrame, event: str
) -> str:
    """Say why an event is not among the days that are averaged; empty if it is."""
    row = panel.events.loc[event]
    if event in days.index:
        return ""
    if row["status"] != "confirmatory":
        return f"not confirmatory: {row['status'].replace('_', ' ')}"
    if row["mixed"] and not events.mixed:
        return "its episode holds events of the opposite sign"
    same = panel.events[panel.events["day0"] == row["day0"]]
    if not same["direction"].isin(events.directions or list(SIGNS)).all():
        return "news of another direction on the same day"
    if not conditions(panel, events)[event]:
        return "a condition of the claim is not met"
    if event not in found.index:
        return "no firm with a clean and complete window"
    return "another headline of its day or episode stands for it"
