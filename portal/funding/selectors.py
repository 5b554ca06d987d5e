"""Reads of funding: balances and movements of an owner's cash, and the queues of those who pay it out."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings

from portal.domain.errors import NotFound
from portal.funding.facts import CURRENCIES, CashFacts, DepositFacts, HouseAccount, WithdrawalFacts
from portal.funding.models import CashReference, Deposit, Withdrawal
from portal.ledger import selectors as ledger


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


def reference(*, owner: str, currency: str) -> str:
    """What the owner writes into a transfer to this cash account; "" before the account is open."""
    found = CashReference.objects.filter(owner=owner, currency=currency).first()
    return "" if found is None else found.reference


def cash_references(given: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Owner and currency of each of these references that was given out."""
    found = CashReference.objects.filter(pk__in=list(given))
    return {row.reference: (row.owner, row.currency) for row in found}


def house_accounts() -> dict[str, HouseAccount]:
    """The house's bank accounts by currency, as the settings name them."""
    named = [HouseAccount(**one) for one in settings.HOUSE_BANK_ACCOUNTS]
    return {one.currency: one for one in named if one.currency in CURRENCIES}


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
        row.bank_account_id,
    )
