"""What front doors see of accreditation; other houses see Claims only."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AccreditationPaper:
    """One paper of a request or determination; document_id is None where it is a representation."""

    kind: str
    kind_label: str
    dated: date
    tax_year: int | None
    document_id: UUID | None
    sha256: str
    filename: str = ""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What an investor asks to be determined."""

    id: UUID
    investor_id: UUID
    basis: str
    basis_label: str
    method: str
    method_label: str
    issuer_id: UUID | None
    state: str
    created_at: datetime
    submitted_at: datetime | None
    papers: tuple[AccreditationPaper, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeterminationFacts:
    """A determination record with its evidence and, where it was withdrawn, why."""

    id: UUID
    investor_id: UUID
    accredited: bool
    basis: str
    basis_label: str
    method: str
    method_label: str
    verified: bool
    issuer_id: UUID | None
    findings: tuple[dict[str, Any], ...]
    evidence: tuple[AccreditationPaper, ...]
    evidence_until: date | None
    reuse_until: date | None
    decided_by: UUID
    decided_label: str
    decided_at: datetime
    reason: str
    revoked_at: datetime | None
    revocation_reason: str
    status_label: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceInput:
    """
    A paper an officer relies on.

    document_id  of a document that belongs to the investor
    dated        the day on the paper
    tax_year     for a tax form: the year it reports
    """

    document_id: UUID
    kind: str
    dated: date
    tax_year: int | None = None
