"""Drawings of the questions: what stands where, read off the axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection

from analysis.questions.customs.drawings import METHOD_MARKS, correlogram
from analysis.questions.event_windows.drawings import reaction_heatmap
from analysis.questions.moves.drawings import moves


def test_ratios_of_moves_stand_beside_one():
    """Full at the mean square, hollow at the absolute value, the line of no difference at one."""
    groups = pd.DataFrame(
        {
            "group": ["all", "policy"], "days": [30, 12], "ratio": [1.5, 0.8],
            "low": [1.1, 0.4], "high": [2.0, 1.6], "absolute": [1.2, 0.9],
        }
    )  # fmt: skip
    (ax,) = moves({"groups": groups}, level=0.95).axes
    intervals = next(c for c in ax.collections if isinstance(c, LineCollection))
    ends = [segment[:, 0].tolist() for segment in intervals.get_segments()]
    assert ends == [[1.1, 2.0], [0.4, 1.6]]
    full, hollow = (c for c in ax.collections if isinstance(c, PathCollection))
    assert np.asarray(full.get_offsets()).tolist() == [[1.5, 0], [0.8, 1]]
    assert np.asarray(hollow.get_offsets()).tolist() == [[1.2, 0], [0.9, 1]]
    assert [list(np.ravel(line.get_xdata())) for line in ax.lines] == [[1, 1]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["all (30)", "policy (12)"]
    assert ax.get_ylim() == (1.5, -0.5)  # the first row on top, half a row around
    assert ax.get_xscale() == "log"


def test_a_correlogram_has_its_methods_side_by_side_around_each_lag():
    """As far to the left as to the right; within one; nought and lag nought have lines."""
    rows = [
        (panel, lag, method, 0.1 * lag, 0.1 * lag - 0.2, 0.1 * lag + 0.2, 20 + lag)
        for panel in ("REMX", "MP")
        for method in METHOD_MARKS
        for lag in (-1, 0, 1)
    ]
    lags = pd.DataFrame(rows, columns=["panel", "lag", "method", "estimate", "low", "high", "n"])
    axes = correlogram({"lags": lags}, what="exports", months="months").axes
    assert [ax.get_title() or ax.get_title("left") for ax in axes] == [
        "REMX (n = 19 to 21)", "MP (n = 19 to 21)",
    ]  # fmt: skip
    for ax in axes:
        marks = [c for c in ax.collections if isinstance(c, PathCollection)]
        assert len(marks) == len(METHOD_MARKS)
        places = [np.asarray(mark.get_offsets()) for mark in marks]
        np.testing.assert_allclose(places[0][:, 0] + places[1][:, 0], [-2, 0, 2], atol=1e-12)
        for place in places:
            np.testing.assert_allclose(place[:, 1], [-0.1, 0.0, 0.1], atol=1e-12)
        assert ax.get_ylim() == (-1, 1)
        lines = [(*np.ravel(line.get_xdata()), *np.ravel(line.get_ydata())) for line in ax.lines]
        assert sorted(lines) == [(0, 0, 0, 1), (0, 1, 0, 0)]


@pytest.mark.parametrize(("count", "shown"), [(6, 2), (5, 1)])
def test_quarters_of_few_events_have_no_tick(count, shown):
    """Labels of quarters with five events or fewer would collide with the next."""
    days = pd.date_range("2025-04-01", periods=count).append(pd.date_range("2025-07-01", periods=6))
    cells = pd.DataFrame(
        {"event": [f"e{n}" for n in range(len(days))], "day0": days, "direction": "easing",
         "ticker": "MP", "sar": 1.0}
    )  # fmt: skip
    ax = reaction_heatmap({"cells": cells}).axes[1]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["Apr 2025", "Jul 2025"][-shown:]
    assert ax.get_xticks().tolist() == [0, count][-shown:]
    mesh = ax.collections[0]
    assert mesh.get_clim() == (-4, 4)
