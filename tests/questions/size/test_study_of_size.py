"""The study of size: its samples, its counting, and its independence of how it is run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.named_tests import TESTS as BATTERY
from analysis.estimators.events.named_tests import run_tests
from analysis.questions.size import rejections
from analysis.questions.size.design import LAWS, build_design, cells
from analysis.questions.size.draws import draw, generator
from analysis.questions.size.rejections import TESTS, batch_p_values, p_values
from analysis.snapshot.portfolios import equal
from analysis.study.episodes import episode_values
from analysis.study.panel import chained, under
from analysis.study.responses import cumulate


def first_batch(cell, design, settings, count):
    """Draw the first replications of a cell."""
    return draw(cell, design, settings, range(count), generator(settings, cell.seed, 0, 0))


@pytest.mark.parametrize("rules", ["registered", "ruling"])
def test_samples_are_those_of_the_paper(committed, rules):
    """K of the pooled samples is the number of episodes that the rules make for a window."""
    panel = under(committed, getattr(committed.snapshot.choices, rules))
    design = build_design(panel)
    assert design.rules == {"ruling": "amended"}.get(rules, rules)
    assert design.model == ("market" if panel.intercept else "no_intercept")
    core = equal(panel.snapshot.choices.firms.core)
    cases = {case.name: case for case in design.cases}
    policy = ("tightening", "disappointment", "easing", "support")
    for kind, asked, window in (
        ("tightening", ("tightening",), (0, 1)),
        ("all", policy, (0, 1)),
        ("long", policy, (0, 10)),
    ):
        ruled = chained(panel, window)
        shown = episode_values(ruled, cumulate(ruled, core, window).at_events(ruled), asked)
        case, sample = cases[f"pooled_{kind}"], design.samples[f"pooled_{kind}"]
        assert case.episodes == len(shown)
        assert sample["episode"].nunique() == case.episodes
        assert set(sample["ticker"]) <= set(panel.snapshot.choices.firms.core)


def test_every_test_runs_somewhere(design, settings):
    """The battery and both placebo tests; every law and the larger samples have cells."""
    assert set(TESTS) == {*BATTERY, "placebo", "placebo_matched"}
    listed = cells(design, settings)
    assert len({cell.name for cell in listed}) == len(listed)
    assert {cell.law for cell in listed} == set(LAWS)
    assert {3, 9, 30, 100} <= {cell.case.firms for cell in listed}
    assert 30 in {cell.case.episodes for cell in listed}


@pytest.mark.parametrize("name", ["one_date_3/panel/0", "pooled_tightening/panel/0"])
@pytest.mark.parametrize("rules", ["registered", "ruling"])
def test_batch_gives_the_p_values_of_the_battery(name, rules, committed, settings):
    """Fitting all replications at once changes no p of a replication by itself."""
    design = build_design(under(committed, getattr(committed.snapshot.choices, rules)))
    cell = {each.name: each for each in cells(design, settings)}[name]
    batch = first_batch(cell, design, settings, 3)
    found = p_values(batch, cell.case.window, design, settings, np.random.default_rng(0))
    for row in range(3):
        events = batch.events[batch.events["replication"] == row]
        length, gap, minimum = design.estimation
        study = event_study(
            batch.returns,
            events.assign(day0=batch.returns.index[events["position"]]),
            length=length,
            gap=gap,
            minimum=minimum,
            window=cell.case.window,
            model=design.model,
        )
        first, last = cell.case.window
        alone = run_tests(study, first, last, np.random.default_rng(0), episode="episode")
        np.testing.assert_allclose(
            found.loc[row, list(BATTERY)].astype(float), alone.loc[list(BATTERY), "p"], rtol=1e-9
        )


@pytest.mark.slow
def test_exact_tests_reject_five_percent(by_name, design, settings):
    """A t and an F that are exact under normality, and the conformal p, in 200 samples."""
    cell = by_name["one_date_3/normal/0"]
    found = rejections.count_rejections((cell, range(200)), design, settings).set_index("test")
    rates = found["rejections"] / found["replications"]
    for test in ("portfolio_t", "joint_f", "conformal"):
        assert rates[test] == pytest.approx(0.05, abs=0.047), test  # three standard errors
    assert found["replications"]["grank_t"] == 0
    assert rates["sign"] == 0  # three signs allow no p below a quarter


def test_rejections_are_counted_among_samples_with_a_p(monkeypatch, by_name, design, settings):
    """Refused tests count nowhere; 0.05 itself rejects."""
    p = pd.DataFrame({"patell": [0.05, 6 / 120, 0.051, np.nan], "bmp": [np.nan] * 4})
    monkeypatch.setattr(rejections, "batch_p_values", lambda *_: p)
    task = (by_name["one_date_3/normal/0"], range(4))
    counted = rejections.count_rejections(task, design, settings).set_index("test")
    assert [counted[c]["patell"] for c in ("replications", "rejections")] == [3, 2]
    assert [counted[c]["bmp"] for c in ("replications", "rejections")] == [0, 0]


def test_batches_do_not_depend_on_one_another(by_name, design, settings):
    """A batch has its own generators: alone, after others or cut short it gives the same."""
    cell = by_name["one_date_3/garch/0"]
    alone = batch_p_values(cell, design, settings, range(4, 8))
    batch_p_values(cell, design, settings, range(4))
    pd.testing.assert_frame_equal(batch_p_values(cell, design, settings, range(4, 8)), alone)
    short = batch_p_values(cell, design, settings, range(4, 8), limit=2)
    pd.testing.assert_frame_equal(short, alone.iloc[:2], rtol=1e-9)


@pytest.mark.slow
def test_counts_do_not_depend_on_the_number_of_processes(by_name, design, settings):
    """One process and two give the same counts in the same order."""
    names = ("one_date_3/t4/0", "pooled_all/placebo/0", "one_date_9/panel/0")
    work = [(by_name[name], range(start, start + 3)) for name in names for start in (0, 3)]
    one, two = (list(rejections.rejections(work, design, settings, n)) for n in (1, 2))
    for a, b in zip(one, two, strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_replications_asked_for_are_the_tasks(design, settings):
    """Half for power, each placebo date once on one date, no replication twice."""
    rows: dict[str, list[int]] = {}
    for cell, part in rejections.tasks(design, settings, 60):
        rows.setdefault(cell.name, []).extend(part)
    dates = design.clear["one_date_3"].size
    expected = {cell.name: 30 if cell.effect else 60 for cell in cells(design, settings)}
    expected |= dict.fromkeys(("one_date_3/placebo/0", "one_date_9/placebo/0"), dates)
    assert {name: len(part) for name, part in rows.items()} == expected
    assert all(part == list(range(len(part))) for part in rows.values())


def test_planted_effect_is_on_day_0_of_every_firm(by_name, design, settings):
    """With and without an effect the same returns, but for day 0."""
    planted = by_name["pooled_tightening/panel/0.1"]
    with_effect, without = (
        first_batch_of(cell, planted.seed, design, settings)
        for cell in (planted, replace(planted, effect=0.0))
    )
    difference = (with_effect.returns - without.returns).fillna(0.0)
    moved = with_effect.events.set_index(["position", "ticker"]).index
    for position, ticker in moved:
        assert difference[ticker].iloc[position] == pytest.approx(0.1)
    assert int((difference.abs() > 1e-12).sum().sum()) == len(moved)


def first_batch_of(cell, seed, design, settings):
    """Draw two replications with another cell's seed."""
    return draw(cell, design, settings, range(2), generator(settings, seed, 0, 0))


