"""What others see of a saved search."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SavedSearchFacts:
    """page and query as the model keeps them."""

    id: UUID
    name: str
    page: str
    query: str
    saved_at: datetime
