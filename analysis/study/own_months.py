"""Returns of calendar months, each ticker on the sessions of its own exchange."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.snapshot.calendar import list_sessions
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot

__all__ = ["month_returns"]


def month_returns(snapshot: Snapshot, tickers: Sequence[str]) -> pd.DataFrame:
    """Compute what each ticker returned from the last session of a month to that of the next.

    A month is known where the closes of both sessions are: one without a close on the last session
    of its exchange is not, what happens in between plays no part.

    Returns
    -------
    DataFrame
        Months by tickers, simple returns in local currency (fraction).
    """
    sessions, listed = snapshot.sessions, snapshot.universe["listed_from"]
    first, last = sessions[0].to_period("M"), sessions[-1].to_period("M")
    at = exchange_by_ticker(snapshot.universe, snapshot.choices)
    found = {}
    for ticker in tickers:
        held = list_sessions(at[ticker], first.start_time, last.end_time.normalize())
        ends = held.to_series().groupby(held.to_period("M")).max()
        closes = snapshot.prices[ticker].where(snapshot.prices.index >= _start(listed[ticker]))
        found[ticker] = closes.reindex(ends).set_axis(ends.index).pct_change(fill_method=None)
    return pd.DataFrame(found).rename_axis("month")


def _start(listed: pd.Timestamp) -> pd.Timestamp:
    """Return the first day whose close is the firm's own; any day where none is said."""
    return pd.Timestamp.min if pd.isna(listed) else listed
