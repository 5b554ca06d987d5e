"""Lines of a statement that nobody's reference explains: two people say whose the money is, or that it goes back."""

import re
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from portal.approvals import services as approvals
from portal.approvals.selectors import approval
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid, NotFound
from portal.funding import matching, payments
from portal.funding.formats.references import code_of
from portal.funding.guards import check_owner, refuse_closed
from portal.funding.models import Deposit, LineMatter, Withdrawal
from portal.funding.services import ApproverCannotPay, NoSuchWithdrawal, open_cash_account
from portal.ledger import selectors as ledger_facts
from portal.ledger import services as ledger
from portal.ledger.facts import Leg

DECIDE = "suspense.decide"
"""What a second person is asked to approve, as permissions and approvals name it."""
_SHORTEST, _LONGEST = 5, 2000


class NoSuchLine(NotFound):
    code = "no-such-statement-line"


class DoesNotFit(Conflict):
    """The withdrawal is of another amount or currency, or not on its way."""

    code = "payment-does-not-fit"


def propose_owner(*, line_id: UUID, owner: str, reason: str, actor: Actor, at: datetime) -> UUID:
    """
    Say whose money in suspense is; a second person decides.

    returns  the approval's id
    raises   NoSuchLine, NotAllowedNow, OwnerClosed, Invalid
    """
    check_owner(owner)
    refuse_closed(owner, at=at)
    return _propose("propose", line_id, owner, reason, actor, at)


def propose_return(*, line_id: UUID, reason: str, actor: Actor, at: datetime) -> UUID:
    """
    Say that money in suspense is to go back to its sender; a second person decides.

    returns  the approval's id
    raises   NoSuchLine, NotAllowedNow, Invalid
    """
    return _propose("propose_return", line_id, "", reason, actor, at)


def decide(*, line_id: UUID, agree: bool, actor: Actor, at: datetime, note: str = "") -> str:
    """
    As the second person: agree, and the money is credited or set to go back; or leave it in suspense.

    returns  the line's state
    raises   NoSuchLine, NotAllowedNow, MakerCannotCheck, OwnerClosed
    """
    with transaction.atomic():
        matter = _locked(line_id)
        if matter.state not in ("proposed", "return_proposed") or matter.approval_id is None:
            raise Conflict("Nothing has been proposed for this line, or it was decided before.")
        if approval(matter.approval_id).state == "requested":
            act = approvals.approve if agree else approvals.reject
            act(approval_id=matter.approval_id, checker=actor, at=at, note=note)
        rows: dict[str, dict[str, str]] = {}
        agreed = approval(matter.approval_id).state == "approved"
        if not agreed:
            matching.move(matter, "reject")
            matter.proposed_owner = ""
        elif matter.state == "proposed":
            rows = essences(_assign(matter, actor=actor, at=at))
        else:
            matching.move(matter, "allow")
        matter.save()
        record(
            actor=actor,
            action="suspense.decided",
            subject=f"statement_line:{matter.pk}",
            at=at,
            state=matter.state,
            owner=matter.owner,
            rows=rows,
        )
    return matter.state


def explain(*, line_id: UUID, withdrawal_id: UUID | None, reason: str, actor: Actor, at: datetime) -> None:
    """
    Explain money that went out: it paid this withdrawal, which is thereby paid; or, without one, it was none of the
    investors' money, such as a charge of the bank, and the reconciliation shows it apart.

    raises  NoSuchLine, NotAllowedNow, DoesNotFit, NoSuchWithdrawal, ApproverCannotPay, Invalid
    """
    said = _reason(reason)
    with transaction.atomic():
        matter = _locked(line_id)
        matching.move(matter, "explain")
        if withdrawal_id is not None:
            found = Withdrawal.objects.filter(pk=withdrawal_id).first()
            if found is None:
                raise NoSuchWithdrawal("There is no withdrawal with this id.", field="withdrawal")
            if found.approved_by and found.approved_by == str(actor):
                raise ApproverCannotPay(
                    "You approved this withdrawal; somebody else says that this line paid it."
                )
            line = matter.line
            if (found.currency, found.amount_minor) != (line.currency, -line.amount_minor):
                raise DoesNotFit(
                    "The withdrawal has another amount or currency than this line.", field="withdrawal"
                )
            payments.pay_by_line(
                withdrawal_id=withdrawal_id,
                line_id=line_id,
                bank_reference=matching.reference_of(line),
                actor=actor,
                at=at,
            )
            matter.withdrawal_id = withdrawal_id
        matter.reason = said
        matter.save()
        record(
            actor=actor,
            action="statement.line_explained",
            subject=f"statement_line:{matter.pk}",
            reason=said,
            at=at,
            withdrawal="" if withdrawal_id is None else str(withdrawal_id),
        )


def return_code(line_id: UUID) -> str:
    """What to write into the payment that sends money back, so that its line on the statement is recognised."""
    return code_of("R", line_id)


def _propose(event: str, line_id: UUID, owner: str, reason: str, actor: Actor, at: datetime) -> UUID:
    said = _reason(reason)
    with transaction.atomic():
        matter = _locked(line_id)
        matching.move(matter, event)
        matter.approval_id = approvals.request_approval(
            action=DECIDE,
            subject=f"statement_line:{matter.pk}",
            organisation=None,
            maker=actor,
            facts={
                "line": matter.line.sha256,
                "currency": matter.line.currency,
                "amount": str(matter.line.amount_minor),
                "owner": owner or "back to the sender",
            },
            at=at,
        )
        matter.proposed_owner, matter.proposed_by, matter.reason = owner, str(actor), said
        matter.save()
        record(
            actor=actor,
            action="suspense.proposed",
            subject=f"statement_line:{matter.pk}",
            reason=said,
            at=at,
            owner=owner,
        )
    return matter.approval_id


def _assign(matter: LineMatter, *, actor: Actor, at: datetime) -> Deposit:
    """From suspense to the owner's cash, and among his deposits."""
    line, owner, deposit_id = matter.line, matter.proposed_owner, uuid4()
    refuse_closed(owner, at=at)
    account = open_cash_account(owner=owner, currency=line.currency, actor=actor, at=at)
    suspense = ledger.open_account(
        owner="house", instrument_id=ledger_facts.instrument(line.currency).id, purpose="suspense"
    )
    posted = ledger.post(
        key=f"deposit:{deposit_id}",
        kind="funding.assigned",
        reference=f"statement_line:{line.pk}",
        legs=[Leg(suspense, -line.amount_minor), Leg(account, line.amount_minor)],
        actor=actor,
        at=at,
    )
    made = Deposit.objects.create(
        id=deposit_id,
        key=f"statement:{line.fingerprint}",
        owner=owner,
        currency=line.currency,
        amount_minor=line.amount_minor,
        bank_reference=matching.unused_reference(line),
        transaction_id=posted.transaction_id,
        recorded_by=str(actor),
        recorded_label=actor.label,
        at=at,
    )
    matching.move(matter, "assign")
    matter.owner, matter.deposit_id = owner, deposit_id
    matter.ended_transaction_id = posted.transaction_id
    return made


def _locked(line_id: UUID) -> LineMatter:
    found = (
        LineMatter.objects.select_for_update(of=("self",)).select_related("line").filter(pk=line_id).first()
    )
    if found is None:
        raise NoSuchLine("There is no line of a statement with this id.")
    return found


def _reason(text: str) -> str:
    said = re.sub(r"\s+", " ", text).strip()
    if not _SHORTEST <= len(said) <= _LONGEST or not said.isprintable():
        raise Invalid(f"The reason has {_SHORTEST} to {_LONGEST} printable characters.", field="reason")
    return said
