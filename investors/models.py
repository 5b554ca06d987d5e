"""Models of this house, collected from its rooms so that Django finds them."""

from investors.accreditation.models import (
    Determination,
    DeterminationEvidence,
    Representation,
    Request,
    RequestPaper,
    Revocation,
)
from investors.kyc.models import Case, CaseDocument, CaseEvent
from investors.profiles.models import Investor, RelatedPerson, Revision
from investors.screening.models import Hit, ListedName, Screening, ScreeningList

__all__ = [
    "Case",
    "CaseDocument",
    "CaseEvent",
    "Determination",
    "DeterminationEvidence",
    "Hit",
    "Investor",
    "ListedName",
    "RelatedPerson",
    "Representation",
    "Request",
    "RequestPaper",
    "Revision",
    "Revocation",
    "Screening",
    "ScreeningList",
]
