"""
The index of a round of chaos: launched over prices of the last days, brought up to yesterday's close by a worker, its
rebalances signed by a person and applied by a worker, an order for units dealt by a worker.

All days lie back, counted from the day the journey began, since nothing closes while it runs: the order is placed
yesterday morning and dealt at yesterday's close. A journey that runs across midnight UTC waits for prices in vain.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from indices.domain.schedule import last_closed
from indices.levels import selectors as levels
from indices.levels.tasks import ADVANCE
from indices.methodologies import selectors as methodology_facts
from indices.methodologies import services as methodologies
from indices.methodologies.facts import IndexFacts
from indices.rebalances import selectors as rebalance_facts
from indices.rebalances import services as rebalances
from indices.subscriptions import selectors as order_facts
from indices.subscriptions import services as subscriptions
from indices.subscriptions.tasks import DEAL
from portal.domain.actors import Actor
from portal.management.story.investors import Investor
from portal.outbox.services import enqueue
from tests.factories import indices
from tests.races.patience import until

DAYS = 9
"""From the base date to yesterday: two weekly rebalances, the second one in effect at yesterday's close."""
TOKENS = {"AAA": (50, 13), "BBB": (40, -7), "CCC": (30, 5), "DDD": (20, 3), "EEE": (10, 11)}


@dataclass(frozen=True)
class Stage:
    """base: of every index; yesterday: the last day that has closed; operator and checker are two people"""

    base: date
    yesterday: date
    operator: Actor
    checker: Actor

    def hour(self, day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour), UTC)


def prepare(*, operator: Actor, checker: Actor) -> Stage:
    """Prices of five tokens, each going its own way; before anything is killed."""
    yesterday = last_closed(timezone.now())
    base = yesterday - timedelta(days=DAYS - 1)
    table = {
        symbol: [f"{start * (1 + step * n * (n + 1) / 2000):.10f}" for n in range(DAYS)]
        for symbol, (start, step) in TOKENS.items()
    }
    indices.closes(table, first=base, at=timezone.now())
    return Stage(base, yesterday, operator, checker)


def play(stage: Stage, buyer: Investor, number: int) -> None:
    """One index from its definition to the rebalance that invests what was paid in."""
    until(lambda: _moved(stage, buyer, number), f"index {number} to be rebalanced")


def known() -> list[IndexFacts]:
    return methodology_facts.indices()


def levels_of(rounds: int) -> dict[str, int]:
    """Every published level in 1e-18, by index and days since its base."""
    found = {}
    for number in range(rounds):
        index = methodology_facts.by_code(f"CHAOS{number}")
        for one in levels.levels(index.id):
            name = f"level of {index.code} on day {(one.day - index.base_date).days}"
            found[name] = int(one.level * Decimal(10) ** 18)
    return found


def _moved(stage: Stage, buyer: Investor, number: int) -> bool:
    """The next step that nobody has done yet; True when there is none."""
    index = _index(stage, number)
    if index.state == "draft":
        _launch(stage, index, number)
        return False
    found = sorted(
        rebalance_facts.rebalances(index_id=index.id), key=lambda rebalance: rebalance.reference_date
    )
    states = [one.state for one in found]
    if states == ["applied", "awaiting_approval"]:
        if _dealt(stage, index, buyer, number):
            _sign(stage, found[1].id)
    elif states == ["applied", "applied"]:
        return True
    else:
        _ask(ADVANCE, index, "-".join(states))
    return False


def _index(stage: Stage, number: int) -> IndexFacts:
    code = f"CHAOS{number}"
    there = [one for one in known() if one.code == code]
    if there:
        return there[0]
    return methodologies.define_index(
        code=code,
        name=f"Chaos {number}",
        document=_rules(stage, number, "none"),
        base_date=stage.base,
        actor=stage.operator,
        at=timezone.now(),
    )


def _launch(stage: Stage, index: IndexFacts, number: int) -> None:
    """Live, with a second version of its rules: from then on two people sign a rebalance."""
    if len(methodology_facts.versions(index.id)) == 1:
        methodologies.add_version(
            index_id=index.id,
            document=_rules(stage, number, "four_eyes"),
            effective_from=stage.base + timedelta(days=1),
            note="Two people from now on.",
            actor=stage.operator,
            at=timezone.now(),
        )
    methodologies.launch(index_id=index.id, actor=stage.operator, at=timezone.now())


def _rules(stage: Stage, number: int, approval: str) -> dict[str, Any]:
    return indices.document(
        schedule={"every": "week", "weekday": stage.base.weekday(), "lag_days": 1},
        fees={"trading_bps": 20 + number, "entry_bps": 50},
        selection={"top": 3 + number % 3},
        weighting={"method": "cap", "cap_ppm": 450_000},
        approval=approval,
    )


def _dealt(stage: Stage, index: IndexFacts, buyer: Investor, number: int) -> bool:
    """An order placed yesterday morning, dealt at yesterday's close once its level is there."""
    placed = order_facts.orders(index_id=index.id)
    if not placed:
        subscriptions.place_create(
            index_id=index.id, investor_id=buyer.id, amount_minor=1_234_567 + 89 * number, actor=buyer.actor,
            at=stage.hour(stage.yesterday, 10),
        )  # fmt: skip
    elif placed[0].state == "placed" and levels.level_on(index.id, stage.yesterday) is not None:
        _ask(DEAL, index, "once")
    elif placed[0].state == "placed":
        _ask(ADVANCE, index, "level")
    return bool(placed) and placed[0].state == "settled"


def _sign(stage: Stage, rebalance_id: UUID) -> None:
    """Yesterday, so that it takes effect at yesterday's close: at prices that are known."""
    rebalances.decide(
        rebalance_id=rebalance_id,
        approved=True,
        checker=stage.checker,
        at=stage.hour(stage.yesterday, 11),
        note="Seen.",
    )


def _ask(topic: str, index: IndexFacts, why: str) -> None:
    """What a sweep does, without waiting for its hour."""
    now = timezone.now()
    with transaction.atomic():
        enqueue(topic=topic, key=f"{index.id}:{why}", payload={"index_id": str(index.id)}, at=now)
