"""Conformal and placebo inference against refits in loops, their size, and their bounds."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.conformal import _Blocks, conformal
from analysis.estimators.events.placebo import (
    clear_sessions,
    placebo_draws,
    placebo_p,
    placebo_table,
)
from analysis.estimators.events.portfolio import portfolio_study


def refit_p(returns, study, row, first, last, car=0.0):
    """Return the conformal p from one refit with the window, all circular shifts in a loop."""
    at = int(study.position[row])
    length = last - first + 1
    days = np.r_[at + first : at + last + 1, at - 130 : at - 10]
    used = returns.iloc[days]
    y = used[study.rows["ticker"][row]].to_numpy().copy()
    y[:length] -= car / length
    residuals = sm.OLS(y, sm.add_constant(used["SPY"].to_numpy())).fit().resid
    sums = [abs(np.roll(residuals, -shift)[:length].sum()) for shift in range(len(y))]
    return np.mean([s >= sums[0] - 1e-12 for s in sums])


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 1), (-1, 5)])
def test_conformal_p_equals_a_refit_with_all_shifts(returns, events, first, last):
    """Window included in the fit, identity among the shifts."""
    study = event_study(returns, events)
    table = conformal(study, first, last)
    for row in (0, 7, 17):
        assert table["p"][row] == pytest.approx(refit_p(returns, study, row, first, last))
    assert table["p_min"].eq(1 / (121 + last - first)).all()


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 4)])
def test_conformal_interval_inverts_the_test(returns, events, first, last):
    """CARs within the interval's hull ends are not rejected; CARs beyond it are."""
    study = event_study(returns, events.iloc[:3])
    table = conformal(study, first, last)
    for row in range(3):
        low, high = table["low"][row], table["high"][row]
        step = 1e-6 * (high - low)
        assert refit_p(returns, study, row, first, last, low + step) > 0.05
        assert refit_p(returns, study, row, first, last, high - step) > 0.05
        assert refit_p(returns, study, row, first, last, low - step) <= 0.05
        assert refit_p(returns, study, row, first, last, high + step) <= 0.05


def test_conformal_does_not_depend_on_the_unit(returns, events):
    """Returns a hundred million times as small: the same p, and bounds as many times as small."""
    plain, small = (
        conformal(event_study(frame, events.iloc[:4]), 0, 1) for frame in (returns, returns * 1e-8)
    )
    np.testing.assert_array_equal(small["p"], plain["p"])
    for name in ("low", "high", "mde"):
        np.testing.assert_allclose(small[name] * 1e8, plain[name])


def test_short_samples_have_no_bounded_interval(returns, events):
    """Eleven blocks cannot reject at 5%: the interval is the whole line, and p_min says why."""
    study = event_study(returns, events.iloc[:1], length=10, minimum=10)
    row = conformal(study, 0, 0).iloc[0]
    assert row["p_min"] == pytest.approx(1 / 11)
    assert (row["low"], row["high"]) == (-np.inf, np.inf)


def test_conformal_skips_missing_sessions(returns, events):
    """Blocks are taken over the sessions that exist."""
    at = returns.index.get_loc(events["day0"][0])
    returns.iloc[at - 60 : at - 50, 0] = np.nan
    study = event_study(returns, events.iloc[:1])
    assert conformal(study, 0, 1)["n_blocks"][0] == 112


def test_conformal_of_an_unobserved_window_is_unknown(returns):
    """A window beyond the data has no p."""
    events = pd.DataFrame({"ticker": ["A0"], "day0": [returns.index[-1]]})
    assert conformal(event_study(returns, events), 0, 2).isna().all(axis=None)


@pytest.mark.parametrize("model", ["mean", "market_adjusted", "no_intercept"])
def test_conformal_knows_the_other_models(returns, events, model):
    """A planted jump of a whole unit takes the smallest p under every model."""
    at = returns.index.get_loc(events["day0"][0])
    returns.iloc[at, 0] += 1.0
    row = conformal(event_study(returns, events.iloc[:1], model=model), 0, 0).iloc[0]
    assert row["p"] == pytest.approx(row["p_min"])
    assert row["low"] > 0.5
    assert row["low"] < row["car"] < row["high"]


