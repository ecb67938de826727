from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.named_tests import TESTS, episode_values, run_tests
from analysis.estimators.events.portfolio import portfolio_study


def test_every_test_gives_a_result_or_a_reason(returns, events):
    """No row is empty, whatever the group."""
    study = event_study(returns, events)
    for group in (
        study,
        study.take(np.arange(6)),
        study.take(np.arange(1)),
        study.take(np.arange(0)),
    ):
        table = run_tests(group, 0, 1, np.random.default_rng(0))
        assert list(table.index) == list(TESTS)
        known = table["p"].between(0, 1) & table["p_min"].between(0, 1) & table["mde"].gt(0)
        assert (known ^ table["reason"].ne("")).all(), table[~(known ^ table["reason"].ne(""))]


def test_no_p_is_below_the_smallest_possible(returns, events):
    """p_min is a floor, also when a firm jumps by 200%."""
    returns.loc[events["day0"].unique(), [f"A{i}" for i in range(6)]] += 2.0
    study = event_study(returns, events)
    for group in (study, study.take(np.arange(6))):
        table = run_tests(group, 0, 0, np.random.default_rng(0)).dropna(subset="p")
        assert (table["p"] >= table["p_min"] * (1 - 1e-9)).all()


def test_unknown_test_is_named(returns, events):
    """The message lists what there is."""
    with pytest.raises(ValueError, match="unknown test 'magic'"):
        run_tests(event_study(returns, events), 0, 0, np.random.default_rng(0), ["magic"])


def test_an_episode_takes_the_mean_of_its_dates(returns, events):
    """Two dates in one episode give one number; another date gives its own."""
    numbered = events.assign(episode=np.repeat([0, 0, 1], 6))
    study = event_study(returns, numbered)
    t = portfolio_study(study, "day0").car(0, 1)["t"].to_numpy()
    values = episode_values(study, 0, 1, "episode")
    np.testing.assert_allclose(values, [t[:2].mean(), t[2]])
    np.testing.assert_allclose(episode_values(study, 0, 1), t)


def test_a_date_cannot_be_in_two_episodes(returns, events):
    """The column is named."""
    study = event_study(returns, events.assign(episode=np.arange(18)))
    with pytest.raises(ValueError, match="two values of 'episode'"):
        episode_values(study, 0, 1, "episode")


def test_no_event_has_no_episode(returns, events):
    """An empty group gives no value and refuses every test."""
    study = event_study(returns, events.iloc[:0])
    assert episode_values(study, 0, 1).empty
    assert run_tests(study, 0, 1, np.random.default_rng(0))["reason"].ne("").all()
    assert isinstance(study.rows, pd.DataFrame)
