"""What a portfolio did around a day: the market model of the paper's design, on one asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .record import Record

Weights = Mapping[str, float]
Window = tuple[int, int]
MARKET = ("SPY",)


class Response(NamedTuple):
    """Cumulative abnormal return, its forecast error and the degrees of freedom of that error."""

    car: float
    error: float
    freedom: int

    @property
    def scar(self) -> float:
        """Return the standardised CAR."""
        return self.car / self.error


def estimation(record: Record, place: int) -> slice:
    """Return the estimation window of a day: so many sessions, ending so many before the day."""
    choices = record.choices["estimation"]
    end = max(place - choices["gap"] + 1, 0)
    return slice(max(end - choices["length"], 0), end)


def is_usable(
    record: Record, ticker: str, place: int, window: Window, factors: Sequence[str] = MARKET
) -> bool:
    """Say whether a ticker can be priced: day 0 and the window complete, enough sessions before."""
    first, last = place + window[0], place + window[1]
    if first < 0 or last >= len(record.sessions):
        return False
    known = np.logical_and.reduce([np.isfinite(record.series[name]) for name in (ticker, *factors)])
    enough = known[estimation(record, place)].sum() >= record.choices["estimation"]["minimum"]
    return bool(known[place] and known[first : last + 1].all() and enough)


def usable_members(
    record: Record,
    names: Iterable[str],
    place: int,
    window: Window,
    clean: Window | None,
    factors: Sequence[str] = MARKET,
) -> list[str]:
    """Return the tickers that can be priced and, on ``clean`` days, have no news of their own."""
    days = slice(0, 0) if clean is None else slice(max(place + clean[0], 0), place + clean[1] + 1)
    return [
        name
        for name in names
        if is_usable(record, name, place, window, factors) and not record.spoilt[name][days].any()
    ]


def respond(
    record: Record,
    weights: Weights,
    place: int,
    window: Window,
    factors: Sequence[str] = MARKET,
    *,
    intercept: bool = True,
) -> Response:
    """Return the response of a portfolio, taken as one asset, around the session at ``place``.

    Its estimation sessions are those on which every member and every factor has a return.
    """
    asset = np.sum([weight * record.series[name] for name, weight in weights.items()], axis=0)
    market = np.column_stack([record.series[name] for name in factors])
    if intercept:
        market = np.column_stack([np.ones(len(market)), market])
    before = estimation(record, place)
    y, x = asset[before], market[before]
    known = np.isfinite(y) & np.isfinite(x).all(axis=1)
    y, x = y[known], x[known]
    square = x.T @ x
    fit = np.linalg.solve(square, x.T @ y)
    freedom = len(x) - x.shape[1]
    variance = ((y - x @ fit) ** 2).sum() / freedom
    days = slice(place + window[0], place + window[1] + 1)
    total = market[days].sum(axis=0)
    spread = window[1] - window[0] + 1 + total @ np.linalg.solve(square, total)
    car = (asset[days] - market[days] @ fit).sum()
    return Response(float(car), float(np.sqrt(variance * spread)), freedom)


def core_response(record: Record, names: Sequence[str], place: int, window: Window) -> float | None:
    """Return the CAR of the mean of those listed on each day, without intercept, whatever the news.

    None where the window or the sessions before it do not suffice.
    """
    core = record.returns[list(names)].mean(axis=1).to_numpy()
    market = record.series[MARKET[0]]
    days, before = slice(place + window[0], place + window[1] + 1), estimation(record, place)
    known = np.isfinite(core[before]) & np.isfinite(market[before])
    complete = place + window[1] < len(core) and np.isfinite(core[days]).all()
    if not complete or known.sum() < record.choices["estimation"]["minimum"]:
        return None
    y, x = core[before][known], market[before][known]
    return float((core[days] - market[days] * (x @ y) / (x @ x)).sum())


def equal(members: Sequence[str], total: float = 1.0) -> dict[str, float]:
    """Return equal weights that sum to ``total``."""
    return {name: total / len(members) for name in members}


def less(plus: Sequence[str], minus: Sequence[str]) -> dict[str, float]:
    """Return one equal-weight portfolio less another; a ticker may stand on both sides."""
    weights = equal(plus)
    for name, weight in equal(minus, -1.0).items() if minus else ():
        weights[name] = weights.get(name, 0.0) + weight
    return weights
