"""Portfolio CARs with every session as day 0, under every choice that shapes a return.

Fits are made for all window ends and portfolios at once; gap and event window then only shift and
sum, event codings and placebo calendars only select sessions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from analysis.estimators.blocks import blocks
from analysis.estimators.events.models import WindowFit, fit_windows
from analysis.estimators.returns import log_returns, simple_returns
from analysis.questions.robustness.designs import measured_portfolio, read_designs
from analysis.snapshot.curve_choices import CurveModel
from analysis.snapshot.portfolios import Portfolio
from analysis.study.panel import Panel
from analysis.study.placebo import clean_sessions

__all__ = ["CHOICES", "Tables", "claim_tables", "core_firms", "eligible_firms"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bounds = tuple[int, int]
CHOICES = (
    "returns",
    "model",
    "length",
    "gap",
    "outliers",
    "window",
    "contamination",
    "measure",
)


@dataclass(frozen=True)
class Tables:
    """CARs of a claim's portfolio for every combination of choices and every session as day 0.

    Attributes
    ----------
    menus : mapping
        Choices in the order of :data:`CHOICES`, the ledger's first.
    car, scar : (returns, model, length, gap, outliers, window, contamination, measure, T + 1)
        CAR (fraction) and CAR over its forecast-corrected error; NaN where there is no portfolio or
        no fit, and in the last place, which stands for a day outside the data.
    """

    menus: Mapping[str, tuple[object, ...]]
    car: Floats
    scar: Floats


@dataclass(frozen=True)
class _Portfolios:
    """Distinct weights, (P, F), and for each claim and measure the row of each set of firms."""

    weights: Floats
    rows: Mapping[tuple[str, str], Ints]


def core_firms(panel: Panel) -> tuple[str, ...]:
    """Firms that any portfolio of the curves can hold, sorted."""
    choices = panel.snapshot.choices
    held = {*choices.firms.core, *choices.baskets["heavy_exposed"], *choices.baskets["producer"]}
    return tuple(sorted(held))


def claim_tables(panel: Panel) -> dict[str, Tables]:
    """Compute the tables of every claim in ``study.curve``."""
    curve, sessions = panel.snapshot.choices.own_curve, len(panel.snapshot.sessions)
    tables = {}
    for claim, rules in curve.claims.items():
        menus: dict[str, tuple[object, ...]] = dict(
            zip(
                CHOICES,
                (curve.returns, rules.models, curve.lengths, curve.gaps, curve.outliers,
                 rules.windows, curve.contamination, rules.measures),
                strict=True,
            )
        )  # fmt: skip
        shape = (*(len(menu) for menu in menus.values()), sessions + 1)
        tables[claim] = Tables(menus, np.full(shape, np.nan), np.full(shape, np.nan))
    usable = _usable_sets(panel)
    portfolios = _portfolios(panel)
    for r, kind in enumerate(curve.returns):
        _fill(panel, portfolios, usable, tables, r, kind)
    return tables


def eligible_firms(panel: Panel, length: int, gap: int) -> npt.NDArray[np.bool_]:
    """Say which firms have a return on each day 0 and enough of them before it, (F, T)."""
    own = np.isfinite(panel.returns[list(core_firms(panel))].to_numpy().T)
    counts = np.cumsum(np.pad(own, ((0, 0), (length + gap, 0))), axis=1)
    sessions = own.shape[1]
    # In padded columns the window of session t runs from t + 1 to t + length.
    inside = counts[:, length : length + sessions] - counts[:, :sessions]
    enough = inside >= panel.snapshot.choices.estimation.minimum
    able: npt.NDArray[np.bool_] = enough & own
    return able


def _clean_firms(panel: Panel, window: Bounds) -> npt.NDArray[np.bool_]:
    """Say which firms no confounder touches in the window around each day 0, (F, T)."""
    return np.array([clean_sessions(panel, firm, *window) for firm in core_firms(panel)])


def _as_number(firms: npt.NDArray[np.bool_]) -> Ints:
    """Code each session's set of firms, (F, T), as a number: one bit a firm."""
    number: Ints = (firms * (1 << np.arange(len(firms)))[:, None]).sum(axis=0)
    return number


