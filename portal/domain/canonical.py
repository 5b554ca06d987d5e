"""Canonical JSON (RFC 8785) and hashes over it: the same facts always give the same bytes."""

import hashlib
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """
    RFC 8785 bytes of `value`. Integers beyond 2**53 are not JSON numbers there: hand amounts over as strings.

    raises  rfc8785.CanonicalizationError for floats like NaN, non-string keys and other types
    """
    return rfc8785.dumps(value)


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return sha256_hex(canonical_json(value))
