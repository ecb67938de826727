"""The rule of specification curves, what it reads off them and their joint p, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.questions.robustness.cars import CHOICES
from analysis.questions.robustness.joint_placebo import Nulls, joint_p
from analysis.questions.robustness.report import explained, judge_curves
from analysis.questions.robustness.rule import CurveSummary, decide_curve


@pytest.mark.parametrize(
    ("summary", "p_median", "p_share", "verdict"),
    [
        (CurveSummary(10, 10, 0.1, 0.97, 0.9, 0.0), 0.01, 0.01, "robust"),
        (CurveSummary(10, 10, 0.1, 0.90, 0.9, 0.0), 0.01, 0.01, "fragile"),
        (CurveSummary(10, 10, 0.1, 0.97, 0.1, 0.0), 0.30, 0.20, "fragile"),
        (CurveSummary(10, 10, 0.1, 0.97, 0.0, 0.0), 0.30, 1.0, "no evidence"),
        (CurveSummary(10, 10, -0.1, 0.1, 0.0, 0.4), 0.01, 1.0, "opposite"),
        (CurveSummary(10, 10, -0.1, 0.1, 0.2, 0.0), 0.30, 0.1, "no evidence"),
        (CurveSummary(10, 0, np.nan, np.nan, np.nan, np.nan), np.nan, np.nan, "not testable"),
    ],
)
def test_decision_rule(summary, p_median, p_share, verdict):
    """Every branch of the rule."""
    assert decide_curve(summary, p_median, p_share, 0.05) == verdict


def test_opposite_goes_by_the_adjusted_p_of_the_median():
    """Of six curves with p 0.02 and five of 0.5 none is opposite, by the unadjusted p one is."""
    against = CurveSummary(10, 10, -0.01, 0.1, 0.0, 0.2)
    rows = [
        {"summary": against, "p_median": p, "p_share_significant": 1.0}
        for p in (0.02, 0.5, 0.5, 0.5, 0.5, 0.5)
    ]
    judged = judge_curves(rows, 0.05)
    assert judged["p_median_holm"].tolist() == pytest.approx([0.12, 1, 1, 1, 1, 1])
    assert judged["verdict"].tolist() == ["no evidence"] * 6
    assert judged["unadjusted"].tolist() == ["opposite"] + ["no evidence"] * 5
    rows[0]["p_median"] = 0.008
    assert judge_curves(rows, 0.05)["verdict"].iloc[0] == "opposite"
    rows[1] |= {"summary": CurveSummary(10, 0, *[np.nan] * 4), "p_median": np.nan}
    adjusted = judge_curves(rows, 0.05)["p_median_holm"]
    assert adjusted.iloc[0] == pytest.approx(0.04)  # what cannot be tested is no test
    assert np.isnan(adjusted.iloc[1])


@pytest.mark.parametrize(
    ("given", "p_median", "p_share", "verdict"),
    [
        ({"testable": 0}, 0.01, 0.01, "not testable"),
        ({"median": 0.0}, 0.01, 0.01, "opposite"),
        ({"median": -1.0}, 0.05, 0.01, "no evidence"),
        ({}, 0.049, 0.049, "robust"),
        ({}, 0.05, 0.01, "no evidence"),
        ({}, 0.01, 0.05, "fragile"),
        ({"share_sign": 0.95}, 0.01, 0.01, "robust"),
        ({"share_sign": 0.949}, 0.01, 0.01, "fragile"),
        ({"share_significant": 0.05}, 0.9, 0.01, "no evidence"),
        ({"share_significant": 0.051}, 0.9, 0.9, "fragile"),
    ],
)
def test_each_condition_of_the_rule_decides_by_itself(given, p_median, p_share, verdict):
    """At its own threshold, all the others being met."""
    values: dict[str, Any] = {
        "specifications": 100, "testable": 90, "median": 0.1, "share_sign": 1.0,
        "share_significant": 0.0, "share_opposite": 0.0,
    }  # fmt: skip
    assert decide_curve(CurveSummary(**values | given), p_median, p_share, 0.05) == verdict


def test_explained_variance_is_worked_by_hand():
    """Two choices of two options: one moves the estimate by two, the other by one."""
    frame = pd.DataFrame(
        {
            "window": ["a", "a", "b", "b"],
            "coding": ["x", "y", "x", "y"],
            "estimate": [0.0, 1.0, 2.0, 3.0],
        }
    )
    frame = frame.assign(**{name: "one" for name in CHOICES if name != "window"})
    shares = explained(frame)
    assert shares.to_dict() == pytest.approx({"window": 0.8, "coding": 0.2})
    assert shares.index[0] == "window"


def test_joint_p_counts_draws_as_extreme_as_the_curve():
    """One plus the hits over one plus the draws; two-sided for the median, ties count."""
    nulls = Nulls(
        median=np.array([-0.3, -0.1, 0.1, 0.2]),
        share_sign=np.array([0.0, 0.5, 1.0, 1.0]),
        share_significant=np.zeros(4),
        sorted=np.zeros((1, 4)),
    )
    p = joint_p(CurveSummary(10, 10, 0.2, 1.0, 0.1, 0.0), nulls)
    assert p.median == pytest.approx(2 * 2 / 5)
    assert p.share_sign == pytest.approx(3 / 5)
    assert p.share_significant == pytest.approx(1 / 5)
