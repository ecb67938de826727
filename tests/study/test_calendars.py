"""Calendars on several exchanges: chains by hand, and rotations that keep what they should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.snapshot.claims import Events
from analysis.snapshot.episodes import assign_episodes
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.study.calendars import Calendars, Episodes, average, chain, rotate
from analysis.study.each_firm import list_episodes, place_days
from analysis.study.each_firm_runs import registered_run
from analysis.study.each_session import FirmTable
from tests.conftest import DATA


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(DATA / "history")


@pytest.fixture(scope="module")
def calendar(earlier: Snapshot) -> Calendars:
    """The calendar of the registered run."""
    return registered_run(earlier).calendar(earlier)


def test_chains_by_hand() -> None:
    """Day 0s one session apart chain, in any order; what is not there neither chains nor counts."""
    places = np.array([[14, 10, 11, 12, 13], [3, 15, 0, 1, 2]])
    there = np.array([[True, True, True, False, True], [True] * 5])
    assert chain(places, there, 1).tolist() == [[1, 0, 0, -1, 1], [0, 1, 0, 0, 0]]


def test_one_calendar_chains_as_episodes_are_assigned(earlier: Snapshot, calendar) -> None:
    """The work on many calendars gives for one what the study says of its episodes."""
    run = registered_run(earlier)
    found = run.average(earlier, calendar)
    listed = list_episodes(earlier, run.firms).set_index("event")["episode"]
    label = pd.Series(found.label[0], calendar.events["id"])
    assert (label[label >= 0] + 1).to_dict() == listed.to_dict()
    events = calendar.events[calendar.events["id"].isin(listed.index)]
    assigned = assign_episodes(events, earlier.sessions, 1, earlier.choices.directions)
    mixed = assigned.groupby("episode")["mixed"].first()
    assert mixed.to_list() == found.mixed[0, : len(mixed)].tolist()


def test_rotations_keep_distances_and_lags(earlier: Snapshot, calendar: Calendars) -> None:
    """Every shift from four to the length less four, once; days go round the span."""
    moved, home = rotate(earlier, calendar), earlier.sessions
    start, end = home.get_indexer(pd.DatetimeIndex(["2010-01-04", "2024-12-31"])).tolist()
    length = end - start + 1
    york = moved.places["XNYS"]
    assert len(york) == length - 7
    out = (calendar.events["day0"] < "2010-01-04").to_numpy()
    assert (york[:, out] == -1).all()
    assert (moved.places["XASX"][:, out] == -1).all()
    steps = (york - calendar.places["XNYS"])[:, ~out] % length
    assert (steps == np.arange(4, length - 3)[:, None]).all()
    same = (calendar.events["day0"] == calendar.events["day0_asx"]).to_numpy()
    frame = registered_run(earlier).table(earlier).sessions["XASX"]
    for event, lag in ((np.flatnonzero(same & ~out)[0], 0), (np.flatnonzero(~same & ~out)[0], 1)):
        expected = place_days(home[york[:, event]], frame, lag)
        assert (moved.places["XASX"][:, event] == expected).all()


def test_a_rotation_by_nothing_is_the_calendar(earlier: Snapshot, calendar: Calendars) -> None:
    """The lag of each event gives its Sydney day back, so that the p of rotations is exact."""
    frame = registered_run(earlier).table(earlier).sessions["XASX"]
    events = calendar.events
    for row in events.to_dict("records"):
        lag = int(row["day0_asx"] > row["day0"])
        place = place_days(pd.DatetimeIndex([row["day0"]]), frame, lag)[0]
        assert frame[place] == row["day0_asx"]


def by_hand(earlier: Snapshot, *, own_news: bool = False) -> Episodes:
    """Three events of two firms on consecutive sessions: easing after two of tightening."""
    sessions = {"XNYS": earlier.sessions, "XASX": earlier.sessions}
    nan = np.nan
    values = (np.array([1.0, 3.0, 7.0, nan]), np.array([5.0, nan, 9.0, nan]))
    table = FirmTable(("A", "B"), ("XNYS", "XASX"), sessions, {"scar": values})
    rows = {"id": ["a", "b", "c"], "direction": ["tightening", "tightening", "easing"]}
    events = pd.DataFrame(rows | {"leave_out": ["B", "", "A"]})
    places = {"XNYS": np.array([[0, 1, 2], [0, 1, -1]]), "XASX": np.array([[0, 1, 2], [0, 1, -1]])}
    calendars = Calendars(events, "XNYS", places)
    return average(earlier, calendars, table, own_news=own_news, measures=["scar"])


def test_averages_by_hand(earlier: Snapshot) -> None:
    """Mean over firms that count, then events; own news leaves a firm out where it is asked to."""
    found, whole = by_hand(earlier), by_hand(earlier, own_news=True)
    assert found.values["scar"][:, 0].tolist() == [(1 + 3 + 9) / 3, (1 + 3) / 2]
    assert whole.values["scar"][:, 0].tolist() == [(3 + 3 + 8) / 3, (3 + 3) / 2]
    assert found.mixed[:, 0].tolist() == [True, False]
    asked = Events(directions=("tightening",))
    assert found.enter(asked)[:, 0].tolist() == [False, True]
    both = Events(directions=("tightening", "easing"), mixed=True)
    assert found.enter(both)[:, 0].tolist() == [True, True]
    assert not found.enter(both)[:, 1:].any()
