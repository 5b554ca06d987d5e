"""Withdrawals on their way to the bank: one file per batch, settled by the statement or brought back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from portal.audit.essences import essences
from portal.audit.services import record
from portal.documents.services import store
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, Invalid
from portal.domain.media import MediaType
from portal.funding import selectors
from portal.funding.facts import CURRENCIES, HouseAccount, PaymentOrder, WithdrawalFacts
from portal.funding.formats import nacha, pain001
from portal.funding.formats.references import code_of
from portal.funding.guards import refuse_held
from portal.funding.models import WITHDRAWAL, PaymentFile, PaymentItem, Withdrawal
from portal.funding.selectors import withdrawal_facts
from portal.funding.services import (
    ApproverCannotPay,
    free_reserved,
    locked_withdrawal,
    settle_reserved,
    tell_withdrawal,
)
from portal.ledger import selectors as ledger_facts
from portal.ledger import services as ledger
from portal.ledger.facts import Leg

FORMATS = {"EUR": "pain.001", "USD": "NACHA"}
"""Which file a currency's payments go out in; others are paid at the bank and recorded by hand."""
MOST_PAYMENTS = 5_000
_SATURDAY = 5


class CannotGoInFile(Invalid):
    """A withdrawal does not fit the file: its account is of another kind, or the amount has too many digits."""

    code = "cannot-go-in-file"


class NothingToPay(Invalid):
    code = "nothing-to-pay"


class BatchChanged(Conflict):
    """Somebody else has sent or ended one of them since the page was shown."""

    code = "batch-changed"


def make_payment_file(*, currency: str, withdrawal_ids: Sequence[UUID], actor: Actor, at: datetime) -> UUID:
    """
    Order the bank to pay a batch of approved withdrawals: one file, kept as a document; each withdrawal is in one
    file for ever.

    returns  the payment file's id
    raises   NothingToPay, BatchChanged, ApproverCannotPay, MoneyHeld, CannotGoInFile, NotAPaymentFile
    """
    account = _house_account(currency)
    if not 0 < len(set(withdrawal_ids)) <= MOST_PAYMENTS:
        raise NothingToPay(f"A file holds 1 to {MOST_PAYMENTS:,} payments.", field="withdrawals")
    with transaction.atomic():
        rows = list(Withdrawal.objects.select_for_update().filter(pk__in=set(withdrawal_ids)).order_by("pk"))
        _check_batch(rows, len(set(withdrawal_ids)), currency, actor)
        refuse_held([row.owner for row in rows], at=at)
        file_id, execute_on = uuid4(), next_business_day(at.date())
        code = code_of("P", file_id)
        orders = [_order(row, account) for row in rows]
        writer = pain001.write if FORMATS[currency] == "pain.001" else nacha.write
        content = writer(code=code, account=account, orders=orders, execute_on=execute_on, at=at)
        kept = store(
            owner="house",
            kind="payment_file",
            filename=f"{code}.{'xml' if FORMATS[currency] == 'pain.001' else 'txt'}",
            content=content,
            accepted={MediaType.XML, MediaType.TEXT},
            actor=actor,
            at=at,
        )
        file = PaymentFile.objects.create(
            id=file_id,
            code=code,
            format=FORMATS[currency],
            currency=currency,
            count=len(rows),
            total_minor=sum(row.amount_minor for row in rows),
            execute_on=execute_on,
            document_id=kept.id,
            sha256=sha256_hex(content),
            made_by=str(actor),
            made_label=actor.label,
            at=at,
        )
        items = []
        for row, order in zip(rows, orders, strict=True):
            row.state = WITHDRAWAL.after(row.state, "send")
            row.save(update_fields=["state"])
            items.append(PaymentItem.objects.create(withdrawal=row, file=file, end_to_end=order.end_to_end))
            tell_withdrawal(row, "withdrawal.sent", actor=actor, at=at, file=str(file.pk))
        record(
            actor=actor,
            action="payment_file.made",
            subject=f"payment_file:{file.pk}",
            at=at,
            currency=currency,
            count=file.count,
            total=str(file.total_minor),
            sha256=file.sha256,
            rows=essences(file, *items),
        )
    return file.pk


def pay_by_line(
    *, withdrawal_id: UUID, line_id: UUID, bank_reference: str, actor: Actor, at: datetime
) -> WithdrawalFacts:
    """
    The bank's statement shows that it was paid: no person's word is needed beside it.

    raises  NoSuchWithdrawal, NotAllowedNow
    """
    with transaction.atomic():
        row = locked_withdrawal(withdrawal_id)
        row.state = WITHDRAWAL.after(row.state, "pay")
        settle_reserved(
            row, bank_reference=bank_reference, paid_by=f"statement_line:{line_id}", actor=actor, at=at
        )
    return withdrawal_facts(row)


