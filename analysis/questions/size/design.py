"""The cells of the study of size, and what the real panel contributes to them.

The samples and the estimator are those of the rules that the panel is under. Volatilities and
resampled residuals come from a fit with an intercept in any case: what is drawn has a mean of zero.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.placebo import clear_sessions
from analysis.estimators.names import Model
from analysis.snapshot.choices import Choices
from analysis.snapshot.claims import Events
from analysis.snapshot.portfolios import equal
from analysis.study.episodes import pick_days
from analysis.study.panel import Panel, chained
from analysis.study.responses import compose

__all__ = ["LAWS", "Case", "Cell", "Design", "RuleSet", "Settings", "build_design", "cells"]

Law = Literal["normal", "t4", "garch", "correlated", "jump", "panel", "placebo"]
RuleSet = Literal["registered", "amended"]
LAWS: tuple[Law, ...] = get_args(Law)
DEPENDENT: tuple[Law, ...] = ("correlated", "jump", "panel", "placebo")

LONG = "car_0_10"  # the window of the study that overlaps with the estimation windows of neighbours


@dataclass(frozen=True, slots=True)
class Settings:
    """What the study of size fixes before a number is drawn.

    Attributes
    ----------
    seed, batch : int
        Seed of everything; replications that share a generator and a panel.
    replications : int
        Replications of a cell of size; a cell of power has half as many.
    block : int
        Sessions in a block of resampled residuals, two trading weeks.
    jump : float
        Factor of the variance on event days under the law "jump".
    history : int
        Sessions before the last event, beyond the estimation window, in simulated calendars.
    spacing : int
        Fewest sessions between simulated events.
    market : float
        Daily standard deviation of the simulated market, fraction.
    dates, dates_many, draws, nearest : int
        Most placebo dates, the same for ten firms and more, draws of the placebo test, dates of its
        volatility-matched variant.
    fewest_dates : int
        A cell on placebo dates needs this many.
    one_date, pooled : tuple of float
        Effects planted on day 0 for power, fractions.
    """

    seed: int = 20251027
    batch: int = 25
    replications: int = 2000
    block: int = 10
    jump: float = 2.0
    history: int = 150
    spacing: int = 30
    market: float = 0.01
    dates: int = 100
    dates_many: int = 50
    draws: int = 499
    nearest: int = 40
    fewest_dates: int = 100
    one_date: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20)
    pooled: tuple[float, ...] = (0.025, 0.05, 0.10)


@dataclass(frozen=True, slots=True)
class Case:
    """A sample of the study of size.

    Attributes
    ----------
    name : str
        ``one_date_9``, ``pooled_all``, ...
    firms, episodes : int
        N and K; in simulated calendars each episode is one date.
    window : (int, int)
        First and last event day.
    real : bool
        The real panel has such a sample.
    larger : bool
        Larger than the paper's: simulated under the laws with dependent firms alone, since the
        others differ from the paper's sample by less.
    """

    name: str
    firms: int
    episodes: int
    window: tuple[int, int]
    real: bool = True
    larger: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A case under a law of the returns, with an effect planted on day 0 (fraction)."""

    case: Case
    law: Law
    effect: float = 0.0

    @property
    def name(self) -> str:
        """Unique name: ``one_date_3/garch/0``."""
        return f"{self.case.name}/{self.law}/{self.effect:g}"

    @property
    def seed(self) -> int:
        """What tells its generators from those of other cells: its name, not its place."""
        return zlib.crc32(self.name.encode())


@dataclass(frozen=True, slots=True)
class Design:
    """The cases, and the real panel's share in them.

    Attributes
    ----------
    cases : tuple of Case
    firms : tuple of str
        The core firms first, then their peers: N in all.
    sigma, beta : (N,)
        Residual standard deviation (fraction) and slope on the market, event-free sessions.
    correlation : float
        Mean residual correlation of the core firms.
    residuals : (S, N)
        Market-model residuals on the event-free sessions on which all firms are listed.
    returns : DataFrame, (T, N + 1)
        Real returns of the firms and the market, missing before a firm's listing.
    listed : (M,)
        Sessions of the listed events.
    samples : dict
        By case: the firm-events of the paper's sample (``ticker``, ``position``, ``episode``); for
        one date, those of every date with all firms.
    clear : dict
        By case: event-free sessions on which all its firms have a fit and a window.
    estimation : tuple of int
        Length, gap and minimum of the estimation window, sessions.
    rules : {"registered", "amended"}
        By which the samples are chosen.
    model : {"market", "no_intercept"}
        Normal return of the tests.
    """

    cases: tuple[Case, ...]
    firms: tuple[str, ...]
    market: str
    sigma: Floats
    beta: Floats
    correlation: float
    residuals: Floats
    returns: pd.DataFrame
    listed: Ints
    samples: dict[str, pd.DataFrame]
    clear: dict[str, Ints]
    estimation: tuple[int, int, int]
    rules: RuleSet
    model: Model


