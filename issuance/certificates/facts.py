"""What others see of certificates."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

State = Literal["valid", "outdated", "unknown"]


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """document_id, sha256 and made_at are None, "" and None until a worker has made the file."""

    id: UUID
    number: str
    kind: str
    kind_label: str
    subject: str
    security_id: UUID
    security_code: str
    security_name: str
    issuer_id: UUID
    issuer_name: str
    token: str
    scale: int
    holder: str
    quantity: int | None
    as_of: datetime
    asked_at: datetime
    document_id: UUID | None
    sha256: str
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicStanding:
    """
    What anybody who has a certificate's number is told: nothing of the holder, and no quantity.

    state   valid: what it says is still so; outdated: it was so, and is not any more; unknown: no such number
    reason  a sentence
    sha256  of the file as it was made; "" while it is not
    """

    number: str
    state: State
    reason: str
    kind_label: str = ""
    issuer_name: str = ""
    security_code: str = ""
    security_name: str = ""
    token: str = ""
    as_of: datetime | None = None
    sha256: str = ""
