"""What the register gathers for rules about the past: windows, purchases, approvals used once; and simulation of it."""

import uuid
from datetime import timedelta

import pytest

from issuance.compliance import approvals as asked
from issuance.compliance import selectors as decisions
from issuance.domain.compliance.catalogue import always
from issuance.domain.compliance.conduct import PreApproval, SenderVolume
from issuance.domain.compliance.facts import Dated
from issuance.domain.compliance.holders import BeneficialOwners
from issuance.domain.compliance.needs import EVER, Needs
from issuance.domain.compliance.simulation import simulate
from issuance.register import selectors, services
from issuance.register.facts import Intended, LotTerms
from issuance.register.gathering import gather, holders, state_of
from portal.approvals import services as approvals
from portal.approvals.models import Approval
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import active_security, give

pytestmark = pytest.mark.django_db
FREE = LotTerms(exemption="registered")


def intended(issued, source, target, quantity, key=""):
    return Intended(
        "transfer",
        issued.security.id,
        quantity,
        f"transfer:{key or uuid.uuid4()}",
        source=source.owner,
        target=target.owner,
    )


def move(issued, asked_for, *, at):
    return services.transfer(
        key=asked_for.subject, intended=asked_for, reason="Private sale.", actor=issued.actor, at=at
    )


def test_a_senders_volume_is_gathered_and_refused_at_the_limit(now):
    issued = active_security(at=now, rules=[*always(), SenderVolume(days=30, quantity=50)])
    seller, buyer = approved_investor(at=now), approved_investor(at=now)
    give(issued, seller, 100, at=now, lot=FREE)
    move(issued, intended(issued, seller, buyer, 30), at=now)
    move(issued, intended(issued, seller, buyer, 20), at=now)
    facts = gather(
        issued.security, intended(issued, seller, buyer, 1), at=now, needs=Needs(sent=30, traded=30)
    )
    assert facts.sender.sent == (Dated(now.date(), 50),)
    assert facts.security.traded == (Dated(now.date(), 50),)
    with pytest.raises(services.MovementRefused, match="would make 51 within 30 days") as refused:
        move(issued, intended(issued, seller, buyer, 1), at=now)
    assert refused.value.decision.earliest_pass == now.date() + timedelta(days=30)
    assert selectors.holdings(issued.security)[seller.owner] == 50


def test_purchases_and_sums_are_gathered_over_the_issuer(now):
    issued = active_security(at=now)
    other = active_security(at=now, issuer=(issued.issuer, issued.admin))
    plain, rich = approved_investor(at=now, accredited=False), approved_investor(at=now)
    for who in (plain, rich):
        give(issued, who, 5, at=now, lot=LotTerms(exemption="506(b)"))
    state = state_of(other.security, at=now, needs=Needs(purchases=90, raised=EVER, first=True))
    assert [(one.holder, one.on, one.exemption) for one in state.purchases] == [
        (plain.owner, now.date(), "506(b)")
    ]
    assert state.first_issued_on is None
    assert state_of(issued.security, at=now, needs=Needs(first=True)).first_issued_on == now.date()


def test_a_looked_through_fund_takes_its_owners_places(now):
    fund, other, late = (approved_investor(at=now) for _ in range(3))
    rule = BeneficialOwners(owners=12, look_through=(f"{fund.owner}=11",))
    issued = active_security(at=now, rules=[*always(), rule])
    give(issued, fund, 10, at=now, lot=FREE)
    give(issued, other, 10, at=now, lot=FREE)
    with pytest.raises(services.MovementRefused, match="13 beneficial owners"):
        give(issued, late, 1, at=now, lot=FREE)
    move(issued, intended(issued, fund, late, 10), at=now)
    assert selectors.counts(issued.security.id).holders == 2


