"""Sizes of moves on event days: worked by hand, found where planted, and seldom where not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.variance import (
    VarianceRatio,
    average_sizes,
    compare_variance,
    share_left,
)

SESSIONS = pd.bdate_range("2024-01-01", periods=400)


def calendar(rng: np.random.Generator, events: int = 30) -> pd.Series:
    """Episodes of one to three days that start anywhere, by session."""
    starts = np.sort(rng.choice(len(SESSIONS) - 3, events, replace=False))
    days = [(day, n) for n, start in enumerate(starts) for day in range(start, start + 1 + n % 3)]
    kept = pd.Series({SESSIONS[day]: n for day, n in days})
    return kept.sort_index()


def compared(scores: pd.Series, episodes: pd.Series, **options) -> VarianceRatio:
    values = average_sizes(scores.to_frame(), options.pop("power", 2))
    other = SESSIONS[~SESSIONS.isin(episodes.index)]
    return compare_variance(values, episodes, other, draws=options.pop("draws", 499), **options)


def test_ratio_and_rotations_are_worked_by_hand():
    """Five sessions, events on the first and third of mean square 8.5; others 1, 4 and 4."""
    scores = pd.Series([4.0, -1.0, 1.0, 2.0, -2.0], index=SESSIONS[:5])
    result = compared(scores, pd.Series([1, 2], index=SESSIONS[[0, 2]]))
    assert result.ratio == pytest.approx(8.5 / 3)
    # Means of the four rotations: (1 + 4) / 2, (1 + 4) / 2, (4 + 16) / 2, (4 + 1) / 2.
    assert (result.p, result.p_min) == (2 / 5, 1 / 5)
    assert (result.days, result.episodes, result.others) == (2, 2, 3)
    absolute = compared(scores, pd.Series([1, 2], index=SESSIONS[[0, 2]]), power=1)
    assert absolute.ratio == pytest.approx(2.5 / (5 / 3))
    less = compared(scores, pd.Series([1, 2], index=SESSIONS[[0, 2]]), side="less")
    assert less.p == 4 / 5


def test_sizes_average_assets_and_the_days_of_a_window():
    """A missing asset leaves the others; a session without any leaves its windows empty."""
    scores = pd.DataFrame({"a": [1.0, -3.0, np.nan, 2.0], "b": [3.0, np.nan, np.nan, -4.0]})
    assert average_sizes(scores).dropna().tolist() == [5.0, 9.0, 10.0]
    assert average_sizes(scores, 1, (0, 1)).dropna().tolist() == [2.5]


def test_a_variance_of_four_times_is_found():
    """Planted on event days alone: close to four, its interval above one, p small."""
    rng = np.random.default_rng(3)
    ratios, found = [], 0
    for _ in range(40):
        episodes = calendar(rng)
        scores = pd.Series(rng.normal(size=400), index=SESSIONS)
        scores[episodes.index] *= 2
        result = compared(scores, episodes)
        ratios.append(result.ratio)
        found += result.p < 0.05 and result.low > 1
    assert np.mean(ratios) == pytest.approx(4, abs=0.5)
    assert found >= 38


@pytest.mark.slow
def test_true_nulls_are_rejected_near_the_nominal_size():
    """Volatility in waves and events in clusters, but no news: about 5% of calendars reject."""
    rng = np.random.default_rng(4)
    rejected, runs = 0, 250
    for _ in range(runs):
        shocks = pd.Series(rng.normal(size=440)).ewm(halflife=10).mean().to_numpy()[40:]
        scores = pd.Series(rng.normal(size=400) * np.exp(1.5 * shocks), index=SESSIONS)
        rejected += compared(scores, calendar(rng), draws=399).p <= 0.05
    assert 0.02 * runs <= rejected <= 0.085 * runs


def test_interval_covers_the_true_ratio():
    """Without news the interval holds one in about the share of samples that it promises."""
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(100):
        scores = pd.Series(rng.normal(size=400), index=SESSIONS)
        result = compared(scores, calendar(rng))
        covered += result.low < 1 < result.high
    assert covered >= 86  # percentiles of few skewed values cover a little less than 95%


def test_signs_play_no_part():
    """Turning any of the scores round changes nothing."""
    rng = np.random.default_rng(6)
    episodes, scores = calendar(rng), pd.Series(rng.normal(size=400), index=SESSIONS)
    flipped = scores * rng.choice([-1, 1], 400)
    assert compared(flipped, episodes) == compared(scores, episodes)


def test_headlines_of_one_day_count_once_and_days_without_a_value_not_at_all():
    """A day named twice is one day; one without a score is left out."""
    rng = np.random.default_rng(7)
    scores = pd.Series(rng.normal(size=400), index=SESSIONS)
    scores.iloc[50] = np.nan
    once = pd.Series([1, 2, 3], index=SESSIONS[[20, 80, 200]])
    more = pd.Series([1, 1, 2, 3, 9], index=SESSIONS[[20, 20, 80, 200, 50]])
    assert compared(scores, more).days == 3
    assert compared(scores, more).ratio == pytest.approx(compared(scores, once).ratio)


def test_more_rotations_than_draws_are_sampled():
    """All are computed where there are no more than the draws; else as many as these."""
    rng = np.random.default_rng(8)
    scores = pd.Series(rng.normal(size=400), index=SESSIONS)
    episodes = calendar(rng)
    assert compared(scores, episodes).p_min == 1 / 400
    assert compared(scores, episodes, draws=99).p_min == 1 / 100


@pytest.mark.parametrize("empty", ["event", "other"])
def test_nothing_to_compare_is_refused(empty):
    """Days of either kind without any value are told by name."""
    scores = pd.Series(1.0, index=SESSIONS[:10])
    days = SESSIONS[20:21] if empty == "event" else SESSIONS[:1]
    other = SESSIONS[1:9] if empty == "event" else SESSIONS[:0]
    with pytest.raises(ValueError, match=f"expected {empty} days"):
        compare_variance(average_sizes(scores.to_frame()), pd.Series(1, index=days), other, draws=9)


def test_share_left_by_hand():
    """Squares left over squares; where every episode has the same share the interval is a point."""
    episodes = pd.Series([0, 0, 1, 2])
    whole = pd.Series([2.0, -4.0, 1.0, 6.0])
    assert share_left(whole / 2, whole, episodes, draws=99) == pytest.approx((0.25, 0.25, 0.25))
    left = pd.Series([0.0, 0.0, 1.0, 3.0])
    share, low, high = share_left(left, whole, episodes, draws=999)
    assert share == pytest.approx(10 / 57)
    assert low == pytest.approx(0.0)  # a draw of the first episode alone
    assert high == pytest.approx(1.0)  # a draw of the second alone


def test_share_left_can_exceed_one_and_needs_moves():
    """What moved against the rest leaves more than there was; no moves have no share."""
    whole, episodes = pd.Series([1.0, 1.0, 2.0]), pd.Series([0, 1, 2])
    assert share_left(2 * whole, whole, episodes, draws=99)[0] == pytest.approx(4.0)
    with pytest.raises(ValueError, match="expected moves other than zero"):
        share_left(whole, 0 * whole, episodes, draws=99)


def test_share_left_draws_episodes_and_not_days():
    """Days of one episode that move together widen the interval as far as one day would."""
    rng = np.random.default_rng(4)
    whole = pd.Series(rng.normal(size=12))
    left = pd.Series(whole * rng.uniform(0, 1, 12))
    once = share_left(left, whole, pd.Series(range(12)), draws=999)
    more = [pd.concat([part] * 5, ignore_index=True) for part in (left, whole)]
    clustered = share_left(more[0], more[1], pd.Series([*range(12)] * 5), draws=999)
    assert clustered == pytest.approx(once)
