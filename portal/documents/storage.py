"""
The bytes of documents: files of random name under settings.DOCUMENT_ROOT, encrypted, written to the disk before
the row that speaks of them is committed. A file without a row is a write that never committed and harms nobody.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from portal.accounts.fields import keyring
from portal.domain.sealing import CannotUnseal


class StoredFileUnreadable(Exception):
    """The file of a recorded document is missing, or is not what was written."""


def new_key() -> str:
    return secrets.token_hex(16)


def write(key: str, content: bytes) -> None:
    """Put the bytes on the disk for good: when this returns they outlive a power cut."""
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealed = keyring().seal_bytes(content, context=_context(key))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    for folder in (path.parent, path.parent.parent):
        _sync_folder(folder)


def read(key: str) -> bytes:
    """raises  StoredFileUnreadable"""
    try:
        return keyring().unseal_bytes(_path(key).read_bytes(), context=_context(key))
    except FileNotFoundError as gone:
        raise StoredFileUnreadable("the file is missing") from gone
    except (OSError, CannotUnseal) as wrong:
        raise StoredFileUnreadable("the file cannot be read or was changed") from wrong


def reseal(key: str) -> bool:
    """
    Seal a file by the newest key: written beside it and put in its place at once, so that whoever reads meets the
    old one or the new one, whole. False where the newest key sealed it already.

    raises  StoredFileUnreadable
    """
    path = _path(key)
    beside = path.with_name(f"{key}.resealed")
    try:
        sealed = path.read_bytes()
        if keyring().is_current(sealed[:64].decode("latin-1")):
            return False
        fresh = keyring().seal_bytes(
            keyring().unseal_bytes(sealed, context=_context(key)), context=_context(key)
        )
    except FileNotFoundError as gone:
        raise StoredFileUnreadable("the file is missing") from gone
    except (OSError, CannotUnseal) as wrong:
        raise StoredFileUnreadable("the file cannot be read or was changed") from wrong
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(fresh)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _sync_folder(path.parent)
    return True


def discard(key: str) -> None:
    """Remove the file of a write that did not commit."""
    _path(key).unlink(missing_ok=True)


def all_keys() -> Iterator[str]:
    """Names of all files there are, with or without a row."""
    root = Path(settings.DOCUMENT_ROOT)
    if root.is_dir():
        yield from (
            file.name for folder in sorted(root.iterdir()) if folder.is_dir() for file in folder.iterdir()
        )


def _path(key: str) -> Path:
    return Path(settings.DOCUMENT_ROOT) / key[:2] / key


def _context(key: str) -> str:
    return f"document:{key}"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