def _usable_sets(panel: Panel) -> dict[tuple[int, int, Bounds | None], Ints]:
    """Return the set of usable firms on each session by length, gap and clean window."""
    curve = panel.snapshot.choices.own_curve
    windows: set[Bounds | None] = {None}
    for rules in curve.claims.values():
        windows |= {rules.clean} if rules.clean else set(rules.windows)
    clean = {w: _clean_firms(panel, w) for w in windows if w is not None}
    sets = {}
    for length in curve.lengths:
        for gap in curve.gaps:
            able = eligible_firms(panel, length, gap)
            for window in windows:
                sets[length, gap, window] = _as_number(
                    able if window is None else able & clean[window]
                )
    return sets


def _portfolios(panel: Panel) -> _Portfolios:
    firms = core_firms(panel)
    designs = read_designs(panel)
    found: dict[tuple[float, ...], int] = {}
    rows: dict[tuple[str, str], Ints] = {}
    for claim, rules in panel.snapshot.choices.own_curve.claims.items():
        for measure in rules.measures:
            portfolio = measured_portfolio(panel, designs[claim], measure)
            rows[claim, measure] = np.array(
                [_row(portfolio, firms, number, found) for number in range(1 << len(firms))]
            )
    return _Portfolios(np.array(list(found)), rows)


def _row(
    portfolio: Portfolio, firms: Sequence[str], number: int, found: dict[tuple[float, ...], int]
) -> int:
    """Return the row of the portfolio that a set of firms makes, -1 if it makes none."""
    weights = portfolio.weigh([f for bit, f in enumerate(firms) if number >> bit & 1])
    if weights is None:
        return -1
    return found.setdefault(tuple(weights.get(f, 0.0) for f in firms), len(found))


def _fill(
    panel: Panel,
    portfolios: _Portfolios,
    usable: Mapping[tuple[int, int, Bounds | None], Ints],
    tables: Mapping[str, Tables],
    r: int,
    kind: str,
) -> None:
    """Compute everything that one kind of return needs."""
    snapshot, curve = panel.snapshot, panel.snapshot.choices.own_curve
    compute = log_returns if kind == "log" else simple_returns
    returns = compute(snapshot.prices).reindex(snapshot.sessions).where(panel.returns.notna())
    y = _combined(portfolios.weights, returns[list(core_firms(panel))].to_numpy().T)
    for i, length in enumerate(curve.lengths):
        for o, rule in enumerate(curve.outliers):
            windows = _windows(y, length, curve.tail if rule == "winsorised" else 0.0)
            for name, model in curve.models.items():
                x = returns[list(model.factors)].to_numpy().T
                fitted = _Fitted(y, x, windows, model, snapshot.choices.estimation.minimum)
                for claim, table in tables.items():
                    if name in table.menus["model"]:
                        m = table.menus["model"].index(name)
                        _place(panel, portfolios, usable, claim, table, fitted, (r, m, i, o))


def _place(
    panel: Panel,
    portfolios: _Portfolios,
    usable: Mapping[tuple[int, int, Bounds | None], Ints],
    claim: str,
    table: Tables,
    fitted: _Fitted,
    at: tuple[int, int, int, int],
) -> None:
    """Select the claim's portfolio on each session for every gap, window, rule and measure."""
    curve = panel.snapshot.choices.own_curve
    rules, (r, m, i, o) = curve.claims[claim], at
    day = np.arange(table.car.shape[-1] - 1)
    for (g, gap), (w, window) in product(enumerate(curve.gaps), enumerate(rules.windows)):
        car, scar = fitted.cars(gap, window)
        options = product(enumerate(curve.contamination), enumerate(rules.measures))
        for (c, contamination), (h, measure) in options:
            clean = None if contamination == "keep" else rules.clean or window
            row = portfolios.rows[claim, measure][usable[curve.lengths[i], gap, clean]]
            place = (r, m, i, g, o, w, c, h, slice(None, -1))
            table.car[place] = np.where(row >= 0, car[row, day], np.nan)
            table.scar[place] = np.where(row >= 0, scar[row, day], np.nan)


def _combined(weights: Floats, returns: Floats) -> Floats:
    """Return portfolio returns, (P, T); missing where a held firm is missing."""
    combined: Floats = weights @ np.nan_to_num(returns)
    combined[(weights != 0).astype(float) @ np.isnan(returns) > 0] = np.nan
    return combined