@pytest.mark.parametrize("model", ["no_intercept", "market_adjusted"])
def test_conformal_refits_as_the_model_says(returns, events, model):
    """Through the origin with the window included, or less the market and nothing fitted."""
    study = event_study(returns, events, model=model)
    at = int(study.position[3])
    used = returns.iloc[np.r_[at : at + 2, at - 130 : at - 10]]
    y, x = used[study.rows["ticker"][3]].to_numpy(), used["SPY"].to_numpy()
    residuals = y - x if model == "market_adjusted" else sm.OLS(y, x).fit().resid
    sums = [abs(np.roll(residuals, -shift)[:2].sum()) for shift in range(len(used))]
    expected = np.mean([each >= sums[0] - 1e-12 for each in sums])
    assert conformal(study, 0, 1)["p"][3] == pytest.approx(expected)


def test_conformal_holds_its_size_on_portfolios(simulated):
    """Three correlated firms on 600 dates: 3 to 7.5% rejected on day 0 and over five days."""
    returns = simulated(31, sessions=760, assets=3)
    days = returns.index[140:740]
    events = pd.DataFrame(
        [(f"A{i}", day) for day in days for i in range(3)], columns=["ticker", "day0"]
    )
    joined = portfolio_study(event_study(returns, events, window=(0, 4)), "day0")
    assert 0.03 <= (conformal(joined, 0, 0)["p"] <= 0.05).mean() <= 0.075
    # Five-day windows overlap their neighbours', which widens the Monte-Carlo error.
    assert 0.02 <= (conformal(joined, 0, 4)["p"] <= 0.05).mean() <= 0.09


@given(st.lists(st.integers(0, 99), max_size=20), st.integers(0, 5), st.integers(0, 5))
def test_placebo_dates_keep_clear_of_events(listed, before, after):
    """No listed event on the sessions before and after; all other sessions are kept."""
    kept = set(clear_sessions(100, listed, before, after).tolist())
    for day in range(100):
        near = any(day - before <= event <= day + after for event in listed)
        assert (day in kept) == (not near)


def test_placebo_table_holds_ordinary_event_studies(returns, events):
    """A cell is the standardised CAR that the study gives to that firm on that date."""
    study = event_study(returns, events)
    table = placebo_table(study, 0, 2, [150, 222])
    direct = event_study(returns, pd.DataFrame({"ticker": ["A3"], "day0": [returns.index[222]]}))
    place = study.panel.assets.index("A3")
    assert table.scar[1, place] == pytest.approx(direct.car(0, 2)["t"][0], rel=1e-12)
    assert table.sigma[1, place] == pytest.approx(direct.sigma[0], rel=1e-12)


def test_placebo_dates_without_a_fit_are_unknown(returns, events):
    """Sessions with too short a history, or too near the end, have no value."""
    table = placebo_table(event_study(returns, events), 0, 2, [20, 150, 399])
    assert np.isnan(table.scar[[0, 2]]).all()
    assert np.isfinite(table.scar[1]).all()


def test_draws_move_the_firms_of_a_date_together(returns, events):
    """Within a draw all firms of one day 0 sit on one placebo date."""
    study = event_study(returns, events)
    table = placebo_table(study, 0, 0, clear_sessions(400, study.position, 3, 3))
    drawn = placebo_draws(study, table, 50, np.random.default_rng(0))
    assert drawn.shape == (50, 18)
    rows = {tuple(row) for row in table.scar}
    for draw in drawn:
        for date in (0, 6, 12):
            assert tuple(draw[date : date + 6]) in rows


def test_draws_avoid_dates_on_which_a_firm_is_missing(returns, events):
    """A firm listed late restricts the placebo dates of the days it takes part in."""
    returns.iloc[:230, 5] = np.nan
    study = event_study(returns, events.iloc[12:])
    table = placebo_table(study, 0, 0, np.arange(150, 395))
    drawn = placebo_draws(study, table, 200, np.random.default_rng(0))
    assert np.isfinite(drawn).all()


