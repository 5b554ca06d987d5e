"""Reads of certificates, and whether one still holds."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from issuance.certificates.facts import CertificateFacts, PublicStanding
from issuance.certificates.models import Certificate
from issuance.offerings.selectors import subscription
from issuance.register.selectors import held
from portal.domain.errors import NotFound

OVER = ("withdrawn", "released", "refused")
"""States of a subscription in which its agreement binds nobody any more."""


class NoSuchCertificate(NotFound):
    """There is no certificate with this id, or none that the reader may know of."""

    code = "no-such-certificate"


def certificate(certificate_id: UUID) -> CertificateFacts:
    """raises  NoSuchCertificate"""
    found = _rows().filter(pk=certificate_id).first()
    if found is None:
        raise NoSuchCertificate("There is no certificate with this id.")
    return certificate_facts(found)


def certificates(
    *,
    holder: str | None = None,
    security_id: UUID | None = None,
    issuer_ids: Collection[UUID] | None = None,
    limit: int = 200,
) -> list[CertificateFacts]:
    """Newest first; narrowed where asked."""
    found = _rows()
    if holder is not None:
        found = found.filter(holder=holder)
    if security_id is not None:
        found = found.filter(security_id=security_id)
    if issuer_ids is not None:
        found = found.filter(security__issuer_id__in=issuer_ids)
    return [certificate_facts(row) for row in found[:limit]]


def standing(number: str) -> PublicStanding:
    """Whether a certificate still holds, for whoever has its number; without personal data."""
    row = _rows().filter(number=normal(number)).first()
    if row is None:
        return PublicStanding(
            normal(number)[:24],
            "unknown",
            "No certificate with this number was made here. Look whether it is mistyped.",
        )
    one = certificate_facts(row)
    holds, reason = _holds(row, one)
    return PublicStanding(
        number=one.number,
        state="valid" if holds else "outdated",
        reason=reason,
        kind_label=one.kind_label,
        issuer_name=one.issuer_name,
        security_code=one.security_code,
        security_name=one.security_name,
        token=one.token,
        as_of=one.as_of,
        sha256=one.sha256,
    )


def normal(number: str) -> str:
    """A number as it is kept, however it was typed: capitals, in fours."""
    told = "".join(letter for letter in number.upper() if letter.isascii() and letter.isalnum())[:16]
    return "-".join(told[place : place + 4] for place in range(0, len(told), 4))


def _holds(row: Certificate, one: CertificateFacts) -> tuple[bool, str]:
    if one.kind == Certificate.Kind.AGREEMENT:
        state = subscription(UUID(one.subject.partition(":")[2])).state
        if state in OVER:
            return False, f"It was signed as it says; the subscription was {state} afterwards."
        return True, "It was signed here as it says, and the subscription stands."
    if held(row.security.instrument_id, one.holder) == one.quantity:
        return True, "The holding that it certifies is unchanged in the register."
    return False, "The holding was as it says at its instant, and has changed in the register since."


def _rows() -> Any:
    return Certificate.objects.select_related("security__issuer", "security__token", "file")


def certificate_facts(row: Certificate) -> CertificateFacts:
    security, file = row.security, getattr(row, "file", None)
    return CertificateFacts(
        id=row.pk,
        number=row.number,
        kind=row.kind,
        kind_label=row.get_kind_display(),
        subject=row.subject,
        security_id=security.pk,
        security_code=security.code,
        security_name=security.name,
        issuer_id=security.issuer_id,
        issuer_name=security.issuer.legal_name,
        token=security.token.identifier,
        scale=security.scale,
        holder=row.holder,
        quantity=row.quantity,
        as_of=row.as_of,
        asked_at=row.asked_at,
        document_id=file.document_id if file else None,
        sha256=file.sha256 if file else "",
        made_at=file.made_at if file else None,
    )
