"""Two workers at once, and workers that die: real threads on real connections, everything done once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from indices.levels import services as levels
from indices.levels.models import Level
from indices.rebalances import trading
from indices.rebalances.models import Basket, Rebalance, Trade
from indices.rebalances.selectors import cash_minor, holdings
from indices.subscriptions import dealing, services, settlement
from indices.subscriptions.models import Order
from indices.subscriptions.selectors import outstanding
from portal.ledger import selectors as ledger
from portal.ledger.models import Transaction
from tests.factories import indices
from tests.factories.indices import ACTOR, BASE, after
from tests.factories.investors import approved_investor

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


class Killed(BaseException):
    """The worker is gone."""


def at_once(work, count=4):
    """Run the same work in so many threads at the same moment; returns what went wrong."""
    gate, wrong = threading.Barrier(count), []

    def run():
        gate.wait()
        try:
            work()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return wrong


@pytest.fixture
def traded():
    """A live index that an investor holds, on the evening before its second rebalance takes effect."""
    indices.steady(12)
    index = indices.live_index()
    investor = approved_investor(at=after(BASE) - timedelta(hours=20), cash={"USD": 5_000_000})
    indices.advance(index.id, BASE + DAY)
    services.place_create(
        index_id=index.id,
        investor_id=investor.id,
        amount_minor=1_000_000,
        actor=investor.actor,
        at=after(BASE + DAY),
    )
    indices.advance(index.id, BASE + 2 * DAY, since=BASE + 2 * DAY)
    dealing.deal(index_id=index.id, actor=ACTOR, at=after(BASE + 2 * DAY))
    indices.advance(index.id, BASE + 7 * DAY, since=BASE + 3 * DAY)
    return index, investor


def test_four_workers_at_once_apply_a_rebalance_once(traded):
    index, _ = traded
    wrong = at_once(lambda: levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY)))
    assert wrong == []
    assert Basket.objects.count() == 2
    assert Rebalance.objects.filter(state="applied").count() == 2
    assert Trade.objects.count() == 3
    assert Transaction.objects.filter(kind="index.rebalance").count() == 1
    assert Level.objects.count() == 8


def test_a_worker_that_dies_in_a_rebalance_leaves_nothing_half_done(traded, monkeypatch):
    index, _ = traded
    before = (cash_minor(index.id), holdings(index.id))
    real = trading.execute

    def dies(**options):
        real(**options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(trading, "execute", dies)
        with pytest.raises(Killed):
            levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY))
    assert (cash_minor(index.id), holdings(index.id)) == before
    assert Basket.objects.count() == 1
    levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY))
    assert set(holdings(index.id)) == {"AAA", "BBB", "CCC"}
    assert Basket.objects.count() == 2


def test_four_workers_at_once_deal_every_order_once(traded):
    index, investor = traded
    at = after(BASE + 7 * DAY)
    for amount in range(6):
        services.place_create(
            index_id=index.id,
            investor_id=investor.id,
            amount_minor=20_000 + amount,
            actor=investor.actor,
            at=at,
        )
    units = outstanding(indices.facts_of(index.id))
    services.place_redeem(
        index_id=index.id, investor_id=investor.id, units=units // 2, actor=investor.actor, at=at
    )
    levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY))
    wrong = at_once(lambda: dealing.deal(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY)))
    assert wrong == []
    assert set(Order.objects.values_list("state", flat=True)) == {"settled"}
    settled = Order.objects.filter(kind="create").values_list("units_settled", flat=True)
    assert outstanding(indices.facts_of(index.id)) == sum(settled) - units // 2
    for instrument in ledger.instruments():
        assert sum(one.posted for one in ledger.balances(instrument_id=instrument.id)) == 0


@pytest.mark.parametrize("survives", [0, 1, 2, 3])
def test_a_worker_that_dies_in_a_dealing_run_is_followed_by_the_next(traded, monkeypatch, survives):
    index, investor = traded
    at = after(BASE + 7 * DAY)
    for amount in range(3):
        services.place_create(
            index_id=index.id,
            investor_id=investor.id,
            amount_minor=20_000 + amount,
            actor=investor.actor,
            at=at,
        )
    levels.advance(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY))
    monkeypatch.setattr(dealing, "CHUNK", 1)
    real, left = settlement.settle_create, [survives]

    def dies(*given, **options):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return real(*given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(settlement, "settle_create", dies)
        if survives < 3:
            with pytest.raises(Killed):
                dealing.deal(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY))
            assert Order.objects.filter(state="settled", dealing_day=BASE + 8 * DAY).count() == survives
    run = dealing.deal(index_id=index.id, actor=ACTOR, at=after(BASE + 8 * DAY))
    assert run.paid_in_minor == 60_003
    assert set(Order.objects.values_list("state", flat=True)) == {"settled"}
    assert Transaction.objects.filter(kind="index.create").count() == 4
