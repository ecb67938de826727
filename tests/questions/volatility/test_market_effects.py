"""Planted betas, breaks, volatility changes, correlations and trades come out as planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.system import SUR
from scipy import stats

from analysis.questions.relative_beta import betas as relative_beta
from analysis.questions.relative_beta import methods as beta_methods
from analysis.questions.relative_beta import regimes as beta_regimes
from analysis.questions.volatility import around_events as volatility
from analysis.questions.volatility import other_assets as cross_asset
from analysis.questions.volatility import pair_trade
from analysis.snapshot.portfolios import Leg, contrast
from analysis.study.claim_kinds import responses_of
from analysis.study.outcomes import decide_all
from analysis.study.panel import Panel, event_sessions
from analysis.study.series import mean_weights, net_returns

PAIR = replace(contrast(["USAR", "CRML"], ["MP"]), long=Leg(("USAR", "CRML"), every=True))
CORE = ("MP", "USAR", "CRML")
BAD = ["2025-06-16", "2025-08-18", "2025-12-15", "2026-02-17", "2026-04-14"]
GOOD = ["2025-05-19", "2025-07-21", "2025-09-22", "2026-01-20", "2026-03-17"]
Change = Callable[[pd.DataFrame], None]


@pytest.fixture(scope="module")
def world(committed) -> Callable[..., Panel]:
    """Return a maker of panels: simulated returns, changed as asked, with chosen events."""

    def make(change: Change | None = None, betas: dict[str, float] | None = None) -> Panel:
        rng = np.random.default_rng(11)
        real = committed.returns
        market = rng.normal(0, 0.01, len(real))
        returns = pd.DataFrame(
            rng.normal(0, 0.02, real.shape) + market[:, None], real.index, real.columns
        )
        returns["SPY"] = market
        for ticker, beta in (betas or {}).items():
            returns[ticker] += (beta - 1) * market
        if change:
            change(returns)
        returns = returns.where(real.notna())
        choices = replace(
            committed.snapshot.choices,
            regimes=replace(committed.snapshot.choices.regimes, draws=99),
        )
        prices = 100 * (1 + returns.fillna(0.0)).cumprod()
        rows = [(day, "tightening", 1) for day in BAD] + [(day, "easing", -1) for day in GOOD]
        events = pd.DataFrame(rows, columns=["day0", "direction", "sign"])
        events = events.assign(
            day0=pd.to_datetime(events["day0"]),
            status="confirmatory",
            mixed=False,
            episode=range(len(events)),
        )
        events.index = pd.Index([f"e{i}" for i in range(len(events))], name="id")
        snapshot = replace(committed.snapshot, prices=prices, choices=choices)
        return replace(committed, snapshot=snapshot, returns=returns, events=events)

    return make


def verdicts(findings) -> dict[str, str]:
    return {v.key: v.verdict for v in findings.verdicts}


def after(returns: pd.DataFrame, day: str, first: int, last: int) -> slice:
    at = returns.index.to_list().index(pd.Timestamp(day))
    return slice(at + first, at + last + 1)


# Betas


@pytest.mark.slow
def test_planted_betas_come_out_by_every_method(world):
    """Betas of 1, 3 and 5 within four errors each, and both pure plays above MP everywhere."""
    truth = {"MP": 1.0, "USAR": 3.0, "CRML": 5.0}
    panel = world(betas=truth)
    results = beta_methods.compute(panel)
    grid = {d.name: d.frame for d in results.datasets}["beta_methods"]
    methods = grid[(grid["benchmark"] == "SPY") & (grid["method"] != "rolling")]
    known = methods.dropna(subset=["se"])
    assert ((known["beta"] - known["firm"].map(truth)).abs() < 4 * known["se"]).all()
    assert (methods["beta"] - methods["firm"].map(truth)).abs().max() < 0.8
    said = verdicts(results)
    assert said["beta.no_events"] == "supported"
    assert said["beta.no_events.order"] == "unchanged"
    gaps = beta_methods.differences(panel)
    on_market = gaps[gaps["benchmark"] == "SPY"].groupby("firm")["difference"]
    assert on_market.min()["USAR"] > 1.0
    assert on_market.min()["CRML"] > 3.0


def test_event_days_can_hide_a_beta(world):
    """Wild event days against the market pull least squares away, not the fit without them."""

    def spoil(returns):
        for day in BAD + GOOD:
            returns.loc[day, "SPY"] = 0.05
            returns.loc[day, "USAR"] = -0.30

    methods = beta_methods.by_method(world(spoil, betas={"USAR": 2.0}))
    usar = methods.query("firm == 'USAR' and benchmark == 'SPY'").set_index("method")["beta"]
    assert usar["ols"] < 1.0
    assert usar["no_events"] == pytest.approx(2.0, abs=0.4)
    assert usar["median"] == pytest.approx(2.0, abs=0.6)


def test_intervals_of_every_method_follow_the_level(world):
    """A level of 80% narrows each interval by the ratio of the two quantiles, whatever made it."""
    panel = world()
    choices = panel.snapshot.choices
    choices = replace(choices, inference=replace(choices.inference, level=0.8))
    lower = replace(panel, snapshot=replace(panel.snapshot, choices=choices))
    wide, narrow = (beta_methods.differences(p) for p in (panel, lower))
    ratio = (narrow["high"] - narrow["low"]) / (wide["high"] - wide["low"])
    expected = stats.t.ppf(0.9, wide["n"]) / stats.t.ppf(0.975, wide["n"])
    assert ratio.to_numpy() == pytest.approx(expected, abs=0.001)
    paths = [relative_beta.rolling(p).query("firm == 'MP'") for p in (panel, lower)]
    widths = [(p["high"] - p["low"]).iloc[-1] for p in paths]
    assert widths[1] / widths[0] == pytest.approx(stats.t.ppf(0.9, 58) / stats.t.ppf(0.975, 58))


def test_producer_outside_the_core_is_held_against_the_pure_plays(world):
    """A study may compare with firms that it does not count among the core; the texts name them."""
    panel = world(betas={"UUUU": 1.0, "USAR": 3.0, "CRML": 5.0})
    baskets = {**panel.snapshot.choices.baskets, "producer": ("UUUU", "NB")}
    choices = replace(panel.snapshot.choices, baskets=baskets)
    found = beta_methods.compute(replace(panel, snapshot=replace(panel.snapshot, choices=choices)))
    told = {v.key: v for v in found.verdicts}
    assert told["beta.no_events"].evidence.startswith("2 of 2 above UUUU and NB; p")
    assert "Beta of the firm's return less UUUU and NB's" in found.tables[1].notes


def test_quiet_sessions_leave_both_days_of_every_window(world):
    """Ten events with windows of two sessions take twenty sessions away."""
    panel = world()
    quiet = panel.snapshot.sessions.difference(event_sessions(panel))
    assert len(quiet) == len(panel.snapshot.sessions) - 20
    assert pd.Timestamp(BAD[0]) not in quiet
    assert pd.Timestamp("2025-06-17") not in quiet
    assert pd.Timestamp("2025-06-18") in quiet


def test_equality_is_the_wald_test_of_a_system(world):
    """Against linearmodels' seemingly unrelated regressions: the Wald test of two differences."""
    panel = world(betas={"USAR": 1.3, "CRML": 0.8})
    row = beta_methods.equality(panel).query("benchmark == 'XME' and sample == 'all'")
    common = panel.returns.dropna(subset=list(CORE))
    regressors = sm.add_constant(common[["XME"]])
    equations = {f: {"dependent": common[f], "exog": regressors} for f in CORE}
    fit = SUR(equations).fit(method="ols", cov_type="unadjusted", debiased=True)
    pick = np.zeros((2, 6))
    pick[:, 1], pick[0, 3], pick[1, 5] = 1, -1, -1
    gaps, covariance = pick @ fit.params, pick @ fit.cov @ pick.T
    wald = float(gaps @ np.linalg.solve(covariance, gaps))
    n = len(common)
    assert row["f"].item() == pytest.approx(wald * (n - 3) / (n - 2) / 2, rel=1e-8)


