"""Adjustment by hand, and what becomes of each row between two vintages."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from analysis.snapshot.refresh.adjust import action_factors, adjusted_closes, unsplit
from analysis.snapshot.refresh.vintage import blocking, classify_prices, classify_rows

DAYS = pd.bdate_range("2026-03-02", periods=8)


def actions(*rows: tuple[int, str, float]) -> pd.DataFrame:
    """Dividends and splits by position of their ex-date in ``DAYS``."""
    table = pd.DataFrame(rows, columns=["session", "kind", "value"])
    return table.assign(session=DAYS[table["session"].to_numpy(int)], ticker="MP")


def test_dividend_by_hand() -> None:
    """50 cents on a close of 10: everything before is multiplied with 0.95."""
    close = pd.Series([9.0, 10.0, 9.6, 9.8], DAYS[:4])
    paid = actions((2, "dividend", 0.5))
    assert action_factors(close, paid).tolist() == [pytest.approx(0.95)]
    assert adjusted_closes(close, paid).tolist() == pytest.approx([8.55, 9.5, 9.6, 9.8])


def test_split_by_hand() -> None:
    """Three for one: prices before are divided by three, and the return across it is -1%."""
    close = pd.Series([29.0, 30.0, 9.9], DAYS[:3])
    adjusted = adjusted_closes(close, actions((2, "split", 3.0)))
    assert adjusted.tolist() == pytest.approx([29 / 3, 10.0, 9.9])


def test_dividend_on_the_day_of_a_split_by_hand() -> None:
    """Two for one and 25 cents a new share on a close of 20: the factor is (1 - 0.5/20)/2."""
    close = pd.Series([20.0, 9.75], DAYS[:2])
    both = actions((1, "split", 2.0), (1, "dividend", 0.25))
    assert action_factors(close, both).tolist() == [pytest.approx(0.4875)]
    assert adjusted_closes(close, both).pct_change().iloc[1] == pytest.approx(0.0)


def test_capital_gain_counts_as_a_dividend() -> None:
    """Funds distribute both on one day; the holder gets the sum."""
    close = pd.Series([10.0, 9.0], DAYS[:2])
    both = actions((1, "dividend", 0.4), (1, "capital_gain", 0.6))
    assert adjusted_closes(close, both).pct_change().iloc[1] == pytest.approx(0.0)


def test_actions_outside_the_closes_change_nothing() -> None:
    """An ex-date on the first day or after the last close has nothing before it to adjust."""
    close = pd.Series([10.0, 11.0], DAYS[:2])
    outside = actions((0, "dividend", 1.0), (5, "dividend", 1.0))
    pd.testing.assert_series_equal(adjusted_closes(close, outside), close)


@given(
    steps=st.lists(st.floats(-0.1, 0.1), min_size=8, max_size=8),
    ratio=st.sampled_from([2.0, 3.0, 0.1]),
    paid=st.floats(0.01, 0.5),
    days=st.tuples(st.integers(1, 7), st.integers(1, 7)),
)
@settings(max_examples=25, deadline=None)
def test_total_returns_whatever_is_paid_and_split(steps, ratio, paid, days) -> None:
    """Shares and dividends reinvested by hand are worth what the adjusted closes say.

    Yahoo's close and dividend, which later splits have shrunk, are first brought back to what was
    traded and paid; the wealth of somebody who reinvests grows with the adjusted closes.
    """
    shrunk = pd.Series(10 * np.exp(np.cumsum(steps)), DAYS)
    splits = pd.Series([ratio], DAYS[[days[0]]])
    dividends = pd.Series([paid], DAYS[[days[1]]])
    traded, amount = unsplit(shrunk, splits), unsplit(dividends, splits)
    table = actions((days[0], "split", ratio), (days[1], "dividend", amount.iloc[0]))
    shares, wealth = 1.0, [traded.iloc[0]]
    for i in range(1, len(DAYS)):
        if i == days[0]:
            shares *= ratio
        if i == days[1]:  # reinvested at the close before, as CRSP and Yahoo do
            before = traded.iloc[i - 1] / (ratio if i == days[0] else 1.0)
            shares *= 1.0 / (1.0 - amount.iloc[0] / before)
        wealth.append(shares * traded.iloc[i])
    growth = adjusted_closes(traded, table).pct_change().dropna()
    expected = pd.Series(wealth).pct_change().dropna()
    np.testing.assert_allclose(growth, expected, rtol=1e-9, atol=1e-12)


OLD = pd.DataFrame({"MP": [10.0, 10.1, 10.2, 10.1, 10.3, 10.4]}, DAYS[:6])
NONE = actions().iloc[:0]


def classify(new: pd.Series, known: pd.DataFrame = NONE, traded: pd.Series | None = None):
    """Classify one ticker against ``OLD``; as traded it closed as it does now unless said."""
    table = pd.DataFrame({"MP": new})
    closes = pd.DataFrame({"MP": new if traded is None else traded})
    return classify_prices(OLD, table, closes, known).set_index("session")


def longer() -> pd.Series:
    """The old closes and two new ones."""
    return pd.concat([OLD["MP"], pd.Series([10.5, 10.6], DAYS[6:])])


def test_new_and_unchanged_rows() -> None:
    """What was there and is the same is unchanged, what comes after is new; nothing blocks."""
    found = classify(longer())
    assert found["status"].tolist() == ["unchanged"] * 6 + ["new"] * 2
    assert (found["factor"] == 1.0).all()
    assert blocking(found).empty


def test_a_ticker_without_old_closes_has_no_factor() -> None:
    """Every row is new, as if multiplied by one."""
    new = pd.DataFrame({"MP": longer()})
    found = classify_prices(OLD * np.nan, new, new, NONE)
    assert set(found["status"]) == {"new"}
    assert (found["factor"] == 1.0).all()


def test_jitter_is_no_change() -> None:
    """Yahoo's adjusted closes tremble by 1e-5; that is unchanged."""
    tremble = 1 + 1e-5 * np.array([1, -1, 1, 1, -1, -1, 1, 1])
    assert set(classify(longer() * tremble)["status"]) == {"unchanged", "new"}


