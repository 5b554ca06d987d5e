"""Writes of bank accounts: added, verified on evidence, retired; and money paid out to those that may have it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from investors.bank_accounts.facts import BankAccountFacts, OpenedAccount
from investors.bank_accounts.models import BANK_ACCOUNT, BankAccount
from investors.bank_accounts.selectors import bank_account_facts, row
from investors.domain.holder_names import Match, compare
from investors.profiles import selectors as profiles
from investors.profiles.models import Investor
from portal.audit.essences import essences
from portal.audit.services import record
from portal.documents.services import store
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid
from portal.funding import reconciliation
from portal.funding import selectors as funding_facts
from portal.funding import services as funding
from portal.funding.facts import WithdrawalFacts
from portal.funding.formats import accounts

MOST_ACCOUNTS = 10
"""Open at a time, per investor."""
_BEST: tuple[Match, ...] = ("same", "close", "different")


class AccountKnown(Conflict):
    """The investor has this account already."""

    code = "bank-account-known"


class TooManyAccounts(Conflict):
    code = "too-many-bank-accounts"


class NotVerified(Conflict):
    """Nobody has seen yet whose account it is, or it was refused or retired."""

    code = "bank-account-not-verified"


class CoolingOff(Conflict):
    """The account is verified and new: the wait gives its owner time to notice that somebody else added it."""

    code = "bank-account-cooling-off"


class MoneyUnderWay(Conflict):
    """Withdrawals to the account have not ended."""

    code = "bank-account-in-use"


class NoSuchTransfer(Conflict):
    """No credited line of a bank statement came from this account in this investor's name."""

    code = "no-transfer-from-account"


def add_bank_account(
    *, investor_id: UUID, account: str, holder: str, actor: Actor, at: datetime, bic: str = ""
) -> BankAccountFacts:
    """
    Add an account to pay out to. It waits for compliance, or for the first transfer from it; and for its cooling-off.

    account  an IBAN, or a US routing number, a slash and an account number
    raises   NoSuchInvestor, NoBankAccount, AccountKnown, TooManyAccounts, Invalid naming the field
    """
    to = accounts.destination(account, field="account")
    name = _text(holder, "holder", 140)
    with transaction.atomic():
        # One at a time per investor, so that the same account is not added twice.
        Investor.objects.select_for_update().filter(pk=investor_id).first()
        investor = profiles.investor(investor_id)
        if investor.closed_at is not None:
            raise Conflict("This investor is closed; nothing can be added any more.")
        open_ones = list(BankAccount.objects.filter(investor_id=investor_id, state__in=("added", "verified")))
        if any(one.account == to.account for one in open_ones):
            raise AccountKnown(f"The account {to.shown} is among yours already.", field="account")
        if len(open_ones) >= MOST_ACCOUNTS:
            raise TooManyAccounts(
                f"{len(open_ones)} accounts are open; at most {MOST_ACCOUNTS} can be.",
                field="account",
                next_step="Retire one first.",
            )
        made = BankAccount.objects.create(
            id=uuid4(),
            investor_id=investor_id,
            account=to.account,
            holder=name,
            bic=accounts.bic(bic),
            shown=to.shown,
            name_match=_name_match(investor_id, name),
            organisation=investor.kind == "entity",
            state="added",
            added_by=str(actor),
            added_at=at,
            usable_from=at + timedelta(hours=settings.BANK_ACCOUNT_COOLING_OFF_HOURS),
        )
        _tell(made, "bank_account.added", actor=actor, at=at)
    return bank_account_facts(made)


