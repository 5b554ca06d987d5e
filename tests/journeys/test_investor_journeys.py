"""
Eight investors on their way to the same offering under Rule 506(c), or beside it under Regulation S: who gets in on
what evidence, who does not and why, and what happens when something changes after the approval.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from investors.accreditation import decisions, selectors, services
from investors.accreditation.selectors import claims_of
from investors.domain.accreditation import Balance as Worth
from investors.domain.accreditation import (
    Owner,
    YearlyIncome,
    all_owners_accredited_test,
    entity_assets_test,
    income_test,
    net_worth_test,
)
from investors.kyc import decisions as kyc_decisions
from investors.kyc import services as kyc
from investors.screening import decisions as matches
from investors.screening import selectors as screening
from investors.screening import services as screening_services
from issuance.offerings import services as offerings
from issuance.offerings.selectors import subscription
from issuance.register.facts import Intended
from issuance.register.selectors import holdings
from issuance.register.services import MovementRefused, transfer
from portal.audit import selectors as audit
from portal.domain.roles import Role
from portal.ledger import selectors as ledger
from portal.ledger.verify import verify_ledger
from tests.factories import accounts
from tests.factories.investors import approved_investor, case_with_papers, new_investor, pdf, screening_list
from tests.factories.issuance import active_security, give, open_offering, settle, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def deal(now):
    """An offering of yesterday that ends an hour ago; subscriptions come in at `start`."""
    start = now - timedelta(days=1)
    issued = active_security(at=start)
    return issued, open_offering(issued, at=start, days=23 / 24), start


def identified(at, **profile):
    """Identity checked, nothing determined, cash for 40 units."""
    return approved_investor(at=at, accredited=False, cash={"USD": 10_000_00}, **profile)


def papers(request_id, *kinds, who, at):
    for kind, dated, year in kinds:
        services.add_paper(
            request_id=request_id,
            kind=kind,
            dated=dated,
            tax_year=year,
            filename=f"{kind}.pdf",
            content=pdf(kind),
            actor=who.actor,
            at=at,
        )


def determined(who, *, basis, method, given, worksheet, at, said=(), issuer_id=None):
    """The investor asks, hands in and confirms; an officer determines by the worksheet."""
    asked = services.ask(
        investor_id=who.id, basis=basis, method=method, actor=who.actor, at=at, issuer_id=issuer_id
    )
    papers(asked.id, *given, who=who, at=at)
    if said:
        services.represent(investor_id=who.id, kinds=said, actor=who.actor, at=at)
    services.submit_request(request_id=asked.id, actor=who.actor, at=at)
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    return decisions.determine(
        investor_id=who.id,
        accredited=True,
        basis=basis,
        method=method,
        reason="The papers and the worksheet show it.",
        worksheet=worksheet,
        request_id=asked.id,
        issuer_id=issuer_id,
        officer_id=officer.id,
        actor=accounts.actor(officer),
        at=at,
    )


def cash(who):
    (found,) = ledger.balances(owner=who.owner, instrument_id=ledger.instrument("USD").id, purpose="cash")
    return found.posted, found.reserved


def close(offering, issued, now):
    """The offering's time is over; its workers settle it."""
    offerings.close(offering_id=offering.id, actor=issued.actor, at=now)
    settle(offering, at=now)
    assert verify_ledger() == []


def in_by(who, deal, now):
    """Subscribe, close, settle; returns what he holds."""
    issued, offering, start = deal
    made = subscribe(offering, who, at=start, quantity=4)
    close(offering, issued, now)
    assert subscription(made.id).state == "settled"
    assert cash(who) == (9_000_00, 0)
    return holdings(issued.security)[who.owner]


def test_an_individual_by_income_gets_in(deal, now):
    _, _, start = deal
    ada, year, day = identified(start), start.year, start.date()
    incomes = [YearlyIncome(year - 2, 200_000_01), YearlyIncome(year - 1, 250_000_00)]
    found = determined(
        ada,
        basis="501(a)(6)",
        method="income_documents",
        given=[
            ("tax_form", day - timedelta(days=400), year - 2),
            ("tax_form", day - timedelta(days=200), year - 1),
        ],
        said=["income_expectation"],
        worksheet=[income_test(incomes=incomes, expected=210_000_00, on=day)],
        at=start,
    )
    assert found.evidence_until == datetime(year, 12, 31, tzinfo=UTC).date()
    assert in_by(ada, deal, now) == 4


