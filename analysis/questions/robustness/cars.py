"""Portfolio CARs with every session as day 0, under every choice that shapes a return.

Portfolios are fitted before every session at once by the event study's own estimator; gap and event
window then only shift and sum, event codings and placebo calendars only select sessions.

An axis varies what the rules of inference leave open, and stays inside of what they fix. Models of
factors have an intercept only if the rules have one; the model of a mean is nothing but an
intercept, and remains as the alternative that keeps it. Contamination is that of the rules, against
none at all. Recentring is applied in no specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import compress, product

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.blocks import blocks
from analysis.estimators.events.fits import Fitted
from analysis.estimators.events.layout import Layout, build_panel
from analysis.estimators.events.models import WindowFit, fit_windows
from analysis.estimators.names import Kind, Model
from analysis.estimators.returns import take_returns
from analysis.questions.robustness.designs import curve_claims, measured_portfolio
from analysis.snapshot.eligibility import estimable, news_window
from analysis.snapshot.optional_choices import CurveModel
from analysis.snapshot.portfolios import Portfolio
from analysis.study.panel import Panel
from analysis.study.placebo import clean_sessions

__all__ = ["CHOICES", "OUTSIDE", "Tables", "claim_tables", "held_tickers"]

Bounds = tuple[int, int]
Held = tuple[str, str, int, int, Bounds | None]  # claim, measure, length, gap, clean window
Cars = Mapping[tuple[int, Bounds], Floats]
OUTSIDE = -1  # the place of a day outside the data
CHOICES = ("returns", "model", "length", "gap", "outliers", "window", "contamination", "measure")


@dataclass(frozen=True)
class Tables:
    """Responses of a claim's portfolio: specifications by sessions as day 0.

    Attributes
    ----------
    rows : mapping
        The row of each combination of choices, in the order of :data:`CHOICES`; the ledger's first.
    car, scar : (S, T + 1)
        CAR (fraction) and CAR over its forecast-corrected error; NaN where there is no portfolio or
        no fit, and in the last place, :data:`OUTSIDE`.
    """

    rows: Mapping[tuple[object, ...], int]
    car: Floats
    scar: Floats


def held_tickers(panel: Panel) -> list[str]:
    """List the tickers that any portfolio of the curves can hold, sorted."""
    claims = curve_claims(panel).values()
    return sorted({t for c in claims for t in measured_portfolio(panel, c, "share").members})


def claim_tables(panel: Panel) -> dict[str, Tables]:
    """Compute the tables of every claim in ``study.curve``."""
    curve, sessions = panel.snapshot.choices.own_curve, len(panel.snapshot.sessions)
    tables = {}
    for claim, rules in curve.claims.items():
        menus = (curve.returns, rules.models, curve.lengths, curve.gaps, curve.outliers)
        every = product(*menus, rules.windows, curve.contamination, rules.measures)
        rows: dict[tuple[object, ...], int] = {spec: row for row, spec in enumerate(every)}
        tables[claim] = Tables(rows, *np.full((2, len(rows), sessions + 1), np.nan))
    weights, held = _compose(panel)
    for kind, length, outliers in product(curve.returns, curve.lengths, curve.outliers):
        fits = _Fits(panel, weights, kind, length, curve.tail if outliers == "winsorised" else 0.0)
        for name, model in curve.models.items():
            asking = [c for c in tables if name in curve.claims[c].models]
            cars = fits.cars(model, {w for c in asking for w in curve.claims[c].windows})
            for claim in asking:
                _place(panel, held, cars, claim, tables[claim], (kind, name, length, outliers))
    return tables


def _compose(panel: Panel) -> tuple[pd.DataFrame, dict[Held, Ints]]:
    """Find what the portfolios of the claims hold on each session.

    Weights of tickers by distinct composition, (F, P), and its number on each session, (T,), or -1.
    """
    curve, tickers = panel.snapshot.choices.own_curve, held_tickers(panel)
    able = {
        (length, gap): estimable(panel.snapshot, tickers, length, gap)
        for length, gap in product(curve.lengths, curve.gaps)
    }
    found: dict[tuple[float, ...], int] = {}
    held: dict[Held, Ints] = {}
    for name, claim in curve_claims(panel).items():
        rules = curve.claims[name]
        for measure in rules.measures:
            number = _numbering(measured_portfolio(panel, claim, measure), tickers, found)
            for window in dict.fromkeys((None, *(_clean(rules.clean, w) for w in rules.windows))):
                clean = window is None or [clean_sessions(panel, t, *window) for t in tickers]
                for (length, gap), usable in able.items():
                    sets = map(tuple, (usable & clean).T.tolist())
                    held[name, measure, length, gap, window] = np.array([number(s) for s in sets])
    return pd.DataFrame(list(found), columns=tickers).T, held


def _numbering(
    portfolio: Portfolio, tickers: list[str], found: dict[tuple[float, ...], int]
) -> Callable[[tuple[bool, ...]], int]:
    """Number the composition that a set of usable tickers makes, -1 for none; new ones follow."""

    @cache
    def number(usable: tuple[bool, ...]) -> int:
        weights = portfolio.weigh(list(compress(tickers, usable)))
        if weights is None:
            return -1
        return found.setdefault(tuple(weights.get(t, 0.0) for t in tickers), len(found))

    return number


def _clean(clean: Bounds | None, window: Bounds) -> Bounds:
    """Return the window that must be free of confounders."""
    return clean or news_window(window)


class _Fits:
    """Every composition before every session: its returns over the estimation windows, fitted."""

    def __init__(
        self, panel: Panel, weights: pd.DataFrame, kind: Kind, length: int, tail: float
    ) -> None:
        snapshot, self.curve = panel.snapshot, panel.snapshot.choices.own_curve
        self.minimum = snapshot.choices.estimation.minimum
        returns = take_returns(snapshot.prices, kind).reindex(snapshot.sessions)
        returns = returns.where(panel.returns.notna())
        formed = {
            f"composition {number}": returns[weight.index] @ weight
            for number, every in weights.items()
            for weight in [every[every != 0]]
        }
        self.returns, self.names = returns.assign(**formed), list(formed)
        ends = [day for rules in self.curve.claims.values() for w in rules.windows for day in w]
        self.intercept = panel.intercept
        # Day 0 lies the shortest gap after the window; a longer one moves the event days instead.
        shortest, longest = min(self.curve.gaps), max(self.curve.gaps)
        self.layout = Layout(length, shortest, min(ends), max(ends) + longest - shortest)
        column, position = (
            axis.ravel() for axis in np.indices((len(formed), len(returns)), dtype=np.int64)
        )
        y = build_panel(self.returns, self.names, (), self.layout)
        windows = y.estimation_returns(column, position)
        enough = np.isfinite(windows).sum(axis=1) >= self.minimum
        self.column, self.position, windows = column[enough], position[enough], windows[enough]
        self.windows = _winsorise(windows, tail) if tail else windows

    def cars(self, model: CurveModel, windows: Iterable[Bounds]) -> Cars:
        """Return CAR and standardised CAR by gap and window, (2, P, T)."""
        bare = model.model == "market" and not self.intercept
        kind: Model = "no_intercept" if bare else model.model
        laid = build_panel(self.returns, self.names, model.factors, self.layout)
        fits = []
        for part in blocks(len(self.windows), self.layout.length):
            factors = laid.estimation_factors(self.position[part])
            fits.append(fit_windows(self.windows[part], factors, kind))
        fit = WindowFit.join(fits)
        fit.alpha[fit.n < self.minimum] = np.nan
        fitted = Fitted(laid, self.column, self.position, fit, kind)
        return {
            (gap, window): self._cumulate(fitted, gap - self.layout.gap, window)
            for gap, window in product(self.curve.gaps, windows)
        }

    def _cumulate(self, fitted: Fitted, later: int, window: Bounds) -> Floats:
        """Sum a window that lies some sessions later, and note it on its own day 0."""
        days = fitted.window(window[0] + later, window[1] + later)
        car = days.ar().sum(axis=1)
        scar = car / (fitted.fit.sigma * days.scale())
        inside = self.position + later < len(self.returns)
        at = self.column[inside], self.position[inside] + later
        cars = np.full((2, len(self.names), len(self.returns)), np.nan)
        cars[:, *at] = car[inside], scar[inside]
        return cars


def _place(
    panel: Panel,
    held: Mapping[Held, Ints],
    cars: Cars,
    claim: str,
    table: Tables,
    fitted: tuple[Kind, str, int, str],
) -> None:
    """Select the claim's portfolio on each session for every gap, window, rule and measure."""
    curve = panel.snapshot.choices.own_curve
    rules, (kind, model, length, outliers) = curve.claims[claim], fitted
    day = np.arange(len(panel.snapshot.sessions))
    for gap, window, contamination, measure in product(
        curve.gaps, rules.windows, curve.contamination, rules.measures
    ):
        clean = None if contamination == "keep" else _clean(rules.clean, window)
        number = held[claim, measure, length, gap, clean]
        row = table.rows[kind, model, length, gap, outliers, window, contamination, measure]
        for values, found in zip((table.car, table.scar), cars[gap, window], strict=True):
            values[row, :OUTSIDE] = np.where(number >= 0, found[number, day], np.nan)


def _winsorise(values: Floats, tail: float) -> Floats:
    """Pull each row's values in to the quantiles `tail` and 1 - `tail` of those that are known."""
    ordered = np.sort(values, axis=1)  # missing values last
    rows, span = np.arange(len(values)), np.maximum(np.isfinite(values).sum(axis=1) - 1, 0)
    bounds = []
    for share in (tail, 1 - tail):
        place = span * share
        below = np.floor(place).astype(np.int64)
        left, right = ordered[rows, below], ordered[rows, np.minimum(below + 1, span)]
        bounds.append((left + (right - left) * (place - below))[:, None])
    return np.asarray(np.clip(values, *bounds))
