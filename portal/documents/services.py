"""Writes: store a document; hand its bytes to somebody, which is an event too."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from portal.audit.services import record
from portal.documents import selectors, storage
from portal.documents.facts import DocumentFacts
from portal.documents.models import Document
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, Invalid
from portal.domain.media import SCANS, MediaType, clean_filename, media_type_of


class EmptyDocument(Invalid):
    code = "empty-document"


class DocumentTooLarge(Invalid):
    code = "document-too-large"


class DocumentDamaged(Conflict):
    """What lies in storage is not what was recorded: nobody gets it."""

    code = "document-damaged"


def store(
    *,
    owner: str,
    kind: str,
    filename: str,
    content: bytes,
    actor: Actor,
    at: datetime,
    organisation: UUID | None = None,
    reader: UUID | None = None,
    published: bool = False,
    accepted: Collection[MediaType] = SCANS,
    field: str = "document",
) -> DocumentFacts:
    """
    Keep a file for good.

    owner      whose record it belongs to: "investor:<uuid>", "security:<uuid>"
    kind       what it is: "passport", "bank_letter", "offering_memorandum"
    reader     user id of the person it is about, where somebody else stores it
    published  every signed-in person may read it
    accepted   media types; PDF, JPEG and PNG unless the caller allows data files too
    raises     EmptyDocument, DocumentTooLarge, BadFilename, TypeNotAccepted, ContentDoesNotMatch
    """
    _refuse_wrong_size(len(content), field)
    media_type = media_type_of(content, filename, accepted=accepted, field=field)
    key = storage.new_key()
    storage.write(key, content)
    with transaction.atomic():
        try:
            made = Document.objects.create(
                id=uuid4(),
                owner=owner,
                kind=kind,
                filename=clean_filename(filename, field=field),
                media_type=media_type.value,
                size=len(content),
                sha256=sha256_hex(content),
                storage_key=key,
                organisation_id=organisation,
                reader_id=reader,
                published=published,
                uploaded_by=str(actor),
                created_at=at,
            )
            _tell(made, actor=actor, at=at)
        except BaseException:
            # Only here is it certain that no row speaks of the file: a COMMIT that fails may have happened.
            storage.discard(key)
            raise
    return selectors.document_facts(made)


def read(*, document_id: UUID, actor: Actor, at: datetime) -> bytes:
    """
    The bytes, after telling the trail who got them.

    raises  NoSuchDocument, DocumentDamaged
    """
    kept = selectors.row(document_id)
    try:
        content = storage.read(kept.storage_key)
    except storage.StoredFileUnreadable as wrong:
        raise DocumentDamaged(
            f"This document cannot be handed out: {wrong}.", next_step=_ASK_OPERATOR
        ) from wrong
    if sha256_hex(content) != kept.sha256:
        raise DocumentDamaged(
            "This document is not what was stored: its hash differs.", next_step=_ASK_OPERATOR
        )
    with transaction.atomic():
        record(
            actor=actor,
            action="document.read",
            subject=f"document:{kept.pk}",
            organisation=kept.organisation_id,
            at=at,
            sha256=kept.sha256,
        )
    return content


def _tell(made: Document, *, actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action="document.stored",
        subject=f"document:{made.pk}",
        organisation=made.organisation_id,
        at=at,
        owner=made.owner,
        kind=made.kind,
        media_type=made.media_type,
        size=made.size,
        sha256=made.sha256,
    )


_ASK_OPERATOR = "Tell an operator; the check of all stored documents names the file."


def _refuse_wrong_size(size: int, field: str) -> None:
    if size == 0:
        raise EmptyDocument("The file is empty.", field=field)
    limit = settings.DOCUMENT_MAX_BYTES
    if size > limit:
        raise DocumentTooLarge(
            f"The file has {size / 1_000_000:.1f} MB; at most {limit / 1_000_000:.1f} MB are accepted.",
            field=field,
        )
