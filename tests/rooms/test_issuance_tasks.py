"""Workers of issuance: what the outbox hands them, what the sweeper finds, and that twice is as good as once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from issuance.corporate_actions import payout, selectors, services
from issuance.corporate_actions import tasks as payouts
from issuance.corporate_actions.facts import NewDividend
from issuance.offerings import selectors as offerings
from issuance.offerings import settlement
from issuance.offerings import tasks as settlements
from issuance.offerings.services import cancel, close
from issuance.register.selectors import holdings
from portal.funding.services import record_deposit
from portal.outbox.models import Message
from portal.outbox.services import claim_due
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, holders, open_offering, subscribe

pytestmark = pytest.mark.django_db
TASKS = {
    settlement.SETTLE: settlements.settle,
    settlement.REFUND: settlements.refund,
    payout.START: payouts.start_paying,
    payout.PAY: payouts.pay,
}


def deliver():
    """What relay and worker do together, until nothing of this house is due; every message twice."""
    Message.objects.exclude(topic__in=TASKS).delete()
    while due := claim_due(at=timezone.now() + timedelta(minutes=1)):
        for one in due:
            for _ in range(2):
                TASKS[one.topic](one.message_id)


@pytest.fixture
def ended(now):
    start = now - timedelta(hours=2)
    issued = active_security(at=start)
    offering = open_offering(issued, at=start, days=1 / 24)
    people = [approved_investor(at=start, cash={"USD": 10_000_00}) for _ in range(2)]
    for one in people:
        subscribe(offering, one, at=start, quantity=4)
    return issued, offering, people


@pytest.fixture
def approved(now):
    issued = active_security(at=now)
    holders(issued, 1, 2, at=now)
    record_deposit(
        key="bank-1",
        owner=issued.issuer.owner,
        currency="USD",
        amount_minor=1_000_00,
        bank_reference="bank-1",
        actor=accounts.SETUP,
        at=now,
    )
    terms = NewDividend(issued.security.id, "Quarter", now.date(), now, now.date(), pot_minor=1_000_00)
    made = services.declare(terms=terms, actor=issued.actor, at=now)
    services.announce(dividend_id=made.id, actor=issued.actor, at=now)
    services.entitle(dividend_id=made.id, actor=issued.actor, at=now)
    services.request_approval(dividend_id=made.id, actor=issued.actor, at=now)
    return services.approve(dividend_id=made.id, actor=accounts.actor(accounts.person()), at=now)


def test_a_closed_offering_is_settled_by_messages(ended, now):
    issued, offering, people = ended
    close(offering_id=offering.id, actor=WORKER, at=now)
    deliver()
    assert offerings.offering(offering.id).state == "settled"
    assert holdings(issued.security) == dict(sorted((one.owner, 4) for one in people))
    assert set(Message.objects.values_list("state", flat=True)) == {"done"}


def test_a_cancelled_offering_is_refunded_by_messages(ended, now):
    issued, offering, _ = ended
    cancel(offering_id=offering.id, reason="No.", actor=WORKER, at=now)
    deliver()
    assert offerings.offering(offering.id).state == "cancelled"
    assert holdings(issued.security) == {}


def test_an_approved_dividend_is_paid_by_messages(approved):
    deliver()
    assert selectors.dividend(approved.id).state == "paid"
    assert all(line.paid_at for line in selectors.entitlements(dividend_id=approved.id))


@pytest.mark.parametrize("lost", ["settlement", "refund"])
def test_the_sweeper_finishes_offerings_whose_messages_are_lost(ended, now, lost):
    _, offering, _ = ended
    if lost == "settlement":
        close(offering_id=offering.id, actor=WORKER, at=now)
    else:
        cancel(offering_id=offering.id, reason="No.", actor=WORKER, at=now)
    Message.objects.all().delete()
    settlements.sweep()
    settlements.sweep()
    assert offerings.offering(offering.id).state == ("settled" if lost == "settlement" else "cancelled")


def test_the_sweeper_pays_what_is_due_when_every_message_is_lost(approved):
    Message.objects.all().delete()
    payouts.sweep()
    payouts.sweep()
    assert selectors.dividend(approved.id).state == "paid"
    assert selectors.progress(approved.id).holders_paid == 2
