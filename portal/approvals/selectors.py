"""Reads: what waits for a second person, and what one has approved."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.approvals.facts import ApprovalFacts
from portal.approvals.models import Approval
from portal.domain.canonical import canonical_json
from portal.domain.errors import NotFound


class NoSuchApproval(NotFound):
    code = "no-such-approval"


def approval(approval_id: UUID) -> ApprovalFacts:
    """raises  NoSuchApproval"""
    found = Approval.objects.filter(pk=approval_id).first()
    if found is None:
        raise NoSuchApproval("There is no approval with this id.")
    return approval_facts(found)


def pending(
    *,
    organisations: Iterable[UUID] | None = None,
    actions: Iterable[str] | None = None,
    subject: str | None = None,
) -> list[ApprovalFacts]:
    """Open requests, oldest first; narrowed to these organisations, actions, this subject where given."""
    found = Approval.objects.filter(state="requested").order_by("requested_at", "pk")
    if organisations is not None:
        found = found.filter(organisation_id__in=list(organisations))
    if actions is not None:
        found = found.filter(action__in=list(actions))
    if subject is not None:
        found = found.filter(subject=subject)
    return [approval_facts(one) for one in found]


def history(*, subject: str) -> list[ApprovalFacts]:
    """Every request about this subject, newest first."""
    return [
        approval_facts(one)
        for one in Approval.objects.filter(subject=subject).order_by("-requested_at", "-pk")
    ]


def decided(
    *, since: datetime, until: datetime | None = None, limit: int | None = None
) -> list[ApprovalFacts]:
    """Requests that a second person approved or rejected in the span, newest first; of `limit` where given."""
    found = Approval.objects.filter(decided_at__gte=since).exclude(checker="")
    if until is not None:
        found = found.filter(decided_at__lt=until)
    return [approval_facts(one) for one in found.order_by("-decided_at", "pk")[:limit]]


def is_approved(action: str, subject: str, *, facts: Mapping[str, Any] | None = None) -> bool:
    """
    True when a second person approved this action on this subject.

    facts  where given, exactly these must have been approved: changed figures need a new approval
    """
    found = Approval.objects.filter(action=action, subject=subject, state="approved")
    if facts is not None:
        found = found.filter(facts=canonical_json(dict(facts)).decode())
    return found.exists()


def approval_facts(one: Approval) -> ApprovalFacts:
    return ApprovalFacts(
        id=one.pk,
        action=one.action,
        subject=one.subject,
        organisation=one.organisation_id,
        maker=one.maker,
        maker_label=one.maker_label,
        checker=one.checker,
        checker_label=one.checker_label,
        facts=one.facts,
        state=one.state,
        note=one.note,
        requested_at=one.requested_at,
        decided_at=one.decided_at,
    )
