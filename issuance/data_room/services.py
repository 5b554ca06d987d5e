"""Laying papers out in a data room, withdrawing them, and opening them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from issuance.data_room import selectors
from issuance.data_room.facts import OpenedPaper, PaperFacts
from issuance.data_room.models import RoomAccess, RoomPaper, RoomPaperEnd
from issuance.offerings import selectors as offerings
from issuance.offerings.models import Offering
from issuance.offerings.selectors import NoSuchOffering
from portal.audit.essences import essences
from portal.audit.services import record
from portal.documents import services as documents
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid

KIND = "data_room"


class RoomClosed(Conflict):
    """A cancelled offering's data room takes nothing any more."""

    code = "data-room-closed"


class PaperKnown(Conflict):
    """The room has this very file already."""

    code = "paper-known"


class PaperEnded(Conflict):
    """The version was withdrawn or replaced already."""

    code = "paper-ended"


def add_paper(
    *,
    offering_id: UUID,
    title: str,
    filename: str,
    content: bytes,
    replaces: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> PaperFacts:
    """
    Lay a paper out, for the investors to see at once where the offering is open.

    replaces  a version in force: this becomes the next one of its line, and that one ends
    raises    Invalid naming the field, what portal.documents refuses, NoSuchOffering, NoSuchPaper, RoomClosed,
              PaperKnown, PaperEnded
    """
    name = title.strip()
    if not name or len(name) > 200:
        raise Invalid("Give the paper a title of up to 200 characters.", field="title")
    one = offerings.offering(offering_id)
    with transaction.atomic():
        kept = documents.store(
            owner=f"offering:{offering_id}",
            kind=KIND,
            filename=filename,
            content=content,
            organisation=one.issuer_id,
            actor=actor,
            at=at,
            field="file",
        )
        row = _locked(offering_id)
        if row.state in ("cancelling", "cancelled"):
            raise RoomClosed("This offering is cancelled; its data room takes no papers.")
        if RoomPaper.objects.filter(offering=row, sha256=kept.sha256, end=None).exists():
            raise PaperKnown("This room has a paper with this very content already.", field="file")
        before = _in_force(offering_id, replaces) if replaces else None
        made = RoomPaper.objects.create(
            offering=row,
            line=before.line if before else uuid4(),
            version=before.version + 1 if before else 1,
            title=name,
            document_id=kept.id,
            sha256=kept.sha256,
            added_at=at,
            added_by=str(actor),
        )
        written: list[RoomPaper | RoomPaperEnd] = [made]
        if before:
            written.append(_end(before, f"Replaced by version {made.version}.", actor, at))
        _told(
            made, "data_room.paper_added", one.issuer_id, actor, at, *written, sha256=kept.sha256,
            version=made.version, replaces=str(before.pk) if before else None,
        )  # fmt: skip
    return selectors.paper_facts(made, kept)


def withdraw_paper(
    *, offering_id: UUID, paper_id: UUID, reason: str, actor: Actor, at: datetime
) -> PaperFacts:
    """
    Take a paper out of the room: investors do not get it any more; issuer and compliance do.

    raises  Invalid without a reason, NoSuchOffering, NoSuchPaper, PaperEnded
    """
    said = reason.strip()
    if not said or len(said) > 2000:
        raise Invalid("Write in up to 2,000 characters why it is withdrawn.", field="reason")
    one = offerings.offering(offering_id)
    with transaction.atomic():
        _locked(offering_id)
        row = _in_force(offering_id, paper_id)
        end = _end(row, said, actor, at)
        _told(row, "data_room.paper_withdrawn", one.issuer_id, actor, at, end, reason=said)
    return selectors.paper(offering_id, paper_id)


def open_paper(
    *, offering_id: UUID, paper_id: UUID, investor_id: UUID, actor: Actor, at: datetime
) -> OpenedPaper:
    """
    Hand a paper in force to an investor who could buy in this offering today; the room's log and the trail are
    told before.

    raises  NoSuchOffering, for one not open yet too; NoSuchPaper, where his claims do not suffice too: whoever may
            not have it cannot tell it from what never was; DocumentDamaged
    """
    one = offerings.offering(offering_id)
    if one.state not in selectors.SHOWN:
        raise NoSuchOffering("There is no offering with this id.")
    found = selectors.paper(offering_id, paper_id)
    if not found.in_force or selectors.missing(one, investor_id, at=at):
        raise selectors.NoSuchPaper("There is no paper with this id in this data room.")
    with transaction.atomic():
        opened = RoomAccess.objects.create(
            paper_id=found.id, investor=f"investor:{investor_id}", opened_at=at, opened_by=str(actor)
        )
        record(
            actor=actor,
            action="data_room.paper_opened",
            subject=f"offering:{offering_id}",
            organisation=one.issuer_id,
            at=at,
            paper=str(found.id),
            investor=opened.investor,
            sha256=found.sha256,
            rows=essences(opened),
        )
        content = documents.read(document_id=found.document_id, actor=actor, at=at)
    return OpenedPaper(found, content)


def _locked(offering_id: UUID) -> Offering:
    """The room is the offering's: whoever changes it waits for the offering's row."""
    return Offering.objects.select_for_update().get(pk=offering_id)


def _in_force(offering_id: UUID, paper_id: UUID) -> RoomPaper:
    row = RoomPaper.objects.filter(pk=paper_id, offering_id=offering_id).first()
    if row is None:
        raise selectors.NoSuchPaper("There is no paper with this id in this data room.")
    if RoomPaperEnd.objects.filter(paper=row).exists():
        raise PaperEnded("This version was withdrawn or replaced already; nothing was changed.")
    return row


def _end(row: RoomPaper, reason: str, actor: Actor, at: datetime) -> RoomPaperEnd:
    return RoomPaperEnd.objects.create(paper=row, reason=reason, ended_at=at, ended_by=str(actor))


def _told(
    row: RoomPaper,
    action: str,
    issuer_id: UUID,
    actor: Actor,
    at: datetime,
    *written: RoomPaper | RoomPaperEnd,
    reason: str = "",
    **facts: Any,
) -> None:
    record(
        actor=actor,
        action=action,
        subject=f"offering:{row.offering_id}",
        organisation=issuer_id,
        reason=reason,
        at=at,
        paper=str(row.pk),
        rows=essences(*written),
        **facts,
    )
