"""Units and fees: whole numbers, each rounding with its direction, nothing made of nothing."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indices.domain import valuation
from indices.domain.fee import fee_minor, streaming_fee, streaming_units
from indices.domain.methodology import rules_of
from indices.domain.schedule import closes_at, dealing_day, last_closed, reference_dates
from portal.domain.errors import Invalid
from tests.factories.methodologies import document

YEAR = 31_557_600


def test_two_percent_for_a_year_on_one_unit_mints_what_set_protocol_mints():
    found = streaming_fee(Fraction(2, 100), YEAR, 1)
    assert round(float(found.minted), 10) == 0.0204081633
    assert found.multiplier == Fraction(98, 100)
    assert streaming_units(rate_ppm=20_000, elapsed=YEAR, supply=10**10) == 204_081_632


@pytest.mark.parametrize(("rate", "elapsed"), [(Fraction(1), YEAR), (Fraction(-1, 100), YEAR)])
def test_a_fee_of_everything_or_of_less_than_nothing_is_refused(rate, elapsed):
    with pytest.raises(Invalid):
        streaming_fee(rate, elapsed, 1)


def test_a_fee_is_rounded_up_to_the_cent():
    assert fee_minor(10_001, bps=20) == 21
    assert fee_minor(10_000, bps=20) == 20
    assert fee_minor(10_000, bps=0) == 0


@given(st.integers(1, 10**14), st.integers(1, 10**14), st.integers(1, 10**18))
def test_whoever_comes_and_goes_at_once_never_takes_more_than_he_brought(cash, nav, outstanding):
    units = valuation.units_created(
        net_minor=cash, nav_minor=nav, outstanding=outstanding, first_price_minor=10_000
    )
    back = valuation.units_worth(units=units, nav_minor=nav + cash, outstanding=outstanding + units)
    assert back <= cash


def test_the_first_units_cost_the_level():
    assert (
        valuation.units_created(net_minor=995_000, nav_minor=0, outstanding=0, first_price_minor=10_100)
        == 9_851_485_148
    )


def test_a_fund_worth_nothing_sells_no_units():
    with pytest.raises(Invalid, match="worth nothing"):
        valuation.units_created(net_minor=1, nav_minor=0, outstanding=5, first_price_minor=1)


def test_a_price_keeps_its_digits():
    assert valuation.price_e18(Decimal("0.00000017699999443721")) == 176_999_994_437
    assert valuation.price_e18(Decimal("124720.090000000000000001")) == 124_720_090_000_000_000_000_001
    with pytest.raises(Invalid):
        valuation.price_e18(Decimal("1e-19"))


def test_an_order_before_the_cut_off_is_dealt_today_and_after_it_tomorrow():
    cut_off = time(16)
    assert dealing_day(datetime(2025, 3, 3, 15, 59, 59, tzinfo=UTC), cut_off) == date(2025, 3, 3)
    assert dealing_day(datetime(2025, 3, 3, 16, tzinfo=UTC), cut_off) == date(2025, 3, 4)
    assert dealing_day(datetime.fromisoformat("2025-03-03T23:30:00-05:00"), cut_off) == date(2025, 3, 4)


def test_a_day_closes_at_its_end():
    assert closes_at(date(2025, 3, 3)) == datetime(2025, 3, 4, tzinfo=UTC)
    assert last_closed(datetime(2025, 3, 4, tzinfo=UTC)) == date(2025, 3, 3)
    assert last_closed(datetime(2025, 3, 3, 23, 59, tzinfo=UTC)) == date(2025, 3, 2)


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("week", ["2025-01-01", "2025-01-05", "2025-01-12", "2025-01-19"]),
        ("month", ["2025-01-01", "2025-01-05"]),
        ("quarter", ["2025-01-01", "2025-01-05"]),
    ],
)
def test_reference_dates_begin_with_the_base_date(every, days):
    rules = rules_of(document(schedule={"every": every, "weekday": 6}))
    found = reference_dates(rules, base=date(2025, 1, 1), until=date(2025, 1, 25))
    assert [day.isoformat() for day in found] == days
