"""Responses over own noise and over beta: planted responses, and every branch of the rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.significance import Significance
from analysis.questions.relative_beta import exposure
from analysis.results import Provenance
from analysis.study.panel import build_panel

DAYS = ["2025-11-20", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14"]
CORE = ("MP", "USAR", "CRML")


@pytest.fixture
def planted(simulate):
    """MP gains 4%, USAR and CRML 16% on five days of bad news."""
    plant = {(f, d): 0.04 if f == "MP" else 0.16 for f in CORE for d in DAYS}
    return build_panel(
        simulate([{"day0": d, "direction": "tightening"} for d in DAYS], plant, noise=0.02)
    )


def test_planted_responses_are_scaled(planted):
    """Planted responses come out; over own noise, which they inflate, they stay the larger."""
    values = exposure.signed_values(planted)
    firms = exposure.firm_responses(planted, values).set_index("ticker")
    assert firms["episodes"].eq(5).all()
    assert firms.loc["MP", "response"] == pytest.approx(0.04, abs=0.05)
    assert firms.loc["USAR", "response"] == pytest.approx(0.16, abs=0.05)
    assert firms.loc["UUUU", "response"] == pytest.approx(0.0, abs=0.05)
    assert firms["over_sd"]["CRML"] > 2 * firms["over_sd"]["MP"]
    expected = firms["response"] / firms["beta_sector"]
    assert firms["over_beta"].to_numpy() == pytest.approx(expected.to_numpy())
    gap = exposure.scaled_gap(planted, values)
    assert (gap.n, gap.estimate > 1) == (5, True)


@pytest.mark.parametrize(
    ("gap", "p", "verdict"),
    [
        (2.0, 0.01, "larger"),
        (-2.0, 0.01, "smaller"),
        (2.0, 0.20, "not different"),
        (np.nan, np.nan, "not different"),
    ],
)
def test_rule_of_the_larger_response(committed, gap, p, verdict):
    """The sign counts only with a p below 0.05."""
    source = Provenance.of(exposure.scaled_gap, "")
    outcome = Significance("across_episodes_t", 9, estimate=gap, p=p)
    assert exposure._larger(committed, outcome, ("pure plays", "MP"), source).verdict == verdict


@pytest.mark.parametrize(
    ("betas", "verdict"),
    [([1.0, 2.0, 3.0], "rises"), ([3.0, 2.0, 1.0], "falls"), ([1.0, 3.0, 2.0], "no order")],
)
def test_the_measure_and_beta(committed, betas, verdict):
    """Only a monotone order of the firms with a share counts; others do not enter."""
    frame = pd.DataFrame(
        {"heavy_share": [0.1, 0.3, 0.7, np.nan], "beta": [*betas, 9.0], "ticker": [*"ABCD"]}
    )
    source = Provenance.of(exposure.firm_responses, "")
    found = exposure._over_measure(committed, frame, source).verdicts
    assert [(each.key, each.verdict) for each in found] == [("heavy.beta", verdict)]
