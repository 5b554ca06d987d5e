"""Webhooks that others send us, signed as Standard Webhooks says: who sent it, when, and whether it is unchanged."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from portal.domain.errors import Invalid, Refused

TOLERANCE = timedelta(minutes=5)
"""How far a message's own time may lie from ours, either way. Source: the Standard Webhooks specification."""
_ID = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
"""Eleven digits end in the year 5138; twelve lead beyond what a date can say."""


class Unsigned(Invalid):
    """A header of the signature is missing or malformed, or the message is too old or too new."""

    code = "webhook-unsigned"
    status = 400


class Forged(Refused):
    """No signature fits: another secret, or a body that was changed."""

    code = "webhook-forged"
    status = 401


class BadSecret(ValueError):
    """A secret is not "whsec_" and base64 of 24 to 64 bytes. The message never holds the secret."""


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """id: given by the sender, once per message; a retry keeps it."""

    id: str
    sent_at: datetime
    text: str


def checked_secrets(secrets: Sequence[str]) -> tuple[Webhook, ...]:
    """
    Signing keys from their text, all of which count: a secret is changed by having both for a while.

    raises  BadSecret
    """
    keys = []
    for number, secret in enumerate(secrets, 1):
        try:
            key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise BadSecret(f"Webhook secret {number} is not base64.") from wrong
        if not 24 <= len(key) <= 64:
            raise BadSecret(f"Webhook secret {number} has {len(key)} bytes; it must have 24 to 64.")
        keys.append(Webhook(key))
    return tuple(keys)


def verified(
    *, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], at: datetime
) -> SignedMessage:
    """
    The message, once its signature and its time are right.

    headers  names in any case: webhook-id, webhook-timestamp, webhook-signature
    at       now; the message may lie TOLERANCE before or after it
    raises   Unsigned (400), Forged (401), BadSecret
    source   standardwebhooks.com, specification 1.0
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, seconds = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    for name, value, form in (("webhook-id", message_id, _ID), ("webhook-timestamp", seconds, _SECONDS)):
        if not form.fullmatch(value):
            raise Unsigned(f"The header {name} is missing or malformed.", field=name)
    sent_at = datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(seconds))
    if abs(at - sent_at) > TOLERANCE:
        raise Unsigned(
            f"The message is {abs(at - sent_at).total_seconds():.0f} seconds off our clock; "
            f"at most {TOLERANCE.total_seconds():.0f} are accepted.",
            field="webhook-timestamp",
            next_step="Sign it anew with the present time.",
        )
    try:
        text = body.decode()
    except UnicodeDecodeError as wrong:
        raise Unsigned("The body is not UTF-8.", field="body") from wrong
    signatures = _signatures(given.get("webhook-signature", ""))
    for key in checked_secrets(secrets):
        ours = base64.b64decode(key.sign(message_id, sent_at, text).partition(",")[2])
        if any(hmac.compare_digest(ours, theirs) for theirs in signatures):
            return SignedMessage(message_id, sent_at, text)
    raise Forged("No signature of this message fits.", field="webhook-signature")


def _signatures(header: str) -> list[bytes]:
    """The v1 signatures of a header; unknown versions and what is no base64 count for nothing."""
    if not header or len(header) > 2000:
        raise Unsigned("The header webhook-signature is missing or too long.", field="webhook-signature")
    found = []
    for one in header.split(" "):
        version, _, encoded = one.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(encoded, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
