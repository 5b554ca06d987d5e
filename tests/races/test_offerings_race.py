"""Two at once, each on its own connection: exactly one wins, and the other hears why."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from issuance.corporate_actions import services as dividends
from issuance.corporate_actions.facts import NewDividend
from issuance.corporate_actions.selectors import dividend
from issuance.domain.compliance.catalogue import always
from issuance.domain.compliance.limits import HolderLimit
from issuance.offerings import selectors, services
from issuance.offerings.models import Subscription
from issuance.register.facts import Intended, LotTerms
from issuance.register.selectors import counts, holdings, recount
from issuance.register.services import MovementRefused, transfer
from portal.approvals.selectors import approval
from portal.domain.errors import Refused
from portal.domain.lifecycle import NotAllowedNow
from portal.funding.services import record_deposit
from portal.ledger import selectors as ledger
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, give, holders, open_offering, settle, subscribe

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works):
    """Run the works at the same moment; returns what each returned or the refusal that it met."""
    start, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        try:
            start.wait(timeout=20)
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    unexpected = [one for one in results if isinstance(one, Exception) and not isinstance(one, Refused)]
    assert not unexpected, unexpected
    return results


def split(results):
    return [r for r in results if not isinstance(r, Refused)], [r for r in results if isinstance(r, Refused)]


@pytest.fixture
def now():
    return datetime.now(UTC)


def test_the_last_share_goes_to_exactly_one_of_two_subscribers(now):
    issued = active_security(at=now)
    offering = open_offering(issued, at=now, method="first_come", max_quantity=10)
    people = [approved_investor(at=now, cash={"USD": 100_000_00}) for _ in range(3)]
    subscribe(offering, people[0], at=now, quantity=9)
    won, lost = split(at_once(*[lambda who=who: subscribe(offering, who, quantity=1) for who in people[1:]]))
    assert len(won) == len(lost) == 1
    assert isinstance(lost[0], MovementRefused)
    assert "0 are left; 1 were asked for." in lost[0].reasons
    assert Subscription.objects.filter(offering_id=offering.id).count() == 2
    assert sum(one.quantity for one in selectors.subscriptions(offering_id=offering.id)) == 10
    money = ledger.instrument("USD").id
    reserved = [ledger.balances(owner=who.owner, instrument_id=money)[0].reserved for who in people]
    assert sorted(reserved[1:]) == [0, 250_00]


def test_one_key_sent_twice_at_once_subscribes_once(now):
    issued = active_security(at=now)
    offering = open_offering(issued, at=now)
    who = approved_investor(at=now, cash={"USD": 100_000_00})
    results = at_once(*[lambda: subscribe(offering, who, key="same", quantity=2)] * 4)
    assert len({one.id for one in results}) == 1
    assert Subscription.objects.count() == 1


def test_the_last_place_of_a_holder_goes_to_exactly_one_of_two_transfers(now):
    rules = [*always(), HolderLimit(holders=3, non_accredited=None)]
    issued = active_security(at=now, rules=rules)
    sellers = [approved_investor(at=now) for _ in range(2)]
    buyers = [approved_investor(at=now) for _ in range(2)]
    for one in sellers:
        give(issued, one, 10, at=now, lot=LotTerms("registered"))

    def sell(seller, buyer):
        key = str(uuid.uuid4())
        return transfer(
            key=key,
            intended=Intended(
                "transfer", issued.security.id, 5, f"transfer:{key}", source=seller.owner, target=buyer.owner
            ),
            reason="Private sale.",
            actor=issued.actor,
            at=datetime.now(UTC),
        )

    pairs = zip(sellers, buyers, strict=True)
    won, lost = split(at_once(*[lambda s=s, b=b: sell(s, b) for s, b in pairs]))
    assert len(won) == len(lost) == 1
    assert "Would make 4 holders of record; this security allows 3." in lost[0].reasons
    assert counts(issued.security.id) == recount(issued.security.id)
    assert counts(issued.security.id).holders == len(holdings(issued.security)) == 3


def test_closing_and_cancelling_at_once_one_of_them_wins(now):
    start = now - timedelta(hours=2)
    issued = active_security(at=start)
    offering = open_offering(issued, at=start, days=1 / 24)
    who = approved_investor(at=start, cash={"USD": 100_000_00})
    subscribe(offering, who, at=start, quantity=4)
    won, lost = split(
        at_once(
            lambda: services.close(offering_id=offering.id, actor=WORKER, at=datetime.now(UTC)),
            lambda: services.cancel(
                offering_id=offering.id, reason="No.", actor=WORKER, at=datetime.now(UTC)
            ),
        )
    )
    assert len(won) == len(lost) == 1
    assert isinstance(lost[0], NotAllowedNow)
    done = settle(offering)
    held = holdings(issued.security)
    assert (done.state, held) in (("settled", {who.owner: 4}), ("cancelled", {}))
    (cash,) = ledger.balances(owner=who.owner, instrument_id=ledger.instrument("USD").id)
    assert (cash.posted, cash.reserved) == ((99_000_00, 0) if held else (100_000_00, 0))


def test_approving_and_cancelling_a_dividend_at_once_one_of_them_wins(now):
    issued = active_security(at=now)
    holders(issued, 3, at=now)
    record_deposit(
        key="bank-1",
        owner=issued.issuer.owner,
        currency="USD",
        amount_minor=1_000_00,
        bank_reference="bank-1",
        actor=accounts.SETUP,
        at=now,
    )
    day = now.date()
    terms = NewDividend(issued.security.id, "Quarter", day, now, day, pot_minor=1_000_00)
    made = dividends.declare(terms=terms, actor=issued.actor, at=now)
    dividends.announce(dividend_id=made.id, actor=issued.actor, at=now)
    dividends.entitle(dividend_id=made.id, actor=issued.actor, at=now)
    asked = dividends.request_approval(dividend_id=made.id, actor=issued.actor, at=now)
    checker = accounts.actor(accounts.person())
    won, lost = split(
        at_once(
            lambda: dividends.approve(dividend_id=made.id, actor=checker, at=datetime.now(UTC)),
            lambda: dividends.cancel(
                dividend_id=made.id, reason="No.", actor=issued.actor, at=datetime.now(UTC)
            ),
        )
    )
    assert len(won) == len(lost) == 1
    assert isinstance(lost[0], NotAllowedNow)
    state = dividend(made.id).state
    money = ledger.instrument("USD").id
    (cash,) = ledger.balances(owner=issued.issuer.owner, instrument_id=money, purpose="cash")
    expected = {"approved": (0, "approved"), "cancelled": (1_000_00, "requested")}
    assert (cash.posted, approval(asked).state) == expected[state]
