"""What others see of a document."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """
    owner      whose record it belongs to, such as "investor:<uuid>" or "security:<uuid>"
    kind       what it is, such as "passport" or "offering_memorandum"
    reader     the person it is about, who may read it although somebody else stored it
    published  every signed-in person may read it
    """

    id: UUID
    owner: str
    kind: str
    filename: str
    media_type: str
    size: int
    sha256: str
    organisation: UUID | None
    reader: UUID | None
    published: bool
    uploaded_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A stored file that is no longer what was recorded of it, and how."""

    document_id: UUID
    sha256: str
    problem: str
