"""What every firm would show with each session of its exchange as day 0: events look it up.

One table serves the registered calendar of events and every rotation of it, since an event is
nothing but a session on each exchange.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.names import Model
from analysis.reads import Made, make
from analysis.snapshot.exchanges import exchange_by_ticker
from analysis.snapshot.load import Snapshot
from analysis.snapshot.own_sessions import name_factors, own_returns, usable_days

__all__ = ["MEASURES", "FirmTable", "fit_each", "tabulate"]

Bounds = tuple[int, int]
MEASURES = ("scar", "car", "square")


@dataclass(frozen=True)
class FirmTable:
    """Responses of F firms, each on every session of its own exchange.

    Attributes
    ----------
    firms : tuple of str, (F,)
    exchanges : tuple of str, (F,)
        Where each trades.
    sessions : mapping of str to DatetimeIndex
        Of each exchange.
    values : mapping of str to tuple of array, (T + 1,)
        By measure, one array a firm: ``scar`` and ``car`` (fraction) over the window, ``square``,
        the squared standardised abnormal return of day 0. NaN where the day cannot be used; the
        last entry, which stands for no session, is NaN.
    """

    firms: tuple[str, ...]
    exchanges: tuple[str, ...]
    sessions: Mapping[str, pd.DatetimeIndex]
    values: Mapping[str, tuple[Floats, ...]]

    def look_up(self, measure: str, places: Mapping[str, Ints]) -> Floats:
        """Look up what firms show where events are.

        Parameters
        ----------
        measure : str
        places : mapping of str to array, (..., E)
            By exchange: sessions of the day 0s; -1 is none.

        Returns
        -------
        array, (..., E, F)
        """
        columns = zip(self.values[measure], self.exchanges, strict=True)
        return np.stack([values[places[code]] for values, code in columns], axis=-1)

    def keep(
        self,
        firms: Sequence[str],
        since: Mapping[str, pd.Timestamp],
        until: Mapping[str, pd.Timestamp],
        last: int,
    ) -> FirmTable:
        """Return the table of some firms.

        One with a day in ``since`` counts from then on, one with a day in ``until`` where event day
        ``last`` is no later.
        """
        at = [self.firms.index(firm) for firm in firms]
        values = {}
        for measure, columns in self.values.items():
            kept = [columns[place].copy() for place in at]
            for firm, column in zip(firms, kept, strict=True):
                sessions = self.sessions[self.exchanges[self.firms.index(firm)]]
                if firm in since:
                    column[: sessions.searchsorted(since[firm])] = np.nan
                if firm in until:
                    column[sessions.searchsorted(until[firm], side="right") - last :] = np.nan
            values[measure] = tuple(kept)
        return FirmTable(
            tuple(firms), tuple(self.exchanges[place] for place in at), self.sessions, values
        )


def tabulate(
    snapshot: Snapshot, window: Bounds | None = None, *, intercept: bool | None = None
) -> FirmTable:
    """Measure every firm and fund with every session of its exchange as day 0.

    Days are usable by :func:`analysis.snapshot.own_sessions.usable_days`, whatever the window.

    Parameters
    ----------
    window : (int, int), optional
        One of the windows of the study; the primary one if not given.
    intercept : bool, optional
        Whether the market model has one; as the rules of the study have it if not given.
    """
    if intercept is None:
        intercept = snapshot.choices.registered.normal == "intercept"
    return _kept(snapshot, intercept).use()[window or snapshot.choices.windows.primary_bounds]


@lru_cache(maxsize=4)
def _kept(snapshot: Snapshot, intercept: bool) -> Made[dict[Bounds, FirmTable]]:
    return make(lambda: _tabulate(snapshot, intercept))


def _tabulate(snapshot: Snapshot, intercept: bool) -> dict[Bounds, FirmTable]:
    choices, returns = snapshot.choices, own_returns(snapshot)
    tickers = tuple(
        dict.fromkeys((*choices.firms.studied, *filter(None, [choices.benchmark.metals])))
    )
    at = exchange_by_ticker(snapshot.universe, choices)
    sessions = {code: pd.DatetimeIndex(frame.index) for code, frame in returns.items()}
    windows = dict.fromkeys([*choices.windows.bounds.values(), (0, 0)])
    columns = {
        (window, measure, ticker): np.full(len(sessions[at[ticker]]) + 1, np.nan)
        for window in windows
        for measure in MEASURES
        for ticker in tickers
    }
    for code, usable in usable_days(snapshot, tickers).items():
        place, firm = np.nonzero((usable == "").to_numpy())
        if not place.size:
            continue
        rows = pd.DataFrame({"ticker": usable.columns[firm], "day0": sessions[code][place]})
        study = fit_each(snapshot, code, rows, intercept=intercept)
        found = sessions[code].get_indexer(pd.DatetimeIndex(study.events["day0"]))
        square = study.car(0, 0)["t"].to_numpy() ** 2
        for window in windows:
            cars = study.car(*window)
            for ticker in usable.columns:
                own = (study.events["ticker"] == ticker).to_numpy()
                values = (cars["t"].to_numpy(), cars["car"].to_numpy(), square)
                for measure, of in zip(MEASURES, values, strict=True):
                    columns[window, measure, ticker][found[own]] = of[own]
    exchanges = tuple(at[ticker] for ticker in tickers)
    return {
        window: FirmTable(
            tickers,
            exchanges,
            sessions,
            {m: tuple(columns[window, m, ticker] for ticker in tickers) for m in MEASURES},
        )
        for window in windows
    }


def fit_each(
    snapshot: Snapshot,
    exchange: str,
    rows: pd.DataFrame,
    window: Bounds | None = None,
    *,
    intercept: bool = False,
) -> EventStudy:
    """Fit firms of one exchange on its sessions.

    Parameters
    ----------
    rows : DataFrame
        ``ticker`` and ``day0``, a session there.
    window : (int, int), optional
        First and last event day that are kept; those of the windows of the study if not given.
    """
    choices = snapshot.choices
    bounds = [*choices.windows.bounds.values(), (0, 0)]
    model: Model = "market" if intercept else "no_intercept"
    return event_study(
        own_returns(snapshot)[exchange],
        rows,
        factors=name_factors(choices, exchange),
        model=model,
        length=choices.estimation.length,
        gap=choices.estimation.gap,
        minimum=choices.estimation.minimum,
        window=window or (min(b[0] for b in bounds), max(b[1] for b in bounds)),
        kind=choices.returns,
    )
