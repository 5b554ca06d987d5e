"""Rounds: the published answers."""

from fractions import Fraction

import pytest

from issuance.domain.dilution import ImpossibleRound, pool_shuffle, post_money_safe, weighted_average_price


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
