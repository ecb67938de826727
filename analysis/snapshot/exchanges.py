"""Firms of several exchanges: where each trades, on which day news reaches it, what is amiss."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.calendar import list_exchanges, list_sessions
from analysis.snapshot.choices import Choices
from analysis.snapshot.faults import fault, guess

__all__ = ["check_day0s", "check_exchanges", "check_missing", "exchange_by_ticker", "find_axis"]

Tables = Mapping[str, pd.DataFrame]


def exchange_by_ticker(universe: pd.DataFrame, choices: Choices) -> dict[str, str]:
    """Return where each ticker of the universe trades; the market's exchange where none is said.

    Parameters
    ----------
    universe : DataFrame
        With a column ``ticker``, or indexed by it.
    """
    tickers = universe.get("ticker", universe.index)
    at = universe.get("exchange", [choices.home] * len(universe))
    return {str(ticker): str(code) for ticker, code in zip(tickers, at, strict=True)}


def find_axis(events: pd.DataFrame, prices: pd.DataFrame, choices: Choices) -> pd.DatetimeIndex:
    """Return the sessions of the market's exchange from the first event or price to the last price.

    Parameters
    ----------
    events, prices : DataFrame
        With columns ``day0`` and ``session``.
    """
    first = min(events["day0"].min(), prices["session"].min())
    return list_sessions(choices.home, first, prices["session"].max())


def check_exchanges(tables: Tables, choices: Choices) -> None:
    """Hold exchanges against those whose sessions are known, and firms against these.

    Raises
    ------
    SnapshotError
        If an exchange is unknown, a firm trades on one that the study does not name, the market
        trades on another than the first, or a source of prices is not in ``[sources]``.
    """
    known = list_exchanges()
    for code in choices.exchanges:
        if code not in known:
            raise _unknown(f"study.toml, key exchanges.{code}", code, known)
    universe, prices = tables["universe.csv"], tables["prices.csv"]
    if "exchange" in universe:
        for row, code in universe["exchange"].items():
            if code not in known:
                raise _unknown(f"universe.csv, row {row}, column exchange", code, known)
            if code not in choices.exchanges:
                raise fault(
                    "universe.csv",
                    row=int(str(row)),
                    column="exchange",
                    expected=f"one of {', '.join(choices.exchanges)} ([exchanges] in study.toml)",
                    found=code,
                    remedy=f"{guess(code, choices.exchanges)}correct it or add it to [exchanges]",
                )
    market = choices.benchmark.market
    found = exchange_by_ticker(universe, choices).get(market, choices.home)
    if found != choices.home:
        raise fault(
            "study.toml, key exchanges",
            expected=f"the exchange of {market} first, {found}",
            found=choices.home,
            remedy="put it first, or correct universe.csv",
        )
    if "source" in prices:
        strange = prices[~prices["source"].isin([*choices.sources])]
        for row, word in strange["source"].head(1).items():
            raise fault(
                "prices.csv",
                row=int(str(row)),
                column="source",
                expected="a source of [sources] in study.toml",
                found=word,
                remedy=f"{guess(word, choices.sources)}correct it or add it there",
            )


def _unknown(place: str, code: str, known: list[str]) -> SnapshotError:
    remedy = f"{guess(code, known)}correct it"
    expected = "an exchange of exchange_calendars by its ISO 10383 code"
    return fault(place, expected=expected, found=code, remedy=remedy)


def check_day0s(tables: Tables, choices: Choices) -> None:
    """Every event needs a day 0 on each exchange on which a firm of the study trades.

    Raises
    ------
    SnapshotError
        If the column is missing, or a day is no session there, or lies neither on the day 0 of the
        market's exchange nor on the next session after it.
    """
    events, prices = tables["events.csv"], tables["prices.csv"]
    at = exchange_by_ticker(tables["universe.csv"], choices)
    home_day = choices.exchanges[choices.home].day0
    for firm in choices.firms.studied:
        code = at[firm]
        column = choices.exchanges[code].day0
        needed = f"the first session of {code}, where {firm} trades, that could price the news"
        if column not in events:
            place = f"study.toml, key exchanges.{code}.day0"
            remedy = f"add the column to events.csv: {needed}"
            raise fault(place, expected="a column of events.csv", found=column, remedy=remedy)
        days, start = events[column], events[home_day]
        sessions = list_sessions(code, start.min(), prices["session"].max())
        later = sessions.searchsorted(pd.DatetimeIndex(days)) - sessions.searchsorted(
            pd.DatetimeIndex(start)
        )
        wrong = days[~days.isin(sessions) | (later < 0) | (later > (code != choices.home))]
        for row, day, first in zip(wrong.index, wrong, start[wrong.index], strict=True):
            known = day in sessions
            raise fault(
                "events.csv",
                row=int(str(row)),
                column=column,
                expected=f"a session of {code} up to {sessions[-1]:%Y-%m-%d}"
                + f", on {first:%Y-%m-%d} or the next" * known,
                found=f"{day:%Y-%m-%d (%A)}",
                remedy=f"give {needed}",
            )


def check_missing(tables: Tables, choices: Choices) -> None:
    """Hold the rules that set returns missing against the prices.

    Raises
    ------
    SnapshotError
        If a rule names a session without a close of its ticker, or with those above it leaves
        the ticker without any return.
    """
    prices, taken = tables["prices.csv"], dict[str, pd.DatetimeIndex]()
    at = exchange_by_ticker(tables["universe.csv"], choices)
    for number, rule in enumerate(choices.missing, start=1):
        place = f"study.toml, missing number {number} ({rule.ticker})"
        own = prices.loc[prices["ticker"] == rule.ticker, "session"].sort_values()
        sessions = pd.DatetimeIndex(rule.sessions)
        strays = sessions[~sessions.isin(own)]
        if len(strays):
            expected = f"sessions with a close of {rule.ticker}"
            found = f"{strays[0]:%Y-%m-%d}"
            raise fault(place, expected=expected, found=found, remedy="correct the day")
        taken[rule.ticker] = sessions.union(taken.get(rule.ticker, sessions))
        held = list_sessions(at[rule.ticker], own.iloc[0], own.iloc[-1])
        closes = held.isin(own)
        returns = held[1:][closes[1:] & closes[:-1]]
        if returns.isin(taken[rule.ticker]).all():
            raise fault(
                place,
                expected=f"a rule that leaves {rule.ticker} some return",
                found=f"all {len(returns)} set missing",
                remedy="shorten its list of sessions",
            )
