"""Which firm-windows can be used: listing, estimation window, end of the data, confounders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.arrays import Bools, Ints
from analysis.estimators.returns import take_returns
from analysis.snapshot.load import Snapshot
from analysis.snapshot.rules import Rules

__all__ = [
    "confounder_spans",
    "estimable",
    "find_news",
    "firm_windows",
    "list_left_out",
    "listed_returns",
    "news_window",
]


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
    returns = take_returns(snapshot.prices, snapshot.choices.returns)
    returns = returns.reindex(snapshot.prices.index)
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


def estimable(snapshot: Snapshot, tickers: Sequence[str], length: int, gap: int) -> Bools:
    """Say which tickers have a return on each day 0 and enough of them before it, (F, T)."""
    own = _first_own_return(snapshot)
    start, day0 = np.array([[own[t]] for t in tickers]), np.arange(len(snapshot.sessions))
    begin, end = _estimation(day0, start, length, gap)
    enough = end - begin + 1 >= snapshot.choices.estimation.minimum
    return np.asarray(enough & (day0 >= start))


def _estimation(day0: Any, start: Any, length: int, gap: int) -> tuple[Any, Any]:
    """Return the first and the last session of the estimation window that are a firm's own."""
    return np.maximum(day0 - gap - length + 1, start), day0 - gap


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


def firm_windows(snapshot: Snapshot, rules: Rules | None = None) -> pd.DataFrame:
    """Say for every event, studied firm and event window whether it can be used, and why not.

    The estimation window holds ``estimation.length`` sessions and ends ``estimation.gap`` sessions
    before day 0. Sessions before the firm's first own return do not count; with fewer than
    ``estimation.minimum`` left the firm-window is not eligible. Contamination is reported beside
    eligibility and does not enter it: whether to leave such windows out is the analyst's choice.

    Parameters
    ----------
    snapshot : Snapshot
    rules : Rules, optional
        What contaminates; the registered rules if not given.

    Returns
    -------
    pandas.DataFrame
        One row per event × firm × window, in the order of ``events``, ``firms.studied`` and
        ``windows.bounds``: ``event``, ``ticker``, ``window``, ``day0``, ``first`` and ``last`` (its
        sessions, missing outside the data), ``estimation_first``, ``estimation_last``,
        ``estimation_sessions`` (usable ones), ``eligible``, ``reason`` (empty if eligible),
        ``contaminated``, ``confounders`` (date and kind, joined by ``;``).
    """
    choices, sessions = snapshot.choices, snapshot.sessions
    estimation, bounds = choices.estimation, choices.windows.bounds
    windows = pd.DataFrame([*bounds.values()], columns=["before", "after"]).assign(window=[*bounds])
    rows = snapshot.events[["id", "day0"]].rename(columns={"id": "event"})
    rows = rows.merge(pd.DataFrame({"ticker": choices.firms.studied}), how="cross")
    rows = rows.merge(windows, how="cross")
    day0 = sessions.get_indexer(pd.DatetimeIndex(rows["day0"]))
    start = rows["ticker"].map(_first_own_return(snapshot)).to_numpy()
    first, last = day0 + rows["before"].to_numpy(), day0 + rows["after"].to_numpy()
    begin, end = _estimation(day0, start, estimation.length, estimation.gap)
    usable = np.maximum(end - begin + 1, 0)
    since = sessions[start - 1].strftime("%Y-%m-%d")
    ending = f"window ends after the last price ({sessions[-1]:%Y-%m-%d})"
    few = [f"{n} estimation sessions since {s}, {estimation.minimum} needed"
           for n, s in zip(usable, since, strict=True)]  # fmt: skip
    early = "window starts before the second own price (first: " + since + ")"
    missing = (first < start, usable < estimation.minimum, last >= len(sessions))
    reason = np.select(missing, [early, few, np.full(len(rows), ending)], "")
    news = pd.Series("", rows.index)
    for ticker, own in rows.groupby("ticker"):
        at = first[own.index], last[own.index]
        hits, labels = find_news(snapshot, str(ticker), *at, rules or choices.registered)
        news.update(pd.Series([";".join(labels[hit]) for hit in hits], own.index))
    return rows[["event", "ticker", "window", "day0"]].assign(
        first=_sessions_at(sessions, first),
        last=_sessions_at(sessions, last),
        estimation_first=_sessions_at(sessions, np.where(usable, begin, -1)),
        estimation_last=_sessions_at(sessions, np.where(usable, end, -1)),
        estimation_sessions=usable,
        eligible=reason == "",
        reason=reason,
        contaminated=news != "",
        confounders=news,
    )


def find_news(
    snapshot: Snapshot, ticker: str, first: Ints, last: Ints, rules: Rules
) -> tuple[Bools, npt.NDArray[np.object_]]:
    """Find the confounders of a firm that touch spans of sessions.

    Parameters
    ----------
    first, last : array of int, (N,)
        Positions among the sessions, both included.
    rules : Rules
        What contaminates.

    Returns
    -------
    tuple
        Whether a confounder touches a span, (N, C), and the labels of the confounders, (C,).
    """
    rows, core = snapshot.confounders, snapshot.choices.firms.core
    touching = rows["ticker"].isin([ticker, "ALL"])
    if rules.contamination == "deals" and ticker in core:
        touching |= rows["ticker"].isin(core) & (rows[rules.deal].fillna("") != "")
    own = confounder_spans(rows[touching], snapshot.sessions)
    starts, ends = own["first"].to_numpy(), own["last"].to_numpy()
    return (starts <= last[:, None]) & (ends >= first[:, None]), own["label"].to_numpy(object)


def list_left_out(events: pd.DataFrame, rules: Rules) -> dict[str, set[pd.Timestamp]]:
    """List the day 0s that a firm is left out of because an event of the day names it.

    Returns
    -------
    dict of set
        By ticker; empty where the rules look into no column of ``events.csv``.
    """
    found: dict[str, set[pd.Timestamp]] = {}
    for column in rules.leave_out:
        for day, names in zip(events["day0"], events[column].str.split(";"), strict=True):
            for ticker in filter(None, names):
                found.setdefault(ticker, set()).add(day)
    return found


def _sessions_at(sessions: pd.DatetimeIndex, position: Ints) -> pd.DatetimeIndex:
    """Return the sessions at positions, missing where there is none."""
    inside = (position >= 0) & (position < len(sessions))
    return pd.DatetimeIndex(sessions[position.clip(0, len(sessions) - 1)].where(inside))
