"""What others see of levels."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """The level of a day's close, as published; live: calculated within a day and a half of that close."""

    index_id: UUID
    day: date
    level: Decimal
    divisor: Decimal
    data_hash: str
    simulated: bool
    live: bool
    calculated_at: datetime
