"""Returns laid out for gathering windows: one padded row of sessions per asset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["BLOCK", "Layout", "Panel", "blocks", "build_panel"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK = 1024  # windows worked on at a time: two arrays of 250 sessions stay in the cache


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
        Returns, fraction; NaN on and before the listing day.
    estimation : (A, before + T + after)
        The same without the sessions left out of estimation.
    factors : (m, before + T + after)
    """

    sessions: pd.DatetimeIndex
    assets: tuple[str, ...]
    layout: Layout
    observed: Floats
    estimation: Floats
    factors: Floats

    def estimation_windows(self, column: Ints, position: Ints) -> tuple[Floats, Floats]:
        """Return returns (B, L1) and factors (m, B, L1) on the estimation windows."""
        return _gather(self.estimation, self.factors, column, position, self.layout.length)

    def event_windows(self, column: Ints, position: Ints) -> tuple[Floats, Floats]:
        """Return returns (B, L) and factors (m, B, L) on the event windows."""
        start = position + self.layout.before + self.layout.first
        return _gather(self.observed, self.factors, column, start, self.layout.days)


def build_panel(
    returns: pd.DataFrame,
    assets: Sequence[str],
    factors: Sequence[str],
    layout: Layout,
    listed_from: Mapping[str, pd.Timestamp] | None = None,
    exclude: pd.DatetimeIndex | None = None,
) -> Panel:
    """Lay out the columns `assets` and `factors` of `returns`, (T, A), as a :class:`Panel`.

    Raises
    ------
    ValueError
        If the sessions are not unique, increasing dates, a column is missing or doubled, or a
        return is not a finite number.
    """
    sessions = _sessions(returns)
    known = {t: day for t, day in (listed_from or {}).items() if pd.notna(day)}
    observed = _padded(_floats(returns, assets), layout)
    span = observed[:, layout.before : layout.before + len(sessions)]
    for row, name in enumerate(assets):
        if name in known:
            span[row, : sessions.searchsorted(known[name], side="right")] = np.nan
    estimation = observed
    if exclude is not None:
        estimation = observed.copy()
        left_out = np.flatnonzero(sessions.isin(exclude)) + layout.before
        estimation[:, left_out] = np.nan
    lines = _padded(_floats(returns, factors), layout)
    return Panel(sessions, tuple(assets), layout, observed, estimation, lines)


def blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Yield slices that cut `count` rows into blocks of `size`."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _gather(
    assets: Floats, factors: Floats, column: Ints, start: Ints, length: int
) -> tuple[Floats, Floats]:
    """Copy the windows of `length` sessions from `start`; one copy each, no index arrays."""
    views = np.lib.stride_tricks.sliding_window_view
    y: Floats = views(assets, length, axis=1)[column, start]
    if not len(factors):
        return y, np.empty((0, *y.shape))
    x: Floats = views(factors, length, axis=1)[:, start]
    return y, x


def _padded(values: Floats, layout: Layout) -> Floats:
    """Turn (T, A) into contiguous rows of sessions with NaN at both ends."""
    width = ((0, 0), (layout.before, layout.after))
    return np.pad(np.ascontiguousarray(values.T), width, constant_values=np.nan)


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
    found = returns.columns.value_counts().reindex(list(dict.fromkeys(columns)), fill_value=0)
    for name, count in found[found != 1].items():
        raise ValueError(f"returns: expected one column {name!r}, found {count}")
    try:
        values = returns[list(columns)].to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"returns: expected numbers only ({error})") from error
    if np.isinf(values).any():
        row, column = (int(axis[0]) for axis in np.nonzero(np.isinf(values)))
        raise ValueError(
            f"returns: infinite return of {columns[column]} on {returns.index[row].date()}"
        )
    return values