def test_panel_keeps_listings_and_market(by_name, design, settings, committed):
    """Resampled returns are missing where the real ones are; the market is the real one."""
    cell = by_name["one_date_3/panel/0"]
    batch = first_batch(cell, design, settings, 2)
    np.testing.assert_array_equal(batch.returns["SPY"], design.returns["SPY"])
    for firm in committed.snapshot.choices.firms.core:
        for row in range(2):
            missing = batch.returns[f"{row}:{firm}"].isna().to_numpy()
            np.testing.assert_array_equal(missing, design.returns[firm].isna().to_numpy())


def test_placebo_samples_keep_clear_and_apart(by_name, design, settings):
    """Real returns, K dates clear of listed events whose windows do not overlap."""
    cell = by_name["pooled_all/placebo/0"]
    batch = first_batch(cell, design, settings, 4)
    for _, events in batch.events.groupby("replication"):
        days = np.unique(events["position"])
        assert days.size == cell.case.episodes
        assert np.diff(days).min() >= 2
        assert np.abs(days[:, None] - design.listed).min() >= 2
    pd.testing.assert_frame_equal(batch.returns, design.returns)


def test_jump_and_tails_reach_the_event_days(by_name, design, settings):
    """The variance of the event window against other days: doubled under the jump alone."""
    ratios = {}
    for law in ("jump", "correlated"):
        batch = first_batch(by_name[f"pooled_30/{law}/0"], design, settings, 25)
        values = batch.returns.drop(columns="SPY").to_numpy()
        inside = np.unique(batch.events["position"].to_numpy()[:, None] + [0, 1])
        ratios[law] = values[inside].var() / np.delete(values, inside, axis=0).var()
    assert ratios["jump"] == pytest.approx(2.0, abs=0.25)
    assert ratios["correlated"] == pytest.approx(1.0, abs=0.15)
