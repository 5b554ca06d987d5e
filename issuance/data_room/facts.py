"""What others see of a data room."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """
    One version of a paper.

    ended_at, end_reason  when and why it was withdrawn or replaced; None and "" while it is in force
    """

    id: UUID
    offering_id: UUID
    line: UUID
    version: int
    title: str
    document_id: UUID
    filename: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    ended_at: datetime | None
    end_reason: str

    @property
    def in_force(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class OpenedPaper:
    """A paper with its bytes, told to the trail before it is handed out."""

    paper: PaperFacts
    content: bytes


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """That an investor ("investor:<uuid>") opened a version of a paper."""

    investor: str
    paper_id: UUID
    title: str
    version: int
    opened_at: datetime
