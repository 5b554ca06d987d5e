"""What others see of an approval."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """
    maker, checker  actors as text, such as "user:3f…"; checker is "" while nobody has decided
    facts           canonical JSON: exactly what the maker asked to have approved
    """

    id: UUID
    action: str
    subject: str
    organisation: UUID | None
    maker: str
    maker_label: str
    checker: str
    checker_label: str
    facts: str
    state: str
    note: str
    requested_at: datetime
    decided_at: datetime | None

    @property
    def open(self) -> bool:
        return self.state == "requested"