def build_design(panel: Panel) -> Design:
    """Calibrate the study of size on the real panel: volatilities, dependence, dates, lengths."""
    choices = panel.snapshot.choices
    firms = (*choices.firms.core, *choices.firms.peers)
    market = choices.benchmark.market
    returns = panel.returns[[*firms, market]]
    listed = np.unique(panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(panel.events["day0"])))
    beta, residuals = _event_free(returns, firms, market, listed)
    core = len(choices.firms.core)
    between = np.asarray(np.corrcoef(residuals[:, :core].T))[np.triu_indices(core, 1)]
    pooled = {name: _pooled(panel, name) for name in ("tightening", "all")}
    long = _pooled(panel, "all", LONG)
    counts = {k: v["episode"].nunique() for k, v in (pooled | {"long": long}).items()}
    cases = _cases(choices, counts)
    samples = {f"pooled_{name}": frame for name, frame in pooled.items()} | {"pooled_long": long}
    clear = {}
    for case in cases:
        if case.real and case.episodes == 1:
            samples[case.name] = _single(panel, firms[: case.firms], case.window)
        if case.real:
            clear[case.name] = _clear(panel, firms[: case.firms], listed, case.window)
    return Design(
        cases=cases,
        firms=firms,
        market=market,
        sigma=residuals.std(axis=0),
        beta=beta,
        correlation=float(between.mean()),
        residuals=residuals,
        returns=returns,
        listed=listed,
        samples=samples,
        clear=clear,
        estimation=(choices.estimation.length, choices.estimation.gap, choices.estimation.minimum),
        rules="registered" if panel.rules == choices.registered else "amended",
        model="market" if panel.intercept else "no_intercept",
    )


def cells(design: Design, settings: Settings) -> tuple[Cell, ...]:
    """List the cells: every case under every law it allows, then the power of the paper's two."""
    size = [
        Cell(case, law)
        for case in design.cases
        for law in (DEPENDENT if case.larger else LAWS)
        if law not in ("panel", "placebo")
        or (case.real and (law == "panel" or design.clear[case.name].size >= settings.fewest_dates))
    ]
    by_name = {case.name: case for case in design.cases}
    power = [Cell(by_name["one_date_3"], "panel", effect) for effect in settings.one_date]
    power += [Cell(by_name["pooled_tightening"], "panel", effect) for effect in settings.pooled]
    return (*size, *power)


def _cases(choices: Choices, counts: dict[str, int]) -> tuple[Case, ...]:
    """List the samples: one date and the paper's numbers of episodes, then larger ones.

    The names are those of the record, whatever the number of firms.
    """
    windows, core = choices.windows, len(choices.firms.core)
    primary, long = windows.primary_bounds, windows.bounds[LONG]
    return (
        Case("one_date_3", core, 1, primary),
        Case("one_date_3_long", core, 1, long),
        Case("one_date_9", len(choices.firms.studied), 1, primary, larger=True),
        Case("one_date_30", 30, 1, primary, real=False, larger=True),
        Case("one_date_100", 100, 1, primary, real=False, larger=True),
        Case("pooled_tightening", core, counts["tightening"], primary),
        Case("pooled_all", core, counts["all"], primary),
        Case("pooled_30", core, 30, primary, real=False, larger=True),
        Case("pooled_long", core, counts["long"], long),
    )


def _event_free(
    returns: pd.DataFrame, firms: tuple[str, ...], market: str, listed: Ints
) -> tuple[Floats, Floats]:
    """Fit the market model on the event-free sessions of all firms: slopes and residuals."""
    free = returns.iloc[clear_sessions(len(returns), listed, 1, 0)].dropna()
    y, x = free[list(firms)].to_numpy(), free[market].to_numpy()
    design = np.column_stack([np.ones(len(x)), x])
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    return coefficients[1], y - design @ coefficients


def _pooled(panel: Panel, directions: str, window: str = "") -> pd.DataFrame:
    """Return the firm-events of one of the paper's pooled samples."""
    windows = panel.snapshot.choices.windows
    asked = () if directions == "all" else (directions,)
    bounds = windows.bounds[window or windows.primary]
    panel = chained(panel, bounds)
    members, _ = compose(panel, equal(panel.snapshot.choices.firms.core), bounds)
    days = pick_days(panel, members.index, Events(directions=asked))
    days["ticker"] = members[days.index].str.split(",")
    days["position"] = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(days["day0"]))
    return days.explode("ticker", ignore_index=True)[["ticker", "position", "episode"]]


def _single(panel: Panel, firms: tuple[str, ...], window: tuple[int, int]) -> pd.DataFrame:
    """Return the firm-events of every listed date on which all `firms` can be studied."""
    rows = panel.event_study.rows.assign(position=panel.event_study.position)
    rows = rows[np.isfinite(panel.event_study.car(*window)["car"]) & rows["ticker"].isin(firms)]
    rows = rows.drop_duplicates(["ticker", "position"])
    whole = rows.groupby("position")["ticker"].transform("size") == len(firms)
    dates = rows.loc[whole, ["ticker", "position"]]
    chosen: pd.DataFrame = dates.sort_values("position", kind="stable", ignore_index=True)
    return chosen.assign(episode=chosen["position"])


def _clear(panel: Panel, firms: tuple[str, ...], listed: Ints, window: tuple[int, int]) -> Ints:
    """Return the event-free sessions on which all `firms` have a fit and an observed window."""
    estimation = panel.snapshot.choices.estimation
    known = panel.returns[list(firms)].notna().all(axis=1).to_numpy()
    start = int(known.argmax()) + estimation.minimum + estimation.gap - 1
    dates = clear_sessions(len(known), listed, window[1] - window[0], window[1] - window[0])
    return dates[(dates >= start) & (dates < len(known) - window[1])]
