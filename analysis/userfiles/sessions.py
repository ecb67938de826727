"""Events put on the sessions of their firms: moved where there is none, returns trade to trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.estimators.events.own_sessions import OwnReturns, compound, trade_to_trade
from analysis.estimators.returns import take_returns
from analysis.userfiles.options import EventOptions

__all__ = ["CUSTOM", "Placed", "place_events"]

REACH = 7  # calendar days that an event may move to a session of its firm
CUSTOM = ("estimation_start", "estimation_end")


@dataclass(frozen=True, slots=True)
class Placed:
    """Events on sessions, and the returns that they need.

    Attributes
    ----------
    returns : DataFrame, (T, A)
        Fractions by session; assets, then factors that are no assets.
    events : DataFrame
        Those that have a session: ``day0`` is it, ``asked`` the date of the list, ``asset`` the
        name under which the returns of the firm are found.
    skipped : DataFrame
        The others with a ``reason``.
    own : dict
        Returns of assets with sessions of their own.
    sessions : dict
        Sessions of each asset, places in `returns`.
    """

    returns: pd.DataFrame
    events: pd.DataFrame
    skipped: pd.DataFrame
    own: dict[str, OwnReturns] = field(default_factory=dict)
    sessions: dict[str, Ints] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sources:
    """Prices or returns of assets and markets, returns of factors and of a risk-free account."""

    levels: pd.DataFrame
    factors: tuple[str, ...]
    between: Floats  # (q, T), of the last q factors
    rate: Floats | None  # (T,)
    options: EventOptions

    @property
    def prices(self) -> bool:
        """Whether the levels are prices."""
        return self.options.given == "prices"

    def own_returns(self, ticker: str, benchmark: str) -> OwnReturns:
        """Return the returns of a firm between its own sessions, with those of its factors.

        Returns that were given stay as they are: nobody knows which days the next one covers.
        """
        names = [name for name in self.factors if name in self.levels.columns]
        if names and benchmark:
            names[0] = benchmark
        firm, kind = self.levels[ticker].to_numpy(), self.options.returns
        market = self.levels[names].to_numpy().T.reshape(len(names), len(self.levels))
        if self.prices:
            own = trade_to_trade(firm, market, self.between, kind)
        else:
            known = np.flatnonzero(np.isfinite(firm))
            days = np.arange(known[0], known[-1] + 1) if known.size else known
            own = OwnReturns(days, firm[days], np.concatenate([market, self.between])[:, days])
        if self.rate is None:
            return own
        if not self.prices:
            return replace(own, returns=own.returns - self.rate[own.sessions])
        return replace(own, returns=own.returns - compound(self.rate[None], own.sessions, kind)[0])


def place_events(
    table: pd.DataFrame,
    events: pd.DataFrame,
    factors: tuple[str, ...],
    options: EventOptions,
    factor_returns: pd.DataFrame | None = None,
    rate: pd.Series | None = None,
) -> Placed:
    """Give each event a session of its firm, and each firm returns between its sessions.

    Parameters
    ----------
    table : DataFrame, (T, A)
        Prices, or returns if ``options.given`` says so.
    events : DataFrame
        ``ticker``, ``day0``, and where they have it ``benchmark``, ``estimation_start``,
        ``estimation_end``.
    factors : tuple of str
        Names of the factors, the benchmark first.
    options : EventOptions
    factor_returns : DataFrame, optional
        Returns of the factors that are not in `table`.
    rate : Series, optional
        Risk-free returns that are taken from those of the firms.

    Raises
    ------
    UserDataError
        If a benchmark is no column.
    """
    events = events.reset_index(drop=True)
    benchmarks = _benchmarks(events, factors, table)
    levels = _used(table, events, factors, benchmarks, options)
    outside = [] if factor_returns is None else [n for n in factors if n not in levels.columns]
    more = (factor_returns if factor_returns is not None else pd.DataFrame())[outside]
    more = more.reindex(levels.index)
    free = None if rate is None else rate.reindex(levels.index).to_numpy(dtype=float)
    sources = _Sources(levels, factors, more.to_numpy().T, free, options)
    assets = _assets(events, benchmarks)
    apart = _apart(levels, events, benchmarks, sources)
    returns = levels
    if sources.prices:
        returns = take_returns(levels, options.returns)
        if apart.any():  # own sessions count the first day too, which has no return
            returns = returns.reindex(levels.index)
    if free is not None:
        returns = returns.sub(free[len(levels) - len(returns) :], axis=0)
    own: dict[str, OwnReturns] = {}
    tickers = events["ticker"].tolist()
    for row in np.flatnonzero(apart).tolist():
        ticker = str(tickers[row])
        if assets[row] not in own and ticker in levels.columns:
            own[assets[row]] = sources.own_returns(ticker, benchmarks[row])
    return _place(returns.join(more), events, assets, own, sources)


def _benchmarks(events: pd.DataFrame, factors: Sequence[str], table: pd.DataFrame) -> list[str]:
    """Return the benchmark of each event: its own, or empty where it is the benchmark of all."""
    if "benchmark" not in events.columns or not factors:
        return [""] * len(events)
    named = events["benchmark"]
    unknown = sorted(set(named.dropna()) - set(table.columns) - {factors[0]})
    if unknown:
        raise UserDataError(
            f"events, column benchmark: expected columns of the prices, found {unknown[0]!r}; "
            "correct the name or add its prices"
        )
    return ["" if name != name or name == factors[0] else str(name) for name in named]


def _used(
    table: pd.DataFrame,
    events: pd.DataFrame,
    factors: Sequence[str],
    benchmarks: Sequence[str],
    options: EventOptions,
) -> pd.DataFrame:
    """Return the columns that the events need, on the days on which one of them has a value."""
    wanted = {*events["ticker"], *factors, *benchmarks}
    names = [name for name in table.columns if name in wanted]
    levels = table[names].astype(float) if len(names) < table.shape[1] else table.astype(float)
    empty = levels.isna().all(axis=1)
    levels = levels[~empty] if empty.any() and options.missing != "drop" else levels
    return _lumped(levels, factors, options) if options.missing == "lump" else levels


def _lumped(levels: pd.DataFrame, factors: Sequence[str], options: EventOptions) -> pd.DataFrame:
    """Return the levels on the days of the benchmark: no trade is no return, the next has all."""
    if factors and factors[0] in levels.columns:
        levels = levels[levels[factors[0]].notna()]
    alive = levels.bfill().notna() & levels.ffill().notna()
    return (
        levels.ffill().where(alive) if options.given == "prices" else levels.fillna(0).where(alive)
    )


def _assets(events: pd.DataFrame, benchmarks: Sequence[str]) -> list[str]:
    """Return the name of each event's returns: of its firm, on its benchmark, over its window."""
    names = [
        f"{ticker} on {benchmark}" if benchmark else str(ticker)
        for ticker, benchmark in zip(events["ticker"], benchmarks, strict=True)
    ]
    if not _has_windows(events):
        return names
    return [f"{name} of event {row + 1}" for row, name in enumerate(names)]


