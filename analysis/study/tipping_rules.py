"""Rules that make verdicts of sums over episodes, for many sets of changes at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import special

from analysis.estimators.arrays import Floats
from analysis.estimators.multiplicity import holm_beside
from analysis.estimators.significance import minimum_detectable
from analysis.snapshot.claims import Equivalence, OnEvents
from analysis.snapshot.rules import Rules
from analysis.study.claim_kinds import judge_equivalence, lies_inside
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import NOT_TESTABLE, SIGN, Outcome, decide
from analysis.study.panel import Panel
from analysis.study.verdicts import bound_of, decide_symmetric

__all__ = [
    "REGISTERED",
    "SIGNED",
    "Judge",
    "Measured",
    "Rule",
    "add_up",
    "judge_many",
    "measure",
    "rule_of",
]

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
    """

    columns: tuple[str, ...]
    measure: Callable[[Floats], Measured]
    judge: Callable[[OnEvents, Panel, Floats | None], Judge]


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


def measure(sums: Floats, *, one: bool = False) -> Measured:
    """Test by t across episodes of the SCAR; of two sides their difference.

    See :func:`analysis.study.outcomes.compare_episodes`, also for the effect: of the CAR, or with
    ``one`` of the same statistic.

    Parameters
    ----------
    sums : array, (N, S, 5)
        Of ``scar`` and ``car``, or with ``one`` of ``scar`` and ``weight``; one or two sides.
    one : bool
        Whether effect and p are of one statistic.
    """
    count, total, square = sums[..., :1], sums[..., 1:3], sums[..., 3:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
        variance = (square - total * mean) / (count - 1)
        variance = np.where(variance > NO_SPREAD * square / count, variance, np.nan)
        se = np.sqrt((variance / count).sum(axis=1))
        effect = mean[:, 0] - mean[:, 1] if sums.shape[1] == 2 else mean[:, 0]
        t = effect[:, 0] / se[:, 0]
        per = total[..., 1].sum(axis=1) / count[..., 0].sum(axis=1)
        shown, error = (effect[:, 0] / per, se[:, 0] / per) if one else (effect[:, 1], se[:, 1])
    fewest = count[..., 0].min(axis=1)
    t = np.where(fewest >= FEWEST, t, np.nan)
    df = fewest - 1
    return Measured(shown, error, df, t, 2 * special.stdtr(np.maximum(df, 1), -abs(t)))


def _judge(claim: OnEvents, panel: Panel, others: Floats | None, *, symmetric: bool) -> Judge:
    """Judge by the common rule, or that of equivalence; see :class:`Rule`."""

    def judge(found: Measured) -> Words:
        adjusted = None if others is None else holm_beside(found.p, others)
        return judge_many(claim, panel, found, adjusted, symmetric=symmetric)

    return judge


def judge_many(
    claim: OnEvents, panel: Panel, found: Measured, adjusted: Floats | None, *, symmetric: bool
) -> Words:
    """Judge what a test finds for each of N sets, by the common rule or that of equivalence.

    Parameters
    ----------
    claim : OnEvents
    panel : Panel
    found : Measured
    adjusted : array, (N,), or None
        p adjusted over the family; None: the claim is outside of it.
    symmetric : bool
        Whether by the symmetric rule.

    Returns
    -------
    array of str, (N,)
    """
    inference, p = panel.snapshot.choices.inference, found.p
    size, limit = inference.size, bound_of(claim, panel.rules) if symmetric else None
    inside = np.zeros(p.shape, dtype=bool)
    if isinstance(claim, Equivalence):
        half = special.stdtrit(found.df, (1 + claim.interval) / 2) * found.se
        inside = lies_inside(claim, found.effect - half, found.effect + half)
    held = holm_beside(p, []) if adjusted is None else adjusted
    # Of all sets on the same sides of the rule's thresholds one is judged.
    sides = [np.isnan(p), p < size, held < size, found.effect > 0, inside]
    if symmetric:
        known = np.where(np.isfinite(found.df) & (found.df > 0), found.df, np.nan)
        least = minimum_detectable(found.se, known, inference.power, size)
        sides += [least > (np.inf if limit is None else limit), abs(found.effect) < found.se]
    kinds = np.array(sides).T @ (1 << np.arange(len(sides)))
    _, first, kind = np.unique(kinds, return_index=True, return_inverse=True)
    said = [
        _judge_one(claim, panel, found, int(at), bool(inside[at]), adjusted, symmetric)
        for at in first
    ]
    return np.array(said)[kind]


def _judge_one(
    claim: OnEvents,
    panel: Panel,
    found: Measured,
    at: int,
    within: bool,
    adjusted: Floats | None,
    symmetric: bool,
) -> str:
    """Judge what a test finds for one of the sets."""
    inference, p = panel.snapshot.choices.inference, float(found.p[at])
    if np.isnan(p):
        return NOT_TESTABLE
    equivalence = isinstance(claim, Equivalence)
    if equivalence and not symmetric:
        return judge_equivalence(within, p < inference.size)
    held = None if adjusted is None else float(adjusted[at])
    inside = within if equivalence else None
    outcome = Outcome(float(found.effect[at]), p=p, sign=SIGN[claim.claimed], inside=inside)
    if not symmetric:
        return decide(outcome, held, inference.size)
    error = float(found.se[at])
    least = float(minimum_detectable(error, found.df[at], inference.power, inference.size))
    outcome = replace(outcome, se=error, detectable=least)
    return decide_symmetric(outcome, held, inference.size, bound_of(claim, panel.rules))


_MEASURES: Mapping[str, tuple[tuple[str, ...], Callable[[Floats], Measured]]] = {
    "separate": (("scar", "car"), measure),
    "scar": (("scar", "weight"), partial(measure, one=True)),
}


def rule_of(rules: Rules) -> Rule:
    """Return the rule that a set of rules of inference makes."""
    judge = partial(_judge, symmetric=rules.verdicts == "symmetric")
    return Rule(*_MEASURES[rules.statistic], judge)


REGISTERED = rule_of(Rules())
