"""Reading the trail and the log: events, checkpoints, proofs, bundles."""

import base64
import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery

from portal.audit import signing
from portal.audit.facts import CheckpointFacts, EventFacts
from portal.audit.models import Checkpoint, Event, Leaf, Node, Unsequenced
from portal.domain.errors import Conflict, NotFound
from portal.domain.merkle import TILE, consistency_proof, inclusion_proof, reduce_pairs
from portal.runtime.statements import one_row


class NotInLogYet(Conflict):
    """The event is recorded; the sequencer gives it its place within seconds."""

    code = "not-in-log-yet"


class NoSuchEvent(NotFound):
    code = "no-such-event"


def _with_leaf(events: QuerySet[Event]) -> QuerySet[Event]:
    place = Leaf.objects.filter(event=OuterRef("pk")).values("leaf_index")
    return events.annotate(leaf_index=Subquery(place))


def _facts(event: Any) -> EventFacts:
    return EventFacts(
        id=event.pk,
        event_id=event.event_id,
        recorded_at=event.recorded_at,
        happened_at=event.happened_at,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        actor_label=event.actor_label,
        origin=event.origin,
        session=event.session,
        action=event.action,
        subject=event.subject,
        organisation=event.organisation,
        reason=event.reason,
        facts=event.facts,
        salt=bytes(event.salt),
        leaf_index=event.leaf_index,
    )


def event(event_id: UUID) -> EventFacts:
    """raises  NoSuchEvent"""
    found = _with_leaf(Event.objects.filter(event_id=event_id)).first()
    if found is None:
        raise NoSuchEvent("There is no such entry in the audit trail.")
    return _facts(found)


