"""No look-ahead: on data cut at a past day, whatever is dated before that day is what it was.

Each measure is a frame whose index says what a row is, with the day from which it could be known
under ``known``. Rows known by the day of the cut must be the same, bit for bit or to rounding
where sums run over the whole sample, whether or not later data are there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.conformal import conformal
from analysis.questions.customs.forecasts import forecasts
from analysis.questions.customs.surprises import surprises
from analysis.questions.relative_beta.betas import rolling
from analysis.questions.volatility.pair_trade import ENTRIES, account
from analysis.snapshot.claims import OnEvents
from analysis.snapshot.customs import release_days
from analysis.snapshot.cut import cut_snapshot
from analysis.snapshot.portfolios import equal, parse_portfolio
from analysis.study.customs import release_returns, seasonal_changes
from analysis.study.episodes import judge_events
from analysis.study.panel import Panel, build_panel
from analysis.study.responses import cumulate, fit_events
from analysis.study.series import log_volatility_ratio, net_returns

CUTS = ["2025-08-29", "2025-11-14", "2026-04-30"]
EVERY_MONTH = pd.date_range("2025-04-30", "2026-07-31", freq="ME").strftime("%Y-%m-%d")


def panel_at(panel: Panel, day: str) -> Panel:
    """Build the panel of the data as they could have been known at the close of a day."""
    return build_panel(cut_snapshot(panel.snapshot, pd.Timestamp(day)))


def sessions_later(panel: Panel, days: pd.Series | pd.Index, sessions: int) -> pd.DatetimeIndex:
    """Return the session so many sessions after each day, missing beyond the data."""
    at = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(days))
    later = pd.Series(panel.snapshot.sessions).shift(-sessions)
    return pd.DatetimeIndex(later.to_numpy()[at])


def measure_surprises(panel: Panel) -> pd.DataFrame:
    """What a release told that was new, by its release day."""
    frame = surprises(panel)
    known = frame["release_date"]
    return frame.assign(known=known).set_index(["series", "month", "coverage"])


def measure_forecasts(panel: Panel) -> pd.DataFrame:
    """The forecasts of each print and which of them was chosen, by its release day."""
    frame = forecasts(panel)
    known = frame["release_date"]
    return frame.assign(known=known).set_index(["series", "month", "coverage"])


def measure_releases(panel: Panel) -> pd.DataFrame:
    """The session of each release, by its release day."""
    frame = release_days(panel.snapshot.customs, panel.snapshot.sessions)
    frame = frame.dropna(subset="session").drop(columns="reason")
    return frame.assign(known=frame["session"]).set_index(["series", "month", "coverage"])


def measure_release_returns(panel: Panel) -> pd.DataFrame:
    """Response and change on release days, known when its window and the quiet after it end."""
    frame, choices = release_returns(panel), panel.snapshot.choices
    last = max(choices.customs.release_window[1], choices.episodes.distance)
    known = sessions_later(panel, frame["day0"], last)
    return frame.assign(known=known).set_index(["series", "month", "coverage"])


def measure_rolling(panel: Panel) -> pd.DataFrame:
    """Rolling and exponentially weighted betas, by the last session of the window."""
    frame = rolling(panel)
    return frame.assign(known=frame["session"]).set_index(["firm", "session"])


def measure_trades(panel: Panel) -> pd.DataFrame:
    """The net return of a trade on every session and the account, by the day of the exit."""
    pair = parse_portfolio("all(heavy_exposed) - producer", panel.snapshot)
    frames, holding = [], panel.snapshot.choices.pair.holding
    for entry, delay in ENTRIES.items():
        net = net_returns(panel, pair, delay).rename("net").rename_axis("signal").reset_index()
        net["known"] = sessions_later(panel, net["signal"], delay + holding)
        trades = account(panel, pair, delay).trades
        frames += [net.assign(of=entry), trades.assign(known=trades["exit"], of=f"account {entry}")]
    return pd.concat(frames).set_index(["of", "signal"])


def measure_conditions(panel: Panel) -> pd.DataFrame:
    """Which events meet what a claim asks of the time before them, known on day 0."""
    frames = []
    for claim in panel.snapshot.registered.values():
        sides = claim.sides.values() if isinstance(claim, OnEvents) else ()
        for events in sides:
            if events.where:
                judged = judge_events(panel, panel.events.index, events)
                met = judged["left_out"] != "a condition of the claim is not met"
                frames.append(pd.DataFrame({"met": met, "known": judged["day0"], "of": claim.id}))
    return pd.concat(frames).set_index("of", append=True)


def measure_responses(panel: Panel) -> pd.DataFrame:
    """Abnormal returns of every firm and of the core portfolio, by the end of each window."""
    frames, core = [], equal(panel.snapshot.choices.firms.core)
    after = cumulate(panel, core, (2, 4), clean=(0, 4), follows=(0, 1)).at_events(panel)
    after = after.join(panel.events["day0"]).reset_index().assign(ticker="core", window="after")
    frames.append(after.assign(known=sessions_later(panel, after["day0"], 4)))
    for name, (first, last) in panel.snapshot.choices.windows.bounds.items():
        study = panel.event_study
        firms = pd.concat([study.rows[["id", "ticker", "day0"]], study.car(first, last)], axis=1)
        together = cumulate(panel, core, (first, last)).at_events(panel)
        together = together.join(panel.events["day0"]).reset_index().assign(ticker="core")
        for frame in (firms, together):
            known = sessions_later(panel, frame["day0"], last)
            frames.append(frame.assign(known=known, window=name))
    return pd.concat(frames).dropna(subset="car").set_index(["window", "id", "ticker"])


def measure_conformal(panel: Panel) -> pd.DataFrame:
    """Conformal p-values of day 0."""
    fitted = fit_events(panel, equal(panel.snapshot.choices.firms.core))
    found = conformal(fitted, 0, 0)[["p", "p_min"]]
    rows = fitted.rows[["id", "day0"]]
    return pd.concat([rows, found], axis=1).assign(known=rows["day0"]).set_index("id")


def measure_volatility(panel: Panel) -> pd.DataFrame:
    """Volatility after over before around every session, by the end of the window after it."""
    core, frames = equal(panel.snapshot.choices.firms.core), []
    for last in (5, 20):
        ratio = log_volatility_ratio(panel, core, (1, last), (-20, -1)).rename_axis("session")
        frame = ratio.rename("ratio").reset_index().assign(window=last)
        frames.append(frame.assign(known=sessions_later(panel, frame["session"], last)))
    return pd.concat(frames).set_index(["window", "session"])


def measure_seasons(panel: Panel) -> pd.DataFrame:
    """Changes less those of earlier years, by the release day, or two months after the start."""
    adjusted = seasonal_changes(panel, "rare_earths_total").rename("adjusted")
    rows = panel.snapshot.customs
    rows = rows[(rows["series"] == "rare_earths_total") & (rows["coverage"] == "month")]
    undated = rows["month"].dt.start_time + pd.DateOffset(months=2)
    known = rows["release_date"].fillna(undated).set_axis(pd.PeriodIndex(rows["month"]))
    return adjusted.to_frame().join(known.rename("known"))


MEASURES: list[Callable[[Panel], pd.DataFrame]] = [
    measure_surprises,
    measure_forecasts,
    measure_releases,
    measure_release_returns,
    measure_rolling,
    measure_trades,
    measure_conditions,
    measure_responses,
    measure_conformal,
    measure_volatility,
    measure_seasons,
]


def moved(whole: pd.DataFrame, part: pd.DataFrame, day: str) -> pd.DataFrame:
    """Return the rows known by a day that are not the same in both, from either."""
    end = pd.Timestamp(day)
    before, after = (frame[frame["known"] <= end].sort_index() for frame in (part, whole))
    either = before.index.union(after.index)
    before, after = before.reindex(either), after.reindex(either)
    same = pd.Series(True, either)
    for name in before:
        old, new = before[name], after[name]
        if old.dtype.kind == "f" and new.dtype.kind == "f":
            same &= np.isclose(old, new, rtol=1e-9, atol=1e-12, equal_nan=True)
        else:
            same &= (old == new) | (old.isna() & new.isna())
    return after[~same.to_numpy()]


@pytest.fixture(scope="module")
def whole(committed) -> dict[str, pd.DataFrame]:
    """Every measure on all data."""
    return {measure.__name__: measure(committed) for measure in MEASURES}


def hold_against(whole: dict[str, pd.DataFrame], panel: Panel, day: str) -> None:
    """Compute every measure on the data cut at a day: what was known by then is the same."""
    part = panel_at(panel, day)
    for measure in MEASURES:
        frame = measure(part)
        assert (frame["known"].dropna() <= pd.Timestamp(day)).all(), measure.__name__
        differ = moved(whole[measure.__name__], frame, day)
        assert differ.empty, f"{measure.__name__} at {day}:\n{differ.to_string()}"
        assert (whole[measure.__name__]["known"] <= pd.Timestamp(day)).any(), measure.__name__


@pytest.mark.parametrize("day", CUTS)
def test_nothing_dated_before_a_cut_moves(whole, committed, day):
    """On data cut at a day every result dated before it is the one of the whole sample."""
    hold_against(whole, committed, day)


@pytest.mark.slow
@pytest.mark.parametrize("day", EVERY_MONTH)
def test_nothing_dated_before_any_month_moves(whole, committed, day):
    """The same at the end of every month with events."""
    hold_against(whole, committed, day)


def test_a_planted_look_ahead_is_found(committed):
    """A mean over sessions to come moves at the cut; the same over past ones does not."""

    def centred(panel: Panel, centre: bool) -> pd.DataFrame:
        mean = panel.core.rolling(5, center=centre, min_periods=1).mean().rename("mean")
        return mean.to_frame().assign(known=mean.index)

    part = panel_at(committed, CUTS[0])
    for centre, rows in ((True, 2), (False, 0)):
        assert len(moved(centred(committed, centre), centred(part, centre), CUTS[0])) == rows


def test_a_later_release_is_not_known(committed):
    """What the cut leaves is dated by then: prices, releases, events and company news."""
    end = pd.Timestamp(CUTS[1])
    snapshot = cut_snapshot(committed.snapshot, end)
    assert snapshot.sessions[-1] == end
    assert (snapshot.customs["release_date"].dropna() <= end).all()
    assert snapshot.customs["month"].max() == pd.Period("2025-10", "M")
    assert (snapshot.events[["announced", "day0"]] <= end).all(axis=None)
    assert (snapshot.confounders["date"] <= end).all()
