"""What others see of a security."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SecurityFacts:
    """
    authorised  smallest units, None is unlimited; 10**scale smallest units are one
    par_minor   minor units of `currency`, None without par
    token       the token identifier
    """

    id: UUID
    issuer_id: UUID
    issuer_name: str
    asset_id: UUID
    code: str
    name: str
    kind: str
    kind_label: str
    isin: str
    scale: int
    authorised: int | None
    par_minor: int | None
    currency: str
    reporting: bool
    instrument_id: int
    state: str
    token: str
    created_at: datetime

    @property
    def issuer_owner(self) -> str:
        """Owner text of the issuer in the ledger."""
        return f"issuer:{self.issuer_id}"
