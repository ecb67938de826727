"""Tests across episodes of firms on their own sessions, and what removing episodes does."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.errors import StudyError
from analysis.estimators.multiplicity import holm, holm_each
from analysis.questions.before.outcomes import Registered, decide_registered, remove_episodes
from analysis.reads import vary
from analysis.snapshot.claims import Events, Mean, Variance
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.study.calendars import rotate
from analysis.study.each_firm_removals import AT_ONCE, _Squares, remove_squares
from analysis.study.each_firm_runs import list_beside, registered_run
from analysis.study.each_firm_tests import decide_run, list_tested, run_tests, take_statistics
from tests.conftest import DATA


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(DATA / "history")


@pytest.fixture(scope="module")
def held(earlier: Snapshot) -> Registered:
    """Its registered run."""
    return decide_registered(earlier)


def test_statistics_are_those_of_scipy() -> None:
    """One side is a one-sample t; two are Welch's statistic on the fewer episodes less one."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(2, 9))
    first = np.array([[True] * 5 + [False] * 4, [True] * 3 + [False] * 6])
    second = ~first
    one = take_statistics(values, [first])
    for row in range(2):
        known = stats.ttest_1samp(values[row, first[row]], 0)
        assert [one.t[row], one.p[row]] == pytest.approx([known.statistic, known.pvalue])
    two = take_statistics(values, [first, second])
    welch = stats.ttest_ind(values[0, :5], values[0, 5:], equal_var=False)
    assert two.t[0] == pytest.approx(welch.statistic)
    assert two.p[0] == pytest.approx(2 * stats.t.sf(abs(welch.statistic), 3))


def test_one_episode_has_a_mean_and_no_p() -> None:
    """Two have a p with one degree of freedom; none at all has not even a mean."""
    values = np.array([[2.0, 3.0, 9.0]])
    sides = [np.array([[True] * n + [False] * (3 - n)]) for n in range(3)]
    none, one, two = (take_statistics(values, [side]) for side in sides)
    assert np.isnan(none.mean[0])
    assert one.mean[0] == 2.0
    assert np.isnan(one.p[0])
    assert two.p[0] == pytest.approx(stats.ttest_1samp([2.0, 3.0], 0).pvalue)


def test_holm_of_many_families_is_holm_of_each() -> None:
    """Column by column, with missing tests."""
    p = np.random.default_rng(4).uniform(size=(4, 50)) ** 3
    p[2, ::7] = np.nan
    each = holm_each(p)
    for column in range(50):
        np.testing.assert_allclose(each[:, column], holm(p[:, column]), rtol=1e-12)


@pytest.mark.parametrize(
    ("p", "car", "said"),
    [
        ((0.001, 0.9, 0.9, 0.9), 0.02, "supported"),
        ((0.0126, 0.9, 0.9, 0.9), 0.02, "right sign within noise"),
        ((0.9, 0.9, 0.9, 0.9), 0.06, "cannot decide"),
    ],
)
def test_verdicts_of_the_registered_rule(earlier, held: Registered, p, car, said) -> None:
    """Holm's p decides first; then the detectable effect in percent meets the bound."""
    tests = held.tests.drop(columns=["holm", "verdict"])
    tests = tests.assign(p=[*p, 0.5])
    decided = decide_run(earlier, tests, held.claims, dict.fromkeys(held.claims, car))
    assert decided.loc[0, "verdict"] == said
    assert decided.loc[0, "holm"] == pytest.approx(min(4 * p[0], 1))
    assert decided.loc[4, "verdict"] == "within noise"


def test_an_opposite_sign_contradicts_and_small_estimates_name_none(earlier, held) -> None:
    """The mirror of supported; the sign needs an estimate above its standard error."""
    tests = held.tests.drop(columns=["holm", "verdict"])
    tests.loc[0, ["scar", "p"]] = [-0.9, 0.001]
    tests.loc[1, ["scar", "se", "p"]] = [-0.1, 0.11, 0.9]
    decided = decide_run(earlier, tests, held.claims, dict.fromkeys(held.claims, 0.02))
    assert decided.loc[[0, 1], "verdict"].to_list() == ["contradicted", "no sign within noise"]


def test_removing_a_square_is_running_without_its_events(earlier, held: Registered) -> None:
    """What is taken from the rotations agrees with a calendar without the episode, rotated anew."""
    (claim,) = (c for c in held.claims.values() if isinstance(c, Variance))
    found = remove_squares(earlier, held.calendar, held.found, held.moved, claim)
    run, label = held.run, held.found.label[0]
    for place in (0, 20, 67):
        gone = held.calendar.events["id"][label == place]
        kept = ~earlier.events["id"].isin(gone).to_numpy()
        less = replace(run, events=kept)
        calendar = less.calendar(earlier)
        tests = run_tests(
            earlier,
            {"H5": claim},
            less.average(earlier, calendar),
            less.average(earlier, rotate(earlier, calendar)),
        )
        assert found.estimates[place] == pytest.approx(tests.loc[0, "scar"], rel=1e-12)
        assert found.p[place] == pytest.approx(tests.loc[0, "p"], rel=1e-12)


def test_a_table_has_one_entry_a_session_and_one_for_none(earlier: Snapshot, held) -> None:
    """The last, which stands for no session, is empty in every measure of every firm."""
    table = held.run.table(earlier)
    for columns in table.values.values():
        for column, code in zip(columns, table.exchanges, strict=True):
            assert len(column) == len(table.sessions[code]) + 1
            assert np.isnan(column[-1])


