"""Conformal inference for one date: how unusual the window is within its own sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.models import regressors
from analysis.estimators.names import LEAST_SQUARES
from analysis.estimators.significance import POWER

__all__ = ["conformal"]


def conformal(study: EventStudy, first: int, last: int, level: float = 0.95) -> pd.DataFrame:
    """Return the conformal p-value and interval of each row's CAR over ``[first, last]``.

    Under the null that the mean effect a day is c, the window less c is joined to the estimation
    sample, the model is fitted to both, and the absolute sum of the window's residuals is held
    against that of all moving blocks of the same length, the identity included (Chernozhukov,
    Wüthrich and Zhu 2021, J. American Statistical Association 116). The p-value is at c = 0; the
    interval holds every CAR, spread evenly over the window, that is not rejected, found exactly
    from the points at which two blocks tie.

    Parameters
    ----------
    study : EventStudy
        Firms, or portfolios of firms that share a day 0.
    first, last : int
        Event days; the L2 sessions of the window.
    level : float
        Coverage of the interval.

    Returns
    -------
    DataFrame, (N, 7)
        ``car`` (fraction, from the fit without the window), ``p``, ``p_min`` = 1 / (n + L2),
        ``low``, ``high`` (the hull of the CARs not rejected; infinite where p_min exceeds
        1 - level), ``mde`` (the CAR that would be found in 80% of the sample's own blocks) and
        ``n_blocks``. NaN where the window is not fully observed.

    Raises
    ------
    ValueError
        If the model is not fitted by least squares.
    """
    if study.model not in LEAST_SQUARES:
        raise ValueError(f"conformal: refits by least squares, found model {study.model!r}")
    part = study.days(first, last)
    rows = [_one_row(study, row, part, level) for row in range(len(study.rows))]
    names = ["car", "p", "p_min", "low", "high", "mde", "n_blocks"]
    return pd.DataFrame(rows, columns=names, index=study.rows.index)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Block sums of residuals as lines in the CAR under test, ``level - slope * c``; window first.

    Both arrays have one entry a block, (n + L2,); `slope` is one for the window but for the
    share that the refit takes.
    """

    level: Floats
    slope: Floats

    def p(self, cars: Floats) -> Floats:
        """Return the p-value at each CAR under test: the share of blocks at least as extreme."""
        sums = np.abs(self.level - cars[:, None] * self.slope)
        own = sums[:, :1]
        return np.asarray((sums >= own - 1e-12 * np.maximum(own, 1e-300)).mean(axis=1))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the hull of the CARs with a p-value above `alpha`."""
        if 1.0 / self.level.size > alpha:
            return -np.inf, np.inf
        with np.errstate(divide="ignore", invalid="ignore"):
            ties = np.concatenate(
                [
                    (self.level[1:] - self.level[0]) / (self.slope[1:] - self.slope[0]),
                    (self.level[1:] + self.level[0]) / (self.slope[1:] + self.slope[0]),
                ]
            )
        ties = np.unique(ties[np.isfinite(ties)])
        kept = ties[self.p(ties) > alpha]
        return float(kept.min()), float(kept.max())

    def detectable(self, alpha: float) -> float:
        """Return the CAR that would stand out in the share POWER of the other blocks."""
        others = np.abs(self.level[1:])
        threshold = np.quantile(others, 1 - alpha)
        around = np.concatenate([self.level[1:], -self.level[1:]])
        return float((threshold + np.quantile(around, POWER)) / self.slope[0])


def _one_row(study: EventStudy, row: int, part: slice, level: float) -> tuple[float, ...]:
    """Return the row of one event."""
    raw = study.raw[row, part]
    if np.isnan(study.ar[row, part]).any():
        return (np.nan,) * 7
    y, x = study.panel.estimation_windows(study.column[[row]], study.position[[row]])
    usable = np.isfinite(y[0]) & np.isfinite(x[:, 0]).all(axis=0)
    returns = np.concatenate([raw, y[0, usable]])
    factors = np.concatenate([study.factor_window[row, part], x[:, 0, usable].T])
    blocks = _block_sums(study, returns, factors, raw.size)
    low, high = blocks.interval(1 - level)
    return (
        float(study.ar[row, part].sum()),
        float(blocks.p(np.array([0.0]))[0]),
        1.0 / returns.size,
        low,
        high,
        blocks.detectable(1 - level),
        float(returns.size),
    )


def _block_sums(study: EventStudy, returns: Floats, factors: Floats, length: int) -> _Blocks:
    """Refit with the window in front and sum the residuals over all circular blocks."""
    even = np.zeros(returns.size)
    even[:length] = 1.0 / length
    residuals = np.column_stack([returns, even])
    if study.model == "market_adjusted":
        residuals[:, 0] -= factors[:, 0]
    else:
        design = regressors(factors, study.model)
        residuals = residuals - design @ np.linalg.lstsq(design, residuals, rcond=None)[0]
    prefix = np.cumsum(np.vstack([np.zeros(2), residuals, residuals[: length - 1]]), axis=0)
    sums = prefix[length:] - prefix[:-length]
    return _Blocks(sums[:, 0], sums[:, 1])
