"""What others see of wallets."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from investors.domain.sign_in_message import CHAINS


@dataclass(frozen=True, slots=True)
class ChallengeFacts:
    """A message that waits to be signed. `message` is signed byte for byte."""

    id: UUID
    address: str
    chain_id: int
    message: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WalletFacts:
    """
    An address that its holder proved by a signature.

    address  EIP-55
    state    active | blocked (a list names it) | retired
    listed   what names it, such as "OFAC SDN 12345"; "" for none
    """

    id: UUID
    investor_id: UUID
    address: str
    chain_id: int
    label: str
    state: str
    listed: str
    proved_at: datetime
    retired_at: datetime | None

    @property
    def chain(self) -> str:
        return CHAINS.get(self.chain_id, str(self.chain_id))


@dataclass(frozen=True, slots=True)
class ListedInput:
    """One address as its publisher lists it: reference of the listed person, currency such as ETH or XBT."""

    address: str
    currency: str
    reference: str


@dataclass(frozen=True, slots=True)
class AddressListFacts:
    """The addresses of one source that are in force."""

    source: str
    list_date: date
    addresses: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import did: addresses now listed, those new and gone since the last, wallets it blocked."""

    listed: int
    added: int
    removed: int
    blocked: int
