"""How many firms an episode holds is counted on its days, and told where its number is told."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.questions.event_windows import baskets, by_direction, episode_days
from analysis.questions.rows_used import rows_entered
from analysis.snapshot.rules import Rules
from analysis.study.episodes import count_firms, tell_firms
from analysis.study.panel import Panel, build_panel, under

DAYS = ["2026-01-12", "2026-02-10", "2026-03-10", "2026-03-11", "2026-04-14"]


def test_firms_are_counted_over_the_days_of_an_episode():
    """Two days with MP and with CRML hold two firms; a fund of the portfolio is none."""
    days = pd.DataFrame(
        {"episode": [1, 1, 2, 3], "members": ["MP", "CRML", "MP,USAR,CRML,REMX", "MP"]}
    )
    counts = count_firms(days, ("MP", "USAR", "CRML"))
    assert counts.to_dict() == {1: 2, 2: 3, 3: 1}
    assert tell_firms(counts) == "3 firms in 1, 2 in 1, 1 in 1"
    assert tell_firms(counts[counts == 1]) == "1 firm in 1"
    assert tell_firms(counts[:0]) == "none"


@pytest.fixture
def planted(simulate) -> Panel:
    """Four episodes: USAR has news of its own in the first, on one of the two days of the third."""
    spoiled = [
        {"ticker": ticker, "kind": "other", "date": day, "first_priced": day, "last_priced": day}
        for ticker, day in (("USAR", DAYS[0]), ("USAR", DAYS[2]), ("MP", DAYS[4]))
    ]
    spoiled.append(spoiled[-1] | {"ticker": "CRML"})
    news = [{"day0": day, "direction": "tightening"} for day in DAYS]
    return under(build_panel(simulate(news, confounders=spoiled)), Rules())


@pytest.mark.slow
def test_pooled_numbers_say_how_many_firms_their_episodes_hold(planted):
    """Two of four episodes hold all three firms, one holds two and one a single one."""
    frame = by_direction.pooled_by_direction(planted).set_index("clean")
    frame = frame[(frame["kind"] == "tightening") & (frame["window"] == "car_0_0")]
    row, everyone = frame.loc[True], frame.loc[False]
    assert (row["episodes"], row["whole"], row["firms"]) == (4, 2, 9 / 4)
    assert (everyone["whole"], everyone["firms"]) == (4, 3)
    numbers = {n.key: n for n in by_direction.compute(planted).numbers}
    assert numbers["pooled.tightening.car_0_0.whole"].value == 2
    (events, _) = rows_entered(planted, "pooled.tightening.car_0_0.mean")
    assert events.what.endswith("episodes hold: 3 firms in 2, 2 in 1, 1 in 1")


def test_the_table_of_episodes_says_how_many_enter(planted):
    """The third episode holds USAR on its second day, whose window the news does not touch."""
    (table,) = episode_days.compute(planted).tables
    assert table.frame["in_test"].tolist() == [2, 3, 3, 1]
    assert table.frame["members"].tolist() == ["MP,USAR,CRML"] * 4


def test_baskets_of_claims_alone_stand_in_no_table(committed: Panel) -> None:
    """They are those that the study names; all others are tabulated, in its order."""
    choices = committed.snapshot.choices
    assert not set(choices.claims_only) & baskets.members(committed).keys()
    own = replace(choices, claims_only=("processors",))
    told = baskets.members(replace(committed, snapshot=replace(committed.snapshot, choices=own)))
    assert [*told] == [
        "core", "heavy_exposed", "producer", "explorers", "metals_funds", "cyclical_funds",
        "cyclicals_apart", "listed_before", "peers", "placebo",
    ]  # fmt: skip