def test_an_approval_is_of_exactly_one_movement_and_used_up_by_it(now):
    issued = active_security(at=now, rules=[*always(), PreApproval()])
    seller, buyer = approved_investor(at=now), approved_investor(at=now)
    give(issued, seller, 100, at=now, lot=FREE)
    first = intended(issued, seller, buyer, 10, key="a")
    with pytest.raises(services.MovementRefused, match="compliance officer has approved"):
        move(issued, first, at=now)
    number = asked.request_movement(
        role="compliance_officer",
        subject=first.subject,
        security_id=issued.security.id,
        kind="transfer",
        source=seller.owner,
        target=buyer.owner,
        quantity=10,
        maker=issued.actor,
        at=now,
    )
    officer = accounts.actor(accounts.member(Role.COMPLIANCE_OFFICER))
    approvals.approve(approval_id=number, checker=officer, at=now)
    more = Intended(
        "transfer", first.security_id, 11, first.subject, source=first.source, target=first.target
    )
    with pytest.raises(services.MovementRefused):
        services.transfer(key="b", intended=more, reason="More.", actor=issued.actor, at=now)
    move(issued, first, at=now)
    with pytest.raises(services.MovementRefused):
        services.transfer(key="c", intended=first, reason="Again.", actor=issued.actor, at=now)
    assert selectors.holdings(issued.security)[buyer.owner] == 10
    assert Approval.objects.count() == 1


def test_restricted_lots_stay_behind_when_free_ones_move(now):
    issued = active_security(at=now)
    seller, buyer = approved_investor(at=now), approved_investor(at=now)
    older = now.date() - timedelta(days=100)
    give(issued, seller, 60, at=now, lot=LotTerms("506(c)", acquired_on=older))
    give(issued, seller, 40, at=now, lot=FREE)
    move(issued, intended(issued, seller, buyer, 40), at=now)
    assert [lot.exemption for lot in selectors.lots_of(issued.security.id, buyer.owner)] == ["registered"]
    assert [lot.exemption for lot in selectors.lots_of(issued.security.id, seller.owner)] == ["506(c)"]


def test_what_an_affiliate_sells_begins_its_holding_period_anew(now):
    issued = active_security(at=now)
    seller, buyer = approved_investor(at=now), approved_investor(at=now)
    older = now.date() - timedelta(days=800)
    give(issued, seller, 1000, at=now, lot=LotTerms("506(c)", acquired_on=older, affiliate=True))
    sold = Intended(
        "transfer",
        issued.security.id,
        10,
        "transfer:s",
        source=seller.owner,
        target=buyer.owner,
        amount_minor=1,
    )
    move(issued, sold, at=now)
    (lot,) = selectors.lots_of(issued.security.id, buyer.owner)
    assert (lot.acquired_on, lot.affiliate) == (now.date(), False)
    over = Intended("transfer", issued.security.id, 1, "transfer:o", source=seller.owner, target=buyer.owner)
    with pytest.raises(services.MovementRefused, match="by this affiliate within 3 months"):
        move(issued, over, at=now)


def test_decisions_are_simulated_as_they_were_made(now):
    issued = active_security(at=now)
    seller, buyer = approved_investor(at=now), approved_investor(at=now)
    give(issued, seller, 100, at=now, lot=FREE)
    move(issued, intended(issued, seller, buyer, 30), at=now)
    present = decisions.rule_set(issued.security.id)
    known = list(decisions.asked(issued.security.id, since=now - timedelta(days=365)))
    assert {facts.kind for _, facts in known} == {"issue", "transfer"}
    same = simulate(present, present, known)
    assert (same.looked_at, same.refused, same.admitted, same.failing) == (2, (), (), 0)
    changed = type(present).of([*present.rules, SenderVolume(quantity=29)])
    found = simulate(present, changed, known)
    assert [one.failures[0].rule for one in found.refused] == ["sender_volume"]
    told = {one.holder: one.holding for one in holders(issued.security, at=now, limit=10)}
    assert told == {seller.owner: 70, buyer.owner: 30}
