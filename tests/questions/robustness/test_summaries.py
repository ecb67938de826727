"""What is read off a curve and its nulls, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.names import Model
from analysis.questions.robustness.cars import CHOICES
from analysis.questions.robustness.joint_placebo import (
    GRID,
    Nulls,
    gather_nulls,
    joint_flips,
    joint_p,
    joint_shifts,
)
from analysis.questions.robustness.reader_cars import Holdings
from analysis.questions.robustness.reader_menus import Normal, _list_normals
from analysis.questions.robustness.report import _options, _shown
from analysis.questions.robustness.rule import CurveSummary, summarise_curve
from analysis.snapshot.portfolios import equal
from analysis.study.panel import Panel, under


def test_a_summary_counts_each_side_strictly():
    """A p at the size is not below it, an estimate of nought not above; NaN is not testable."""
    frame = pd.DataFrame(
        {"estimate": [0.1, -0.2, 0.3, np.nan, 0.0], "p": [0.05, 0.01, 0.049, 0.01, 0.01]}
    )
    found = summarise_curve(frame, 0.05)
    assert (found.specifications, found.testable) == (5, 4)
    assert found.median == pytest.approx(0.05)
    assert (found.share_sign, found.share_significant, found.share_opposite) == (0.5, 0.25, 0.5)
    none = summarise_curve(frame[frame["estimate"].isna()], 0.05)
    assert (none.specifications, none.testable) == (1, 0)
    assert np.isnan([none.median, none.share_sign, none.share_significant]).all()
    assert np.isnan(none.share_opposite)


def test_nulls_are_medians_shares_and_ranks_of_what_is_testable():
    """Five, four, two and none of five estimates are known."""
    estimates = np.array(
        [
            [5.0, 4.0, np.nan, np.nan],
            [1.0, 1.0, -3.0, np.nan],
            [2.0, np.nan, np.nan, np.nan],
            [4.0, 2.0, 1.0, np.nan],
            [-3.0, 3.0, np.nan, np.nan],
        ]
    )
    sides = np.array([[1, 1, 0, 0], [1, 0, -1, 0], [0, 0, 0, 0], [0, 0, 1, 0], [-1, 0, 0, 0]])
    found = gather_nulls(estimates, sides.astype(np.int8))
    np.testing.assert_allclose(found.median, [2.0, 2.5, -1.0, np.nan])
    np.testing.assert_allclose(found.share_sign, [0.8, 1.0, 0.5, np.nan])
    np.testing.assert_allclose(found.share_significant, [0.4, 0.25, 0.5, np.nan])
    assert found.sorted.shape == (GRID.size, 4)
    np.testing.assert_allclose(found.sorted[0], [-3.0, 1.0, -3.0, np.nan])
    np.testing.assert_allclose(found.sorted[-1], [5.0, 4.0, 1.0, np.nan])
    np.testing.assert_allclose(found.sorted[50], [1.0, 2.0, -3.0, np.nan])  # a quarter of the way


def test_joint_p_without_anything_to_compare_is_none():
    """No testable specification, or no draw with one; draws without any are left out."""
    one = Nulls(np.array([np.nan, 0.5]), np.array([np.nan, 1.0]), np.array([np.nan, 0.0]), GRID)
    p = joint_p(CurveSummary(1, 1, 0.2, 1.0, 0.5, 0.0), one)
    assert (p.median, p.share_sign, p.share_significant) == (1.0, 1.0, 0.5)
    none = joint_p(CurveSummary(1, 0, *[np.nan] * 4), one)
    assert np.isnan([none.share_sign, none.share_significant]).all()


def test_shifts_are_drawn_from_all_placements_and_no_others():
    """Of one there is no choice, of two both come up; a cluster without any leaves the data."""
    found = {3: np.array([7]), 1: np.array([], dtype=np.int64), 2: np.array([-4, 4])}
    shifts = joint_shifts(found, 50, np.random.default_rng(1))
    assert list(shifts) == [1, 2, 3]
    assert (shifts[3] == 7).all()
    assert set(shifts[2]) == {-4, 4}
    assert shifts[1].shape == (50,)
    assert (shifts[1] < -1_000_000).all()
    flips = joint_flips(found, 50, np.random.default_rng(1))
    assert {key: set(signs) for key, signs in flips.items()} == {k: {-1.0, 1.0} for k in found}


def test_points_of_a_short_curve_are_all_shown_with_their_side():
    """Significant is a p below the size; a long curve shows 320 points, ends included."""
    curve = pd.DataFrame(
        {"rank": [0.0, 0.5, 1.0], "estimate": [-0.2, 0.1, 0.3], "p": [0.01, 0.05, 0.049]}
    )
    assert _shown(curve, 0.05)["side"].tolist() == [-1, 0, 1]
    count = 1000
    long = pd.DataFrame({"rank": np.linspace(0, 1, count), "estimate": np.arange(count), "p": 1.0})
    shown = _shown(long, 0.05)
    assert len(shown) == 320
    assert shown["estimate"].iloc[[0, -1]].tolist() == [0, count - 1]


def test_options_lie_where_their_specifications_are():
    """One option holds the lower half, the other the upper; a lone one says nothing."""
    known = pd.DataFrame(
        {
            "rank": np.linspace(0, 1, 80),
            "estimate": np.arange(80.0),
            "coding": ["b"] * 40 + ["a"] * 40,
        }
    ).assign(**dict.fromkeys(CHOICES, "one"))
    rows = _options(known, {"coding": "Coding"} | dict.fromkeys(CHOICES, ""))
    assert set(rows["choice"]) == {"Coding"}
    assert rows["option"].unique().tolist() == ["b", "a"]  # as in the menu
    held = {name: part.set_index("bin")["share"] for name, part in rows.groupby("option")}
    assert held["b"].index.is_monotonic_increasing
    for name, low in (("b", True), ("a", False)):
        inside = (held[name].index < 0.5) == low
        assert (held[name][inside] == 2.0).all()
        assert (held[name][~inside] == 0.0).all()
    assert rows.groupby("option")["median"].first().to_dict() == {"b": 19.5, "a": 59.5}


def test_a_portfolio_without_firms_cannot_be_held(committed: Panel):
    """Days with the same firms share a composition, and a pair is numbered once."""
    holdings = Holdings(committed, committed.snapshot.choices.estimation.length)
    core = equal(committed.snapshot.choices.firms.core)
    last = len(committed.snapshot.sessions) - 30
    found = holdings.place(core, np.array([0, last, last + 1, last]), None)
    assert found.tolist() == [-1, 0, 1, 0]  # nothing can be estimated on the first session
    assert holdings.rows == [(0, last), (0, last + 1)]
    assert len(holdings.compositions) == 1


def test_normal_returns_begin_with_that_of_the_study(committed: Panel):
    """Under either rule the study's own comes first, and each once."""
    market = (committed.snapshot.choices.benchmark.market,)
    fitted: Model = "market"
    bare: Model = "no_intercept"
    rules = replace(committed.rules, normal="intercept"), replace(committed.rules, normal="none")
    for ruled, first in zip(rules, (fitted, bare), strict=True):
        panel = under(committed, ruled)
        found = _list_normals(panel)
        assert found[0] == Normal(market, first)
        assert len(set(found)) == len(found)
        assert Normal(market, "market") in found
        assert Normal(market, "no_intercept") in found
        assert found[-1] == Normal((), "mean")
    choices = committed.snapshot.choices
    choices = replace(choices, estimation=replace(choices.estimation, model="mean"))
    panel = replace(committed, snapshot=replace(committed.snapshot, choices=choices))
    assert _list_normals(panel)[0] == Normal((), "mean")
