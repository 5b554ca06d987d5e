"""What others see of orders, dealing runs and unit holdings."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """amounts in cents, units in 1e-8; price is the run's money per whole unit."""

    id: UUID
    index_id: UUID
    index_code: str
    index_name: str
    investor_id: UUID
    kind: str
    amount_minor: int | None
    units: int | None
    state: str
    reason: str
    dealing_day: date
    decision: dict[str, Any]
    run_id: UUID | None
    price: Decimal | None
    units_settled: int | None
    cash_settled_minor: int | None
    fee_minor: int | None
    transaction_id: UUID | None
    placed_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A dealing run; nav and units before anybody of it came or went."""

    id: UUID
    index_id: UUID
    day: date
    state: str
    nav_minor: int
    units_before: int
    fee_units: int
    price: Decimal
    created_units: int
    redeemed_units: int
    paid_in_minor: int
    paid_out_minor: int
    simulated: bool
    priced_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnitHoldingFacts:
    """
    What an investor holds of an index. value_minor is None while no dealing run or level tells a price.

    invested_minor  cents paid in less cents paid out, by settled orders
    """

    index_id: UUID
    code: str
    name: str
    units: int
    reserved: int
    value_minor: int | None
    invested_minor: int
    as_of: date | None
    simulated: bool
