"""Event-free dates: a drift before them shows in the intercept and in the mean of ordinary days."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.questions.size.event_free import event_free_means


@pytest.fixture
def drifting(committed, design):
    """Return the study with a rally planted in the event sessions of the core firms alone."""

    def make(effect):
        returns = committed.returns.copy()
        core = list(committed.snapshot.choices.firms.core)
        places = [returns.columns.get_loc(firm) for firm in core]
        returns.iloc[design.listed, places] += effect
        return event_free_means(replace(committed, returns=returns), design)

    return make


def test_rally_on_event_days_lowers_ordinary_days(drifting):
    """The fitted intercept takes it up unless events are left out or no intercept is fitted."""
    before, after = drifting(0.0), drifting(0.10)
    assert after.loc["market", "alpha"] > before.loc["market", "alpha"] + 0.005
    assert after.loc["market", "mean"] < before.loc["market", "mean"] - 0.05
    for key in ("market_event_free", "adjusted"):
        assert after.loc[key, "alpha"] == pytest.approx(before.loc[key, "alpha"], abs=1e-12)
    assert (after["dates"] == design_dates(before)).all()


def design_dates(frame):
    """All variants use the same dates."""
    return frame["dates"].iloc[0]
