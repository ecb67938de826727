"""The decision rule of a specification curve, fixed before any curve was computed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LEVEL", "RULE", "CurveSummary", "decide_curve"]

LEVEL = 0.05
AGREEING = 0.95  # share of specifications that must have the claimed sign
RULE = (
    "robust: at least 95% of the specifications have the claimed sign and the joint placebo p of "
    "the median and of the share significant are below 0.05; opposite: the median has the other "
    "sign and its p is below 0.05; fragile: the median has the claimed sign, and its p is below "
    "0.05 or more than 5% of the specifications are significant in the claimed direction; no "
    "evidence: the rest; not testable: no specification has three episodes"
)


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
        Share with p below 0.05 in the claimed and in the opposite direction.
    """

    specifications: int
    testable: int
    median: float
    share_sign: float
    share_significant: float
    share_opposite: float


def decide_curve(curve: CurveSummary, p_median: float, p_share_significant: float) -> str:
    """Apply :data:`RULE`.

    Parameters
    ----------
    curve : CurveSummary
        The observed curve, positive estimates having the claimed sign.
    p_median, p_share_significant : float
        Joint placebo p-values.
    """
    if curve.testable == 0:
        return "not testable"
    if curve.median <= 0:
        return "opposite" if p_median < LEVEL else "no evidence"
    joint = p_median < LEVEL and p_share_significant < LEVEL
    if joint and curve.share_sign >= AGREEING:
        return "robust"
    if p_median < LEVEL or curve.share_significant > LEVEL:
        return "fragile"
    return "no evidence"