def _windows(y: Floats, length: int, tail: float) -> Floats:
    """Return the windows of `length` sessions that end on each session, (P·T, length).

    With a `tail`, values beyond the quantiles `tail` and 1 - `tail` of the window's own known
    values are pulled in to them.
    """
    padded = np.pad(y, ((0, 0), (length - 1, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)
    flat: Floats = windows.reshape(-1, length)
    if tail == 0.0:
        return flat
    low, high = _quantiles(flat, tail)
    return np.clip(flat, low[:, None], high[:, None])


def _quantiles(values: Floats, tail: float) -> tuple[Floats, Floats]:
    """Return the quantiles `tail` and 1 - `tail` of each row's known values, interpolated."""
    ordered = np.sort(values, axis=1)  # missing values last
    rows, span = np.arange(len(values)), np.maximum(np.isfinite(values).sum(axis=1) - 1, 0)
    bounds = []
    for share in (tail, 1 - tail):
        place = span * share
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, span)
        left, right = ordered[rows, below], ordered[rows, above]
        bounds.append(left + (right - left) * (place - below))
    return bounds[0], bounds[1]


class _Fitted:
    """Fits of every portfolio on the windows that end on each session, and their CARs."""

    def __init__(
        self, y: Floats, x: Floats, windows: Floats, model: CurveModel, minimum: int
    ) -> None:
        self.y, self.x, self.model = y, x, model
        fit = self._fit(windows)
        usable = (fit.n >= minimum) & np.isfinite(fit.alpha)
        self.alpha = np.where(usable, fit.alpha, np.nan).reshape(y.shape)
        self.sigma = fit.sigma.reshape(y.shape)
        self.beta = fit.beta.reshape(*y.shape, -1)
        self.mean = fit.mean.reshape(*y.shape, -1)
        self.n = np.maximum(fit.n, 1).reshape(y.shape)
        scatter = np.where(usable[:, None, None], fit.scatter, np.eye(len(x)))
        self.inverse = np.linalg.inv(scatter).reshape(*y.shape, len(x), len(x))

    def _fit(self, windows: Floats) -> WindowFit:
        length, portfolios = windows.shape[1], len(self.y)
        padded = np.pad(self.x, ((0, 0), (length - 1, 0)), constant_values=np.nan)
        views = np.lib.stride_tricks.sliding_window_view(padded, length, axis=1)
        factors = np.tile(views, (1, portfolios, 1)) if len(self.x) else None
        fits = []
        for part in blocks(len(windows), length):
            x = np.empty((0, *windows[part].shape)) if factors is None else factors[:, part]
            fits.append(fit_windows(windows[part], x, self.model.model))
        return WindowFit.join(fits)

    def cars(self, gap: int, window: Bounds) -> tuple[Floats, Floats]:
        """Return CAR and standardised CAR over the window around each session, (P, T) each."""
        days = window[1] - window[0] + 1
        # Everything is aligned to the end of the estimation window, `gap` sessions before day 0.
        realised, factor = (_sums(a, gap + window[0], days) for a in (self.y, self.x))
        total = factor.T[None]
        car = realised - days * self.alpha - np.einsum("ptm,ptm->pt", self.beta, total)
        excess = np.zeros(car.shape)
        if self.model.model != "market_adjusted":
            deviation = total - days * self.mean
            excess = days**2 / self.n + np.einsum(
                "pta,ptab,ptb->pt", deviation, self.inverse, deviation
            )
        scar = car / (self.sigma * np.sqrt(days + excess))
        return _later(car, gap), _later(scar, gap)


def _sums(values: Floats, first: int, days: int) -> Floats:
    """Sum the sessions ``t + first, ..., t + first + days - 1`` for each session t; rows stay."""
    width = values.shape[1]
    padded = np.pad(values, ((0, 0), (0, first + days)), constant_values=np.nan)
    total = padded[:, first : first + width].copy()
    for day in range(first + 1, first + days):
        total += padded[:, day : day + width]
    return total


def _later(values: Floats, sessions: int) -> Floats:
    """Move each row `sessions` later, with NaN in front."""
    padded = np.pad(values, ((0, 0), (sessions, 0)), constant_values=np.nan)
    return padded[:, : values.shape[1]]
