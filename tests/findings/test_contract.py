"""What the findings hand over: keys, formats, text alternatives, and facts that must hold."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.findings import relative_beta
from analysis.findings.customs import correlations, monthly_returns
from analysis.findings.panel import Panel
from analysis.findings.study import QUESTIONS
from analysis.formatting import format_value
from analysis.results import Findings


@pytest.fixture(scope="module")
def everything(quick) -> Findings:
    """All findings on the committed data."""
    return Findings().extend(compute(quick) for compute in QUESTIONS.values())


def test_keys_are_unique_and_well_formed(everything):
    """Dotted lower-case keys, each made once."""
    keys = [n.key for n in everything.numbers]
    assert len(keys) == len(set(keys))
    assert [k for k in keys if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", k)] == []


def test_every_number_can_be_printed_and_says_what_it_is(everything):
    """Each number has a text, an estimand, a unit and the function that made it."""
    for number in everything.numbers:
        assert format_value(number.value, number.format)
        assert number.estimand
        assert number.unit
        assert number.source.function.startswith("analysis.findings.")


def test_every_figure_has_a_text_alternative(everything):
    """A sentence or more, with numbers."""
    assert len(everything.figures) >= 6
    for figure in everything.figures:
        assert 60 <= len(figure.alt) <= 420, figure.name
        assert re.search(r"\d", figure.alt), figure.name


def test_provenance_names_real_functions(everything):
    """The function that a result names exists."""
    for name in {n.source.function for n in everything.numbers}:
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), function)), name


def test_returns_of_the_two_days_are_price_ratios(everything, snapshot):
    """The printed returns of 27 October 2025 and 20 May 2026 are ratios of committed closes."""
    numbers = {n.key: n.value for n in everything.numbers}
    prices = snapshot.prices
    for name, day in (("truce", "2025-10-27"), ("rebound", "2026-05-20")):
        at = prices.index.get_loc(pd.Timestamp(day))
        for firm in ("MP", "USAR", "CRML"):
            ratio = prices[firm].iloc[at] / prices[firm].iloc[at - 1] - 1
            assert numbers[f"{name}.{firm.lower()}.return"] == pytest.approx(ratio, abs=1e-12)


def test_all_claims_have_a_verdict_of_the_vocabulary(everything):
    """Twenty-nine verdicts, each from the list that the ledger defines."""
    allowed = {"supported", "contradicted", "mixed", "not testable"}
    allowed |= {f"{which} sign within noise" for which in ("right", "wrong")}
    claims = [v for v in everything.verdicts if "." not in v.key]
    assert len(claims) == 29
    assert {v.verdict for v in claims} <= allowed


def test_betas_equal_covariance_over_variance(committed):
    """The full-sample beta, worked out here on the shared sessions."""
    betas = relative_beta.full_sample(committed).set_index(["firm", "benchmark"])["beta"]
    shared = committed.returns[["MP", "USAR", "CRML", "SPY"]].dropna()
    for firm in ("MP", "USAR", "CRML"):
        expected = np.cov(shared[firm], shared["SPY"])[0, 1] / shared["SPY"].var()
        assert betas[firm, "SPY"] == pytest.approx(expected, rel=1e-9)


def test_monthly_returns_count_whole_months_only(committed):
    """USAR's first month is April 2025: it listed in the middle of March."""
    months = monthly_returns(committed)["USAR"].dropna().index
    assert str(months[0]) == "2025-04"


def with_changes(panel: Panel, changes: pd.Series) -> Panel:
    """Replace the headline exports by levels whose log changes are the given ones."""
    levels = 1000 * np.exp(changes.cumsum())
    start = pd.Series([1000.0], index=pd.PeriodIndex([changes.index[0] - 1]))
    like = panel.snapshot.customs
    headline = like["series"] == "rare_earths_total"
    template = like[headline & (like["coverage"] == "month")].iloc[0].to_dict()
    template |= {"low": np.nan, "high": np.nan, "status": "reported"}
    rows = [template | {"month": m, "value": v} for m, v in pd.concat([start, levels]).items()]
    made = pd.DataFrame(rows).astype(like.dtypes.to_dict())
    customs = pd.concat([made, like[~headline]], ignore_index=True)
    return replace(panel, snapshot=replace(panel.snapshot, customs=customs))


def test_planted_customs_lag_is_found(quick):
    """Exports made from the next month's return correlate at lag one and nowhere else."""
    core = monthly_returns(quick)["core"].dropna()
    panel = with_changes(quick, core.shift(-1).dropna())
    lags = correlations(panel, ["pearson"], [("headline", "core")])
    headline = lags[lags["series"] == "headline"].set_index("lag")["estimate"]
    assert headline[1] == pytest.approx(1.0, abs=1e-9)
    assert headline.drop(1).abs().max() < 0.8
