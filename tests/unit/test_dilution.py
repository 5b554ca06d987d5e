"""Rounds: the published answers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.dilution import (
    ImpossibleRound,
    Safe,
    full_ratchet_price,
    pool_shuffle,
    post_money_safe,
    pro_forma,
    weighted_average_price,
)


def test_the_option_pool_shuffle():
    done = pool_shuffle(
        pre_money=8_000_000, investment=2_000_000, shares=6_000_000, pool_share=Fraction(1, 5)
    )
    assert (done.price, done.new_shares, done.pool_shares) == (1, 2_000_000, 2_000_000)
    assert done.effective_pre_money == 6_000_000


def test_without_a_pool_the_price_is_the_naive_one():
    done = pool_shuffle(pre_money=8_000_000, investment=2_000_000, shares=6_000_000, pool_share=Fraction(0))
    assert done.price == Fraction(4, 3)
    assert done.effective_pre_money == 8_000_000


def test_post_money_safes_of_the_lecture():
    assert post_money_safe(200_000, 4_000_000) == Fraction(5, 100)
    assert post_money_safe(800_000, 8_000_000) == Fraction(10, 100)


def test_weighted_average_anti_dilution():
    # A = 1,000,000 at CP1 1.00; 100,000 come in for 200,000 shares at 0.50: CP2 = 1.1 / 1.2.
    found = weighted_average_price(
        conversion_price=Fraction(1), outstanding=1_000_000, new_money=Fraction(100_000), new_shares=200_000
    )
    assert found == Fraction(11, 12)


def test_a_dearer_round_changes_no_conversion_price():
    found = weighted_average_price(
        conversion_price=Fraction(1), outstanding=100, new_money=Fraction(200), new_shares=100
    )
    assert found == 1


def test_a_round_that_leaves_nothing_is_refused():
    with pytest.raises(ImpossibleRound):
        pool_shuffle(pre_money=1, investment=1, shares=1, pool_share=Fraction(1, 2))
    with pytest.raises(ImpossibleRound):
        post_money_safe(5, 5)


def test_a_post_money_safe_has_its_share_before_the_new_money():
    found = pro_forma(
        pre_money=16_000_000,
        investment=4_000_000,
        shares=8_500_000,
        safes=[Safe(200_000, 4_000_000), Safe(800_000, 8_000_000)],
    )
    before = 8_500_000 + sum(found.safe_shares)
    assert [one / before for one in found.safe_shares] == [Fraction(5, 100), Fraction(10, 100)]
    assert found.total * found.price == 20_000_000
    assert found.new_shares / found.total == Fraction(1, 5)


def test_a_pre_money_safe_counts_no_safes_in_its_price():
    found = pro_forma(
        pre_money=10_000_000,
        investment=1,
        shares=1_000_000,
        safes=[Safe(500_000, 5_000_000, post_money=False)],
    )
    assert found.safe_shares == (Fraction(100_000),)


def test_a_safe_takes_the_better_of_cap_and_discount():
    low = pro_forma(
        pre_money=1_000_000,
        investment=1_000_000,
        shares=1_000_000,
        safes=[Safe(100_000, 90_000_000, Fraction(1, 5))],
    )
    assert low.safe_shares[0] * low.price * Fraction(4, 5) == 100_000
    none = pro_forma(
        pre_money=1_000_000,
        investment=1_000_000,
        shares=1_000_000,
        safes=[Safe(100_000, 90_000_000, post_money=False)],
    )
    assert none.safe_shares[0] * none.price == 100_000


def test_the_pool_shuffle_is_the_round_without_safes():
    found = pro_forma(pre_money=8_000_000, investment=2_000_000, shares=6_000_000, pool_share=Fraction(1, 5))
    assert (found.price, found.pool_shares, found.new_shares) == (1, 2_000_000, 2_000_000)


@given(
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.lists(
        st.builds(
            Safe,
            st.integers(1, 10**6),
            st.none() | st.integers(10**6, 10**9),
            st.fractions(0, Fraction(1, 2)),
            st.booleans(),
        ),
        max_size=4,
    ),
)
def test_a_round_adds_up_and_no_safe_pays_more_than_the_new_money(pre, money, shares, safes):
    try:
        found = pro_forma(pre_money=pre, investment=money, shares=shares, safes=safes)
    except ImpossibleRound:
        return
    assert shares + sum(found.safe_shares) + found.pool_shares + found.new_shares == found.total
    assert found.total * found.price == pre + money
    for safe, got in zip(safes, found.safe_shares, strict=True):
        assert got * found.price >= safe.investment / (1 - safe.discount) * Fraction(999_999, 1_000_000)


def test_a_full_ratchet_takes_the_new_price():
    assert full_ratchet_price(conversion_price=Fraction(2), new_price=Fraction(1)) == 1
    assert full_ratchet_price(conversion_price=Fraction(2), new_price=Fraction(3)) == 2


@pytest.mark.parametrize(
    "terms",
    [
        {"shares": 0},
        {"pool_share": Fraction(9, 10)},
        {"safes": [Safe(5, 5)]},
        {"safes": [Safe(0, 5)]},
        {"safes": [Safe(1, None, Fraction(1))]},
    ],
)
def test_impossible_rounds_are_refused(terms):
    with pytest.raises(ImpossibleRound):
        pro_forma(**{"pre_money": 100, "investment": 100, "shares": 100, **terms})
