"""Returns laid out for gathering windows: one padded row of sessions per asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.estimators.events.own_sessions import Own, OwnReturns, lay_out_own, view_windows

__all__ = ["Layout", "Panel", "build_panel"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Bounds of both windows: ``length`` and ``gap`` in sessions, event days ``first, last``."""

    length: int
    gap: int
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.length < 1 or self.gap < 1:
            raise ValueError(
                f"estimation window: length {self.length} and gap {self.gap} must be at least 1"
            )
        if self.first > self.last:
            raise ValueError(f"window: expected first <= last, found [{self.first}, {self.last}]")
        if self.first <= -self.gap:
            raise ValueError(
                f"window: starts on event day {self.first}, inside the estimation window, "
                f"which ends on event day {-self.gap}"
            )

    @property
    def days(self) -> int:
        """Event days in the event window."""
        return self.last - self.first + 1

    @property
    def before(self) -> int:
        """Sessions needed before day 0."""
        return self.gap + self.length - 1

    @property
    def after(self) -> int:
        """Sessions needed after day 0."""
        return max(self.last, 0)


@dataclass(frozen=True, slots=True)
class Panel:
    """Returns of A assets and m factors, padded with NaN so that no window leaves the array.

    Attributes
    ----------
    sessions : DatetimeIndex, (T,)
    assets : tuple of str
    layout : Layout
    observed : (A, before + T + after)
        Returns, fraction.
    estimation : (A, before + T + after)
        The same without the sessions left out of estimation.
    factors : (m, before + T + after)
    own : Own or None
        Assets on sessions of their own, whose rows above hold NaN throughout.
    """

    sessions: pd.DatetimeIndex
    assets: tuple[str, ...]
    layout: Layout
    observed: Floats
    estimation: Floats
    factors: Floats
    own: Own | None = None

    def present(self, column: Ints, position: Ints) -> Bools:
        """Say for which events the asset, and which its factors, have a return on day 0. (2, B)."""
        at = self.layout.before + position
        known = np.stack(
            [np.isfinite(self.observed[column, at]), np.isfinite(self.factors[:, at].sum(axis=0))]
        )
        if self.own is not None:
            events = self.own.among(column)
            rows, days = self.own.at(column[events], position[events])
            places = np.maximum(days, 0) + self.layout.before
            known[0, events] = (days >= 0) & np.isfinite(self.own.observed[rows, places])
            known[1, events] = np.isfinite(self.own.factors[:, rows, places].sum(axis=0))
        return known

    def estimation_windows(self, column: Ints, position: Ints) -> tuple[Floats, Floats]:
        """Return returns (B, L1) and factors (m, B, L1) on the estimation windows."""
        y, x = self.estimation_returns(column, position), self.estimation_factors(position)
        if self.own is not None:
            self.own.put_estimation(y, x, column, position)
        return y, x

    def estimation_returns(self, column: Ints, position: Ints) -> Floats:
        """Return the returns on the estimation windows, (B, L1); NaN for own sessions."""
        return view_windows(self.estimation, self.layout.length)[column, position]

    def estimation_factors(self, position: Ints) -> Floats:
        """Return the factors on the estimation windows, (m, B, L1)."""
        return view_windows(self.factors, self.layout.length)[:, position]

    def event_windows(
        self, column: Ints, position: Ints, first: int, last: int
    ) -> tuple[Floats, Floats]:
        """Return returns (B, L2) and factors (m, B, L2) on the event days ``first, ..., last``.

        In memory the events of one day are neighbours: windows are short, and one operation on
        many events costs less than many on the days of one.
        """
        days = np.arange(first, last + 1)[:, None] + self.layout.before
        returns = self.observed.ravel().take(days + (column * self.observed.shape[1] + position))
        factors = self.factors.take(days + position, axis=1).transpose(0, 2, 1)
        if self.own is None:
            return returns.T, factors
        return self.own.put_window(returns.T, factors, column, position, days.ravel())


def build_panel(
    returns: pd.DataFrame,
    assets: Sequence[str],
    factors: Sequence[str],
    layout: Layout,
    exclude: pd.DatetimeIndex | None = None,
    own: Mapping[str, OwnReturns] | None = None,
) -> Panel:
    """Lay out the columns `assets` and `factors` of `returns`, (T, A), as a :class:`Panel`.

    Assets in `own` come after the others, with sessions of their own.

    Raises
    ------
    ValueError
        If the sessions are not unique, increasing dates, a column is missing or doubled, or a
        return is not a finite number.
    """
    sessions = _sessions(returns)
    observed = _padded(_floats(returns, assets), layout)
    estimation = observed
    if exclude is not None:
        estimation = observed.copy()
        left_out = np.flatnonzero(sessions.isin(exclude)) + layout.before
        estimation[:, left_out] = np.nan
    lines = _padded(_floats(returns, factors), layout)
    panel = Panel(sessions, tuple(assets), layout, observed, estimation, lines)
    if not own:
        return panel
    excluded = np.asarray(sessions.isin(exclude if exclude is not None else sessions[:0]))
    return add_own(panel, list(own), list(own.values()), excluded)


def add_own(
    panel: Panel, names: Sequence[str], rows: Sequence[OwnReturns], excluded: Bools
) -> Panel:
    """Return a panel without own sessions with further assets that have them."""
    empty = np.full((len(rows), panel.observed.shape[1]), np.nan)
    row = np.concatenate([np.full(len(panel.assets), -1), np.arange(len(rows))]).astype(np.int64)
    bounds = (panel.layout.length, panel.layout.before, panel.layout.after)
    return replace(
        panel,
        assets=(*panel.assets, *names),
        observed=np.concatenate([panel.observed, empty]),
        estimation=np.concatenate([panel.estimation, empty]),
        own=lay_out_own(rows, row, len(panel.factors), bounds, excluded),
    )


def _padded(values: Floats, layout: Layout) -> Floats:
    """Turn (T, A) into contiguous rows of sessions with NaN at both ends."""
    sessions, assets = values.shape
    end = layout.before + sessions
    padded = np.empty((assets, end + layout.after))
    padded[:, : layout.before] = padded[:, end:] = np.nan
    padded[:, layout.before : end] = values.T
    return padded


def _sessions(returns: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the index, checked to be unique, increasing dates."""
    index = returns.index
    if not isinstance(index, pd.DatetimeIndex):
        raise ValueError(f"returns: expected an index of dates, found {type(index).__name__}")
    if not index.is_unique:
        raise ValueError(f"returns: session {index[index.duplicated()][0].date()} appears twice")
    if not index.is_monotonic_increasing:
        raise ValueError("returns: expected sessions in increasing order")
    return index


def _floats(returns: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Return the named columns as floats, (T, A), or say which one is no good."""
    place = returns.columns.get_indexer_for(pd.Index(columns))
    if len(place) != len(columns) or (place < 0).any():
        found = returns.columns.value_counts().reindex(list(dict.fromkeys(columns)), fill_value=0)
        name, count = next((name, count) for name, count in found.items() if count != 1)
        raise ValueError(f"returns: expected one column {name!r}, found {count}")
    # Neighbours in order, as all columns are, need no copy of their own.
    apart = place.size == 0 or (np.diff(place) != 1).any()
    chosen = returns.iloc[:, place if apart else slice(place[0], place[-1] + 1)]
    try:
        values = chosen.to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"returns: expected numbers only ({error})") from error
    if np.isinf(values).any():
        row, column = (int(axis[0]) for axis in np.nonzero(np.isinf(values)))
        raise ValueError(
            f"returns: infinite return of {columns[column]} on {returns.index[row].date()}"
        )
    return values
