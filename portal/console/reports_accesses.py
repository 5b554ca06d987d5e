"""Who opened personal data of whom, why and when: out of the trail, which every opening leaves its event in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from investors.bank_accounts import selectors as bank_accounts
from investors.profiles import selectors as profiles
from portal.audit import selectors as audit
from portal.audit.facts import EventFacts
from portal.documents import selectors as documents

OPENINGS = {
    "investor.personal_data_opened": "Profile",
    "bank_account.opened": "Bank account",
    "document.read": "Document",
}


@dataclass(frozen=True, slots=True)
class Access:
    """
    One opening.

    whom    the investor's reference; fields: which of them, where the event names them
    reason  what whoever opened it gave; a paper is opened on the page of its case, without one
    """

    event_id: UUID
    at: datetime
    who: str
    origin: str
    what: str
    investor_id: UUID
    whom: str
    fields: str
    reason: str


def accesses(
    *, since: datetime | None, until: datetime | None, actor: str = "", limit: int = 1000
) -> tuple[list[Access], bool]:
    """
    Openings in the span, newest first, without what people opened of themselves; and whether there may be more than
    the `limit` of events that were read.
    """
    found = audit.events(actions=list(OPENINGS), since=since, until=until, actor=actor, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    owners = _owners(found)
    people = profiles.investors_by_id(set(owners.values()))
    told = []
    for event in found:
        investor = people.get(owners.get(event.subject))  # type: ignore[arg-type]
        if investor is None or event.actor_id == str(investor.user_id):
            continue
        told.append(
            Access(
                event_id=event.event_id,
                at=event.happened_at,
                who=event.actor_label or event.actor_id,
                origin=event.origin,
                what=OPENINGS[event.action],
                investor_id=investor.id,
                whom=investor.reference,
                fields=", ".join(one.replace("_", " ") for one in audit.facts_of(event).get("fields", [])),
                reason=event.reason,
            )
        )
    return told, more


def _owners(found: list[EventFacts]) -> dict[str, UUID]:
    """Investor by the event's subject, in one query for each kind of thing."""
    ids: dict[str, list[UUID]] = {"investor": [], "bank_account": [], "document": []}
    for event in found:
        noun, _, number = event.subject.partition(":")
        if noun in ids:
            ids[noun].append(UUID(number))
    owners = {f"investor:{one}": one for one in ids["investor"]}
    owners |= {f"bank_account:{key}": one for key, one in bank_accounts.owners(ids["bank_account"]).items()}
    for key, owner in documents.owners(ids["document"]).items():
        noun, _, number = owner.partition(":")
        if noun == "investor":
            owners[f"document:{key}"] = UUID(number)
    return owners
