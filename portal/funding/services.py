"""Writes of funding: credit deposits, reserve and pay withdrawals. The money itself moves in the ledger."""

import uuid
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from portal.approvals import services as approvals
from portal.approvals.selectors import approval
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, NotAllowed
from portal.domain.money import format_amount
from portal.funding.facts import CURRENCIES, DepositFacts, WithdrawalFacts
from portal.funding.formats import accounts, references
from portal.funding.guards import (
    check_amount,
    check_owner,
    checked_reference,
    currency_of,
    refuse_closed,
    refuse_held,
    short_text,
)
from portal.funding.models import WITHDRAWAL, CashReference, Deposit, Withdrawal
from portal.funding.selectors import NoSuchWithdrawal, deposit_facts, withdrawal_facts
from portal.ledger import selectors as ledger_facts
from portal.ledger import services as ledger
from portal.ledger.facts import Leg

APPROVE = "withdrawal.approve"
"""What a second person is asked to approve, as permissions and approvals name it."""


class BankReferenceUsed(Conflict):
    """The bank's reference was credited before, with other figures: the same payment is never credited twice."""

    code = "bank-reference-used"


class NotApproved(Conflict):
    """A withdrawal above the limit waits for a second person."""

    code = "withdrawal-not-approved"


class ApproverCannotPay(NotAllowed):
    """Whoever approved a withdrawal does not also pay it out."""

    code = "approver-cannot-pay"


def define_currencies(*, actor: Actor, at: datetime) -> None:
    """Make the cash instruments; safe to run again."""
    for one in CURRENCIES.values():
        ledger.define_instrument(
            code=one.code, kind="cash", scale=one.scale, name=one.name, actor=actor, at=at
        )


def open_cash_account(*, owner: str, currency: str, actor: Actor, at: datetime) -> int:
    """
    The id of the owner's cash account in a currency; opened when it is not there yet, with its own reference.

    raises  Invalid
    """
    check_owner(owner)
    one = currency_of(currency)
    with transaction.atomic(savepoint=False):
        made = ledger.define_instrument(
            code=one.code, kind="cash", scale=one.scale, name=one.name, actor=actor, at=at
        )
        _give_reference(owner, currency, at)
        return ledger.open_account(owner=owner, instrument_id=made.id, purpose="cash")


def record_deposit(
    *, key: str, owner: str, currency: str, amount_minor: int, bank_reference: str, actor: Actor, at: datetime
) -> DepositFacts:
    """
    Credit money that stands on the bank statement. The same bank reference credits once: entered again with the
    same figures it answers as the first time, with others it is refused.

    key           of the request, for retries
    amount_minor  smallest units, > 0
    raises        BankReferenceUsed, OwnerClosed, Invalid naming the field
    """
    check_owner(owner)
    one, reference = currency_of(currency), checked_reference(bank_reference)
    check_amount(amount_minor, one)
    with transaction.atomic():
        one_at_a_time(reference)
        known = (
            Deposit.objects.filter(bank_reference=reference).first()
            or Deposit.objects.filter(key=key).first()
        )
        if known is not None:
            return _replayed(known, owner, currency, amount_minor, reference)
        refuse_closed(owner, at=at)
        deposit_id = uuid.uuid4()
        account = open_cash_account(owner=owner, currency=currency, actor=actor, at=at)
        bank = ledger.open_account(
            owner="outside", instrument_id=ledger_facts.instrument(currency).id, purpose="bank"
        )
        posted = ledger.post(
            key=f"deposit:{deposit_id}",
            kind="funding.deposit",
            reference=f"deposit:{deposit_id}",
            legs=[Leg(bank, -amount_minor), Leg(account, amount_minor)],
            actor=actor,
            at=at,
        )
        row = Deposit.objects.create(
            id=deposit_id,
            key=key,
            owner=owner,
            currency=currency,
            amount_minor=amount_minor,
            bank_reference=reference,
            transaction_id=posted.transaction_id,
            recorded_by=str(actor),
            recorded_label=actor.label,
            at=at,
        )
        record(
            actor=actor,
            action="deposit.recorded",
            subject=f"deposit:{deposit_id}",
            at=at,
            owner=owner,
            currency=currency,
            amount=str(amount_minor),
            transaction=str(posted.transaction_id),
            rows=essences(row),
        )
    return deposit_facts(row)


