"""Responses firm by firm: each on its own sessions, none near an event, chained as registered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.reads import vary
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.own_sessions import own_returns
from analysis.study.each_firm import (
    find_quiet,
    list_episodes,
    mean_on_quiet_days,
    place_days,
    respond_on_quiet_days,
)
from analysis.study.panel import build_panel
from tests.conftest import DATA


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(DATA / "history")


@pytest.mark.slow
def test_no_response_within_five_sessions_of_any_event(earlier: Snapshot) -> None:
    """Each of the days from five sessions before to five after every event is refused."""
    sessions, firms = earlier.sessions, earlier.choices.firms.core
    places = sessions.get_indexer(pd.DatetimeIndex(earlier.events["day0"]))
    near = np.unique(places[:, None] + np.arange(-5, 6))
    quiet = sessions[find_quiet(earlier)]
    assert not quiet.isin(sessions[near]).any()
    for day in sessions[near]:
        with pytest.raises(StudyError, match="expected a session of XNYS more than 5 sessions "):
            respond_on_quiet_days(earlier, pd.DatetimeIndex([day]), firms)


def test_one_near_day_among_quiet_ones_is_refused_as_well(earlier: Snapshot) -> None:
    """There is no part of an answer, and days outside of the span are not quiet either."""
    quiet = earlier.sessions[find_quiet(earlier)]
    for day in ("2010-09-23", "2024-12-03", "2025-01-15", "2012-07-04"):
        days = pd.DatetimeIndex([*quiet[:3], pd.Timestamp(day)])
        with pytest.raises(StudyError, match=day):
            respond_on_quiet_days(earlier, days, earlier.choices.firms.core)


def test_a_study_firm_by_firm_has_no_event_study(earlier: Snapshot) -> None:
    """What works on shared sessions gets an error and no response."""
    panel = build_panel(earlier)
    for part in ("returns", "event_study", "clean"):
        with pytest.raises(StudyError, match="no event study on shared sessions"):
            getattr(panel, part)


def test_prices_near_events_leave_the_days_that_answer(earlier: Snapshot) -> None:
    """A quiet day's response moves with its own two returns and those it is fitted on, no others.

    With the closes of the window of day 0 of an event changed, responses whose estimation windows
    lie elsewhere stay as they are.
    """
    before = mean_on_quiet_days(earlier, ("MP",))
    day = pd.Timestamp("2024-08-15")
    moved = earlier.prices["MP"].where(earlier.prices.index != day, earlier.prices["MP"] * 1.5)
    prices = earlier.prices.assign(MP=moved)
    after = mean_on_quiet_days(vary(earlier, prices=prices), ("MP",))
    changed = (before["scar"] - after["scar"]).abs() > 1e-12
    later = earlier.sessions.get_indexer(pd.DatetimeIndex(changed.index[changed]))
    later -= earlier.sessions.get_indexer(pd.DatetimeIndex([day]))
    assert later.size
    assert later.min() >= 11 - 1  # the event, or the day after it, lies in their estimation window
    assert later.max() <= 130


@pytest.mark.parametrize("firm", ["MCP", "LYC"])
def test_response_by_hand(earlier: Snapshot, firm: str) -> None:
    """Least squares without intercept on 120 sessions, one beta or two, and the forecast error."""
    home, code = ("MCP", "XNYS"), {"MCP": "XNYS", "LYC": "XASX"}[firm]
    days = earlier.sessions[find_quiet(earlier)]
    found = respond_on_quiet_days(earlier, days, (firm,)).iloc[300]
    returns = own_returns(earlier)[code]
    factors = ["SPY+0"] if firm in home else ["SPY+0", "SPY-1"]
    at = returns.index.get_indexer(pd.DatetimeIndex([found["day0"]]))[0]
    assert (found["day0"] == found["day"]) == (code == "XNYS")
    fitted = returns.iloc[at - 130 : at - 10][[firm, *factors]].dropna()
    beta, (sse,), *_ = np.linalg.lstsq(fitted[factors], fitted[firm], rcond=None)
    window = returns.iloc[at : at + 2]
    car = float((window[firm] - window[factors] @ beta).sum())
    x = window[factors].sum().to_numpy()
    cross = fitted[factors].to_numpy().T @ fitted[factors].to_numpy()
    se = np.sqrt(sse / (len(fitted) - len(factors)) * (2 + x @ np.linalg.solve(cross, x)))
    assert found[["car", "se", "scar"]].to_list() == pytest.approx([car, se, car / se], rel=1e-9)


def test_the_value_of_a_day_is_the_mean_over_its_firms(earlier: Snapshot) -> None:
    """Firms of two exchanges are averaged, each measured on its own session."""
    days = earlier.sessions[find_quiet(earlier)]
    single = respond_on_quiet_days(earlier, days, earlier.choices.firms.core)
    mean = mean_on_quiet_days(earlier, earlier.choices.firms.core)
    both = single.groupby("day")["ticker"].agg(set)
    day = both.index[both == {"MCP", "ARU", "LYC"}][0]
    own = single[single["day"] == day]
    assert mean.loc[day, "scar"] == pytest.approx(own["scar"].mean(), rel=1e-12)
    assert mean.loc[day, "car"] == pytest.approx(own["car"].mean(), rel=1e-12)
    assert mean.loc[day, "firms"] == 3
    assert own.set_index("ticker").loc["ARU", "day0"] > day


def test_a_day_of_another_exchange_is_the_first_on_or_after_it() -> None:
    """Lag 0 takes the same date where it is a session, lag 1 the next one in any case."""
    sydney = pd.DatetimeIndex(["2012-07-20", "2012-07-23", "2012-07-25"])
    days = pd.DatetimeIndex(["2012-07-20", "2012-07-21", "2012-07-24", "2012-07-25"])
    assert place_days(days, sydney, 0).tolist() == [0, 1, 2, 2]
    assert place_days(days, sydney, 1).tolist() == [1, 1, 2, 3]


def test_the_lag_of_quiet_days_hardly_matters(earlier: Snapshot) -> None:
    """Which session a Sydney firm has on a quiet day moves the spread by less than one percent."""
    other = replace(earlier.choices, each_firm=replace(earlier.choices.each_firm, lag=0))
    firms = earlier.choices.firms.core
    one, two = (
        mean_on_quiet_days(snapshot, firms)[["scar", "car"]].std()
        for snapshot in (earlier, vary(earlier, choices=other))
    )
    assert (two / one).to_list() == pytest.approx([1, 1], abs=0.01)


def test_own_news_and_untested_news_make_no_episode(earlier: Snapshot) -> None:
    """Without its only firm an event is in none; described events chain nothing."""
    core = earlier.choices.firms.core
    all_, kept = (list_episodes(earlier, core, own_news=own) for own in (True, False))
    gone = set(all_["event"]) - set(kept["event"])
    named = earlier.events.set_index("id").loc[list(gone), "leave_out"]
    assert gone
    assert (named != "").all()
    directions = earlier.events.set_index("id")["direction"]
    assert set(directions[all_["event"]]) == {"tightening", "easing", "support"}
    assert all_["mixed"].sum() == 2  # one episode of two events
    assert not all_.loc[all_["mixed"], "alone"].any()
