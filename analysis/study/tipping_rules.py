"""Rules that make verdicts of sums over episodes, for many sets of changes at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analysis.estimators.multiplicity import holm_beside
from analysis.snapshot.claims import Equivalence, OnEvents
from analysis.snapshot.load import Snapshot
from analysis.study.claim_kinds import judge_equivalence, lies_inside
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import NOT_TESTABLE, SIGN, Outcome, decide
from analysis.study.panel import Panel, build_panel

__all__ = [
    "REGISTERED",
    "SIGNED",
    "Judge",
    "Measured",
    "Rule",
    "add_up",
    "judge_as_registered",
    "measure",
]

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.str_]
Judge = Callable[["Measured"], Words]

SIGNED = ("scar", "car")  # columns of responses that the sign of the news multiplies
NO_SPREAD = 1e-12  # a variance below this share of the mean square is rounding


@dataclass(frozen=True)
class Measured:
    """What a test finds for each of N sets of changes; NaN where it cannot be made.

    Attributes
    ----------
    effect, se, df : array, (N,)
        Estimate in the unit of the claim, its standard error, degrees of freedom.
    t, p : array, (N,)
        Statistic of record and its two-sided p.
    """

    effect: Floats
    se: Floats
    df: Floats
    t: Floats
    p: Floats

    @property
    def pushes(self) -> Floats:
        """How far each set pushes the test, one row a way of doing so. (5, N)."""
        return np.array([self.t, -self.t, self.effect, -self.effect, -self.se])


@dataclass(frozen=True)
class Rule:
    """The rule by which a claim is decided: how responses are averaged, tested and judged.

    Attributes
    ----------
    columns : tuple of str
        Columns of the claim's days that are averaged over each episode.
    measure : callable
        From sums over episodes of these to what the test finds.
    judge : callable
        Makes, of a claim, a panel and the p of the other claims of the family, a function from
        what a test finds to verdicts. None for the p: the claim is outside the family.
    build : callable
        Builds the panel of a snapshot, for events on another day.
    """

    columns: tuple[str, ...]
    measure: Callable[[Floats], Measured]
    judge: Callable[[OnEvents, Panel, Floats | None], Judge]
    build: Callable[[Snapshot], Panel] = build_panel


def add_up(values: Floats) -> Floats:
    """Add up what a test needs of the values of episodes.

    Parameters
    ----------
    values : array, (..., K, C)
        One row an episode, NaN where it is absent; one column each that a rule averages.

    Returns
    -------
    array, (..., 1 + 2C)
        The number of episodes, the sums of the columns, the sums of their squares.
    """
    there = ~np.isnan(values[..., :1])
    known = np.where(there, values, 0.0)
    parts = (there.sum(axis=-2), known.sum(axis=-2), (known**2).sum(axis=-2))
    return np.concatenate(parts, axis=-1)


def measure(sums: Floats) -> Measured:
    """Test as registered: t across episodes of the SCAR, effect and its error in CAR.

    Of two sides the difference, by Ibragimov and Müller (2016).

    Parameters
    ----------
    sums : array, (N, S, 5)
        Of ``scar`` and ``car``, one or two sides.
    """
    count, total, square = sums[..., :1], sums[..., 1:3], sums[..., 3:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
        variance = (square - total * mean) / (count - 1)
        variance = np.where(variance > NO_SPREAD * square / count, variance, np.nan)
        se = np.sqrt((variance / count).sum(axis=1))
        effect = mean[:, 0] - mean[:, 1] if sums.shape[1] == 2 else mean[:, 0]
        t = effect[:, 0] / se[:, 0]
    fewest = count[..., 0].min(axis=1)
    t = np.where(fewest >= FEWEST, t, np.nan)
    df = fewest - 1
    return Measured(effect[:, 1], se[:, 1], df, t, 2 * special.stdtr(np.maximum(df, 1), -abs(t)))


def judge_as_registered(claim: OnEvents, panel: Panel, others: Floats | None) -> Judge:
    """Judge by the common rule, or that of equivalence; see :class:`Rule`."""
    size, sign = panel.snapshot.choices.inference.size, SIGN[claim.claimed]

    def one(effect: float, p: float, adjusted: float, inside: bool) -> str:
        if np.isnan(p):
            return NOT_TESTABLE
        if isinstance(claim, Equivalence):
            return judge_equivalence(inside, p < size)
        return decide(Outcome(effect, p=p, sign=sign), None if others is None else adjusted, size)

    def judge(measured: Measured) -> Words:
        p, adjusted = measured.p, holm_beside(measured.p, [] if others is None else others)
        inside = np.zeros(p.shape, dtype=bool)
        if isinstance(claim, Equivalence):
            half = special.stdtrit(measured.df, (1 + claim.interval) / 2) * measured.se
            inside = lies_inside(claim, measured.effect - half, measured.effect + half)
        # Of all sets on the same sides of the rule's thresholds one is judged.
        sides = [np.isnan(p), p < size, adjusted < size, measured.effect > 0, inside]
        kinds = np.array(sides).T @ (1 << np.arange(len(sides)))
        _, first, kind = np.unique(kinds, return_index=True, return_inverse=True)
        rows = zip(measured.effect[first], p[first], adjusted[first], inside[first], strict=True)
        return np.array([one(*row) for row in rows])[kind]

    return judge


REGISTERED = Rule(("scar", "car"), measure, judge_as_registered)
