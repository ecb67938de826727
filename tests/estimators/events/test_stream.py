"""Events in chunks: the tests of all at once, the rows of all in order, memory that stays flat."""

from __future__ import annotations

import tracemalloc
from dataclasses import astuple
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.moments import Moments, join_moments
from analysis.estimators.events.named_tests import run_tests
from analysis.estimators.events.stream import STREAMED, stream_tests

CHOICES: dict[str, Any] = {"factors": ("M",), "window": (-2, 2)}


def panel(events: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return returns of 30 assets with holes, and events on many days."""
    rng = np.random.default_rng(11)
    market = rng.normal(0, 0.01, 600)
    values = market[:, None] + rng.normal(0, 0.03, (600, 30))
    values[rng.random(values.shape) < 0.001] = np.nan
    dates = pd.bdate_range("2020-01-01", periods=600)
    names = np.array([f"A{i}" for i in range(30)])
    cells = rng.choice(30 * 440, events, replace=False)
    frame = pd.DataFrame({"ticker": names[cells % 30], "day0": dates[140 + cells // 30]})
    return pd.DataFrame(values, dates, names).assign(M=market), frame


def test_chunks_of_any_size_give_the_tests_of_all_events_at_once():
    """Patell, BMP, Kolari-Pynnönen, the t-tests; days shared by events of different chunks."""
    returns, events = panel(600)
    study = event_study(returns, events, **CHOICES)
    whole = run_tests(study, -2, 2, np.random.default_rng(0), tests=list(STREAMED))
    for size in (7, 250, 600):
        seen: list[EventStudy] = []
        chunks = (events.iloc[start : start + size] for start in range(0, 600, size))
        found = stream_tests(returns, chunks, -2, 2, seen.append, **CHOICES)
        pd.testing.assert_frame_equal(found, whole, rtol=1e-9)
        np.testing.assert_allclose(np.concatenate([s.ar for s in seen]), study.ar, rtol=1e-12)


def test_a_chunk_without_a_usable_event_changes_nothing():
    """Unknown tickers are skipped in their chunk."""
    returns, events = panel(60)
    none = events.iloc[:5].assign(ticker="NONE")
    one = stream_tests(returns, [events], -2, 2, lambda _: None, **CHOICES)
    two = stream_tests(returns, [none, events, none], -2, 2, lambda _: None, **CHOICES)
    pd.testing.assert_frame_equal(one, two, rtol=1e-12)


def test_no_chunk_is_an_error():
    """Nothing to test, said in words."""
    returns, _ = panel(10)
    with pytest.raises(ValueError, match="at least one chunk"):
        stream_tests(returns, [], -2, 2, lambda _: None, **CHOICES)


def test_joined_moments_are_those_of_all_values():
    """Number, mean, squares and cubes against scipy, the empty part included."""
    values = np.random.default_rng(5).gamma(2.0, size=50)
    parts = [Moments.of(part) for part in np.split(values, [0, 3, 20])]
    joined = parts[0]
    for part in parts[1:]:
        joined = join_moments(joined, part)
    assert astuple(joined) == pytest.approx(astuple(Moments.of(values)), rel=1e-12)
    assert joined.cubes / 50 == pytest.approx(stats.moment(values, 3), rel=1e-12)


def test_memory_is_flat_in_the_number_of_events():
    """Three chunks of 2,000 events take less than half more than one; held, thrice as much."""
    returns, events = panel(6_000)
    peaks = []
    for count in (2_000, 2_000, 6_000):  # the first also fills caches of imports
        chunks = (events.iloc[start : start + 2_000] for start in range(0, count, 2_000))
        tracemalloc.start()
        stream_tests(returns, chunks, -2, 2, lambda part: part.car(-2, 2), **CHOICES)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]  # two threads overlap as they like
