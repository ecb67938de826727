"""Abnormal returns against statsmodels, against hand-worked numbers, and under bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy

FACTORS = {"market": ("SPY",), "two": ("SPY", "XME")}


def dummy_regression(returns: pd.DataFrame, study: EventStudy, row: int, first: int, last: int):
    """Fit one event by OLS with one dummy per window day: its coefficients are the AR."""
    day0 = study.position[row]
    spec = study.panel.layout
    estimation = np.arange(day0 - spec.before, day0 - spec.gap + 1)
    window = np.arange(day0 + first, day0 + last + 1)
    used = returns.iloc[[*estimation, *window]]
    y = used[str(study.rows["ticker"][row])].to_numpy()
    x = sm.add_constant(used[list(study.factors)].to_numpy(), has_constant="add")
    dummies = np.vstack([np.zeros((len(estimation), len(window))), np.eye(len(window))])
    return sm.OLS(y, np.column_stack([x, dummies]), missing="drop").fit()


@pytest.mark.parametrize("factors", FACTORS.values(), ids=FACTORS)
def test_ar_car_and_t_equal_a_dummy_variable_regression(returns, events, factors):
    """AR are the dummies' coefficients, and the CAR's t is that of their sum."""
    study = event_study(returns, events, factors=factors)
    table = study.car(-1, 3)
    k = 1 + len(factors)
    for row in range(len(events)):
        fit = dummy_regression(returns, study, row, -1, 3)
        np.testing.assert_allclose(study.ar[row, study.days(-1, 3)], fit.params[k:], rtol=1e-9)
        total = fit.t_test(np.r_[np.zeros(k), np.ones(5)])
        assert table["se"][row] == pytest.approx(float(total.sd.squeeze()), rel=1e-9)
        assert table["t"][row] == pytest.approx(float(total.tvalue.squeeze()), rel=1e-9)
        assert table["p"][row] == pytest.approx(float(total.pvalue.squeeze()), rel=1e-9)
        assert table["df"][row] == fit.df_resid


def test_mean_model_equals_a_regression_on_the_intercept(returns, events):
    """The constant-mean model is the market model without factors."""
    study = event_study(returns, events, model="mean")
    fit = dummy_regression(returns, study, 0, 0, 2)
    assert study.car(0, 2)["t"][0] == pytest.approx(
        float(fit.t_test(np.r_[0, 1, 1, 1]).tvalue.squeeze())
    )
    assert study.rows["k"].eq(1).all()
    assert "beta_SPY" not in study.rows


def test_market_adjusted_is_the_market_model_at_alpha_0_and_beta_1(returns, events):
    """AR is the return less the factor, and s² the mean of its squares: nothing is estimated."""
    study = event_study(returns, events, model="market_adjusted")
    excess = returns["A0"] - returns["SPY"]
    at = study.position[0]
    assert study.ar[0, 10] == pytest.approx(excess.iloc[at], rel=1e-12)
    expected = np.sqrt((excess.iloc[at - 130 : at - 10] ** 2).mean())
    assert study.sigma[0] == pytest.approx(expected, rel=1e-12)
    assert study.car(0, 3)["se"][0] == pytest.approx(expected * 2.0, rel=1e-12)
    assert study.rows["k"].eq(0).all()


def test_hand_worked_market_model():
    """Four estimation days: alpha, beta, s and the forecast error as on paper.

    Factor -1, 0, 0, 1 (percent) and return -2, 1, -1, 2: beta 2, alpha 0, residuals 0, 1, -1, 0,
    SSE 2, s² = 2 / (4 - 2) = 1. On day 0 the factor is 2 and the return 7: AR 3, and the variance
    1 + 1/4 + 2²/2 = 3.25.
    """
    index = pd.bdate_range("2025-01-01", periods=5)
    frame = pd.DataFrame({"A": [-2, 1, -1, 2, 7], "M": [-1, 0, 0, 1, 2]}, index=index) / 100.0
    events = pd.DataFrame({"ticker": ["A"], "day0": [index[4]]})
    study = event_study(frame, events, factors=["M"], length=4, gap=1, minimum=4, window=(0, 0))
    row, car = study.rows.iloc[0], study.car(0, 0).iloc[0]
    assert row["beta_M"] == pytest.approx(2.0)
    assert row["alpha"] == pytest.approx(0.0, abs=1e-15)
    assert row["sigma"] == pytest.approx(0.01)
    assert car["car"] == pytest.approx(0.03)
    assert car["se"] == pytest.approx(0.01 * np.sqrt(3.25))
    assert car["df"] == 2


def test_raw_and_bhar_compound(returns, events):
    """Raw is the realised buy-and-hold return, BHAR its distance to the compounded normal one."""
    study = event_study(returns, events)
    table, at = study.car(0, 4), study.position[0]
    held = np.prod(1 + returns["A0"].iloc[at : at + 5]) - 1
    normal = study.rows["alpha"][0] + study.rows["beta_SPY"][0] * returns["SPY"].iloc[at : at + 5]
    assert table["raw"][0] == pytest.approx(held, rel=1e-12)
    assert table["bhar"][0] == pytest.approx(held - (np.prod(1 + normal) - 1), rel=1e-9)


def test_log_returns_compound_by_their_sum(returns, events):
    """With log returns the realised return is exp(sum) - 1; the CAR is unchanged."""
    simple, log = event_study(returns, events), event_study(returns, events, kind="log")
    at = simple.position[0]
    expected = np.expm1(returns["A0"].iloc[at : at + 5].sum())
    assert log.car(0, 4)["raw"][0] == pytest.approx(expected, rel=1e-12)
    pd.testing.assert_series_equal(log.car(0, 4)["car"], simple.car(0, 4)["car"])


def test_missing_sessions_are_skipped_not_replaced(returns, events):
    """A gap in the estimation window shortens it, and the fit is that of the sessions left."""
    at = returns.index.get_loc(events["day0"][0])
    holed = returns.copy()
    holed.iloc[at - 60 : at - 50, 0] = np.nan
    holed.iloc[at - 130, 0] = np.nan
    study = event_study(holed, events)
    fit = dummy_regression(holed, study, 0, 0, 1)
    assert study.rows["n_estimation"][0] == 109
    assert study.rows["estimation_start"][0] == returns.index[at - 129]
    assert study.car(0, 1)["t"][0] == pytest.approx(
        float(fit.t_test(np.r_[0, 0, 1, 1]).tvalue.squeeze())
    )
    assert int(np.isfinite(study.fitted.residuals()[0]).sum()) == 109


def test_residuals_sum_to_zero_and_give_sigma(returns, events):
    """Least-squares residuals are orthogonal to the intercept and the factors."""
    study = event_study(returns, events, factors=("SPY", "XME"))
    residuals = study.fitted.residuals()
    np.testing.assert_allclose(residuals.sum(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.sqrt((residuals**2).sum(axis=1) / 117), study.sigma, rtol=1e-10)


def test_sar_is_the_t_of_each_day(returns, events):
    """The standardised AR of a day is the CAR's t over that day."""
    study = event_study(returns, events)
    errors = study.fitted.window(0, 0).errors()[:, 0]
    np.testing.assert_allclose(study.ar[:, 10] / errors, study.car(0, 0)["t"], rtol=1e-12)


