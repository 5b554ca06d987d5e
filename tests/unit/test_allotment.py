"""What an amount buys, and who gets how much when more is asked for than there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.allotment import Demand, consideration, first_come, pro_rata, quantity_for
from portal.domain.errors import Invalid


def demands(*quantities):
    return [Demand(str(number), quantity) for number, quantity in enumerate(quantities)]


def test_an_amount_buys_whole_shares_and_fractions():
    assert quantity_for(1_000_00, price_minor=250_00, scale=0) == 4
    assert quantity_for(1_100_00, price_minor=250_00, scale=0) == 4
    assert quantity_for(1_100_00, price_minor=250_00, scale=4) == 4_4000
    assert quantity_for(1_100_00, price_minor=250_00, scale=4, step=5_000) == 4_0000


def test_a_fraction_of_a_cent_is_never_given_away():
    assert consideration(1, price_minor=1, scale=4) == 1
    assert consideration(3_3333, price_minor=100, scale=4) == 334


@given(st.integers(1, 10**14), st.integers(1, 10**9), st.integers(0, 18), st.integers(1, 10**6))
def test_what_an_amount_buys_never_costs_more_than_the_amount(amount, price, scale, step):
    quantity = quantity_for(amount, price_minor=price, scale=scale, step=step)
    assert quantity % step == 0
    assert consideration(quantity, price_minor=price, scale=scale) <= amount
    assert (quantity + step) * price > amount * 10**scale


def test_everyone_is_served_in_full_when_there_is_enough():
    assert pro_rata(100, demands(30, 70)) == {"0": 30, "1": 70}
    assert first_come(100, demands(30, 60)) == {"0": 30, "1": 60}


def test_oversubscription_is_cut_back_by_largest_remainder():
    assert pro_rata(100, demands(100, 100, 100)) == {"0": 34, "1": 33, "2": 33}
    assert pro_rata(10, demands(7, 7, 6)) == {"0": 4, "1": 3, "2": 3}


def test_first_come_serves_in_order_and_the_last_gets_a_part():
    assert first_come(100, demands(60, 60, 60)) == {"0": 60, "1": 40, "2": 0}


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), max_size=20), st.sampled_from([1, 7, 1000]))
def test_nobody_gets_more_than_he_asked_for_and_nothing_is_left_that_somebody_wants(available, steps, step):
    asked = demands(*(n * step for n in steps))
    for method in (pro_rata, first_come):
        parts = method(available, asked, step=step)
        assert all(0 <= parts[one.key] <= one.quantity and parts[one.key] % step == 0 for one in asked)
        assert sum(parts.values()) == min(available // step * step, sum(one.quantity for one in asked))


def test_a_demand_that_is_not_in_whole_steps_is_refused():
    with pytest.raises(Invalid):
        pro_rata(10, demands(15), step=10)
    with pytest.raises(Invalid):
        first_come(10, [Demand("a", 1), Demand("a", 2)])
