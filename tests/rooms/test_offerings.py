"""Offerings: what a subscription sets aside, what a refusal tells, how a close allots, settles and frees."""

from datetime import timedelta

import pytest

from investors.profiles import services as profiles
from investors.profiles.facts import ProfileInput
from issuance.compliance import selectors as decisions
from issuance.domain.compliance.catalogue import always
from issuance.domain.compliance.limits import HolderLimit
from issuance.offerings import selectors, services, settlement
from issuance.offerings.models import Offering, Signature, Subscription
from issuance.register.models import Movement
from issuance.register.selectors import holdings, lots_of
from issuance.register.services import MovementRefused
from issuance.securities import services as securities
from portal.audit.models import Event
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.ledger import selectors as ledger
from portal.ledger.services import KeyReused
from portal.outbox.models import Message
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, open_offering, settle, subscribe

pytestmark = pytest.mark.django_db


def cash(owner):
    money = ledger.instrument("USD").id
    (one,) = ledger.balances(owner=owner, instrument_id=money, purpose="cash") or [None]
    return (one.posted, one.reserved) if one else (0, 0)


def rich(now, dollars=1_000_000, **more):
    return approved_investor(at=now, cash={"USD": dollars * 100}, **more)


def close(offering, at):
    return services.close(offering_id=offering.id, actor=WORKER, at=at)


def subscribed(offering):
    return Offering.objects.get(pk=offering.id).subscribed_quantity


@pytest.fixture
def deal(now):
    issued = active_security(at=now)
    return issued, open_offering(issued, at=now, days=0.02)


@pytest.fixture
def later(now):
    """After the offering of `deal` has closed; the books take no instant of the future, so it is written soon."""
    return now + timedelta(days=0.02)


@pytest.fixture
def ended(now):
    """An offering that took its subscriptions two hours ago and whose time has come."""
    start = now - timedelta(hours=2)
    issued = active_security(at=start)
    return issued, open_offering(issued, at=start, days=1 / 24), start


def test_a_subscription_sets_the_cash_aside_and_keeps_decision_and_signature(now, deal):
    _, offering = deal
    who = rich(now)
    made = subscribe(offering, who, at=now, amount_minor=10_100_00)
    assert (made.state, made.quantity, made.amount_minor, made.number) == ("reserved", 40, 10_000_00, 1)
    assert cash(who.owner) == (1_000_000_00, 10_000_00)
    assert decisions.decision(made.decision_id).passed
    signature = Signature.objects.get(subscription_id=made.id)
    assert signature.agreement_sha256 == sha256_hex(offering.agreement.encode())
    assert (signature.signer, signature.origin) == (str(who.actor), who.actor.origin)
    state = selectors.progress([offering])[offering.id]
    assert (state.paid_minor, state.reserved_minor, state.investors) == (0, 10_000_00, 1)


def test_the_same_key_subscribes_once(now, deal):
    _, offering = deal
    who = rich(now)
    first = subscribe(offering, who, at=now, key="k-1", quantity=4)
    assert subscribe(offering, who, at=now, key="k-1", quantity=4).id == first.id
    with pytest.raises(KeyReused):
        subscribe(offering, who, at=now, key="k-1", quantity=5)
    assert subscribed(offering) == 4
    assert cash(who.owner)[1] == 1_000_00


def test_a_refusal_tells_every_missing_thing_is_kept_and_changes_nothing(now):
    issued = active_security(at=now)
    offering = open_offering(issued, at=now, min_investment_minor=1_000_00)
    poor = approved_investor(at=now, accredited=False, cash={"USD": 100_00})
    with pytest.raises(MovementRefused) as refused:
        subscribe(offering, poor, at=now, quantity=3)
    failed = [finding.rule for finding in refused.value.decision.failures]
    assert failed == ["minimum_investment", "cash_available", "accredited_required"]
    stored = decisions.decision(refused.value.decision_id)
    assert (stored.passed, stored.holder) == (False, poor.owner)
    assert "Pay in 650.00 or more" in refused.value.next_step
    assert Subscription.objects.count() == 0
    assert cash(poor.owner) == (100_00, 0)
    assert subscribed(offering) == 0
    assert Event.objects.filter(action="offering.subscription_refused").count() == 1


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"quantity": 0}, Invalid, "quantity"),
        ({"quantity": -5}, Invalid, "quantity"),
        ({"quantity": 10**33}, Invalid, "quantity"),
        ({"amount_minor": 0}, Invalid, "amount"),
        ({"amount_minor": 249_99}, services.AmountTooSmall, "amount"),
        ({}, Invalid, "amount"),
        ({"quantity": 1, "amount_minor": 1}, Invalid, "amount"),
        ({"quantity": 1, "risks": False}, services.NotSigned, "risks"),
        ({"quantity": 1, "typed_name": " "}, services.NotSigned, "typed_name"),
        ({"quantity": 1, "agreement_sha256": "0" * 64}, services.NotSigned, "typed_name"),
    ],
)
def test_bad_input_names_its_field_and_sets_nothing_aside(now, deal, given, error, field):
    _, offering = deal
    who = rich(now)
    with pytest.raises(error) as refused:
        subscribe(offering, who, at=now, **given)
    assert refused.value.field == field
    assert Subscription.objects.count() == 0
    assert cash(who.owner)[1] == 0


