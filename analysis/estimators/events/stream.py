"""Studies of more events than memory holds: a chunk at a time, tests of all at the end.

Held are the returns, one chunk of events with its fits, and sums: nothing that grows with the
number of events. Rows are handed on chunk by chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimators.events import parametric
from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.firm_events import draw_sample
from analysis.estimators.events.moments import Pooled, Sums, join_sums
from analysis.estimators.events.named_tests import TESTS
from analysis.estimators.events.residual_sums import mean_correlation
from analysis.estimators.significance import Significance, tabulate

__all__ = ["STREAMED", "stream_tests"]

STREAMED: dict[str, Callable[[Pooled], Significance]] = {
    name: getattr(parametric, name) for name in TESTS if name in parametric.__all__
}


@dataclass(frozen=True, slots=True)
class _Streamed:
    """What is left of the chunks."""

    sums: Sums
    correlation: float


def stream_tests(
    returns: pd.DataFrame,
    chunks: Iterable[pd.DataFrame],
    first: int,
    last: int,
    sink: Callable[[EventStudy], object],
    *,
    length: int = 120,
    **choices: Any,
) -> pd.DataFrame:
    """Study events a chunk at a time and run the parametric tests on all of them together.

    Parameters
    ----------
    returns : DataFrame, (T, A)
        As in :func:`analysis.estimators.events.abnormal.event_study`.
    chunks : iterable of DataFrame
        Events, some ten thousand at a time; at least one chunk.
    first, last : int
        Bounds of the window, event days.
    sink : callable
        Takes the study of each chunk, to write its rows, abnormal returns and CARs.
    length : int
        Sessions of the estimation window.
    choices
        Further keywords of :func:`event_study`, its window included.

    Returns
    -------
    DataFrame, one row a test, by name
        The tests of :mod:`analysis.estimators.events.parametric`, with the fields of
        :class:`Significance`; equal to those of all events at once but for rounding. Tests of
        ranks and signs, which need all events at once, are not among them.

    Raises
    ------
    ValueError
        As :func:`event_study`, or if there is no chunk.
    """
    sums: Sums | None = None
    residuals = np.zeros((len(returns), length))
    for events in chunks:
        study = event_study(returns, events, length=length, **choices)
        sink(study)
        sample = draw_sample(study, first, last)
        sums = join_sums(sums, sample.sums) if sums else sample.sums
        residuals[sample.unit_sums.dates] += sample.unit_sums.sums
        del study, sample  # or they stay while the next chunk is fitted
    if sums is None:
        raise ValueError("events: expected at least one chunk, found none")
    whole = _Streamed(sums, mean_correlation(sums.car.n, residuals))
    return tabulate(test(whole) for test in STREAMED.values())
