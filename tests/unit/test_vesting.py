"""Vesting by OCF's terms: seven ways of rounding, cliffs, schedules, and paths between conditions."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.vesting import Condition, ImpossibleVesting, Period, allocate, schedule, vested

WAYS = {
    "CUMULATIVE_ROUNDING": [5, 4, 5, 4],
    "CUMULATIVE_ROUND_DOWN": [4, 5, 4, 5],
    "FRONT_LOADED": [5, 5, 4, 4],
    "BACK_LOADED": [4, 4, 5, 5],
    "FRONT_LOADED_TO_SINGLE_TRANCHE": [6, 4, 4, 4],
    "BACK_LOADED_TO_SINGLE_TRANCHE": [4, 4, 4, 6],
    "FRACTIONAL": [Fraction(9, 2)] * 4,
}
FOUR_YEARS = [
    Condition("start", follow=("cliff",)),
    Condition(
        "cliff", portion=Fraction(12, 48), after="start", period=Period(12, "MONTHS"), follow=("monthly",)
    ),
    Condition("monthly", portion=Fraction(1, 48), after="cliff", period=Period(1, "MONTHS", 36)),
]
STARTED = {"start": date(2020, 1, 31)}


@pytest.mark.parametrize("how", WAYS)
def test_eighteen_over_four_is_as_ocf_says(how):
    assert allocate(18, 4, how) == WAYS[how]


@given(st.integers(0, 10**12), st.integers(1, 200), st.sampled_from(sorted(WAYS)))
def test_tranches_sum_to_the_grant(total, tranches, how):
    parts = allocate(total, tranches, how)
    assert sum(parts) == total
    assert len(parts) == tranches
    assert min(parts) >= 0


def test_four_years_with_a_cliff():
    found = schedule(FOUR_YEARS, quantity=1000, how="CUMULATIVE_ROUNDING", started=STARTED)
    assert (found[0].day, found[0].quantity) == (date(2021, 1, 31), 250)
    assert found[1].day == date(2021, 2, 28)
    assert found[2].day == date(2021, 3, 31)
    assert found[-1].day == date(2024, 1, 31)
    assert sum(one.quantity for one in found) == 1000
    assert vested(found, on=date(2021, 1, 30), quantity=1000) == 0
    assert vested(found, on=date(2021, 1, 31), quantity=1000) == 250
    assert vested(found, on=date(2021, 1, 31), quantity=1000, accelerated=900) == 1000


def test_nothing_vests_before_it_starts():
    assert schedule(FOUR_YEARS, quantity=1000, how="FRONT_LOADED", started={}) == []


def test_the_first_of_two_conditions_to_come_is_the_one_that_counts():
    terms = [
        Condition("start", follow=("sale", "day")),
        Condition("sale", portion=Fraction(1)),
        Condition("day", portion=Fraction(1, 2), on=date(2022, 1, 1)),
    ]
    told = {"start": date(2020, 1, 1)}
    assert [one.condition for one in schedule(terms, quantity=10, how="FRACTIONAL", started=told)] == ["day"]
    told["sale"] = date(2021, 1, 1)
    (one,) = schedule(terms, quantity=10, how="FRACTIONAL", started=told)
    assert (one.condition, one.quantity) == ("sale", 10)


def test_a_portion_of_the_remainder():
    terms = [
        Condition("start", quantity=400, follow=("rest",)),
        Condition("rest", portion=Fraction(1, 5), remainder=True, on=date(2021, 1, 1)),
    ]
    found = schedule(terms, quantity=1000, how="FRACTIONAL", started={"start": date(2020, 1, 1)})
    assert [one.quantity for one in found] == [400, 120]


def test_a_condition_that_is_not_there_or_follows_itself_is_refused():
    for terms in (
        [Condition("a", follow=("b",))],
        [Condition("s", follow=("a",)), Condition("a", on=date(2021, 1, 1), follow=("a",))],
    ):
        with pytest.raises(ImpossibleVesting):
            schedule(
                terms, quantity=1, how="FRACTIONAL", started={"s": date(2020, 1, 1), "a": date(2020, 1, 1)}
            )
    with pytest.raises(ImpossibleVesting):
        allocate(1, 0, "FRACTIONAL")
