"""What the record of the study of size is said to show, at each of its bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.questions.size import report
from analysis.questions.size.event_free import _verdict
from analysis.questions.size.rates import cells_of_record, rate_cells
from analysis.questions.size.record import FOLDER, read_record
from analysis.results import Findings, Provenance
from analysis.study.panel import Panel

SOURCE = Provenance.of(report.compute, "made up")


@pytest.mark.parametrize(
    ("rate", "said"), [(0.8, "found"), (0.7999, "missed too often"), (0.9, "found")]
)
def test_power_is_that_of_the_largest_effect(rate, said):
    """At the power of the study it is found; no other effect, case or test counts."""
    rows = [
        ("one_date_3", "conformal", 0.05, rate),
        ("one_date_3", "conformal", 0.02, 1 - rate),
        ("one_date_3", "portfolio_t", 0.09, 1 - rate),
        ("one_date_100", "conformal", 0.09, 1 - rate),
    ]
    rates = pd.DataFrame(rows, columns=["case", "test", "effect", "rate"])
    assert report._power(rates, 0.8).verdict == said


@pytest.mark.parametrize(
    ("one", "pooled", "said"),
    [
        (0.07, 0.071, "one date holds, episodes fails"),
        (0.071, 0.07, "one date fails, episodes holds"),
    ],
)
def test_a_jump_of_the_variance_is_survived_to_the_bound(committed: Panel, one, pooled, said):
    """Seven percent are as many as may be; other laws say nothing of it."""
    rows = [
        ("jump", "one_date_3", "conformal", one),
        ("jump", "pooled_tightening", "across_episodes_t", pooled),
        ("panel", "one_date_3", "conformal", 0.5),
    ]
    size = pd.DataFrame(rows, columns=["law", "case", "test", "rate"])
    assert report._jump(size, committed.snapshot.choices.firms).verdict == said


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ((0.071, 0.08, 0.09), "too often"),
        ((0.07, 0.08, 0.09), "mixed"),
        ((0.07, 0.07, 0.09), "mixed"),
        ((0.07, 0.05, 0.01), "held"),
    ],
)
def test_naive_tests_are_judged_on_correlated_firms_of_one_date(committed: Panel, rates, said):
    """All three above seven percent, some, or none; other laws and cases say nothing of it."""
    rows = [
        (case, law, test, rate if right else 1 - 5 * rate)
        for case, law, right in (
            ("one_date_3", "correlated", True),
            ("one_date_3", "panel", False),
            ("one_date_100", "correlated", False),
        )
        for test, rate in zip(report.NAIVE, rates, strict=True)
    ]
    size = pd.DataFrame(rows, columns=["case", "law", "test", "rate"])
    assert report._naive(size, committed.snapshot.choices.firms).verdict == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.03, 0.07, "holds"),
        (0.029, 0.07, "conservative"),
        (0.03, 0.08, "holds"),  # within two errors of the bound: 1.6 points of 1000 samples
        (0.01, 0.10, "too often"),
    ],
)
def test_the_long_window_is_judged_by_its_own_bounds(low, high, said):
    """Above seven percent by two errors, below three; samples with a jump do not count."""
    cells = pd.DataFrame(
        {"law": ["a", "b", "jump"], "rate": [low, high, 0.9], "samples": [1000, 1000, 10]}
    )
    assert report._long(cells).verdict == said


@pytest.mark.parametrize(
    ("rate", "said"),
    [(0.07, "holds"), (0.03, "holds"), (0.083, "holds"), (0.087, "fails"), (0.013, "fails")],
)
def test_size_holds_within_two_errors(rate, said):
    """Two errors of 1000 samples are 1.4 points; three kinds of cells are left out."""
    cells = pd.DataFrame(
        [
            ("one_date_3", "panel", rate, 1000),
            ("one_date_3", "normal", 0.05, 1000),
            ("one_date_3", "jump", 0.9, 1000),
            ("one_date_3", "placebo", 0.9, 1000),
            ("pooled_long", "panel", 0.9, 1000),
        ],
        columns=["case", "law", "rate", "samples"],
    )
    found = report._holds("t", cells)
    assert found.verdict == said
    assert "in 2 cells" in found.evidence
    assert ("one_date_3/panel" in found.evidence) == (not 0.03 <= rate <= 0.07)


def test_tests_of_a_case_are_its_own():
    """Neither the same tests of another case nor other tests of it."""
    rates = pd.DataFrame({"case": ["a", "a", "b"], "test": ["x", "y", "x"], "rate": [1, 2, 3]})
    assert report._of_tests(rates, "a", ("x",))["rate"].tolist() == [1]


@pytest.mark.parametrize(
    ("p", "mean", "said"),
    [
        (0.05, -1.0, "zero within error"),
        (0.049, -1.0, "below zero"),
        (0.049, 1.0, "above zero"),
    ],
)
def test_ordinary_days_are_judged_under_the_model_of_the_study(committed: Panel, p, mean, said):
    """A p at the size is no finding; the other variants do not count."""
    own = "market" if committed.intercept else "no_intercept"
    other = "no_intercept" if committed.intercept else "market"
    means = pd.DataFrame({"p": [p, 1 - p], "mean": [mean, -mean]}, [own, other])
    assert _verdict(committed, means, SOURCE).verdict == said
    turned = replace(committed, rules=replace(committed.rules, normal="none"))
    if turned.intercept != committed.intercept:
        assert _verdict(turned, means.set_axis([other, own]), SOURCE).verdict == said


def test_numbers_cite_the_planted_effects_of_the_panel_alone():
    """Of other laws no planted effect is cited, of the panel every one above nought."""
    record = read_record()
    rates = rate_cells(record)
    keys = {
        number.key
        for number in report._numbers(record, rates, cells_of_record(rates.query("effect == 0")))
    }
    planted = {key for key in keys if ".plus_" in key}
    assert planted
    assert all(".panel.plus_" in key for key in planted)
    effects = rates.query("law == 'panel' and effect > 0 and case == 'one_date_3'")["effect"]
    for effect in effects.unique():
        assert f"size.one_date_3.panel.plus_{1000 * effect:.0f}.conformal" in planted
    correlated = [key for key in keys if ".correlated." in key]
    assert any(key.startswith("size.one_date_3.correlated.") for key in correlated)
    assert np.isfinite(rates["rate"]).all()


@pytest.mark.parametrize("beside", [True, False])
def test_the_record_beside_the_data_is_the_one_reported(
    committed: Panel, tmp_path, monkeypatch, beside
):
    """A copy of the repository has its own; data by themselves are held against the committed."""
    own = tmp_path / FOLDER.name
    if beside:
        own.mkdir()
    asked = []

    def read(folder):
        asked.append(folder)
        return read_record(FOLDER)

    monkeypatch.setattr(report, "read_record", read)
    monkeypatch.setattr(report, "report_both", lambda *_: Findings())
    report.compute(
        replace(committed, snapshot=replace(committed.snapshot, folder=tmp_path / "data"))
    )
    assert asked[0] == (own if beside else FOLDER)
