"""Every test by window and slice: the slices are right, and no number is lost on the way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.named_tests import TESTS, break_down, run_tests, slices
from analysis.estimators.names import LEVELS

WINDOWS = [(0, 0), (-1, 3)]


@pytest.fixture
def study(returns, events):
    """Six firms on three days, the first two in one episode."""
    return event_study(returns, events.assign(episode=np.repeat([1, 1, 2], 6)))


def broken_down(study, windows, by, episode="episode"):
    cut = list(slices(study, by, episode))
    return break_down(study, windows, cut, np.random.default_rng(0), episode=episode)


def test_every_window_slice_and_test_has_a_row_and_a_floor(study):
    """One pooled slice, six firms, three days, two episodes; each with a number or a reason.

    p is at least p_min; every test that gives p also says what it could have detected.
    """
    table = broken_down(study, WINDOWS, LEVELS)
    assert len(table) == 2 * (1 + 6 + 3 + 2) * len(TESTS)
    counts = table.groupby("by")["label"].nunique()
    assert counts.to_dict() == {"pooled": 1, "firm": 6, "event": 3, "episode": 2}
    assert (table["p"].isna() == table["reason"].ne("")).all()
    given = table.dropna(subset="p")
    assert (given["p"] >= given["p_min"]).all()
    assert (given["mde"] > 0).all()
    assert given["statistic"].notna().all()
    assert np.isinf(given.loc[given["p_min"] > 0.05, "mde"]).all()


@pytest.mark.parametrize(
    ("by", "label", "rows"),
    [("firm", "A2", [2, 8, 14]), ("event", None, range(6, 12)), ("episode", "1", range(12))],
)
def test_slice_is_the_test_of_its_rows(study, by, label, rows):
    """The rows of a firm, a day and an episode, tested alone, give the same outcomes."""
    rows = np.array(rows)
    label = label or str(study.rows["day0"][6].date())
    table = broken_down(study, [(0, 2)], [by])
    found = table[table["label"] == label].set_index("name")
    alone = run_tests(study.take(rows), 0, 2, np.random.default_rng(0), episode="episode")
    pd.testing.assert_frame_equal(found[alone.columns], alone)


def test_event_listed_twice_counts_once(returns, events):
    """A firm-event in two groups is one observation when they are pooled."""
    doubled = pd.concat([events.assign(group="x"), events.iloc[:6].assign(group="y")])
    parts = {level: rows for level, _, rows in slices(event_study(returns, doubled), ["pooled"])}
    assert parts["pooled"].tolist() == list(range(18))


def test_forty_firms_on_a_day_leave_no_test_without_a_number(simulated):
    """From thirty firms on GRANK-T answers too; only tests across episodes need more days."""
    returns = simulated(7, assets=40)
    events = pd.DataFrame({"ticker": [f"A{i}" for i in range(40)], "day0": returns.index[300]})
    table = broken_down(event_study(returns, events), [(0, 1)], ["pooled"], None)
    pooled = table.set_index("name")
    refused = set(pooled.index[pooled["reason"].ne("")])
    assert refused == {"across_episodes_t", "sign_flip"}


def test_unknown_level_is_named(study):
    """The message lists what there is."""
    with pytest.raises(ValueError, match="unknown level 'firms'; known: pooled, firm"):
        broken_down(study, WINDOWS, ["firms"])


def test_no_event_gives_an_empty_table(returns, events):
    """Nothing to slice is not an error."""
    empty = event_study(returns, events.iloc[:0])
    assert broken_down(empty, WINDOWS, ["firm"], None).empty
