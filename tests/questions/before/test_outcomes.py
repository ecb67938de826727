"""What the study of the earlier years publishes: all that was registered, the rest exploratory."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.questions import answer, question
from analysis.questions.before import drawings
from analysis.questions.before.exploratory import average_paths, square_by_year
from analysis.questions.before.outcomes import decide_registered, report_outcomes, run_beside
from analysis.reads import vary
from analysis.results import Findings
from analysis.results.style import house_style
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.study.both_studies import measure_later
from analysis.study.panel import Panel
from tests.conftest import DATA

EXPLORATORY = ("before_by_year", "before_pooled")


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(DATA / "history")


@pytest.fixture(scope="module")
def answered(committed: Panel) -> Findings:
    """What the study of the items says of the one beside it."""
    return answer(question("Fifteen years before"), committed)


def test_nothing_of_the_registered_list_is_missing(answered: Findings) -> None:
    """Each run of the list is a row for every claim; what is left out in turn has its own table."""
    terms = tomllib.loads((DATA / "registration" / "history.toml").read_text("utf-8"))
    tables = {table.name: table for table in answered.tables}
    words = [entry["words"] for entry in terms["beside"] if entry["id"] != "leave-one-out"]
    shown = tables["before_beside"].frame
    assert shown["words"].to_list() == ["as registered", *words]
    claims = [entry["id"] for entry in terms["claim"]]
    assert list(shown.columns) == ["words", *claims]
    for name in ("before_results", "before_removals"):
        assert tables[name].frame["claim"].to_list() == claims
    assert tables["before_results"].frame["own_news"].str.contains(";").all()


def test_what_is_not_listed_is_called_exploratory(answered: Findings) -> None:
    """Notes, text alternatives and samples say so, and no verdict rests on it."""
    tables = {table.name: table for table in answered.tables}
    for name in EXPLORATORY:
        assert "Exploratory" in tables[name].notes
        assert "exploratory" in tables[name].source.sample
    for figure in answered.figures:
        assert figure.alt.endswith("Exploratory.")
        assert "exploratory" in figure.source.sample
    pooled = [n for n in answered.numbers if n.key.startswith("before.pooled.")]
    assert all("exploratory" in n.source.sample for n in pooled)
    known = {"before.detectable", "before.family", *(f"before.h{n}" for n in range(1, 6))}
    assert {verdict.key for verdict in answered.verdicts} == known


@pytest.mark.slow
def test_runs_beside_have_no_verdict(earlier: Snapshot) -> None:
    """Estimate, unadjusted p and episodes; no test without an episode has an estimate."""
    beside = run_beside(earlier)
    assert not {"verdict", "holm"} & set(beside.columns)
    none = beside["fewest"] == 0
    assert none.any()
    assert beside.loc[none, ["scar", "p"]].isna().all().all()
    assert beside.loc[beside["fewest"] > 1, ["scar", "p"]].notna().all().all()


@pytest.mark.slow
def test_the_note_states_the_choices(earlier: Snapshot) -> None:
    """No choice of the study is typed into the note of the tests."""
    choices = earlier.choices
    bound = replace(choices.registered, bound={"car": 0.07})
    changed = replace(
        choices,
        rules=replace(choices.rules, registered=bound),
        inference=replace(choices.inference, level=0.9),
    )
    study = vary(earlier, choices=changed)
    (table,) = report_outcomes(study, decide_registered(study)).tables[:1]
    assert "Decided at 10%" in table.notes
    assert "exceeds 7% of the price" in table.notes
    assert table.headers["interval"] == "90% interval"


@pytest.mark.slow
def test_a_study_without_a_registration_has_no_runs_beside(earlier: Snapshot) -> None:
    """It is decided all the same, and a dash stands where the run with own news left in would."""
    study = vary(earlier, choices=replace(earlier.choices, registration=""))
    found = report_outcomes(study, decide_registered(study))
    assert [table.name for table in found.tables] == ["before_results", "before_removals"]
    assert set(found.tables[0].frame["own_news"]) == {"–"}


def test_years_hold_all_episodes_once(earlier: Snapshot) -> None:
    """The mean over years, weighted by their episodes, is that of the registered test."""
    held = decide_registered(earlier)
    years = square_by_year(earlier, held)
    tests = held.tests.set_index("claim")
    mean = np.average(years["square"], weights=years["episodes"])
    assert mean == pytest.approx(tests["scar"]["H5"], rel=1e-12)
    assert str(years["episodes"].sum()) == tests["episodes"]["H5"]


def test_paths_start_at_zero_and_hold_the_window(earlier: Snapshot) -> None:
    """They are zero on day -1; on day 1 they are close to the mean CAR of the test."""
    held = decide_registered(earlier)
    paths = average_paths(earlier, held).set_index(["direction", "day"])
    cars = held.tests.set_index("claim")["car"]
    for direction, claim in (("tightening", "H1"), ("easing", "H2"), ("support", "H4")):
        assert paths.loc[(direction, -1), "mean"] == 0
        assert paths.loc[(direction, 1), "mean"] == pytest.approx(cars[claim], abs=0.02)


def test_both_studies_are_joined_episode_by_episode(answered: Findings, committed: Panel) -> None:
    """The pooled mean is that of both parts by their episodes."""
    later = measure_later(committed)
    held = decide_registered(load_snapshot(DATA / "history"))
    (events,) = held.claims["H1"].sides.values()
    own = held.found.values["scar"][0, held.found.enter(events)[0]]
    items = later.values(("tightening",))
    pooled = {n.key: n for n in answered.numbers}["before.pooled.h1.scar"]
    assert pooled.value == pytest.approx(np.concatenate([own, items]).mean(), rel=1e-12)
    assert later.values(("support_withdrawn",)).size == 0


def test_figures_are_drawn(answered: Findings) -> None:
    """A panel a direction, and a panel a test with a row for each part."""
    with house_style():
        for figure in answered.figures:
            canvas = getattr(drawings, figure.kind)(figure.data, **figure.choices)
            frame = next(iter(figure.data.values()))
            by = "direction" if figure.kind == "before_paths" else "claim"
            assert len(canvas.axes) == frame[by].nunique()
    parts = pd.concat([f.data["parts"] for f in answered.figures if "parts" in f.data])
    assert {"items' years", "New York", "Sydney", "REMX alone"} <= set(parts["part"])
