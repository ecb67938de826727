"""Differences of betas, their p and changes around starts against SciPy and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.questions.relative_beta import exposure, methods, regimes
from analysis.results import Provenance
from analysis.study.panel import Panel

SOURCE = Provenance.of(exposure.firm_responses, "made up")


def test_p_of_a_difference_is_that_of_its_t(committed: Panel):
    """Two-sided, with as many degrees of freedom as sessions less two; the interval agrees."""
    frame = methods.differences(committed)
    t = frame["difference"] / frame["se"]
    known = t.notna()
    assert known.any()
    expected = 2 * (1 - stats.t.cdf(np.abs(t[known]), frame["n"][known] - 2))
    np.testing.assert_allclose(frame["p"][known], expected, atol=1e-12)


def test_ordinary_differences_are_those_of_scipy(committed: Panel):
    """The slope of the firm less the mean of the others on the benchmark, by least squares."""
    frame = methods.differences(committed).set_index(["firm", "benchmark", "method"])
    choices, returns = committed.snapshot.choices, committed.common
    exposed, others = (list(choices.baskets[name]) for name in choices.exposure.held)
    name = frame.index.get_level_values("method")[0]
    for firm in exposed:
        for fund in choices.benchmark.funds:
            slope = stats.linregress(returns[fund], returns[firm] - returns[others].mean(axis=1))
            assert frame["difference"][firm, fund, name] == pytest.approx(slope.slope)


@pytest.mark.parametrize(
    ("betas", "said"),
    [
        ([1.0, 1.1, 1.2], "rises"),
        ([1.2, 1.1, 1.0], "falls"),
        ([1.0, 1.2, 1.1], "no order"),
        ([1.0, 1.0, 1.1], "no order"),
        ([1.1, 1.0, 1.0], "no order"),
    ],
)
def test_betas_are_put_in_the_order_of_the_measure(committed: Panel, betas, said):
    """Equal neighbours are no order; of three firms no rank test can reach less than a third."""
    column = committed.snapshot.choices.exposure.column
    firms = pd.DataFrame({column: [0.1, 0.2, 0.3, np.nan], "beta": [*betas, 9.0]})
    found = exposure._over_measure(committed, firms.iloc[::-1], SOURCE)
    assert found.verdicts[0].verdict == said
    assert [number.value for number in found.numbers] == [3, pytest.approx(2 / 6)]


def test_a_reliable_difference_is_positive_and_below_the_size(committed: Panel):
    """Neither one of nought nor a p at the size."""
    gaps = pd.DataFrame({"difference": [0.1, 0.1, 0.0, -0.1], "p": [0.049, 0.05, 0.01, 0.01]})
    assert methods._reliable(committed, gaps).tolist() == [True, False, False, False]


@pytest.mark.parametrize(("before", "after"), [(40, 40), (39, 40), (40, 39)])
def test_a_change_needs_the_minimum_on_both_sides(committed: Panel, before, after):
    """Exactly so many suffice; slopes are those of SciPy, errors HC3 by its formula."""
    choices = committed.snapshot.choices
    rules = replace(choices.regimes, minimum=40)
    choices = replace(choices, regimes=rules)
    panel = replace(committed, snapshot=replace(committed.snapshot, choices=choices))
    rng = np.random.default_rng(4)
    sides = []
    for count, slope in ((before, 1.0), (after, 2.0)):
        x = rng.normal(0, 0.01, count)
        sides.append(pd.DataFrame({"firm": slope * x + rng.normal(0, 0.01, count), "fund": x}))
    found = regimes._difference(panel, (sides[0], sides[1]))
    if min(before, after) < 40:
        assert np.isnan([*found.values()]).all()
        return
    slopes = [stats.linregress(side["fund"], side["firm"]).slope for side in sides]
    assert [found["before"], found["after"]] == pytest.approx(slopes)
    assert found["difference"] == pytest.approx(slopes[1] - slopes[0])
    df = before + after - 4
    t = found["difference"] / found["se"]
    assert found["p"] == pytest.approx(2 * (1 - stats.t.cdf(abs(t), df)))
    reach = stats.t.ppf((1 + choices.inference.level) / 2, df) * found["se"]
    assert found["high"] - found["difference"] == pytest.approx(reach)
    assert found["difference"] - found["low"] == pytest.approx(reach)
    parts = []
    for side, slope in zip(sides, slopes, strict=True):  # HC3 by its formula
        x = side["fund"] - side["fund"].mean()
        lever = 1 / len(x) + x**2 / (x**2).sum()
        left = side["firm"] - side["firm"].mean() - slope * x
        parts.append(((x * left / (1 - lever)) ** 2).sum() / (x**2).sum() ** 2)
    assert found["se"] == pytest.approx(np.sqrt(sum(parts)))