def verify_by_evidence(
    *, bank_account_id: UUID, filename: str, content: bytes, reason: str, actor: Actor, at: datetime
) -> BankAccountFacts:
    """
    An officer has seen a paper of the bank that names holder and account.

    raises  NoSuchBankAccount, NotAllowedNow, Invalid; what portal.documents.services.store raises
    """
    said = _text(reason, "reason", 2000, least=5)
    with transaction.atomic():
        found = row(bank_account_id, lock=True)
        found.state = BANK_ACCOUNT.after(found.state, "verify")
        kept = store(
            owner=f"investor:{found.investor_id}",
            kind="bank_letter",
            filename=filename,
            content=content,
            field="file",
            actor=actor,
            at=at,
        )
        _verified(found, "evidence", kept.id, said, actor=actor, at=at)
    return bank_account_facts(found)


def verify_by_transfer(*, bank_account_id: UUID, actor: Actor, at: datetime) -> BankAccountFacts:
    """
    The first transfer from the account shows whose it is: the bank names sender and account on its statement, and
    the sender's name fits the investor's.

    raises  NoSuchBankAccount, NotAllowedNow, NoSuchTransfer
    """
    with transaction.atomic():
        found = row(bank_account_id, lock=True)
        found.state = BANK_ACCOUNT.after(found.state, "verify")
        line = _first_transfer(found)
        if line is None:
            raise NoSuchTransfer(
                f"No transfer from {found.shown} in the investor's name stands on a bank statement.",
                next_step="Ask for a letter of the bank, or wait for the first transfer.",
            )
        _verified(
            found,
            "incoming_transfer",
            line.line_id,
            f"A transfer of {line.booked_on} came from it.",
            actor=actor,
            at=at,
        )
    return bank_account_facts(found)


def verify_by_transfers(*, file_id: UUID, actor: Actor, at: datetime) -> int:
    """After an import: verify each waiting account that a transfer of this file came from. Returns how many."""
    senders = {
        UUID(owner.partition(":")[2])
        for owner in reconciliation.owners_credited(file_id)
        if owner.startswith("investor:")
    }
    count = 0
    with transaction.atomic():
        waiting = BankAccount.objects.filter(investor_id__in=senders, state="added").order_by("pk")
        for one in waiting:
            if _first_transfer(one) is not None:
                verify_by_transfer(bank_account_id=one.pk, actor=actor, at=at)
                count += 1
    return count


def refuse(*, bank_account_id: UUID, reason: str, actor: Actor, at: datetime) -> BankAccountFacts:
    """The account is not the investor's, or nothing shows that it is. raises  NoSuchBankAccount, NotAllowedNow"""
    said = _text(reason, "reason", 2000, least=5)
    with transaction.atomic():
        found = row(bank_account_id, lock=True)
        found.state = BANK_ACCOUNT.after(found.state, "refuse")
        found.decided_by, found.decided_at, found.reason = str(actor), at, said
        found.save()
        _tell(found, "bank_account.refused", actor=actor, at=at, reason=said)
    return bank_account_facts(found)


def retire(
    *, bank_account_id: UUID, investor_id: UUID, actor: Actor, at: datetime, reason: str = ""
) -> BankAccountFacts:
    """
    No more money goes there.

    raises  NoSuchBankAccount, NotAllowedNow, MoneyUnderWay
    """
    with transaction.atomic():
        found = row(bank_account_id, investor_id=investor_id, lock=True)
        found.state = BANK_ACCOUNT.after(found.state, "retire")
        under_way = funding_facts.withdrawals(
            owner=f"investor:{investor_id}", states=("awaiting_approval", "approved", "sent")
        )
        count = sum(one.bank_account_id == found.pk for one in under_way)
        if count:
            raise MoneyUnderWay(
                f"{count} withdrawals to {found.shown} have not ended.",
                next_step="Take them back first, or wait until they are paid.",
            )
        found.ended_at = at
        found.save()
        _tell(found, "bank_account.retired", actor=actor, at=at, reason=reason[:2000])
    return bank_account_facts(found)


def reveal(*, bank_account_id: UUID, reason: str, actor: Actor, at: datetime) -> OpenedAccount:
    """Number and holder for an officer, who says why; the trail keeps that he looked. raises  NoSuchBankAccount"""
    said = _text(reason, "reason", 2000, least=5)
    with transaction.atomic():
        found = row(bank_account_id)
        _tell(found, "bank_account.opened", actor=actor, at=at, reason=said)
    return OpenedAccount(found.account, found.holder)


