"""What goes into the ledger's door and what comes out of it: plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class InstrumentFacts:
    """Anything counted: one whole is 10**scale smallest units."""

    id: int
    code: str
    kind: str
    scale: int
    name: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One signed line of a posting, in smallest units of the account's instrument."""

    account_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Posting:
    """
    key        unique for ever; the same key and body post once
    kind       what happened, as "<room>.<noun>"
    reference  "<noun>:<uuid>" of the cause
    legs       at least two, one per account, summing to zero per instrument
    """

    key: str
    kind: str
    reference: str
    legs: Sequence[Leg]
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the caller's for the trail, recorded with his posting: the fields of portal.audit.services.record()."""

    action: str
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    organisation: UUID | str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """An effect asked for with a posting: the fields of portal.outbox.services.enqueue()."""

    topic: str
    key: str
    payload: Mapping[str, Any]
    available_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """replayed: the key had been posted before with the same body, and nothing was posted now."""

    transaction_id: UUID
    effective_at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class BalanceFacts:
    """posted and reserved in smallest units; reserved is 0 in balances of the past."""

    account_id: int
    owner: str
    instrument_id: int
    instrument_code: str
    purpose: str
    subject: str
    posted: int
    reserved: int

    @property
    def available(self) -> int:
        return self.posted - self.reserved


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """One line of an account with its transaction and the balance after it."""

    id: int
    transaction_id: UUID
    kind: str
    reference: str
    memo: str
    account_id: int
    owner: str
    instrument_code: str
    scale: int
    purpose: str
    subject: str
    amount: int
    balance_after: int
    effective_at: datetime
    event_id: UUID


@dataclass(frozen=True, slots=True)
class ReservationFacts:
    """state: open | settled | released; settled is what was taken of the amount."""

    id: UUID
    account_id: int
    amount: int
    reference: str
    reserved_at: datetime
    state: str
    settled: int
