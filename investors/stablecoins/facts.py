"""What others see of stablecoin deposits, and what a chain says."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

CURRENCY = "USDC"
SCALE = 6
"""USD Coin has six decimals on every chain that this reads (Circle, USDC contract addresses)."""


@dataclass(frozen=True, slots=True)
class Token:
    """
    Which contract's transfers to which address are deposits.

    chain_id       as the node tells it, EIP-155
    contract       of the token; receiver: the house's address; both in lower case
    confirmations  blocks on top of a transfer's own before it counts
    first_block    where reading begins the first time
    """

    chain_id: int
    contract: str
    receiver: str
    confirmations: int
    first_block: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block's number and hash."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One Transfer event to the house's address. amount: smallest units, >= 0; sender in lower case."""

    block: Block
    transaction: str
    log_index: int
    sender: str
    amount: int


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """A transfer as it is kept. why: in a sentence, where it is held."""

    id: UUID
    transaction: str
    sender: str
    amount: int
    state: str
    why: str
    investor_id: UUID | None
    seen_at: datetime
    credited_at: datetime | None
