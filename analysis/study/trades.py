"""The net return of a pair trade signalled on each session."""

from __future__ import annotations

import pandas as pd

from analysis.snapshot.portfolios import Portfolio
from analysis.study.panel import Panel

__all__ = ["net_returns"]


def net_returns(panel: Panel, pair: Portfolio, delay: int) -> pd.Series:
    """Compute the net return of a trade signalled on each session.

    The long side in equal parts against the short one, opened at the close `delay` sessions
    after the signal and closed `holding` sessions later. Costs: four trades of one leg's value, and
    the borrow fee.

    Returns
    -------
    Series
        Fraction of one leg, by session of the signal; missing where a leg had no own return by the
        close of entry or the data end before the exit.
    """
    choices = panel.snapshot.choices
    rules, prices = choices.pair, panel.snapshot.prices
    held = (prices.shift(-rules.holding) / prices - 1).where(panel.returns.notna())
    fee = 4 * rules.cost + rules.borrow * rules.holding / 252
    return (pair.hold(held) - fee).shift(-delay)
