"""Small rules of the questions, each at its bound, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.questions.before.claims_beside import is_conditioned
from analysis.questions.before.exports import publish_exports
from analysis.questions.data import sample
from analysis.questions.moves import mean_squares
from analysis.questions.volatility import other_assets
from analysis.results import Provenance
from analysis.snapshot.claims import Events
from analysis.study.panel import Panel

SOURCE = Provenance.of(is_conditioned, "made up")


@pytest.mark.parametrize(("first", "last"), [(0, 1), (-1, 1), (0, 4)])
def test_assets_are_held_from_the_close_before_to_that_of_the_last_day(
    committed: Panel, first, last
):
    """Over the primary window the growth of prices, by day 0; a group holds equal parts."""
    choices = committed.snapshot.choices
    bounds = choices.windows.bounds
    primary = next(name for name, each in bounds.items() if tuple(each) == (first, last))
    choices = replace(choices, windows=replace(choices.windows, primary=primary))
    committed = replace(committed, snapshot=replace(committed.snapshot, choices=choices))
    held, prices = other_assets._held(committed), committed.snapshot.prices
    place = len(prices) - 40
    for ticker in committed.snapshot.choices.cross_asset.tickers:
        grown = prices[ticker].iloc[place + last] / prices[ticker].iloc[place + first - 1] - 1
        assert held[ticker].iloc[place] == pytest.approx(grown)
    rules, span = committed.snapshot.choices.cross_asset, slice(place + first, place + last + 1)
    for group, tickers in rules.groups.items():
        parts = committed.returns[list(tickers)].mean(axis=1).iloc[span]
        grown = np.prod(1 + parts) - 1
        assert held[f"{group}{other_assets.GROUP}"].iloc[place] == pytest.approx(grown)
    inner = other_assets._inner(committed)
    assert inner == 1 - 2 * committed.snapshot.choices.inference.size


@pytest.mark.parametrize(
    ("p", "overall", "choices"),
    [
        ([0.01, 0.01, 0.01, 0.01], "larger", "stable"),
        ([0.05, 0.9, 0.9, 0.9], "within noise", "stable"),
        ([0.01, 0.9, 0.01, 0.01], "larger", "depends on choices"),
        ([0.9, 0.9, 0.9, 0.0499], "within noise", "depends on choices"),
        ([0.01, np.nan, 0.01, 0.01], "not testable", "not testable"),
    ],
)
def test_moves_are_stable_where_all_four_ways_agree(committed: Panel, p, overall, choices):
    """The first way says whether days moved more; all or none below the size is stable."""
    frame = pd.DataFrame(
        {
            "measure": ["square", "absolute"] * 2,
            "news": ["", "", ".kept", ".kept"],
            "row": mean_squares.ALL,
            "by": "",
            "group": "all",
            "p": p,
            "holm": np.nan,
            "ratio": 1.0,
        }
    )
    said = {v.key: v.verdict for v in mean_squares._verdicts(committed, frame, SOURCE)}
    assert (said["moves.all"], said["moves.choices"]) == (overall, choices)
    assert "moves.groups" not in said
    assert "moves.direction" not in said


def test_the_largest_ratio_is_that_of_a_direction_by_squares():
    """Neither of an actor, nor in absolute terms, nor with firms kept."""
    rows = [
        ("direction", "square", "", "tightening", 1.5),
        ("direction", "square", "", "support", 2.5),
        ("direction", "square", "", "none", np.nan),
        ("direction", "absolute", "", "tightening", 9.0),
        ("direction", "square", ".kept", "tightening", 9.0),
        ("actor", "square", "", "china", 9.0),
    ]
    frame = pd.DataFrame(rows, columns=["by", "measure", "news", "group", "ratio"])
    (found,) = mean_squares._largest(frame, SOURCE)
    assert (found.verdict, found.evidence) == ("support", "tightening 1.50, support 2.50")
    assert mean_squares._largest(frame.iloc[3:], SOURCE) == []


def test_correlations_that_touch_zero_are_not_clear(snapshot):
    """An end of exactly nought is within; months are the fewest of any correlation."""
    months = pd.period_range("2020-01", periods=30, freq="M")
    changes = pd.Series(np.sin(np.arange(30)), months)
    lags = pd.DataFrame(
        {
            "asset": "REMX", "method": ["pearson"] * 4, "lag": [-1, 0, 1, 2], "n": [30, 29, 28, 30],
            "estimate": [0.2, -0.2, 0.4, -0.4], "low": [0.0, -0.4, 0.1, -0.7],
            "high": [0.4, 0.0, 0.7, -0.1], "p": 0.5, "holm": 1.0,
        }
    )  # fmt: skip
    found = publish_exports(snapshot, "before_exports", changes, lags, SOURCE)
    said = {number.key: number.value for number in found.numbers}
    assert said["before.exports.clear"] == 2
    assert said["before.exports.correlations"] == 4
    assert said["before.exports.months"] == 28
    assert said["before.exports.changes"] == 30
    assert said["before.exports.first"] == "January 2020"
    assert said["before.exports.last"] == "June 2022"


def test_a_condition_is_what_plain_events_do_not_ask(mean_of):
    """Events of a direction have none; one more word of it makes one."""
    claim = mean_of("tightening")
    assert not is_conditioned(claim)
    after = replace(claim, events=Events(directions=("tightening",), after=date(2025, 10, 1)))
    assert is_conditioned(after)


def test_listings_within_the_sample_are_told(committed: Panel):
    """The day of a firm listed on the first session or later; that of an older one is not."""
    universe, sessions = committed.snapshot.universe.copy(), committed.snapshot.sessions
    first, second, *_ = committed.snapshot.choices.firms.core
    universe.loc[first, "listed_from"] = sessions[0]
    universe.loc[second, "listed_from"] = sessions[0] - pd.Timedelta(days=1)
    panel = replace(committed, snapshot=replace(committed.snapshot, universe=universe))
    days = sample._days(panel)
    assert days["first_session"][0] == f"{sessions[0]:%Y-%m-%d}"
    assert days["last_session"][0] == f"{sessions[-1]:%Y-%m-%d}"
    assert days[f"{first.lower()}_listed"][0] == f"{sessions[0]:%Y-%m-%d}"
    assert f"{second.lower()}_listed" not in days


def test_what_is_known_of_firms_is_printed_as_what_it_is():
    """Shares in percent, other numbers as such, words as words, before the last two columns."""
    firms = pd.DataFrame(
        {
            "ticker": ["A", "B", "C"],
            "share_of_x": ["0", "1", ""],
            "score": ["0.5", "1.5", "2"],
            "place": ["here", "there", "1"],
            "sessions": 1,
            "volatility": 1.0,
        }
    ).replace("", None)
    frame, columns = sample._with_measures(firms)
    added = {c.name: c for c in columns if c.name in ("share_of_x", "score", "place")}
    assert [c.name for c in columns[-5:-2]] == ["share_of_x", "score", "place"]
    assert columns[-2:] == list(sample.FIRMS[-2:])
    assert columns[:-5] == list(sample.FIRMS[:-2])
    assert (added["share_of_x"].format, added["score"].format) == ("percent0", "decimal2")
    assert added["share_of_x"].header == "Share of x"
    assert added["place"].format == "text"
    assert frame["score"].tolist() == [0.5, 1.5, 2.0]
