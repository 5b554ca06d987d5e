"""What others see of funding, and the currencies it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Currency:
    """
    An ISO 4217 currency with its exponent.

    four_eyes_above  a withdrawal of more smallest units than this needs a second person. House policy.
    """

    code: str
    name: str
    scale: int
    four_eyes_above: int


CURRENCIES: Mapping[str, Currency] = MappingProxyType(
    {
        one.code: one
        for one in (
            Currency("USD", "US dollar", 2, 10_000_00),
            Currency("EUR", "Euro", 2, 10_000_00),
            Currency("GBP", "Pound sterling", 2, 10_000_00),
        )
    }
)


@dataclass(frozen=True, slots=True)
class DepositFacts:
    """A credited deposit. replayed: it had been recorded before, and nothing was posted now."""

    id: UUID
    owner: str
    currency: str
    scale: int
    amount_minor: int
    bank_reference: str
    transaction_id: UUID
    at: datetime
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawalFacts:
    """A withdrawal with what a page may show of its destination."""

    id: UUID
    owner: str
    currency: str
    scale: int
    amount_minor: int
    destination_shown: str
    state: str
    approval_id: UUID | None
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None
    reason: str
    bank_reference: str
    transaction_id: UUID | None

    @property
    def state_label(self) -> str:
        return self.state.replace("_", " ")

    @property
    def may_cancel(self) -> bool:
        return self.state in ("awaiting_approval", "approved")


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked bank account in its compact form, and what a page may show of it."""

    account: str
    shown: str


@dataclass(frozen=True, slots=True)
class CashFacts:
    """One cash account: posted, set aside, free; smallest units."""

    account_id: int
    currency: str
    scale: int
    posted: int
    reserved: int

    @property
    def available(self) -> int:
        return self.posted - self.reserved
