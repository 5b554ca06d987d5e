"""Dividends: entitled from the past, approved by two, paid once and to the cent."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuance.corporate_actions import payout, selectors, services
from issuance.corporate_actions.facts import NewDividend
from issuance.corporate_actions.models import Dividend, Entitlement
from issuance.register.facts import LotTerms
from portal.approvals.services import AlreadyRequested, MakerCannotCheck
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.funding.services import record_deposit
from portal.ledger import selectors as ledger
from portal.ledger.services import InsufficientBalance
from portal.outbox.models import Message
from tests.factories import accounts
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, give, holders

pytestmark = pytest.mark.django_db


def fund(issued, minor, at):
    record_deposit(
        key=f"bank-{issued.issuer.id}",
        owner=issued.issuer.owner,
        currency="USD",
        amount_minor=minor,
        bank_reference=f"bank-{issued.issuer.id}",
        actor=accounts.SETUP,
        at=at,
    )


def balance(owner, purpose="cash"):
    money = ledger.instrument("USD").id
    return sum(one.posted for one in ledger.balances(owner=owner, instrument_id=money, purpose=purpose))


def declared(issued, at, *, announced=True, **terms):
    given = {
        "security_id": issued.security.id,
        "name": "Third quarter",
        "record_date": at.date(),
        "record_at": at,
        "payment_date": at.date(),
        "pot_minor": 1_000_00,
    }
    made = services.declare(terms=NewDividend(**{**given, **terms}), actor=issued.actor, at=at)
    if announced:
        services.announce(dividend_id=made.id, actor=issued.actor, at=at)
    return made.id


def entitled(issued, at, **terms):
    number = declared(issued, at, **terms)
    return services.entitle(dividend_id=number, actor=issued.actor, at=at)


def checker():
    return accounts.actor(accounts.person())


def approve(issued, number, at, *, by=None):
    services.request_approval(dividend_id=number, actor=issued.actor, at=at)
    return services.approve(dividend_id=number, actor=by or checker(), at=at)


def run(number, at):
    payout.start_paying(dividend_id=number, actor=WORKER, at=at)
    for chunk in selectors.unpaid_chunks(number):
        payout.pay_chunk(dividend_id=number, chunk=chunk, actor=WORKER, at=at)
    return selectors.dividend(number)


def test_a_dividend_goes_from_draft_to_paid_and_every_cent_is_somewhere(now):
    issued = active_security(at=now)
    people = holders(issued, 1, 1, 1, at=now)
    fund(issued, 5_000_00, now)
    dues = entitled(issued, now)
    assert (dues.state, dues.holders, dues.pot_minor, dues.gross_minor, dues.residue_minor) == (
        "entitled",
        3,
        1_000_00,
        1_000_00,
        0,
    )
    assert approve(issued, dues.id, now).state == "approved"
    assert (balance(issued.issuer.owner), balance("house", "payout")) == (4_000_00, 1_000_00)
    paid = run(dues.id, now)
    assert paid.state == "paid"
    lines = {line.holder: line for line in selectors.entitlements(dividend_id=dues.id)}
    assert [lines[one.owner].gross_minor for one in people] == [333_34, 333_33, 333_33]
    assert [balance(one.owner) for one in people] == [lines[one.owner].net_minor for one in people]
    withheld = balance("house", "withholding")
    assert sum(balance(one.owner) for one in people) + withheld + balance("house", "residue") == 1_000_00
    assert balance("house", "payout") == 0
    assert services.close(dividend_id=dues.id, actor=issued.actor, at=now).state == "closed"


def test_entitlements_are_taken_from_the_record_instant_and_not_from_today(now):
    start = now - timedelta(hours=2)
    issued = active_security(at=start)
    early, late = approved_investor(at=start), approved_investor(at=start)
    give(issued, early, 100, at=start)
    record = now - timedelta(hours=1)
    give(issued, late, 900, at=now)
    dues = entitled(issued, now, record_at=record, record_date=record.date())
    lines = selectors.entitlements(dividend_id=dues.id)
    assert [(line.holder, line.quantity, line.gross_minor) for line in lines] == [
        (early.owner, 100, 1_000_00)
    ]


def test_before_the_record_instant_nobody_is_entitled(now):
    issued = active_security(at=now)
    holders(issued, 1, at=now)
    number = declared(
        issued,
        now,
        record_at=now + timedelta(hours=1),
        record_date=now.date() + timedelta(days=1),
        payment_date=now.date() + timedelta(days=2),
    )
    with pytest.raises(services.RecordDateInFuture):
        services.entitle(dividend_id=number, actor=issued.actor, at=now)
    assert selectors.dividend(number).state == "announced"
    assert Entitlement.objects.count() == 0


def test_a_dividend_for_nobody_is_refused(now):
    issued = active_security(at=now)
    number = declared(issued, now)
    with pytest.raises(services.NobodyToPay):
        services.entitle(dividend_id=number, actor=issued.actor, at=now)


def test_tax_is_withheld_by_the_form_and_both_figures_stand(now):
    issued = active_security(at=now)
    american, japanese, unknown = holders(issued, 100, 100, 100, at=now, country="JP", accredited=False)
    file = {"actor": WORKER, "at": now}
    services.file_tax_form(
        holder=american.owner, form="w9", residence="US", tin_on_file=True, treaty_claimed=False, **file
    )
    services.file_tax_form(
        holder=japanese.owner, form="w8", residence="JP", tin_on_file=True, treaty_claimed=True, **file
    )
    fund(issued, 370_35, now)
    dues = entitled(issued, now, pot_minor=370_35)
    lines = {line.holder: line for line in selectors.entitlements(dividend_id=dues.id)}
    assert [
        (lines[one.owner].rate_ppm, lines[one.owner].withheld_minor, lines[one.owner].net_minor)
        for one in (american, japanese, unknown)
    ] == [(0, 0, 123_45), (100_000, 12_35, 111_10), (300_000, 37_04, 86_41)]
    approve(issued, dues.id, now)
    run(dues.id, now)
    assert balance("house", "withholding") == 12_35 + 37_04
    assert balance(japanese.owner) == 111_10


def test_an_amount_for_each_unit_leaves_its_residue_in_its_account(now):
    issued = active_security(at=now)
    holders(issued, 100, 200, 1, at=now)
    fund(issued, 1_01, now)
    dues = entitled(issued, now, pot_minor=None, per_unit=Fraction(1, 3))
    assert (dues.pot_minor, dues.gross_minor, dues.residue_minor) == (101, 99, 2)
    approve(issued, dues.id, now)
    run(dues.id, now)
    assert balance("house", "residue") == 2
    assert (balance("house", "payout"), balance(issued.issuer.owner)) == (0, 0)


def test_the_maker_never_approves_and_nothing_is_paid_before_a_second_person_has(now):
    issued = active_security(at=now)
    holders(issued, 1, at=now)
    fund(issued, 1_000_00, now)
    dues = entitled(issued, now)
    with pytest.raises(services.NotRequested):
        services.approve(dividend_id=dues.id, actor=checker(), at=now)
    services.request_approval(dividend_id=dues.id, actor=issued.actor, at=now)
    with pytest.raises(AlreadyRequested):
        services.request_approval(dividend_id=dues.id, actor=issued.actor, at=now)
    with pytest.raises(MakerCannotCheck):
        services.approve(dividend_id=dues.id, actor=issued.actor, at=now)
    assert run(dues.id, now).state == "entitled"
    assert balance(issued.issuer.owner) == 1_000_00


def test_a_pot_that_the_issuer_does_not_have_is_refused_and_the_approval_stays_open(now):
    issued = active_security(at=now)
    holders(issued, 1, at=now)
    fund(issued, 999_99, now)
    dues = entitled(issued, now)
    services.request_approval(dividend_id=dues.id, actor=issued.actor, at=now)
    with pytest.raises(InsufficientBalance):
        services.approve(dividend_id=dues.id, actor=checker(), at=now)
    assert selectors.dividend(dues.id).state == "entitled"
    assert balance(issued.issuer.owner) == 999_99


def test_cancelled_before_approval_it_pays_nobody_and_approved_it_cannot_be_cancelled(now):
    issued = active_security(at=now)
    holders(issued, 1, at=now)
    fund(issued, 2_000_00, now)
    first, second = entitled(issued, now), entitled(issued, now)
    services.request_approval(dividend_id=first.id, actor=issued.actor, at=now)
    services.cancel(dividend_id=first.id, reason="Wrong sum.", actor=issued.actor, at=now)
    with pytest.raises(NotAllowedNow, match="is cancelled; it cannot approve"):
        services.approve(dividend_id=first.id, actor=checker(), at=now)
    approve(issued, second.id, now)
    with pytest.raises(NotAllowedNow, match="is approved; it cannot cancel"):
        services.cancel(dividend_id=second.id, reason="Too late.", actor=issued.actor, at=now)
    assert balance(issued.issuer.owner) == 1_000_00


def test_the_payout_goes_chunk_by_chunk_and_a_chunk_pays_once(now, monkeypatch):
    monkeypatch.setattr(services, "CHUNK", 2)
    issued = active_security(at=now)
    holders(issued, 1, 2, 3, 4, 5, at=now)
    fund(issued, 1_000_00, now)
    dues = entitled(issued, now)
    approve(issued, dues.id, now)
    assert Message.objects.filter(topic=payout.START, key=str(dues.id)).count() == 1
    assert payout.start_paying(dividend_id=dues.id, actor=WORKER, at=now)
    assert not payout.start_paying(dividend_id=dues.id, actor=WORKER, at=now)
    assert Message.objects.filter(topic=payout.PAY).count() == 3
    paid = [
        payout.pay_chunk(dividend_id=dues.id, chunk=chunk, actor=WORKER, at=now) for chunk in (2, 0, 0, 2, 7)
    ]
    assert paid == [1, 2, 0, 0, 0]
    state = selectors.progress(dues.id)
    assert (state.holders_paid, state.holders, state.chunks_paid, state.chunks) == (3, 5, 2, 3)
    assert selectors.dividend(dues.id).state == "paying"
    payout.pay_chunk(dividend_id=dues.id, chunk=1, actor=WORKER, at=now)
    assert selectors.dividend(dues.id).state == "paid"
    assert balance("house", "payout") == 0


def test_before_its_payment_date_an_approved_dividend_waits(now):
    issued = active_security(at=now)
    holders(issued, 1, at=now)
    fund(issued, 1_000_00, now)
    dues = entitled(issued, now, payment_date=now.date() + timedelta(days=3))
    approve(issued, dues.id, now)
    assert not payout.start_paying(dividend_id=dues.id, actor=WORKER, at=now)
    assert selectors.due(on=now.date()) == []
    assert selectors.due(on=now.date() + timedelta(days=3)) == [dues.id]
    (message,) = Message.objects.filter(topic=payout.START)
    assert message.available_at.date() == now.date() + timedelta(days=3)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": " "}, "name"),
        ({"pot_minor": None}, "pot"),
        ({"pot_minor": 0}, "pot"),
        ({"pot_minor": 1, "per_unit": Fraction(1)}, "pot"),
        ({"pot_minor": None, "per_unit": Fraction(-1)}, "per_unit"),
        ({"rounding": "up"}, "rounding"),
    ],
)
def test_wrong_terms_name_their_field_and_declare_nothing(now, terms, field):
    issued = active_security(at=now)
    with pytest.raises(Invalid) as refused:
        declared(issued, now, **terms)
    assert refused.value.field == field
    assert Dividend.objects.count() == 0


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quantities=st.lists(st.integers(1, 10**15), min_size=1, max_size=4),
    pot=st.integers(1, 10**12),
    rounding=st.sampled_from(["largest_remainder", "down"]),
)
def test_the_pot_is_exact_whatever_it_is_and_whoever_holds(now, pool, quantities, pot, rounding):
    issued, people = active_security(at=now, authorised=None), pool[: len(quantities)]
    before = {one.owner: balance(one.owner) for one in people}
    house = [balance("house", purpose) for purpose in ("payout", "withholding", "residue")]
    for one, quantity in zip(people, quantities, strict=True):
        give(issued, one, quantity, at=now, lot=LotTerms("registered"))
    fund(issued, pot, now)
    dues = entitled(issued, now, pot_minor=pot, rounding=rounding)
    approve(issued, dues.id, now)
    assert run(dues.id, now).state == "paid"
    after = [balance("house", purpose) for purpose in ("payout", "withholding", "residue")]
    paid = sum(balance(owner) - was for owner, was in before.items())
    assert after[0] == house[0]
    assert paid + sum(after) - sum(house) == pot
    assert balance(issued.issuer.owner) == 0


@pytest.fixture
def pool(now):
    return [
        approved_investor(at=now, country=country, accredited=False) for country in ("US", "JP", "DE", "US")
    ]
