"""Dividends: the pot is paid exactly, and what cannot be divided is shown as residue."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.dividends import Holding, Rounding, distribute, distribute_per_unit
from portal.domain.apportionment import NothingToApportionOver
from portal.domain.errors import Invalid


def held(*quantities, rate=0):
    return [Holding(f"holder:{n:03}", quantity, rate) for n, quantity in enumerate(quantities)]


def test_a_million_over_three_holders_is_a_million():
    dues = distribute(1_000_000_00, held(1, 1, 1))
    assert [line.gross for line in dues.lines] == [333_333_34, 333_333_33, 333_333_33]
    assert (dues.gross, dues.residue) == (1_000_000_00, 0)


def test_rounded_down_equal_holdings_get_equal_sums_and_the_rest_is_residue():
    dues = distribute(1_000_00, held(1, 1, 1), rounding=Rounding.DOWN)
    assert [line.gross for line in dues.lines] == [333_33, 333_33, 333_33]
    assert dues.residue == 1


def test_an_amount_for_each_unit_may_be_a_fraction_of_a_cent():
    dues = distribute_per_unit(Fraction(1, 3), held(100, 200, 1), scale=0)
    assert [line.gross for line in dues.lines] == [33, 66, 0]
    assert (dues.pot, dues.residue) == (101, 2)


def test_fractions_of_shares_are_paid_their_fraction():
    dues = distribute_per_unit(Fraction(250), held(1_5000, 4000), scale=4)
    assert [line.gross for line in dues.lines] == [375, 100]
    assert dues.residue == 0


def test_both_figures_of_withholding_stand_on_the_line():
    line = distribute(123_45, held(1, rate=300_000)).lines[0]
    assert (line.gross, line.withheld, line.net) == (123_45, 37_04, 86_41)


holdings = st.lists(
    st.tuples(st.integers(1, 10**20), st.integers(0, 1_000_000)), min_size=1, max_size=30
).map(lambda rows: [Holding(str(n), quantity, rate) for n, (quantity, rate) in enumerate(rows)])


@given(st.integers(0, 10**18), holdings, st.sampled_from(list(Rounding)))
def test_paid_and_withheld_and_residue_are_the_pot_exactly(pot, rows, rounding):
    dues = distribute(pot, rows, rounding=rounding)
    assert dues.net + dues.withheld + dues.residue == pot
    assert 0 <= dues.residue < len(rows)
    assert all(line.net >= 0 and line.withheld >= 0 for line in dues.lines)


@given(
    st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**6),
    holdings,
    st.integers(0, 18),
)
def test_an_amount_for_each_unit_conserves_the_pot_too(per_unit, rows, scale):
    dues = distribute_per_unit(per_unit, rows, scale=scale)
    assert dues.net + dues.withheld + dues.residue == dues.pot
    assert 0 <= dues.residue <= len(rows)
    by_holding = sorted((line.quantity, line.gross) for line in dues.lines)
    assert all(a[1] <= b[1] for a, b in itertools.pairwise(by_holding))


def test_nobody_to_pay_is_said():
    with pytest.raises(NothingToApportionOver):
        distribute(1, [])
    with pytest.raises(NothingToApportionOver):
        distribute_per_unit(Fraction(1), [], scale=0)
    with pytest.raises(Invalid):
        distribute(1, [Holding("a", 1), Holding("a", 1)])