def _has_windows(events: pd.DataFrame) -> bool:
    return any(name in events.columns and events[name].notna().any() for name in CUSTOM)


def _apart(
    levels: pd.DataFrame, events: pd.DataFrame, benchmarks: Sequence[str], sources: _Sources
) -> Bools:
    """Say which events need sessions of their own: a hole, another benchmark or window."""
    if _has_windows(events):
        return np.ones(len(events), dtype=bool)
    apart = np.array([name != "" for name in benchmarks], dtype=bool)
    if sources.options.missing != "trade" or not sources.prices:
        return apart
    holed = _holed(levels.to_numpy())
    places = levels.columns.get_indexer(pd.Index(events["ticker"]))
    apart |= np.append(holed, False)[places]
    market = levels.columns.isin(sources.factors)
    return np.asarray(apart | bool(holed[market].any()))


def _holed(values: Floats) -> Bools:
    """Say which columns lack a value between their first and their last. (A,)."""
    known = np.isfinite(values)
    first, last = known.argmax(axis=0), len(known) - known[::-1].argmax(axis=0)
    return np.asarray(known.any(axis=0) & (known.sum(axis=0) < last - first))


def _place(
    returns: pd.DataFrame,
    events: pd.DataFrame,
    assets: Sequence[str],
    own: dict[str, OwnReturns],
    sources: _Sources,
) -> Placed:
    """Move events to sessions of their firms; say why where there is none."""
    options = sources.options
    index = pd.DatetimeIndex(returns.index)
    sessions = _sessions(returns, events, assets, own, sources)
    asked = pd.DatetimeIndex(events["day0"])
    day0, reasons = asked.to_numpy().copy(), np.full(len(events), "", dtype=object)
    exact = index.get_indexer(asked)
    for row, name in enumerate(assets):
        if name not in sessions:
            reasons[row] = "unknown ticker"
            continue
        held = sessions[name]
        at = int(np.searchsorted(held, exact[row])) if exact[row] >= 0 else held.size
        if at < held.size and held[at] == exact[row]:
            continue
        found, reasons[row] = _nearest(index, held, asked[row], options)
        day0[row] = index[found].to_numpy() if found >= 0 else day0[row]
    placed = events.assign(day0=day0, asked=asked, asset=list(assets))
    keys = placed.loc[reasons == "", ["ticker", "day0", "group"]]
    for row in keys.index[keys.duplicated()]:
        same = keys.index[(keys == keys.loc[row]).all(axis=1)][0]
        reasons[row] = (
            f"moved to {placed['day0'][row].date()}, the session of the event of "
            f"{placed['asked'][same].date()}"
        )
    out = reasons != ""
    skipped = events[out].assign(reason=reasons[out])
    kept = placed[~out].reset_index(drop=True)
    chosen = _windowed(own, kept, index, options) if _has_windows(kept) else own
    used = set(kept["asset"])
    return Placed(returns, kept, skipped, {n: r for n, r in chosen.items() if n in used}, sessions)


