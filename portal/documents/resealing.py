"""After a change of keys: every stored file is sealed again by the newest. A run that was broken off goes on."""

from datetime import datetime

from django.db import transaction

from portal.audit.services import record
from portal.documents import selectors, storage
from portal.domain.actors import Actor


def reseal_files(*, actor: Actor, at: datetime, key_id: str) -> tuple[int, list[str]]:
    """
    Seal what an older key sealed; the bytes inside, and so their hash, stay the same.

    key_id   of the newest key, for the trail
    returns  how many were sealed anew, and ids of documents that could not be read
    """
    done, unread = 0, []
    for document_id, key, _, _ in selectors.storage_keys():
        try:
            done += storage.reseal(key)
        except storage.StoredFileUnreadable:
            unread.append(str(document_id))
    if done:
        with transaction.atomic():
            record(
                actor=actor,
                action="sealing.files_resealed",
                subject="table:portal_document",
                at=at,
                files_resealed=done,
                files_unread=len(unread),
                key_id=key_id,
            )
    return done, unread
