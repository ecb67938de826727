"""What every test hands back, and the smallest effect a test can be expected to find."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

__all__ = ["LEVEL", "POWER", "Outcome", "minimum_detectable", "refused", "student", "two_sided_t"]

LEVEL = 0.05  # size of the test that a minimum detectable effect refers to
POWER = 0.80  # probability with which that test finds it

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one test.

    Attributes
    ----------
    name : str
        ``portfolio_t``, ``kp_bmp``, ...
    n : int
        Observations: firm-events, dates or episodes, as the test counts them.
    estimate : float
        The effect: mean CAR, fraction, unless the test says otherwise.
    se : float
        Its standard error where the test has one.
    statistic, df, df2 : float
        Test statistic and degrees of freedom; `df2` belongs to F alone. NaN where there are none.
    p : float
        Two-sided p-value; NaN where the test is refused.
    p_min : float
        Smallest p the test can give with these data; 0 for a continuous distribution.
    mde : float
        Absolute effect, in the unit of `estimate`, that a 5% test finds with probability 0.8;
        infinite where no effect can be significant.
    reason : str
        Why the test is refused; empty where it is not.
    """

    name: str
    n: int
    estimate: float = math.nan
    se: float = math.nan
    statistic: float = math.nan
    df: float = math.nan
    df2: float = math.nan
    p: float = math.nan
    p_min: float = math.nan
    mde: float = math.nan
    reason: str = ""


def refused(name: str, n: int, reason: str) -> Outcome:
    """Return the outcome of a test that these data do not allow."""
    return Outcome(name, n, reason=reason)


def student(name: str, n: int, estimate: float, se: float, df: float) -> Outcome:
    """Return the outcome of ``t = estimate / se`` on `df` degrees of freedom."""
    if not se > 0:
        return refused(name, n, "no variation to judge the estimate by")
    t = estimate / se
    p, mde = two_sided_t(t, df), float(minimum_detectable(se, df))
    return Outcome(name, n, estimate, se, t, df, p=p, p_min=0.0, mde=mde)


def two_sided_t(t: float, df: float) -> float:
    """Return the two-sided p-value of Student's t."""
    # Laws come from scipy.special: scipy.stats checks its arguments for longer than it computes.
    return 2.0 * float(special.stdtr(df, -abs(t)))


def minimum_detectable(se: npt.ArrayLike, df: npt.ArrayLike) -> Floats:
    """Return the absolute effect that a two-sided 5% t-test finds with probability 0.8.

    The noncentrality at which the noncentral t has that power, times the standard error.

    Parameters
    ----------
    se, df : array, broadcast against each other
        Standard errors, in the unit of the effect, and degrees of freedom.

    Returns
    -------
    array
        In the unit of `se`.
    """
    freedom = np.asarray(df, dtype=float)
    unique, place = np.unique(freedom, return_inverse=True)
    needed = np.array([_noncentrality(float(value)) for value in unique])
    return np.asarray(np.asarray(se) * needed[place].reshape(freedom.shape))


@lru_cache(maxsize=4096)
def _noncentrality(df: float) -> float:
    """Return the noncentrality that gives the two-sided 5% t-test a power of 0.8."""
    if not df > 0:
        return math.nan
    critical = float(special.stdtrit(df, 1 - LEVEL / 2))
    # Mix the normal power over the chi-squared law of the variance; unlike the noncentral t of
    # the libraries this never fails in the far tail.
    nodes, weights = _quadrature()
    bound = critical * np.sqrt(2 * special.gammaincinv(df / 2, (nodes + 1) / 2) / df)

    def shortfall(noncentrality: float) -> float:
        power = special.ndtr(noncentrality - bound) + special.ndtr(-bound - noncentrality)
        return float(weights @ power) / 2 - POWER

    return float(optimize.brentq(shortfall, 0.0, 3.0 * critical + 3.0))


@lru_cache(maxsize=1)
def _quadrature() -> tuple[Floats, Floats]:
    """Return nodes and weights on [-1, 1]; finding them takes longer than all else here."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    return nodes, weights
