"""What stands in each paper, and having it printed."""

import json
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from anyascii import anyascii
from django.conf import settings

from investors.profiles.selectors import investor, name_on_papers
from issuance.certificates.facts import CertificateFacts
from issuance.domain.legends import legends
from issuance.offerings import selectors as offerings
from issuance.register import selectors as register
from portal.audit import selectors as audit
from portal.domain.money import told_amount

SECONDS = 60
TEMPLATES = Path(settings.BASE_DIR) / "templates" / "issuance" / "certificates"


class PressFailed(RuntimeError):
    """The press gave no paper; the message says why without quoting it."""


def printed(one: CertificateFacts, *, at: datetime) -> bytes:
    """
    The signed PDF of a certificate.

    raises  NotInLogYet until the events that it proves have their place; PressFailed
    """
    data = {"holding": _holding, "agreement": _agreement}[one.kind](one)
    who = investor(_investor_id(one))
    data |= {
        "title": one.kind_label,
        "number": one.number,
        "holder": name_on_papers(who.id) or who.reference,
        "reference": who.reference,
        "issuer": one.issuer_name,
        "security": f"{one.security_code} {one.security_name}",
        "token": one.token,
        "as_of": told(one.as_of),
        "house": settings.SITE_NAME,
        "note": "",
    }
    attachments = {"proof.json": json.dumps(audit.bundle(_events(one)), indent=2), **data.pop("attached", {})}
    latin = {name: _latin(value) for name, value in data.items()}
    latin["note"] = "Written in Latin letters; the portal's records have the original."
    return _press(
        {
            "template": str(TEMPLATES / f"{one.kind}.typ"),
            "data": data,
            "latin": latin,
            "attachments": attachments,
            "link": f"{settings.SITE_URL}/verify/{one.number}/",
            "key": settings.PAPER_SIGNING_KEY_FILE,
            "certificate": settings.PAPER_SIGNING_CERTIFICATE_FILE,
            "at": int(at.timestamp()),
        }
    )


def told(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC"


def _holding(one: CertificateFacts) -> dict[str, Any]:
    assert one.quantity is not None
    return {
        "quantity": told_amount(one.quantity, scale=one.scale),
        "legends": legends(
            [
                (lot.exemption, lot.locked_until)
                for lot in register.lots_of(one.security_id, one.holder)
                if lot.quantity
            ],
            on=one.as_of.astimezone(UTC).date(),
        ),
    }


def _agreement(one: CertificateFacts) -> dict[str, Any]:
    signed = offerings.signature(UUID(one.subject.partition(":")[2]))
    row = offerings.subscription(signed.subscription_id)
    offering = offerings.offering(row.offering_id)
    record = {name: str(value) for name, value in asdict(signed).items()}
    return {
        "offering": offering.name,
        "quantity": told_amount(row.quantity, scale=row.scale),
        "amount": f"{told_amount(row.amount_minor, scale=2)} {row.currency}",
        "agreement": offering.agreement,
        "signature": [
            ["Signed at", told(signed.signed_at)],
            ["Signed by", signed.signer],
            ["SHA-256 of the name as typed", signed.typed_name_sha256],
            ["SHA-256 of the text signed", signed.agreement_sha256],
            ["Risks acknowledged", "yes" if signed.risks_acknowledged else "no"],
        ],
        "attached": {"agreement.txt": offering.agreement, "signature.json": json.dumps(record, indent=2)},
    }


def _events(one: CertificateFacts) -> list[UUID]:
    """The certificate's own event, and the one of the register or of the signing that it speaks of."""
    found = audit.events(about=f"certificate:{one.id}", action="certificate.asked", limit=1)
    if one.kind == "holding":
        lines = register.movements(
            security_ids=[one.security_id], holder=one.holder, until=one.as_of, limit=1
        )
        for line in lines:
            found += audit.events(about=f"movement:{line.id}", limit=1)
    else:
        row = offerings.subscription(UUID(one.subject.partition(":")[2]))
        found += audit.events(
            about=f"offering:{row.offering_id}", action="offering.subscribed", text=str(row.id), limit=1
        )
    return [event.event_id for event in found]


def _investor_id(one: CertificateFacts) -> UUID:
    return UUID(one.holder.removeprefix("investor:"))


def _latin(value: Any) -> Any:
    if isinstance(value, str):
        return anyascii(value)
    return [_latin(part) for part in value] if isinstance(value, list) else value


def _press(job: dict[str, Any]) -> bytes:
    """A process of its own, which knows nothing of this one's secrets but the path of the key."""
    done = subprocess.run(
        [sys.executable, "-m", "issuance.certificates.press"],
        input=json.dumps(job).encode(),
        capture_output=True,
        cwd=settings.BASE_DIR,
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        timeout=SECONDS,
        check=False,
    )
    if done.returncode or not done.stdout:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise PressFailed(words[-1][:300] if words else f"The press ended with {done.returncode}.")
    return done.stdout