def request_withdrawal(
    *,
    key: str,
    owner: str,
    currency: str,
    amount_minor: int,
    account_name: str,
    destination: str,
    actor: Actor,
    at: datetime,
    bank_account_id: UUID | None = None,
    organisation: bool = False,
) -> WithdrawalFacts:
    """
    Set the amount aside and ask for it to be paid out; above the currency's limit a second person must agree.
    Whether money may go to that account is judged above: an investor's goes through investors.bank_accounts.

    key           the same key and figures again answer as the first time
    destination   an IBAN, or a US routing number, a slash, and an account number
    organisation  the account's holder is no natural person
    returns      state "approved" (to be paid) or "awaiting_approval"
    raises       InsufficientBalance, MoneyHeld, Invalid naming the field
    """
    check_owner(owner)
    one = currency_of(currency)
    check_amount(amount_minor, one)
    to = accounts.destination(destination)
    name = short_text(account_name, "account_name", 140)
    with transaction.atomic():
        one_at_a_time(key)
        known = Withdrawal.objects.filter(key=key).first()
        if known is not None:
            return _same_withdrawal(known, owner, currency, amount_minor, to.account)
        refuse_held([owner], at=at)
        withdrawal_id = uuid.uuid4()
        account = open_cash_account(owner=owner, currency=currency, actor=actor, at=at)
        this = f"withdrawal:{withdrawal_id}"
        reservation = ledger.reserve(
            key=this, account_id=account, amount=amount_minor, reference=this, actor=actor, at=at
        )
        above = amount_minor > one.four_eyes_above
        row = Withdrawal(
            id=withdrawal_id,
            key=key,
            owner=owner,
            currency=currency,
            amount_minor=amount_minor,
            account_name=name,
            destination=to.account,
            destination_shown=to.shown,
            bank_account_id=bank_account_id,
            organisation=organisation,
            state="awaiting_approval" if above else "approved",
            reservation_id=reservation,
            requested_by=str(actor),
            requested_at=at,
        )
        if above:
            row.approval_id = _ask_second(row, actor, at)
        row.save(force_insert=True)
        tell_withdrawal(row, "withdrawal.requested", actor=actor, at=at, needs_approval=above)
    return withdrawal_facts(row)


def _ask_second(row: Withdrawal, maker: Actor, at: datetime) -> UUID:
    figures = {"owner": row.owner, "currency": row.currency, "amount": str(row.amount_minor)}
    facts = figures | {"to": row.destination_shown}
    subject = f"withdrawal:{row.pk}"
    return approvals.request_approval(
        action=APPROVE, subject=subject, organisation=None, maker=maker, facts=facts, at=at
    )


def approve_withdrawal(*, withdrawal_id: UUID, actor: Actor, at: datetime, note: str = "") -> WithdrawalFacts:
    """A second person agrees. raises  NoSuchWithdrawal, NotAllowedNow, MakerCannotCheck"""
    with transaction.atomic():
        row = locked_withdrawal(withdrawal_id)
        row.state = WITHDRAWAL.after(row.state, "approve")
        if row.approval_id is None:
            raise Conflict("This withdrawal needs no approval.")
        if approval(row.approval_id).state == "requested":
            approvals.approve(approval_id=row.approval_id, checker=actor, at=at, note=note)
        decided = approval(row.approval_id)
        if decided.state != "approved":
            raise NotApproved("The second person did not agree.")
        row.approved_by = decided.checker
        row.save(update_fields=["state", "approved_by"])
        tell_withdrawal(row, "withdrawal.approved", actor=actor, at=at)
    return withdrawal_facts(row)


def pay_withdrawal(
    *, withdrawal_id: UUID, bank_reference: str, actor: Actor, at: datetime
) -> WithdrawalFacts:
    """
    Record that the bank has paid: the reserved amount leaves the books.

    raises  NoSuchWithdrawal, NotAllowedNow, NotApproved, ApproverCannotPay, MoneyHeld, Invalid
    """
    reference = checked_reference(bank_reference)
    with transaction.atomic():
        row = locked_withdrawal(withdrawal_id)
        if row.state == "awaiting_approval":
            raise NotApproved(
                "This withdrawal is above the limit and waits for a second person.",
                next_step="Somebody else approves it first.",
            )
        row.state = WITHDRAWAL.after(row.state, "pay")
        if row.approved_by and row.approved_by == str(actor):
            raise ApproverCannotPay("You approved this withdrawal; somebody else pays it out.")
        refuse_held([row.owner], at=at)
        settle_reserved(row, bank_reference=reference, paid_by=str(actor), actor=actor, at=at)
    return withdrawal_facts(row)


def settle_reserved(
    row: Withdrawal, *, bank_reference: str, paid_by: str, actor: Actor, at: datetime
) -> None:
    """
    Take what was set aside out of the books: the row is locked and its state moved on to "paid" by the caller.

    paid_by  who shows that it was paid: a person, or a line of the bank's statement
    """
    instrument = ledger_facts.instrument(row.currency)
    bank = ledger.open_account(owner="outside", instrument_id=instrument.id, purpose="bank")
    account = ledger.open_account(owner=row.owner, instrument_id=instrument.id, purpose="cash")
    posted = ledger.settle(
        key=f"withdrawal:{row.pk}:paid",
        reservation_id=row.reservation_id,
        legs=[Leg(account, -row.amount_minor), Leg(bank, row.amount_minor)],
        kind="funding.withdrawal",
        reference=f"withdrawal:{row.pk}",
        actor=actor,
        at=at,
    )
    row.transaction_id, row.bank_reference = posted.transaction_id, bank_reference
    row.ended_at, row.ended_by = at, paid_by
    row.save()
    tell_withdrawal(row, "withdrawal.paid", actor=actor, at=at, transaction=str(posted.transaction_id))


