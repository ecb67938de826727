"""The committed record of the study of size: whole, and what the code gives today."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ResultsError
from analysis.questions.size import record as records
from analysis.questions.size.both_rules import report_both
from analysis.questions.size.design import cells
from analysis.questions.size.draws import replications
from analysis.questions.size.record import (
    FOLDER,
    REGISTERED,
    design_of,
    read_record,
    stale,
    write_record,
)
from analysis.questions.size.rejections import batch_p_values
from analysis.questions.size.report import report


@pytest.fixture(scope="module")
def committed_record():
    return read_record()


@pytest.fixture(scope="module")
def registered_record():
    """The record under the registered rules, kept beside."""
    return read_record(FOLDER / REGISTERED)


def test_the_study_decides_by_the_rules_of_its_record(committed_record, registered_record):
    """The record is under the amended rules, the one beside it under the registered ones."""
    assert (committed_record.rules, registered_record.rules) == ("amended", "registered")


def test_the_registered_record_is_what_the_code_gives(registered_record, committed, settings):
    """Settings, calibration and the first p-values of two cells."""
    names = ["one_date_3/t4/0", "pooled_tightening/panel/0.1"]
    registered = design_of(registered_record, committed)
    assert list(stale(registered_record, registered, settings, names)) == []


def test_both_sets_of_rules_stand_in_one_table(committed_record, registered_record, snapshot):
    """A row a sample and set of rules; each cell is the share of rejections in its own record."""
    found = report_both(committed_record, registered_record, snapshot.choices)
    (table,) = found.tables
    assert list(table.frame["rules"]) == ["amended", "registered"] * 4
    for record in (committed_record, registered_record):
        row = table.frame.set_index("rules").loc[record.rules].iloc[1]
        counts = record.counts.set_index(["case", "law", "effect", "test"])
        assert row["k"] == record.calibration["episodes"]["pooled_tightening"]
        for column, (law, effect) in {"jump": ("jump", 0.0), "planted": ("panel", 0.1)}.items():
            cell = counts.loc[("pooled_tightening", law, effect, "across_episodes_t")]
            assert row[column] == pytest.approx(cell["rejections"] / cell["replications"])
    keys = {number.key for number in found.numbers}
    assert "size.registered.pooled_tightening.detectable" in keys
    assert "size.registered.pooled_all.placebo.across_episodes_t" in keys


def test_committed_record_is_what_the_code_gives(committed_record, design, settings):
    """Settings, calibration and the first p-values of a cell of each kind; else: nox -s size."""
    names = ["one_date_3/t4/0", "one_date_3_long/garch/0", "one_date_9/placebo/0",
             "one_date_30/jump/0", "pooled_tightening/panel/0.1", "pooled_all/panel/0"]  # fmt: skip
    assert list(stale(committed_record, design, settings, names)) == []


@pytest.mark.slow
def test_whole_committed_record_is_what_the_code_gives(committed_record, design, settings):
    """The first p-values of every cell."""
    assert list(stale(committed_record, design, settings)) == []


def test_every_cell_has_the_replications_it_promises(committed_record, design, settings):
    """The counts were made with the number of samples that the record names."""
    most = committed_record.counts.groupby(["case", "law", "effect"])["replications"].max()
    for cell in cells(design, settings):
        expected = replications(cell, design, committed_record.settings["replications"])
        assert most[cell.case.name, cell.law, cell.effect] == expected


def test_exact_tests_hold_in_the_record(committed_record):
    """Under independent normal errors the exact t and F reject 5% within three errors."""
    counts = committed_record.counts.set_index(["case", "law", "effect", "test"])
    for case in ("one_date_3", "one_date_3_long"):
        for test in ("portfolio_t", "joint_f", "equal_response_f"):
            n, found = counts.loc[(case, "normal", 0.0, test), ["replications", "rejections"]]
            assert abs(found / n - 0.05) < 3 * np.sqrt(0.05 * 0.95 / n), (case, test)


def test_change_of_settings_or_data_is_named(committed_record, design, settings):
    """Another seed, or another volatility of a firm, makes the record stale."""
    found = list(stale(committed_record, design, replace(settings, seed=1), names=[]))
    assert len(found) == 1
    assert "setting seed" in found[0]
    assert "nox -s size" in found[0]
    other = replace(design, sigma=design.sigma * 1.01)
    found = list(stale(committed_record, other, settings, names=[]))
    assert len(found) == 1
    assert "calibration sigma" in found[0]


def test_change_of_an_estimator_is_named(committed_record, design, settings, monkeypatch):
    """A p that comes out different is named with its cell and test."""
    name = "one_date_3/t4/0"

    def shifted(*args, **options):
        return batch_p_values(*args, **options).assign(conformal=lambda p: p["conformal"] + 0.01)

    monkeypatch.setattr(records, "batch_p_values", shifted)
    found = list(stale(committed_record, design, settings, [name]))
    assert [line.split(":")[0] for line in found] == [f"cell {name}"]
    assert "p of conformal" in found[0]


def test_record_survives_writing_and_reading(committed_record, tmp_path):
    """Counts and probe come back as they were."""
    write_record(committed_record, tmp_path / "made")
    again = read_record(tmp_path / "made")
    pd.testing.assert_frame_equal(again.counts, committed_record.counts)
    assert again.probe == committed_record.probe
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == ["size.csv", "size.json"]


@pytest.mark.parametrize("broken", ["missing", "edited", "json"])
def test_broken_record_is_refused(committed_record, tmp_path, broken):
    """A missing file, an edited count or a broken description: one line and what to do."""
    write_record(committed_record, tmp_path)
    if broken == "missing":
        (tmp_path / "size.csv").unlink()
    elif broken == "edited":
        text = (tmp_path / "size.csv").read_text()
        (tmp_path / "size.csv").write_text(text.replace("normal", "normal ", 1))
    else:
        (tmp_path / "size.json").write_text("{")
    with pytest.raises(ResultsError, match="nox -s size"):
        read_record(tmp_path)


def with_rate(record, case, law, test, rate):
    """Return the record with another share of rejections in one cell."""
    counts = record.counts.copy()
    at = (counts["case"] == case) & (counts["law"] == law) & (counts["effect"] == 0)
    at &= counts["test"] == test
    assert at.sum() == 1
    counts.loc[at, "rejections"] = (rate * counts.loc[at, "replications"]).round().astype(int)
    return replace(record, counts=counts)


@pytest.mark.parametrize(
    ("rate", "expected"), [(0.05, "holds"), (0.03, "holds"), (0.12, "fails"), (0.0, "fails")]
)
def test_verdict_follows_the_worst_cell(committed_record, snapshot, rate, expected):
    """All cells at five percent but one, which decides."""
    even = committed_record
    for case, law in even.counts[["case", "law"]].drop_duplicates().itertuples(index=False):
        if case.startswith("pooled"):
            even = with_rate(even, case, law, "across_episodes_t", 0.05)
    moved = with_rate(even, "pooled_all", "panel", "across_episodes_t", rate)
    verdicts = {v.key: v.verdict for v in report(moved, snapshot.choices).verdicts}
    assert verdicts["size.pooled"] == expected


def test_repeated_dates_are_no_new_samples(committed_record, snapshot):
    """K of D event-free dates make D // K samples without a common date, and an error to match."""
    frame = report(committed_record, snapshot.choices).datasets[0].frame
    rates = frame.set_index(["case", "law", "effect", "test"])
    dates = committed_record.calibration["placebo_dates"]["pooled_all"]
    k = committed_record.calibration["episodes"]["pooled_all"]
    row = rates.xs(("pooled_all", "placebo", 0.0, "across_episodes_t"))
    assert row["samples"] == dates // k
    assert row["se"] == pytest.approx((row["rate"] * (1 - row["rate"]) / (dates // k)) ** 0.5)


def test_variance_jump_does_not_decide(committed_record, snapshot):
    """The rule is about cells without a jump; the jump has a verdict of its own."""
    moved = with_rate(committed_record, "one_date_3", "jump", "conformal", 0.5)
    verdicts = {v.key: v.verdict for v in report(moved, snapshot.choices).verdicts}
    before = {v.key: v.verdict for v in report(committed_record, snapshot.choices).verdicts}
    assert verdicts["size.one_date"] == before["size.one_date"]
    assert verdicts["size.jump"].startswith("one date fails")


def test_tables_show_every_test_that_is_not_refused(committed_record, snapshot):
    """Rates in the tables are those of the counts; error and dates stand in the notes."""
    tables = {table.name: table for table in report(committed_record, snapshot.choices).tables}
    assert set(tables) == {"size_one_date", "size_pooled", "size_larger", "power"}
    frame = tables["size_one_date"].frame.set_index("test")
    counts = committed_record.counts.set_index(["case", "law", "effect", "test"])
    n, found = counts.loc[("one_date_3", "garch", 0.0, "kp_bmp"), ["replications", "rejections"]]
    assert frame.loc["KP-BMP, t(N − 1)", "garch"] == pytest.approx(found / n)
    assert all(table.frame.shape[1] <= 8 for table in tables.values())
    assert "Monte-Carlo standard error" in tables["size_one_date"].notes


def test_record_says_under_which_rules_it_was_simulated(committed_record, snapshot, committed):
    """A record that names none is of the registered rules; every table and the design follow it."""
    bare = {k: v for k, v in committed_record.calibration.items() if k != "rules"}
    for calibration, rules in ((bare, "registered"), (bare | {"rules": "amended"}, "amended")):
        record = replace(committed_record, calibration=calibration)
        assert record.rules == rules
        for table in report(record, snapshot.choices).tables:
            assert f"Simulated under the {rules} rules." in table.notes
        assert design_of(record, committed).rules == rules


def test_detectable_effect_lies_between_the_planted_ones(committed_record, snapshot):
    """Half of the samples at five percent and all at ten: four fifths at eight."""
    counts = committed_record.counts.copy()
    own = (counts["case"] == "pooled_tightening") & (counts["test"] == "across_episodes_t")
    for effect, rate in ((0.05, 0.5), (0.1, 1.0)):
        at = own & (counts["effect"] == effect)
        counts.loc[at, "rejections"] = (rate * counts.loc[at, "replications"]).astype(int)
    numbers = report(replace(committed_record, counts=counts), snapshot.choices).numbers
    found = {n.key: n.value for n in numbers}
    assert found["size.pooled_tightening.detectable"] == pytest.approx(0.08)
    assert "size.one_date_3.detectable" not in found  # no planted effect is found so often