def _sessions(
    returns: pd.DataFrame,
    events: pd.DataFrame,
    assets: Sequence[str],
    own: Mapping[str, OwnReturns],
    sources: _Sources,
) -> dict[str, Ints]:
    """Return the places of each asset's sessions among those of the returns."""
    found = {}
    dates = sources.levels.index
    shift = len(dates) - len(returns)  # the first price has no return, and no row
    values = sources.levels.to_numpy()
    columns = {name: at for at, name in enumerate(sources.levels.columns)}
    market = [columns[n] for n in sources.factors if n in columns and sources.prices]
    traded = np.isfinite(values[:, market]).all(axis=1)
    for ticker, name in zip(events["ticker"], assets, strict=True):
        if name in own:
            found[name] = own[name].sessions
        elif ticker in columns and name not in found:
            known = np.flatnonzero(np.isfinite(values[:, columns[ticker]]) & traded) - shift
            found[name] = known[known >= 0]
    return found


def _nearest(
    index: pd.DatetimeIndex, held: Ints, asked: pd.Timestamp, options: EventOptions
) -> tuple[int, str]:
    """Return the session to which an event moves, or -1 and why there is none."""
    if not held.size:
        return -1, "no price of the firm and its benchmark on one day"
    dates = index[held]
    if asked > dates[-1] and dates[-1] < index[-1]:
        return -1, f"no price on day 0: the prices end on {dates[-1].date()}"
    if options.non_session == "skip":
        return -1, "no session on that day (--non-session skip)"
    if options.non_session == "next":
        at = int(dates.searchsorted(asked))
    else:
        at = int(dates.searchsorted(asked)) - 1
    if not 0 <= at < held.size or abs(dates[at] - asked) > pd.Timedelta(days=REACH):
        return -1, f"no {options.non_session} session within {REACH} days of that day"
    return int(held[at]), ""


def _windowed(
    own: Mapping[str, OwnReturns],
    events: pd.DataFrame,
    index: pd.DatetimeIndex,
    options: EventOptions,
) -> dict[str, OwnReturns]:
    """Give each event the estimation window that it names, else the one before its day 0."""
    found = {}
    for row in events.itertuples(index=False):
        returns = own[str(row.asset)]
        dates = index[returns.sessions]
        day0 = int(dates.get_indexer(pd.DatetimeIndex([row.day0]))[0])
        first, stop = day0 - options.gap - options.estimation + 1, day0 - options.gap + 1
        start, end = (getattr(row, name, pd.NaT) for name in CUSTOM)
        if not pd.isna(end):
            stop = int(dates.searchsorted(end, side="right"))
            first = stop - options.estimation
        if not pd.isna(start):
            first = int(dates.searchsorted(start))
        first, stop = max(first, 0), max(stop, first, 0)
        found[str(row.asset)] = OwnReturns(
            returns.sessions, returns.returns, returns.factors, (first, stop), day0
        )
    return found
