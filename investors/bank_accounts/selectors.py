"""Reads of bank accounts; the numbers stay sealed."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from investors.bank_accounts.facts import BankAccountFacts
from investors.bank_accounts.models import BankAccount
from portal.domain.errors import NotFound


class NoSuchBankAccount(NotFound):
    code = "no-such-bank-account"


def row(bank_account_id: UUID, *, investor_id: UUID | None = None, lock: bool = False) -> BankAccount:
    """For this room. raises  NoSuchBankAccount, also where it is somebody else's"""
    rows = BankAccount.objects.select_for_update() if lock else BankAccount.objects.all()
    found = rows.filter(pk=bank_account_id).first()
    if found is None or (investor_id is not None and found.investor_id != investor_id):
        raise NoSuchBankAccount("There is no bank account with this id.", field="bank_account")
    return found


def bank_account(bank_account_id: UUID, *, investor_id: UUID | None = None) -> BankAccountFacts:
    """raises  NoSuchBankAccount"""
    return bank_account_facts(row(bank_account_id, investor_id=investor_id))


def bank_accounts(
    *, investor_id: UUID | None = None, states: Iterable[str] = (), limit: int = 200
) -> list[BankAccountFacts]:
    """Oldest first; of one investor or of all, in some states or in all."""
    rows = BankAccount.objects.order_by("added_at", "pk")
    if investor_id is not None:
        rows = rows.filter(investor_id=investor_id)
    if wanted := list(states):
        rows = rows.filter(state__in=wanted)
    return [bank_account_facts(one) for one in rows[:limit]]


def owners(bank_account_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Whose each is, by id in one query; unknown ids are left out."""
    return dict(BankAccount.objects.filter(pk__in=list(bank_account_ids)).values_list("pk", "investor_id"))


def decided_since(since: datetime) -> list[tuple[str, datetime, datetime]]:
    """(who as text, added, decided) of the bank accounts verified or refused since an instant."""
    rows = BankAccount.objects.filter(decided_at__gte=since).exclude(decided_by="")
    return list(rows.values_list("decided_by", "added_at", "decided_at"))


def bank_account_facts(one: BankAccount) -> BankAccountFacts:
    return BankAccountFacts(
        id=one.pk,
        investor_id=one.investor_id,
        shown=one.shown,
        bic=one.bic,
        name_match=one.name_match,
        state=one.state,
        added_at=one.added_at,
        usable_from=one.usable_from,
        method=one.method,
        evidence_id=one.evidence_id,
        decided_at=one.decided_at,
        reason=one.reason,
    )