def test_dividend_after_the_old_vintage_re_adjusts_the_past() -> None:
    """A dividend on the first new session multiplies the past; its factor and day are named."""
    paid = actions((6, "dividend", 0.52))
    found = classify(adjusted_closes(longer(), paid), paid, longer())
    assert found["status"].tolist() == ["re-adjusted"] * 6 + ["new"] * 2
    assert found["factor"].iloc[0] == pytest.approx(1 - 0.52 / 10.4, rel=1e-9)
    assert found["cause"].iloc[0] == "ex-date 2026-03-10"
    assert blocking(found).empty


def test_split_and_dividend_together_are_explained() -> None:
    """Two new actions multiply, and both are named."""
    both = actions((6, "split", 4.0), (7, "dividend", 0.1))
    traded = longer().mask(lambda s: s.index >= DAYS[6], longer() / 4)
    found = classify(adjusted_closes(traded, both), both, traded)
    assert set(found["status"]) == {"re-adjusted", "new"}
    assert found["cause"].iloc[0] == "2 ex-dates 2026-03-10 to 2026-03-11"


def test_constant_factor_without_a_known_cause_blocks() -> None:
    """The same past times 0.97 and no dividend that says so: somebody must look."""
    found = classify(longer().mask(lambda s: s.index < DAYS[6], longer() * 0.97))
    assert found["status"].iloc[0] == "re-adjusted"
    assert len(blocking(found)) == 6


def test_dividend_that_is_listed_late_revises_the_return_of_its_day() -> None:
    """Rows before it are explained, the return on its ex-date is another one: that blocks."""
    paid = actions((3, "dividend", 0.2))
    found = classify(adjusted_closes(longer(), paid), paid, longer())
    assert (
        found["status"].tolist()
        == ["re-adjusted"] * 3 + ["revised"] + ["unchanged"] * 2 + ["new"] * 2
    )
    assert blocking(found).index.tolist() == [DAYS[3]]


def test_revised_close_shows_in_both_returns_that_it_closes() -> None:
    """One other close changes two returns; the rows around are unchanged."""
    new = longer()
    new.iloc[2] *= 1.01
    assert classify(new)["status"].tolist() == [
        "unchanged", "unchanged", "revised", "revised", "unchanged", "unchanged", "new", "new",
    ]  # fmt: skip


def test_vanished_row_keeps_the_factor_of_its_neighbours() -> None:
    """A session that Yahoo has lost blocks; the factor says what it would be worth now."""
    paid = actions((6, "dividend", 0.52))
    new = adjusted_closes(longer(), paid).drop(DAYS[2])
    found = classify(new, paid, longer())
    assert found["status"].iloc[2] == "vanished"
    assert found["factor"].iloc[2] == found["factor"].iloc[1]
    assert blocking(found).index.tolist() == [DAYS[2]]


def test_rounding_of_a_penny_share_is_no_revision() -> None:
    """At 21 cents four decimals leave 2e-4 open, which is not the source's doing."""
    new = pd.Series([0.21004, 0.22006, 0.21994], DAYS[:3])
    old = pd.DataFrame({"MP": new.round(4)})
    found = classify_prices(old, pd.DataFrame({"MP": new}), pd.DataFrame({"MP": new}), NONE)
    assert set(found["status"]) == {"unchanged"}


@pytest.mark.parametrize("old", [[1000.0, 1010.0], [1.0, 1.0], [1.0, 2.0], [2.0, 1.0]])
@pytest.mark.parametrize(("share", "revised"), [(0.9, False), (1.1, True)])
def test_a_return_is_revised_beyond_jitter_and_rounding(old, share, revised) -> None:
    """1e-4, and what half of the last decimal of both closes does to one plus the return."""
    before, after = old
    room = 1e-4 + (1 + abs(after / before - 1)) * (0.5e-4 / before + 0.5e-4 / after)
    new = pd.DataFrame({"MP": [before, after + share * room * before]}, DAYS[:2])
    found = classify_prices(pd.DataFrame({"MP": old}, DAYS[:2]), new, new, NONE)
    assert (found["status"].iloc[1] == "revised") == revised


