"""Money in from the bank and out to it: credited once, reserved when asked for, paid by a second person."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from portal.accounts.facts import UserFacts
from portal.approvals.services import MakerCannotCheck
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.domain.roles import Role
from portal.funding import selectors, services
from portal.funding.formats import references
from portal.funding.models import Deposit, Withdrawal
from portal.ledger import selectors as ledger
from portal.ledger.services import InsufficientBalance, KeyReused
from tests.factories import accounts

pytestmark = pytest.mark.django_db
IBAN = "DE89 3704 0044 0532 0130 00"


@pytest.fixture
def owner() -> str:
    return f"investor:{uuid4()}"


@pytest.fixture
def operator() -> UserFacts:
    return accounts.member(Role.OPERATOR)


@pytest.fixture
def officer() -> UserFacts:
    return accounts.member(Role.COMPLIANCE_OFFICER)


def deposit(owner, amount, *, now, reference="", currency="USD", key=""):
    reference = reference or f"B-{uuid4()}"
    return services.record_deposit(
        key=key or reference,
        owner=owner,
        currency=currency,
        amount_minor=amount,
        bank_reference=reference,
        actor=accounts.SETUP,
        at=now,
    )


def withdraw(owner, amount, *, now, key="", destination=IBAN, currency="USD", actor=accounts.SETUP):
    return services.request_withdrawal(
        key=key or f"W-{uuid4()}",
        owner=owner,
        currency=currency,
        amount_minor=amount,
        account_name="A. Quillfeather",
        destination=destination,
        actor=actor,
        at=now,
    )


def free(owner, currency="USD"):
    return {one.currency: one.available for one in selectors.cash(owner=owner)}.get(currency, 0)


def outside(currency="USD"):
    (bank,) = ledger.balances(owner="outside", instrument_id=ledger.instrument(currency).id, purpose="bank")
    return bank.posted


def test_a_deposit_is_credited_to_its_owner_against_the_bank(owner, now):
    made = deposit(owner, 125_000, now=now)
    assert (made.amount_minor, made.currency, made.replayed) == (125_000, "USD", False)
    assert free(owner) == 125_000
    assert outside() == -125_000


def test_the_same_bank_reference_credits_once(owner, now):
    first = deposit(owner, 500, now=now, reference="BANK-1", key="key-one")
    again = deposit(owner, 500, now=now, reference="BANK-1", key="key-two")
    assert again.id == first.id
    assert again.replayed
    assert free(owner) == 500


@pytest.mark.parametrize("change", [{"amount": 501}, {"owner": f"investor:{uuid4()}"}, {"currency": "EUR"}])
def test_the_same_bank_reference_with_other_figures_is_refused(owner, now, change):
    deposit(owner, 500, now=now, reference="BANK-1")
    given = {"owner": owner, "amount": 500, "currency": "USD", **change}
    with pytest.raises(services.BankReferenceUsed, match=r"BANK-1 was credited .* with 5\.00 USD"):
        deposit(
            given["owner"],
            given["amount"],
            now=now,
            reference="BANK-1",
            currency=given["currency"],
            key="other",
        )
    assert Deposit.objects.count() == 1
    assert free(owner) == 500


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_minor": 0}, "amount"),
        ({"amount_minor": -1}, "amount"),
        ({"amount_minor": 10**15}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"owner": "investor:1"}, "owner"),
        ({"owner": "outside"}, "owner"),
        ({"owner": f"investor:{uuid4()}\n"}, "owner"),
        ({"bank_reference": "  "}, "bank_reference"),
        ({"bank_reference": "x" * 81}, "bank_reference"),
        ({"bank_reference": "٣٤٥"}, "bank_reference"),
    ],
)
def test_a_bad_deposit_names_its_field_and_credits_nothing(owner, now, change, field):
    given = {"owner": owner, "currency": "USD", "amount_minor": 1, "bank_reference": "BANK-1", **change}
    with pytest.raises(Invalid) as refused:
        services.record_deposit(key="k", actor=accounts.SETUP, at=now, **given)
    assert refused.value.field == field
    assert not Deposit.objects.exists()
    assert selectors.cash(owner=owner) == []


def test_the_largest_deposit_fits(owner, now):
    assert deposit(owner, 10**15 - 1, now=now).amount_minor == 10**15 - 1
    assert free(owner) == 10**15 - 1


def test_a_deposit_cannot_be_changed_by_anybody(owner, now):
    deposit(owner, 500, now=now)
    for change in ("UPDATE portal_deposit SET amount_minor = 1", "DELETE FROM portal_deposit"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert Deposit.objects.get().amount_minor == 500


def test_a_withdrawal_up_to_the_limit_is_reserved_and_then_paid(owner, operator, now):
    deposit(owner, 2_000_000, now=now)
    asked = withdraw(owner, 1_000_000, now=now)
    assert asked.state == "approved"
    assert free(owner) == 1_000_000
    assert outside() == -2_000_000
    paid = services.pay_withdrawal(
        withdrawal_id=asked.id, bank_reference="OUT-1", actor=accounts.actor(operator), at=now
    )
    assert paid.state == "paid"
    assert free(owner) == 1_000_000
    assert outside() == -1_000_000


def test_a_cent_above_the_limit_needs_a_second_person_who_does_not_pay(owner, operator, officer, now):
    deposit(owner, 2_000_000, now=now)
    asked = withdraw(owner, 1_000_001, now=now)
    assert asked.state == "awaiting_approval"
    with pytest.raises(services.NotApproved):
        services.pay_withdrawal(
            withdrawal_id=asked.id, bank_reference="OUT-1", actor=accounts.actor(operator), at=now
        )
    services.approve_withdrawal(withdrawal_id=asked.id, actor=accounts.actor(officer), at=now)
    with pytest.raises(services.ApproverCannotPay):
        services.pay_withdrawal(
            withdrawal_id=asked.id, bank_reference="OUT-1", actor=accounts.actor(officer), at=now
        )
    assert free(owner) == 999_999
    assert outside() == -2_000_000
    services.pay_withdrawal(
        withdrawal_id=asked.id, bank_reference="OUT-1", actor=accounts.actor(operator), at=now
    )
    assert outside() == -999_999


def test_who_asked_for_a_withdrawal_cannot_approve_it(owner, operator, now):
    deposit(owner, 2_000_000, now=now)
    asked = withdraw(owner, 1_500_000, now=now, actor=accounts.actor(operator))
    with pytest.raises(MakerCannotCheck):
        services.approve_withdrawal(withdrawal_id=asked.id, actor=accounts.actor(operator), at=now)
    assert selectors.withdrawal(asked.id).state == "awaiting_approval"


def test_more_than_there_is_cannot_be_withdrawn(owner, now):
    deposit(owner, 500, now=now)
    withdraw(owner, 400, now=now)
    with pytest.raises(InsufficientBalance):
        withdraw(owner, 101, now=now)
    assert Withdrawal.objects.count() == 1
    assert free(owner) == 100


def test_the_same_key_withdraws_once_and_other_figures_are_refused(owner, now):
    deposit(owner, 1_000, now=now)
    first = withdraw(owner, 400, now=now, key="k-1")
    assert withdraw(owner, 400, now=now, key="k-1").id == first.id
    with pytest.raises(KeyReused):
        withdraw(owner, 401, now=now, key="k-1")
    assert free(owner) == 600


def test_a_cancelled_or_rejected_withdrawal_frees_the_money_once(owner, operator, now):
    deposit(owner, 3_000_000, now=now)
    one, two = withdraw(owner, 400, now=now), withdraw(owner, 2_000_000, now=now)
    services.cancel_withdrawal(withdrawal_id=one.id, owner=owner, actor=accounts.SETUP, at=now)
    services.reject_withdrawal(
        withdrawal_id=two.id, reason="The account is not his.", actor=accounts.actor(operator), at=now
    )
    assert free(owner) == 3_000_000
    with pytest.raises(NotAllowedNow):
        services.cancel_withdrawal(withdrawal_id=one.id, owner=owner, actor=accounts.SETUP, at=now)
    with pytest.raises(NotAllowedNow):
        services.pay_withdrawal(
            withdrawal_id=two.id, bank_reference="OUT-2", actor=accounts.actor(operator), at=now
        )
    assert outside() == -3_000_000


def test_somebody_elses_withdrawal_is_not_found(owner, now):
    deposit(owner, 1_000, now=now)
    asked = withdraw(owner, 400, now=now)
    other = f"investor:{uuid4()}"
    with pytest.raises(selectors.NoSuchWithdrawal):
        services.cancel_withdrawal(withdrawal_id=asked.id, owner=other, actor=accounts.SETUP, at=now)
    with pytest.raises(selectors.NoSuchWithdrawal):
        selectors.withdrawal(asked.id, owner=other)
    assert free(owner) == 600


@pytest.mark.parametrize(
    ("destination", "shown"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE89 ••• 3000"),
        ("gb82 west 1234 5698 7654 32", "GB82 ••• 5432"),
        ("021000021/1234567890", "021000021 / •••7890"),
    ],
)
def test_a_destination_is_checked_sealed_and_shown_masked(owner, now, destination, shown):
    deposit(owner, 1_000, now=now)
    asked = withdraw(owner, 400, now=now, destination=destination)
    assert asked.destination_shown == shown
    with connection.cursor() as cursor:
        cursor.execute("SELECT destination, account_name FROM portal_withdrawal WHERE id = %s", [asked.id])
        for stored in cursor.fetchone():
            assert stored.startswith("s1.")
            assert "3704" not in stored and "Quill" not in stored


@pytest.mark.parametrize(
    "destination", ["", "DE89 3704 0044 0532 0130 01", "021000022/1234567890", "=1+1", "x" * 400]
)
def test_a_bad_destination_reserves_nothing(owner, now, destination):
    deposit(owner, 1_000, now=now)
    with pytest.raises(Invalid) as refused:
        withdraw(owner, 400, now=now, destination=destination)
    assert refused.value.field == "destination"
    assert free(owner) == 1_000


def test_payment_references_differ_and_catch_a_mistyped_character():
    found = {references.made_for(f"investor:{uuid4()}", "USD", 0) for _ in range(200)}
    assert len(found) == 200
    one = sorted(found)[0]
    body, check = one[:4] + one[5:9], one[-2:]
    assert references.check_characters(body) == check
    for place, character in enumerate(body):
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".replace(character, ""):
            assert references.check_characters(body[:place] + other + body[place + 1 :]) != check


@pytest.mark.django_db(transaction=True)
def test_two_operators_entering_one_payment_at_once_credit_it_once(now):
    owner = f"investor:{uuid4()}"

    def enter(number: int) -> bool:
        try:
            return deposit(owner, 700, now=now, reference="BANK-RACE", key=f"key-{number}").replayed
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        replayed = list(pool.map(enter, range(4)))
    assert sorted(replayed) == [False, True, True, True]
    assert free(owner) == 700


@pytest.mark.django_db(transaction=True)
def test_paying_and_cancelling_at_once_does_one_of_them(now):
    owner = f"investor:{uuid4()}"
    deposit(owner, 700, now=now)
    asked = withdraw(owner, 700, now=now)
    payer = accounts.actor(accounts.member(Role.OPERATOR))

    def pay() -> str:
        return services.pay_withdrawal(
            withdrawal_id=asked.id, bank_reference="OUT-9", actor=payer, at=now
        ).state

    def cancel() -> str:
        return services.cancel_withdrawal(
            withdrawal_id=asked.id, owner=owner, actor=accounts.SETUP, at=now
        ).state

    def attempt(step) -> str:
        try:
            return step()
        except NotAllowedNow:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        outcome = sorted(pool.map(attempt, [pay, cancel]))
    state = selectors.withdrawal(asked.id).state
    assert outcome == sorted(["refused", state])
    assert free(owner) == (0 if state == "paid" else 700)
