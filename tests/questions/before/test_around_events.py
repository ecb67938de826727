"""Returns of the firms of the years before around their events, and what their quiet days hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.publish.interactive import fragment
from analysis.questions import answer, question
from analysis.questions.before.around_events import bands_before, paths_before
from analysis.results import Figure
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.study.each_firm import find_quiet, respond_on_quiet_days
from analysis.study.each_firm_runs import registered_run
from analysis.study.panel import Panel
from tests.conftest import DATA


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(DATA / "history")


@pytest.fixture(scope="module")
def figure(committed: Panel) -> Figure:
    """The interactive figure of the study of the items."""
    (found,) = answer(question("Interactive figure"), committed).figures
    return found


def test_paths_add_up_to_the_responses_of_the_tests(earlier: Snapshot) -> None:
    """Days 0 and 1 of a firm and event are the CAR that the registered tests average."""
    run = registered_run(earlier)
    calendar = run.calendar(earlier)
    paths = paths_before(earlier, run, calendar, (-10, 20))
    sums = paths[paths["day"].isin([0, 1])].groupby(["event", "ticker"])["ar"].sum()
    table = run.table(earlier)
    shown = pd.DataFrame(table.look_up("car", calendar.places)[0], columns=list(table.firms))
    long = shown.assign(event=calendar.events["id"].to_numpy()).melt("event", var_name="ticker")
    cars = long.dropna().set_index(["event", "ticker"])["value"]
    named = calendar.events.set_index("id")["leave_out"].str.split(";")
    kept = [firm not in named[event] for event, firm in cars.index]
    cars = cars[kept]
    assert len(sums) == len(cars) > 80
    np.testing.assert_allclose(sums.loc[cars.index].to_numpy(), cars.to_numpy(), rtol=1e-9)


def test_bands_are_those_of_windows_that_start_on_quiet_days(earlier: Snapshot) -> None:
    """Two sessions: the quantiles of the responses on quiet days; none is long enough for news."""
    bands = bands_before(earlier)
    firms, days = earlier.choices.firms.core, earlier.sessions[find_quiet(earlier)]
    quiet = respond_on_quiet_days(earlier, days, firms).groupby("ticker")["car"]
    two = bands[bands["length"] == 2].set_index("ticker")
    assert set(two.index) == set(firms)
    for end, tail in zip(("low", "high"), earlier.choices.inference.tails, strict=True):
        expected = quiet.quantile(tail).loc[two.index]
        np.testing.assert_allclose(two[end], expected, rtol=1e-9)
    assert (two["dates"] == quiet.size().loc[two.index]).all()
    assert bands["length"].max() == earlier.choices.each_firm.quiet


def test_events_of_both_studies_can_be_chosen(figure: Figure) -> None:
    """The form lists the events in order of time, the firms of both, and holds their paths."""
    page = fragment(figure)
    first, later = figure.data["before_events"].iloc[0], figure.data["events"].iloc[0]
    assert page.index(f'value="{first["event"]}"') < page.index(f'value="{later["event"]}"')
    for firm in ("MP", "USAR", "MCP", "LYC", "ARU"):
        assert page.count(f'name="firm" value="{firm}"') == 1
    assert '"before":{"paths":{' in page
    assert set(figure.data["firms"].query("chosen")["ticker"]) == {"MP", "USAR", "CRML"}