@pytest.mark.parametrize(
    ("ratio", "status", "factor"),
    [
        (1 + 0.9e-4 * np.arange(-3, 5), "unchanged", 1.0),
        (1 + 0.9e-4 * np.arange(-7, 1), "re-adjusted", 1 - 3.5 * 0.9e-4),
        (1 + 0.9e-4 * np.r_[np.arange(-3, 4), -6], "revised", None),
        (np.full(8, 1 + 3e-4), "re-adjusted", 1 + 3e-4),
        (1 + 0.9e-4 * np.array([0, 0, 0, 0, 1, 2, 3, 4]), "unchanged", 1.0),
    ],
    ids=[
        "level",
        "off on the whole",
        "one leaps back",
        "off by a constant",
        "drifts away a little",
    ],
)
def test_levels_may_drift_a_little_around_a_known_factor(ratio, status, factor) -> None:
    """Within 1e-4 of it in the median and five times that anywhere, where each return agrees."""
    old = pd.Series(np.linspace(1000, 1070, 8), DAYS)
    new = pd.DataFrame({"MP": old * ratio})
    found = classify_prices(old.to_frame("MP"), new, new, NONE)
    assert found["status"].iloc[-1] == status
    if factor is not None:
        assert found["factor"].to_numpy() == pytest.approx(factor, abs=1e-9)
        assert len(blocking(found)) == (8 if status == "re-adjusted" else 0)


@pytest.mark.parametrize(
    ("price", "share", "status"),
    [
        (1000.0, 0.6, "unchanged"),
        (1000.0, 0.69, "re-adjusted"),
        (0.5, 0.69, "unchanged"),  # here four decimals leave one part in 1e4 open
        (0.5, 0.8, "re-adjusted"),
    ],
)
def test_levels_that_drift_far_are_no_known_factor(price, share, status) -> None:
    """Every return agrees and the median is right; the ends are off by eight times the share."""
    days = pd.bdate_range("2026-03-02", periods=17)
    old = pd.Series(price, days)
    new = pd.DataFrame({"MP": old * (1 + share * 1e-4 * np.arange(-8, 9))})
    found = classify_prices(old.to_frame("MP"), new, new, NONE)
    assert set(found["status"]) == {status}
    assert (found["cause"] == "").all()


def test_numbers_of_a_table_are_equal_within_their_tolerance() -> None:
    """One part in 1e4, and half of the fourth decimal; what is new or gone shows its first one."""
    old = pd.DataFrame({"k": [1, 2, 3, 4, 5], "v": [1e4, 1e4, 0.0, 0.0, 7.0], "w": 1.0})
    new = pd.DataFrame({"k": [1, 2, 3, 4, 6], "v": [10000.9, 10001.1, 4e-5, 6e-5, 8.0], "w": 1.0})
    found = classify_rows(old, new, ["k"], ["v", "w"]).set_index("k")
    expected = ["unchanged", "revised", "unchanged", "revised", "vanished", "new"]
    assert found["status"].tolist() == expected
    assert found["old"].to_list()[:5] == [1e4, 1e4, 0.0, 0.0, 7.0]
    assert found["new"].to_list()[5] == 8.0


def test_rows_of_a_table() -> None:
    """Value by value: new, unchanged, revised and vanished; missing equals missing."""
    key = {"month": ["2024-01", "2024-02", "2024-03", "2024-04"]}
    old = pd.DataFrame(key | {"value": [1.0, 2.0, 3.0, 4.0], "weight": [5.0, np.nan, 6.0, 7.0]})
    new = old.iloc[1:].assign(month=["2024-02", "2024-03", "2024-05"])
    new.loc[2, "weight"] = 6.5
    found = classify_rows(old, new, ["month"], ["value", "weight"]).set_index("month")
    assert found["status"].to_dict() == {
        "2024-01": "vanished", "2024-02": "unchanged", "2024-03": "revised",
        "2024-04": "vanished", "2024-05": "new",
    }  # fmt: skip
    assert (found.loc["2024-03", "old"], found.loc["2024-03", "new"]) == (6.0, 6.5)
    assert len(blocking(found)) == 3


def test_rows_of_an_empty_table_are_new() -> None:
    """Before the first refresh there is nothing to compare with."""
    new = pd.DataFrame({"month": ["2024-01"], "value": [1.0]})
    assert classify_rows(new.iloc[:0], new, ["month"], ["value"])["status"].tolist() == ["new"]
    assert classify_rows(new.iloc[:0], new.iloc[:0], ["month"], ["value"]).empty