def test_one_dollar_of_income_too_little_keeps_him_out(deal):
    _, offering, start = deal
    ben, year, day = identified(start), start.year, start.date()
    exactly = [YearlyIncome(year - 2, 200_000_00), YearlyIncome(year - 1, 250_000_00)]
    with pytest.raises(services.EvidenceIncomplete, match=r"\$200,000"):
        determined(
            ben,
            basis="501(a)(6)",
            method="income_documents",
            given=[
                ("tax_form", day - timedelta(days=400), year - 2),
                ("tax_form", day - timedelta(days=200), year - 1),
            ],
            said=["income_expectation"],
            worksheet=[income_test(incomes=exactly, expected=210_000_00, on=day)],
            at=start,
        )
    assert selectors.determinations(ben.id) == []
    with pytest.raises(MovementRefused):
        subscribe(offering, ben, at=start, quantity=4)
    assert cash(ben) == (10_000_00, 0)


def test_a_couple_gets_in_by_what_they_own_together(deal, now):
    _, _, start = deal
    couple, day = identified(start, kind="joint"), start.date()
    worth = Worth(
        assets=1_400_000_00,
        liabilities=399_999_99,
        residence_value=900_000_00,
        residence_debt=500_000_00,
        residence_debt_60_days_before=500_000_00,
    )
    determined(
        couple,
        basis="501(a)(5)",
        method="net_worth_documents",
        given=[
            ("asset_statement", day - timedelta(days=30), None),
            ("consumer_report", day - timedelta(days=10), None),
        ],
        said=["liability_representation"],
        worksheet=[net_worth_test(balance=worth, on=day)],
        at=start,
    )
    assert in_by(couple, deal, now) == 4


def test_a_mortgage_taken_up_last_month_brings_the_couple_below_the_limit(deal):
    _, _, start = deal
    worth = Worth(
        assets=1_400_000_00,
        liabilities=399_999_99,
        residence_value=900_000_00,
        residence_debt=500_000_01,
        residence_debt_60_days_before=500_000_00,
    )
    found = net_worth_test(balance=worth, on=start.date())
    assert (found.outcome.value, found.used) == ("failed", 1_000_000_00)


def test_a_company_gets_in_when_every_owner_behind_it_is_accredited(deal, now):
    _, _, start = deal
    company, day = identified(start, kind="entity"), start.date()
    owners = [
        Owner("Ada Quillfeather", accredited=True),
        Owner("Holding", natural=False, owners=(Owner("Ben Reed", accredited=True),)),
    ]
    determined(
        company,
        basis="501(a)(8)",
        method="principles_based",
        given=[("owner_list", day - timedelta(days=5), None)],
        worksheet=[all_owners_accredited_test(owners)],
        at=start,
    )
    assert in_by(company, deal, now) == 4


def test_a_trust_gets_in_by_its_assets_unless_it_was_formed_to_buy(deal, now):
    _, _, start = deal
    trust, day = identified(start, kind="entity", legal_name="Thistlewood Family Trust"), start.date()
    given = [("financial_statement", day - timedelta(days=60), None)]
    formed = entity_assets_test(total_assets=9_000_000_00, formed_to_buy=True, on=day, basis="501(a)(7)")
    enough = entity_assets_test(total_assets=5_000_000_01, formed_to_buy=False, on=day, basis="501(a)(7)")
    assert formed.outcome.value == "failed"
    determined(trust, basis="501(a)(7)", method="principles_based", given=given, worksheet=[enough], at=start)
    assert in_by(trust, deal, now) == 4


def test_an_investor_abroad_gets_in_under_regulation_s_and_not_beside_it(now):
    start = now - timedelta(days=1)
    issued = active_security(at=start)
    abroad = open_offering(issued, at=start, days=23 / 24, exemption="Reg S", max_quantity=500)
    at_home = open_offering(issued, at=start, days=23 / 24, max_quantity=500)
    berta, carl = identified(start, country="DE"), identified(start)
    with pytest.raises(MovementRefused) as refused:
        subscribe(at_home, berta, at=start, quantity=4)
    assert [one.rule for one in refused.value.decision.failures] == ["accredited_required"]
    with pytest.raises(MovementRefused) as refused:
        subscribe(abroad, carl, at=start, quantity=4)
    assert [one.rule for one in refused.value.decision.failures] == ["offshore_buyer"]
    assert in_by(berta, (issued, abroad, start), now) == 4
    assert cash(carl) == (10_000_00, 0)


