"""Seasonal adjustment by earlier years alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.dependence.seasons import less_earlier_years


def by_month(values: dict[str, float]) -> pd.Series:
    return pd.Series(values).set_axis(pd.PeriodIndex(list(values), freq="M"))


def test_by_hand():
    """Each value less the mean of the same month in the years before; the first has none."""
    values = {"2015-03": 1.0, "2016-03": 3.0, "2016-04": 5.0, "2017-03": 8.0, "2017-04": 7.0}
    adjusted = less_earlier_years(by_month(values))
    expected = {"2015-03": np.nan, "2016-03": 2.0, "2016-04": np.nan, "2017-03": 6.0,
                "2017-04": 2.0}  # fmt: skip
    pd.testing.assert_series_equal(adjusted, by_month(expected))


def test_years_to_come_change_nothing():
    """Cut at any month, what stands before is the same, bit for bit; order plays no part."""
    months = pd.period_range("2015-01", "2022-12", freq="M")
    values = pd.Series(np.random.default_rng(3).normal(size=len(months)), months)
    values.iloc[[5, 30, 31]] = np.nan
    whole = less_earlier_years(values.sample(frac=1, random_state=1))
    assert whole.index.is_monotonic_increasing
    for end in (13, 40, 77):
        part = less_earlier_years(values.iloc[:end])
        pd.testing.assert_series_equal(part, whole[whole.index <= months[end - 1]])


def test_a_planted_season_is_gone_from_its_second_year_on():
    """What recurs every year leaves nothing; a shock stays, and moves later years by its share."""
    months = pd.period_range("2015-01", "2018-12", freq="M")
    values = pd.Series(np.tile(np.arange(12.0), 4), months)
    values.loc["2016-05"] += 6
    adjusted = less_earlier_years(values).dropna()
    assert len(adjusted) == 36
    told = adjusted[adjusted != 0].astype(float)
    assert {str(month): value for month, value in told.items()} == {
        "2016-05": 6.0,
        "2017-05": -3.0,
        "2018-05": -2.0,
    }


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020-01-31", periods=2, freq="ME"),
        pd.PeriodIndex(["2020-01", "2020-01"], freq="M"),
        pd.PeriodIndex(["2020", "2021"], freq="Y"),
    ],
)
def test_what_is_no_month_is_refused(index):
    """Days, years and a month that occurs twice are errors."""
    with pytest.raises(ValueError, match="expected months, quarters or weeks, each once"):
        less_earlier_years(pd.Series([1.0, 2.0], index))


def test_quarters_and_weeks_go_by_their_place_in_the_year():
    """A first quarter is held against first quarters, a second week against second weeks."""
    quarters = pd.period_range("2020Q1", "2021Q4", freq="Q")
    found = less_earlier_years(pd.Series([1.0, 2, 3, 4, 1.5, 2, 3, 4], quarters))
    assert found.iloc[4:].tolist() == [0.5, 0.0, 0.0, 0.0]
    weeks = pd.PeriodIndex(["2020-01-10", "2021-01-15"], freq="W-FRI")
    assert less_earlier_years(pd.Series([1.0, 4.0], weeks)).iloc[-1] == 3.0
