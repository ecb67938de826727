"""Simulated abnormal returns with known moments, and real ones resampled, for studies of size.

Every function returns errors of shape (R, T, N): replications, sessions, firms, with mean zero and
unit variance each (the resampled ones keep the variance of what they are drawn from).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.estimators.arrays import Floats

__all__ = ["correlated", "garch", "normal", "resampled", "student", "with_jump"]

Shape = tuple[int, int, int]

BURN_IN = 200  # sessions after which a GARCH path has forgotten its start


def normal(shape: Shape, rng: np.random.Generator) -> Floats:
    """Return independent standard normal errors."""
    return rng.standard_normal(shape)


def student(shape: Shape, rng: np.random.Generator, df: float = 4.0) -> Floats:
    """Return independent Student errors, scaled to unit variance.

    Raises
    ------
    ValueError
        If `df` is not above two: there is no variance to scale by.
    """
    if df <= 2:
        raise ValueError(f"student: expected more than two degrees of freedom, found {df}")
    drawn: Floats = rng.standard_t(df, shape) * np.sqrt((df - 2) / df)
    return drawn


def garch(
    shape: Shape, rng: np.random.Generator, arch: float = 0.10, persistence: float = 0.95
) -> Floats:
    """Return independent GARCH(1,1) errors with normal innovations and unit variance.

    ``h_t = (1 - persistence) + arch e²_{t-1} + (persistence - arch) h_{t-1}`` (Bollerslev 1986, J.
    Econometrics 31).

    Parameters
    ----------
    arch, persistence : float
        Weight of the last squared error, and the sum of both weights: the factor by which the
        variance returns to one each session.

    Raises
    ------
    ValueError
        Unless 0 <= arch <= persistence < 1.
    """
    if not 0 <= arch <= persistence < 1:
        raise ValueError(f"garch: expected 0 <= {arch} <= {persistence} < 1")
    replications, sessions, firms = shape
    innovations = rng.standard_normal((BURN_IN + sessions, replications, firms))
    variance = np.ones((replications, firms))
    for row in innovations:
        row *= np.sqrt(variance)
        variance = (1 - persistence) + arch * row**2 + (persistence - arch) * variance
    return np.moveaxis(innovations[BURN_IN:], 0, 1)


def correlated(shape: Shape, rng: np.random.Generator, correlation: float) -> Floats:
    """Return normal errors with the same `correlation` between all firms of a session.

    Raises
    ------
    ValueError
        Unless the correlation is in [0, 1].
    """
    if not 0 <= correlation <= 1:
        raise ValueError(f"correlated: expected a correlation in [0, 1], found {correlation}")
    common = rng.standard_normal((*shape[:2], 1))
    own = rng.standard_normal(shape)
    drawn: Floats = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    return drawn


def with_jump(errors: Floats, sessions: npt.ArrayLike, ratio: float = 2.0) -> Floats:
    """Return the errors with the variance on some `sessions` multiplied by `ratio`."""
    jumped = errors.copy()
    jumped[:, np.asarray(sessions, dtype=np.int64)] *= np.sqrt(ratio)
    return jumped


def resampled(
    rows: Floats, replications: int, sessions: int, block: int, rng: np.random.Generator
) -> Floats:
    """Return rows drawn in moving blocks, firms jointly (Künsch 1989, Annals of Statistics 17).

    Parameters
    ----------
    rows : array, (S, N)
        Observed errors of N firms on S sessions; they are drawn whole, so that the dependence
        between firms on a session and their tails stay as they are.
    replications, sessions : int
        R and T.
    block : int
        Sessions in a block; volatility clusters survive within one. Blocks wrap around the end.

    Raises
    ------
    ValueError
        Unless 1 <= block <= S.
    """
    if not 1 <= block <= len(rows):
        raise ValueError(f"resampled: expected a block of 1 to {len(rows)} sessions, found {block}")
    count = -(-sessions // block)
    starts = rng.integers(0, len(rows), (replications, count, 1))
    places = ((starts + np.arange(block)) % len(rows)).reshape(replications, count * block)
    drawn: Floats = rows[places[:, :sessions]]
    return drawn
