"""
Paying what was approved: chunk by chunk, each one ledger transaction under one key, so that a run that was
killed goes on where it stopped and pays nobody twice.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from issuance.corporate_actions.models import LIFECYCLE, Dividend, Entitlement, PayoutChunk
from issuance.corporate_actions.selectors import NoSuchDividend, unpaid_chunks
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.ledger import selectors as ledger
from portal.ledger.facts import Leg, Posting
from portal.ledger.services import open_account, open_accounts, post, post_many
from portal.outbox.services import enqueue

CHUNK = 5_000
"""Holders who are paid in one transaction."""
START = "issuance.corporate_actions.start_paying"
PAY = "issuance.corporate_actions.pay"
AUTHORITY = "authority:US-IRS"


def pot_account(row: Dividend) -> int:
    """The account that holds this dividend's pot from approval until everyone is paid."""
    return open_account(
        owner="house", instrument_id=_money(row), purpose="payout", subject=f"dividend:{row.pk}"
    )


def start_paying(*, dividend_id: UUID, actor: Actor, at: datetime) -> bool:
    """
    Begin the payout of an approved dividend whose payment date has come. Doing it again does nothing.

    returns  True when it began now
    raises   NoSuchDividend
    """
    with transaction.atomic():
        row = locked(dividend_id)
        if row.state != "approved" or at.astimezone(UTC).date() < row.payment_date:
            return False
        row.state, row.paying_at = LIFECYCLE.after(row.state, "start_paying"), at
        row.save(update_fields=["state", "paying_at"])
        for number in unpaid_chunks(row.pk):
            enqueue(
                topic=PAY,
                key=f"{row.pk}:{number}",
                payload={"dividend_id": str(row.pk), "chunk": number},
                at=at,
            )
        told(row, "dividend.paying", actor, at)
        _finish(row, actor, at)
    return True


def pay_chunk(*, dividend_id: UUID, chunk: int, actor: Actor, at: datetime) -> int:
    """
    Pay one chunk: net to each holder, what was withheld to the tax account, in one transaction.

    Chunks are paid by several workers at once. Locks are taken in one order: the chunk, accounts (the pot's among
    them), the dividend last, so that whoever pays the last chunk sees that it is the last.

    returns  how many holders were paid now; 0 when the chunk was paid before
    raises   NoSuchDividend
    """
    with transaction.atomic():
        row = found(dividend_id)
        part = _locked_part(row, chunk)
        if row.state != "paying" or part is None or part.paid_at is not None:
            return 0
        if part.gross_minor:
            posting = Posting(
                key=f"dividend:{row.pk}:{chunk}",
                kind="dividend.paid",
                reference=f"dividend:{row.pk}",
                legs=_legs(row, part),
            )
            (posted,) = post_many(postings=[posting], actor=actor, at=at)
            part.transaction_id = posted.transaction_id
        part.paid_at = at
        part.save(update_fields=["transaction_id", "paid_at"])
        told(
            row,
            "dividend.chunk_paid",
            actor,
            at,
            chunk=chunk,
            holders=part.holders,
            gross_minor=str(part.gross_minor),
            withheld_minor=str(part.withheld_minor),
        )
        _finish(locked(dividend_id), actor, at)
    return part.holders


def _locked_part(row: Dividend, number: int) -> PayoutChunk | None:
    """The chunk alone under its lock: by the table's own order the dividend would be joined, and locked with it."""
    parts = PayoutChunk.objects.select_for_update().filter(dividend=row, number=number)
    return parts.order_by("pk").first()


def _legs(row: Dividend, part: PayoutChunk) -> list[Leg]:
    lines = list(
        Entitlement.objects.filter(chunk=part, net_minor__gt=0)
        .order_by("id")
        .values_list("holder", "net_minor")
    )
    money = _money(row)
    legs = [Leg(pot_account(row), -part.gross_minor)]
    if part.withheld_minor:
        tax = open_account(owner="house", instrument_id=money, purpose="withholding", subject=AUTHORITY)
        legs.append(Leg(tax, part.withheld_minor))
    cash = open_accounts(owners=[holder for holder, _ in lines], instrument_id=money, purpose="cash")
    return [*legs, *(Leg(cash[holder], net) for holder, net in lines)]


def _finish(row: Dividend, actor: Actor, at: datetime) -> None:
    """When the last chunk is paid, what exact division left over goes to the residue account; the pot is empty."""
    if PayoutChunk.objects.filter(dividend=row, paid_at=None).exists():
        return
    if row.residue_minor:
        residue = open_account(owner="house", instrument_id=_money(row), purpose="residue")
        post(
            key=f"dividend:{row.pk}:residue",
            kind="dividend.residue",
            reference=f"dividend:{row.pk}",
            legs=[Leg(pot_account(row), -row.residue_minor), Leg(residue, row.residue_minor)],
            actor=actor,
            at=at,
        )
    row.state, row.paid_at = LIFECYCLE.after(row.state, "finish"), at
    row.save(update_fields=["state", "paid_at"])
    told(row, "dividend.paid", actor, at)


def locked(dividend_id: UUID) -> Dividend:
    """The dividend under its row's lock. Raises NoSuchDividend."""
    return _one(Dividend.objects.select_for_update(of=("self",)), dividend_id)


def found(dividend_id: UUID) -> Dividend:
    """The dividend as it stands, not locked. Raises NoSuchDividend."""
    return _one(Dividend.objects.all(), dividend_id)


def _one(rows: QuerySet[Dividend], dividend_id: UUID) -> Dividend:
    row = rows.select_related("security__issuer").filter(pk=dividend_id).first()
    if row is None:
        raise NoSuchDividend("There is no dividend with this id.")
    return row


def told(row: Dividend, action: str, actor: Actor, at: datetime, reason: str = "", **facts: Any) -> None:
    """Into the audit trail, as an event of this dividend."""
    record(
        actor=actor,
        action=action,
        subject=f"dividend:{row.pk}",
        organisation=row.security.issuer_id,
        reason=reason,
        at=at,
        **facts,
    )


def _money(row: Dividend) -> int:
    return ledger.instrument(row.currency).id