def reject_withdrawal(*, withdrawal_id: UUID, reason: str, actor: Actor, at: datetime) -> WithdrawalFacts:
    """Refuse it; the amount is free again. raises  NoSuchWithdrawal, NotAllowedNow, MakerCannotCheck, Invalid"""
    said = short_text(reason, "reason", 2000)
    with transaction.atomic():
        row = locked_withdrawal(withdrawal_id)
        row.state = WITHDRAWAL.after(row.state, "reject")
        if row.approval_id is not None and approval(row.approval_id).state == "requested":
            approvals.reject(approval_id=row.approval_id, checker=actor, at=at, note=said)
        free_reserved(row, actor=actor, at=at, reason=said)
        tell_withdrawal(row, "withdrawal.rejected", actor=actor, at=at, reason=said)
    return withdrawal_facts(row)


def cancel_withdrawal(*, withdrawal_id: UUID, owner: str, actor: Actor, at: datetime) -> WithdrawalFacts:
    """The owner takes it back before it is paid. raises  NoSuchWithdrawal, NotAllowedNow"""
    with transaction.atomic():
        row = locked_withdrawal(withdrawal_id)
        if row.owner != owner:
            raise NoSuchWithdrawal("There is no withdrawal with this id.")
        row.state = WITHDRAWAL.after(row.state, "cancel")
        if row.approval_id is not None and approval(row.approval_id).state == "requested":
            approvals.withdraw(approval_id=row.approval_id, maker=actor, at=at)
        free_reserved(row, actor=actor, at=at, reason="")
        tell_withdrawal(row, "withdrawal.cancelled", actor=actor, at=at)
    return withdrawal_facts(row)


def _give_reference(owner: str, currency: str, at: datetime) -> None:
    """Two accounts never share a reference: the second to come to one takes the next."""
    attempt = 0
    while not CashReference.objects.filter(owner=owner, currency=currency).exists():
        made = references.made_for(owner, currency, attempt)
        CashReference.objects.bulk_create(
            [CashReference(reference=made, owner=owner, currency=currency, at=at)], ignore_conflicts=True
        )
        attempt += 1


def free_reserved(row: Withdrawal, *, actor: Actor, at: datetime, reason: str) -> None:
    ledger.release(reservation_id=row.reservation_id, actor=actor, at=at)
    row.ended_at, row.ended_by, row.reason = at, str(actor), reason
    row.save()


def locked_withdrawal(withdrawal_id: UUID) -> Withdrawal:
    row = Withdrawal.objects.select_for_update().filter(pk=withdrawal_id).first()
    if row is None:
        raise NoSuchWithdrawal("There is no withdrawal with this id.")
    return row


def one_at_a_time(text: str) -> None:
    """Two requests with one reference wait for each other, so that the second sees what the first did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('funding|' || %s, 0))", [text])


def _replayed(known: Deposit, owner: str, currency: str, amount_minor: int, reference: str) -> DepositFacts:
    if (known.owner, known.currency, known.amount_minor, known.bank_reference) == (
        owner,
        currency,
        amount_minor,
        reference,
    ):
        return deposit_facts(known, replayed=True)
    told = format_amount(known.amount_minor, scale=CURRENCIES[known.currency].scale)
    raise BankReferenceUsed(
        f"Bank reference {known.bank_reference} was credited on {known.at:%d %b %Y} with {told} {known.currency}.",
        field="bank_reference",
        next_step="Nothing was credited now. Compare the owner and the amount with the bank statement.",
    )


def _same_withdrawal(
    known: Withdrawal, owner: str, currency: str, amount_minor: int, destination: str
) -> WithdrawalFacts:
    if (known.owner, known.currency, known.amount_minor, known.destination) == (
        owner,
        currency,
        amount_minor,
        destination,
    ):
        return withdrawal_facts(known)
    raise ledger.KeyReused("This key was used for another withdrawal; nothing was changed.", field="key")


def tell_withdrawal(
    row: Withdrawal, action: str, *, actor: Actor, at: datetime, reason: str = "", **facts: str | bool
) -> None:
    told = {
        "owner": row.owner,
        "currency": row.currency,
        "amount": str(row.amount_minor),
        "state": row.state,
        **facts,
    }
    record(
        actor=actor,
        action=action,
        subject=f"withdrawal:{row.pk}",
        reason=reason,
        at=at,
        after=told,
        rows=essences(row),
    )
