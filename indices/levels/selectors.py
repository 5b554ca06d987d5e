"""Reads of levels."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from indices.domain.performance import Statistics, returns_of, statistics
from indices.domain.schedule import closes_at, last_closed
from indices.levels.facts import LevelFacts
from indices.levels.models import Level
from indices.methodologies.selectors import indices
from indices.rebalances.services import open_before

LIVE_WITHIN = timedelta(hours=36)


def levels(index_id: UUID, *, first: date | None = None, last: date | None = None) -> list[LevelFacts]:
    """Levels by day."""
    query = Level.objects.filter(index_id=index_id).order_by("day")
    if first is not None:
        query = query.filter(day__gte=first)
    if last is not None:
        query = query.filter(day__lte=last)
    return [level_facts(found) for found in query]


def level_on(index_id: UUID, day: date) -> LevelFacts | None:
    found = Level.objects.filter(index_id=index_id, day=day).first()
    return None if found is None else level_facts(found)


def last_level(index_id: UUID) -> LevelFacts | None:
    found = Level.objects.filter(index_id=index_id).order_by("-day").first()
    return None if found is None else level_facts(found)


def recent(index_ids: Collection[UUID], *, days: int = 90) -> dict[UUID, list[LevelFacts]]:
    """index -> its last so many levels, oldest first; for sparklines."""
    return {index_id: _last(index_id, days) for index_id in index_ids}


def _last(index_id: UUID, count: int) -> list[LevelFacts]:
    rows = list(Level.objects.filter(index_id=index_id).order_by("-day")[:count])
    return [level_facts(found) for found in reversed(rows)]


def statistics_of(found: Sequence[LevelFacts]) -> Statistics | None:
    """Of consecutive daily levels; None where there are fewer than two."""
    if len(found) < 2:
        return None
    return statistics(returns_of([float(one.level) for one in found]))


def level_facts(found: Level) -> LevelFacts:
    return LevelFacts(
        index_id=found.index_id,
        day=found.day,
        level=found.level,
        divisor=found.divisor,
        data_hash=found.data_hash,
        simulated=found.simulated,
        live=found.calculated_at - closes_at(found.day) <= LIVE_WITHIN,
        calculated_at=found.calculated_at,
    )


def behind(*, at: datetime) -> list[UUID]:
    """Live indices without the level of the last closed day, or with a rebalance that is due."""
    day = last_closed(at)
    found = []
    for index in indices(states=["live"]):
        newest = last_level(index.id)
        if newest is None or newest.day < day or open_before(index.id, day + timedelta(days=1)) is not None:
            found.append(index.id)
    return found
