"""Eligible firm-windows and what contaminates them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.snapshot.eligibility import confounder_spans, firm_windows, listed_returns
from analysis.snapshot.load import Snapshot


@pytest.fixture(scope="module")
def windows(snapshot: Snapshot) -> pd.DataFrame:
    """Every firm-window of the committed data."""
    return firm_windows(snapshot)


def position_of(snapshot: Snapshot, day: pd.Timestamp) -> int:
    return snapshot.sessions.to_list().index(day)


def with_event(snapshot: Snapshot, position: int) -> Snapshot:
    """The snapshot with one event only, on the session at ``position``."""
    event = snapshot.events.iloc[[0]].assign(day0=snapshot.sessions[position])
    return dataclasses.replace(snapshot, events=event)


def confounder(**fields: str) -> pd.DataFrame:
    """One confounder of MP on Monday 2025-06-02 unless said otherwise."""
    row = {"ticker": "MP", "date": "2025-06-02", "kind": "deal", "confidence": "high"} | fields
    frame = pd.DataFrame([{"first_priced": None, "last_priced": None} | row])
    days = ["date", "first_priced", "last_priced"]
    return frame.assign(**{day: pd.to_datetime(frame[day]) for day in days})


def touched(snapshot: Snapshot, **fields: str) -> list[str]:
    """Sessions that one confounder touches, as month-day."""
    spans = confounder_spans(confounder(**fields), snapshot.sessions)
    return [
        f"{day:%m-%d}"
        for first, last in zip(spans["first"], spans["last"], strict=True)
        for day in snapshot.sessions[first : last + 1]
    ]


def test_every_event_firm_and_window_has_one_row(snapshot: Snapshot, windows: pd.DataFrame) -> None:
    """Nothing is left out silently: what cannot be used is there with its reason."""
    choices = snapshot.choices
    expected = len(snapshot.events) * len(choices.firms.studied) * len(choices.windows.bounds)
    assert len(windows) == expected
    assert not windows.duplicated(["event", "ticker", "window"]).any()
    assert (windows["eligible"] == (windows["reason"] == "")).all()


def test_estimation_window_has_length_and_gap(snapshot: Snapshot, windows: pd.DataFrame) -> None:
    """MP on 27 October 2025: 120 sessions, the last one 11 sessions before day 0."""
    row = windows[(windows["ticker"] == "MP") & (windows["day0"] == "2025-10-27")].iloc[0]
    position = position_of(snapshot, row["day0"])
    assert row["estimation_sessions"] == 120
    assert row["estimation_last"] == snapshot.sessions[position - 11]
    assert row["estimation_first"] == snapshot.sessions[position - 130]


def test_event_window_bounds_are_in_event_time(snapshot: Snapshot, windows: pd.DataFrame) -> None:
    """[-1, +1] around 27 October 2025 runs from Friday to Tuesday."""
    chosen = (windows["window"] == "car_m1_1") & (windows["day0"] == "2025-10-27")
    row = windows[chosen].iloc[0]
    assert row["first"] == pd.Timestamp("2025-10-24")
    assert row["last"] == pd.Timestamp("2025-10-28")
    assert snapshot.choices.windows.bounds["car_m1_1"] == (-1, 1)


@pytest.mark.parametrize(("own", "eligible"), [(59, False), (60, True)])
def test_listing_bounds_the_estimation_window(snapshot: Snapshot, own: int, eligible: bool) -> None:
    """USAR needs 60 own returns; the return of its first day starts from the shell's price."""
    listed = position_of(snapshot, pd.Timestamp("2025-03-14"))
    frame = firm_windows(with_event(snapshot, listed + own + snapshot.choices.estimation.gap))
    row = frame[(frame["ticker"] == "USAR") & (frame["window"] == "car_0_0")].iloc[0]
    assert row["estimation_sessions"] == own
    assert row["eligible"] == eligible
    assert row["reason"] == (
        "" if eligible else "59 estimation sessions since 2025-03-14, 60 needed"
    )


def test_event_before_the_listing_is_left_out_with_the_reason(windows: pd.DataFrame) -> None:
    """USAR has no window in February 2025, and the table says why."""
    row = windows[(windows["ticker"] == "USAR") & (windows["day0"] == "2025-02-04")].iloc[0]
    assert not row["eligible"]
    assert row["reason"] == "window starts before the second own price (first: 2025-03-14)"


