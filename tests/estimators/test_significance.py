"""Student's significance against scipy: p, interval, power, and the effect that is found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimators.significance import (
    LEVEL,
    POWER,
    minimum_detectable,
    power_at,
    student,
    two_sided_t,
)


@pytest.mark.parametrize(("estimate", "se", "df"), [(0.3, 0.1, 2), (-0.02, 0.015, 9), (0.0, 1, 60)])
def test_p_and_interval_are_students(estimate, se, df):
    """Twice the tail beyond |t|, and the estimate with its quantiles of t on both sides."""
    found = student("t", int(df) + 1, estimate, se, df)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(estimate) / se, df))
    assert found.p == two_sided_t(estimate / se, df)
    for level in (0.5, 0.9, 0.95):
        expected = stats.t.interval(level, df, loc=estimate, scale=se)
        assert found.interval(level) == pytest.approx(expected)


@pytest.mark.parametrize("df", [2, 5, 30])
@pytest.mark.parametrize("effect", [0.0, 0.1, -0.35])
def test_power_is_both_tails_of_the_noncentral_t(df, effect):
    """Of either sign of the effect; without one it is the size of the test."""
    bound, moved = stats.t.ppf(1 - LEVEL / 2, df), abs(effect) / 0.1
    expected = stats.nct.sf(bound, df, moved) + stats.nct.cdf(-bound, df, moved)
    if effect == 0:
        expected = LEVEL
    assert power_at(effect, 0.1, df) == pytest.approx(expected, abs=1e-8)


def test_the_detectable_effect_is_found_with_its_power():
    """In the unit of the standard error, and per pair of error and degrees of freedom."""
    se, df = np.array([0.1, 0.2, 0.1]), np.array([4.0, 4.0, 12.0])
    found = minimum_detectable(se, df)
    for effect, error, freedom in zip(found, se, df, strict=True):
        assert power_at(effect, error, freedom) == pytest.approx(POWER, abs=1e-9)
    assert found[1] == pytest.approx(2 * found[0])


@pytest.mark.parametrize("se", [0.0, math.nan])
def test_an_estimate_without_an_error_is_refused(se):
    """No p, no interval and a reason."""
    found = student("t", 3, 0.1, se, 2)
    assert math.isnan(found.p)
    assert found.reason == "no variation to judge the estimate by"
    assert all(map(math.isnan, found.interval(0.95)))
