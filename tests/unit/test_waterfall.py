"""The liquidation waterfall: known answers, and against brute force over all ways to convert."""

from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuance.domain.waterfall import (
    DuplicateClass,
    ImpossibleClass,
    NegativeProceeds,
    NoClassToPay,
    ShareClass,
    distribute,
    distribute_many,
    waterfall,
)

MILLION = 1_000_000_00
A = ShareClass("A", 100_000, invested=MILLION)
COMMON = ShareClass("common", 900_000)


@pytest.mark.parametrize(("exit_value", "paid"), [(0.5, 0.5), (5, 1.0), (20, 2.0)])
def test_the_published_non_participating_example(exit_value, paid):
    proceeds = int(exit_value * MILLION)
    assert distribute(proceeds, [A, COMMON]) == {
        "A": int(paid * MILLION),
        "common": proceeds - int(paid * MILLION),
    }


def test_seniority_is_paid_first_and_equals_share_pari_passu():
    classes = [
        ShareClass("junior", 10, invested=100, seniority=1),
        ShareClass("b", 10, invested=200, seniority=2),
        ShareClass("c", 10, invested=100, seniority=2),
        ShareClass("common", 70),
    ]
    assert distribute(150, classes) == {"junior": 0, "b": 100, "c": 50, "common": 0}
    assert distribute(350, classes) == {"junior": 50, "b": 200, "c": 100, "common": 0}
    assert distribute(410, classes) == {"junior": 100, "b": 200, "c": 100, "common": 10}


def test_participation_with_and_without_a_cap():
    common = ShareClass("common", 50)
    free = ShareClass("p", 50, invested=100, participating=True)
    capped = ShareClass("p", 50, invested=100, participating=True, cap=Fraction(2))
    assert distribute(300, [free, common]) == {"p": 200, "common": 100}
    assert distribute(350, [capped, common]) == {"p": 200, "common": 150}
    assert distribute(400, [capped, common]) == {"p": 200, "common": 200}
    assert distribute(500, [capped, common]) == {"p": 250, "common": 250}


def test_a_multiple_and_a_conversion_ratio_count():
    double = ShareClass("d", 10, invested=100, multiple=Fraction(2), conversion=Fraction(3, 2))
    common = ShareClass("common", 15)
    assert distribute(250, [double, common]) == {"d": 200, "common": 50}
    assert distribute(1_000, [double, common]) == {"d": 500, "common": 500}


def test_without_common_the_preferred_take_everything():
    assert distribute(500, [ShareClass("a", 10, invested=100), ShareClass("b", 10, invested=100)]) == {
        "a": 250,
        "b": 250,
    }
    assert distribute(101, [ShareClass("a", 1, invested=1), ShareClass("b", 1, invested=100)]) == {
        "a": 1,
        "b": 100,
    }


def test_what_cannot_be_shared_out_has_a_named_error():
    with pytest.raises(NegativeProceeds):
        distribute(-1, [COMMON])
    with pytest.raises(DuplicateClass):
        distribute(1, [COMMON, COMMON])
    with pytest.raises(NoClassToPay):
        distribute(0, [])
    with pytest.raises(NoClassToPay):
        distribute(1, [ShareClass("empty", 0)])
    with pytest.raises(NoClassToPay):
        distribute(101, [ShareClass("loan", 0, invested=100)])
    assert distribute(0, [A, COMMON]) == {"A": 0, "common": 0}


def fractions(low, high):
    return st.fractions(min_value=low, max_value=high, max_denominator=4)


terms = st.builds(
    dict,
    shares=st.integers(1, 1_000),
    invested=st.integers(0, 1_000),
    multiple=fractions(1, 3),
    seniority=st.integers(0, 2),
    participating=st.booleans(),
    cap=st.none() | fractions(1, 5),
    conversion=fractions(Fraction(1, 2), 2),
)


def named(rows):
    return [ShareClass(str(n), **row) for n, row in enumerate(rows)]


class_lists = st.lists(terms, min_size=1, max_size=5).map(named)


def payoffs(proceeds, classes, converts):
    """What each class gets when exactly these convert, worked out step by step; exact rationals."""
    left, paid = Fraction(proceeds), [Fraction(0)] * len(classes)
    kept = [n for n, one in enumerate(classes) if one.invested and not converts[n]]
    for seniority in sorted({classes[n].seniority for n in kept}, reverse=True):
        tier = [n for n in kept if classes[n].seniority == seniority]
        due = sum(classes[n].preference for n in tier)
        share = min(Fraction(1), left / due) if due else Fraction(0)
        for n in tier:
            paid[n] = classes[n].preference * share
            left -= paid[n]
    takers = {n for n, one in enumerate(classes) if n not in kept or one.participating}
    while left and takers:
        weight = sum(classes[n].as_converted for n in takers)
        room = {
            n: classes[n].ceiling - paid[n] for n in takers if n in kept and classes[n].ceiling is not None
        }
        step = min([left / weight, *(room[n] / classes[n].as_converted for n in room)])
        for n in takers:
            paid[n] += classes[n].as_converted * step
        left -= weight * step
        takers -= {n for n in room if paid[n] == classes[n].ceiling}
    return paid


