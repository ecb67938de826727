"""Sums over firm-events from which the parametric tests follow; sums of parts can be joined."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np

from analysis.estimators.arrays import Floats

__all__ = ["Moments", "Pooled", "Sums", "join_moments", "join_sums"]

_APART = {"days", "car", "scar", "fewest"}  # fields of Sums that are not added up


@dataclass(frozen=True, slots=True)
class Moments:
    """Number, mean, and sums of squared and cubed deviations from the mean."""

    n: int
    mean: float
    squares: float
    cubes: float

    @classmethod
    def of(cls, values: Floats) -> Moments:
        """Return the moments of some values; those of none are zero."""
        mean = float(values.mean()) if values.size else 0.0
        apart = values - mean
        squares = apart * apart
        return cls(values.size, mean, float(squares.sum()), float(squares @ apart))

    @property
    def spread(self) -> float:
        """Standard deviation, divisor n - 1; NaN for one value."""
        return float(np.sqrt(self.squares / (self.n - 1))) if self.n > 1 else float("nan")


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over N firm-events with a fully observed window of L2 event days.

    Attributes
    ----------
    days : int
        L2.
    car, scar : Moments
        Of the CARs, fractions, and of the CARs over their forecast-corrected errors.
    variance, variance_squared : float
        ``Σ se²`` and ``Σ se⁴ / df``, se with the forecast-error term.
    plain, plain_squared : float
        The same with ``s √L2`` for se.
    sar, unit : float
        Sums over days too of the AR over its forecast-corrected error, and of one over it.
    inverse : float
        ``Σ 1 / se``.
    patell : float
        ``Σ df / (df - 2)``.
    fewest : int
        Smallest degrees of freedom.
    """

    days: int
    car: Moments
    scar: Moments
    variance: float
    variance_squared: float
    plain: float
    plain_squared: float
    sar: float
    unit: float
    inverse: float
    patell: float
    fewest: int


class Pooled(Protocol):
    """What the parametric tests need of a group of firm-events."""

    @property
    def sums(self) -> Sums:
        """Their sums."""
        ...

    @property
    def correlation(self) -> float:
        """Mean correlation of estimation residuals over all pairs."""
        ...


def join_moments(a: Moments, b: Moments) -> Moments:
    """Return the moments of two parts together (Pébay 2008, Sandia report SAND2008-6212)."""
    n = a.n + b.n
    if n == 0:
        return a
    apart = b.mean - a.mean
    squares = a.squares + b.squares + apart**2 * a.n * b.n / n
    cubes = a.cubes + b.cubes + apart**3 * a.n * b.n * (a.n - b.n) / n**2
    cubes += 3 * apart * (a.n * b.squares - b.n * a.squares) / n
    return Moments(n, a.mean + apart * b.n / n, squares, cubes)


def join_sums(a: Sums, b: Sums) -> Sums:
    """Return the sums of two parts together."""
    joined: dict[str, Any] = {
        name: value + getattr(b, name) for name, value in asdict(a).items() if name not in _APART
    }
    car, scar = join_moments(a.car, b.car), join_moments(a.scar, b.scar)
    return replace(a, car=car, scar=scar, fewest=min(a.fewest, b.fewest), **joined)
