"""What others see of an index and its rules."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from indices.domain.methodology import Rules


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """unit_instrument_id is None until the index is launched."""

    id: UUID
    code: str
    name: str
    summary: str
    theme: str
    state: str
    base_date: date
    base_level: Decimal
    unit_instrument_id: int | None
    launched_at: datetime | None

    @property
    def owner(self) -> str:
        """Whose accounts the index's holdings and cash are in."""
        return f"index:{self.id}"


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """A methodology version with its rules read from the document."""

    id: UUID
    index_id: UUID
    number: int
    document: dict[str, Any]
    fingerprint: str
    effective_from: date
    note: str
    created_at: datetime
    rules: Rules
