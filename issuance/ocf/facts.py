"""What leaves this room."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """One import. `replayed`: exactly this package had been taken in before, and nothing was done now."""

    id: UUID
    issuer_id: UUID
    issuer_name: str
    number: int
    ocf_issuer_id: str
    objects: int
    sha256: str
    imported_at: datetime
    replayed: bool = False