def test_window_beyond_the_data_is_kept_with_missing_values(returns):
    """Three sessions before the end, [0, 2] is known and [0, 3] is not."""
    events = pd.DataFrame({"ticker": ["A0"], "day0": [returns.index[-3]]})
    study = event_study(returns, events)
    assert np.isfinite(study.ar[0, 10:13]).all()
    assert np.isnan(study.ar[0, 13:]).all()
    assert np.isfinite(study.car(0, 2).iloc[0]).all()
    assert study.car(0, 3).iloc[0][["raw", "car", "se", "t", "p", "bhar"]].isna().all()


def test_first_sessions_of_the_data_shorten_the_estimation_window(returns):
    """An event on session 100 has the sessions 0 to 89 to estimate on."""
    events = pd.DataFrame({"ticker": ["A0"], "day0": [returns.index[100]]})
    row = event_study(returns, events).rows.iloc[0]
    assert row["n_estimation"] == 90
    assert row["estimation_start"] == returns.index[0]
    assert row["estimation_end"] == returns.index[89]


def test_columns_of_the_events_are_carried_through(returns, events):
    """Whatever identifies an event stays beside its results, kept or skipped."""
    study = event_study(returns, pd.concat([events, events.assign(ticker="ZZ")]))
    assert study.rows["id"].tolist() == events["id"].tolist()
    assert study.skipped["id"].tolist() == events["id"].tolist()


