"""Properties of the committed data that the study rests on."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.snapshot.calendar import nyse_sessions
from analysis.snapshot.episodes import assign_episodes
from analysis.snapshot.load import Snapshot

DATA = Path(__file__).resolve().parents[2] / "data"


def test_prices_have_no_hole(snapshot: Snapshot) -> None:
    """Sessions × tickers of positive finite prices, on the exchange's own calendar."""
    prices = snapshot.prices
    assert prices.shape == (608, 16)
    assert bool((prices > 0).all(axis=None))
    assert prices.index.equals(nyse_sessions(prices.index[0], prices.index[-1]))


def test_calendar_knows_holidays_and_half_days() -> None:
    """Thanksgiving 2025 is no session, the half-day after it is one."""
    sessions = nyse_sessions(pd.Timestamp("2025-11-26"), pd.Timestamp("2025-11-30"))
    assert list(sessions.strftime("%m-%d")) == ["11-26", "11-28"]


def test_days_of_the_news_items_are_exploratory(snapshot: Snapshot) -> None:
    """Every event on a highlighted day is marked as seed, and no other one is."""
    highlights = snapshot.choices.highlights
    days = pd.to_datetime([highlights["truce"], highlights["rebound"]])
    on_those_days = snapshot.events["day0"].isin(days)
    assert (on_those_days == (snapshot.events["status"] == "seed")).all()
    assert on_those_days.sum() == 3


def test_events_found_by_their_outcome_are_marked(snapshot: Snapshot) -> None:
    """A note that says so and the status agree, also for those found beside such a day."""
    marks = {"selected_on_outcome": ("Selected on outcome", 2), "found_beside": ("next to it", 3)}
    for status, (words, count) in marks.items():
        said = snapshot.events["note"].str.contains(words)
        assert (said == (snapshot.events["status"] == status)).all()
        assert said.sum() == count


def test_alternative_coding_only_where_the_note_doubts(snapshot: Snapshot) -> None:
    """No recoding is invented: every one stands beside a note that calls the coding open."""
    recoded = snapshot.events[snapshot.events["alternative_direction"] != ""]
    doubt = re.compile(r"judgement|two-sided|ambiguous|sensitivity", re.IGNORECASE)
    assert len(recoded) == 7
    assert recoded["note"].str.contains(doubt).all()


def test_second_coding_agrees_where_the_dictionary_says_so(snapshot: Snapshot) -> None:
    """``data/README.md`` says that it agrees on every row."""
    assert "agrees with the first on every row" in (DATA / "README.md").read_text("utf-8")
    assert (snapshot.events["second_direction"] == snapshot.events["direction"]).all()


def test_the_names_of_series_are_those_of_the_dictionary(snapshot: Snapshot) -> None:
    """Every committed series stands in the dictionary's table."""
    text = (DATA / "README.md").read_text("utf-8")
    names = set(snapshot.customs["series"])
    assert all(f"`{name}`" in text or name.startswith("comtrade_group_") for name in names)


def test_customs_figures_that_the_truce_item_quotes(snapshot: Snapshot) -> None:
    """Magnets 6,146 to 5,774 t and the total 5,791.8 to 4,000.3 t, August to September 2025."""
    customs = snapshot.customs.set_index(["series", "month"])["value"].to_dict()
    august, september = pd.Period("2025-08"), pd.Period("2025-09")
    assert customs["magnets_total", august] == 6146
    assert customs["magnets_total", september] == 5774
    assert customs["rare_earths_total", august] == 5791.8
    assert customs["rare_earths_total", september] == 4000.3


def test_january_and_february_sums_hold(snapshot: Snapshot) -> None:
    """Where both single months and their sum are printed, they agree to rounding."""
    rows = snapshot.customs[["series", "coverage", "month", "value"]].itertuples(index=False)
    customs: dict[tuple[str, str, pd.Period], float] = {(s, c, m): v for s, c, m, v in rows}
    compared = 0
    for (series, coverage, month), total in customs.items():
        single = [(series, "month", m) for m in (month - 1, month)]
        if coverage == "jan_feb" and customs.keys() >= {*single}:
            assert math.isclose(sum(customs[key] for key in single), total, rel_tol=1e-3)
            compared += 1
    assert compared == 5


def test_derived_rows_are_marked(snapshot: Snapshot) -> None:
    """A note that says DERIVED and the status agree, on 48 rows."""
    said = snapshot.customs["note"].str.contains("DERIVED")
    assert (said == (snapshot.customs["status"] == "derived")).all()
    assert said.sum() == 48


def test_events_form_34_episodes(snapshot: Snapshot) -> None:
    """Grouping all day 0s within two sessions, chained, gives 34 episodes."""
    distance = snapshot.choices.episodes.distance
    episodes = assign_episodes(
        snapshot.events, snapshot.sessions, distance, snapshot.choices.directions
    )
    assert episodes["episode"].nunique() == episodes["episode"].max() == 34
    position = snapshot.sessions.get_indexer(pd.Index(episodes["day0"]))
    gaps = pd.Series(position).groupby(episodes["episode"].to_numpy()).agg(["min", "max"])
    assert (gaps["min"].iloc[1:].to_numpy() - gaps["max"].iloc[:-1].to_numpy() > distance).all()


def test_leaving_a_row_out_can_split_an_episode(snapshot: Snapshot) -> None:
    """Episodes follow the set of events: a chain breaks when its middle link is gone."""
    days = snapshot.sessions[[10, 12, 14]]
    events = pd.DataFrame({"id": ["a", "b", "c"], "day0": days, "direction": "easing"})
    directions = snapshot.choices.directions
    whole = assign_episodes(events, snapshot.sessions, 2, directions)
    broken = assign_episodes(events.drop(index=1), snapshot.sessions, 2, directions)
    assert list(whole["episode"]) == [1, 1, 1]
    assert list(broken["episode"]) == [1, 2]


@pytest.mark.parametrize("other", ["tightening", "disappointment", "support"])
def test_episode_with_opposite_signs_is_mixed(snapshot: Snapshot, other: str) -> None:
    """Easing beside any other direction is mixed; the others among themselves are not."""
    days = snapshot.sessions[[10, 11, 50, 51]]
    words = ["easing", other, "support", other]
    events = pd.DataFrame({"id": list("abcd"), "day0": days, "direction": words})
    mixed = assign_episodes(events, snapshot.sessions, 2, snapshot.choices.directions)["mixed"]
    assert list(mixed) == [True, True, False, False]


def test_data_name_no_package_registry() -> None:
    """The files speak of their own sources only."""
    hosts = re.compile("|".join(["py" + "pi", "python" + "hosted", "npm" + "js", r"debian\.org"]))
    for path in DATA.iterdir():
        if path.is_file():
            assert not hosts.search(path.read_text(encoding="utf-8")), path.name