def test_window_beyond_the_last_price_is_left_out(snapshot: Snapshot) -> None:
    """[0, +10] that ends on the last session is complete; one session later it is not."""
    complete, cut = (
        firm_windows(with_event(snapshot, len(snapshot.sessions) - left)).set_index(
            ["ticker", "window"]
        )
        for left in (11, 10)
    )
    assert complete.loc[("MP", "car_0_10"), "last"] == snapshot.sessions[-1]
    assert complete.loc[("MP", "car_0_10"), "eligible"]
    reason = cut.loc[("MP", "car_0_10"), "reason"]
    assert reason == "window ends after the last price (2026-07-31)"
    assert cut["last"].isna()["MP", "car_0_10"]


def test_unknown_hour_touches_two_sessions(snapshot: Snapshot) -> None:
    """Without a first priced session the date and the next session count."""
    assert touched(snapshot) == ["06-02", "06-03"]


def test_weekend_news_touches_the_next_two_sessions(snapshot: Snapshot) -> None:
    """A date without a session moves to the next one."""
    assert touched(snapshot, date="2025-06-07") == ["06-09", "06-10"]


def test_known_hour_touches_one_session(snapshot: Snapshot) -> None:
    """With the first priced session known, only that one counts."""
    assert touched(snapshot, first_priced="2025-06-03") == ["06-03"]


def test_stated_end_is_used(snapshot: Snapshot) -> None:
    """A span that the source states is taken as it is."""
    span = touched(snapshot, first_priced="2025-06-02", last_priced="2025-06-05")
    assert span == ["06-02", "06-03", "06-04", "06-05"]


def test_unverified_confounder_touches_nothing(snapshot: Snapshot) -> None:
    """What has no source excludes nothing."""
    assert touched(snapshot, confidence="unverified") == []


def test_confounder_after_the_data_touches_nothing(snapshot: Snapshot) -> None:
    """News beyond the last price hits no session."""
    assert touched(snapshot, date="2026-09-01") == []


@pytest.mark.parametrize(("ticker", "firms"), [("MP", {"MP"}), ("ALL", None)])
def test_all_touches_every_firm(snapshot: Snapshot, ticker: str, firms: set[str] | None) -> None:
    """A confounder of one firm spoils that firm's windows, one of ALL every firm's."""
    position = position_of(snapshot, pd.Timestamp("2025-06-02"))
    one = dataclasses.replace(with_event(snapshot, position), confounders=confounder(ticker=ticker))
    frame = firm_windows(one)
    hit = set(frame.loc[frame["contaminated"], "ticker"])
    assert hit == (firms or set(snapshot.choices.firms.studied))


def test_contamination_is_told_window_by_window(snapshot: Snapshot) -> None:
    """News that is priced three sessions after day 0 spoils [0, +4] but not [0, +1]."""
    position = position_of(snapshot, pd.Timestamp("2025-06-02"))
    news = confounder(date="2025-06-04", first_priced="2025-06-05")
    one = dataclasses.replace(with_event(snapshot, position), confounders=news)
    frame = firm_windows(one)
    rows = frame[frame["ticker"] == "MP"].set_index("window")
    spoiled = rows.index[rows["contaminated"]]
    assert list(spoiled) == ["car_0_4", "car_0_10", "car_0_20"]
    assert set(rows.loc[spoiled, "confounders"]) == {"2025-06-04 deal"}


def test_contamination_does_not_decide_eligibility(windows: pd.DataFrame) -> None:
    """A spoiled window stays eligible: leaving it out is the analyst's choice."""
    assert (windows["contaminated"] & windows["eligible"]).any()


def test_returns_of_a_shell_are_missing(snapshot: Snapshot) -> None:
    """USAR has returns from the session after its listing, MP from the second price on."""
    returns = listed_returns(snapshot)
    assert returns.shape == snapshot.prices.shape
    assert returns["USAR"].first_valid_index() == pd.Timestamp("2025-03-17")
    assert returns["MP"].first_valid_index() == snapshot.sessions[1]


def test_returns_follow_the_study(snapshot: Snapshot) -> None:
    """Simple returns by default, log returns if the study says so."""
    choices = dataclasses.replace(snapshot.choices, returns="log")
    logs = listed_returns(dataclasses.replace(snapshot, choices=choices))["MP"].iloc[1:]
    simple = listed_returns(snapshot)["MP"].iloc[1:]
    np.testing.assert_allclose(np.expm1(logs), simple, rtol=1e-9, atol=1e-12)
