"""Models of this house, collected from its rooms so that Django finds them."""

from investors.accreditation.models import (
    Determination,
    DeterminationEvidence,
    Representation,
    Request,
    RequestPaper,
    Revocation,
)
from investors.bank_accounts.models import BankAccount
from investors.closure.models import Closure, DataExport
from investors.kyc.models import Case, CaseDocument, CaseEvent, IdentityCheck, ProviderMessage
from investors.profiles.models import Investor, RelatedPerson, Revision
from investors.screening.models import Hit, ListedName, RescreenChunk, Screening, ScreeningList
from investors.stablecoins.models import ChainCursor, StablecoinTransfer
from investors.wallets.models import Challenge, ListedAddress, Wallet

__all__ = [
    "BankAccount",
    "Case",
    "CaseDocument",
    "CaseEvent",
    "ChainCursor",
    "Challenge",
    "Closure",
    "DataExport",
    "Determination",
    "DeterminationEvidence",
    "Hit",
    "IdentityCheck",
    "Investor",
    "ListedAddress",
    "ListedName",
    "ProviderMessage",
    "RelatedPerson",
    "Representation",
    "Request",
    "RequestPaper",
    "RescreenChunk",
    "Revision",
    "Revocation",
    "Screening",
    "ScreeningList",
    "StablecoinTransfer",
    "Wallet",
]
