"""Secrets of one installation, made on its first start and never printed."""

import base64
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
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


def paper_signing_key() -> str:
    """A P-256 private key in PEM form (PKCS 8), for the signatures of certificates and agreements."""
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def paper_signing_certificate(key: str) -> str:
    """A certificate in PEM form that the key gives itself for ten years: enough to show who signs, until there is a better."""
    private = serialization.load_pem_private_key(key.encode(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Portal, papers of this installation")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(private, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


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

    returns  the environment that settings need: SECRET_KEY, FIELD_KEYS, and the files of the signing keys
    """
    write_once(folder / "secret-key", secret_key())
    write_once(folder / "field-keys", field_keys())
    write_once(folder / "audit-signing.pem", audit_signing_key())
    write_once(folder / "paper-signing.pem", paper_signing_key())
    if not (folder / "paper-signing.crt").exists():
        key = (folder / "paper-signing.pem").read_text()
        write_once(folder / "paper-signing.crt", paper_signing_certificate(key))
    return {
        "SECRET_KEY": (folder / "secret-key").read_text().strip(),
        "FIELD_KEYS": (folder / "field-keys").read_text().strip(),
        "AUDIT_SIGNING_KEY_FILE": str(folder / "audit-signing.pem"),
        "PAPER_SIGNING_KEY_FILE": str(folder / "paper-signing.pem"),
        "PAPER_SIGNING_CERTIFICATE_FILE": str(folder / "paper-signing.crt"),
    }
