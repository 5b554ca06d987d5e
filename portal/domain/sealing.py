"""Encryption of single values at rest: AES-256-GCM, several keys at once, each value bound to its place."""

import base64
import binascii
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}", re.ASCII)
_VERSION = "s1"


class BadKey(ValueError):
    """A key is not "id:base64 of 32 bytes", or an id is given twice. The message never holds key material."""


class CannotUnseal(ValueError):
    """The value was sealed with a key that is not here, for another place, or has been changed."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """
    keys    key id -> 32 bytes; all of them unseal
    newest  id of the key that seals
    """

    keys: Mapping[str, bytes] = field(repr=False)
    newest: str

    @classmethod
    def parse(cls, lines: Sequence[str]) -> "Keyring":
        """
        A ring from "id:base64 of 32 bytes" lines, newest first.

        raises  BadKey
        """
        keys: dict[str, bytes] = {}
        for line in lines:
            key_id, _, encoded = line.strip().partition(":")
            if not _KEY_ID.fullmatch(key_id) or key_id in keys:
                raise BadKey(
                    "A key needs an id of its own: 1 to 16 letters, digits, - or _, before the colon."
                )
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error as wrong:
                raise BadKey(f"Key {key_id} is not base64.") from wrong
            if len(key) != KEY_BYTES:
                raise BadKey(f"Key {key_id} has {len(key)} bytes; it must have {KEY_BYTES}.")
            keys[key_id] = key
        if not keys:
            raise BadKey("There is no key.")
        return cls(keys=keys, newest=next(iter(keys)))

    def seal(self, plaintext: str, *, context: str) -> str:
        """
        ASCII text that only `unseal` with the same context turns back.

        context  where the value lives, such as "investors_profile.tax_id:<pk>": moved elsewhere it stays shut
        """
        key_id, body = self._encrypt(plaintext.encode(), context)
        return f"{_VERSION}.{key_id}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}"

    def unseal(self, sealed: str, *, context: str) -> str:
        """raises  CannotUnseal"""
        version, _, rest = sealed.partition(".")
        key_id, _, encoded = rest.partition(".")
        if version != _VERSION:
            raise CannotUnseal("This is not a sealed value.")
        try:
            body = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise CannotUnseal("This is not a sealed value.") from wrong
        return self._decrypt(key_id, body, context).decode()

    def seal_bytes(self, plaintext: bytes, *, context: str) -> bytes:
        """As `seal`, for whole files: no base64."""
        key_id, body = self._encrypt(plaintext, context)
        return f"{_VERSION}.{key_id}.".encode() + body

    def unseal_bytes(self, sealed: bytes, *, context: str) -> bytes:
        """raises  CannotUnseal"""
        version, _, rest = sealed.partition(b".")
        key_id, _, body = rest.partition(b".")
        if version != _VERSION.encode():
            raise CannotUnseal("This is not a sealed file.")
        return self._decrypt(key_id.decode("ascii", "replace"), body, context)

    def is_current(self, sealed: str) -> bool:
        """True when the newest key sealed it: rotation re-seals the others."""
        return sealed.startswith(f"{_VERSION}.{self.newest}.")

    def _encrypt(self, plaintext: bytes, context: str) -> tuple[str, bytes]:
        nonce = os.urandom(NONCE_BYTES)
        box = AESGCM(self.keys[self.newest])
        return self.newest, nonce + box.encrypt(nonce, plaintext, _bound_to(self.newest, context))

    def _decrypt(self, key_id: str, body: bytes, context: str) -> bytes:
        key = self.keys.get(key_id)
        if key is None:
            raise CannotUnseal("The key that sealed this value is not among the keys given.")
        try:
            return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _bound_to(key_id, context))
        except (InvalidTag, ValueError) as wrong:
            raise CannotUnseal("This value was changed, or moved from where it was sealed.") from wrong


def _bound_to(key_id: str, context: str) -> bytes:
    return f"{_VERSION}|{key_id}|{context}".encode()
