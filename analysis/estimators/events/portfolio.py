"""Portfolios of firms that share a day 0: one series, one test, whatever their correlation."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.abnormal import study_on
from analysis.estimators.events.common_days import with_own_portfolios
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.significance import Significance, refused, student

__all__ = ["portfolio_study", "portfolio_t"]

Weights = Literal["equal", "risk"]


def portfolio_study(study: EventStudy, by: str, weights: Weights = "equal") -> EventStudy:
    """Return the event study of one portfolio for each value of the column `by`.

    The portfolio is a return series of its own, fitted like a firm over the sessions on which all
    its members are observed, so that its t needs no assumption on the correlation between firms
    (the standard remedy for shared event days; Brown and Warner 1980, J. Financial Economics 8).
    Its ``car`` gives the forecast-corrected t on n - k degrees of freedom.

    Parameters
    ----------
    study : EventStudy
        Firm-events; those with one value of `by` must share their day 0.
    by : str
        Column of ``study.rows``, such as ``day0``. Missing values form no portfolio.
    weights : {"equal", "risk"}
        1/N, or in proportion to 1/sigma of the firms' own fits; rebalanced daily, summing to one.

    Returns
    -------
    EventStudy
        ``rows`` hold `by`, ``ticker`` (the members joined by +), ``day0`` and ``n_firms``.

    Raises
    ------
    ValueError
        If a portfolio has members with different day 0s or twice the same firm.
    """
    labels, groups = _groups(study, by)
    position = np.zeros(len(groups), dtype=np.int64)
    sigma = study.sigma
    parts = []
    for row, (label, members) in enumerate(zip(labels, groups, strict=True)):
        position[row] = _shared_day(study, label, members)
        raw = np.ones(len(members)) if weights == "equal" else 1.0 / sigma[members]
        parts.append(raw / raw.sum())
    shares = _shares(study, parts, groups)
    names = study.events["ticker"].to_numpy(dtype=object)
    tickers = ["+".join(names[members]) for members in groups]
    # A missing member, and no other, makes the sum of a session missing.
    panel = replace(
        study.panel,
        assets=tuple(tickers),
        observed=shares @ study.panel.observed,
        estimation=shares @ study.panel.estimation,
        own=None,
    )
    panel = with_own_portfolios(panel, study, groups, parts)
    events = pd.DataFrame(
        {"ticker": tickers, by: labels, "n_firms": [len(members) for members in groups]}
    ).assign(day0=study.panel.sessions[position])
    return study_on(
        panel,
        events,
        np.arange(len(groups), dtype=np.int64),
        position,
        np.full(len(groups), "", dtype=object),
        (study.factors, study.model, study.minimum, study.kind),
        study.run,
    )


def portfolio_t(
    study: EventStudy, first: int, last: int, weights: Weights = "equal"
) -> Significance:
    """Test that the portfolio of all firms of `study`, on their one day 0, has no abnormal return.

    The forecast-corrected t of the portfolio's CAR over ``[first, last]`` with n - k degrees of
    freedom. It cannot tell a jump of the day's variance from an effect.

    Returns
    -------
    Significance
        ``portfolio_t`` or ``portfolio_t_risk``; the estimate is the portfolio's CAR, fraction.
        Refused where firms have several day 0s or the window is not fully observed.
    """
    name = "portfolio_t" if weights == "equal" else "portfolio_t_risk"
    n = study.fitted.size
    if study.dates != 1:
        return refused(name, n, "needs firms that share one day 0")
    joined = portfolio_study(study, "day0", weights)
    if joined.rows.empty:
        return refused(name, n, str(joined.skipped["reason"].iloc[0]))
    row = joined.car(first, last).iloc[0]
    if np.isnan(row["car"]):
        return refused(name, n, "a return is missing in the event window")
    return student(name, n, float(row["car"]), float(row["se"]), float(row["df"]))


def _groups(study: EventStudy, by: str) -> tuple[pd.Index, list[Ints]]:
    """Return the labels of the portfolios in order and the rows of their members."""
    codes, labels = pd.factorize(study.events[by], sort=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(labels) + 1))
    return pd.Index(labels), [order[a:b] for a, b in pairwise(starts)]


def _shared_day(study: EventStudy, label: Hashable, members: Ints) -> int:
    """Return the session that the members share, once each."""
    days = np.unique(study.position[members])
    if days.size > 1:
        raise ValueError(f"portfolio {label}: its firms have {days.size} different day 0s")
    if np.unique(study.column[members]).size < len(members):
        raise ValueError(f"portfolio {label}: a firm is in it twice")
    return int(days[0])


def _shares(study: EventStudy, parts: list[Floats], groups: list[Ints]) -> sparse.csr_array:
    """Return the weights of the assets in the portfolios, (G, A), which are mostly zero."""
    members = np.concatenate([np.empty(0, dtype=np.int64), *groups])
    values = np.concatenate([np.empty(0), *parts])
    starts = np.cumsum([0, *map(len, groups)])
    shape = (len(groups), len(study.panel.assets))
    return sparse.csr_array((values, study.column[members], starts), shape=shape)
