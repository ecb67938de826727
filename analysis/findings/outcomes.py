"""What a claim's test hands to the ledger, and the common decision rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.findings.episodes import FEWEST, pool
from analysis.findings.panel import Panel
from analysis.results import Format

__all__ = ["NOISE", "NOT_TESTABLE", "Outcome", "decide", "from_pool", "two_samples"]

NOT_TESTABLE = "not testable"
NOISE = {1: "right sign within noise", -1: "wrong sign within noise"}


@dataclass(frozen=True)
class Outcome:
    """The number that decides a claim.

    Attributes
    ----------
    effect, low, high : float or None
        Estimate and 95% interval, in the unit that ``format`` prints.
    p : float or None
        Two-sided p of the test of record.
    count : str
        Episodes, months or days behind it, as printed.
    detectable : float or None
        Effect found with the study's power.
    sign : int
        +1 or -1: the direction claimed.
    format : Format
        How effect, interval and detectable effect are printed.
    verdict : str
        Set where the claim has a rule of its own; empty for the common rule.
    confirmatory : bool
        Whether ``p`` belongs to the family that Holm's method adjusts.
    """

    effect: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    count: str = ""
    detectable: float | None = None
    sign: int = 1
    format: Format = "percent1"
    verdict: str = ""
    confirmatory: bool = True


def decide(outcome: Outcome, adjusted: float | None) -> str:
    """Apply the common rule: claimed sign and adjusted p below 0.05 is supported.

    The opposite sign with unadjusted p below 0.05 is contradicted; anything else is noise.
    """
    if outcome.verdict:
        return outcome.verdict
    if outcome.effect is None or outcome.p is None or adjusted is None:
        return NOT_TESTABLE
    agrees = outcome.effect * outcome.sign > 0
    if agrees:
        return "supported" if adjusted < 0.05 else NOISE[1]
    return "contradicted" if outcome.p < 0.05 else NOISE[-1]


def from_pool(values: pd.DataFrame, panel: Panel, sign: int = 1) -> Outcome:
    """Make an outcome of the t-test across episodes; not testable below three."""
    result = pool(values, panel)
    if result is None:
        return Outcome(None, count=str(len(values)), sign=sign)
    return Outcome(
        effect=result.mean,
        low=result.low,
        high=result.high,
        p=result.p,
        count=str(result.episodes),
        detectable=result.detectable,
        sign=sign,
    )


def two_samples(one: pd.DataFrame, other: pd.DataFrame, panel: Panel) -> Outcome:
    """Compare two kinds of episodes by the t-test of Ibragimov and Müller (2016).

    The statistic is Welch's on the standardised CARs, its reference a Student law with the smaller
    number of episodes less one as degrees of freedom. Effect and interval are in CAR.
    """
    counts = f"{len(one)} + {len(other)}"
    if min(len(one), len(other)) < FEWEST:
        return Outcome(None, count=counts)
    df = min(len(one), len(other)) - 1
    t = float(stats.ttest_ind(one["scar"], other["scar"], equal_var=False).statistic)
    error = float(
        np.sqrt(one["car"].var(ddof=1) / len(one) + other["car"].var(ddof=1) / len(other))
    )
    effect = float(one["car"].mean() - other["car"].mean())
    inference = panel.snapshot.study.inference
    reach = float(stats.t.ppf((1 + inference.level) / 2, df))
    power = float(stats.t.ppf(inference.power, df))
    return Outcome(
        effect=effect,
        low=effect - reach * error,
        high=effect + reach * error,
        p=float(2 * stats.t.sf(abs(t), df)),
        count=counts,
        detectable=(reach + power) * error,
    )
