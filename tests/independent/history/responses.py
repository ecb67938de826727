"""What one firm did around every session: the market model without intercept, all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .record import VENUES, Flags, Floats, Record

FIRST, LAST = -130, -11  # of the estimation, in sessions from day 0
LENGTH = LAST - FIRST + 1
MINIMUM = 60
ZEROS = 0.5
WINDOW = 2  # sessions from day 0 on


@dataclass(frozen=True)
class Responses:
    """Of one firm, around each session of its exchange; ``usable`` says where they count.

    ``day`` is the standardised abnormal return of day 0, ``betas`` are (sessions, regressors).
    """

    venue: str
    car: Floats
    scar: Floats
    day_car: Floats
    day: Floats
    usable: Flags
    betas: Floats
    returns: Floats
    regressors: Floats

    def path(self, place: int, offsets: Floats) -> Floats:
        """Return abnormal returns at offsets from a session."""
        days = place + offsets.astype(int)
        found: Floats = self.returns[days] - self.regressors[days] @ self.betas[place]
        return found


def before(series: Floats) -> Floats:
    """Sum a series, (sessions, ...), over the estimation window of every session."""
    views = np.lib.stride_tricks.sliding_window_view(series, LENGTH, axis=0)
    sums: Floats = np.full(series.shape, np.nan)
    sums[-FIRST:] = views.sum(axis=-1)[: len(series) + FIRST]
    return sums


def ahead(series: Floats, sessions: int) -> Floats:
    """Sum a series over so many sessions from each one on; unknown at the end."""
    found = series.copy()
    for step in range(1, sessions):
        found += np.concatenate([series[step:], np.full((step, *series.shape[1:]), np.nan)])
    return found


def standardise(
    y: Floats, x: Floats, fit: Floats, inverse: Floats, variance: Floats, sessions: int
) -> tuple[Floats, Floats]:
    """Return the CAR of the sessions from each one on and its ratio to its forecast error."""
    total = ahead(x, sessions)
    car = ahead(y, sessions) - (total * fit).sum(axis=1)
    spread = sessions + np.einsum("ni,nij,nj->n", total, inverse, total)
    return car, car / np.sqrt(variance * spread)


def respond(record: Record, ticker: str, *, intercept: bool = False, since: str = "") -> Responses:
    """Return the responses of a firm around every session; none counts before ``since``."""
    venue = VENUES[ticker]
    returns, x = record.returns(ticker), record.regressors(venue)
    if intercept:
        x = np.column_stack([np.ones(len(x)), x])
    known = np.isfinite(returns) & np.isfinite(x).all(axis=1)
    y0, x0 = np.where(known, returns, 0.0), np.where(known[:, None], x, 0.0)
    count = before(known.astype(float))
    zeros = before((known & (returns == 0)).astype(float))
    y = np.where(known, returns, np.nan)
    usable = (count >= MINIMUM) & (zeros <= ZEROS * count) & np.isfinite(ahead(y, WINDOW))
    if since:
        usable &= record.sessions[venue] >= pd.Timestamp(since)
    square = before(x0[:, :, None] * x0[:, None, :])
    square[~usable] = np.eye(x.shape[1])
    inverse = np.linalg.inv(square).astype(np.float64)
    cross = before(x0 * y0[:, None])
    fit = np.einsum("nij,nj->ni", inverse, cross)
    freedom = np.where(usable, count - x.shape[1], np.nan)
    variance = (before(y0**2) - (fit * cross).sum(axis=1)) / freedom
    car, scar = standardise(y, x, fit, inverse, variance, WINDOW)
    day_car, day = standardise(y, x, fit, inverse, variance, 1)
    return Responses(venue, car, scar, day_car, day, usable, fit, y, x)
