"""Reads: facts of documents. The bytes are handed out by `services.read`, which records it."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from portal.documents.facts import DocumentFacts
from portal.documents.models import Document
from portal.domain.errors import NotFound


class NoSuchDocument(NotFound):
    code = "no-such-document"


def document(document_id: UUID) -> DocumentFacts:
    """raises  NoSuchDocument"""
    return document_facts(row(document_id))


def documents_of(owner: str, *, kind: str | None = None) -> list[DocumentFacts]:
    """Documents of this owner, newest first."""
    found = Document.objects.filter(owner=owner).order_by("-created_at", "-pk")
    if kind is not None:
        found = found.filter(kind=kind)
    return [document_facts(one) for one in found]


def row(document_id: UUID) -> Document:
    """For this room only. raises  NoSuchDocument"""
    found = Document.objects.filter(pk=document_id).first()
    if found is None:
        raise NoSuchDocument("There is no document with this id.")
    return found


def owners(document_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Whose record each belongs to, by id in one query; unknown ids are left out."""
    return dict(Document.objects.filter(pk__in=list(document_ids)).values_list("pk", "owner"))


def storage_keys() -> Iterator[tuple[UUID, str, str, int]]:
    """(id, storage key, SHA-256, size) of every document, oldest first; for this room's check."""
    rows = Document.objects.order_by("created_at", "pk")
    yield from rows.values_list("pk", "storage_key", "sha256", "size").iterator(chunk_size=1000)


def document_facts(one: Document) -> DocumentFacts:
    return DocumentFacts(
        id=one.pk,
        owner=one.owner,
        kind=one.kind,
        filename=one.filename,
        media_type=one.media_type,
        size=one.size,
        sha256=one.sha256,
        organisation=one.organisation_id,
        reader=one.reader_id,
        published=one.published,
        uploaded_by=one.uploaded_by,
        created_at=one.created_at,
    )