def test_before_it_opens_and_after_it_closes_nothing_is_taken(now):
    issued = active_security(at=now)
    who = rich(now)
    early = open_offering(issued, at=now, opens_at=now + timedelta(hours=1))
    with pytest.raises(MovementRefused, match="opens on"):
        subscribe(early, who, at=now, quantity=1)
    draft = open_offering(issued, at=now, opened=False)
    with pytest.raises(services.NotOpen, match="is draft"):
        subscribe(draft, who, at=now, quantity=1)


def test_who_withdraws_has_his_cash_back_and_others_cannot_do_it_for_him(now, deal):
    _, offering = deal
    who, other = rich(now), rich(now)
    made = subscribe(offering, who, at=now, quantity=4)
    with pytest.raises(selectors.NoSuchSubscription):
        services.withdraw(subscription_id=made.id, investor_id=other.id, actor=other.actor, at=now)
    done = services.withdraw(subscription_id=made.id, investor_id=who.id, actor=who.actor, at=now)
    assert done.state == "withdrawn"
    assert cash(who.owner) == (1_000_000_00, 0)
    assert subscribed(offering) == 0
    with pytest.raises(NotAllowedNow):
        services.withdraw(subscription_id=made.id, investor_id=who.id, actor=who.actor, at=now)


def test_first_come_sells_the_last_share_once(now):
    issued = active_security(at=now)
    offering = open_offering(issued, at=now, method="first_come", max_quantity=10)
    first, second = rich(now), rich(now)
    subscribe(offering, first, at=now, quantity=9)
    with pytest.raises(MovementRefused, match="1 are left; 2 were asked for"):
        subscribe(offering, second, at=now, quantity=2)
    subscribe(offering, second, at=now, quantity=1)
    assert close(offering, now).state == "closed"


def test_a_closed_offering_delivers_against_payment_in_one_transaction(now, ended):
    issued, offering, start = ended
    who = rich(start)
    made = subscribe(offering, who, at=start, quantity=40)
    assert close(offering, now).state == "closed"
    assert settle(offering, at=now).state == "settled"
    done = selectors.subscription(made.id)
    assert (done.state, done.allotted_quantity, done.paid_minor) == ("settled", 40, 10_000_00)
    assert cash(who.owner) == (990_000_00, 0)
    assert cash(issued.issuer.owner) == (10_000_00, 0)
    assert holdings(issued.security) == {who.owner: 40}
    line = Movement.objects.get(pk=done.movement_id)
    entries = ledger.entries(transaction_id=line.transaction_id)
    assert {(entry.instrument_code, entry.amount) for entry in entries} == {
        ("USD", -10_000_00),
        ("USD", 10_000_00),
        (issued.security.code, -40),
        (issued.security.code, 40),
    }
    (lot,) = lots_of(issued.security.id, who.owner)
    assert (lot.exemption, lot.price_minor, lot.acquired_on) == ("506(c)", 250_00, now.date())


def test_oversubscription_is_cut_back_exactly_and_the_rest_is_freed(now):
    start = now - timedelta(hours=2)
    issued = active_security(at=start)
    offering = open_offering(issued, at=start, days=1 / 24, max_quantity=100)
    people = [rich(start) for _ in range(3)]
    for one in people:
        subscribe(offering, one, at=start, quantity=100)
    close(offering, now)
    assert settle(offering, at=now).state == "settled"
    assert [holdings(issued.security)[one.owner] for one in people] == [34, 33, 33]
    assert [cash(one.owner) for one in people] == [(991_500_00, 0), (991_750_00, 0), (991_750_00, 0)]
    assert cash(issued.issuer.owner) == (25_000_00, 0)


def test_fractions_are_sold_to_the_digits_of_the_security(now):
    start = now - timedelta(hours=2)
    issued = active_security(at=start, scale=4)
    offering = open_offering(issued, at=start, days=1 / 24, price_minor=333)
    who = rich(start)
    made = subscribe(offering, who, at=start, amount_minor=100_00)
    assert (made.quantity, made.amount_minor) == (30_0300, 100_00)
    close(offering, now)
    settle(offering, at=now)
    assert holdings(issued.security) == {who.owner: 30_0300}