def events(
    *,
    actor: str = "",
    subject: str = "",
    about: str = "",
    abouts: Sequence[str] | None = None,
    action: str = "",
    actions: Sequence[str] | None = None,
    text: str = "",
    organisations: Sequence[UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[EventFacts]:
    """
    Events, newest first.

    actor          id, or part of the label
    subject        "<noun>:<uuid>", or its beginning
    about          exactly this subject: its history
    abouts         exactly these: the history of something that has several
    action         whole, or its beginning ("offering.")
    actions        exactly these
    text           part of the reason, the facts, the subject, the action or the actor's name; or an event's id
    organisations  only those of these tenants; None for all
    before_id      the id of the last one already shown
    """
    query = Q()
    if actor:
        query &= Q(actor_id=actor) | Q(actor_label__icontains=actor)
    if subject:
        query &= Q(subject__startswith=subject)
    if about:
        query &= Q(subject=about)
    if abouts is not None:
        query &= Q(subject__in=abouts)
    if actions is not None:
        query &= Q(action__in=actions) & ~Q(action="ledger.posted")
    if action:
        query &= Q(action__startswith=action)
        if not "ledger.posted".startswith(action):
            query &= ~Q(action="ledger.posted")  # says so to the planner: the index leaves postings out
    if text:
        query &= _anywhere(text)
    if organisations is not None:
        query &= Q(organisation__in=organisations)
    if since is not None:
        query &= Q(happened_at__gte=since)
    if until is not None:
        query &= Q(happened_at__lt=until)
    if before_id is not None:
        query &= Q(pk__lt=before_id)
    return [_facts(found) for found in _with_leaf(Event.objects.filter(query)).order_by("-pk")[:limit]]


def sequenced(*, after: int, actions: Collection[str], limit: int) -> tuple[int, list[EventFacts]]:
    """
    The log's own order, for whoever follows it: it has no gaps, and nothing is put in later at a lower place.

    after    leaf index of the last one read; -1 for none
    returns  the leaf index read up to (`after` where nothing is new), and the events with these actions among at
             most `limit` leaves, in order
    """
    leaves = list(
        Leaf.objects.filter(leaf_index__gt=after, leaf_index__lte=after + limit)
        .order_by("leaf_index")
        .values_list("leaf_index", "event")
    )
    if not leaves:
        return after, []
    found = Event.objects.filter(pk__in=[event for _, event in leaves], action__in=list(actions))
    return leaves[-1][0], sorted(
        (_facts(one) for one in _with_leaf(found)), key=lambda one: one.leaf_index or 0
    )


def last_leaf() -> int:
    """The newest place of the log; -1 while it is empty."""
    newest = Leaf.objects.order_by("-leaf_index").values_list("leaf_index", flat=True).first()
    return -1 if newest is None else newest


def _anywhere(text: str) -> Q:
    found = Q()
    for field in ("facts", "reason", "subject", "action", "actor_label"):
        found |= Q(**{f"{field}__icontains": text})
    with suppress(ValueError):
        found |= Q(event_id=UUID(text))
    return found


def places(event_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Leaf indices by event; what has no place in the log yet is left out."""
    found = _with_leaf(Event.objects.filter(event_id__in=list(event_ids)))
    return dict(found.exclude(leaf_index=None).values_list("event_id", "leaf_index"))


def latest_checkpoint() -> CheckpointFacts | None:
    found = Checkpoint.objects.order_by("-size").first()
    return _checkpoint(found) if found else None


def checkpoint(size: int) -> CheckpointFacts | None:
    found = Checkpoint.objects.filter(size=size).first()
    return _checkpoint(found) if found else None


def checkpoints(limit: int = 50) -> list[CheckpointFacts]:
    return [_checkpoint(found) for found in Checkpoint.objects.order_by("-size")[:limit]]


def waiting() -> int:
    """Events that have no place in the log yet."""
    return Unsequenced.objects.count()


def _checkpoint(found: Checkpoint) -> CheckpointFacts:
    return CheckpointFacts(found.size, bytes(found.root), found.note, found.created_at)


_NODES = "SELECT string_agg(hash, ''::bytea ORDER BY index) FROM audit_node WHERE level = %s AND index >= %s AND index < %s"
_LEAVES = (
    "SELECT string_agg(leaf_hash, ''::bytea ORDER BY leaf_index) FROM audit_leaf "
    "WHERE leaf_index >= %s AND leaf_index < %s"
)


class StoredTree:
    """Hashes of complete subtrees from the stored leaves and nodes; remembers the tiles it has read."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, first: int, size: int) -> bytes:
        level, inside = divmod(size.bit_length() - 1, 8)
        index = first >> 8 * level
        row = self._tile(level, index // TILE)[index % TILE : index % TILE + (1 << inside)]
        while len(row) > 1:
            row = reduce_pairs(row)
        return row[0]

    def _tile(self, level: int, tile: int) -> list[bytes]:
        if (level, tile) not in self._tiles:
            self._tiles[level, tile] = self._read(level, tile * TILE)
        return self._tiles[level, tile]

    @staticmethod
    def _read(level: int, first: int) -> list[bytes]:
        # One value of up to 256 hashes: as rows they would cost more than all the rest of a proof.
        if level:
            row = one_row(_NODES, [level, first, first + TILE])
        else:
            row = one_row(_LEAVES, [first, first + TILE])
        joined = bytes(row[0]) if row and row[0] is not None else b""
        return [joined[place : place + 32] for place in range(0, len(joined), 32)]


def inclusion(leaf_index: int, size: int) -> list[bytes]:
    """Audit path of a leaf in the log of `size` leaves; raises ProofRejected outside it."""
    return inclusion_proof(leaf_index, size, StoredTree())


def consistency(old_size: int, size: int) -> list[bytes]:
    """Proof that the log of old_size leaves is a prefix of the log of size leaves."""
    return consistency_proof(old_size, size, StoredTree())


def bundle(event_ids: Iterable[UUID], *, since_size: int | None = None) -> dict[str, Any]:
    """
    What the stand-alone verifier needs to check these events offline, as JSON-able data.

    since_size  adds the proof that the log of that size, seen earlier, is a prefix of today's
    raises      NotInLogYet, NoSuchEvent
    """
    head = latest_checkpoint()
    wanted = list(event_ids)
    found = {row.event_id: row for row in _with_leaf(Event.objects.filter(event_id__in=wanted))}
    missing = [wanted_id for wanted_id in wanted if wanted_id not in found]
    if missing:
        raise NoSuchEvent(f"There is no entry {missing[0]} in the audit trail.")
    tree = StoredTree()
    entries = []
    for wanted_id in wanted:
        facts = _facts(found[wanted_id])
        if head is None or facts.leaf_index is None or facts.leaf_index >= head.size:
            raise NotInLogYet(
                "This entry has no place in the log yet.",
                next_step="The log is sealed every second or so: ask again in a moment.",
            )
        entries.append(
            {
                "event": event_fields(facts),
                "salt": facts.salt.hex(),
                "leaf_index": facts.leaf_index,
                "inclusion": [h.hex() for h in inclusion_proof(facts.leaf_index, head.size, tree)],
            }
        )
    told: dict[str, Any] = {
        "format": "portal-proof-bundle/1",
        "origin": settings.AUDIT_ORIGIN,
        "public_key": base64.b64encode(signing.public_key()).decode(),
        "checkpoint": head.note if head else "",
        "entries": entries,
    }
    if since_size is not None and head is not None:
        earlier = checkpoint(since_size)
        if earlier is None:
            raise NoSuchEvent(f"The log has no checkpoint of {since_size} leaves.")
        told["earlier"] = {
            "checkpoint": earlier.note,
            "consistency": [h.hex() for h in consistency_proof(since_size, head.size, tree)],
        }
    return told


def event_fields(facts: EventFacts) -> dict[str, str]:
    """The fields that the leaf commits to, as text, in the order of the canonical form."""
    return {
        "event_id": str(facts.event_id),
        "recorded_at": iso_utc(facts.recorded_at),
        "happened_at": iso_utc(facts.happened_at),
        "actor_kind": facts.actor_kind,
        "actor_id": facts.actor_id,
        "actor_label": facts.actor_label,
        "origin": facts.origin,
        "session": facts.session,
        "action": facts.action,
        "subject": facts.subject,
        "organisation": str(facts.organisation) if facts.organisation else "",
        "reason": facts.reason,
        "facts": facts.facts,
    }


def facts_of(told: EventFacts) -> dict[str, Any]:
    """The event's facts as data."""
    return json.loads(told.facts)


def iso_utc(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def rows(level: int, first: int) -> list[bytes]:
    """Stored hashes of one level from index `first` on: what a sequencer needs to go on appending."""
    if level:
        stored = (
            Node.objects.filter(level=level, index__gte=first)
            .order_by("index")
            .values_list("hash", flat=True)
        )
    else:
        stored = (
            Leaf.objects.filter(leaf_index__gte=first)
            .order_by("leaf_index")
            .values_list("leaf_hash", flat=True)
        )
    return [bytes(value) for value in stored]
