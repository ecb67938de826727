"""Responses: what a portfolio returns with every session as day 0, events and placebo days alike.

One table holds the sessions down and the portfolio's compositions across, since the firms that can
be used differ from event to event. An event is a look-up at its day 0, a placebo another look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.events.event_study import EventStudy
from analysis.reads import once
from analysis.snapshot.choices import window_name
from analysis.snapshot.eligibility import estimable, news_window
from analysis.snapshot.portfolios import Portfolio
from analysis.study.panel import Panel, estimate
from analysis.study.placebo import clean_sessions, cumulated, quiet_sessions

__all__ = [
    "SERIES",
    "Responses",
    "add_returns",
    "compose",
    "cumulate",
    "cumulate_rows",
    "daily_scores",
    "fit_events",
    "quiet_paths",
    "series_responses",
]

Floats = npt.NDArray[np.float64]
Bounds = tuple[int, int]
SERIES = "series"  # the one composition of a response that has a single value a session


@dataclass(frozen=True)
class Responses:
    """Responses of a portfolio on every session.

    Attributes
    ----------
    table : DataFrame
        Indexed by composition (tickers with commas) and session: ``car`` (fraction), ``scar``, the
        same over its standard error, or again ``car`` where there is none, and ``weight``, one over
        that error or 1; of CARs also ``se``, ``raw`` (fraction), ``df``, ``p``.
    members : Series
        Composition by event ``id``; events without one are left out.
    clean : (int, int) or None
        Sessions around day 0 that must be free of confounders of the firms held.
    """

    table: pd.DataFrame
    members: pd.Series
    clean: Bounds | None = None

    def at_events(self, panel: Panel) -> pd.DataFrame:
        """Look up every event that has a response.

        Returns
        -------
        DataFrame
            Indexed by event ``id``: the columns of the table and ``members``.
        """
        days = panel.events["day0"].reindex(self.members.index)
        found = self.table.reindex(pd.MultiIndex.from_arrays([self.members, days]))
        found.index = self.members.index
        return found.assign(members=self.members).dropna(subset=["car"])

    def on_quiet_sessions(self, panel: Panel, members: pd.Series) -> pd.DataFrame:
        """Look up compositions on all sessions that a placebo may use.

        Returns
        -------
        DataFrame, (T, compositions)
            ``scar``; NaN within the episode distance of a listed event, or where a confounder
            touches a firm that is held.
        """
        table = {name: self.table["scar"].loc[name] for name in sorted(set(members))}
        usable = {name: _usable(panel, name, self.clean) for name in table}
        return pd.DataFrame({n: np.where(usable[n], scar, np.nan) for n, scar in table.items()})


def cumulate(
    panel: Panel,
    portfolio: Portfolio,
    window: Bounds | None = None,
    *,
    clean: Bounds | bool = True,
    factors: tuple[str, ...] | None = None,
    follows: Bounds | None = None,
) -> Responses:
    """Compute the CARs of a portfolio on every session.

    A portfolio's return is formed first and its normal return fitted second, so that the
    co-movement of firms which share a day enters the standard error by itself.

    Parameters
    ----------
    panel : Panel
    portfolio : Portfolio
    window : (int, int), optional
        First and last event day that are cumulated; the primary window of the study if not given.
    clean : (int, int) or bool
        Event days on which no confounder may touch a firm that is held; True: the window, from day
        0 on at the latest; False: none.
    factors : tuple of str, optional
        Factors in place of the market alone.
    follows : (int, int), optional
        Event days whose CAR gives the sign that responses are multiplied by.
    """
    bounds = window or panel.snapshot.choices.windows.primary_bounds
    asked = news_window(bounds) if clean is True else clean or None

    def compute() -> Responses:
        members, weights = compose(panel, portfolio, asked)
        sessions = panel.snapshot.sessions
        rows = pd.DataFrame({"ticker": np.repeat(list(weights), len(sessions))})
        rows["day0"] = np.tile(sessions, len(weights))
        table = cumulate_rows(panel, weights, rows, bounds, factors, follows)
        found = Responses(table, members, asked)
        return _recentre(found, panel) if panel.rules.normal == "recentred" else found

    return once(panel, ("cumulated", portfolio, bounds, asked, factors, follows), compute)


def cumulate_rows(
    panel: Panel,
    weights: Mapping[str, pd.Series],
    rows: pd.DataFrame,
    window: Bounds,
    factors: tuple[str, ...] | None = None,
    follows: Bounds | None = None,
) -> pd.DataFrame:
    """Compute the CARs of compositions where rows (``ticker``, the composition; ``day0``) ask.

    ``weights`` are those of each composition, by firm. Where responses follow a window they are
    multiplied by the sign of the CAR over it. Returns the table of :class:`Responses`; missing
    where there is no fit.
    """
    fitted = _fit(panel, weights, rows, factors, window[1])
    cars = fitted.car(*window).drop(columns="bhar").rename(columns={"t": "scar"})
    if follows:
        turned = ["car", "scar", "raw"]
        cars[turned] = cars[turned].mul(np.sign(fitted.car(*follows)["car"]), axis=0)
    cars["weight"] = 1 / cars["se"]
    cars.index = pd.MultiIndex.from_frame(fitted.rows[["ticker", "day0"]])
    return cars.reindex(pd.MultiIndex.from_frame(rows))


def add_returns(
    panel: Panel, portfolio: Portfolio, window: Bounds, clean: Bounds | None
) -> pd.Series:
    """Add up the daily returns of a portfolio over the window around every event.

    As composed for the event; by event ``id`` (fraction), missing where a day is.
    """
    members, weights = compose(panel, portfolio, clean)
    first, last = window
    sums = {
        name: (panel.returns[weight.index] @ weight).rolling(last - first + 1).sum().shift(-last)
        for name, weight in weights.items()
    }
    days = dict(panel.events["day0"])
    return pd.Series({event: sums[name][days[event]] for event, name in members.items()})


def _recentre(found: Responses, panel: Panel) -> Responses:
    """Take from every response the mean of its composition's on quiet sessions."""
    names = found.table.index.get_level_values(0)
    quiet = found.on_quiet_sessions(panel, pd.Series(names.unique())).mean()
    scar = found.table["scar"] - quiet.reindex(names).to_numpy()
    return replace(found, table=found.table.assign(scar=scar, car=scar * found.table["se"]))


