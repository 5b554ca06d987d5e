"""Each clause of the accreditation rules at its limit, one below and one above; both clocks at their last day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investors.domain.accreditation import (
    Balance,
    Owner,
    YearlyIncome,
    all_owners_accredited_test,
    credential_test,
    entity_assets_test,
    income_test,
    natural_owner_count,
    net_worth,
    net_worth_test,
    residence_debt_counted,
    threshold,
)
from investors.domain.dates import add_months, add_years, age_on
from investors.domain.minimum_investment import minimum_investment_needed, minimum_investment_test
from portal.domain.decision import Outcome
from portal.domain.errors import Invalid

ON = date(2026, 6, 15)
cents = st.integers(min_value=0, max_value=10**13)


def passed(finding):
    return finding.outcome is Outcome.PASSED


def income(before_last, last, expected, **options):
    rows = [YearlyIncome(2024, before_last), YearlyIncome(2025, last)]
    return income_test(incomes=rows, expected=expected, on=ON, **options)


# --- income, 501(a)(6)


@pytest.mark.parametrize(("spouse", "limit"), [(False, 200_000_00), (True, 300_000_00)])
def test_income_must_exceed_the_limit_in_each_year_and_in_expectation(spouse, limit):
    over = limit + 1
    assert passed(income(over, over, over, with_spouse=spouse))
    for at_most in (limit, limit - 1):
        assert not passed(income(at_most, over, over, with_spouse=spouse))
        assert not passed(income(over, at_most, over, with_spouse=spouse))
        assert not passed(income(over, over, at_most, with_spouse=spouse))


def test_an_income_finding_names_the_numbers_the_limit_and_the_source():
    finding = income(200_000_00, 250_000_00, 250_000_00)
    assert finding.message == "Income must be over $200,000 in each year; shown: $200,000 in 2024."
    assert (finding.limit, finding.used) == (200_000_00, 200_000_00)
    assert finding.source == "17 CFR 230.501(a)(6)"
    assert finding.as_of == date(2026, 11, 22)
    assert finding.remedy


def test_older_years_do_not_stand_in_for_a_missing_one():
    rows = [YearlyIncome(2023, 10**9), YearlyIncome(2025, 10**9)]
    finding = income_test(incomes=rows, expected=10**9, on=ON)
    assert "no tax form for 2024" in finding.message


def test_a_year_given_twice_or_a_negative_income_is_no_input():
    with pytest.raises(Invalid):
        income_test(incomes=[YearlyIncome(2025, 1), YearlyIncome(2025, 2)], expected=0, on=ON)
    with pytest.raises(Invalid):
        income_test(incomes=[YearlyIncome(2025, -1)], expected=0, on=ON)
    with pytest.raises(Invalid):
        income_test(incomes=[], expected=-1, on=ON)


def test_new_year_changes_which_years_count():
    rows = [YearlyIncome(2024, 10**9), YearlyIncome(2025, 10**9)]
    assert passed(income_test(incomes=rows, expected=10**9, on=date(2026, 12, 31)))
    assert not passed(income_test(incomes=rows, expected=10**9, on=date(2027, 1, 1)))


# --- net worth, 501(a)(5)


@pytest.mark.parametrize(
    ("worth", "expected"), [(999_999_99, False), (1_000_000_00, False), (1_000_000_01, True)]
)
def test_net_worth_must_exceed_a_million(worth, expected):
    assert passed(net_worth_test(balance=Balance(worth + 5, 5), on=ON)) is expected


@pytest.mark.parametrize(
    ("value", "now", "before", "bought", "counted"),
    [
        (500, 400, 400, False, 0),  # within the value, unchanged
        (500, 500, 500, False, 0),  # at the value
        (500, 501, 501, False, 1),  # beyond the value
        (500, 450, 400, False, 50),  # raised in the last 60 days
        (500, 450, 400, True, 0),  # raised to buy the residence
        (500, 550, 400, True, 50),  # bought, but beyond its value
        (500, 550, 480, False, 70),  # raised and beyond: no dollar twice
        (500, 300, 400, False, 0),  # paid down
        (0, 100, 100, False, 100),  # no value left
        (500, 0, 0, False, 0),
    ],
)
def test_the_sixty_day_mortgage_rule(value, now, before, bought, counted):
    balance = Balance(0, 0, value, now, before, bought)
    assert residence_debt_counted(balance) == counted


@given(cents, cents, cents, cents, cents, st.booleans())
def test_the_residence_never_adds_to_net_worth(assets, debts, value, now, before, bought):
    balance = Balance(assets, debts, value, now, before, bought)
    assert net_worth(balance) <= assets - debts
    assert 0 <= residence_debt_counted(balance) <= now
    assert residence_debt_counted(balance) >= now - value
    without_change = Balance(assets, debts, value, now, now, bought)
    assert net_worth(balance) <= net_worth(without_change) or before >= now


@given(cents, cents)
def test_more_assets_never_hurt(assets, more):
    assert net_worth(Balance(assets + more, 0)) >= net_worth(Balance(assets, 0))


def test_negative_parts_are_no_input():
    with pytest.raises(Invalid):
        net_worth(Balance(-1, 0))
    with pytest.raises(Invalid):
        net_worth(Balance(0, 0, residence_debt=-1))


# --- entities


@pytest.mark.parametrize("basis", ["501(a)(3)", "501(a)(7)", "501(a)(9)", "501(a)(12)"])
@pytest.mark.parametrize(
    ("assets", "expected"), [(5_000_000_00 - 1, False), (5_000_000_00, False), (5_000_000_00 + 1, True)]
)
def test_entities_must_exceed_five_million(basis, assets, expected):
    finding = entity_assets_test(total_assets=assets, formed_to_buy=False, on=ON, basis=basis)
    assert passed(finding) is expected
    assert not passed(entity_assets_test(total_assets=assets, formed_to_buy=True, on=ON, basis=basis))


def test_all_owners_are_looked_through_to_natural_persons():
    good, bad = Owner("A", accredited=True), Owner("B")
    holding = Owner("H", natural=False, owners=(good, Owner("C", accredited=True)))
    assert passed(all_owners_accredited_test([good, holding]))
    mixed = all_owners_accredited_test([good, Owner("H", natural=False, owners=(good, bad))])
    assert not passed(mixed)
    assert "B" in mixed.message
    assert not passed(all_owners_accredited_test([]))
    assert not passed(all_owners_accredited_test([Owner("empty", natural=False)]))
    assert passed(all_owners_accredited_test([Owner("bank", natural=False, accredited=True)]))


def test_a_credential_counts_from_the_day_it_was_looked_up():
    assert passed(credential_test(credential="series-65", good_standing_on=ON, on=ON))
    assert not passed(credential_test(credential="series-65", good_standing_on=ON + timedelta(1), on=ON))
    assert not passed(credential_test(credential="series-65", good_standing_on=None, on=ON))
    assert not passed(credential_test(credential="cfa", good_standing_on=ON, on=ON))


def test_a_day_before_the_first_text_is_refused_not_guessed():
    assert threshold("income", date(2020, 12, 8)).amount == 200_000_00
    with pytest.raises(Invalid):
        threshold("income", date(2020, 12, 7))
    with pytest.raises(Invalid):
        threshold("minimum-investment-person", date(2025, 3, 11))


# --- minimum investment


def people(n):
    return [Owner(f"P{i}") for i in range(n)]


@pytest.mark.parametrize(
    ("kind", "owners", "needed"),
    [
        ("natural", 0, 200_000_00),
        ("joint", 0, 200_000_00),
        ("entity", 0, 1_000_000_00),
        ("entity", 1, 200_000_00),
        ("entity", 4, 800_000_00),
        ("entity", 5, 1_000_000_00),
    ],
)
def test_the_minimum_and_one_cent_less(kind, owners, needed):
    assert minimum_investment_needed(kind=kind, on=ON, owners=people(owners)) == needed
    facts = {
        "kind": kind,
        "represents_accredited": True,
        "represents_not_financed": True,
        "contrary_knowledge": False,
        "on": ON,
        "owners": people(owners),
    }
    assert minimum_investment_test(commitment=needed, **facts).passed
    assert not minimum_investment_test(commitment=needed - 1, **facts).passed


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"represents_accredited": False}, "represents-accredited"),
        ({"represents_not_financed": False}, "represents-not-financed"),
        ({"contrary_knowledge": True}, "no-contrary-knowledge"),
    ],
)
def test_the_minimum_alone_is_not_enough(change, rule):
    facts = {
        "represents_accredited": True,
        "represents_not_financed": True,
        "contrary_knowledge": False,
        **change,
    }
    decision = minimum_investment_test(kind="natural", commitment=10**9, on=ON, **facts)
    assert [finding.rule for finding in decision.failures] == [rule]


def test_natural_owners_are_counted_at_the_ends_of_the_tree():
    tree = [Owner("A"), Owner("H", natural=False, owners=(Owner("B"), Owner("C")))]
    assert natural_owner_count(tree) == 3


# --- dates


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 2, 28), 3, date(2026, 5, 28)),
        (date(2026, 10, 1), 3, date(2027, 1, 1)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_months_are_whole_and_end_with_the_month(day, months, after):
    assert add_months(day, months) == after


def test_five_years_after_a_leap_day_is_the_last_of_february():
    assert add_years(date(2024, 2, 29), 5) == date(2029, 2, 28)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_adding_months_keeps_the_day_or_clamps_it(day, months):
    after = add_months(day, months)
    assert (after.year * 12 + after.month) - (day.year * 12 + day.month) == months
    assert after.day <= day.day
    assert after.day == day.day or (after + timedelta(1)).day == 1


def test_age_is_counted_in_completed_years():
    born = date(2008, 2, 29)
    assert age_on(born, date(2026, 2, 28)) == 17
    assert age_on(born, date(2026, 3, 1)) == 18
    assert age_on(born, date(2028, 2, 29)) == 20
