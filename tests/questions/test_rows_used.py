"""The rows that entered a number, against the counts that are given with it."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis.questions.event_windows import by_direction
from analysis.questions.relative_beta import betas
from analysis.questions.rows_used import rows_entered


def test_a_highlighted_day_is_one_event_and_one_window(committed):
    """The abnormal return of MP used that day's event and MP's estimation window before it."""
    events, prices = rows_entered(committed, "truce.mp.ar")
    day = committed.highlights["truce"].isoformat()
    assert events.frame["day0"].tolist() == [day]
    assert prices.frame["ticker"].tolist() == ["MP"]
    assert prices.frame["estimation_end"].item() < day
    assert "SPY" in prices.what


@pytest.fixture(scope="module")
def counts(committed) -> dict[str, int | None]:
    """How many observations entered each number of two questions."""
    found = [*by_direction.compute(committed).numbers, *betas.compute(committed).numbers]
    return {number.key: number.n for number in found}


@pytest.mark.parametrize(
    "key", ["pooled.tightening.car_0_1", "pooled.policy.car_0_1", "pooled.easing.car_0_4"]
)
@pytest.mark.parametrize("ending", ["", ".all_windows"])
def test_pooled_rows_make_up_the_episodes_of_the_number(committed, counts, key, ending):
    """As many episodes among the rows as the published number counts, clean ones where it says."""
    events, prices = rows_entered(committed, f"{key}{ending}.mean")
    assert events.frame["episode"].nunique() == counts[f"{key}{ending}.mean"]
    assert set(prices.frame["id"]) == set(events.frame["id"])
    assert re.search(r"episodes hold: \d firms? in \d", events.what)
    pairs = pd.MultiIndex.from_frame(prices.frame[["id", "ticker"]])
    assert ending or committed.clean.loc[pairs, key.split(".")[2]].all()


@pytest.mark.parametrize("key", ["beta.mp.spy", "beta.usar.remx", "beta.crml.mp"])
def test_sessions_of_a_beta_are_those_of_its_n(committed, counts, key):
    """The sessions found are as many as the published number counts."""
    (rows,) = rows_entered(committed, key)
    assert int(re.findall(r"(\d+) sessions", rows.what)[0]) == counts[key]


def test_a_lag_pairs_months_and_shifts_the_returns(committed):
    """At lag -1 the returns are those of the month before the exports."""
    customs, prices = rows_entered(committed, "customs.headline.pearson.lag_m1")
    exports, returns = (re.findall(r"\d{4}-\d{2}", rows.what) for rows in (customs, prices))
    assert len(exports) == len(returns) > 20
    for one, other in zip(exports, returns, strict=True):
        assert pd.Period(one, "M") - 1 == pd.Period(other, "M")


def test_other_keys_are_not_narrowed_down(committed):
    """Where no rule exists none is invented."""
    assert rows_entered(committed, "data.events") == []
    assert rows_entered(committed, "customs.tests") == []
