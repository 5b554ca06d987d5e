"""Markets and indices for tests, made through the services only."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from indices.domain.price_rows import parse
from indices.domain.schedule import closes_at
from indices.domain.simulation import SimulatedMarket, simulate
from indices.levels import services as levels
from indices.methodologies import selectors
from indices.methodologies import services as methodologies
from indices.methodologies.facts import IndexFacts
from indices.prices import services as prices
from indices.prices.facts import BatchFacts
from portal.domain.actors import Actor
from tests.factories.methodologies import SYMBOLS as SYMBOLS
from tests.factories.methodologies import document as document

ACTOR = Actor.worker("test")
OPERATOR = Actor(kind="user", id="00000000-0000-0000-0000-00000000aaaa", label="Operator")
CHECKER = Actor(kind="user", id="00000000-0000-0000-0000-00000000bbbb", label="Checker")
BASE = date(2025, 1, 5)
"""A Sunday."""


def after(day: date) -> datetime:
    """Half an hour after a day's close: prices of the day are known."""
    return closes_at(day) + timedelta(minutes=30)


def closes(
    table: Mapping[str, Sequence[float | str | None]],
    *,
    first: date = BASE,
    caps: Mapping[str, float] | None = None,
    at: datetime | None = None,
    source: str = "test",
) -> BatchFacts:
    """Closes by symbol, a day each from `first` on; None leaves the day out. Capitalisation = close x supply."""
    supplies = caps or dict.fromkeys(table, 1000000.0)
    rows: dict[str, list[Any]] = {name: [] for name in ("date", "symbol", "close", "market_cap_usd")}
    for symbol, values in table.items():
        for n, value in enumerate(values):
            if value is None:
                continue
            rows["date"].append(first + timedelta(days=n))
            rows["symbol"].append(symbol)
            rows["close"].append(str(value))
            rows["market_cap_usd"].append(str(round(float(value) * supplies[symbol], 2)))
    last = max(rows["date"])
    return prices.take(
        parse(rows, last_day=last),
        source=source,
        filename="table",
        sha256="0" * 64,
        known="assumed",
        actor=ACTOR,
        at=at or after(last),
    )


def market(days: int = 60, *, first: date = BASE, seed: int = 1) -> SimulatedMarket:
    """A simulated market, taken in whole."""
    made = simulate(seed=seed, first=first, days=days)
    prices.import_simulation(market=made, actor=ACTOR, at=after(made.days[-1]))
    return made


def steady(days: int = 20, *, first: date = BASE) -> None:
    """Five tokens at 50, 40, 30, 20 and 10 dollars that all rise by one percent a day."""
    closes(
        {
            symbol: [f"{start * 1.01**n:.12f}" for n in range(days)]
            for symbol, start in zip(SYMBOLS, (50, 40, 30, 20, 10), strict=True)
        },
        first=first,
    )


def live_index(
    code: str = "TEST", *, base: date = BASE, level: Decimal = Decimal(100), **changes: Any
) -> IndexFacts:
    """An index that was launched on its base date."""
    at = closes_at(base) - timedelta(hours=12)
    made = methodologies.define_index(
        code=code,
        name=f"{code} index",
        document=document(**changes),
        base_date=base,
        base_level=level,
        actor=OPERATOR,
        at=at,
    )
    return methodologies.launch(index_id=made.id, actor=OPERATOR, at=at)


def facts_of(index_id: UUID) -> IndexFacts:
    return selectors.index(index_id)


def advance(index_id: UUID, until: date, *, since: date | None = None) -> levels.Advanced:
    """Day by day, as beat does it; returns what the last day did."""
    day = since or BASE
    done = levels.Advanced((), (), "")
    while day <= until:
        done = levels.advance(index_id=index_id, actor=ACTOR, at=after(day))
        day += timedelta(days=1)
    return done
