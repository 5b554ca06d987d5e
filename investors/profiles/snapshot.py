"""Versions of a profile: the row under its lock, and what stands in it kept for good."""

import json
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from investors.profiles.facts import ChangeFacts, OpenedRevision, RevisionFacts
from investors.profiles.models import Investor, Revision
from investors.profiles.selectors import NoSuchInvestor, open_row
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json
from portal.domain.errors import Conflict


def locked(investor_id: UUID) -> Investor:
    """For this room: the investor, locked until the transaction ends. raises  NoSuchInvestor, Conflict when closed"""
    row = Investor.objects.select_for_update().filter(pk=investor_id).first()
    if row is None:
        raise NoSuchInvestor("There is no investor with this id.")
    if row.closed_at is not None:
        raise Conflict(f"This investor was closed on {row.closed_at:%d %b %Y}; nothing can change any more.")
    return row


def revise(row: Investor, *, changed: tuple[str, ...], actor: Actor, reason: str, at: datetime) -> Revision:
    """For this room: the profile and the people behind it as they are now, kept as its next version."""
    data = open_row(row)
    # The salt keeps the hash of this text, which stands in the trail, from telling what the text says.
    snapshot = {
        "_salt": secrets.token_hex(16),
        "kind": row.kind,
        "country": row.country,
        "tax_countries": list(row.tax_countries),
        "us_person": row.us_person,
        "politically_exposed": row.politically_exposed,
        "expected_minor": str(row.expected_minor),
        "legal_name": data.legal_name,
        "born_or_formed": data.born_or_formed.isoformat() if data.born_or_formed else "",
        "identifier_kind": row.identifier_kind,
        "identifier": data.identifier,
        "address": data.address,
        "mailing_address": data.mailing_address,
        "phone": data.phone,
        "entity_form": row.entity_form,
        "no_large_owner": row.no_large_owner,
        "lei": row.lei,
        "related_persons": [
            {
                "id": str(person.pk),
                "name": person.name,
                "born": person.born,
                "country": person.country,
            }
            for person in row.related_persons.order_by("pk")
        ],
    }
    return Revision.objects.create(
        investor=row,
        version=row.version,
        changed=list(changed),
        snapshot=canonical_json(snapshot).decode(),
        actor=str(actor),
        actor_label=actor.label,
        reason=reason,
        at=at,
    )


def opened_revisions(investor_id: UUID) -> list[OpenedRevision]:
    """For this room: every version with what differs from the one before, newest first; the caller tells the trail."""
    opened: list[OpenedRevision] = []
    before: dict[str, Any] = {}
    for row in Revision.objects.filter(investor_id=investor_id).order_by("version"):
        after = json.loads(row.snapshot)
        names = sorted(name for name in {*before, *after} if not name.startswith("_"))
        changes = tuple(
            ChangeFacts(name, _told(before.get(name)), _told(after.get(name)))
            for name in names
            if _told(before.get(name)) != _told(after.get(name))
        )
        facts = RevisionFacts(row.version, tuple(row.changed), row.actor, row.actor_label, row.reason, row.at)
        opened.insert(0, OpenedRevision(facts, changes))
        before = after
    return opened


def _told(value: Any) -> str:
    """A value of a snapshot as text."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(
            " ".join(str(part) for key, part in one.items() if key != "id" and part)
            if isinstance(one, dict)
            else str(one)
            for one in value
        )
    return str(value)
