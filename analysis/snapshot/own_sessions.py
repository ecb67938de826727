"""Returns of firms on the sessions of their own exchange, and which of their days can be used.

Exchanges share no axis: each has a frame of its own with its tickers and, beside them, the returns
of the market on the sessions that had ended by each close. A return is known where the exchange
held both sessions in a row, both closes are known, and no rule sets it missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.estimators.returns import take_returns
from analysis.reads import Made, make
from analysis.snapshot.calendar import find_market_sessions, list_sessions
from analysis.snapshot.choices import Choices
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot

__all__ = ["judge_firms", "name_factors", "own_returns", "usable_days"]


def name_factors(choices: Choices, exchange: str) -> tuple[str, ...]:
    """Name the market's returns that are the factors on an exchange: ``("SPY+0", "SPY-1")``."""
    return tuple(f"{choices.benchmark.market}{at:+d}" for at in choices.exchanges[exchange].market)


def own_returns(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """Compute the returns of every ticker on the sessions of its own exchange.

    Returns
    -------
    dict of str to DataFrame
        By exchange: its sessions from the first event or price on, by its tickers and the factors
        of :func:`name_factors`; fractions, missing where a return is not known. Kept: nobody may
        change the frames.
    """
    return _kept_returns(snapshot).use()


@lru_cache(maxsize=4)
def _kept_returns(snapshot: Snapshot) -> Made[dict[str, pd.DataFrame]]:
    return make(lambda: _compute_returns(snapshot))


def _compute_returns(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    choices, axis = snapshot.choices, snapshot.sessions
    at = exchange_by_ticker(snapshot.universe, choices)
    found = {}
    for code in choices.exchanges:
        sessions = axis if code == choices.home else list_sessions(code, axis[0], axis[-1])
        tickers = [str(t) for t in snapshot.prices if at[str(t)] == code]
        closes = snapshot.prices[tickers].reindex(sessions)
        found[code] = take_returns(closes, choices.returns).reindex(sessions)
    for code, returns in found.items():
        _set_missing(snapshot, returns)
        market = found[choices.home][choices.benchmark.market]
        last = find_market_sessions(pd.DatetimeIndex(returns.index), code, choices.home)
        place = market.index.get_indexer(pd.DatetimeIndex(last))
        for name, before in zip(
            name_factors(choices, code), choices.exchanges[code].market, strict=True
        ):
            known = np.where(place + before >= 0, market.to_numpy()[place + before], np.nan)
            returns[name] = known
    return found


def _set_missing(snapshot: Snapshot, returns: pd.DataFrame) -> None:
    """Take out what a rule sets missing, and the days before a firm's own second close."""
    listed = snapshot.universe["listed_from"].dropna()
    for ticker, day in listed[listed.index.isin(returns.columns)].items():
        returns.loc[returns.index <= day, str(ticker)] = np.nan
    for rule in snapshot.choices.missing:
        if rule.ticker in returns:
            days = pd.DatetimeIndex(rule.sessions)
            returns.loc[returns.index.isin(days), rule.ticker] = np.nan


def usable_days(
    snapshot: Snapshot, tickers: Sequence[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Say of every firm and session of its exchange whether that day can be a day 0, or why not.

    It needs ``estimation.minimum`` usable returns in the estimation window, of which at most the
    share ``each_firm.zeros`` is zero, and a usable return on each day of the primary window. A
    return is usable where the factors are known too. No return enters but as known or zero.

    Parameters
    ----------
    tickers : sequence of str, optional
        Firms or funds; all firms studied if not given.

    Returns
    -------
    dict of str to DataFrame
        By exchange: sessions by tickers, the reason why not; empty where it can.
    """
    choices = snapshot.choices
    length, gap, least = (getattr(choices.estimation, n) for n in ("length", "gap", "minimum"))
    first, last = choices.windows.primary_bounds
    at = exchange_by_ticker(snapshot.universe, choices)
    found = {}
    for code, returns in own_returns(snapshot).items():
        firms = [ticker for ticker in tickers or choices.firms.studied if at[ticker] == code]
        factors = returns[list(name_factors(choices, code))].notna().all(axis=1)
        usable = returns[firms].notna().mul(factors, axis=0).astype(float)
        zero = (returns[firms] == 0).astype(float) * usable
        count, zeros = (
            each.rolling(length, min_periods=1).sum().shift(gap, fill_value=0.0)
            for each in (usable, zero)
        )
        days = sum(usable.shift(-day, fill_value=0.0) for day in range(first, last + 1))
        few = f"fewer than {least} usable returns before day 0"
        many = f"more than {choices.each_firm.zeros:.0%} of the returns before day 0 are zero"
        said = np.select(
            [count < least, zeros > choices.each_firm.zeros * count, days < last - first + 1],
            [few, many, "no return on each day of the window"],
            "",
        )
        found[code] = pd.DataFrame(said, returns.index, firms)
    return found


def judge_firms(snapshot: Snapshot) -> pd.DataFrame:
    """Say of every event and studied firm whether the firm counts there, or why not.

    Returns
    -------
    DataFrame
        One row an event and firm, in file order: ``event``, ``ticker``, ``exchange``, ``day0`` (on
        that exchange), ``reason`` (why the day cannot be used; empty where it can), ``left_out``
        (bool: the event is the firm's own news, by the columns that the rules name).
    """
    choices, events = snapshot.choices, snapshot.events
    usable = usable_days(snapshot)
    named = events[list(choices.registered.leave_out)].agg(";".join, axis=1).str.split(";")
    rows = []
    for code, firms in usable.items():
        days = pd.DatetimeIndex(events[choices.exchanges[code].day0])
        for firm in firms:
            reason = firms[firm].reindex(days).fillna("no session with prices")
            rows.append(
                pd.DataFrame(
                    {
                        "event": events["id"].to_numpy(),
                        "ticker": firm,
                        "exchange": code,
                        "day0": days,
                        "reason": reason.to_numpy(),
                        "left_out": [firm in out for out in named],
                    }
                )
            )
    order = pd.CategoricalDtype([*choices.firms.studied], ordered=True)
    place = pd.CategoricalDtype([*events["id"]], ordered=True)
    joined = pd.concat(rows).astype({"ticker": order, "event": place})
    joined = joined.sort_values(["event", "ticker"], ignore_index=True)
    return joined.astype({"ticker": str, "event": str})
