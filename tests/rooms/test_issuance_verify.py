"""`verify` finds what was changed in the database behind the services' back, and says where."""

from datetime import timedelta

import pytest

from issuance.corporate_actions import payout, services
from issuance.corporate_actions.facts import NewDividend
from issuance.corporate_actions.selectors import unpaid_chunks
from issuance.corporate_actions.verify import verify_distributions
from issuance.offerings.services import close
from issuance.register.verify import verify_register
from portal.ledger.facts import Leg
from portal.ledger.services import open_account, post
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, holders, open_offering, settle, subscribe

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def story(now):
    """An offering settled, one open, and a dividend paid."""
    start = now - timedelta(hours=2)
    issued = active_security(at=start)
    offering = open_offering(issued, at=start, days=1 / 24, max_quantity=100)
    people = [approved_investor(at=start, cash={"USD": 100_000_00}) for _ in range(2)]
    for one in people:
        subscribe(offering, one, at=start, quantity=75)
    close(offering_id=offering.id, actor=WORKER, at=now)
    settle(offering, at=now)
    subscribe(open_offering(issued, at=now, max_quantity=10), people[0], at=now, quantity=5)
    terms = NewDividend(issued.security.id, "Quarter", now.date(), now, now.date(), pot_minor=10_01)
    made = services.declare(terms=terms, actor=issued.actor, at=now)
    services.announce(dividend_id=made.id, actor=issued.actor, at=now)
    services.entitle(dividend_id=made.id, actor=issued.actor, at=now)
    services.request_approval(dividend_id=made.id, actor=issued.actor, at=now)
    services.approve(dividend_id=made.id, actor=accounts.actor(accounts.person()), at=now)
    payout.start_paying(dividend_id=made.id, actor=WORKER, at=now)
    for chunk in unpaid_chunks(made.id):
        payout.pay_chunk(dividend_id=made.id, chunk=chunk, actor=WORKER, at=now)
    return issued, people


def test_what_the_services_wrote_agrees_with_the_ledger(story):
    assert verify_register() == []
    assert verify_distributions() == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE issuance_lotentry SET quantity = quantity + 1", "by the lots"),
        ("UPDATE issuance_movement SET quantity = quantity + 1 WHERE number = 1", "by the movements"),
        ("UPDATE issuance_movement SET number = 9 WHERE number = 1", "numbered up to 9"),
        ("UPDATE issuance_holderofrecord SET active = false", "is a holder of record: False"),
        ("UPDATE issuance_holdercount SET holders = 7", "are counted as 7; there are 2"),
        ("UPDATE issuance_decisionrecord SET passed = false", "has no decision that allows it"),
        (
            "UPDATE issuance_entitlement SET gross_minor = gross_minor + 1, net_minor = net_minor + 1",
            "not the sum",
        ),
        ("UPDATE issuance_payoutchunk SET paid_at = NULL", "disagree on whether it is paid"),
        ("UPDATE issuance_offering SET subscribed_quantity = 3", "keeps 3 as subscribed"),
        (
            "UPDATE issuance_subscription SET state = 'released'",
            "its reservation in the ledger says otherwise",
        ),
    ],
)
def test_a_row_changed_by_a_superuser_is_named(story, superuser_connection, statement, sentence):
    superuser_connection.execute("SET session_replication_role = replica")
    superuser_connection.execute(statement)
    found = [*verify_register(), *verify_distributions()]
    assert any(sentence in line for line in found), found


def test_a_security_moved_past_the_register_is_found(now):
    issued = active_security(at=now)
    holders(issued, 10, at=now)
    stranger = open_account(
        owner="investor:stranger", instrument_id=issued.security.instrument_id, purpose="holding"
    )
    source = open_account(
        owner=issued.issuer.owner, instrument_id=issued.security.instrument_id, purpose="issued"
    )
    legs = [Leg(source, -1), Leg(stranger, 1)]
    post(key="forged", kind="test.moved", reference="test:1", legs=legs, actor=WORKER, at=now)
    found = verify_register()
    assert any("without a line in the register" in line for line in found)
    assert any("investor:stranger holds 1 by the ledger, 0 by the movements" in line for line in found)
