"""What others see of a backtest."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from indices.domain.performance import Statistics, drawdowns, returns_of, statistics


@dataclass(frozen=True, slots=True)
class RebalanceOfBacktest:
    """weights_ppb by symbol, the largest first; turnover_ppm: bought and sold together, of the index before."""

    reference: date
    effective: date
    weights_ppb: dict[str, int]
    turnover_ppm: int
    came: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BacktestFacts:
    """
    levels  of the index as it would have been published, by day;  net after trading costs and the streaming fee
    stops   reference dates that could not be decided, with the reason; the basket stayed
    carried symbol -> days held at its last price, for none was known
    """

    id: UUID
    index_id: UUID | None
    document: dict[str, Any]
    fingerprint: str
    first: date
    last: date
    cost_bps: int
    lag_days: int
    engine: int
    prices_sha256: str
    result_sha256: str
    simulated: bool
    known_by: datetime
    calculated_at: datetime
    days: tuple[date, ...]
    levels: tuple[float, ...]
    net: tuple[float, ...]
    rebalances: tuple[RebalanceOfBacktest, ...]
    stops: tuple[tuple[date, str], ...]
    carried: dict[str, int]

    @property
    def gross_statistics(self) -> Statistics | None:
        return statistics(returns_of(self.levels)) if len(self.levels) > 1 else None

    @property
    def net_statistics(self) -> Statistics | None:
        return statistics(returns_of(self.net)) if len(self.net) > 1 else None

    @property
    def falls(self) -> list[float]:
        """Percent below the highest net level so far, by day."""
        return (
            [0.0, *(100 * float(one) for one in drawdowns(returns_of(self.net)))]
            if len(self.net) > 1
            else [0.0]
        )

    @property
    def turnover_percent_a_year(self) -> float:
        """Bought and sold together, in percent of the index; the first purchase left out."""
        years = max(1, len(self.days) - 1) / 365
        return sum(one.turnover_ppm for one in self.rebalances[1:]) / 10_000 / years

    @property
    def years(self) -> list[tuple[int, float]]:
        """Net return of each calendar year, in percent; the first and the last may be parts of one."""
        ends: dict[int, float] = {}
        for day, level in zip(self.days, self.net, strict=True):
            ends[day.year] = level
        told, before = [], self.net[0]
        for year, level in ends.items():
            told.append((year, 100 * (level / before - 1)))
            before = level
        return told
