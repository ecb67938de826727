"""Firms on sessions of their own: returns from trade to trade, factors compounded alike.

A firm on another exchange, or one that does not trade every day, has returns between the days on
which it and its factors have prices; each such return meets the factors' return over the same days
(Maynes and Rumsey 1993, J. Banking and Finance 17). Event days and estimation windows then count
the firm's own sessions. Rows of a panel that need this are laid out here; all others stay as they
are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.estimators.arrays import Array, Bools, Floats, Ints
from analysis.estimators.names import Kind

__all__ = ["Own", "OwnReturns", "compound", "lay_out_own", "trade_to_trade", "view_windows"]


@dataclass(frozen=True, slots=True)
class OwnReturns:
    """Returns of one firm between its own sessions.

    Attributes
    ----------
    sessions : (n,)
        Places of its sessions among all, increasing; the first has a price and no return.
    returns : (n,)
        Fractions; NaN where unknown.
    factors : (m, n)
        Factor returns over the same days.
    fit : (int, int) or None
        First own session of the estimation window and the one after its last, where the window is
        not the one that ends before day 0; `day0` is then the own session of day 0.
    day0 : int
    """

    sessions: Ints
    returns: Floats
    factors: Floats
    fit: tuple[int, int] | None = None
    day0: int = 0


@dataclass(frozen=True, slots=True)
class Own:
    """I rows of a panel on sessions of their own, padded as the panel is to W.

    Attributes
    ----------
    row : (A,)
        Row of each asset of the panel in the arrays below; -1 where it keeps the panel's sessions.
    observed, estimation : (I, W)
        Returns, fraction; the second without the sessions left out of estimation.
    factors, fitted : (m, I, W)
        Factor returns on event days, and on the days of `estimation`.
    place : (I, T)
        Own session of each session of the panel, -1 where there is none.
    count : (I,)
        Own sessions.
    dates : (I, W)
        Session of the panel of each return of `estimation`, -1 beside the data.
    excluded : (T,)
        Sessions left out of estimation.
    """

    row: Ints
    observed: Floats
    estimation: Floats
    factors: Floats
    fitted: Floats
    place: Ints
    count: Ints
    dates: Ints
    excluded: Bools

    def among(self, column: Ints) -> Ints:
        """Return the numbers of the events whose asset has sessions of its own."""
        return np.flatnonzero(self.row[column] >= 0)

    def at(self, column: Ints, position: Ints) -> tuple[Ints, Ints]:
        """Return rows here and own sessions of events, -1 where the day is none."""
        rows = self.row[column]
        return rows, self.place[rows, position].astype(np.int64)

    def put_estimation(self, y: Floats, x: Floats, column: Ints, position: Ints) -> None:
        """Put the own estimation windows into returns (B, L1) and factors (m, B, L1)."""
        events = self.among(column)
        rows, days = self.at(column[events], position[events])
        y[events] = view_windows(self.estimation, y.shape[1])[rows, days]
        for line, own in zip(x, self.fitted, strict=True):
            line[events] = view_windows(own, y.shape[1])[rows, days]

    def put_window(
        self, y: Floats, x: Floats, column: Ints, position: Ints, days: Ints
    ) -> tuple[Floats, Floats]:
        """Put own event days, counted from the padding's end, into (B, L2) and (m, B, L2)."""
        events = self.among(column)
        rows, own = self.at(column[events], position[events])
        y, x = y.copy(), x.copy()
        y[events] = self.observed[rows[:, None], own[:, None] + days]
        x[:, events] = self.factors[:, rows[:, None], own[:, None] + days]
        return y, x

    def estimation_dates(self, column: Ints, position: Ints, length: int) -> Ints:
        """Return the sessions of the panel behind own estimation windows. (B, L1)."""
        rows, days = self.at(column, position)
        found: Ints = view_windows(self.dates, length)[rows, days]
        return found

    def on_common_days(
        self, residuals: Floats, column: Ints, start: Ints, position: Ints
    ) -> Floats:
        """Move the residuals of own windows, (B, L1), to the slots of the panel's sessions.

        `start` is the session of the first slot, (B,). What falls beside the slots is left out.
        """
        events, length = self.among(column), residuals.shape[1]
        dates = self.estimation_dates(column[events], position[events], length)
        slots = dates - start[events, None]
        inside = (dates >= 0) & (slots >= 0) & (slots < length)
        moved = residuals.copy()
        moved[events] = np.nan
        rows = np.broadcast_to(events[:, None], slots.shape)
        moved[rows[inside], slots[inside]] = residuals[events][inside]
        return moved


