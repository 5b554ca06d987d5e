"""Are the stored files still what was recorded of them?"""

from collections.abc import Iterator

from portal.documents import selectors, storage
from portal.documents.facts import Mismatch
from portal.domain.canonical import sha256_hex


def mismatches() -> Iterator[Mismatch]:
    """Read every stored file again; yields one line for each that is missing or differs."""
    for document_id, key, sha256, size in selectors.storage_keys():
        try:
            content = storage.read(key)
        except storage.StoredFileUnreadable as wrong:
            yield Mismatch(document_id=document_id, sha256=sha256, problem=str(wrong))
            continue
        found = sha256_hex(content)
        if found != sha256 or len(content) != size:
            yield Mismatch(document_id=document_id, sha256=sha256, problem=f"its SHA-256 is {found}")


def orphans() -> list[str]:
    """Files that no row speaks of: left by writes that never committed. They may be removed once a day old."""
    known = {key for _, key, _, _ in selectors.storage_keys()}
    return [key for key in storage.all_keys() if key not in known]