@pytest.mark.parametrize(
    ("above", "p", "verdict"),
    [
        ([True, True], 0.01, "supported"),
        ([True, True], 0.20, "right sign within noise"),
        ([True, False], 0.01, "mixed"),
        ([False, False], 0.01, "contradicted"),
        ([False, False], 0.20, "wrong sign within noise"),
    ],
)
def test_rule_of_the_higher_beta(above, p, verdict):
    """Signs first, then the p-value: all five branches."""
    assert decide_all(above, p < 0.05) == verdict


def test_planted_regime_change_is_found_at_its_start(world):
    """USAR's beta rises by 3 on 7 November 2025: that start shows it, that of May 2026 does not."""

    def turn(returns):
        returns.loc["2025-11-07":, "USAR"] += 3 * returns.loc["2025-11-07":, "SPY"]

    panel = world(turn)
    results = beta_regimes.compute(panel)
    frames = {d.name: d.frame for d in results.datasets}
    changes = frames["regime_differences"]
    own = changes[(changes["firm"] == "USAR") & (changes["benchmark"] == "SPY")]
    own = own.set_index("regime")
    assert own["low"]["november_2025"] < 3 < own["high"]["november_2025"]
    assert own["holm"]["november_2025"] < 0.05
    assert own["p"]["may_2026"] > 0.05
    assert np.isnan(own["p"]["april_2025"])  # fourteen sessions before it
    assert own["n_before"]["april_2025"] < 30
    found = frames["beta_breaks"].query("benchmark == 'SPY'").set_index("firm")
    assert found.loc["USAR", "p"] == 1 / 100
    assert abs((found["first"]["USAR"] - pd.Timestamp("2025-11-07")).days) < 21
    levels = frames["regime_betas"].query("benchmark == 'SPY' and firm == 'USAR'")
    assert levels.set_index("regime").loc["may_2026", "beta"] == pytest.approx(4.0, abs=0.8)
    said = verdicts(results)
    assert said["regime.breaks"] == "some"
    assert said["break.usar"] == "break"
    assert said["break.near_regime"] == "yes"


