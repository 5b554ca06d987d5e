"""The workers of indices: what beat wakes asks the outbox, and what comes twice is done once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from indices.domain.schedule import last_closed
from indices.levels import tasks as levels
from indices.levels.selectors import behind, last_level
from indices.prices import tasks as prices
from indices.prices.selectors import span
from indices.rebalances.models import Basket
from indices.subscriptions import services
from indices.subscriptions import tasks as dealing
from indices.subscriptions.models import DealingRun, Order
from portal.outbox import services as outbox
from tests.factories import indices
from tests.factories.investors import approved_investor

pytestmark = pytest.mark.django_db


@pytest.fixture
def live():
    first = last_closed(timezone.now()) - timedelta(days=9)
    indices.steady(10, first=first)
    return indices.live_index(base=first)


def deliver(task):
    """What the relay and a worker do with this task's messages, and once more with the same; returns their number."""
    waiting = [one for one in outbox.claim_due(at=timezone.now()) if one.topic == task.name]
    for message in [*waiting, *waiting]:
        task(message.message_id)
    return len(waiting)


def test_beat_brings_an_index_up_to_the_last_close_however_often_it_beats(live):
    for _ in range(3):
        levels.sweep()
    assert deliver(levels.advance) == 1
    assert last_level(live.id).day == last_closed(timezone.now())
    assert Basket.objects.count() == 2
    assert behind(at=timezone.now()) == []
    levels.sweep()
    assert deliver(levels.advance) == 0


def test_beat_deals_what_waits_once(live):
    levels.sweep()
    deliver(levels.advance)
    investor = approved_investor(cash={"USD": 1_000_000})
    services.place_create(
        index_id=live.id,
        investor_id=investor.id,
        amount_minor=100_000,
        actor=investor.actor,
        at=timezone.now(),
    )
    dealing.sweep()
    assert deliver(dealing.deal) == 0
    Order.objects.update(dealing_day=last_closed(timezone.now()))
    dealing.sweep()
    assert deliver(dealing.deal) == 1
    assert DealingRun.objects.get().state == "settled"
    assert Order.objects.get().state == "settled"
    dealing.sweep()
    assert deliver(dealing.deal) == 0


def test_beat_lets_a_simulated_market_go_on():
    first = last_closed(timezone.now()) - timedelta(days=12)
    indices.market(10, first=first)
    prices.extend_simulation()
    prices.extend_simulation()
    assert span(known_by=timezone.now()) == (first, last_closed(timezone.now()))
