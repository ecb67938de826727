"""Tests for windows of many sessions: buy-and-hold returns, and a portfolio in calendar time.

Over months abnormal returns compound, are skewed, and windows of different firms overlap. The tests
of buy-and-hold returns take firm-events as independent; the portfolio in calendar time does not.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.moments import Moments
from analysis.estimators.events.parametric import one_sample, one_sample_skewed
from analysis.estimators.significance import Significance, refused, student

__all__ = ["bhar_skewness_adjusted_t", "bhar_t", "calendar_portfolio", "calendar_time_t"]

FEWEST = 10  # calendar sessions below which errors robust to their variances are no good
FITTED = ("market", "no_intercept", "garch")  # models whose factors enter the portfolio's fit


def bhar_t(study: EventStudy, first: int, last: int) -> Significance:
    """Return the cross-sectional t of the buy-and-hold abnormal returns; t(N - 1).

    (Barber and Lyon 1997, J. Financial Economics 43.)

    Returns
    -------
    Significance
        The estimate is the mean BHAR over ``[first, last]``, fraction.
    """
    return one_sample("bhar_t", _held(study, first, last))


def bhar_skewness_adjusted_t(study: EventStudy, first: int, last: int) -> Significance:
    """Return the same t corrected for the skewness that compounding brings.

    Asked for by Lyon, Barber and Tsai (1999, J. Finance 54); the correction is Hall's, as in
    :func:`analysis.estimators.events.parametric.skewness_adjusted_t`.
    """
    return one_sample_skewed("bhar_skewness_adjusted_t", _held(study, first, last))


def calendar_time_t(study: EventStudy, first: int, last: int) -> Significance:
    """Test the intercept of a portfolio that holds each firm during its window.

    On every session the portfolio is the mean of the firms that are inside ``[first, last]`` of an
    event, once each; its returns are regressed on those of the factors over calendar time, with
    HC3 errors since its variance falls with the number of firms (Fama 1998, J. Financial Economics
    49; Mitchell and Stafford 2000, J. Business 73; MacKinnon and White 1985, J. Econometrics 29).
    Models without a slope of their own, or with several on one factor, give their abnormal returns
    instead and an intercept alone. Dependence between firms of one day needs no assumption.

    Returns
    -------
    Significance
        n counts calendar sessions. The estimate is the intercept times the sessions of the window,
        fraction; t on n - m - 1 degrees of freedom.
    """
    y, x = calendar_portfolio(study, first, last)
    n, design = y.size, np.column_stack([np.ones(y.size), x])
    df = n - design.shape[1]
    if n < FEWEST or df < 1:
        return refused("calendar_time_t", n, f"needs {FEWEST} calendar sessions or more")
    inverse = np.linalg.pinv(design.T @ design)
    alpha = float((inverse @ design.T @ y)[0])
    residuals = y - design @ (inverse @ design.T @ y)
    leverage = np.einsum("ti,ij,tj->t", design, inverse, design)
    if (leverage > 1 - 1e-9).any():
        return refused("calendar_time_t", n, "one session decides the fit")
    scores = (design @ inverse)[:, 0] * residuals / (1 - leverage)
    days = last - first + 1
    error = math.sqrt(float(scores @ scores))
    return student("calendar_time_t", n, days * alpha, days * error, df)


def calendar_portfolio(study: EventStudy, first: int, last: int) -> tuple[Floats, Floats]:
    """Return the portfolio of all firms inside their window, by calendar session.

    Returns
    -------
    tuple of arrays
        Returns, or abnormal ones where the model is none of ``FITTED``, (n,), and factors, (n, m);
        fractions. Firms on sessions of their own bring factors compounded over the same days.
    """
    part = study.days(first, last)
    sessions, inside = _calendar(study, study.event_time[part])
    fitted = study.model in FITTED
    values = (study.raw if fitted else study.ar)[:, part]
    factors = study.factor_window[:, part] if fitted else study.factor_window[:, part, :0]
    known = inside & np.isfinite(values) & np.isfinite(factors).all(axis=2)
    if not known.any():
        return np.empty(0), np.empty((0, factors.shape[2]))
    codes, _ = pd.factorize(study.events["ticker"])
    firms = np.broadcast_to(codes[:, None], known.shape)[known]
    _, once = np.unique(sessions[known] * study.fitted.size + firms, return_index=True)
    days, place = np.unique(sessions[known][once], return_inverse=True)
    held = np.bincount(place)
    columns = [values[known][once], *factors[known][once].T]
    y, *x = (np.bincount(place, column, days.size) / held for column in columns)
    return y, np.column_stack([np.empty((days.size, 0)), *x])


def _calendar(study: EventStudy, days: Ints) -> tuple[Ints, Bools]:
    """Return the calendar session of each event day, and whether it counts. (N, L2) twice."""
    sessions = study.position[:, None] + days
    inside = np.ones(sessions.shape, dtype=bool)
    own = study.panel.own
    if own is not None and (apart := own.among(study.column)).size:
        rows, day0 = own.at(study.column[apart], study.position[apart])
        at = day0[:, None] + days
        dates = _own_dates(own.place)
        valid = (at >= 0) & (at < own.count[rows][:, None])
        sessions[apart] = np.where(valid, dates[rows[:, None], np.clip(at, 0, None)], -1)
        inside[apart] = valid
    if study.spans is not None:
        inside &= (days >= study.spans[:, :1]) & (days <= study.spans[:, 1:])
    return sessions, inside


def _own_dates(place: Ints) -> Ints:
    """Return the session of the panel of each own session, -1 beyond the last. (I, T)."""
    dates = np.full(place.shape, -1, dtype=np.int64)
    rows, sessions = np.nonzero(place >= 0)
    dates[rows, place[rows, sessions]] = sessions
    return dates


def _held(study: EventStudy, first: int, last: int) -> Moments:
    bhar = study.over(first, last).bhar
    return Moments.of(bhar[np.isfinite(bhar)])