def equilibria(proceeds, classes):
    """Payoffs of every profile of conversions that no single class would leave; brute force over all of them."""
    profiles = list(product([False, True], repeat=len(classes)))
    paid = {converts: payoffs(proceeds, classes, converts) for converts in profiles}
    found = []
    for converts in profiles:
        turned = [tuple(c != (n == place) for n, c in enumerate(converts)) for place in range(len(classes))]
        stable = all(paid[other][place] <= paid[converts][place] for place, other in enumerate(turned))
        if stable and sum(paid[converts]) == proceeds:
            found.append(tuple(paid[converts]))
    return found


@settings(max_examples=150, deadline=None)
@given(class_lists, st.integers(0, 8_000))
def test_no_class_gains_by_changing_its_mind(classes, proceeds):
    assert waterfall(tuple(classes)).exact(Fraction(proceeds)) in equilibria(proceeds, classes)


@settings(max_examples=25, deadline=None)
@given(st.lists(terms, min_size=6, max_size=8).map(named), st.integers(0, 20_000))
def test_no_class_gains_by_changing_its_mind_among_eight_either(classes, proceeds):
    assert waterfall(tuple(classes)).exact(Fraction(proceeds)) in equilibria(proceeds, classes)


@settings(deadline=None)
@given(class_lists, st.integers(0, 5_000), st.integers(1, 50))
def test_everything_is_paid_and_nobody_gets_less_of_more(classes, proceeds, more):
    before, after = distribute(proceeds, classes), distribute(proceeds + more, classes)
    assert sum(before.values()) == proceeds
    assert sum(after.values()) == proceeds + more
    assert all(before[code] <= after[code] for code in before)


def test_three_equal_holders_share_an_odd_cent_in_their_order():
    classes = [ShareClass(code, 1) for code in "abc"]
    assert distribute(100, classes) == {"a": 34, "b": 33, "c": 33}
    assert distribute(101, classes) == {"a": 34, "b": 34, "c": 33}


@settings(deadline=None)
@given(class_lists, st.integers(0, 5_000))
def test_whole_units_lie_within_one_unit_of_the_exact_part_for_each_class_there_is(classes, proceeds):
    exact = waterfall(tuple(classes)).exact(Fraction(proceeds))
    for part, units in zip(exact, distribute(proceeds, classes).values(), strict=True):
        assert abs(units - part) <= len(classes)


@settings(max_examples=50, deadline=None)
@given(class_lists, st.lists(st.integers(0, 20_000), max_size=20))
def test_many_exits_at_once_say_what_each_says_alone(classes, exits):
    assert distribute_many(exits, classes) == [distribute(proceeds, classes) for proceeds in exits]


def test_nobody_gets_less_of_more_along_a_whole_chart():
    classes = [
        ShareClass("D", 700, invested=1_401, seniority=3),
        ShareClass("C", 611, invested=977, seniority=2, participating=True, cap=Fraction(2)),
        ShareClass("B", 409, invested=500, multiple=Fraction(3, 2), seniority=2, conversion=Fraction(5, 4)),
        ShareClass("A", 307, invested=123, seniority=1, participating=True),
        ShareClass("options", 101),
        ShareClass("common", 1_009),
    ]
    chart = distribute_many(range(9_000), classes)
    assert [sum(paid.values()) for paid in chart] == list(range(9_000))
    steps = pairwise(chart)
    assert all(
        sum(high[code] - low[code] for code in low) == 1 and all(low[code] <= high[code] for code in low)
        for low, high in steps
    )


def test_preferences_of_less_than_half_a_unit_still_sum_to_the_proceeds():
    thirds = [ShareClass(code, 0, invested=1, multiple=Fraction(1, 3)) for code in "abc"]
    assert distribute(1, thirds) == {"a": 1, "b": 0, "c": 0}
    with pytest.raises(NoClassToPay):
        distribute(2, thirds)


def test_one_exit_that_cannot_be_shared_out_refuses_them_all():
    with pytest.raises(NegativeProceeds, match="-5"):
        distribute_many([10, -5, 20], [COMMON])
    with pytest.raises(ImpossibleClass, match="bad"):
        distribute_many([10], [COMMON, ShareClass("bad", -1)])
    assert distribute_many([], [COMMON]) == []


def test_twenty_classes_and_a_thousand_exits_are_charted_to_the_cent():
    classes = [
        ShareClass(
            f"series {n}",
            10_007 * n,
            invested=1_000_003 * n,
            multiple=Fraction(2 + n % 3, 2),
            seniority=n % 5,
            participating=n % 2 == 0,
            cap=Fraction(3) if n % 4 == 0 else None,
            conversion=Fraction(4 + n % 3, 4),
        )
        for n in range(1, 20)
    ]
    chart = distribute_many(range(0, 10**9, 10**6), [*classes, ShareClass("common", 1_000_000)])
    assert [sum(paid.values()) for paid in chart] == list(range(0, 10**9, 10**6))