def test_before_and_after_meet_at_day_zero(world):
    """Sixty sessions up to the day before, sixty from day 0 on, against two plain regressions."""
    panel = world()
    row = beta_regimes.regime_differences(panel).query(
        "regime == 'november_2025' and firm == 'MP' and benchmark == 'XME'"
    )
    pair = panel.returns[["MP", "XME"]]
    at = pair.index.get_loc(pd.Timestamp("2025-11-07"))
    fits = [
        sm.OLS(side["MP"], sm.add_constant(side["XME"])).fit()
        for side in (pair.iloc[at - 60 : at], pair.iloc[at : at + 60])
    ]
    assert row["difference"].item() == pytest.approx(fits[1].params["XME"] - fits[0].params["XME"])
    error = np.hypot(*(fit.HC3_se["XME"] for fit in fits))
    assert row["se"].item() == pytest.approx(error)


# Volatility


def test_planted_volatility_is_found_after_the_right_news(world):
    """Noise three times as large for twenty sessions after bad news only."""

    def shake(returns):
        for day in BAD:
            rows = after(returns, day, 1, 20)
            returns.iloc[rows, returns.columns.get_indexer(CORE)] *= 3

    panel = world(shake)
    found = volatility.changes(panel).set_index(["measure", "kind"])
    bad = found.xs(("realised", "tightening"))
    assert bad["low"] < 3 < bad["high"]
    said = verdicts(volatility.compute(panel))
    assert said["volatility.tightening"] == "higher"
    assert said["volatility.easing"] != "higher"  # it follows the wild weeks here: can be lower
    assert said["volatility.support"] == "not testable"
    assert found.loc[("garch", "tightening"), "ratio"] > np.exp(0.3)
    shape = volatility.paths(panel).set_index(["kind", "day"])["ratio"]
    assert shape["tightening"].loc[1:20].mean() > 2 * shape["tightening"].loc[-20:0].mean()


