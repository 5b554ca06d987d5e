"""
The officers' part: one proposes, a second approves, and in that transaction the account is closed, what the law does
not require is erased, and the last day of what it does is fixed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from investors.bank_accounts import selectors as bank_account_facts
from investors.bank_accounts import services as bank_accounts
from investors.closure.facts import ClosureFacts
from investors.closure.models import CLOSURE, Closure
from investors.closure.selectors import NoSuchClosure, closure_facts
from investors.closure.services import drop_exports, drop_proposal, refuse_obstacles
from investors.domain.retention import kept_until
from investors.profiles import selectors as profiles
from investors.profiles.models import Investor
from investors.wallets import services as wallets
from investors.wallets.models import Wallet
from portal.accounts.services import erase_person
from portal.approvals import selectors as approvals
from portal.approvals import services as approving
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid

APPROVE = "closure.approve"
ERASED = (
    "sign-in address and name",
    "password, second factors and sessions",
    "expected investment",
    "names of wallets",
    "data exports",
)


class ReasonMissing(Invalid):
    code = "reason-missing"


class NotApproved(Conflict):
    code = "closure-not-approved"


def propose(*, closure_id: UUID, reason: str, actor: Actor, at: datetime) -> ClosureFacts:
    """
    The first officer agrees and asks a second one.

    raises  NoSuchClosure, ReasonMissing, CannotCloseYet, NotAllowedNow
    """
    said = _reason(reason)
    with transaction.atomic():
        row = _locked(closure_id)
        after = CLOSURE.after(row.state, "propose")
        investor = profiles.investor(row.investor_id)
        refuse_obstacles(investor)
        row.approval_id = approving.request_approval(
            action=APPROVE,
            subject=f"closure:{row.pk}",
            organisation=None,
            maker=actor,
            facts={"investor": investor.reference, "reason": said, "asked": row.asked_at.date().isoformat()},
            at=at,
        )
        row.state, row.reason = after, said
        row.save(update_fields=["state", "reason", "approval_id"])
        _tell(row, "closure.proposed", actor, at, said)
    return closure_facts(row)


def refuse(*, closure_id: UUID, reason: str, actor: Actor, at: datetime) -> ClosureFacts:
    """
    The account stays open; the investor reads why.

    raises  NoSuchClosure, ReasonMissing, NotAllowedNow
    """
    said = _reason(reason)
    with transaction.atomic():
        row = _locked(closure_id)
        row.state = CLOSURE.after(row.state, "refuse")
        drop_proposal(row, at=at, note=said)
        row.reason, row.decided_at, row.decided_by_id = said, at, UUID(actor.id)
        row.save(update_fields=["state", "reason", "decided_at", "decided_by"])
        _tell(row, "closure.refused", actor, at, said)
    return closure_facts(row)


def approve(*, closure_id: UUID, actor: Actor, at: datetime, note: str = "") -> ClosureFacts:
    """
    The second officer approves: the account is closed here and now.

    raises  NoSuchClosure, NotAllowedNow, MakerCannotCheck, CannotCloseYet when something came up meanwhile; then
            nothing of it happened
    """
    with transaction.atomic():
        row = _locked(closure_id)
        after = CLOSURE.after(row.state, "approve")
        _second_eyes(row, actor, at, note)
        investor = Investor.objects.select_for_update().get(pk=row.investor_id)
        refuse_obstacles(profiles.investor_facts(investor))
        _erase(investor, actor, at)
        kept = kept_until(at.date())
        row.state, row.decided_at, row.decided_by_id = after, at, UUID(actor.id)
        row.kept = {name: day.isoformat() for name, day in kept.items()}
        row.retained_until, row.erased = max(kept.values()), list(ERASED)
        row.save()
        _tell(row, "closure.approved", actor, at, note, investor, kept=row.kept, erased=row.erased)
    return closure_facts(row)


def note_erasable(*, closure_id: UUID, actor: Actor, at: datetime) -> bool:
    """Tell the trail, once, that the law requires nothing of this account any more; returns whether it was told now."""
    with transaction.atomic():
        row = _locked(closure_id)
        if row.erasable_at is not None or row.retained_until is None or row.retained_until >= at.date():
            return False
        row.erasable_at = at
        row.save(update_fields=["erasable_at"])
        _tell(row, "closure.erasable", actor, at, "", retained_until=row.retained_until.isoformat())
    return True


def _second_eyes(row: Closure, actor: Actor, at: datetime, note: str) -> None:
    asked = approvals.approval(row.approval_id) if row.approval_id else None
    if asked is not None and asked.open:
        approving.approve(approval_id=asked.id, checker=actor, at=at, note=note)
    elif asked is None or asked.state != "approved":
        raise NotApproved(
            "A second officer did not approve this.", next_step="Refuse it, or propose it anew."
        )


def _erase(investor: Investor, actor: Actor, at: datetime) -> None:
    for wallet_id in (
        Wallet.objects.filter(investor=investor, state="active").order_by("pk").values_list("pk", flat=True)
    ):
        wallets.retire(wallet_id=wallet_id, actor=actor, at=at, reason="account closed")
    Wallet.objects.filter(investor=investor).update(label="")
    for one in bank_account_facts.bank_accounts(investor_id=investor.pk, states=("added", "verified")):
        bank_accounts.retire(
            bank_account_id=one.id, investor_id=investor.pk, actor=actor, at=at, reason="account closed"
        )
    drop_exports(investor_id=investor.pk, actor=actor, at=at)
    investor.closed_at, investor.expected_minor = at, 0
    investor.save(update_fields=["closed_at", "expected_minor"])
    if investor.user_id is not None:
        erase_person(user_id=investor.user_id, actor=actor, at=at, reason="account closed")


def _locked(closure_id: UUID) -> Closure:
    """The investor's row first, as everywhere, then the request's."""
    found = Closure.objects.filter(pk=closure_id).values_list("investor_id", flat=True).first()
    if found is None:
        raise NoSuchClosure("There is no request to close with this id.")
    Investor.objects.select_for_update().get(pk=found)
    return Closure.objects.select_for_update().get(pk=closure_id)


def _reason(text: str) -> str:
    said = text.strip()
    if not 5 <= len(said) <= 2000:
        raise ReasonMissing("Give a reason of 5 to 2,000 characters.", field="reason")
    return said


def _tell(
    row: Closure, action: str, actor: Actor, at: datetime, reason: str, *also: Investor, **facts: Any
) -> None:
    record(
        actor=actor,
        action=action,
        subject=f"investor:{row.investor_id}",
        reason=reason,
        at=at,
        closure=str(row.pk),
        rows=essences(row, *also),
        **facts,
    )
