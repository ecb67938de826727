"""Headline exports less their season against the returns of a fund and of firms, month by month."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.estimators.dependence.seasons import less_earlier_years
from analysis.estimators.returns import equal_weight
from analysis.snapshot.choices import Choices
from analysis.snapshot.customs import monthly_panel
from analysis.snapshot.load import Snapshot
from analysis.study.customs import METHODS, correlate
from analysis.study.own_months import month_returns

__all__ = ["FIRMS", "HEADLINE", "asset_returns", "correlate_adjusted", "headline_changes"]

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
