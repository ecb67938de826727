"""Headline exports less their season against the returns of a fund and of firms, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.estimators.dependence.seasons import less_earlier_years
from analysis.estimators.returns import equal_weight
from analysis.snapshot.calendar import list_sessions
from analysis.snapshot.choices import Choices
from analysis.snapshot.customs import monthly_panel
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot
from analysis.study.customs import METHODS, correlate

__all__ = [
    "FIRMS",
    "HEADLINE",
    "asset_returns",
    "correlate_adjusted",
    "headline_changes",
    "month_returns",
]

HEADLINE = "rare_earths_total"
FIRMS = "firms"


def headline_changes(customs: pd.DataFrame, choices: Choices) -> pd.Series:
    """Return the known log changes of headline tonnage by month.

    Parameters
    ----------
    customs : DataFrame
        Figures as in a snapshot; the rules on derived figures and sums of months are those of
        :func:`analysis.snapshot.customs.monthly_panel`.
    """
    own = customs[customs["series"] == HEADLINE]
    changes: pd.Series = monthly_panel(own, choices)["change"].xs(HEADLINE)
    return changes.dropna()


def asset_returns(snapshot: Snapshot) -> pd.DataFrame:
    """Return the monthly returns of the fund of metals and of the firms of the core.

    Returns
    -------
    DataFrame
        Months by the fund's ticker and ``firms``, the mean over the core firms that are known in
        the month (fraction).
    """
    firms, fund = list(snapshot.choices.firms.core), snapshot.choices.benchmark.metals
    returns = month_returns(snapshot, [fund, *firms])
    return pd.DataFrame({fund: returns[fund], FIRMS: equal_weight(returns, firms)})


def correlate_adjusted(
    snapshot: Snapshot, changes: pd.Series, returns: Mapping[str, pd.Series], name: str
) -> pd.DataFrame:
    """Correlate changes, each less the mean of its month in earlier years, with monthly returns.

    Parameters
    ----------
    snapshot : Snapshot
        Of the study whose lags, blocks, draws and level are taken.
    changes : Series
        Log points by month.
    returns : mapping of str to Series
        Fractions by month, by asset.
    name : str
        Tells the random numbers from those of other changes.

    Returns
    -------
    DataFrame
        ``asset``, ``method``, ``lag`` (months; positive: exports lead), ``n``, ``estimate``,
        ``low``, ``high``, ``p``, ``mde``: see
        :func:`analysis.estimators.dependence.lead_lag.lead_lag`.
    """
    x, frames = less_earlier_years(changes).dropna(), []
    for asset, values in returns.items():
        for method in METHODS:
            lags = snapshot.choices.customs.lags
            found = correlate(snapshot, x, values.dropna(), lags, method, name, asset, method)
            frames.append(found.reset_index().assign(asset=asset, method=method))
    return pd.concat(frames, ignore_index=True)


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
        closes = snapshot.prices[ticker].where(~(snapshot.prices.index < listed[ticker]))
        found[ticker] = closes.reindex(ends).set_axis(ends.index).pct_change(fill_method=None)
    return pd.DataFrame(found).rename_axis("month")