def test_falling_volatility_has_its_own_verdict(world):
    """Calm after easing news is lower, not merely different."""

    def calm(returns):
        for day in GOOD:
            rows = after(returns, day, 1, 20)
            returns.iloc[rows, returns.columns.get_indexer(CORE)] /= 4

    assert verdicts(volatility.compute(world(calm)))["volatility.easing"] == "lower"


def test_days_of_an_episode_share_its_weight():
    """Two days in one episode and one in another: a quarter, a quarter, a half."""
    days = pd.DataFrame(
        {"episode": [1, 1, 2], "day0": pd.to_datetime(["2025-06-02", "2025-06-03", "2025-07-01"])}
    )
    assert mean_weights(days).tolist() == [0.25, 0.25, 0.5]


# Other assets


def test_planted_response_of_copper_is_found(world):
    """Two percent on both days of the window after easing news is four percent."""

    def lift(returns):
        for number, day in enumerate(GOOD):
            rows = after(returns, day, 0, 1)
            returns.iloc[rows, returns.columns.get_loc("CPER")] = 0.018 + 0.001 * number

    panel = world(lift)
    moves = cross_asset.responses(panel).set_index(["asset", "direction"])
    assert moves.loc[("CPER", "easing"), "mean"] == pytest.approx(1.02**2 - 1, abs=1e-5)
    assert moves["p"]["CPER", "tightening"] > 0.05
    assert np.isnan(moves["p"]["CPER", "support"])
    assert verdicts(cross_asset.compute(panel))["cross.responses"] == "some"


def test_groups_of_other_assets_are_those_of_the_study(world):
    """Any name is a group's; a group that is held to be still is asked for more than no sign."""

    def lift(returns):
        for number, day in enumerate(GOOD):
            rows = after(returns, day, 0, 1)
            returns.iloc[rows, returns.columns.get_loc("CPER")] = 0.018 + 0.001 * number

    panel, said = world(lift), []
    for still in ((), ("wire",)):
        groups = {"wire": ("CPER",), "all_shops": ("CPER", "UUP")}
        rules = replace(panel.snapshot.choices.cross_asset, groups=groups, still=still, names={})
        choices = replace(panel.snapshot.choices, cross_asset=rules)
        own = replace(panel, snapshot=replace(panel.snapshot, choices=choices))
        said.append(verdicts(cross_asset.compute(own)))
    assert [each["cross.wire.easing"] for each in said] == ["rise", "moves"]
    assert {each["cross.all_shops.easing"] for each in said} == {"rise"}


def test_planted_link_is_found_after_easing(world):
    """An asset that copies the core portfolio for twenty sessions after easing."""

    def link(returns):
        rng = np.random.default_rng(4)
        for day in GOOD:
            rows = after(returns, day, 1, 20)
            core = returns.iloc[rows][list(CORE)].mean(axis=1)
            returns.iloc[rows, returns.columns.get_loc("UUP")] = core + rng.normal(0, 0.004, 20)

    links = cross_asset.correlation_changes(world(link)).set_index("asset")
    assert links["after"]["UUP"] > 0.9
    assert links["holm"]["UUP"] < 0.05
    assert links["placebo_p"]["UUP"] < 0.05
    assert links.drop("UUP")["holm"].min() > 0.05


