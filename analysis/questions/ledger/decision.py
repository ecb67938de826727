"""How one claim was decided: its events, its p-values, its rule as it was applied."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.questions.rows_used import Rows
from analysis.results.formats import event_day, format_value
from analysis.snapshot.claims import Claim, OnEvents
from analysis.snapshot.episodes import Direction
from analysis.study.claim_kinds import list_events
from analysis.study.claims import decide_claim
from analysis.study.episodes import count_firms, tell_firms
from analysis.study.outcomes import Outcome
from analysis.study.panel import Panel
from analysis.study.responses import SERIES
from analysis.study.verdicts import explain

__all__ = ["explain_decision", "list_rows"]


def explain_decision(
    claim: Claim, panel: Panel, published: Mapping[str, float]
) -> list[tuple[str, str]]:
    """Run the test of a claim again and say how it leads to the verdict.

    Parameters
    ----------
    claim : Claim
    panel : Panel
    published : mapping of str to float
        What takes all claims to compute: ``holm``, ``step_down``, ``placebo``, and ``family`` (how
        many claims are adjusted together).

    Returns
    -------
    list of (str, str)
        Label and text.
    """
    outcome, choices = decide_claim(claim, panel), panel.snapshot.choices
    lines = [("placebo", _placebo(outcome, published.get("placebo")))]
    if isinstance(claim, OnEvents):
        first, last = claim.window or choices.windows.primary_bounds
        lines.append(("window", f"event days {event_day(first)} to {event_day(last)}"))
    for events in claim.sides.values() if isinstance(claim, OnEvents) else ():
        names = events.directions or choices.directions
        asked = ", ".join(_described(name, choices.directions[name]) for name in names)
        lines.append(("events", asked + (", signed" if events.signed else "")))
    adjusted = published.get("holm")
    if adjusted is None:
        family = "outside the family: no p-value is adjusted"
    else:
        stepped = published.get("step_down")
        family = f"{published['family']:g} claims; p {outcome.p:.3g}, by Holm {adjusted:.3g}"
        family += "" if stepped is None else f", by joint placebo draws {stepped:.3g}"
    return [*lines, ("family", family), ("applied", explain(panel, claim, outcome, adjusted))]


def _described(name: str, direction: Direction) -> str:
    return f"{name} ({direction.words}; expected sign {event_day(direction.sign)})"


def _placebo(outcome: Outcome, p: float | None) -> str:
    if p is None:
        return "none"
    said = f"p {format_value(p, 'pvalue')}"
    if outcome.null is None:
        return said
    fewest, most = outcome.null().sessions
    return f"{said}; an episode could go to {fewest} quiet sessions at least, {most} at most"


def _tell_held(inside: pd.DataFrame, panel: Panel) -> str:
    """Say how many firms the episodes of each side hold; nothing of a series without firms."""
    if inside.empty or (inside["firms"] == SERIES).any():
        return ""
    days = inside.rename(columns={"firms": "members"})
    firms = panel.snapshot.choices.firms.studied
    told = (tell_firms(count_firms(side, firms)) for _, side in days.groupby("side", sort=False))
    return "; they hold " + " + ".join(told)


def list_rows(claim: OnEvents, panel: Panel) -> list[Rows]:
    """Rows of the events that decide a claim, and of those left out with the reason."""
    events = list_events(claim, panel)
    events["day0"] = events["day0"].dt.strftime("%Y-%m-%d")
    inside = events["left_out"] == ""
    episodes = events[inside].groupby("side", sort=False)["episode"].nunique()
    said = " + ".join(f"{count} of {side}" for side, count in episodes.items())
    said = f"{said or 'no'} episodes{_tell_held(events[inside], panel)}"
    return [
        Rows("events.csv", said, events[inside].drop(columns="left_out")),
        Rows("events.csv", "left out", events.loc[~inside, ["side", "event", "day0", "left_out"]]),
    ]
