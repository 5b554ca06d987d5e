"""Approval of one movement beforehand by somebody in a named role: asked for by one person, given by another."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from issuance.domain.compliance.conduct import APPROVERS
from issuance.securities.selectors import security
from portal.approvals import services as approvals
from portal.approvals.selectors import is_approved
from portal.domain.actors import Actor
from portal.domain.errors import Invalid


def action_of(role: str) -> str:
    """What is asked for, as approvals and permissions name it: "movement.approve.compliance_officer"."""
    return f"movement.approve.{role}"


def request_movement(
    *,
    role: str,
    subject: str,
    security_id: UUID,
    kind: str,
    source: str,
    target: str,
    quantity: int,
    maker: Actor,
    at: datetime,
) -> UUID:
    """
    Ask that a movement be approved: exactly this one, and once.

    role     a key of issuance.domain.compliance.conduct.APPROVERS
    subject  the movement's own: "transfer:<key>"; a movement with another subject is another movement
    raises   NoSuchSecurity, Invalid, AlreadyRequested
    """
    if role not in APPROVERS:
        raise Invalid(f"{role!r} approves no movements; choose of {', '.join(APPROVERS)}.", field="role")
    if quantity <= 0:
        raise Invalid("The quantity has to be above zero.", field="quantity")
    one = security(security_id)
    return approvals.request_approval(
        action=action_of(role),
        subject=subject,
        organisation=one.issuer_id,
        maker=maker,
        facts=_facts(security_id, kind, source, target, quantity),
        at=at,
    )


def unused(
    *,
    roles: Collection[str],
    subject: str,
    security_id: UUID,
    kind: str,
    source: str,
    target: str,
    quantity: int,
) -> tuple[str, ...]:
    """Roles that approved exactly this movement. Whoever asks makes sure that it was not written yet."""
    facts = _facts(security_id, kind, source, target, quantity)
    return tuple(role for role in sorted(roles) if is_approved(action_of(role), subject, facts=facts))


def _facts(security_id: UUID, kind: str, source: str, target: str, quantity: int) -> dict[str, Any]:
    return {
        "security": str(security_id),
        "kind": kind,
        "source": source,
        "target": target,
        "quantity": str(quantity),
    }
