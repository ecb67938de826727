"""Portfolios of the firms with a usable window, one for each event, studied as single assets.

A portfolio's return on each session is formed first and its market model fitted second, so that the
co-movement of firms which share an event day enters the standard error by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from analysis.estimators.study import EventStudy
from analysis.findings.panel import Panel, estimate

__all__ = [
    "Weigher",
    "contrast",
    "equal",
    "portfolio_cars",
    "portfolio_study",
    "slope",
]

# Takes the firms that can be used and gives their weights, or None if they do not make a portfolio.
Weigher = Callable[[Sequence[str]], dict[str, float] | None]


def equal(members: Sequence[str]) -> Weigher:
    """Weigh the usable ``members`` equally."""

    def weigh(usable: Sequence[str]) -> dict[str, float] | None:
        held = [m for m in members if m in usable]
        return {m: 1 / len(held) for m in held} if held else None

    return weigh


def contrast(long: Sequence[str], short: Sequence[str]) -> Weigher:
    """Hold the usable firms of ``long`` against those of ``short``, each side equally weighted."""

    def weigh(usable: Sequence[str]) -> dict[str, float] | None:
        above, below = equal(long)(usable), equal(short)(usable)
        if above is None or below is None:
            return None
        return {m: above.get(m, 0.0) - below.get(m, 0.0) for m in {**above, **below}}

    return weigh


def slope(score: pd.Series) -> Weigher:
    """Weigh so that the portfolio return is the cross-sectional slope of returns on ``score``.

    Needs every firm of ``score``: with fewer the slope would compare other firms.
    """

    def weigh(usable: Sequence[str]) -> dict[str, float] | None:
        if not set(score.index) <= set(usable):
            return None
        deviation = score - score.mean()
        return dict(deviation / (deviation**2).sum())

    return weigh


def portfolio_study(
    panel: Panel,
    weigher: Weigher,
    window: str,
    *,
    clean: bool = True,
    factors: tuple[str, ...] | None = None,
    last: int = 0,
) -> EventStudy:
    """Run the event study on one portfolio an event, up to event day ``last`` at least.

    See :func:`portfolio_cars`.
    """
    returns, rows = _formed(panel, weigher, window, clean=clean)
    return estimate(
        panel.snapshot, returns, rows, factors=factors, exclude=panel.exclude, last=last
    )


def portfolio_cars(
    panel: Panel,
    weigher: Weigher,
    window: str,
    *,
    clean: bool = True,
    factors: tuple[str, ...] | None = None,
    bounds: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """Compute the portfolio's CAR for every event that has one.

    Parameters
    ----------
    panel : Panel
        The estimated panel.
    weigher : Weigher
        Composition from the usable firms.
    window : str
        Window of the study whose cleanliness decides who is usable, ``car_0_1``.
    clean : bool
        Leave out firms whose window a confounder touches.
    factors : tuple of str, optional
        Factors in place of the market alone.
    bounds : tuple of int, optional
        First and last event day, where they differ from those of ``window``.

    Returns
    -------
    DataFrame
        Indexed by event ``id``: ``car``, ``se``, ``raw`` (fraction), ``t``, ``df``, ``p``, ``scar``
        (CAR over its standard error), ``members`` (comma-separated).
    """
    fitted = portfolio_study(panel, weigher, window, clean=clean, factors=factors)
    cars = fitted.car(*(bounds or panel.snapshot.study.windows.bounds[window]))
    cars.index = pd.Index(fitted.rows["id"], name="id")
    cars["members"] = fitted.rows["members"].to_numpy()
    cars["scar"] = cars["car"] / cars["se"]
    return cars.dropna(subset=["car"])


def _formed(
    panel: Panel, weigher: Weigher, window: str, *, clean: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Form one return column for each composition; the factors are kept beside them."""
    columns: dict[str, pd.Series] = {}
    rows = []
    untouched = set(panel.clean.index[panel.clean[window].astype(bool)]) if clean else set()
    usable = panel.study.rows.groupby("id", sort=False)["ticker"].agg(list)
    funds, day0 = _funds(panel), panel.events["day0"]
    for event, firms in usable.items():
        held = [f for f in firms if not clean or (event, f) in untouched]
        weights = weigher([*held, *funds])
        if weights is None:
            continue
        members = ",".join(weights)
        if members not in columns:
            columns[members] = panel.returns[list(weights)] @ pd.Series(weights)
        rows.append({"id": event, "ticker": members, "day0": day0[str(event)], "members": members})
    frame = pd.DataFrame(rows, columns=["id", "ticker", "day0", "members"])
    # A portfolio of one firm is that firm, whose column is there already.
    formed = pd.DataFrame({k: v for k, v in columns.items() if k not in panel.returns})
    return pd.concat([panel.returns, formed], axis=1), frame


def _funds(panel: Panel) -> list[str]:
    """Tickers that are no firm: they can stand in a contrast and no confounder touches them."""
    study = panel.snapshot.study
    return [t for t in panel.returns.columns if t not in set(study.firms.studied)]
