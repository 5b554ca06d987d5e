"""What others see of an issuer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class IssuerFacts:
    """The id is the issuer's and its organisation's at once. `country` is ISO 3166-1 alpha-2."""

    id: UUID
    legal_name: str
    country: str
    lei: str
    state: str
    review_note: str
    reviewed_by: str
    reviewed_at: datetime | None
    created_at: datetime

    @property
    def owner(self) -> str:
        """Owner text in the ledger."""
        return f"issuer:{self.id}"
