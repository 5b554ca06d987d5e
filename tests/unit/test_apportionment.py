import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.apportionment import NothingToApportionOver, apportion
from portal.domain.errors import Invalid

# 1790 United States apportionment without the per-seat bound (census of 1790; Hamilton's method).
CENSUS_1790 = {
    "VA": 630_560, "MA": 475_327, "PA": 432_879, "NC": 353_523, "NY": 331_589, "MD": 278_514, "CT": 236_841,
    "SC": 206_236, "NJ": 179_570, "NH": 141_822, "VT": 85_533, "GA": 70_835, "KY": 68_705, "RI": 68_446, "DE": 55_540,
}  # fmt: skip


def test_hamilton_gives_the_seats_of_1790():
    assert apportion(60, list(CENSUS_1790.values())) == [11, 8, 7, 6, 6, 5, 4, 3, 3, 2, 1, 1, 1, 1, 1]


def test_equal_remainders_go_to_the_earlier_weight():
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(2, [1, 1, 1]) == [1, 1, 0]


def test_a_weight_of_zero_gets_nothing():
    assert apportion(7, [0, 3, 0]) == [0, 7, 0]


def test_nothing_over_nobody_is_nothing():
    assert apportion(0, [0, 0]) == [0, 0]
    assert apportion(0, []) == []


def test_something_over_nobody_is_refused():
    with pytest.raises(NothingToApportionOver, match="5 cannot be split"):
        apportion(5, [0, 0])
    with pytest.raises(NothingToApportionOver):
        apportion(5, [])


def test_negative_figures_are_refused_by_name():
    with pytest.raises(Invalid) as refused:
        apportion(-1, [1])
    assert refused.value.field == "total"
    with pytest.raises(Invalid) as refused:
        apportion(1, [1, -1])
    assert refused.value.field == "weights"


@given(st.integers(0, 10**30), st.lists(st.integers(0, 10**24), min_size=1, max_size=60).filter(any))
def test_parts_sum_to_the_whole_and_none_is_a_unit_from_its_share(total, weights):
    parts, base = apportion(total, weights), sum(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * base - total * weight) < base
