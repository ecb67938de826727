"""The window by the hour: day 0 alone where the session is certain, the primary one elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from analysis.questions.event_windows.hours import by_hour, compare_windows, compute, mark_certain
from analysis.snapshot.portfolios import equal
from analysis.study.panel import Panel, build_panel, under
from analysis.study.responses import Responses, cumulate

CORE = ("MP", "USAR", "CRML")
DAYS = ["2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14", "2026-05-12", "2026-06-09"]
AFTER = [f"{pd.Timestamp(day) + pd.Timedelta(days=1):%Y-%m-%d}" for day in DAYS]
CERTAIN, OPEN = slice(0, 3), slice(3, 6)


def rows(**more: str) -> list[dict[str, str]]:
    """Six tightening days: of the first three the session is certain, of the others it is not."""
    return [
        {"day0": day, "direction": "tightening", "session_certain": certain, **more}
        for day, certain in zip(DAYS, ["yes"] * 3 + ["no"] * 3, strict=True)
    ]


def plant(*effects: tuple[list[str], float]) -> dict[tuple[str, str], float]:
    return {(firm, day): effect for days, effect in effects for day in days for firm in CORE}


def responses(panel: Panel) -> tuple[Responses, Responses]:
    return cumulate(panel, equal(CORE), (0, 1)), cumulate(panel, equal(CORE), (0, 0))


@pytest.fixture
def planted(simulate) -> Panel:
    """Eight percent in the session that prices the news; where that is certain, noise after it."""
    effects = plant((DAYS[CERTAIN], 0.08), (AFTER[CERTAIN], -0.08), (AFTER[OPEN], 0.08))
    return build_panel(simulate(rows(), effects, noise=0.02))


@pytest.mark.parametrize("rules", ["registered", "amended"])
def test_the_effect_is_found_where_the_hour_says(planted, rules):
    """By hour the mean is the planted one, with all certain days; the primary window halves it."""
    panel = under(planted, getattr(planted.snapshot.choices.rules, rules))
    frame = compare_windows(panel).set_index("what").loc["tightening"]
    assert frame["effect"] == pytest.approx(0.08, abs=0.015)
    assert frame["effect_primary"] == pytest.approx(0.04, abs=0.015)
    assert (frame["days"], frame["certain"], frame["sample"]) == (6, 3, "6")
    assert frame["p"] < 0.01 < 0.05 < frame["p_primary"]


def test_a_kind_that_turns_is_named(planted):
    """The verdict names what has a p below the size by one window alone."""
    (verdict,) = compute(planted).verdicts
    assert verdict.verdict == "changed"
    assert "tightening" in verdict.evidence.split(", ")


def test_each_event_is_looked_up_in_its_own_window(planted):
    """Values are those of day 0 for certain days and those of the primary window for others."""
    primary, day0 = responses(planted)
    found, wide, narrow = (
        by_hour(planted, primary, day0),
        *(each.at_events(planted)["car"] for each in (primary, day0)),
    )
    ids = list(planted.events.index)
    assert found.index.tolist() == ids
    assert found["car"].tolist() == [*narrow[ids[:3]], *wide[ids[3:]]]


def test_one_open_headline_opens_its_day(simulate):
    """A day with two headlines, one of unknown hour, keeps the primary window for both."""
    more: list[dict[str, Any]] = [*rows(), rows()[0] | {"session_certain": "no"}]
    panel = build_panel(simulate(more))
    assert mark_certain(panel).tolist() == [False, True, True, False, False, False, False]


def test_news_of_a_firm_on_the_next_session_spoils_open_days_alone(simulate):
    """Where day 0 is the whole window a confounder of the day after touches nothing."""
    spoiled = [
        {"ticker": "MP", "kind": "other", "date": day, "first_priced": day, "last_priced": day}
        for day in (AFTER[0], AFTER[3])
    ]
    panel = build_panel(simulate(rows(), confounders=spoiled))
    found = by_hour(panel, *responses(panel))["members"]
    assert found.iloc[0] == "MP,USAR,CRML"
    assert found.iloc[3] == "USAR,CRML"


def test_without_a_certain_session_nothing_changes(planted):
    """A study that states no hours gets the primary window throughout."""
    panel = replace(planted, events=planted.events.assign(session_certain=""))
    frame = compare_windows(panel).dropna(subset="p")
    assert frame["effect"].tolist() == frame["effect_primary"].tolist()
    assert frame["certain"].sum() == 0
