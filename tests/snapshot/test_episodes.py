"""Episodes of dates: distances count sessions."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.snapshot.episodes import Direction, assign_episodes

CALENDAR = pd.bdate_range("2025-10-01", periods=40)
WAYS = {"easing": Direction(words="controls are eased", sign=-1)}


def listed(*days: str) -> pd.DataFrame:
    """Return easing events on these days."""
    day0 = pd.to_datetime(list(days))
    return pd.DataFrame({"id": list(days), "day0": day0, "direction": "easing"})


def test_distances_count_sessions():
    """Friday and Monday are one session apart."""
    found = assign_episodes(listed("2025-10-24", "2025-10-27", "2025-10-30"), CALENDAR, 1, WAYS)
    assert found["episode"].tolist() == [1, 1, 2]


def test_a_holiday_is_named():
    """The error says which date is no session."""
    with pytest.raises(ValueError, match="2025-10-25 is not a session"):
        assign_episodes(listed("2025-10-25"), CALENDAR, 1, WAYS)