def test_day_without_a_placebo_date_is_unknown(returns, events):
    """No usable date gives NaN, not a smaller study."""
    study = event_study(returns, events)
    drawn = placebo_draws(study, placebo_table(study, 0, 0, [5]), 3, np.random.default_rng(0))
    assert np.isnan(drawn).all()


def test_volatility_matching_takes_the_nearest_dates(simulated):
    """A calm half and a wild half: events in the wild half get placebo dates of the wild half."""
    returns = simulated(6, sessions=700, assets=2)
    returns.iloc[350:, :2] *= 5.0
    events = pd.DataFrame({"ticker": ["A0", "A1"], "day0": [returns.index[600]] * 2})
    study = event_study(returns, events)
    dates = np.arange(150, 690)
    table = placebo_table(study, 0, 0, dates)
    drawn = placebo_draws(study, table, 500, np.random.default_rng(0), nearest=50)
    wild = table.scar[dates >= 350, 0]
    assert len(np.unique(drawn[:, 0])) <= 50
    assert np.isin(drawn[:, 0], wild).all()


def test_a_single_day_takes_each_placebo_date_once(returns, events):
    """Eleven dates cannot give a p below 1/12, however many draws are asked for."""
    study = event_study(returns, events.iloc[:6])
    table = placebo_table(study, 0, 0, np.arange(200, 211))
    drawn = placebo_draws(study, table, 9999, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, table.scar[:, study.column])
    assert placebo_p(100.0, drawn.mean(axis=1)).p == pytest.approx(1 / 12)
    assert len(placebo_draws(study, table, 5, np.random.default_rng(0))) == 5


def test_ten_thousand_draws_of_a_study_take_seconds(simulated):
    """Table, plain and matched draws of 480 firm-events: under 3 s of processor time."""
    returns = simulated(9, sessions=700, assets=6)
    events = pd.DataFrame(
        [(f"A{i}", day) for day in returns.index[200:680:6] for i in range(6)],
        columns=["ticker", "day0"],
    )
    study = event_study(returns, events, window=(0, 1))
    assert len(study.rows) == 480
    start = time.process_time()
    table = placebo_table(study, 0, 1, clear_sessions(700, study.position, 1, 1))
    for nearest in (None, 40):
        placebo_draws(study, table, 10_000, np.random.default_rng(0), nearest=nearest)
    assert time.process_time() - start < 3.0


def test_placebo_p_counts_the_observed_value():
    """One of four placebo values is as extreme: (1 + 1) / (1 + 4)."""
    ours = placebo_p(-2.0, [0.5, 2.0, np.nan, -1.0, 1.5])
    assert ours.p == pytest.approx(2 / 5)
    assert (ours.n, ours.p_min) == (4, 1 / 5)
    assert ours.mde == np.inf


def test_placebo_p_without_values_is_refused():
    """Nothing to compare with is a reason, not a p of one."""
    assert placebo_p(1.0, []).reason
    assert placebo_p(np.nan, [1.0]).reason


def test_placebo_dates_hold_their_size(simulated):
    """Portfolio t on every tenth date against the others: 3 to 8% below 0.05 of 590 dates."""
    returns = simulated(33, sessions=740, assets=3)
    events = pd.DataFrame(
        [(f"A{i}", day) for day in returns.index[140:730] for i in range(3)],
        columns=["ticker", "day0"],
    )
    joined = portfolio_study(event_study(returns, events, window=(0, 0)), "day0")
    t = joined.car(0, 0)["t"].to_numpy()
    p = [placebo_p(value, np.delete(t, i)).p for i, value in enumerate(t)]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.005)


def test_a_single_day_with_as_many_dates_as_draws_takes_each_once(returns, events):
    """One draw fewer, and they are drawn with replacement."""
    study = event_study(returns, events.iloc[:6])
    table = placebo_table(study, 0, 0, np.arange(200, 211))
    once = placebo_draws(study, table, 11, np.random.default_rng(0))
    np.testing.assert_array_equal(once, table.scar[:, study.column])
    fewer = placebo_draws(study, table, 10, np.random.default_rng(0))
    assert len(fewer) == 10
    assert len(np.unique(fewer, axis=0)) < 10


