"""Many events in blocks: the same numbers as at once, and memory that does not grow with them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimators import blocks
from analysis.estimators.events import abnormal
from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.firm_events import draw_sample
from analysis.estimators.events.joint import joint_f
from analysis.estimators.events.named_tests import run_tests

POOLED = ["t_time_series", "patell", "bmp", "kp_patell", "kp_bmp", "corrado", "corrado_zivney",
          "grank_t", "sign", "generalized_sign", "wilcoxon", "portfolio_t"]  # fmt: skip


def panel(events: int, assets: int = 30, holes: float = 0.002) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return returns of assets with holes and zero returns, and distinct events on many days."""
    rng = np.random.default_rng(8)
    market = rng.normal(0, 0.01, 600)
    values = market[:, None] + rng.normal(0, 0.03, (600, assets))
    values[rng.random(values.shape) < 0.02] = 0.0
    values[rng.random(values.shape) < holes] = np.nan
    dates = pd.bdate_range("2020-01-01", periods=600)
    names = np.array([f"A{i}" for i in range(assets)])
    cells = rng.choice(assets * 440, events, replace=False)
    frame = pd.DataFrame({"ticker": names[cells % assets], "day0": dates[140 + cells // assets]})
    return pd.DataFrame(values, dates, names).assign(M=market), frame


@pytest.mark.parametrize("model", ["market", "mean"])
def test_tests_over_blocks_equal_the_direct_formulas(model):
    """Correlation, share of positive residuals and daily mean ranks, from all windows at once."""
    returns, events = panel(700)
    study = event_study(returns, events, factors=("M",), model=model, window=(-2, 2))
    sample = draw_sample(study, -2, 2)
    residuals, ar = sample.fitted.residuals(), sample.fitted.window(-2, 2).ar()
    filled = np.nan_to_num(residuals)
    unit = filled / np.linalg.norm(filled, axis=1, keepdims=True)
    pairs = unit @ unit.T * (sample.day0[:, None] == sample.day0)
    n = sample.size
    correlation = (pairs.sum() - np.trace(pairs)) / (n * (n - 1))
    assert sample.correlation == pytest.approx(correlation, rel=1e-9, abs=1e-15)
    joined = np.column_stack([residuals, ar])
    known = np.isfinite(joined)
    ranks = stats.rankdata(np.where(known, joined, np.inf), axis=1)
    deviations = np.where(known, ranks / (known.sum(axis=1, keepdims=True) + 1) - 0.5, np.nan)
    np.testing.assert_allclose(sample.ranks.plain, np.nanmean(deviations, axis=0), atol=1e-12)
    np.testing.assert_allclose(sample.ranks.values, np.nanmean(joined, axis=0), atol=1e-12)
    np.testing.assert_array_equal(sample.ranks.firms, known.sum(axis=0))
    sar = ar / sample.fitted.window(-2, 2).errors()
    np.testing.assert_allclose(sample.ranks.spread, sar.std(axis=0, ddof=1), rtol=1e-12)


def test_block_size_and_threads_change_no_result(monkeypatch):
    """One event a block, 64, or all at once; one thread or two."""
    returns, events = panel(300)
    tables = []
    for size, threads in [(256, 1), (1, 1), (64, 2), (10_000, 1)]:
        monkeypatch.setattr(blocks, "CELLS", size * 120)
        monkeypatch.setattr(blocks, "THREADS", threads)
        study = event_study(returns, events, factors=("M",), window=(-2, 2))
        tests = run_tests(study, -2, 2, np.random.default_rng(0), tests=POOLED)
        tables.append((study.rows, study.car(-2, 2), tests))
    for other in tables[1:]:
        for one, same in zip(tables[0], other, strict=True):
            pd.testing.assert_frame_equal(one, same, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("factors", [("M",), ("M", "X")])
def test_days_that_many_firms_share_are_fitted_as_single_ones_are(monkeypatch, factors):
    """One product a day or one an event: the same fits and residual sums but for rounding."""
    returns, events = panel(300, holes=0.0)
    returns["X"] = returns["A0"] - returns["M"] / 2
    events = events[events["ticker"] != "A0"]
    found = []
    for shared in (0, 10**6):
        monkeypatch.setattr(abnormal, "SHARED", shared)
        study = event_study(returns, events, factors=factors, window=(-2, 2))
        found.append((study.rows, draw_sample(study, -2, 2).correlation))
    pd.testing.assert_frame_equal(found[0][0], found[1][0], rtol=1e-10, atol=1e-14)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-9, abs=1e-14)


def test_kept_windows_are_those_of_the_study_that_is_asked():
    """Asked before or after the abnormal returns, of all events or of some, CARs are the same."""
    returns, events = panel(60)
    study = event_study(returns, events, factors=("M",), window=(-2, 2))
    other = event_study(returns, events, factors=("M",), window=(-2, 2))
    before = study.car(-2, 2)
    assert np.isfinite(other.ar).any()
    pd.testing.assert_frame_equal(other.car(-2, 2), before, check_exact=True)
    rows = np.arange(5, 25)
    some = study.take(rows)
    pd.testing.assert_frame_equal(some.car(-2, 2), before.iloc[rows].reset_index(drop=True))
    assert draw_sample(some, -2, 2).size == int(before["car"].iloc[rows].notna().sum())


def test_daily_errors_are_those_of_one_day_windows():
    """With two factors too: the error of a day is sigma times the scale of that day alone."""
    returns, events = panel(50, holes=0.0)
    returns["X"] = returns["A0"] + returns["M"]
    study = event_study(returns, events, factors=("M", "X"), window=(-2, 2))
    daily = [study.sigma * study.fitted.window(day, day).scale() for day in range(-2, 3)]
    errors = study.fitted.window(-2, 2).errors()
    np.testing.assert_allclose(errors, np.stack(daily, axis=1), rtol=1e-12)


def test_more_firms_than_sessions_refuse_the_joint_test_before_any_matrix():
    """Three thousand firms on one day would need a matrix of nine million numbers."""
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2024-01-01", periods=60)
    names = [f"A{i}" for i in range(3000)]
    returns = pd.DataFrame(rng.normal(0, 0.01, (60, 3000)), dates, names)
    returns["M"] = rng.normal(0, 0.01, 60)
    events = pd.DataFrame({"ticker": names, "day0": dates[50]})
    study = event_study(
        returns, events, factors=("M",), length=30, gap=5, minimum=20, window=(0, 1)
    )
    tracemalloc.start()
    try:
        assert joint_f(study, 0, 1).reason == "30 common sessions are too few for 3000 firms"
        assert tracemalloc.get_traced_memory()[1] < 40e6  # the matrix alone takes 72 MB
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_windows_of_the_events(monkeypatch):
    """Per event a run takes less than a quarter of the window of 120 returns that it is fitted to.

    From 4,000 events to 12,000, in many blocks; the tests of ranks and of correlation included.
    """
    monkeypatch.setattr(blocks, "CELLS", 2**15)
    returns, events = panel(12_000, holes=0.0)
    peaks = []
    for count in (4_000, 12_000):
        tracemalloc.start()
        study = event_study(returns, events.iloc[:count], factors=("M",), window=(-5, 5))
        study.car(-5, 5)
        run_tests(study, -5, 5, np.random.default_rng(0), tests=POOLED)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 8_000 < 120 * 8 / 4
