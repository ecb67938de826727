"""What every test hands back, and the smallest effect a test can be expected to find."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from analysis.estimators.arrays import Floats

__all__ = [
    "LEVEL",
    "POWER",
    "Significance",
    "minimum_detectable",
    "power_at",
    "refused",
    "student",
    "tabulate",
    "two_sided_t",
]

LEVEL = 0.05  # size of the test that a minimum detectable effect refers to
POWER = 0.80  # probability with which that test finds it
HALVINGS = 60  # of an interval that holds a noncentrality: to the last digit


@dataclass(frozen=True, slots=True)
class Significance:
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

    def interval(self, level: float) -> tuple[float, float]:
        """Return the bounds of Student's interval of the estimate; NaN where it has no error."""
        half = float(special.stdtrit(self.df, (1 + level) / 2)) * self.se
        return self.estimate - half, self.estimate + half


def tabulate(tests: Iterable[Significance]) -> pd.DataFrame:
    """Return one row a test, by name."""
    columns = [field.name for field in fields(Significance)]
    return pd.DataFrame(map(asdict, tests), columns=columns).set_index("name")


def refused(name: str, n: int, reason: str) -> Significance:
    """Return what a test says that these data do not allow."""
    return Significance(name, n, reason=reason)


def student(name: str, n: int, estimate: float, se: float, df: float) -> Significance:
    """Return the significance of ``t = estimate / se`` on `df` degrees of freedom."""
    if not se > 0:
        return refused(name, n, "no variation to judge the estimate by")
    t = estimate / se
    p, mde = two_sided_t(t, df), float(minimum_detectable(se, df))
    return Significance(name, n, estimate, se, t, df, p=p, p_min=0.0, mde=mde)


def two_sided_t(t: float, df: float) -> float:
    """Return the two-sided p-value of Student's t."""
    # Laws come from scipy.special: scipy.stats checks its arguments for longer than it computes.
    return 2.0 * float(special.stdtr(df, -abs(t)))


def minimum_detectable(
    se: npt.ArrayLike, df: npt.ArrayLike, power: float = POWER, level: float = LEVEL
) -> Floats:
    """Return the absolute effect that a two-sided t-test finds with a given probability.

    The noncentrality at which the noncentral t has that power, times the standard error.

    `se` and `df` are arrays that are broadcast against each other; the result has the unit of
    `se`. `power` is the probability of finding the effect, `level` the size of the test.
    """
    freedom = np.asarray(df, dtype=float)
    unique, place = np.unique(freedom, return_inverse=True)
    needed = np.array([_noncentrality(float(value), power, level) for value in unique])
    return np.asarray(np.asarray(se) * needed[place].reshape(freedom.shape))


def power_at(effect: float, se: float, df: float, level: float = LEVEL) -> float:
    """Return the probability that a two-sided t-test of size `level` finds a true `effect`.

    `effect` and `se` share a unit. At an effect fixed in advance this informs; at the observed one
    it is the p-value in another unit (Hoenig and Heisey 2001, American Statistician 55).
    """
    return _power(abs(effect) / se, df, level)


def _power(noncentrality: float, df: float, level: float) -> float:
    """Return the power of the two-sided t-test at a noncentrality.

    The normal power mixed over the chi-squared law of the variance: where the noncentral t and F
    of scipy have a value it agrees with them to 1e-9, and it has one everywhere.
    """
    bound, weights = _bounds(df, level)
    found = special.ndtr(noncentrality - bound) + special.ndtr(-bound - noncentrality)
    return float(weights @ found)


@lru_cache(maxsize=4096)
def _bounds(df: float, level: float) -> tuple[Floats, Floats]:
    """Return the normal bounds of the t-test at nodes of the variance's law, with weights.

    The nodes are equally spaced after the law is made normal: there the trapezoidal rule converges
    exponentially, which no rule does on probabilities, since the variance has a root at zero.
    """
    z = np.linspace(0.0, 8.5, 401)
    tail, shape = special.ndtr(-z), df / 2
    below, above = special.gammaincinv(shape, tail[:0:-1]), special.gammainccinv(shape, tail)
    critical = float(special.stdtrit(df, 1 - level / 2))
    bound = critical * np.sqrt(np.concatenate([below, above]) / shape)
    weights = np.exp(-(np.concatenate([z[:0:-1], z]) ** 2) / 2)
    return bound, weights / weights.sum()


@lru_cache(maxsize=4096)
def _noncentrality(df: float, power: float, level: float) -> float:
    """Return the noncentrality that gives the two-sided t-test its power."""
    if not df > 0:
        return math.nan
    low, high = 0.0, 3.0 * float(special.stdtrit(df, 1 - level / 2)) + 3.0
    for _ in range(HALVINGS):  # scipy.optimize would take longer to import
        middle = (low + high) / 2
        low, high = (low, middle) if _power(middle, df, level) > power else (middle, high)
    return (low + high) / 2
