"""Which firm-windows can be used: listing, estimation window, end of the data, confounders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.typing import NaTType

from analysis.estimators.events.windows import estimation_slice
from analysis.estimators.returns import log_returns, simple_returns
from analysis.snapshot.load import Snapshot

__all__ = ["confounder_spans", "firm_windows", "listed_returns", "news_window"]


def listed_returns(snapshot: Snapshot) -> pd.DataFrame:
    """Daily returns of every ticker, missing where the price was another company's.

    A firm's first own return is that of the session after ``listed_from``: the return of the first
    day still starts from the price of the shell.

    Parameters
    ----------
    snapshot : Snapshot

    Returns
    -------
    pandas.DataFrame
        Fractions, simple or log as ``study.returns`` says, shape ``(S, N)``, indexed like the
        prices; the first row is missing.
    """
    compute = log_returns if snapshot.choices.returns == "log" else simple_returns
    returns = compute(snapshot.prices).reindex(snapshot.prices.index)
    for ticker, start in _first_own_return(snapshot).items():
        returns.loc[returns.index[:start], ticker] = np.nan
    return returns


def _first_own_return(snapshot: Snapshot) -> dict[str, int]:
    """Position of each ticker's first return between two prices of its own."""
    listed = snapshot.universe["listed_from"].fillna(snapshot.sessions[0])
    positions = snapshot.sessions.searchsorted(pd.DatetimeIndex(listed))
    return {str(t): int(p) + 1 for t, p in zip(listed.index, positions, strict=True)}


def news_window(window: tuple[int, int]) -> tuple[int, int]:
    """Return the event days that must be free of a firm's own news by default."""
    first, last = window
    return min(first, 0), last


def confounder_spans(confounders: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Sessions that each confounder touches.

    It starts at ``first_priced`` where that is known, else at its date (the next session if that
    day has none). It ends at ``last_priced`` where given; else it touches one session if
    ``first_priced`` is known, and the following one too if not, since then the hour is unknown.
    Rows of confidence ``unverified`` touch nothing and are left out.

    Parameters
    ----------
    confounders : pandas.DataFrame
        As in a snapshot.
    sessions : pandas.DatetimeIndex
        All sessions in order, length ``S``.

    Returns
    -------
    pandas.DataFrame
        Columns ``ticker``, ``label`` (date and kind), ``first`` and ``last``: positions among the
        sessions, both included; at or beyond ``S`` where the confounder lies after the data.
    """
    rows = confounders[confounders["confidence"] != "unverified"]
    known = rows["first_priced"].notna()
    first = sessions.searchsorted(pd.DatetimeIndex(rows["first_priced"].fillna(rows["date"])))
    end = pd.DatetimeIndex(rows["last_priced"].fillna(rows["date"]))
    stated = sessions.searchsorted(end, side="right") - 1
    last = np.where(rows["last_priced"].notna(), stated, np.where(known, first, first + 1))
    everyone = np.where(rows["ticker"] == "ALL", ", all firms", "")
    return pd.DataFrame(
        {
            "ticker": rows["ticker"].to_numpy(),
            "label": (rows["date"].dt.strftime("%Y-%m-%d ") + rows["kind"] + everyone).to_numpy(),
            "first": first,
            "last": last,
        }
    )


def firm_windows(snapshot: Snapshot) -> pd.DataFrame:
    """Say for every event, studied firm and event window whether it can be used, and why not.

    The estimation window holds ``estimation.length`` sessions and ends ``estimation.gap`` sessions
    before day 0. Sessions before the firm's first own return do not count; with fewer than
    ``estimation.minimum`` left the firm-window is not eligible. Contamination is reported beside
    eligibility and does not enter it: whether to leave such windows out is the analyst's choice.

    Parameters
    ----------
    snapshot : Snapshot

    Returns
    -------
    pandas.DataFrame
        One row per event × firm × window, in the order of ``events``, ``firms.studied`` and
        ``windows.bounds``: ``event``, ``ticker``, ``window``, ``day0``, ``first`` and ``last`` (its
        sessions, missing outside the data), ``estimation_first``, ``estimation_last``,
        ``estimation_sessions`` (usable ones), ``eligible``, ``reason`` (empty if eligible),
        ``contaminated``, ``confounders`` (date and kind, joined by ``;``).
    """
    firms = _firms(snapshot)
    positions = snapshot.sessions.get_indexer(pd.DatetimeIndex(snapshot.events["day0"]))
    rows = [
        row
        for event, day0 in zip(snapshot.events["id"], positions, strict=True)
        for firm in firms
        for row in _rows(snapshot, event, int(day0), firm)
    ]
    return pd.DataFrame(rows)


class _Firm(NamedTuple):
    """What is needed of a firm: its first own return and the confounders that touch it."""

    ticker: str
    start: int
    first: npt.NDArray[np.intp]
    last: npt.NDArray[np.intp]
    labels: npt.NDArray[np.object_]


def _firms(snapshot: Snapshot) -> list[_Firm]:
    spans = confounder_spans(snapshot.confounders, snapshot.sessions)
    starts = _first_own_return(snapshot)
    firms = []
    for ticker in snapshot.choices.firms.studied:
        own = spans[spans["ticker"].isin([ticker, "ALL"])]
        arrays = (own[name].to_numpy() for name in ("first", "last", "label"))
        firms.append(_Firm(ticker, starts[ticker], *arrays))
    return firms


def _rows(snapshot: Snapshot, event: str, day0: int, firm: _Firm) -> Iterator[dict[str, object]]:
    rules = snapshot.choices.estimation
    estimation = estimation_slice(day0, rules.length, rules.gap)
    begin, end = max(estimation.start, firm.start), estimation.stop - 1
    usable = max(end - begin + 1, 0)
    for window, (before, after) in snapshot.choices.windows.bounds.items():
        first, last = day0 + before, day0 + after
        reason = _reason(snapshot, firm.start, first, last, usable)
        hits = firm.labels[(firm.first <= last) & (firm.last >= first)]
        yield {
            "event": event,
            "ticker": firm.ticker,
            "window": window,
            "day0": snapshot.sessions[day0],
            "first": _session(snapshot, first),
            "last": _session(snapshot, last),
            "estimation_first": _session(snapshot, begin) if usable else pd.NaT,
            "estimation_last": _session(snapshot, end) if usable else pd.NaT,
            "estimation_sessions": usable,
            "eligible": not reason,
            "reason": reason,
            "contaminated": bool(hits.size),
            "confounders": ";".join(hits),
        }


def _reason(snapshot: Snapshot, start: int, first: int, last: int, usable: int) -> str:
    """Why a firm-window cannot be used; empty if it can."""
    rules = snapshot.choices.estimation
    since = f"{snapshot.sessions[start - 1]:%Y-%m-%d}"
    if first < start:
        return f"window starts before the second own price (first: {since})"
    if usable < rules.minimum:
        return f"{usable} estimation sessions since {since}, {rules.minimum} needed"
    if last >= len(snapshot.sessions):
        return f"window ends after the last price ({snapshot.sessions[-1]:%Y-%m-%d})"
    return ""


def _session(snapshot: Snapshot, position: int) -> pd.Timestamp | NaTType:
    inside = 0 <= position < len(snapshot.sessions)
    return snapshot.sessions[position] if inside else pd.NaT
