"""What others see of rebalances, baskets and holdings."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RebalanceFacts:
    """level: at the effective close; None until applied. turnover and cost in cents, of what was really traded."""

    id: UUID
    index_id: UUID
    version_number: int
    reference_date: date
    effective_date: date
    state: str
    reason: str
    snapshot: str
    simulated: bool
    approval_id: UUID | None
    level: Decimal | None
    turnover_minor: int | None
    cost_minor: int | None
    proposed_at: datetime | None
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConstituentFacts:
    """One token of the universe at a rebalance; weights in parts per billion, before and after."""

    symbol: str
    included: bool
    rank: int | None
    reasons: tuple[str, ...]
    price: Decimal | None
    market_cap: Decimal | None
    weight_ppb: int
    previous_ppb: int

    @property
    def weight_percent(self) -> Decimal:
        return Decimal(self.weight_ppb) / 10_000_000

    @property
    def previous_percent(self) -> Decimal:
        return Decimal(self.previous_ppb) / 10_000_000


@dataclass(frozen=True, slots=True)
class TradeFacts:
    symbol: str
    day: date
    quantity: int
    price: int
    value_minor: int
    cost_minor: int


@dataclass(frozen=True, slots=True)
class BasketFacts:
    """quantities: symbol -> 1e-18 tokens; "USD" is the part in cash."""

    id: int
    rebalance_id: UUID
    effective_date: date
    divisor: Decimal
    level_before: Decimal | None
    level_after: Decimal
    quantities: dict[str, int]


@dataclass(frozen=True, slots=True)
class HoldingFacts:
    """quantity in 1e-18 tokens, price in 1e-18 dollars, value in cents rounded down."""

    symbol: str
    quantity: int
    price: int
    value_minor: int
    share_ppm: int


@dataclass(frozen=True, slots=True)
class ValuationFacts:
    """
    What an index's own accounts are worth at a day's close.

    nav_minor  cash and tokens in cents: the exact value of all tokens together, rounded down once
    """

    index_id: UUID
    day: date
    nav_minor: int
    cash_minor: int
    holdings: tuple[HoldingFacts, ...]
    simulated: bool
