"""Reads of data rooms."""

from datetime import datetime
from uuid import UUID

from investors.domain.claims import Missing
from issuance.data_room.facts import AccessFacts, PaperFacts
from issuance.data_room.models import RoomAccess, RoomPaper
from issuance.offerings import selectors as offerings
from issuance.offerings.facts import OfferingFacts
from portal.documents import selectors as documents
from portal.documents.facts import DocumentFacts
from portal.domain.errors import NotFound

# A draft is nobody's business yet, and what was cancelled is nobody's any more.
SHOWN = ("open", "closed", "settled")


class NoSuchPaper(NotFound):
    """There is no paper with this id in this room, or none that the reader may have."""

    code = "no-such-paper"


def papers(offering_id: UUID, *, in_force: bool = True) -> list[PaperFacts]:
    """Papers of one room by title; `in_force` False gives every version ever, the newest of each first."""
    found = RoomPaper.objects.filter(offering_id=offering_id).select_related("end")
    if in_force:
        found = found.filter(end=None)
    kept = {one.id: one for one in documents.documents_of(f"offering:{offering_id}")}
    return [paper_facts(row, kept[row.document_id]) for row in found]


def number_of_papers(offering_id: UUID) -> int:
    """How many papers are in force: what those may know who may not see them."""
    return RoomPaper.objects.filter(offering_id=offering_id, end=None).count()


def paper(offering_id: UUID, paper_id: UUID) -> PaperFacts:
    """raises  NoSuchPaper, for one of another room too"""
    found = RoomPaper.objects.filter(pk=paper_id, offering_id=offering_id).select_related("end").first()
    if found is None:
        raise NoSuchPaper("There is no paper with this id in this data room.")
    return paper_facts(found, documents.document(found.document_id))


def missing(one: OfferingFacts, investor_id: UUID, *, at: datetime) -> tuple[Missing, ...]:
    """What keeps an investor out of the room: what keeps him from buying in this offering. Empty: he may come in."""
    return offerings.missing_for(one, investor_id, on=at.date())


def accesses(
    offering_id: UUID | None = None, *, investor: str | None = None, limit: int = 500
) -> list[AccessFacts]:
    """Who opened what, newest first; in one room, or by one investor in all."""
    rows = RoomAccess.objects.select_related("paper")
    if offering_id is not None:
        rows = rows.filter(paper__offering_id=offering_id)
    if investor is not None:
        rows = rows.filter(investor=investor)
    return [
        AccessFacts(
            investor=row.investor,
            paper_id=row.paper_id,
            title=row.paper.title,
            version=row.paper.version,
            opened_at=row.opened_at,
        )
        for row in rows[:limit]
    ]


def paper_facts(row: RoomPaper, kept: DocumentFacts) -> PaperFacts:
    end = getattr(row, "end", None)
    return PaperFacts(
        id=row.pk,
        offering_id=row.offering_id,
        line=row.line,
        version=row.version,
        title=row.title,
        document_id=row.document_id,
        filename=kept.filename,
        media_type=kept.media_type,
        size=kept.size,
        sha256=row.sha256,
        added_at=row.added_at,
        ended_at=end.ended_at if end else None,
        end_reason=end.reason if end else "",
    )