@pytest.mark.parametrize(
    ("mean", "half", "p", "steady", "direction"),
    [
        (0.000, 0.004, 0.90, "steady", "within noise"),
        (0.004, 0.001, 0.01, "moves", "rise"),
        (-0.02, 0.004, 0.01, "moves", "fall"),
        (0.010, 0.020, 0.40, "undecided", "within noise"),
        (float("nan"), float("nan"), float("nan"), "not testable", "not testable"),
    ],
)
def test_rules_of_moves(mean, half, p, steady, direction):
    """A small sure move is not a steady dollar if its interval leaves the band."""
    row = {"mean": mean, "low_inner": mean - 2 * half, "high_inner": mean + 2 * half, "p": p}
    if steady == "steady":
        row |= {"low_inner": -half, "high_inner": half}
    moves = pd.DataFrame([row])
    assert cross_asset._steady(moves, 0.005, 0.05).tolist() == [steady]
    assert cross_asset._direction(moves, 0.05).tolist() == [direction]


# The pair


def pair_wins(returns):
    """Pure plays gain two percent a session over the five that follow bad news."""
    for day in BAD:
        rows = after(returns, day, 1, 5)
        returns.iloc[rows, returns.columns.get_indexer(["USAR", "CRML"])] += 0.02


def test_net_return_is_worked_from_prices(world):
    """Gross from six closes, four trades and five days of borrow off."""
    panel = world()
    prices = panel.snapshot.prices
    at = prices.index.get_loc(pd.Timestamp(BAD[0]))
    for delay in (0, 1):
        start, end = prices.iloc[at + delay], prices.iloc[at + delay + 5]
        gross = ((end / start - 1)[["USAR", "CRML"]].mean()) - (end / start - 1)["MP"]
        net = net_returns(panel, PAIR, delay)[BAD[0]]
        assert net == pytest.approx(gross - 4 * 0.001 - 0.10 * 5 / 252)


def test_ledger_and_account_use_the_same_trade(world, committed):
    """Claim A13's returns are those of the base, on simulated and on committed data."""
    for panel in (world(), committed):
        values = net_returns(panel, PAIR, 0)
        ledger = responses_of(panel.snapshot.registered["A13"], panel).at_events(panel)["car"]
        days = panel.events.loc[ledger.index, "day0"]
        assert ledger.to_numpy() == pytest.approx(values[days].to_numpy())


def test_planted_pair_earns(world):
    """Ten percent a trade is found by the t-test, by the rotations and in the account."""
    panel = world(pair_wins)
    test, null = pair_trade.tested(panel, PAIR, 0)
    assert test["low"] < 0.10 < test["high"]
    assert test["placebo_p"] < 0.05
    assert test["placebo"] == null.mean()
    said = verdicts(pair_trade.compute(panel))
    assert (said["pair.net"], said["pair.placebo"]) == ("earns", "better than other dates")
    assert said["pair.account"] == "gain"
    late, _ = pair_trade.tested(panel, PAIR, 1)
    assert late["net"] < test["net"]  # the first of the five sessions is missed


def test_account_adds_up(world):
    """The path ends at the sum of its trades, and moves only while a position is open."""
    panel = world(pair_wins)
    kept = pair_trade.account(panel, PAIR, 0)
    assert kept.path.iloc[-1] == pytest.approx(kept.trades["net"].sum())
    daily = kept.path.diff().fillna(kept.path.iloc[0])
    held = np.zeros(len(daily), dtype=bool)
    for entry, end in zip(kept.trades["entry"], kept.trades["exit"], strict=True):
        held |= (daily.index >= entry) & (daily.index <= end)
    assert (daily[~held] == 0).all()


