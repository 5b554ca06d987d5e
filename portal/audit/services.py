"""The one door of the trail: record()."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json
from portal.runtime.statements import one_row

_INSERT = """
INSERT INTO audit_event (happened_at, actor_kind, actor_id, actor_label, origin, session, action, subject,
                         organisation, reason, facts)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING event_id
"""


class OutsideTransaction(RuntimeError):
    """An audit record or an outbox message stands or falls with its effect; there is no transaction to share."""


def record(
    *,
    actor: Actor,
    action: str,
    subject: str,
    at: datetime,
    organisation: UUID | str | None = None,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **facts: Any,
) -> UUID:
    """
    Write one event into the trail, in the transaction of what it tells of.

    action   "<room>.<past verb>", such as "offering.closed"
    subject  "<noun>:<uuid>"
    facts    JSON-able; amounts as strings; no personal data: ids and hashes only
    returns  the event's public id
    raises   OutsideTransaction when no transaction is open
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{action} was to be recorded outside a transaction.")
    told: dict[str, Any] = dict(facts)
    if before is not None:
        told["before"] = before
    if after is not None:
        told["after"] = after
    row = one_row(
        _INSERT,
        [
            at,
            actor.kind,
            actor.id,
            actor.label,
            actor.origin,
            actor.session,
            action,
            subject,
            organisation,
            reason,
            canonical_json(told).decode(),
        ],
    )
    assert row is not None
    return row[0]
