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


@pytest.mark.parametrize(
    ("away", "p", "said"),
    [(0, 0.01, "yes"), (10, 0.01, "yes"), (-10, 0.01, "yes"), (11, 0.01, "no"), (-11, 0.01, "no"),
     (0, 0.05, "no break")],
)  # fmt: skip
def test_a_break_is_near_a_start_within_ten_sessions(committed: Panel, away, p, said):
    """Before it as after it; a p at the size is no break."""
    sessions = committed.snapshot.sessions
    day = min(regime.day for regime in committed.snapshot.choices.regimes.starts.values())
    others = committed.snapshot.choices.regimes.starts
    alone = {name: each for name, each in others.items() if each.day == day}
    choices = replace(
        committed.snapshot.choices,
        regimes=replace(committed.snapshot.choices.regimes, starts=alone),
    )
    panel = replace(committed, snapshot=replace(committed.snapshot, choices=choices))
    place = int(sessions.get_indexer(pd.DatetimeIndex([day]))[0]) + away
    found = pd.DataFrame({"p": [p, 0.9], "first": [sessions[place], sessions[0]]})
    verdict = regimes._near(panel, found, SOURCE)
    assert verdict.verdict == said
    assert verdict.evidence.startswith("0 breaks" if said == "no break" else "1 breaks")


def test_comparisons_across_starts_are_counted(committed: Panel):
    """What has no p is not estimable; a p at the size is not below it; n is that of both sides."""
    changes = pd.DataFrame(
        {
            "regime": ["a", "b", "c"], "start": pd.Timestamp("2025-04-04"), "firm": "mp",
            "n_before": [50, 60, 3], "n_after": [51, 62, 60], "before": 1.0, "after": 2.0,
            "difference": 1.0, "se": 0.1, "low": 0.8, "high": 1.2,
            "p": [0.05, 0.049, np.nan], "holm": [0.098, 0.098, np.nan],
        }
    )  # fmt: skip
    said = {n.key: n for n in regimes._change_numbers(committed, changes, SOURCE)}
    assert said["regime.comparisons"].value == 2
    assert said["regime.not_estimable"].value == 1
    assert said["regime.nominal"].value == 1
    assert said["regime.smallest_holm"].value == 0.098
    assert said["regime.b.mp.difference"].n == 122


def test_slopes_within_regimes_are_those_of_scipy(committed: Panel):
    """From each start, day 0 included, to the day before the next; ten sessions at least."""
    frame = regimes.regime_betas(committed).set_index(["firm", "benchmark", "regime"])
    market = committed.snapshot.choices.benchmark.market
    firm = committed.snapshot.choices.firms.core[0]
    starts = committed.snapshot.choices.regimes.starts
    days = [*(pd.Timestamp(each.day) for each in starts.values()), pd.Timestamp.max]
    pair = committed.returns[[firm, market]].dropna()
    for name, start, end in zip(starts, days, days[1:], strict=False):
        part = pair[(pair.index >= start) & (pair.index < end)]
        if len(part) < 10:
            assert (firm, market, name) not in frame.index
            continue
        slope = stats.linregress(part[market], part[firm]).slope
        assert frame["beta"][firm, market, name] == pytest.approx(slope)
        assert frame["n"][firm, market, name] == len(part)
    assert (frame["n"] >= 10).all()
