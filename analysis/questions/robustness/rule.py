"""The decision rule of a specification curve, fixed before any curve was computed.

Amended after: the p of the median is adjusted over all curves, where the registered rule took it as
it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.results.formats import percent, words
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import NOT_TESTABLE

__all__ = ["CurveSummary", "decide_curve", "stated_rule", "summarise_curve"]

AGREEING = 0.95  # share of specifications that must have the claimed sign


@dataclass(frozen=True)
class CurveSummary:
    """What is read off one claim's curve.

    Attributes
    ----------
    specifications, testable : int
        All combinations of choices, and those with at least three episodes (of either kind).
    median : float
        Median estimate over the testable specifications, in the unit of the estimate.
    share_sign : float
        Share of them with the claimed sign.
    share_significant, share_opposite : float
        Share significant in the claimed and in the opposite direction.
    """

    specifications: int
    testable: int
    median: float
    share_sign: float
    share_significant: float
    share_opposite: float


def summarise_curve(specifications: pd.DataFrame, size: float) -> CurveSummary:
    """Read median and shares off a frame with ``estimate`` and ``p``."""
    known = specifications.dropna(subset="estimate")
    significant = known["p"] < size
    up = known["estimate"] > 0
    if known.empty:
        return CurveSummary(len(specifications), 0, np.nan, np.nan, np.nan, np.nan)
    return CurveSummary(
        specifications=len(specifications),
        testable=len(known),
        median=float(known["estimate"].median()),
        share_sign=float(up.mean()),
        share_significant=float((up & significant).mean()),
        share_opposite=float((~up & significant).mean()),
    )


def stated_rule(size: float, *, adjusted: bool = True) -> str:
    """Write out the rule that :func:`decide_curve` applies, to which p of the median."""
    which = "adjusted by Holm over the curves" if adjusted else "not adjusted"
    return (
        f"robust: at least {percent(AGREEING)} of the specifications have the claimed sign and the "
        f"joint placebo p of the median and of the share significant are below {size:g}; opposite: "
        f"the median has the other sign and its p is below {size:g}; fragile: the median has the "
        f"claimed sign, and its p is below {size:g} or more than {percent(size)} of the "
        "specifications are significant in the claimed direction; no evidence: the rest; not "
        f"testable: no specification has {words(FEWEST)} episodes. The p of the median is {which}"
    )


def decide_curve(
    curve: CurveSummary, p_median: float, p_share_significant: float, size: float
) -> str:
    """Apply the rule of :func:`stated_rule`.

    Parameters
    ----------
    curve : CurveSummary
        The observed curve, positive estimates having the claimed sign.
    p_median, p_share_significant : float
        Joint placebo p-values, that of the median adjusted over the curves.
    size : float
        Of every test.
    """
    if curve.testable == 0:
        return NOT_TESTABLE
    if curve.median <= 0:
        return "opposite" if p_median < size else "no evidence"
    joint = p_median < size and p_share_significant < size
    if joint and curve.share_sign >= AGREEING:
        return "robust"
    if p_median < size or curve.share_significant > size:
        return "fragile"
    return "no evidence"