def view_windows(rows: Array, length: int) -> Array:
    """View contiguous rows, (A, T), as their windows of `length`, (A, T - length + 1, length).

    An index into it copies windows without arrays of indices. NumPy's own sliding windows take as
    long to make as a small block takes to copy.
    """
    count, sessions = rows.shape
    shape, strides = (count, sessions - length + 1, length), (*rows.strides, rows.itemsize)
    return np.ndarray(shape, rows.dtype, rows, strides=strides)


def trade_to_trade(firm: Floats, markets: Floats, between: Floats, kind: Kind) -> OwnReturns:
    """Return a firm's returns from one of its sessions to the next, with factors alike.

    Parameters
    ----------
    firm : (T,)
        Prices, NaN where it has none.
    markets : (p, T)
        Prices of its factors: a session needs the prices of all.
    between : (q, T)
        Returns of further factors, session by session; unknown over days of which one is.
    kind : {"simple", "log"}
        Kind of all returns.
    """
    sessions = np.flatnonzero(np.isfinite(firm) & np.isfinite(markets).all(axis=0))
    levels = np.concatenate([firm[None], markets])[:, sessions]
    steps = np.full(levels.shape, np.nan)
    ratio = levels[:, 1:] / levels[:, :-1]
    steps[:, 1:] = np.log(ratio) if kind == "log" else ratio - 1.0
    more = compound(between, sessions, kind)
    return OwnReturns(sessions, steps[0], np.concatenate([steps[1:], more]))


def compound(returns: Floats, sessions: Ints, kind: Kind) -> Floats:
    """Return the returns, (m, T), from each of n sessions to the next, (m, n); NaN for the first.

    NaN where one of the days between lacks. One day is not compounded, to keep all digits.
    """
    found = np.full((len(returns), sessions.size), np.nan)
    if sessions.size < 2:
        return found
    growth = returns if kind == "log" else np.log1p(returns)
    lacks = np.cumsum(np.isnan(growth), axis=1)
    total = np.cumsum(np.nan_to_num(growth), axis=1)
    low, high = sessions[:-1], sessions[1:]
    spans = total[:, high] - total[:, low]
    spans = spans if kind == "log" else np.expm1(spans)
    single = high - low == 1
    spans[:, single] = returns[:, high[single]]
    found[:, 1:] = np.where(lacks[:, high] > lacks[:, low], np.nan, spans)
    return found


def lay_out_own(
    rows: Sequence[OwnReturns],
    row: Ints,
    factors: int,
    bounds: tuple[int, int, int],
    excluded: Bools,
) -> Own:
    """Lay out the rows with sessions of their own.

    Parameters
    ----------
    rows : sequence of OwnReturns
        I of them.
    row : (A,)
        As in :class:`Own`.
    factors : int
        Number of factors, m.
    bounds : (int, int, int)
        Length of the estimation window, sessions before and after day 0 that the panel pads with.
    excluded : (T,)
        Sessions left out of estimation.
    """
    length, before, after = bounds
    most = max((own.sessions.size for own in rows), default=0)
    width, total = before + most + after, excluded.size
    observed = np.full((len(rows), width), np.nan)
    lines = np.full((factors, len(rows), width), np.nan)
    dates = np.full((len(rows), width), -1, dtype=np.int64)
    place = np.full((len(rows), total), -1, dtype=np.int64)
    for at, own in enumerate(rows):
        part = slice(before, before + own.sessions.size)
        observed[at, part], lines[:, at, part] = own.returns, own.factors[:factors]
        dates[at, part] = own.sessions
        place[at, own.sessions] = np.arange(own.sessions.size)
    estimation = np.where((dates >= 0) & ~excluded[dates], observed, np.nan)
    count = np.array([own.sessions.size for own in rows], dtype=np.int64)
    laid = Own(row, observed, estimation, lines, lines, place, count, dates, excluded)
    return _with_windows(laid, rows, length, before)


def _with_windows(own: Own, rows: Sequence[OwnReturns], length: int, before: int) -> Own:
    """Put estimation windows of their own where the gathering of windows looks for them."""
    chosen = [(at, r.fit, r.day0) for at, r in enumerate(rows) if r.fit is not None]
    if not chosen:
        return own
    fitted, estimation, dates = own.fitted.copy(), own.estimation.copy(), own.dates.copy()
    for at, (first, stop), day0 in chosen:
        taken = slice(before + first, before + stop)
        slots = slice(day0 + length - (stop - first), day0 + length)
        returns, lines = own.estimation[at, taken], own.fitted[:, at, taken]
        estimation[at], fitted[:, at], dates[at] = np.nan, np.nan, -1
        estimation[at, slots], fitted[:, at, slots] = returns, lines
        dates[at, slots] = own.dates[at, taken]
    return replace(own, fitted=fitted, estimation=estimation, dates=dates)
