"""The two highlighted days: what their tests can find."""

from __future__ import annotations

import pytest
from scipy import stats

from analysis.questions.event_windows.highlighted_days import reactions


def test_detectable_effects_have_the_power_of_the_noncentral_t(committed):
    """A response of that size leaves the bounds of the t-test with the power of the study."""
    days, inference = reactions(committed), committed.snapshot.choices.inference
    critical = stats.t.ppf(1 - inference.size / 2, days["df"])
    shift = days["detectable"] / days["se"]
    found = stats.ncf.sf(critical**2, 1, days["df"], shift**2)
    assert len(days) == 20
    assert found == pytest.approx(inference.power, abs=1e-10)
    exact = stats.nct.sf(critical, days["df"], shift)  # the upper bound alone: the other is far
    assert exact == pytest.approx(inference.power, abs=1e-6)
