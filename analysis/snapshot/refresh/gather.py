"""Fetch everything that is asked for and check it, before anything is compared or written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pandas as pd

from analysis.snapshot.calendar import NAMES, find_zone, list_sessions
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot
from analysis.snapshot.plausible import jumps
from analysis.snapshot.refresh import errors
from analysis.snapshot.refresh.checks import check_history
from analysis.snapshot.refresh.comtrade import Client
from analysis.snapshot.refresh.retry import Patience
from analysis.snapshot.refresh.trade import Progress, Trade, fetch_trade
from analysis.snapshot.refresh.yahoo import ZONE, History, fetch_history

__all__ = ["Gathered", "Prices", "end_day", "gather"]

PATIENCE = Patience()
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Prices:
    """What Yahoo holds on every ticker that has a symbol there.

    ``traded`` and ``adjusted`` (by us, for splits and dividends) are sessions × tickers, in the
    currency of the exchange;
    ``actions`` has the columns ``session`` (ex-date), ``ticker``, ``kind``, ``value``; ``jumps``
    are new returns so large that somebody should look; ``notes`` say what was corrected.
    """

    traded: pd.DataFrame
    adjusted: pd.DataFrame
    actions: pd.DataFrame
    jumps: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Gathered:
    """What was fetched: prices, trade or both, up to and including the day ``end``."""

    prices: Prices | None
    trade: Trade | None
    end: pd.Timestamp


def end_day(text: str | None, old: Snapshot, now: pd.Timestamp) -> pd.Timestamp:
    """Return the last day to ask for, a midnight without a time zone.

    Parameters
    ----------
    text : str or None
        ``YYYY-MM-DD``; None means the day before today.
    now : pandas.Timestamp
        The present, with a time zone.

    Raises
    ------
    EndDateError
        If the text is no day, or the day is not before today in New York (its bar may be partial)
        or before the last session of the snapshot.
    """
    today = now.tz_convert(ZONE).tz_localize(None).normalize()
    last = old.sessions[-1]
    expected = f"a day from {last:%Y-%m-%d} to {today - DAY:%Y-%m-%d}, written like these"
    refuse = partial(errors.EndDateError, "--end", expected=expected)
    try:
        end = today - DAY if text is None else pd.Timestamp(datetime.strptime(text, "%Y-%m-%d"))
    except ValueError:
        raise refuse(found=str(text), remedy="correct it") from None
    if not last <= end < today:
        raise refuse(found=f"{end:%Y-%m-%d}", remedy="choose another day")
    return end


def gather(old: Snapshot, end: pd.Timestamp, progress: Progress, only: Sequence[str]) -> Gathered:
    """Fetch and check ``prices``, ``customs`` or both, up to the day ``end``.

    The old snapshot says which tickers and months are wanted, and what is known already.

    Raises
    ------
    RefreshError
        A subclass that names what went wrong.
    """
    prices = _prices(old, end, progress) if "prices" in only else None
    trade = None
    if "customs" in only:
        months = pd.period_range(old.customs["month"].min(), pd.Period(end, freq="M"), freq="M")
        with Client(PATIENCE, progress.say) as client:
            trade = fetch_trade(client, months, progress)
    return Gathered(prices, trade, end)


def _prices(old: Snapshot, end: pd.Timestamp, progress: Progress) -> Prices:
    symbols, kept = _symbols(old)
    at = exchange_by_ticker(old.universe, old.choices)
    histories: list[History] = []
    adjusted: dict[str, pd.Series[float]] = {}
    for ticker, symbol in symbols.items():
        code = at[ticker]
        sessions = list_sessions(code, old.sessions[0], end)
        history = fetch_history(
            ticker, sessions[0], end, PATIENCE, progress.say, symbol=symbol, zone=find_zone(code)
        )
        # A ticker that may lack sessions may lack new ones.
        known = sessions if ticker in old.choices.holes else old.sessions
        adjusted[ticker] = check_history(history, sessions, known, NAMES.get(code, code))
        histories.append(history)
        found = f"{history.bars['close'].count()} bars, {len(history.actions)} dividends or splits"
        progress.done("Yahoo", symbol, len(symbols), found)
    traded = pd.DataFrame({h.ticker: h.bars["traded"] for h in histories}).sort_index()
    table = pd.DataFrame(adjusted).sort_index()
    actions = pd.concat([h.actions.assign(ticker=h.ticker) for h in histories])
    return Prices(
        traded=traded,
        adjusted=table,
        actions=actions[["session", "ticker", "kind", "value"]].sort_values(
            ["session", "ticker", "kind"], ignore_index=True
        ),
        jumps=jumps(table, old.sessions),
        notes=(
            *kept,
            *(
                f"Yahoo, {h.ticker}: {h.late} bar after {end:%Y-%m-%d} left out, it may be partial"
                for h in histories
                if h.late
            ),
        ),
    )


def _symbols(old: Snapshot) -> tuple[dict[str, str], list[str]]:
    """Return what Yahoo calls each ticker, and a line about each that it has no more."""
    universe = old.universe.sort_index()
    named = universe["symbol"] if "symbol" in universe else universe.index.to_series()
    gone = named.index[named == ""]
    said = {str(ticker): old.choices.holes.get(str(ticker), "") for ticker in gone}
    notes = [
        f"{ticker} has no symbol in universe.csv and stays as committed" + f": {why}" * bool(why)
        for ticker, why in said.items()
    ]
    return {str(ticker): str(symbol) for ticker, symbol in named.drop(gone).items()}, notes