def test_placebo_p_by_hand():
    """Equal ones count as extreme, and so do those of the other sign; one value is enough."""
    assert placebo_p(1.0, [3.0]).p == 1.0
    assert placebo_p(1.0, [1.0, -1.0, 0.999]).p == pytest.approx(3 / 4)
    assert placebo_p(0.0, [0.0, 1.0]).p == 1.0
    observed = placebo_p(-2.5, [1.0])
    assert (observed.estimate, observed.statistic, observed.p) == (-2.5, 2.5, 0.5)


def test_a_placebo_effect_is_found_from_nineteen_dates_on():
    """Where the smallest p reaches 0.05: their 95% bound and the 80% point of both signs."""
    values = np.arange(1.0, 20.0)
    assert placebo_p(1.0, values[:18]).mde == np.inf
    both = np.concatenate([values, -values])
    expected = np.quantile(values, 0.95) + np.quantile(both, 0.8)
    assert placebo_p(1.0, values).mde == pytest.approx(expected)


@pytest.mark.parametrize(("length", "bounded"), [(19, True), (18, False)])
def test_a_conformal_interval_is_bounded_once_p_can_be_as_small(simulated, length, bounded):
    """One session and nineteen before it make twenty blocks, hence a p of 0.05 at the least."""
    returns = simulated(4, sessions=200, assets=1)
    events = pd.DataFrame({"ticker": ["A0"], "day0": [returns.index[150]]})
    study = event_study(returns, events, length=length, minimum=length)
    row = conformal(study, 0, 0).iloc[0]
    assert row["n_blocks"] == length + 1
    assert np.isfinite([row["low"], row["high"]]).all() == bounded
    assert row["p_min"] == 1 / (length + 1)


def test_a_single_placebo_date_is_taken_once(returns, events):
    """Drawn again and again it would feign a p below one half."""
    study = event_study(returns, events.iloc[:6])
    table = placebo_table(study, 0, 0, [200])
    drawn = placebo_draws(study, table, 99, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, table.scar[:, study.column])
    assert placebo_p(100.0, drawn.mean(axis=1)).p == 0.5


def test_a_conformal_interval_and_its_reach_by_hand():
    """Nineteen other blocks of 1 to 19 that no window moves, and one of 5 that halves what it is.

    A CAR c stands while at least two of them, more than a tenth of all twenty with the window's
    own, are as large as |5 - c / 2|: from -26 to 46. It is found where it carries 80% of both signs
    beyond their 95% bound: 18.1 and 11.6, twice.
    """
    blocks = _Blocks(np.r_[5.0, np.arange(1.0, 20.0)], np.r_[0.5, np.zeros(19)])
    assert blocks.interval(0.1) == pytest.approx((-26, 46))
    assert blocks.interval(0.05) == pytest.approx((-28, 48))
    assert blocks.interval(0.049) == (-np.inf, np.inf)
    assert blocks.detectable(0.05) == pytest.approx(2 * (18.1 + 11.6))


def test_every_date_is_drawn_and_the_nearest_by_hand(returns, events):
    """Of two days each date comes up; matched are those whose deviation is nearest in ratio."""
    study = event_study(returns, events.iloc[[0, 6]])
    assert len(np.unique(study.position)) == 2
    table = placebo_table(study, 0, 0, np.arange(200, 205))
    drawn = placebo_draws(study, table, 200, np.random.default_rng(0))
    for firm, column in enumerate(study.column):
        np.testing.assert_array_equal(np.unique(drawn[:, firm]), np.unique(table.scar[:, column]))
    one = event_study(returns, events.iloc[:1])
    sigma = np.full_like(table.sigma, np.nan)
    sigma[:, one.column[0]] = one.sigma[0] * np.array([2.0, 1.1, 0.5, 1.0, 1.3])
    drawn = placebo_draws(one, replace(table, sigma=sigma), 9, np.random.default_rng(0), nearest=2)
    np.testing.assert_array_equal(drawn[:, 0], table.scar[[3, 1], one.column[0]])
    none = replace(table, scar=table.scar * np.nan)
    assert placebo_draws(one, none, 9, np.random.default_rng(0)).shape == (9, 1)
