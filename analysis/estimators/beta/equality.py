"""Tests that several assets have the same beta."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.arrays import Floats

__all__ = ["equal_betas"]


@dataclass(frozen=True)
class EqualBetas:
    """Tests that all assets have the same slope on one factor.

    Attributes
    ----------
    betas : Series, (A,)
    f, p : float
        Exact multivariate F and its p, under normal residuals with one covariance.
    f_clustered, p_clustered : float
        The same with a covariance of the slopes clustered by session, robust to
        heteroskedasticity; approximate.
    df1, df2 : int
        A - 1 and n - A.
    n : int
        Sessions on which all assets are observed.
    """

    betas: pd.Series
    f: float
    p: float
    f_clustered: float
    p_clustered: float
    df1: int
    df2: int
    n: int


def equal_betas(Y: pd.DataFrame, x: pd.Series) -> EqualBetas:
    """Test that the columns of `Y` have the same slope on `x`.

    The exact F is Hotelling's T² of the slope differences in the multivariate regression (Rao
    1973, section 8b), the finite-sample version of the Wald test of seemingly unrelated
    regressions. The clustered version sums the scores of all assets within a session before
    squaring, ``V = Σ_t (x_t − x̄)² e_t e_t' / SSx²``, scaled by n / (n - 2), and uses the same F.

    Raises
    ------
    ValueError
        If `Y` has one column only, or no more complete sessions than columns plus one.
    """
    assets = Y.shape[1]
    if assets < 2:
        raise ValueError("equal betas: expected at least two assets")
    joined = pd.concat([Y, x.rename("__x")], axis=1).dropna()
    n = len(joined)
    if n <= assets + 1:
        raise ValueError(f"equal betas: {n} complete sessions are too few for {assets} assets")
    values = joined.to_numpy(dtype=float)
    responses, deviation = values[:, :-1], values[:, -1] - values[:, -1].mean()
    ssx = deviation @ deviation
    slopes = deviation @ responses / ssx
    residuals = responses - responses.mean(axis=0) - np.outer(deviation, slopes)
    scores = deviation[:, None] * residuals
    plain = residuals.T @ residuals / (n - 2) / ssx
    clustered = scores.T @ scores / ssx**2 * n / (n - 2)
    df1, df2 = assets - 1, n - assets
    f, f_clustered = (_contrast_f(slopes, v, n - 2) for v in (plain, clustered))
    return EqualBetas(
        betas=pd.Series(slopes, index=Y.columns),
        f=f,
        p=float(stats.f.sf(f, df1, df2)),
        f_clustered=f_clustered,
        p_clustered=float(stats.f.sf(f_clustered, df1, df2)),
        df1=df1,
        df2=df2,
        n=n,
    )


def _contrast_f(slopes: Floats, covariance: Floats, df: int) -> float:
    """Return Hotelling's T² of the differences to the last slope, scaled to an F."""
    differences = slopes[:-1] - slopes[-1]
    pick = np.column_stack([np.eye(len(differences)), -np.ones(len(differences))])
    t2 = differences @ np.linalg.solve(pick @ covariance @ pick.T, differences)
    q = len(differences)
    return float(t2 * (df - q + 1) / (df * q))