def fit_events(
    panel: Panel, portfolio: Portfolio, clean: Bounds | None = None, last: int = 0
) -> EventStudy:
    """Run the event study on one portfolio an event, for what needs its fits and daily returns.

    The event window reaches to event day ``last`` at least.

    Its rows carry the event ``id``; ``ticker`` is the composition.
    """
    members, weights = compose(panel, portfolio, clean)
    rows = members.rename("ticker").reset_index().join(panel.events["day0"], on="id")
    return _fit(panel, weights, rows, last=last)


def quiet_paths(
    panel: Panel, portfolio: Portfolio, clean: Bounds, weigh: Callable[[EventStudy], Floats]
) -> dict[str, Floats]:
    """Cumulate abnormal returns around every session that a placebo may use.

    ``weigh`` gives what each path is multiplied by, (N,).

    Returns
    -------
    dict of array, (T, L)
        By composition: see :func:`analysis.study.placebo.cumulated` (fraction); NaN where it
        cannot be used or a day is missing.
    """
    _, weights = compose(panel, portfolio, clean)
    sessions, paths = panel.snapshot.sessions, {}
    for name in weights:
        rows = pd.DataFrame({"ticker": name, "day0": sessions[_usable(panel, name, clean)]})
        fitted = _fit(panel, weights, rows)
        paths[name] = np.full((len(sessions), fitted.event_time.size), np.nan)
        paths[name][fitted.position] = cumulated(fitted) * weigh(fitted)[:, None]
    return paths