def test_many_sets_of_squares_are_judged_as_each_alone() -> None:
    """What is not rotated keeps a p that is no smaller than its own, on the same side of the size.

    The mean of all ten episodes is larger than that of each of three rotations: one of four.
    """
    rng = np.random.default_rng(2)
    own, total, count = np.arange(10.0, 20.0), np.array([90.0, 120.0, 144.0]), np.full(3, 10.0)
    values, holds = rng.uniform(0, 9, (10, 3)), np.ones((10, 3))
    squares = _Squares(own, total, count, values, holds)
    sets = np.array([*itertools.product([0.0, 1.0], repeat=10)])
    assert len(sets) > AT_ONCE
    size = 0.6
    found, alone = squares.look(sets, size), [squares.look(row[None], size) for row in sets]
    exact = np.array([each.p[0] for each in alone])
    enough = 10 - sets.sum(axis=1) >= 2
    np.testing.assert_array_equal(np.isnan(found.p), ~enough)
    assert (found.p >= exact)[enough].all()
    np.testing.assert_array_equal(found.p < size, exact < size)
    assert found.p[0] == exact[0] == 1 / 4


def test_what_turns_a_verdict_turns_it(earlier, held: Registered) -> None:
    """Run without the events named, the claim has the verdict named."""
    rows = remove_episodes(earlier, held).set_index("claim").to_dict("index")
    for claim in ("H1", "H2"):
        labels = rows[claim]["removed"].split("; ")
        gone = [event for label in labels for event in label.split(" + ")]
        assert len(labels) == rows[claim]["size"]
        kept = ~earlier.events["id"].isin(gone).to_numpy()
        run = replace(held.run, events=kept)
        found = run.average(earlier, run.calendar(earlier))
        tests = run_tests(earlier, held.claims, found, held.moved)
        decided = decide_run(earlier, tests, held.claims, dict.fromkeys(held.claims, 0.02))
        assert decided.set_index("claim").loc[claim, "verdict"] == rows[claim]["to"]


def test_every_registered_run_is_made_and_no_other(earlier: Snapshot) -> None:
    """The list is that of the registration; each run differs from the registered one."""
    runs, plain = list_beside(earlier), registered_run(earlier)
    assert len({run.id for run in runs}) == 15
    for run in runs:
        assert repr(replace(run, id=plain.id, words=plain.words)) != repr(plain), run.id
    by_id = {run.id: run for run in runs}
    assert by_id["secondary"].since == {"UUUU": pd.Timestamp("2021-04-01")}
    assert by_id["remx"].firms == ("REMX",)
    assert by_id["day-0"].window == (0, 0)


def test_a_firm_counts_from_its_day_on(earlier: Snapshot) -> None:
    """UUUU has no response before April 2021 in its run, and those after are unchanged."""
    run = {each.id: each for each in list_beside(earlier)}["secondary"]
    kept = run.table(earlier)
    whole = replace(run, since={}).table(earlier)
    start = kept.sessions["XNYS"].searchsorted(pd.Timestamp("2021-04-01"))
    mine, all_ = (t.values["scar"][t.firms.index("UUUU")] for t in (kept, whole))
    assert np.isnan(mine[:start]).all()
    np.testing.assert_array_equal(mine[start:], all_[start:])
    assert not np.isnan(all_[:start]).all()


def test_a_placebo_name_ends_on_its_day(earlier: Snapshot) -> None:
    """Closes of ILU fetched for later years change nothing of its run: none counts after 2019."""
    run = {each.id: each for each in list_beside(earlier)}["ilu"]
    assert run.until == {"ILU": pd.Timestamp("2019-12-31")}
    fetched = earlier.prices.copy()
    later = fetched.index > "2019-12-31"
    drawn = np.random.default_rng(0).normal(0, 0.02, later.sum())
    fetched.loc[later, "ILU"] = 9.0 * np.exp(drawn.cumsum())
    vintage = vary(earlier, prices=fetched)
    kept, longer = (run.table(snapshot) for snapshot in (earlier, vintage))
    for measure, columns in kept.values.items():
        np.testing.assert_array_equal(columns[0], longer.values[measure][0])
    whole = replace(run, until={}).table(vintage).values["scar"][0]
    assert np.isfinite(whole).sum() > np.isfinite(kept.values["scar"][0]).sum() > 1000


def test_a_claim_that_asks_for_more_is_refused(earlier: Snapshot) -> None:
    """Events by other conditions than direction have no meaning here: one line says so."""
    claim = earlier.claims["H1"]
    assert isinstance(claim, Mean)
    events = Events(directions=("tightening",), signed=True)
    changed = earlier.claims | {"H1": replace(claim, events=events)}
    with pytest.raises(StudyError, match="claim H1: expected events by direction alone in a study"):
        list_tested(changed)


def test_a_list_with_an_unknown_run_is_refused(earlier: Snapshot, tmp_path) -> None:
    """A registered list is not added to: a run that the code does not know is named."""
    path = tmp_path / "registration.toml"
    text = (DATA / "registration" / "history.toml").read_text("utf-8")
    path.write_text(text.replace('id = "new-york"', 'id = "new-yrok"'), "utf-8")
    choices = replace(earlier.choices, registration=str(path))
    with pytest.raises(StudyError, match="found new-yrok; a registered list is not added to"):
        list_beside(vary(earlier, choices=choices))
