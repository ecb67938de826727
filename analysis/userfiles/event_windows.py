"""Windows of single events: their own, cut where a firm ends, and why an event is left out."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.estimators.blocks import blocks
from analysis.estimators.events.event_study import EventStudy
from analysis.userfiles.options import EventOptions, Window
from analysis.userfiles.sessions import Placed

__all__ = [
    "count_zeros",
    "cut_spans",
    "estimation_bounds",
    "own_spans",
    "tell_none",
    "tell_reasons",
    "tell_skipped",
]

SHOWN = 3  # events that a message names


def own_spans(events: pd.DataFrame, options: EventOptions) -> Ints:
    """Return first and last event day of each event: its own, else those of all. (N, 2)."""
    spans = np.tile(np.array(options.window, dtype=np.int64), (len(events), 1))
    if "window" in events.columns:
        for row, own in enumerate(events["window"]):
            if isinstance(own, (tuple, list)):
                spans[row] = own
    return spans


def estimation_bounds(placed: Placed, options: EventOptions) -> tuple[int, int]:
    """Return the length of the estimation window and the fewest returns in it.

    With windows of their own the longest decides the length, and half of the shortest the fewest
    returns if that is less.
    """
    sizes = [own.fit[1] - own.fit[0] for own in placed.own.values() if own.fit is not None]
    minimum = options.minimum or 0
    if not sizes:
        return options.estimation, minimum
    least = min((size for size in sizes if size > 1), default=options.estimation)
    return max(*sizes, 1), max(min(minimum, least // 2), 5)


def cut_spans(study: EventStudy, placed: Placed, spans: Ints, options: EventOptions) -> Ints | None:
    """Return the windows to which events are cut, None if all have the window of all.

    Parameters
    ----------
    study : EventStudy
        Events that have a fit.
    placed : Placed
        All events that have a session.
    spans : (M, 2)
        Of the latter.
    """
    rows = _rows(study.events, placed.events)
    cut = spans[rows].copy()
    if options.short_window:
        last = np.array([_after(placed, study, row)[0] for row in range(study.fitted.size)])
        cut[:, 1] = np.minimum(cut[:, 1], last)
    return None if (cut == options.window).all() else cut


def _rows(some: pd.DataFrame, whole: pd.DataFrame) -> Ints:
    keys = ["asset", "day0", "group"]
    places = pd.MultiIndex.from_frame(whole[keys]).get_indexer(pd.MultiIndex.from_frame(some[keys]))
    return np.asarray(places, dtype=np.int64)


def _after(placed: Placed, study: EventStudy, row: int) -> tuple[int, pd.Timestamp]:
    """Return the event day of the firm's last session and its date."""
    held = placed.sessions[str(study.events["asset"].iloc[row])]
    day0 = int(np.searchsorted(held, study.position[row]))
    return held.size - 1 - day0, study.panel.sessions[held[-1]]


def tell_skipped(study: EventStudy, broken: Bools, placed: Placed, window: Window) -> pd.DataFrame:
    """Return all events left out, with the reason of each."""
    reasons = [_tell_hole(study, int(row), placed, window) for row in np.flatnonzero(broken)]
    late = study.events[broken].assign(reason=reasons)
    parts = [placed.skipped, study.skipped, late]
    skipped = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return skipped.drop(columns="asset", errors="ignore")


def _tell_hole(study: EventStudy, row: int, placed: Placed, window: Window) -> str:
    """Say what is missing in the window of an event."""
    part = study.days(*window)
    days = study.event_time[part]
    counts = np.ones(days.size, dtype=bool)
    if study.spans is not None:
        counts = (days >= study.spans[row, 0]) & (days <= study.spans[row, 1])
    if not counts.any():
        return "no event day of the window has a price"
    at = int((np.isnan(study.ar[row, part]) & counts).argmax())
    day = int(days[at])
    last, date = _after(placed, study, row)
    if day > last:
        if date >= study.panel.sessions[-1]:
            return "the event window leaves the data"
        return f"the prices end on {date.date()}, event day {last}"
    held = placed.sessions[str(study.events["asset"].iloc[row])]
    if int(np.searchsorted(held, study.position[row])) + day < 0:
        return "the event window leaves the data"
    factor = bool(np.isnan(study.factor_window[row, part][at]).any())
    return f"no {'factor return' if factor else 'return'} on event day {day}"


def tell_reasons(skipped: pd.DataFrame) -> list[str]:
    """Return one line a reason for which events were left out."""
    lines = []
    for reason, rows in skipped.groupby("reason", sort=False) if len(skipped) else ():
        named = [_name(row) for row in rows.head(SHOWN).itertuples(index=False)]
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        lines.append(f"left out: {', '.join(named)}{more}: {reason}")
    return lines


def tell_none(skipped: pd.DataFrame) -> str:
    """Say why no event is left."""
    told = "; ".join(line.removeprefix("left out: ") for line in tell_reasons(skipped))
    return (
        f"event study: expected one usable event or more, found none of {len(skipped)} "
        f"({told}); change the events or the options"
    )


def _name(row: Hashable) -> str:
    asked = getattr(row, "asked", None)
    date = getattr(row, "day0", "") if asked is None or pd.isna(asked) else asked
    return f"{getattr(row, 'ticker', '')} {pd.Timestamp(date).date()}"


def count_zeros(study: EventStudy) -> Floats:
    """Return the share of returns in each estimation window that are exactly zero. (N,)."""
    shares = np.empty(study.fitted.size)
    for part in blocks(study.fitted.size, study.panel.layout.length):
        y, _ = study.panel.estimation_windows(study.column[part], study.position[part])
        shares[part] = (y == 0).sum(axis=1) / np.maximum(np.isfinite(y).sum(axis=1), 1)
    return shares