def test_who_was_rejected_stays_outside_and_reads_why(deal):
    _, offering, start = deal
    screening_list(at=start)
    user = accounts.person()
    me = accounts.actor(user)
    made = new_investor(at=start, user=user)
    case = case_with_papers(made, at=start, actor=me)
    kyc.submit(case_id=case.id, actor=me, at=start)
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    kyc_decisions.take(case_id=case.id, officer_id=officer.id, actor=accounts.actor(officer), at=start)
    kyc_decisions.reject(
        case_id=case.id,
        officer_id=officer.id,
        reason="The passport is of somebody else.",
        actor=accounts.actor(officer),
        at=start,
    )
    claims = claims_of(made.id, on=start.date())
    assert [one.code for one in claims.missing] == ["kyc-rejected"]
    with pytest.raises(MovementRefused) as refused:
        subscribe(offering, approved_like(made, user), at=start, quantity=4)
    assert "Write to compliance" in " ".join(one.remedy for one in refused.value.decision.failures)


def approved_like(made, user):
    class Somebody:
        id, owner, actor = made.id, made.owner, accounts.actor(user)

    return Somebody


def test_who_lapses_in_the_middle_of_an_offering_is_refunded_and_told(now):
    """Identity was approved for three years, which end a day or two before the offering closes."""
    begin = now - timedelta(days=3 * 365 + 2)
    start = now - timedelta(days=3)
    dora = approved_investor(at=begin, accredited=False, cash={"USD": 10_000_00})
    last = claims_of(dora.id, on=start.date()).kyc_valid_until
    assert start.date() <= last < now.date()
    determined(
        dora,
        basis="501(a)(5)",
        method="professional_letter",
        given=[("professional_letter", start.date(), None)],
        worksheet=(),
        at=start,
    )
    issued = active_security(at=start)
    offering = open_offering(issued, at=start, days=2.9)
    made = subscribe(offering, dora, at=start, quantity=4)
    assert cash(dora) == (10_000_00, 1_000_00)
    close(offering, issued, now)
    assert subscription(made.id).state == "refused"
    assert cash(dora) == (10_000_00, 0)
    assert holdings(issued.security) == {}
    (event,) = audit.events(action="offering.subscription_refused")
    assert "decision" in event.facts
    assert [one.code for one in claims_of(dora.id, on=now.date()).missing] == ["kyc-expired"]


def test_a_true_match_after_the_approval_freezes_at_once(now):
    start = now - timedelta(days=1)
    issued = active_security(at=start)
    offering = open_offering(issued, at=start, days=23 / 24)
    egon = approved_investor(at=start, legal_name="Egon Wrackwell Tarnish", cash={"USD": 10_000_00})
    made = subscribe(offering, egon, at=start, quantity=4)
    give(issued, egon, 5, at=start)
    friend = approved_investor(at=start)
    screening_services.import_list(
        source="Example sanctions list",
        list_date=(now - timedelta(hours=2)).date(),
        content=b'reference,name,born\nX-9,"TARNISH, Egon Wrackwell",1980-02-29\n',
        actor=accounts.SETUP,
        at=now - timedelta(hours=2),
    )
    (newest,) = [one for one in screening.lists_in_use(now.date()) if one.source == "Example sanctions list"]
    screening_services.screen_everyone(list_id=newest.id, actor=accounts.SETUP, at=now - timedelta(hours=2))
    (hit,) = screening.hits(investor_id=egon.id)
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    matches.decide_hit(
        hit_id=hit.id,
        true_match=True,
        reason="Name, birth date and passport agree.",
        officer_id=officer.id,
        actor=accounts.actor(officer),
        at=now - timedelta(hours=1),
    )
    claims = claims_of(egon.id, on=now.date())
    assert claims.blocked
    assert not claims.may_hold
    with pytest.raises(MovementRefused):
        subscribe(offering, egon, at=now - timedelta(hours=1), quantity=1)
    away = Intended("transfer", issued.security.id, 5, "gift:1", source=egon.owner, target=friend.owner)
    with pytest.raises(MovementRefused) as refused:
        transfer(
            key="gift:1", intended=away, reason="A gift.", actor=issued.actor, at=now - timedelta(hours=1)
        )
    assert "sanctions_screened" in [one.rule for one in refused.value.decision.failures]
    close(offering, issued, now)
    assert subscription(made.id).state == "refused"
    assert holdings(issued.security) == {egon.owner: 5}
