"""Verdicts on a family of tests: whether any of them holds after Holm's adjustment."""

from __future__ import annotations

import pandas as pd

from analysis.results import Provenance, Verdict
from analysis.study.panel import Panel

__all__ = ["any_adjusted"]


def any_adjusted(
    panel: Panel,
    key: str,
    adjusted: pd.Series,
    verdicts: tuple[str, str],
    rule: str,
    source: Provenance,
    *,
    counted: bool = False,
) -> Verdict:
    """Say whether the smallest adjusted p of a family lies below the size of the tests.

    Parameters
    ----------
    adjusted : Series
        p-values after Holm's adjustment; missing ones were not tested.
    verdicts : (str, str)
        What is said if one lies below, and if none does.
    rule : str
        Where ``{size}`` stands for the size.
    counted : bool
        Whether the evidence names the number of tests.
    """
    size, known = panel.snapshot.choices.inference.size, adjusted.dropna()
    evidence = f"smallest adjusted p {known.min():.3g}" + (f" of {len(known)}" if counted else "")
    verdict = verdicts[0] if (known < size).any() else verdicts[1]
    return Verdict(key, verdict, rule.format(size=f"{size:g}"), evidence, source)
