"""The ledger by the registered rules, for a study that decides by amended ones."""

from __future__ import annotations

import pandas as pd

from analysis.questions.ledger.entries import outcomes
from analysis.study.outcomes import NOISE
from analysis.study.panel import Panel, under
from analysis.study.verdicts import NO_SIGN, judge

__all__ = ["SHORT", "registered_beside"]

SHORT = {NOISE[1]: "RS, noise", NOISE[-1]: "WS, noise", NO_SIGN: "no sign"}
"""Verdicts as tables print them, where that is not in full."""


def registered_beside(panel: Panel) -> pd.DataFrame:
    """Decide every claim by the registered rules.

    Returns
    -------
    DataFrame
        Indexed by claim: ``effect``, ``low``, ``high``, ``p``, ``sample``, ``holm``,
        ``detectable``, ``verdict`` and ``format``; no row where the study decides by them anyway.
    """
    registered = panel.snapshot.choices.registered
    if panel.rules == registered:
        return pd.DataFrame()
    ruled = under(panel, registered)
    results = outcomes(ruled)
    judged = judge(ruled, results)
    rows = {
        key: {
            **outcome.cells,
            "holm": judged[key][0],
            "detectable": outcome.detectable,
            "verdict": judged[key][1],
            "format": outcome.format,
        }
        for key, outcome in results.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim")