def test_an_offering_stays_open_until_its_time_or_until_it_is_full(now, deal):
    _, offering = deal
    subscribe(offering, rich(now), at=now, quantity=1)
    with pytest.raises(services.StillOpen):
        close(offering, now)
    assert selectors.offering(offering.id).state == "open"


def test_below_its_minimum_an_offering_can_only_be_cancelled_and_everyone_is_refunded(now):
    start = now - timedelta(hours=2)
    issued = active_security(at=start)
    offering = open_offering(issued, at=start, days=1 / 24, min_quantity=100)
    who = rich(start)
    subscribe(offering, who, at=start, quantity=99)
    with pytest.raises(services.MinimumNotReached, match="99 are subscribed; the minimum is 100"):
        close(offering, now)
    services.cancel(offering_id=offering.id, reason="Too little asked.", actor=WORKER, at=now)
    assert settle(offering, at=now).state == "cancelled"
    assert cash(who.owner) == (1_000_000_00, 0)
    assert holdings(issued.security) == {}


def test_a_chunk_settled_twice_settles_once_and_the_workers_are_asked_through_the_outbox(
    now, ended, monkeypatch
):
    issued, offering, start = ended
    monkeypatch.setattr(settlement, "CHUNK", 2)
    people = [rich(start) for _ in range(5)]
    for one in people:
        subscribe(offering, one, at=start, quantity=10)
    close(offering, now)
    assert Message.objects.filter(topic=settlement.SETTLE).count() == 3
    done = [
        settlement.settle_chunk(offering_id=offering.id, chunk=chunk, actor=WORKER, at=now)
        for chunk in (1, 1, 0, 2, 2, 0, 9)
    ]
    assert done == [2, 0, 2, 1, 0, 0, 0]
    assert selectors.offering(offering.id).state == "settled"
    assert holdings(issued.security) == dict(sorted((one.owner, 10) for one in people))


def test_whose_claims_have_lapsed_at_settlement_is_refunded_and_the_others_are_served(now, ended):
    issued, offering, start = ended
    lapsed, good = rich(start), rich(start)
    subscribe(offering, lapsed, at=start, quantity=10)
    subscribe(offering, good, at=start, quantity=10)
    close(offering, now)
    profiles.update_profile(
        investor_id=lapsed.id,
        profile=ProfileInput(legal_name="Somebody Else"),
        reason="Married.",
        actor=lapsed.actor,
        at=now,
    )
    assert settle(offering, at=now).state == "settled"
    assert holdings(issued.security) == {good.owner: 10}
    assert cash(lapsed.owner) == (1_000_000_00, 0)
    assert selectors.subscriptions(investor=lapsed.owner)[0].state == "refused"


def test_pending_subscribers_use_up_places_until_they_are_settled(now):
    issued = active_security(at=now, rules=[*always(), HolderLimit(holders=1, non_accredited=None)])
    offering = open_offering(issued, at=now)
    first = rich(now)
    subscribe(offering, first, at=now, quantity=1)
    with pytest.raises(MovementRefused, match="would make 2 holders"):
        subscribe(offering, rich(now), at=now, quantity=1)
    subscribe(offering, first, at=now, quantity=1)


def test_no_more_is_offered_than_is_authorised(now):
    issued = active_security(at=now, authorised=1_500)
    open_offering(issued, at=now)
    second = open_offering(issued, at=now, opened=False)
    with pytest.raises(services.MoreThanAuthorised, match="500 are free"):
        services.open_offering(offering_id=second.id, actor=issued.actor, at=now)
    assert selectors.offering(second.id).state == "draft"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"price_minor": 0}, "price"),
        ({"max_quantity": 0}, "max_quantity"),
        ({"max_quantity": 10**9}, "max_quantity"),
        ({"max_quantity": 105, "step": 10}, "max_quantity"),
        ({"min_quantity": 1_001}, "min_quantity"),
        ({"exemption": "none"}, "exemption"),
        ({"method": "lottery"}, "method"),
        ({"agreement": " "}, "agreement"),
        ({"min_investment_minor": 0}, "min_investment"),
        ({"min_investment_minor": 5, "max_investment_minor": 4}, "max_investment"),
    ],
)
def test_wrong_terms_name_their_field(now, changes, field):
    issued = active_security(at=now)
    with pytest.raises(Invalid) as refused:
        open_offering(issued, at=now, opened=False, **changes)
    assert refused.value.field == field
    assert Offering.objects.count() == 0


def test_a_security_that_is_not_active_is_not_offered(now):
    issued = active_security(at=now)
    offering = open_offering(issued, at=now, opened=False)
    securities.move(security_id=issued.security.id, event="pause", actor=issued.actor, at=now)
    with pytest.raises(services.SecurityNotActive):
        services.open_offering(offering_id=offering.id, actor=issued.actor, at=now)
