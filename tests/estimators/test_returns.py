from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimators.returns import equal_weight, log_returns, simple_returns

DAYS = pd.bdate_range("2025-01-01", periods=4)
PRICES = pd.DataFrame({"A": [10.0, 11.0, np.nan, 12.1], "B": [4.0, 5.0, 4.0, 5.0]}, index=DAYS)


def test_simple_return_divides_by_the_earlier_price():
    """From 4 to 5 is +25%, from 5 to 4 is -20%."""
    assert simple_returns(PRICES)["B"].tolist() == pytest.approx([0.25, -0.2, 0.25])


def test_missing_price_leaves_both_returns_missing():
    """A missing close is never carried forward, so two returns are unknown."""
    assert simple_returns(PRICES)["A"].isna().tolist() == [False, True, True]
    assert log_returns(PRICES)["A"].isna().tolist() == [False, True, True]


def test_first_session_has_no_return():
    """The result stands on the sessions of the prices without the first."""
    assert simple_returns(PRICES).index.equals(DAYS[1:])
    assert log_returns(PRICES).index.equals(DAYS[1:])


@given(st.lists(st.floats(0.01, 1e4), min_size=2, max_size=30))
def test_log_returns_add_up_to_the_log_of_the_compounded_return(values):
    """The sum of log returns and the compounded simple returns tell the same story."""
    prices = pd.DataFrame({"A": values}, index=pd.bdate_range("2025-01-01", periods=len(values)))
    total = log_returns(prices)["A"].sum()
    held = (1 + simple_returns(prices)["A"]).prod()
    assert np.exp(total) == pytest.approx(held, rel=1e-9)


@given(st.floats(1e-3, 1e3))
def test_scaling_prices_changes_no_return(factor):
    """A currency or a split leaves returns alone."""
    expected = simple_returns(PRICES)
    pd.testing.assert_frame_equal(simple_returns(PRICES * factor), expected, rtol=1e-9)


def test_equal_weight_averages_the_members_present():
    """A missing member leaves the mean of the others; none leaves the basket missing."""
    returns = pd.DataFrame({"A": [0.1, np.nan, np.nan], "B": [0.3, 0.2, np.nan], "C": [9.0] * 3})
    basket = equal_weight(returns, ["A", "B"])
    np.testing.assert_allclose(basket, [0.2, 0.2, np.nan])


def test_equal_weight_refuses_a_stranger():
    """An unknown member is an error that names it, not a smaller basket."""
    with pytest.raises(ValueError, match="'Z'"):
        equal_weight(PRICES, ["A", "Z"])


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf])
def test_price_must_be_positive(bad):
    """The message names the column and the session."""
    prices = PRICES.copy()
    prices.iloc[2, 1] = bad
    with pytest.raises(ValueError, match=r"for B on 2025-01-03"):
        simple_returns(prices)


def test_price_must_be_a_number():
    """Text among the prices is an error."""
    with pytest.raises(ValueError, match="numbers only"):
        simple_returns(PRICES.astype(object).replace(4.0, "four"))


def test_sessions_must_increase():
    """Unsorted rows would turn returns round."""
    with pytest.raises(ValueError, match="increasing"):
        log_returns(PRICES.iloc[::-1])
