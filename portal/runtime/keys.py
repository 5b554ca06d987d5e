"""Secrets of one installation, made on its first start and never printed."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def secret_key() -> str:
    return secrets.token_urlsafe(64)


def field_keys() -> str:
    """One key in the form of settings.FIELD_KEYS: id, colon, base64 of 32 bytes."""
    return f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def audit_signing_key() -> str:
    """An Ed25519 private key in PEM form (PKCS 8)."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def write_once(path: Path, content: str) -> bool:
    """
    Write a secret with mode 0600 unless the file is there already; whole or not at all, even through kill -9.

    returns  whether it was written
    """
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return True


def ensure_keys(folder: Path) -> dict[str, str]:
    """
    Make what is missing below `folder`.

    returns  the environment that settings need: SECRET_KEY, FIELD_KEYS, AUDIT_SIGNING_KEY_FILE
    """
    write_once(folder / "secret-key", secret_key())
    write_once(folder / "field-keys", field_keys())
    write_once(folder / "audit-signing.pem", audit_signing_key())
    return {
        "SECRET_KEY": (folder / "secret-key").read_text().strip(),
        "FIELD_KEYS": (folder / "field-keys").read_text().strip(),
        "AUDIT_SIGNING_KEY_FILE": str(folder / "audit-signing.pem"),
    }
