"""The season taken out by years before alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.dependence.season import less_earlier_years


def changes(**values: float) -> pd.Series:
    """A series of changes by month, ``y2018_10=0.2``."""
    index = pd.PeriodIndex([name[1:].replace("_", "-") for name in values], freq="M")
    return pd.Series([*values.values()], index)


def test_by_hand() -> None:
    """The first of a calendar month goes out; the third is held against the mean of two."""
    found = less_earlier_years(
        changes(y2018_10=0.2, y2018_11=0.5, y2019_10=0.6, y2021_10=-0.1, y2021_11=np.nan)
    )
    assert found.to_dict() == {
        pd.Period("2019-10"): pytest.approx(0.4),
        pd.Period("2021-10"): pytest.approx(-0.5),
    }


def test_no_later_year_enters() -> None:
    """What comes after a month changes nothing that was known in it, in whatever order it comes."""
    rng = np.random.default_rng(3)
    months = pd.period_range("2015-01", "2022-12", freq="M")
    whole = pd.Series(rng.normal(size=len(months)), months)
    cut = less_earlier_years(whole[:60])
    mixed = less_earlier_years(whole.sample(frac=1, random_state=1))
    pd.testing.assert_series_equal(mixed[:48], cut, check_freq=False)


def test_a_season_that_repeats_is_taken_out_whole() -> None:
    """With the same season every year and a trend nothing but the trend's steps are left."""
    months = pd.period_range("2015-01", "2018-12", freq="M")
    season = pd.Series(np.sin(months.month / 2), months)
    found = less_earlier_years(season + months.year.to_numpy())
    years = pd.PeriodIndex(found.index).year
    assert found.to_numpy() == pytest.approx((years - 2014) / 2)
