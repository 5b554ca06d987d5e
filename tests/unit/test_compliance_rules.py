"""The rules one by one, and the promise of the set: all of them run, and one failure is enough."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investors.domain.claims import Accredited, Claims, Missing, Standing
from issuance.domain.compliance import Count, Facts, OfferingTerms, Party, RuleSet, SecurityState
from issuance.domain.compliance.catalogue import RULES, UnknownRule, always, dump, exemption_pack, load
from issuance.domain.compliance.eligibility import (
    AccreditedRequired,
    ClaimsComplete,
    Countries,
    IdentityVerified,
    SanctionsScreened,
    StandingRequired,
)
from issuance.domain.compliance.limits import (
    CashAvailable,
    HolderLimit,
    MaximumHolding,
    MinimumInvestment,
    OfferingCapacity,
    Supply,
)
from issuance.domain.compliance.restrictions import (
    HoldingPeriod,
    LockUp,
    NotFrozen,
    NotPaused,
    OfferingWindow,
)
from issuance.domain.lots import Lot
from portal.domain.decision import Outcome
from portal.domain.errors import Invalid

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = AT.date()
WHO = UUID(int=7)
VERIFIED = Accredited(
    determination_id=UUID(int=9),
    basis="501(a)(6)",
    method="professional_letter",
    via="evidence",
    verified=True,
    decided_on=date(2026, 10, 1),
    evidence_until=date(2026, 12, 31),
)
CLAIMS = Claims(
    investor_id=WHO,
    on=DAY,
    kind="natural",
    country="US",
    us_person=True,
    kyc_state="approved",
    kyc_valid_until=date(2027, 1, 1),
    screened_on=date(2026, 11, 20),
    accredited=VERIFIED,
)
BUYER = Party("investor:b", CLAIMS)
SELLER = Party("investor:s", CLAIMS, holding=100, lots=(Lot("1", 100, date(2025, 11, 1), "506(c)"),))
SECURITY = SecurityState("HARBOR-B", scale=0, authorised=1_000, issued=100)
OFFERING = OfferingTerms("506(c)", AT - timedelta(days=1), AT + timedelta(days=1))


def sale(**changes):
    facts = Facts(
        "issue",
        SECURITY,
        10,
        AT,
        DAY,
        amount_minor=1_000_00,
        receiver=BUYER,
        offering=OFFERING,
        cash_minor=5_000_00,
    )
    return replace(facts, **changes)


def resale(**changes):
    return replace(Facts("transfer", SECURITY, 100, AT, DAY, sender=SELLER, receiver=BUYER), **changes)


def buyer(**changes):
    return replace(BUYER, claims=replace(CLAIMS, **changes))


def outcome(rule, facts):
    return rule.check(facts).outcome


PASSED, FAILED, NONE = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE


def test_a_sale_that_keeps_every_rule_passes():
    decision = RuleSet.of([*always(), *exemption_pack("506(c)")]).evaluate(sale())
    assert decision.passed, decision.failures
    assert len(decision.findings) == len(always()) + 1


def test_identity_counts_on_the_day_itself_and_not_after_it():
    rule = IdentityVerified()
    assert outcome(rule, sale(receiver=buyer(kyc_valid_until=DAY))) is PASSED
    late = rule.check(sale(receiver=buyer(kyc_valid_until=DAY - timedelta(days=1))))
    assert late.outcome is FAILED
    assert "ended on 22 Nov 2026" in late.message
    assert outcome(rule, sale(receiver=buyer(kyc_valid_until=None))) is FAILED
    assert outcome(rule, sale(receiver=Party("investor:x"))) is FAILED


def test_the_remedy_of_a_missing_claim_is_what_the_claims_say():
    gap = Missing("kyc-expired", "Identity ended.", "Renew it under Profile.")
    finding = IdentityVerified().check(sale(receiver=buyer(kyc_valid_until=None, missing=(gap,))))
    assert finding.remedy == "Renew it under Profile."


def test_screening_fails_on_a_match_and_when_it_is_too_old():
    assert outcome(SanctionsScreened(), sale(receiver=buyer(blocked=True))) is FAILED
    assert outcome(SanctionsScreened(), sale(receiver=buyer(screened_on=None))) is FAILED
    assert outcome(SanctionsScreened(max_age_days=3), sale()) is PASSED
    old = SanctionsScreened(max_age_days=2).check(sale())
    assert (old.outcome, old.limit, old.used) == (FAILED, 2, 3)


def test_whatever_else_is_missing_is_told_by_its_own_words():
    gap = Missing("tax-residence", "No tax residence is known.", "Add it under Profile.")
    finding = ClaimsComplete().check(sale(receiver=buyer(missing=(gap,))))
    assert (finding.outcome, finding.message, finding.remedy) == (FAILED, gap.what, gap.how_to_get_it)


def test_506c_asks_for_verified_accreditation_and_506b_takes_the_word():
    (verified,), (stated,) = exemption_pack("506(c)"), exemption_pack("506(b)")
    self_certified = buyer(accredited=replace(VERIFIED, verified=False))
    assert outcome(verified, sale()) is PASSED
    assert outcome(verified, sale(receiver=self_certified)) is FAILED
    assert outcome(stated, sale(receiver=self_certified)) is PASSED
    assert outcome(stated, sale(receiver=buyer(accredited=None))) is FAILED
    assert outcome(verified, resale()) is NONE


def test_accreditation_can_be_asked_of_some_countries_only():
    rule = AccreditedRequired(countries=("US",))
    assert outcome(rule, sale(receiver=buyer(country="DE", accredited=None))) is NONE
    assert outcome(rule, sale(receiver=buyer(accredited=None))) is FAILED


def test_nothing_leaves_a_frozen_account_whoever_would_receive_it():
    frozen = replace(BUYER, claims=replace(CLAIMS, blocked=True))
    for kind, receiver in (("transfer", BUYER), ("redeem", None)):
        found = SanctionsScreened().check(replace(sale(), kind=kind, sender=frozen, receiver=receiver))
        assert found.outcome is FAILED
        assert "frozen" in found.message
    assert outcome(SanctionsScreened(), replace(sale(), kind="transfer", sender=BUYER)) is PASSED


def test_a_standing_is_asked_by_name_and_day():
    held = Standing("qualified_purchaser", uuid4(), "2(a)(51)(i)", DAY, DAY)
    rule = StandingRequired()
    assert outcome(rule, sale(receiver=buyer(standings=(held,)))) is PASSED
    refused = rule.check(sale())
    assert refused.outcome is FAILED
    assert "Qualified purchaser" in refused.remedy
    assert (
        outcome(
            StandingRequired(status="qualified_institutional_buyer"), sale(receiver=buyer(standings=(held,)))
        )
        is FAILED
    )
    assert outcome(StandingRequired(countries=("US",)), sale(receiver=buyer(country="DE"))) is NONE
    with pytest.raises(Invalid, match="is not a standing"):
        StandingRequired(status="rich")


def test_countries_allow_and_deny_and_an_empty_allow_list_is_not_unlimited():
    german = sale(receiver=buyer(country="DE"))
    assert outcome(Countries(), german) is PASSED
    assert outcome(Countries(deny=("DE",)), german) is FAILED
    assert outcome(Countries(allow=("US", "FR")), german) is FAILED
    assert outcome(Countries(allow=("DE",)), german) is PASSED
    assert outcome(Countries(allow=()), german) is FAILED
    assert outcome(exemption_pack("Reg S")[0], sale()) is FAILED


def test_the_higher_of_two_minimums_counts():
    facts = sale(offering=replace(OFFERING, min_investment_minor=1_000_00))
    assert outcome(MinimumInvestment(), facts) is PASSED
    short = MinimumInvestment(minor=1_000_01).check(facts)
    assert (short.outcome, short.limit, short.used) == (FAILED, 1_000_01, 1_000_00)
    assert outcome(MinimumInvestment(), sale()) is NONE


def test_a_maximum_holding_counts_what_is_held_and_asked_for():
    party = replace(BUYER, holding=20, pending=5)
    assert outcome(MaximumHolding(quantity=35), sale(receiver=party)) is PASSED
    over = MaximumHolding(quantity=34).check(sale(receiver=party))
    assert (over.outcome, over.limit, over.used) == (FAILED, 34, 35)
    assert "Ask for 9 or less" in over.remedy
    assert outcome(MaximumHolding(), sale(receiver=party)) is NONE


def test_a_share_of_the_class_is_measured_after_the_movement():
    # 110 outstanding afterwards: 10 of them are 9.09 %.
    assert outcome(MaximumHolding(ppm=90_910), sale()) is PASSED
    assert outcome(MaximumHolding(ppm=90_909), sale()) is FAILED
    assert outcome(MaximumHolding(ppm=10_000, of_authorised=True), sale()) is PASSED


def full(holders, plain=0):
    return replace(SECURITY, counted=Count(holders, plain))


def test_the_last_place_is_given_and_the_next_refused():
    rule = HolderLimit()
    assert outcome(rule, sale(security=full(1998))) is PASSED
    over = rule.check(sale(security=full(1999)))
    assert over.outcome is FAILED
    assert over.message == "Would make 2,000 holders of record; this security allows 1,999."
    assert outcome(HolderLimit(holders=None, non_accredited=None), sale(security=full(10**6))) is NONE


def test_a_seller_of_everything_frees_his_place_in_the_same_step():
    rule = HolderLimit()
    assert outcome(rule, resale(security=full(1999))) is PASSED
    assert rule.check(resale(security=full(1999))).used == 1999
    assert outcome(rule, resale(security=full(1999), quantity=99)) is FAILED


def test_who_holds_already_takes_no_new_place():
    assert outcome(HolderLimit(), sale(security=full(1999), receiver=replace(BUYER, holding=1))) is PASSED
    assert outcome(HolderLimit(), sale(security=full(1999), receiver=replace(BUYER, pending=1))) is PASSED


def test_the_five_hundredth_who_is_not_accredited_is_refused():
    plain = buyer(accredited=None)
    assert outcome(HolderLimit(), sale(security=full(600, 498), receiver=plain)) is PASSED
    over = HolderLimit().check(sale(security=full(600, 499), receiver=plain))
    assert (
        over.message == "Would make 500 holders of record who are not accredited; this security allows 499."
    )
    assert outcome(HolderLimit(), sale(security=full(600, 499))) is PASSED
    swap = resale(security=full(600, 499), sender=replace(SELLER, claims=plain.claims), receiver=plain)
    assert outcome(HolderLimit(), swap) is PASSED


def test_supply_counts_what_is_subscribed_and_unlimited_is_none_not_zero():
    assert outcome(Supply(), sale(security=replace(SECURITY, pending=890))) is PASSED
    over = Supply().check(sale(security=replace(SECURITY, pending=891)))
    assert (over.outcome, over.limit, over.used) == (FAILED, 1_000, 1_001)
    assert outcome(Supply(), sale(security=replace(SECURITY, authorised=None, issued=10**30))) is NONE
    assert outcome(Supply(), sale(security=replace(SECURITY, authorised=0, issued=0))) is FAILED


def test_rule_144_looks_at_each_lot_by_its_own_date():
    lots = (Lot("1", 60, date(2025, 11, 23), "506(c)"), Lot("2", 40, date(2026, 3, 1), "506(c)"))
    facts = resale(sender=replace(SELLER, lots=lots))
    assert outcome(HoldingPeriod(), replace(facts, quantity=60)) is PASSED
    locked = HoldingPeriod().check(facts)
    assert (locked.outcome, locked.limit, locked.used) == (FAILED, 60, 100)
    assert locked.earliest_pass == date(2027, 3, 1)
    reporting = replace(facts, security=replace(SECURITY, reporting=True))
    assert outcome(HoldingPeriod(), reporting) is PASSED
    free = replace(facts, sender=replace(SELLER, lots=(Lot("1", 100, DAY, "Reg A"),)))
    assert outcome(HoldingPeriod(), free) is PASSED


def test_a_lock_up_is_the_later_of_the_contract_and_the_lots_own_day():
    lots = (Lot("1", 100, date(2026, 11, 1), locked_until=date(2026, 11, 23)),)
    facts = resale(sender=replace(SELLER, lots=lots))
    assert outcome(LockUp(), facts) is PASSED
    held = LockUp(days=30).check(facts)
    assert (held.outcome, held.earliest_pass) == (FAILED, date(2026, 12, 1))


def test_an_offering_is_open_from_its_opening_until_before_its_closing():
    rule = OfferingWindow()
    assert outcome(rule, sale(at=OFFERING.opens_at)) is PASSED
    assert outcome(rule, sale(at=OFFERING.opens_at - timedelta(microseconds=1))) is FAILED
    assert outcome(rule, sale(at=OFFERING.closes_at)) is FAILED
    assert outcome(rule, resale()) is NONE


def test_first_come_sells_no_more_than_is_left():
    left = sale(offering=replace(OFFERING, remaining=9))
    assert OfferingCapacity().check(left).message == "9 are left; 10 were asked for."
    assert outcome(OfferingCapacity(), sale(offering=replace(OFFERING, remaining=10))) is PASSED
    assert outcome(OfferingCapacity(), sale()) is NONE


def test_what_is_missing_in_cash_is_told_to_the_cent():
    short = CashAvailable().check(sale(cash_minor=999_99))
    assert short.outcome is FAILED
    assert "Pay in 0.01 or more" in short.remedy
    assert outcome(CashAvailable(), sale(cash_minor=1_000_00)) is PASSED


def test_what_is_frozen_does_not_move():
    assert outcome(NotFrozen(), resale(sender=replace(SELLER, frozen=True))) is FAILED
    partly = replace(SELLER, frozen_quantity=40)
    assert outcome(NotFrozen(), resale(sender=partly, quantity=60)) is PASSED
    assert NotFrozen().check(resale(sender=partly, quantity=61)).limit == 60
    assert outcome(NotPaused(), sale(security=replace(SECURITY, paused=True))) is FAILED


def test_rules_survive_json_and_an_unknown_one_is_named():
    rules = [*always(), MaximumHolding(quantity=10**20, ppm=5), Countries(allow=("US",), deny=("KP",))]
    assert load(dump(rules)).rules == tuple(rules)
    with pytest.raises(UnknownRule, match="Row 1: there is no rule 'nonsense'"):
        load([{"rule": "nonsense"}])
    with pytest.raises(UnknownRule, match="supply has no parameter spin"):
        load([{"rule": "supply", "parameters": {"spin": 1}}])
    assert all(kind().source and kind().as_of for kind in RULES.values())


parties = st.builds(
    lambda holding, kyc, blocked, accredited: Party(
        "investor:b",
        replace(CLAIMS, kyc_valid_until=kyc, blocked=blocked, accredited=VERIFIED if accredited else None),
        holding=holding,
    ),
    st.integers(0, 200),
    st.sampled_from([None, DAY, DAY - timedelta(days=1)]),
    st.booleans(),
    st.booleans(),
)


@given(
    parties,
    st.sampled_from(["issue", "transfer"]),
    st.integers(1, 2_000),
    st.integers(0, 3_000),
    st.lists(st.sampled_from([*always(), *exemption_pack("506(c)")]), min_size=1, unique=True),
)
def test_a_decision_never_passes_when_one_finding_fails(party, kind, quantity, holders, rules):
    facts = sale(kind=kind, receiver=party, quantity=quantity, security=full(holders))
    facts = replace(facts, sender=SELLER if kind == "transfer" else None)
    decision = RuleSet.of(rules).evaluate(facts)
    assert len(decision.findings) == len(rules)
    assert decision.passed is all(rule.check(facts).outcome is not FAILED for rule in rules)
    assert all(finding.remedy for finding in decision.failures)
