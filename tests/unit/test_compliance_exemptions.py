"""Exemptions, windows and counts at their edges: one below, at, one above; month ends and leap days."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from investors.domain.claims import Standing
from issuance.domain.compliance import Count, RuleSet
from issuance.domain.compliance.conduct import (
    AffiliateVolume,
    SenderVolume,
)
from issuance.domain.compliance.exemptions import (
    CrowdfundingInvestment,
    CrowdfundingLock,
    FlowBack,
    NonAccreditedBuyers,
    OffshoreBuyer,
    RaisedLimit,
    RegAInvestment,
    SeasonedClass,
)
from issuance.domain.compliance.facts import Dated, Purchase
from issuance.domain.compliance.holders import BeneficialOwners, CountryHolders
from issuance.domain.compliance.limits import HolderLimit
from issuance.domain.compliance.packs import (
    RESALES,
    SALES,
    UnknownRule,
    exemption_pack,
    private_fund_limit,
    purchasers_fund,
    venture_fund_limit,
)
from issuance.domain.compliance.restrictions import HoldingPeriod, LockUp
from issuance.domain.lots import Lot
from portal.domain.errors import Invalid
from tests.unit.test_compliance_rules import (
    BUYER,
    DAY,
    FAILED,
    NONE,
    OFFERING,
    PASSED,
    SECURITY,
    SELLER,
    buyer,
    full,
    outcome,
    resale,
    sale,
)

PLAIN = buyer(accredited=None)
OPEN = replace(OFFERING, exemption="506(b)", admits_others=True)


def on(day, facts):
    return replace(facts, on=day, at=datetime.combine(day, time(12), UTC))


def state(**changes):
    return replace(SECURITY, **changes)


def lots(*given, **changes):
    held = tuple(Lot(str(number), *one) for number, one in enumerate(given))
    return replace(SELLER, holding=sum(lot.quantity for lot in held), lots=held, **changes)


# --- 506(b)


def purchases(n, day=DAY):
    return tuple(Purchase(f"investor:{number}", day, "506(b)") for number in range(n))


@pytest.mark.parametrize(("before", "expected"), [(33, PASSED), (34, PASSED), (35, FAILED)])
def test_the_thirty_fifth_purchaser_who_is_not_accredited_is_the_last(before, expected):
    facts = sale(receiver=PLAIN, offering=OPEN, security=state(purchases=purchases(before)))
    found = NonAccreditedBuyers().check(facts)
    assert (found.outcome, found.used) == (expected, before + 1)


def test_a_purchase_counts_for_ninety_days_and_not_on_the_ninety_first():
    past = purchases(35, DAY - timedelta(days=89))
    facts = sale(receiver=PLAIN, offering=OPEN, security=state(purchases=past))
    found = NonAccreditedBuyers().check(facts)
    assert (found.outcome, found.earliest_pass) == (FAILED, DAY + timedelta(days=1))
    assert outcome(NonAccreditedBuyers(), on(DAY + timedelta(days=1), facts)) is PASSED


def test_the_same_purchaser_takes_one_place_and_others_exemptions_none():
    rule = NonAccreditedBuyers()
    again = state(purchases=(*purchases(34), Purchase(PLAIN.holder, DAY, "506(b)")))
    assert outcome(rule, sale(receiver=PLAIN, offering=OPEN, security=again)) is PASSED
    other = state(purchases=tuple(replace(one, exemption="Reg CF") for one in purchases(60)))
    assert outcome(rule, sale(receiver=PLAIN, offering=OPEN, security=other)) is PASSED
    assert outcome(rule, sale(offering=OPEN, security=state(purchases=purchases(60)))) is PASSED


def test_nobody_who_is_not_accredited_buys_without_the_information_of_502b():
    closed = replace(OPEN, admits_others=False)
    assert outcome(NonAccreditedBuyers(), sale(receiver=PLAIN, offering=closed)) is FAILED


# --- Regulation A, Regulation Crowdfunding


@pytest.mark.parametrize(
    ("asked", "expected"), [(9_999_99, PASSED), (10_000_00, PASSED), (10_000_01, FAILED)]
)
def test_regulation_a_a_tenth_of_the_greater_of_income_and_worth(asked, expected):
    party = replace(PLAIN, income_minor=100_000_00, net_worth_minor=20_000_00)
    assert outcome(RegAInvestment(), sale(receiver=party, amount_minor=asked)) is expected
    assert outcome(RegAInvestment(), sale(amount_minor=asked)) is NONE
    untold = RegAInvestment().check(sale(receiver=PLAIN, amount_minor=asked))
    assert untold.outcome is FAILED
    assert "income" in untold.remedy


@pytest.mark.parametrize(
    ("income", "worth", "cap"),
    [
        (None, None, 2_500_00),
        (49_999_00, 10_000_00, 2_500_00),
        (50_002_00, 10_000_00, 2_500_10),
        (123_999_99, 500_000_00, 25_000_00),
        (124_000_00, 124_000_00, 12_400_00),
        (124_000_00, 500_000_00, 50_000_00),
        (124_000_00, 1_240_000_00, 124_000_00),
        (9_000_000_00, 9_000_000_00, 124_000_00),
    ],
)
def test_crowdfunding_limits_by_income_and_worth(income, worth, cap):
    rule = CrowdfundingInvestment()
    assert rule.cap(income, worth) == cap
    party = replace(PLAIN, income_minor=income, net_worth_minor=worth)
    assert outcome(rule, sale(receiver=party, amount_minor=cap)) is PASSED
    assert outcome(rule, sale(receiver=party, amount_minor=cap + 1)) is FAILED


def test_crowdfunding_counts_twelve_months_over_all_issuers():
    party = replace(PLAIN, bought=(Dated(date(2025, 11, 23), 2_000_00, "Reg CF"),))
    rule = CrowdfundingInvestment()
    facts = sale(receiver=party, amount_minor=600_00)
    assert outcome(rule, facts) is PASSED  # bought twelve months ago to the day
    late = rule.check(on(date(2026, 11, 22), facts))
    assert (late.outcome, late.earliest_pass) == (FAILED, date(2026, 11, 23))
    assert "Ask for 500.00 or less" in late.remedy
    other = replace(party, bought=(Dated(DAY, 2_000_00, "Reg A"),))
    assert outcome(rule, sale(receiver=other, amount_minor=2_500_00)) is PASSED


def test_what_an_issuer_raises_under_an_exemption_has_a_ceiling():
    rule = exemption_pack("Reg CF")[1]
    raised = state(raised=(Dated(DAY, 4_999_000_00, "Reg CF"), Dated(DAY, 10**12, "506(c)")))
    offering = replace(OFFERING, exemption="Reg CF")
    assert outcome(rule, sale(security=raised, offering=offering, amount_minor=1_000_00)) is PASSED
    assert outcome(rule, sale(security=raised, offering=offering, amount_minor=1_000_01)) is FAILED
    assert outcome(RaisedLimit(), sale(security=raised, offering=offering)) is NONE


def test_crowdfunded_lots_stay_a_year_unless_they_go_to_the_accredited_or_in_the_family():
    rule = CrowdfundingLock()
    facts = resale(sender=lots((100, date(2025, 11, 24), "Reg CF")), receiver=PLAIN)
    found = rule.check(facts)
    assert (found.outcome, found.earliest_pass) == (FAILED, date(2026, 11, 24))
    assert outcome(rule, on(date(2026, 11, 24), facts)) is PASSED
    assert outcome(rule, replace(facts, receiver=BUYER)) is NONE
    assert outcome(rule, replace(facts, cause="inheritance")) is NONE


# --- Regulation S, Rule 144, private resales


@pytest.mark.parametrize(
    ("exemption", "bought", "first"),
    [
        ("Reg S-2", date(2026, 1, 31), date(2026, 3, 12)),
        ("Reg S-3", date(2024, 2, 29), date(2025, 2, 28)),
        ("Reg S-3", date(2026, 1, 31), date(2027, 1, 31)),
        ("Reg S", date(2026, 1, 31), date(2027, 1, 31)),
    ],
)
def test_lots_of_regulation_s_flow_back_after_their_period(exemption, bought, first):
    facts = resale(sender=lots((100, bought, exemption)))
    day_before = on(first - timedelta(days=1), facts)
    assert FlowBack().check(day_before).earliest_pass == first
    assert outcome(FlowBack(), on(first, facts)) is PASSED
    abroad = replace(day_before, receiver=buyer(country="DE", us_person=False))
    assert outcome(FlowBack(), abroad) is NONE


def test_category_one_has_no_period_and_reporting_or_debt_a_shorter_one():
    assert outcome(FlowBack(), resale(sender=lots((100, DAY, "Reg S-1")))) is PASSED
    held = resale(sender=lots((100, date(2026, 5, 23), "Reg S-3")))
    assert outcome(FlowBack(), held) is FAILED
    assert outcome(FlowBack(), replace(held, security=state(reporting=True))) is PASSED
    assert outcome(FlowBack(debt=True), held) is PASSED


def test_who_buys_offshore_is_outside_the_united_states_and_says_so_for_category_three():
    abroad = buyer(country="DE", us_person=False)
    certified = Standing("non_us_person", uuid4(), "902(k)", DAY, DAY)
    for code in ("Reg S", "Reg S-1", "Reg S-2", "Reg S-3"):
        (rule,) = exemption_pack(code)
        assert outcome(rule, sale()) is FAILED
        assert outcome(rule, sale(receiver=buyer(country="DE", us_person=True))) is FAILED
        assert outcome(rule, sale(receiver=abroad)) is (FAILED if code == "Reg S-3" else PASSED)
        assert (
            outcome(rule, sale(receiver=buyer(country="DE", us_person=False, standings=(certified,))))
            is PASSED
        )
    assert outcome(OffshoreBuyer(), sale(receiver=replace(BUYER, claims=None))) is FAILED


@pytest.mark.parametrize(
    ("bought", "months", "first"),
    [
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 2, 28), 12, date(2026, 2, 28)),
    ],
)
def test_a_holding_period_ends_on_the_months_last_day(bought, months, first):
    facts = resale(sender=lots((100, bought, "506(c)")))
    rule = HoldingPeriod(months=months)
    assert rule.check(on(first - timedelta(days=1), facts)).earliest_pass == first
    assert outcome(rule, on(first, facts)) is PASSED


def test_lots_have_to_be_free_under_all_rules_at_once():
    # Each rule finds 60 free units, but in different lots: none is free under both.
    held = lots(
        (60, date(2024, 1, 1), "506(c)", None, False, date(2027, 1, 1)), (60, date(2026, 11, 1), "506(c)")
    )
    rules = RuleSet.of([HoldingPeriod(), LockUp()])
    found = rules.evaluate(resale(sender=held, quantity=60))
    assert [one.rule for one in found.failures] == ["lots_together"]
    assert (found.failures[0].limit, found.earliest_pass) == (0, date(2027, 1, 1))
    assert rules.evaluate(on(date(2027, 1, 1), resale(sender=held, quantity=60))).passed


def test_private_resales_wait_for_no_period_but_ask_for_the_buyer():
    fresh = resale(sender=lots((100, DAY, "506(c)")))
    assert outcome(HoldingPeriod(), fresh) is FAILED
    assert outcome(HoldingPeriod(), replace(fresh, resale="144A")) is NONE
    (institution,) = exemption_pack("144A")
    assert outcome(institution, fresh) is FAILED
    held = Standing("qualified_institutional_buyer", uuid4(), "144A(a)(1)", DAY, DAY)
    assert outcome(institution, replace(fresh, receiver=buyer(standings=(held,)))) is PASSED
    accredited, _ = exemption_pack("4(a)(7)")
    assert outcome(accredited, fresh) is PASSED
    assert outcome(accredited, replace(fresh, receiver=PLAIN)) is FAILED


@pytest.mark.parametrize(("age", "expected"), [(89, FAILED), (90, PASSED), (91, PASSED)])
def test_section_4a7_asks_for_a_class_of_ninety_days(age, expected):
    first = DAY - timedelta(days=age)
    found = SeasonedClass().check(resale(security=state(first_issued_on=first)))
    assert found.outcome is expected
    assert outcome(SeasonedClass(), resale()) is FAILED


# --- affiliates and volume


def affiliate(*sent, **changes):
    return replace(SELLER, holding=10**6, affiliate=True, sent=sent, **changes)


@pytest.mark.parametrize(("quantity", "expected"), [(99, PASSED), (100, PASSED), (101, FAILED)])
def test_an_affiliate_sells_one_percent_in_three_months(quantity, expected):
    facts = resale(sender=affiliate(), security=state(issued=10_000), quantity=quantity)
    assert outcome(AffiliateVolume(), facts) is expected
    assert outcome(AffiliateVolume(), replace(facts, sender=SELLER)) is NONE
    assert outcome(AffiliateVolume(), replace(facts, resale="4(a)(7)")) is NONE


def test_three_months_end_on_the_last_day_of_a_short_month():
    sold = affiliate(Dated(date(2025, 11, 30), 60))
    facts = resale(sender=sold, security=state(issued=10_000), quantity=50)
    held = AffiliateVolume().check(on(date(2026, 2, 27), facts))
    assert (held.outcome, held.used, held.earliest_pass) == (FAILED, 110, date(2026, 2, 28))
    assert outcome(AffiliateVolume(), on(date(2026, 2, 28), facts)) is PASSED


def test_the_average_week_counts_where_it_is_more_than_one_percent():
    traded = (Dated(DAY - timedelta(days=29), 10**6), Dated(DAY - timedelta(days=28), 400), Dated(DAY, 10**6))
    facts = resale(sender=affiliate(), security=state(issued=1_000, traded=traded), quantity=100)
    assert outcome(AffiliateVolume(weeks=4), facts) is PASSED
    assert outcome(AffiliateVolume(weeks=4), replace(facts, quantity=101)) is FAILED
    assert outcome(AffiliateVolume(), facts) is FAILED


@pytest.mark.parametrize(("quantity", "expected"), [(39, PASSED), (40, PASSED), (41, FAILED)])
def test_a_senders_volume_rolls(quantity, expected):
    sent = replace(SELLER, sent=(Dated(DAY - timedelta(days=30), 999), Dated(DAY - timedelta(days=29), 60)))
    found = SenderVolume(days=30, quantity=100).check(resale(sender=sent, quantity=quantity))
    assert (found.outcome, found.used) == (expected, 60 + quantity)
    assert found.earliest_pass == (DAY + timedelta(days=1) if expected is FAILED else None)


# --- holders


@pytest.mark.parametrize(("before", "expected"), [(98, PASSED), (99, PASSED), (100, FAILED)])
def test_a_private_fund_has_a_hundred_owners(before, expected):
    assert outcome(private_fund_limit(), sale(security=full(before))) is expected
    assert (
        outcome(private_fund_limit(), sale(security=full(before), receiver=replace(BUYER, holding=1)))
        is PASSED
    )


def test_a_fund_that_holds_is_looked_through():
    fund = f"investor:{UUID(int=5)}"
    rule = BeneficialOwners(look_through=(f"{fund}=12",))
    there = replace(full(88), present=frozenset({fund}))
    assert outcome(rule, sale(security=there)) is PASSED  # 88 + 11 + 1
    assert outcome(rule, sale(security=replace(full(89), present=frozenset({fund})))) is FAILED
    coming = replace(BUYER, holder=fund)
    assert rule.check(sale(security=full(88), receiver=coming)).used == 100
    assert outcome(rule, sale(security=full(89), receiver=coming)) is FAILED
    leaving = resale(security=there, sender=replace(SELLER, holder=fund))
    assert rule.check(leaving).used == 88
    assert rule.needs().named == {fund}
    with pytest.raises(Invalid, match="looked through once"):
        BeneficialOwners(look_through=(f"{fund}=1", f"{fund}=2"))


def test_a_venture_fund_has_250_owners_and_twelve_million():
    rule = venture_fund_limit()
    assert outcome(rule, sale(security=full(249))) is PASSED
    assert outcome(rule, sale(security=full(250))) is FAILED
    raised = state(raised=(Dated(DAY, 11_999_000_00, "506(c)"),))
    assert outcome(rule, sale(security=raised, amount_minor=1_000_00)) is PASSED
    assert outcome(rule, sale(security=raised, amount_minor=1_000_01)) is FAILED
    assert outcome(purchasers_fund(), sale()) is FAILED


@pytest.mark.parametrize(("before", "expected"), [(147, PASSED), (148, PASSED), (149, FAILED)])
def test_holders_by_country_are_counted_and_a_leaver_frees_his_place(before, expected):
    german = buyer(country="DE")
    there = state(counted=Count(300, 0, {"DE": before, "FR": 149}))
    assert outcome(CountryHolders(), sale(security=there, receiver=german)) is expected
    assert outcome(CountryHolders(countries=("FR",)), sale(security=there, receiver=german)) is NONE
    swap = resale(security=there, receiver=german, sender=replace(SELLER, claims=german.claims))
    assert outcome(CountryHolders(), swap) is PASSED


def test_the_last_place_is_told_before_the_laws_number_is_reached():
    near = HolderLimit().check(sale(security=full(1998)))
    assert near.message == "Would make 1,999 holders of record; this security allows 1,999. No place is left."
    assert HolderLimit().check(sale(security=full(1997))).message.endswith("allows 1,999.")


def test_every_pack_is_dated_and_cited_and_an_unknown_one_is_named():
    for code in (*SALES, *RESALES):
        rules = exemption_pack(code)
        assert rules
        assert all(rule.source and rule.as_of for rule in rules)
    with pytest.raises(UnknownRule, match="is not an exemption on record"):
        exemption_pack("504")