def test_returns_begin_after_the_listing(returns):
    """The estimation window starts on the first session with a return."""
    events = pd.DataFrame({"ticker": ["A0"], "day0": [returns.index[200]]})
    returns.loc[: returns.index[100], "A0"] = np.nan
    study = event_study(returns, events)
    assert study.rows["estimation_start"][0] == returns.index[101]
    assert study.rows["n_estimation"][0] == 89


def test_excluded_sessions_leave_the_estimation_window_only(returns, events):
    """Other events are left out of the fit; the event's own window keeps its days."""
    day0 = events["day0"][0]
    at = returns.index.get_loc(day0)
    out = returns.index[[at - 20, at - 40, at]]
    study = event_study(returns, events.iloc[:1], exclude=out)
    holed = returns.copy()
    holed.loc[out[:2], "A0"] = np.nan
    expected = event_study(holed, events.iloc[:1])
    assert study.rows["n_estimation"][0] == 118
    np.testing.assert_allclose(study.ar, expected.ar, rtol=1e-12)


def skip_reason(returns, ticker="A0", day0=None, **options):
    events = pd.DataFrame({"ticker": [ticker], "day0": [day0 or returns.index[200]]})
    study = event_study(returns, events, **options)
    assert study.rows.empty
    assert study.car(0, 1).empty
    return study.skipped["reason"][0]


def test_unknown_ticker_is_skipped(returns):
    """The reason is in the table, not in a log."""
    assert skip_reason(returns, ticker="ZZ") == "unknown ticker"


def test_day_off_is_skipped(returns):
    """A Sunday is not moved to a session in silence."""
    assert skip_reason(returns, day0=pd.Timestamp("2024-10-06")) == "day 0 is not a session"


def test_short_history_is_skipped(returns):
    """The reason says how many sessions were found and needed."""
    expected = "too few estimation sessions (found 40, needed 60)"
    assert skip_reason(returns, day0=returns.index[50]) == expected


def test_missing_day_0_is_skipped(returns):
    """Without a return on day 0 there is no reaction to measure."""
    returns.iloc[200, 0] = np.nan
    assert skip_reason(returns) == "no return on day 0"


def test_missing_factor_on_day_0_is_skipped(returns):
    """The reason distinguishes the benchmark from the firm."""
    returns.loc[returns.index[200], "SPY"] = np.nan
    assert skip_reason(returns) == "no factor return on day 0"


def test_constant_series_is_skipped(returns):
    """A stale price has no variance to judge a move by."""
    returns.loc[returns.index[:190], "A0"] = 0.0
    assert skip_reason(returns) == "constant returns in the estimation window"


def test_factor_itself_is_skipped(returns):
    """The benchmark explains itself without residual."""
    expected = "the model leaves no residual in the estimation window"
    assert skip_reason(returns, ticker="SPY") == expected


def test_collinear_factors_are_skipped(returns):
    """Twice the same factor has no unique slopes."""
    returns["TWICE"] = 2 * returns["SPY"]
    expected = "factors are constant or collinear in the estimation window"
    assert skip_reason(returns, factors=("SPY", "TWICE")) == expected


def test_constant_factor_is_skipped(returns):
    """A benchmark that rises by 0.1% every day explains nothing; rounding must not say it does."""
    returns["SPY"] = 0.001
    expected = "factors are constant or collinear in the estimation window"
    assert skip_reason(returns) == expected


BAD_CALLS = {
    "doubled session": (lambda r: r.iloc[np.r_[0:200, 199:400]], {}, "2024-10-07 appears twice"),
    "unsorted": (lambda r: r.iloc[::-1], {}, "increasing"),
    "no dates": (lambda r: r.reset_index(drop=True), {}, "index of dates"),
    "text": (lambda r: r.astype(object).replace(r.iloc[0, 0], "x"), {}, "numbers only"),
    "infinite": (lambda r: r.replace(r.iloc[0, 0], np.inf), {}, "infinite return of A0"),
    "no benchmark": (lambda r: r.drop(columns="SPY"), {}, "one column 'SPY', found 0"),
    "overlapping windows": (lambda r: r, {"window": (-11, 5)}, "inside the estimation window"),
    "window turned round": (lambda r: r, {"window": (5, -5)}, "first <= last"),
    "minimum too small": (lambda r: r, {"minimum": 2}, "minimum"),
    "minimum too large": (lambda r: r, {"minimum": 121}, "minimum"),
    "two factors, no fit": (
        lambda r: r,
        {"model": "market_adjusted", "factors": ("SPY", "XME")},
        "market_adjusted",
    ),
    "unknown model": (lambda r: r, {"model": "magic"}, "magic"),
}


