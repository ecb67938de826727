"""Placebo dates: the study repeated on days without listed events, each with its own estimation.

A placebo date is out of sample: its abnormal returns are prediction errors of a fit that ends
before it, as those of an event are. Firms are drawn jointly, so that their dependence on a day
stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.abnormal import study_on
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.windows import count_inside
from analysis.estimators.significance import LEVEL, POWER, Significance, refused

__all__ = [
    "PlaceboTable",
    "clear_sessions",
    "placebo_draws",
    "placebo_p",
    "placebo_table",
]


@dataclass(frozen=True, slots=True)
class PlaceboTable:
    """Standardised CARs of A assets on D placebo dates.

    Attributes
    ----------
    sessions : (D,)
        Positions of the dates.
    scar, sigma : (D, A)
        CAR over its forecast-corrected error, and residual standard deviation of the fit
        (fraction); NaN where the asset has no fit or no fully observed window.
    """

    sessions: Ints
    scar: Floats
    sigma: Floats


def clear_sessions(count: int, listed: npt.ArrayLike, before: int, after: int) -> Ints:
    """Return the sessions among 0, ..., count - 1 that keep clear of the listed events, in order.

    Parameters
    ----------
    count : int
        Sessions of the data.
    listed : array of int
        Positions of the listed events' day 0s.
    before, after : int
        No listed event may fall on the `before` sessions up to a placebo date or on the `after`
        sessions from it on. For a window ``[first, last]``, ``after >= last`` keeps the window
        clear, and ``before`` keeps the wake of an event out of it.

    """
    return np.flatnonzero(count_inside(np.arange(count), listed, -before, after) == 0)


def placebo_table(
    study: EventStudy, first: int, last: int, sessions: npt.ArrayLike
) -> PlaceboTable:
    """Fit every asset of `study` on every placebo date, with the choices of the study.

    Parameters
    ----------
    sessions : array of int, (D,)
        Positions in order of time, such as those of :func:`clear_sessions`.

    Returns
    -------
    PlaceboTable
        With the assets in the order of ``study.panel.assets``.
    """
    dates = np.asarray(sessions, dtype=np.int64)
    panel = study.panel
    place, column = (a.ravel() for a in np.indices((dates.size, len(panel.assets))))
    # Dates too early for a fit need none: nobody has more sessions than the panel.
    early = dates[place] - panel.layout.gap + 1 < study.minimum
    known = ~early & panel.present(column, dates[place]).all(axis=0)
    placed = study_on(
        panel,
        pd.DataFrame({"place": place}),
        column.astype(np.int64),
        dates[place],
        np.where(known, "", "no return on day 0").astype(object),
        (study.factors, study.model, study.minimum, study.kind),
    )
    cells = (placed.events["place"].to_numpy(), placed.column)
    table = PlaceboTable(dates, *(np.full((dates.size, len(panel.assets)), np.nan) for _ in "12"))
    over = placed.over(first, last)
    table.scar[cells] = over.car / over.se
    table.sigma[cells] = placed.sigma
    return table


def placebo_draws(
    study: EventStudy,
    table: PlaceboTable,
    draws: int,
    rng: np.random.Generator,
    *,
    nearest: int | None = None,
) -> Floats:
    """Draw the standardised CARs of the whole study on placebo dates, with replacement.

    All firms of a day 0 move to the same placebo date, one on which all of them have a fit.

    Parameters
    ----------
    study : EventStudy
        N firm-events.
    table : PlaceboTable
        For the window in question, of the same assets.
    draws : int
        Draws of the whole study, D; for a single day 0 with no more dates than that, each date
        once: drawing dates again and again would feign a smaller attainable p than they have.
    nearest : int, optional
        Volatility-matched variant: use only that many dates, those on which the residual standard
        deviations of the firms are closest to the event's (mean absolute log ratio).

    Returns
    -------
    array, (D, N)
        In the order of ``study.rows``; a column is NaN if no placebo date serves its day 0.
    """
    rows = [np.flatnonzero(study.position == day) for day in np.unique(study.position)]
    usable = [_usable(study, table, at, nearest) for at in rows]
    each_once = len(rows) == 1 and 0 < usable[0].size <= draws
    drawn = np.full((study.fitted.size, usable[0].size if each_once else draws), np.nan)
    for at, places in zip(rows, usable, strict=True):
        if places.size:
            picked = places if each_once else places[rng.integers(0, places.size, draws)]
            drawn[at] = table.scar[picked, study.column[at, None]]
    return np.ascontiguousarray(drawn.T)


def _usable(study: EventStudy, table: PlaceboTable, rows: Ints, nearest: int | None) -> Ints:
    """Return the places of the dates that serve the firm-events `rows` of one day 0."""
    assets = study.column[rows]
    usable = np.flatnonzero(np.isfinite(table.scar[:, assets]).all(axis=1))
    if nearest is not None:
        ratio = np.log(table.sigma[np.ix_(usable, assets)] / study.sigma[rows])
        usable = usable[np.argsort(np.abs(ratio).mean(axis=1), kind="stable")[:nearest]]
    return usable


def placebo_p(observed: float, null: npt.ArrayLike) -> Significance:
    """Return the two-sided placebo p-value, ``(1 + #{|null| >= |observed|}) / (1 + n)``.

    Parameters
    ----------
    observed : float
        The statistic on the event.
    null : array, (n,)
        The same on placebo dates or draws; NaN is left out.

    Returns
    -------
    Significance
        ``placebo``. `mde` is the shift that carries 80% of the placebo values beyond their own 95%
        bound; infinite where p_min exceeds 0.05.
    """
    values = np.asarray(null, dtype=float).ravel()
    values = values[~np.isnan(values)]
    n = values.size
    if n == 0 or np.isnan(observed):
        return refused("placebo", n, "no placebo date or no observed value")
    extreme = int((np.abs(values) >= abs(observed) * (1 - 1e-12)).sum())
    bound = float(np.quantile(np.abs(values), 1 - LEVEL))
    shift = bound + float(np.quantile(np.concatenate([values, -values]), POWER))
    return Significance(
        "placebo",
        n,
        estimate=observed,
        statistic=abs(observed),
        p=(1 + extreme) / (1 + n),
        p_min=1 / (1 + n),
        mde=shift if 1 / (1 + n) <= LEVEL else float("inf"),
    )
