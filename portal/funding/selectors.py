"""Reads of funding: balances and movements of an owner's cash, and the queues of those who pay it out."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from portal.domain.errors import NotFound
from portal.funding.facts import CURRENCIES, CashFacts, DepositFacts, WithdrawalFacts
from portal.funding.models import Deposit, Withdrawal
from portal.ledger import selectors as ledger

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class NoSuchWithdrawal(NotFound):
    code = "no-such-withdrawal"


class NoSuchDeposit(NotFound):
    code = "no-such-deposit"


def cash(*, owner: str, as_of: datetime | None = None) -> list[CashFacts]:
    """The owner's cash accounts, one per currency, in order of the currency."""
    found = ledger.balances(owner=owner, purpose="cash", as_of=as_of)
    return sorted(
        (
            CashFacts(
                one.account_id,
                one.instrument_code,
                CURRENCIES[one.instrument_code].scale,
                one.posted,
                one.reserved,
            )
            for one in found
            if one.instrument_code in CURRENCIES
        ),
        key=lambda one: one.currency,
    )


def payment_reference(owner: str) -> str:
    """
    What the owner writes into a bank transfer so that it is recognised: stable, without personal data, with two
    check characters that catch a mistyped one.
    """
    digest = int.from_bytes(hashlib.sha256(f"payment-reference|{owner}".encode()).digest()[:8], "big")
    body = "".join(_ALPHABET[(digest >> (5 * place)) & 31] for place in range(8))
    return f"{body[:4]}-{body[4:]}-{check_characters(body)}"


def check_characters(body: str) -> str:
    """Two check characters over Crockford's base 32 digits: the value modulo 1021, a prime below 32 * 32."""
    value = 0
    for character in body:
        value = value * 32 + _ALPHABET.index(character)
    rest = value % 1021
    return _ALPHABET[rest // 32] + _ALPHABET[rest % 32]


def deposit(deposit_id: UUID) -> DepositFacts:
    """raises  NoSuchDeposit"""
    row = Deposit.objects.filter(pk=deposit_id).first()
    if row is None:
        raise NoSuchDeposit("There is no deposit with this id.")
    return deposit_facts(row)


def deposits(*, owner: str = "", limit: int = 100) -> list[DepositFacts]:
    """Newest first; of one owner, or of all."""
    rows = Deposit.objects.filter(owner=owner) if owner else Deposit.objects.all()
    return [deposit_facts(row) for row in rows.order_by("-at", "pk")[:limit]]


def withdrawal(withdrawal_id: UUID, *, owner: str = "") -> WithdrawalFacts:
    """
    One withdrawal; with `owner`, only if it is his.

    raises  NoSuchWithdrawal
    """
    row = Withdrawal.objects.filter(pk=withdrawal_id).first()
    if row is None or (owner and row.owner != owner):
        raise NoSuchWithdrawal("There is no withdrawal with this id.")
    return withdrawal_facts(row)


def withdrawals(*, owner: str = "", states: Iterable[str] = (), limit: int = 100) -> list[WithdrawalFacts]:
    """Newest first; of one owner or of all, in some states or in all."""
    rows = Withdrawal.objects.order_by("-requested_at", "pk")
    if owner:
        rows = rows.filter(owner=owner)
    if wanted := list(states):
        rows = rows.filter(state__in=wanted)
    return [withdrawal_facts(row) for row in rows[:limit]]


def deposit_facts(row: Deposit, *, replayed: bool = False) -> DepositFacts:
    return DepositFacts(
        row.pk,
        row.owner,
        row.currency,
        CURRENCIES[row.currency].scale,
        row.amount_minor,
        row.bank_reference,
        row.transaction_id,
        row.at,
        replayed,
    )


def withdrawal_facts(row: Withdrawal) -> WithdrawalFacts:
    return WithdrawalFacts(
        row.pk,
        row.owner,
        row.currency,
        CURRENCIES[row.currency].scale,
        row.amount_minor,
        row.destination_shown,
        row.state,
        row.approval_id,
        row.requested_by,
        row.requested_at,
        row.ended_at,
        row.reason,
        row.bank_reference,
        row.transaction_id,
    )
