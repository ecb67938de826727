"""Moves without signs: which days are in a group, what is said of them, what is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.publish.figures import draw
from analysis.questions.moves import mean_squares
from analysis.study.panel import Panel, build_panel
from analysis.study.series import other_sessions

DAYS = ["2025-11-20", "2025-12-09", "2026-01-12", "2026-02-10", "2026-03-10", "2026-04-14"]


@pytest.fixture(scope="module")
def frame(quick: Panel) -> pd.DataFrame:
    """The comparison on the committed data."""
    return mean_squares.moves(quick).set_index(["measure", "news", "row"]).sort_index()


def test_all_days_are_the_confirmatory_ones(quick: Panel, frame: pd.DataFrame) -> None:
    """With all firms kept: every confirmatory day 0 once; other sessions hold no listed event."""
    events = quick.events[quick.events["status"] == "confirmatory"]
    at = ("square", ".kept", "all")
    assert frame["days"].to_dict()[at] == events["day0"].nunique()
    assert frame["others"].to_dict()[at] <= len(other_sessions(quick))
    assert not other_sessions(quick).isin(quick.events["day0"]).any()


def test_a_day_of_two_groups_is_in_neither(quick: Panel, frame: pd.DataFrame) -> None:
    """Directions share days; what is left of each is no more than its own days."""
    events = quick.events[quick.events["status"] == "confirmatory"]
    shared = quick.events.groupby("day0")["direction"].nunique()
    for name in ("tightening", "support"):
        own = events.loc[events["direction"] == name, "day0"].unique()
        expected = (shared.reindex(own) == 1).sum()
        assert frame["days"].to_dict()["square", ".kept", f"direction.{name}"] <= expected
    groups = frame.xs(("square", ".kept")).groupby("by")["days"].sum()
    assert (groups.drop("") <= groups[""]).all()


def test_ratios_are_near_those_of_a_second_computation(frame: pd.DataFrame) -> None:
    """In absolute terms 1.5 over all days, support 1.8 to 2.0, scheduled news 1.03."""
    ratios = frame["ratio"].xs(("absolute", ".kept")).to_dict()
    assert ratios["all"] == pytest.approx(1.5, abs=0.1)
    assert 1.7 < ratios["direction.support"] < 2.1
    assert ratios["timing.scheduled"] == pytest.approx(1.03, abs=0.05)
    assert 1.15 < ratios["pooled.policy"] < 1.35


def test_groups_below_three_episodes_are_counted_alone(frame: pd.DataFrame) -> None:
    """One day of a single firm's news: no ratio, no p, no place in the family."""
    row = frame.xs(("square", "", "actor.firm")).to_dict()
    assert row["episodes"] < 3
    assert np.isnan([row[name] for name in ("ratio", "p", "holm")]).all()


def test_verdicts_follow_the_numbers(quick: Panel, frame: pd.DataFrame) -> None:
    """Each word is that of its rule; every number has its key."""
    found = mean_squares.compute(quick)
    said = {v.key: v.verdict for v in found.verdicts}
    p = frame["p"].to_dict()["square", "", "all"]
    assert said["moves.all"] == ("larger" if p < 0.05 else "within noise")
    assert said["moves.nested"] == "Firm and Partners"
    keys = {n.key: n for n in found.numbers}
    number = keys["moves.actor.china.square.ratio"]
    low, value, high = np.array([number.low, number.value, number.high], dtype=float)
    assert low < value < high
    assert "moves.actor.firm.square.ratio" not in keys


def test_planted_moves_are_larger_whatever_their_sign(simulate) -> None:
    """Ups and downs of four percent on unlabelled events; no group but the direction is known."""
    plant = {(f, d): 0.06 * (-1) ** n for n, d in enumerate(DAYS) for f in ("MP", "USAR", "CRML")}
    panel = build_panel(simulate([{"day0": d, "direction": "support"} for d in DAYS], plant))
    found = mean_squares.compute(panel)
    said = {v.key: v.verdict for v in found.verdicts}
    assert (said["moves.all"], said["moves.choices"]) == ("larger", "stable")
    assert {row.split(".")[0] for row in found.datasets[0].frame["row"]} <= {
        "all", "direction", "timing",
    }  # fmt: skip


def test_a_study_without_confirmatory_events_has_no_ratio(simulate) -> None:
    """An empty table, no figure, and a verdict that says so."""
    rows = [{"day0": d, "direction": "support", "status": "seed"} for d in DAYS]
    found = mean_squares.compute(build_panel(simulate(rows)))
    assert (found.numbers, found.figures) == ([], [])
    assert {v.verdict for v in found.verdicts if v.key == "moves.all"} == {"not testable"}


def test_the_figure_says_what_it_shows(quick: Panel, tmp_path: Path) -> None:
    """One row a group; the text alternative holds the ratios."""
    (figure,) = mean_squares.compute(quick).figures
    draw(figure, tmp_path / "m.svg")
    groups = figure.data["groups"].set_index("group")["ratio"]
    assert f"({groups.idxmax()})" in figure.alt
    assert figure.alt.split(":")[0] in (tmp_path / "m.svg").read_text(encoding="utf-8")
