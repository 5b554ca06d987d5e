"""Checkpoints in C2SP's signed-note form, with an Ed25519 key that lies outside the database."""

import base64
import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class CheckpointRejected(ValueError):
    """The note is not a checkpoint of this log, or its signature does not hold."""


@lru_cache(maxsize=4)
def _private_key(path: str) -> Ed25519PrivateKey:
    try:
        pem = Path(path).read_bytes()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The log's signing key is not at {path}. `manage.py up` makes one; else create an Ed25519 key in PEM "
            "form and name it in AUDIT_SIGNING_KEY_FILE."
        ) from error
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(f"The key at {path} is not an Ed25519 key.")
    return key


def public_key() -> bytes:
    """The 32 raw bytes of the log's public key."""
    key = _private_key(settings.AUDIT_SIGNING_KEY_FILE).public_key()
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(name: str, key: bytes) -> bytes:
    """The four bytes by which a note names its key (C2SP signed-note: Ed25519 is kind 0x01)."""
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]


def verifier_key() -> str:
    """The log's key as C2SP writes verifier keys: name+hex id+base64(kind and key)."""
    name, key = settings.AUDIT_ORIGIN, public_key()
    encoded = base64.b64encode(b"\x01" + key).decode()
    return f"{name}+{key_id(name, key).hex()}+{encoded}"


def checkpoint_text(size: int, root: bytes, at: datetime) -> str:
    """Origin, size, root, and the time as an extension line (C2SP tlog-checkpoint)."""
    time = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"{settings.AUDIT_ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\ntime {time}\n"


def sign_checkpoint(size: int, root: bytes, at: datetime) -> str:
    """The signed note over (origin, size, root, time)."""
    name = settings.AUDIT_ORIGIN
    text = checkpoint_text(size, root, at)
    signature = _private_key(settings.AUDIT_SIGNING_KEY_FILE).sign(text.encode())
    blob = base64.b64encode(key_id(name, public_key()) + signature).decode()
    return f"{text}\n\N{EM DASH} {name} {blob}\n"


def check_checkpoint(note: str, size: int, root: bytes, at: datetime) -> None:
    """
    Check that the note is this log's signature over (size, root, time).

    raises  CheckpointRejected saying what does not hold
    """
    name, key = settings.AUDIT_ORIGIN, public_key()
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    if text != checkpoint_text(size, root, at):
        raise CheckpointRejected(
            f"The signed text is not origin {name}, size {size}, the stored root and time."
        )
    for line in signatures.splitlines():
        parts = line.split(" ")
        if len(parts) == 3 and parts[0] == "\N{EM DASH}" and parts[1] == name:
            blob = base64.b64decode(parts[2])
            if blob[:4] != key_id(name, key):
                continue
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(blob[4:], text.encode())
            except InvalidSignature as error:
                raise CheckpointRejected("The signature does not fit the text.") from error
            return
    raise CheckpointRejected("No signature by the log's key.")
