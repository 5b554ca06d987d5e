"""What others see of prices."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from indices.domain.token_events import TokenEvent


@dataclass(frozen=True, slots=True)
class AssetFacts:
    id: int
    symbol: str
    name: str
    sector: str
    pegged: bool
    delisted_on: date | None


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """One day's close as it was known; price_e18 is the same as `close` in 1e-18 dollars per token."""

    symbol: str
    day: date
    close: Decimal
    price_e18: int
    market_cap: Decimal | None
    supply: Decimal | None
    known_at: datetime
    source: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """
    days         (T,) consecutive UTC days;  symbols (n,)
    closes       (T, n) dollars per token, NaN where no price was known
    market_caps  (T, n) dollars, NaN where not known
    simulated    a figure in it is simulated
    """

    days: tuple[date, ...]
    symbols: tuple[str, ...]
    closes: NDArray[np.float64]
    market_caps: NDArray[np.float64]
    simulated: bool


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a token's last price is, in whole days since the last close."""

    symbol: str
    last_day: date | None
    days_old: int | None


@dataclass(frozen=True, slots=True)
class BatchFacts:
    id: UUID
    source: str
    filename: str
    sha256: str
    known_basis: str
    simulated: bool
    accepted: int
    unchanged: int
    refused: int
    outranked: int
    passed_over: int
    faults: tuple[dict[str, Any], ...]
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """kind: outlier | frozen | stale | disagreement; state: open | kept | corrected | excluded."""

    id: UUID
    symbol: str
    day: date
    kind: str
    close: Decimal | None
    expected: Decimal | None
    source: str
    message: str
    found_at: datetime
    state: str
    reason: str
    decided_by: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest that is known of a token's day; excluded: there is no price of it by a person's decision."""

    close: Decimal
    source: str
    excluded: bool


@dataclass(frozen=True, slots=True)
class TokenEventFacts:
    """One event with where it is known from; `event` is what the arithmetic sees."""

    id: UUID
    event: TokenEvent
    source: str
    known_at: datetime
