"""The years before: registration, sample and detectable effects, and nothing of an event."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.questions import answer, left_out, question
from analysis.questions.before.detectable import detectable_effects, report_detectable
from analysis.questions.before.report import list_firms
from analysis.reads import vary
from analysis.results import Findings
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.study.earlier import earlier_study
from analysis.study.panel import Panel, build_panel
from tests.conftest import DATA

TITLE = "Fifteen years before"


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(DATA / "history")


@pytest.fixture(scope="module")
def answered(committed: Panel) -> Findings:
    """What the study of the items says of the one beside it."""
    return answer(question(TITLE), committed)


@pytest.mark.slow
def test_the_study_beside_and_by_itself_answer_alike(answered, earlier: Snapshot) -> None:
    """The paper's numbers are those of a report on the folder alone, but for those of both studies.

    Tables and verdicts as well.
    """
    alone = answer(question(TITLE), build_panel(earlier))
    shared = ("before.pooled.", "claim.")  # what takes both studies
    both = {n.key: n.value for n in answered.numbers if not n.key.startswith(shared)}
    assert both == {n.key: n.value for n in alone.numbers}
    assert {v.key: v.verdict for v in answered.verdicts} == {
        v.key: v.verdict for v in alone.verdicts
    }
    tables = {table.name: table.frame for table in answered.tables}
    assert set(tables) - {table.name for table in alone.tables} == {
        "before_pooled",
        "before_claims",
    }
    for table in alone.tables:
        pd.testing.assert_frame_equal(table.frame, tables[table.name])
    inputs = {name for number in answered.numbers for name in number.source.inputs}
    assert {"history/prices.csv", "history/events.csv", "registration/history.toml"} <= inputs


def test_a_study_firm_by_firm_is_asked_this_alone(earlier: Snapshot) -> None:
    """Questions on shared sessions are left out, and the report says so."""
    lacking = left_out(earlier)
    assert TITLE not in lacking
    assert all("sessions that all firms share" in needs[-1] for needs in lacking.values())
    assert len(lacking) > 20


def test_a_study_without_an_earlier_one_goes_without(tmp_path: Path) -> None:
    """A folder with nothing in history/ but export figures is complete; questions name the lack."""
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("history", "derived"))
    (tmp_path / "data" / "history").mkdir()
    shutil.copy(DATA / "history" / "customs.csv", tmp_path / "data" / "history")
    lacking = left_out(load_snapshot(tmp_path / "data"))
    assert TITLE in lacking
    assert all("earlier" in " ".join(needs) for needs in lacking.values())


def test_firms_have_their_exchange_and_counts(earlier: Snapshot) -> None:
    """Held against the files: closes, exchange, and the own news of Lynas."""
    firms = list_firms(earlier)
    assert list(firms.index) == [*earlier.choices.firms.studied]
    assert firms["exchange"].to_dict() == {
        firm: earlier.universe.loc[firm, "exchange"] for firm in firms.index
    }
    lynas = dict(firms.loc["LYC"])
    assert (lynas["first"], lynas["last"]) == ("2013-01-02", "2025-02-19")
    assert lynas["own_news"] == 3  # of four awards, one lies in the years without its closes
    assert (firms["events"] > firms["own_news"]).all()


def test_effects_shrink_with_the_root_of_the_episodes(earlier: Snapshot) -> None:
    """The same spread: more episodes find less, a difference needs more than either side."""
    found, quiet = detectable_effects(earlier)
    effect = found.set_index("claim")
    ratio = effect["scar"].to_numpy() / effect["car"].to_numpy()
    assert ratio == pytest.approx(quiet["scar"].std() / quiet["car"].std(), rel=1e-9)
    assert effect["car"].is_monotonic_increasing  # 30, 25, 25 with two sides, 12
    assert effect["df"].to_list() == [29, 24, 24, 11]


@pytest.mark.parametrize(
    ("section", "entry", "value", "said"),
    [
        ("inference", "power", 0.9, "with 90% power"),
        ("inference", "level", 0.99, "of size 1%"),
        ("each_firm", "quiet", 7, "more than 7 sessions of New York"),
    ],
)
def test_the_note_states_the_choices(earlier: Snapshot, section, entry, value, said) -> None:
    """No choice of the study is typed into the note or into the rule of the verdict."""
    changed = replace(getattr(earlier.choices, section), **{entry: value})
    choices = replace(earlier.choices, **{section: changed})
    (table,) = report_detectable(vary(earlier, choices=choices)).tables
    assert said in table.notes


def test_a_bound_below_the_effects_cannot_decide(earlier: Snapshot) -> None:
    """The verdict counts the tests whose detectable effect exceeds the bound, and names them."""
    rules = replace(earlier.choices.rules.registered, bound={"car": 0.03})
    choices = replace(earlier.choices, rules=replace(earlier.choices.rules, registered=rules))
    (verdict,) = report_detectable(vary(earlier, choices=choices)).verdicts
    assert verdict.verdict == "some cannot decide"
    assert verdict.evidence.endswith("above: H3, H4")


def test_what_quiet_days_tell_is_no_response_of_an_event(earlier: Snapshot) -> None:
    """The detectable effects are published without any number that an event moves."""
    keys = [number.key for number in report_detectable(earlier).numbers]
    assert [key for key in keys if not key.startswith("before.detectable.")] == []


def test_a_study_of_earlier_years_is_loaded_from_its_folder(committed: Panel) -> None:
    """With its own choices and events."""
    found = earlier_study(committed.snapshot)
    assert found.folder == committed.snapshot.folder / "history"
    assert found.events["day0"].max() < pd.Timestamp(committed.snapshot.events["day0"].min())