def bring_back(*, withdrawal_id: UUID, line_id: UUID, actor: Actor, at: datetime) -> UUID:
    """
    A payment that had left came back from the bank: it is in the owner's account again.

    returns  the ledger's transaction
    raises   NoSuchWithdrawal, NotAllowedNow
    """
    with transaction.atomic():
        row = locked_withdrawal(withdrawal_id)
        row.state = WITHDRAWAL.after(row.state, "return")
        instrument = ledger_facts.instrument(row.currency)
        bank = ledger.open_account(owner="outside", instrument_id=instrument.id, purpose="bank")
        account = ledger.open_account(owner=row.owner, instrument_id=instrument.id, purpose="cash")
        posted = ledger.post(
            key=f"withdrawal:{row.pk}:returned",
            kind="funding.returned",
            reference=f"withdrawal:{row.pk}",
            legs=[Leg(bank, -row.amount_minor), Leg(account, row.amount_minor)],
            actor=actor,
            at=at,
        )
        row.reason = "The bank has sent the payment back."
        row.save(update_fields=["state", "reason"])
        tell_withdrawal(row, "withdrawal.returned", actor=actor, at=at, line=str(line_id))
    return posted.transaction_id


def refuse_sent(*, withdrawal_id: UUID, reason: str, actor: Actor, at: datetime) -> WithdrawalFacts:
    """
    The bank has refused to carry out a payment that was sent: nothing left, the amount is free again.

    raises  NoSuchWithdrawal, NotAllowedNow
    """
    with transaction.atomic():
        row = locked_withdrawal(withdrawal_id)
        if row.state != "sent":
            raise Conflict(
                f"This withdrawal is {row.state.replace('_', ' ')}; only a sent one can be refused."
            )
        row.state = WITHDRAWAL.after(row.state, "return")
        free_reserved(row, actor=actor, at=at, reason=" ".join(reason.split())[:2000])
        tell_withdrawal(row, "withdrawal.returned", actor=actor, at=at, reason=row.reason)
    return withdrawal_facts(row)


def next_business_day(day: date) -> date:
    """The next day that is neither Saturday nor Sunday; the bank moves it on over its holidays."""
    following = day + timedelta(days=1)
    while following.weekday() >= _SATURDAY:
        following += timedelta(days=1)
    return following


def _house_account(currency: str) -> HouseAccount:
    account = selectors.house_accounts().get(currency)
    if currency not in FORMATS or currency not in CURRENCIES:
        raise NothingToPay(
            f"There is no file format for {currency[:3]} here; possible: {', '.join(FORMATS)}.",
            field="currency",
            next_step="Pay these at the bank and record each payment by hand.",
        )
    if account is None:
        raise NothingToPay(
            f"No bank account of the house is set up for {currency}.",
            field="currency",
            next_step="Name it in HOUSE_BANK_ACCOUNTS.",
        )
    return account


def _check_batch(rows: list[Withdrawal], wanted: int, currency: str, actor: Actor) -> None:
    moved = [row for row in rows if row.state != "approved"]
    if moved or len(rows) != wanted:
        raise BatchChanged(
            f"{wanted - len(rows) + len(moved)} of {wanted} withdrawals are not approved and unsent any more.",
            field="withdrawals",
            next_step="No file was made. Look at the list again.",
        )
    if any(row.currency != currency for row in rows):
        raise CannotGoInFile(f"A file of {currency} pays {currency} only.", field="withdrawals")
    if any(row.approved_by == str(actor) for row in rows):
        raise ApproverCannotPay("You approved one of these withdrawals; somebody else sends it.")


def _order(row: Withdrawal, account: HouseAccount) -> PaymentOrder:
    if ("/" in row.destination) is not account.is_us:
        wanted = "a US account" if account.is_us else "an IBAN"
        raise CannotGoInFile(
            f"The withdrawal to {row.destination_shown} cannot go in this file: it takes {wanted}.",
            field="withdrawals",
            next_step="Leave it out and pay it at the bank.",
        )
    if account.is_us and row.amount_minor >= nacha.LARGEST_ENTRY:
        raise CannotGoInFile(
            f"The withdrawal to {row.destination_shown} is larger than a NACHA entry holds (99,999,999.99).",
            field="withdrawals",
            next_step="Leave it out and pay it by wire.",
        )
    return PaymentOrder(
        end_to_end=code_of("W", row.pk),
        name=row.account_name,
        account=row.destination,
        organisation=row.organisation,
        amount_minor=row.amount_minor,
    )