def withdraw(
    *,
    key: str,
    investor_id: UUID,
    currency: str,
    amount_minor: int,
    bank_account_id: UUID,
    actor: Actor,
    at: datetime,
) -> WithdrawalFacts:
    """
    Ask for money to be paid out to one of the investor's verified accounts whose cooling-off is over.

    raises  NoSuchBankAccount, NotVerified, CoolingOff; what portal.funding.services.request_withdrawal raises
    """
    with transaction.atomic():
        found = row(bank_account_id, investor_id=investor_id, lock=True)
        _check_usable(found, at)
        return funding.request_withdrawal(
            key=key,
            owner=f"investor:{investor_id}",
            currency=currency,
            amount_minor=amount_minor,
            account_name=found.holder,
            destination=found.account,
            bank_account_id=found.pk,
            organisation=found.organisation,
            actor=actor,
            at=at,
        )


def _check_usable(found: BankAccount, at: datetime) -> None:
    when = f"{found.usable_from:%d %b %Y at %H:%M} UTC"
    if found.state == "added":
        raise NotVerified(
            f"The account {found.shown} has not been verified yet, so no money goes there.",
            field="bank_account",
            next_step=f"Hand in a letter of your bank, or send money from it. The earliest payment is on {when}.",
        )
    if found.state != "verified":
        raise NotVerified(
            f"The account {found.shown} is {found.state}, so no money goes there.",
            field="bank_account",
            next_step="Choose another account, or add it again.",
        )
    if at < found.usable_from:
        hours = settings.BANK_ACCOUNT_COOLING_OFF_HOURS
        raise CoolingOff(
            f"The account {found.shown} was added on {found.added_at:%d %b %Y at %H:%M} UTC; money goes to a new"
            f" account after {hours} hours.",
            field="bank_account",
            next_step=f"Ask again from {when}.",
        )


def _verified(
    found: BankAccount, method: str, evidence_id: UUID, reason: str, *, actor: Actor, at: datetime
) -> None:
    found.method, found.evidence_id, found.reason = method, evidence_id, reason
    found.decided_by, found.decided_at = str(actor), at
    found.save()
    _tell(found, "bank_account.verified", actor=actor, at=at, method=method, evidence=str(evidence_id))


def _first_transfer(found: BankAccount) -> reconciliation.Transfer | None:
    """The first credited transfer from this account whose sender's name fits the investor."""
    plain = found.account.replace("/", "")
    for one in reconciliation.transfers_to(f"investor:{found.investor_id}"):
        if (
            one.account.replace("/", "") == plain
            and _name_match(found.investor_id, one.sender) != "different"
        ):
            return one
    return None


def _name_match(investor_id: UUID, name: str) -> Match:
    """The best fit among the investor's name and, of joint holders, the other's."""
    joint = profiles.investor(investor_id).kind == "joint"
    people = profiles.names_to_screen(investor_id)
    ours = [one.name for one in people if joint or one.subject.startswith("investor:")]
    return min((compare(one, name) for one in ours), key=_BEST.index, default="different")


def _text(text: str, field: str, most: int, *, least: int = 1) -> str:
    said = " ".join(text.split())
    if not least <= len(said) <= most or not said.isprintable():
        raise Invalid(f"{field.capitalize()} has {least} to {most} printable characters.", field=field)
    return said


def _tell(
    found: BankAccount, action: str, *, actor: Actor, at: datetime, reason: str = "", **facts: Any
) -> None:
    """Ids and states only: a number shown in part is still somebody's."""
    record(
        actor=actor,
        action=action,
        subject=f"bank_account:{found.pk}",
        reason=reason,
        at=at,
        investor=str(found.investor_id),
        state=found.state,
        name_match=found.name_match,
        rows=essences(found),
        **facts,
    )
