"""Levels: the textbook's divisor, continuity at every event, and two ways to the same figure."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indices.domain.level import (
    BadPrices,
    BadQuantities,
    chain,
    chain_linked,
    divisor_after,
    level_of,
)


def test_a_stock_at_twenty_in_place_of_one_at_ten_moves_the_divisor_to_one_point_one():
    prices = np.full((2, 11), 10.0)
    prices[:, 10] = 20.0
    quantities = np.ones((2, 11))
    quantities[0, 10] = 0
    quantities[1, 0] = 0
    found = chain(prices, quantities)
    assert found.divisors == pytest.approx([1.0, 1.1], abs=1e-15)
    assert found.levels == pytest.approx([100.0, 100.0], abs=1e-12)
    assert divisor_after(Decimal(1), before=100, after=110) == Decimal("1.1")


@st.composite
def markets(draw):
    days, count = draw(st.integers(2, 8)), draw(st.integers(1, 5))
    positive = st.floats(min_value=1e-6, max_value=1e6)
    prices = [[draw(positive) for _ in range(count)] for _ in range(days)]
    quantities = [[draw(positive) for _ in range(count)] for _ in range(days)]
    return np.array(prices), np.array(quantities)


@given(markets())
def test_the_level_is_continuous_at_every_event(market):
    prices, quantities = market
    found = chain(prices, quantities)
    for day in range(1, len(prices)):
        before = float(prices[day] @ quantities[day - 1]) / found.divisors[day - 1]
        assert found.levels[day] == pytest.approx(before, rel=1e-12)
    assert found.levels[0] == pytest.approx(100.0, rel=1e-12)


@given(markets())
def test_divisor_and_chain_linking_agree(market):
    prices, quantities = market
    found = chain(prices, quantities[0])
    weights = prices[0] * quantities[0] / float(prices[0] @ quantities[0])
    assert chain_linked(100.0, weights, prices, prices[0]) == pytest.approx(found.levels, rel=1e-12)


@given(
    st.integers(1, 10**50),
    st.integers(1, 10**50),
    st.decimals(min_value="0.001", max_value="1000000", places=6),
)
def test_the_published_level_is_continuous_to_twelve_digits(before, after, divisor):
    old = Decimal(before).scaleb(-36)
    new = Decimal(after).scaleb(-36)
    if not Decimal("1e-3") < old / divisor < Decimal("1e12") or not Decimal("1e-6") < new / old < Decimal(
        "1e6"
    ):
        return
    moved = divisor_after(divisor, before=old, after=new)
    assert abs(level_of(new, moved) / level_of(old, divisor) - 1) < Decimal("1e-12")


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0, -3.0])
def test_a_bad_price_is_named_by_day_and_column(bad):
    prices = np.full((3, 2), 5.0)
    prices[2, 1] = bad
    with pytest.raises(BadPrices, match="column 1 on day 2"):
        chain(prices, [1, 1])


def test_a_price_that_nobody_holds_may_be_missing():
    prices = np.array([[1.0, np.nan], [2.0, np.nan]])
    assert chain(prices, [1, 0]).levels == pytest.approx([100, 200])


def test_what_leaves_needs_a_price_on_the_day_it_leaves():
    prices = np.array([[1.0, 1.0], [1.0, np.nan]])
    with pytest.raises(BadPrices, match="column 1 on day 1"):
        chain(prices, [[1, 1], [1, 0]])


@pytest.mark.parametrize(
    ("quantities", "said"),
    [([1, 2, 3], "do not fit"), ([[0, 0], [0, 0]], "worth nothing"), ([-1, 1], "negative")],
)
def test_bad_quantities_are_refused(quantities, said):
    with pytest.raises(BadQuantities, match=said):
        chain([[1.0, 1.0], [1.0, 1.0]], quantities)


def test_a_divisor_is_not_carried_over_nothing():
    with pytest.raises(BadQuantities):
        divisor_after(Decimal(1), before=0, after=5)


def test_prices_are_a_table():
    with pytest.raises(BadPrices, match="one row per day"):
        chain([1.0, 2.0], [1.0])
