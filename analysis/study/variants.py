"""Variants of the panel: the same events and rules with one choice changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

import pandas as pd

from analysis.estimators.arrays import Bools
from analysis.reads import vary
from analysis.snapshot.optional_choices import Coding
from analysis.study.panel import (
    Panel,
    build_panel,
    estimated_again,
    event_sessions,
    under,
    with_events,
)

__all__ = ["VARIANTS", "coded_events", "events_between", "judgement_calls", "returns_between"]


def judgement_calls(events: pd.DataFrame) -> Bools:
    """Mark events with another possible direction, or whose coding or sign is a judgement."""
    judged = events["judgement"] == "yes"
    marked: Bools = (judged | (events["alternative_direction"] != "")).to_numpy()
    return marked


def coded_events(events: pd.DataFrame, coding: Coding) -> pd.DataFrame:
    """Return the event list under a coding; what it leaves out is treated as never listed."""
    judged = events["alternative_direction"] != ""
    if coding == "judgement_out":
        return events[~judged]
    if coding == "sector_only":
        return events[events["scope"] == "sector"]
    if coding == "judgement_recoded":
        turned = events["alternative_direction"].where(judged, events["direction"])
        return events.assign(direction=turned)
    if coding == "alternative_day":
        return events.assign(day0=events["alternative_day0"].fillna(events["day0"]))
    return events


def events_between(panel: Panel, first: pd.Timestamp, last: pd.Timestamp) -> Panel:
    """Return the panel with the events of a part of the calendar, ends included.

    Estimation windows reach back beyond ``first``, as they do in the whole sample.
    """
    day = panel.events["day0"]
    return with_events(panel, panel.events[(day >= first) & (day <= last)])


def returns_between(panel: Panel, first: pd.Timestamp, last: pd.Timestamp) -> Panel:
    """Return the panel with missing returns outside a part of the calendar, ends included."""
    session = panel.returns.index
    inside = pd.Series((session >= first) & (session <= last), session)
    return vary(panel, returns=panel.returns.where(inside, axis=0))


def _found_beside_back(panel: Panel) -> Panel:
    status = panel.events["status"].replace("found_beside", "confirmatory")
    return vary(panel, events=panel.events.assign(status=status))


def _other_day(panel: Panel) -> Panel:
    events = coded_events(panel.snapshot.events, "alternative_day")
    return under(build_panel(vary(panel.snapshot, events=events)), panel.rules)


def _day_zero_only(panel: Panel) -> Panel:
    choices = panel.snapshot.choices
    windows = replace(choices.windows, primary="car_0_0")
    return vary(panel, snapshot=vary(panel.snapshot, choices=replace(choices, windows=windows)))


def _with_model(model: Literal["mean", "market_adjusted"]) -> Callable[[Panel], Panel]:
    """Take another model of the normal return; fitted intercepts carry a rally into the event."""

    def change(panel: Panel) -> Panel:
        choices = panel.snapshot.choices
        changed = replace(choices, estimation=replace(choices.estimation, model=model))
        return estimated_again(panel, vary(panel.snapshot, choices=changed))

    return change


def _intercept_switched(panel: Panel) -> Panel:
    """Fit the market model with an intercept where the rules have none, and the other way round."""
    normal: Literal["intercept", "none"] = "none" if panel.intercept else "intercept"
    return under(panel, replace(panel.rules, normal=normal))


def _log_returns(panel: Panel) -> Panel:
    choices = replace(panel.snapshot.choices, returns="log")
    return estimated_again(panel, vary(panel.snapshot, choices=choices))


VARIANTS: Mapping[str, Callable[[Panel], Panel]] = {
    "baseline": lambda panel: panel,
    "contaminated windows back": lambda panel: vary(
        panel, clean=pd.DataFrame(True, panel.clean.index, panel.clean.columns)
    ),
    "events found beside large days back": _found_beside_back,
    "judgement calls dropped": lambda panel: with_events(
        panel, panel.events[~judgement_calls(panel.events)]
    ),
    "judgement calls flipped": lambda panel: with_events(
        panel, coded_events(panel.events, "judgement_recoded")
    ),
    "open days at the other session": _other_day,
    "day 0 only": _day_zero_only,
    "listed events out of estimation": lambda panel: estimated_again(
        panel, panel.snapshot, event_sessions(panel)
    ),
    "intercept switched": _intercept_switched,
    "return less market": _with_model("market_adjusted"),
    "return less own mean": _with_model("mean"),
    "log returns": _log_returns,
}