def test_drawdown_and_hits_are_worked_by_hand():
    """A peak of three, then down to one below zero: a fall of four; two of three trades win."""
    path = pd.Series([0.01, 0.03, -0.01, 0.02])
    trades = pd.DataFrame({"net": [0.03, -0.04, 0.03]})
    kept = pair_trade.Account(trades, path, skipped=0)
    assert kept.drawdown == pytest.approx(0.04)
    assert kept.hit_rate == pytest.approx(2 / 3)
    loser = pair_trade.Account(trades, pd.Series([-0.02, -0.01]), skipped=0)
    assert loser.drawdown == pytest.approx(0.02)  # from the start, which is zero


@pytest.mark.parametrize("delay", [0, 1])
@pytest.mark.parametrize("cut", ["2025-08-22", "2026-02-17"])
def test_no_look_ahead(world, delay, cut):
    """Prices after a session change no trade entered by it, and no result known by it."""
    panel = world()
    cut = pd.Timestamp(cut)
    prices = panel.snapshot.prices.copy()
    later = prices.index > cut
    rng = np.random.default_rng(5)
    prices.loc[later] *= np.exp(rng.normal(0, 0.3, prices.loc[later].shape))
    altered = replace(
        panel,
        snapshot=replace(panel.snapshot, prices=prices),
        returns=prices.pct_change().where(panel.returns.notna()),
    )
    one, other = (pair_trade.account(p, PAIR, delay) for p in (panel, altered))
    columns = ["signal", "entry", "exit"]
    pd.testing.assert_frame_equal(one.trades[columns], other.trades[columns])
    closed = one.trades["exit"] <= cut
    assert closed.any()
    assert not closed.all()
    pd.testing.assert_series_equal(one.trades.loc[closed, "net"], other.trades.loc[closed, "net"])
    final = one.path.index <= cut
    pd.testing.assert_series_equal(one.path[final], other.path[final])
    assert not np.allclose(one.trades.loc[~closed, "net"], other.trades.loc[~closed, "net"])


def test_later_events_change_no_earlier_trade(world):
    """An event added after a trade, even one that makes its episode mixed, leaves it alone."""
    panel = world()
    more = panel.events.iloc[[-1]].assign(day0=pd.Timestamp("2025-08-19"), mixed=True, episode=1)
    more.index = pd.Index(["late"])
    mixed = panel.events.assign(mixed=panel.events["day0"] == "2025-08-18")
    changed = replace(panel, events=pd.concat([mixed, more]))
    one, other = (pair_trade.account(p, PAIR, 0).trades for p in (panel, changed))
    pd.testing.assert_frame_equal(one, other)


def test_account_counts_signals_of_every_status(world):
    """A headline found beside a large day is traded, and by the registered account it is not."""
    panel = world(pair_wins)
    status = panel.events["status"].mask(panel.events["day0"] == BAD[1], "found_beside")
    panel = replace(panel, events=panel.events.assign(status=status))
    found, registered = (pair_trade.account(panel, PAIR, 0, s) for s in ("", "confirmatory"))
    assert [f"{day:%Y-%m-%d}" for day in found.trades["signal"]] == BAD
    assert [f"{day:%Y-%m-%d}" for day in registered.trades["signal"]] == [BAD[0], *BAD[2:]]
    numbers = {n.key: float(n.value) for n in pair_trade.compute(panel).numbers}
    gain = numbers["pair.mp.close.total"] - numbers["pair.mp.close.registered.total"]
    assert gain == pytest.approx(net_returns(panel, PAIR, 0)[BAD[1]])
    assert numbers["pair.mp.close.trades"] == 1 + numbers["pair.mp.close.registered.trades"]


def test_signal_during_a_trade_is_skipped(world):
    """A second headline two sessions later opens nothing and is counted."""
    panel = world()
    more = panel.events.iloc[[0]].assign(day0=pd.Timestamp("2025-06-18"), episode=0)
    more.index = pd.Index(["again"])
    panel = replace(panel, events=pd.concat([panel.events, more]))
    kept = pair_trade.account(panel, PAIR, 0)
    assert kept.skipped == 1
    assert len(kept.trades) == len(BAD)
