"""What a claim's test hands to the ledger, and the common decision rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.events.across_episodes import two_sample_im
from analysis.results import Format
from analysis.study.episodes import FEWEST, effect_of, mean_over, precision
from analysis.study.panel import Panel
from analysis.study.placebo import EpisodeNull

__all__ = [
    "CANNOT",
    "NOISE",
    "NOT_TESTABLE",
    "SIGN",
    "Outcome",
    "compare_episodes",
    "decide",
    "decide_all",
    "explain_rule",
    "judge_signs",
]

NOT_TESTABLE = "not testable"
CANNOT = "cannot decide"
SIGN = {"positive": 1, "negative": -1}
NOISE = {1: "right sign within noise", -1: "wrong sign within noise"}


@dataclass(frozen=True)
class Outcome:
    """The number that decides a claim.

    Attributes
    ----------
    effect, low, high : float or None
        Estimate and interval of the study's level, in the unit that ``format`` prints.
    p : float or None
        Two-sided p of the test of record.
    count : str
        Episodes, months or days behind it, as printed.
    detectable : float or None
        Effect found with the study's power.
    power : float or None
        Probability of finding a true effect of the study's reference size; for CARs alone.
    sign : int
        +1 or -1: the direction claimed.
    format : Format
        How effect, interval and detectable effect are printed.
    verdict, applied : str
        Set where the claim has a rule of its own, with how it was applied; empty for the common.
    confirmatory : bool
        Whether ``p`` belongs to the family that Holm's method adjusts.
    statistic : float or None
        t across episodes, for claims that have a ``null``.
    null : callable or None
        Gives what the episodes of the claim would show on other sessions; computed on demand.
    placebo : float or None
        Placebo p of a claim without a ``null``.
    se : float or None
        Standard error of the effect, of tests across episodes.
    inside : bool or None
        Of an equivalence: whether the interval lies inside the bounds.
    signs : tuple of bool
        Of an order: which of the differences are positive.
    """

    effect: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    count: str = ""
    detectable: float | None = None
    power: float | None = None
    sign: int = 1
    format: Format = "percent1"
    verdict: str = ""
    applied: str = ""
    confirmatory: bool = True
    statistic: float | None = None
    null: Callable[[], EpisodeNull] | None = None
    placebo: float | None = None
    se: float | None = None
    inside: bool | None = None
    signs: tuple[bool, ...] = ()

    @property
    def cells(self) -> dict[str, float | str | None]:
        """What a row of a result says of it: ``effect``, ``low``, ``high``, ``p``, ``sample``."""
        return {
            "effect": self.effect,
            "low": self.low,
            "high": self.high,
            "p": self.p,
            "sample": self.count,
        }


def decide(outcome: Outcome, adjusted: float | None, size: float) -> str:
    """Apply the common rule: claimed sign and adjusted p below the size of tests is supported.

    The opposite sign with unadjusted p below it is contradicted; anything else is noise.
    """
    if outcome.verdict:
        return outcome.verdict
    if outcome.effect is None or outcome.p is None or adjusted is None:
        return NOT_TESTABLE
    agrees = outcome.effect * outcome.sign > 0
    if agrees:
        return "supported" if adjusted < size else NOISE[1]
    return "contradicted" if outcome.p < size else NOISE[-1]


def explain_rule(outcome: Outcome, adjusted: float | None, size: float) -> str:
    """Say in a sentence how :func:`decide` came to its verdict."""
    if outcome.verdict:
        return outcome.applied
    if outcome.effect is None or outcome.p is None or adjusted is None:
        return f"{outcome.count} episodes, and {FEWEST} are needed on every side"
    agrees = outcome.effect * outcome.sign > 0
    name, p = ("adjusted p", adjusted) if agrees else ("p", outcome.p)
    return (
        f"the effect has the {'claimed' if agrees else 'opposite'} sign, so that the {name} "
        f"counts: {p:.3g}, {'below' if p < size else 'not below'} {size:g}"
    )


def decide_all(holds: Sequence[bool], rejected: bool, sign: int = 1) -> str:
    """Judge signs that a claim of positive (+1) or negative ones makes, and their joint test."""
    if any(holds) != all(holds):
        return "mixed"
    agrees = all(holds) == (sign > 0)
    if rejected:
        return "supported" if agrees else "contradicted"
    return NOISE[1 if agrees else -1]


def judge_signs(
    p: npt.ArrayLike, gain: npt.ArrayLike, size: float, above: str, below: str, noise: str
) -> npt.NDArray[np.str_]:
    """Name each gain by its sign where its p lies below the size of tests, else as noise.

    One without a p is :data:`NOT_TESTABLE`.
    """
    known, higher = np.asarray(p, dtype=float), np.asarray(gain, dtype=float) > 0
    said = [NOT_TESTABLE, noise, above]
    return np.select([np.isnan(known), known >= size, higher], said, below)


def compare_episodes(
    panel: Panel,
    *sides: pd.DataFrame,
    sign: int = 1,
    null: Callable[[], EpisodeNull] | None = None,
) -> Outcome:
    """Test one kind of episodes by t(K-1), or compare two by Ibragimov and Müller (2016).

    The test is on the standardised CARs; effect and interval are in CAR: of the mean CAR, or by the
    rules of the panel of the same statistic. Not testable with fewer than three episodes on a side.

    Parameters
    ----------
    panel : Panel
    *sides : DataFrame
        One or two, from :func:`analysis.study.episodes.averaged`.
    sign : int
        +1 or -1: the direction claimed.
    null : callable, optional
        See :class:`Outcome`.
    """
    counts = " + ".join(str(len(side)) for side in sides)
    if min(map(len, sides)) < FEWEST:
        return Outcome(None, count=counts, sign=sign)
    run = mean_over if len(sides) == 1 else two_sample_im
    test, mean = (run(*(side[name] for side in sides)) for name in ("scar", "car"))
    if panel.rules.statistic == "scar":
        mean = effect_of(test, pd.concat([side["weight"] for side in sides]))
    low, high, detectable, power = precision(mean, panel)
    return Outcome(
        effect=mean.estimate,
        low=low,
        high=high,
        p=test.p,
        count=counts,
        detectable=detectable,
        power=power,
        sign=sign,
        statistic=test.statistic,
        null=null,
        se=mean.se,
    )