@pytest.mark.parametrize(("spoil", "options", "message"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_input_is_one_clear_error(returns, events, spoil, options, message):
    """The message names what is wrong."""
    with pytest.raises(ValueError, match=message):
        event_study(spoil(returns), events, **options)


def test_events_need_their_columns(returns, events):
    """A missing or a reserved column is named."""
    with pytest.raises(ValueError, match="missing column 'day0'"):
        event_study(returns, events.drop(columns="day0"))
    with pytest.raises(ValueError, match="'alpha' would be overwritten"):
        event_study(returns, events.assign(alpha=1.0))


def test_window_outside_the_event_window_is_refused(returns, events):
    """A CAR cannot reach beyond the days that were gathered."""
    with pytest.raises(ValueError, match=r"\[0, 21\] is not inside"):
        event_study(returns, events).car(0, 21)


def test_no_event_gives_empty_tables(returns, events):
    """An empty list is a valid question with an empty answer."""
    study = event_study(returns, events.iloc[:0])
    assert study.rows.empty
    assert study.skipped.empty
    assert study.car(0, 1).empty
    assert study.fitted.residuals().shape == (0, 120)


def test_a_block_boundary_changes_nothing(simulated):
    """Events beyond the first block get what they get alone."""
    returns = simulated(4)
    events = pd.DataFrame(
        {"ticker": ["A1"] * 1500, "day0": returns.index[np.arange(1500) % 100 + 200]}
    )
    study = event_study(returns, events)
    alone = event_study(returns, events.iloc[[1400]])
    np.testing.assert_allclose(study.ar[1400], alone.ar[0], rtol=1e-12)
    np.testing.assert_allclose(
        study.fitted.residuals()[1400], alone.fitted.residuals()[0], rtol=1e-12
    )


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.2, 0.2), st.integers(0, 5))
def test_planted_effect_is_recovered_exactly(simulated, effect, day):
    """Adding an amount to one day adds it to that day's AR and to no other."""
    returns = simulated(2)
    events = pd.DataFrame({"ticker": ["A0"], "day0": [returns.index[250]]})
    before = event_study(returns, events)
    returns.iloc[250 + day, 0] += effect
    after = event_study(returns, events)
    expected = np.zeros(31)
    expected[10 + day] = effect
    np.testing.assert_allclose(after.ar[0] - before.ar[0], expected, atol=1e-14)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.floats(0.1, 10.0))
def test_order_of_firms_and_scale_of_returns_do_not_matter(simulated, order, factor):
    """Permuting rows permutes results; scaling all returns leaves t and beta alone."""
    returns = simulated(3)
    events = pd.DataFrame({"ticker": [f"A{i}" for i in range(6)], "day0": [returns.index[300]] * 6})
    plain = event_study(returns, events)
    other = event_study(returns * factor, events.iloc[list(order)])
    expected = plain.car(0, 2)["t"].to_numpy()[list(order)]
    np.testing.assert_allclose(other.car(0, 2)["t"], expected, rtol=1e-9)
    slopes = plain.rows["beta_SPY"].to_numpy()[list(order)]
    np.testing.assert_allclose(other.rows["beta_SPY"], slopes, rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(-10, 19))
def test_parts_of_a_window_add_up(simulated, cut):
    """The CAR of a window is the sum of the CARs of its two parts."""
    returns = simulated(5)
    events = pd.DataFrame({"ticker": ["A2"], "day0": [returns.index[250]]})
    study = event_study(returns, events)
    parts = study.car(-10, cut)["car"] + study.car(cut + 1, 20)["car"]
    assert parts[0] == pytest.approx(study.car(-10, 20)["car"][0], rel=1e-9, abs=1e-12)