def daily_scores(
    panel: Panel,
    portfolio: Portfolio,
    *,
    clean: Bounds | None = (0, 0),
    factors: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """Compute the standardised abnormal return of a portfolio on every session, event or not.

    It holds the firms that have an estimation window before the session and no news of their own
    on the days ``clean`` around it; None keeps them whatever their news.

    Returns
    -------
    DataFrame, (T, F)
        In standard errors of a forecast; one column, or one a firm for an ``each`` portfolio.
    """
    estimation, sessions = panel.snapshot.choices.estimation, panel.snapshot.sessions
    members = list(portfolio.members)
    usable = estimable(panel.snapshot, members, estimation.length, estimation.gap)
    if clean is not None:
        usable &= np.array([clean_sessions(panel, member, *clean) for member in members])
    held = [[m for m, there in zip(members, row, strict=True) if there] for row in usable.T]
    columns = {}
    for name, part in enumerate(portfolio.split()):
        weighed = [part.weigh(firms) for firms in held]
        weights = {",".join(w): pd.Series(w) for w in weighed if w}
        at = np.array([w is not None for w in weighed])
        rows = pd.DataFrame({"ticker": [",".join(w) for w in weighed if w], "day0": sessions[at]})
        fitted = _fit(panel, weights, rows, factors)
        scores = fitted.car(0, 0)["t"].to_numpy()
        columns[name] = pd.Series(scores, pd.DatetimeIndex(fitted.rows["day0"])).reindex(sessions)
    return pd.DataFrame(columns)


def _usable(panel: Panel, members: str, clean: Bounds | None) -> npt.NDArray[np.bool_]:
    """Mark the quiet sessions on which no confounder touches a firm that is held. (T,)."""
    usable = quiet_sessions(panel)
    if clean:
        for ticker in members.split(","):
            usable = usable & clean_sessions(panel, ticker, *clean)
    return usable


def _fit(
    panel: Panel,
    weights: Mapping[str, pd.Series],
    rows: pd.DataFrame,
    factors: tuple[str, ...] | None = None,
    last: int = 0,
) -> EventStudy:
    """Form the return of each composition and fit it where the rows ask for it."""
    formed = {
        name: panel.returns[weight.index] @ weight
        for name, weight in weights.items()
        if name not in panel.returns  # a portfolio of one firm is that firm
    }
    returns = pd.concat([panel.returns, pd.DataFrame(formed)], axis=1)
    return estimate(
        panel.snapshot,
        returns,
        rows,
        factors=factors,
        exclude=panel.exclude,
        last=last,
        intercept=panel.intercept,
    )


def compose(
    panel: Panel, portfolio: Portfolio, clean: Bounds | None
) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Find the composition of a portfolio on every event, and the weights of each composition."""
    return once(panel, ("composed", portfolio, clean), lambda: _compose(panel, portfolio, clean))


def _compose(
    panel: Panel, portfolio: Portfolio, clean: Bounds | None
) -> tuple[pd.Series, dict[str, pd.Series]]:
    firms = panel.snapshot.choices.firms.studied
    funds = [t for t in panel.returns.columns if t not in firms]  # no confounder touches them
    usable = panel.event_study.rows[["id", "ticker"]]
    if clean is not None:
        window = window_name(clean)
        pairs = pd.MultiIndex.from_frame(usable)
        usable = usable[panel.clean.loc[pairs, window].to_numpy(dtype=bool)]
    held: dict[str, list[str]] = {}
    for event, ticker in zip(usable["id"], usable["ticker"], strict=True):
        held.setdefault(event, []).append(ticker)
    weigh = cache(lambda firms: portfolio.weigh([*firms, *funds]))
    members: dict[str, str] = {}
    weights: dict[str, pd.Series] = {}
    for event, firms_held in held.items():
        weight = weigh(tuple(firms_held))
        if weight is not None:
            members[event] = ",".join(weight)
            weights.setdefault(members[event], pd.Series(weight))
    return pd.Series(members, dtype=object).rename_axis("id"), weights


def series_responses(panel: Panel, values: pd.Series) -> Responses:
    """Make responses of a series with one value a session, tested as it is.

    Parameters
    ----------
    values : Series, (T,)
        By session; NaN where there is none.
    """
    values = values.reindex(panel.snapshot.sessions)
    index = pd.MultiIndex.from_product([[SERIES], panel.snapshot.sessions])
    known = values.to_numpy()
    table = pd.DataFrame({"car": known, "scar": known, "weight": 1.0}, index)
    return Responses(table, pd.Series(SERIES, panel.events.index))
