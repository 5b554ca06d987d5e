"""What others see of an investor's bank account."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BankAccountFacts:
    """
    A bank account without its number and its holder's name.

    shown        "DE89 ••• 3000"
    name_match   of the holder's name with the investor's: same, close, different
    usable_from  when its cooling-off ends
    method       evidence | incoming_transfer, once verified
    """

    id: UUID
    investor_id: UUID
    shown: str
    bic: str
    name_match: str
    state: str
    added_at: datetime
    usable_from: datetime
    method: str
    evidence_id: UUID | None
    decided_at: datetime | None
    reason: str

    def usable(self, at: datetime) -> bool:
        return self.state == "verified" and at >= self.usable_from

    @property
    def may_retire(self) -> bool:
        return self.state in ("added", "verified")


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """Number and holder's name, opened for an officer; leaves an audit event."""

    account: str
    holder: str
