"""CARs of the portfolios of claims on the days of events alone, under every model and length.

What :mod:`analysis.questions.robustness.cars` computes for every session as a placebo day 0 is here
computed for the days that some coding asks for, so that many more choices take a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.estimators.events.fits import Fitted
from analysis.estimators.events.layout import Layout, build_panel
from analysis.estimators.events.models import fit_windows
from analysis.questions.robustness.reader_menus import Menus
from analysis.snapshot.eligibility import estimable
from analysis.snapshot.portfolios import Portfolio
from analysis.study.panel import Panel
from analysis.study.placebo import clean_sessions

__all__ = ["Cars", "Holdings", "measure_cars"]

Bounds = tuple[int, int]


class Holdings:
    """Which portfolios are held on which days: N distinct pairs of a composition and a session.

    Attributes
    ----------
    compositions : list of dict
        Weights by ticker.
    rows : list of (int, int)
        Composition and session of each pair.
    """

    def __init__(self, panel: Panel, length: int) -> None:
        self._panel, self._length = panel, length
        self.compositions: list[dict[str, float]] = []
        self.rows: list[tuple[int, int]] = []
        self._numbers: dict[tuple[tuple[str, float], ...], int] = {}
        self._places: dict[tuple[int, int], int] = {}
        self._usable: dict[tuple[str, Bounds | None], Bools] = {}

    def place(self, portfolio: Portfolio, days: Ints, clean: Bounds | None) -> Ints:
        """Return the pair of a portfolio on each day, (D,); -1 where it cannot be held.

        ``clean`` are event days on which no other news may touch a firm that is held.
        """
        members = portfolio.members
        usable = np.array([self._mark(ticker, clean)[days] for ticker in members])
        weighed: dict[tuple[bool, ...], int] = {}
        found = []
        for day, held in zip(days.tolist(), map(tuple, usable.T.tolist()), strict=True):
            if held not in weighed:
                weighed[held] = self._number(portfolio.weigh(list(compress(members, held))))
            number = weighed[held]
            found.append(-1 if number < 0 else self._pair(number, day))
        return np.array(found, dtype=np.int64)

    def _mark(self, ticker: str, clean: Bounds | None) -> Bools:
        """Mark the sessions on which a ticker can be held. (T,)."""
        if (ticker, clean) not in self._usable:
            snapshot = self._panel.snapshot
            gap = snapshot.choices.estimation.gap
            marked = estimable(snapshot, [ticker], self._length, gap)[0]
            if clean is not None:
                marked = marked & clean_sessions(self._panel, ticker, *clean)
            self._usable[ticker, clean] = marked
        return self._usable[ticker, clean]

    def _number(self, weights: dict[str, float] | None) -> int:
        if weights is None:
            return -1
        key = tuple(weights.items())
        if key not in self._numbers:
            self._numbers[key] = len(self.compositions)
            self.compositions.append(weights)
        return self._numbers[key]

    def _pair(self, number: int, day: int) -> int:
        if (number, day) not in self._places:
            self._places[number, day] = len(self.rows)
            self.rows.append((number, day))
        return self._places[number, day]


class Cars:
    """CARs of N pairs by window.

    Attributes
    ----------
    car, weight : mapping of (int, int) to array, (normals, lengths, N)
        CAR (fraction) and one over its forecast-corrected error, by window; NaN without a fit.
    raw : mapping of (int, int) to array, (N,)
        Returns of the portfolio added up over the window (fraction).
    """

    def __init__(self, windows: Iterable[Bounds], shape: tuple[int, int, int]) -> None:
        self.car = {window: np.full(shape, np.nan) for window in windows}
        self.weight = {window: np.full(shape, np.nan) for window in self.car}
        self.raw: dict[Bounds, Floats] = {}

    def beginning(self, normal: int) -> Cars:
        """Return the same with another model in the place of the first."""
        order = np.arange(len(next(iter(self.car.values()))))
        order[0] = normal
        found = Cars((), (0, 0, 0))
        found.car = {window: car[order] for window, car in self.car.items()}
        found.weight = {window: weight[order] for window, weight in self.weight.items()}
        found.raw = self.raw
        return found


def measure_cars(panel: Panel, menus: Menus, holdings: Holdings, windows: Iterable[Bounds]) -> Cars:
    """Fit every pair under every model and length and add up its windows."""
    choices = panel.snapshot.choices
    weights = [pd.Series(held) for held in holdings.compositions]
    names = [f"composition {number}" for number in range(len(weights))]
    formed = {
        name: panel.returns[weight.index] @ weight
        for name, weight in zip(names, weights, strict=True)
    }
    returns = panel.returns.assign(**formed)
    pairs = np.array(holdings.rows, dtype=np.int64).reshape(-1, 2)
    column, position = pairs.T
    found = Cars(windows, (len(menus.normals), len(menus.lengths), len(pairs)))
    first = min(window[0] for window in found.car)
    last = max(window[1] for window in found.car)
    for at, length in enumerate(menus.lengths):
        layout = Layout(length, choices.estimation.gap, first, last)
        y = build_panel(returns, names, (), layout).estimation_returns(column, position)
        for place, normal in enumerate(menus.normals):
            laid = build_panel(returns, names, normal.benchmark, layout)
            fit = fit_windows(y, laid.estimation_factors(position), normal.model)
            fit.alpha[fit.n < choices.estimation.minimum] = np.nan
            fitted = Fitted(laid, column, position, fit, normal.model)
            _add_up(found, fitted, (place, at))
    return found


def _add_up(found: Cars, fitted: Fitted, at: tuple[int, int]) -> None:
    """Put the CARs of one fit where they belong; of the first one the raw returns, too."""
    for window, car in found.car.items():
        days = fitted.window(*window)
        car[at] = days.ar().sum(axis=1)
        found.weight[window][at] = 1 / (fitted.fit.sigma * days.scale())
        found.raw.setdefault(window, days.raw.sum(axis=1))
