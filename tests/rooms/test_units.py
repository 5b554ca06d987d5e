"""Index units: ordered before a cut-off, dealt at the next close at one price, conserved to the last unit and cent."""

from datetime import timedelta
from decimal import Decimal

import pytest

from indices.domain.schedule import closes_at
from indices.levels.selectors import level_on
from indices.methodologies.selectors import index as index_of
from indices.rebalances.selectors import cash_minor, holdings, value
from indices.subscriptions import dealing, services
from indices.subscriptions.selectors import order, outstanding, unit_holdings
from portal.ledger import selectors as ledger
from tests.factories import indices
from tests.factories.investors import approved_investor

pytestmark = pytest.mark.django_db
BASE = indices.BASE
DAY = timedelta(days=1)


@pytest.fixture
def live():
    indices.steady(20)
    return indices.live_index(fees={"trading_bps": 20, "entry_bps": 50, "exit_bps": 25})


@pytest.fixture
def investor():
    return approved_investor(at=closes_at(BASE) - timedelta(hours=20), cash={"USD": 5_000_000})


def cash_of(owner: str) -> int:
    return sum(b.posted for b in ledger.balances(owner=owner, purpose="cash"))


def test_units_are_created_at_the_next_level_and_invested_at_the_next_rebalance(live, investor):
    indices.advance(live.id, BASE + DAY)
    placed_at = indices.after(BASE + DAY)
    placed = services.place_create(
        index_id=live.id, investor_id=investor.id, amount_minor=1_000_000, actor=investor.actor, at=placed_at
    )
    assert placed.dealing_day == BASE + 2 * DAY
    assert dealing.deal(index_id=live.id, actor=indices.ACTOR, at=placed_at) is None
    indices.advance(live.id, BASE + 2 * DAY, since=BASE + 2 * DAY)
    run = dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(BASE + 2 * DAY))

    level = level_on(live.id, BASE + 2 * DAY).level
    assert run.price == Decimal(101)
    assert level == pytest.approx(Decimal(101), abs=Decimal("1e-12"))
    done = order(placed.id)
    assert (done.state, done.fee_minor, done.cash_settled_minor) == ("settled", 5_000, 1_000_000)
    assert done.units_settled == 995_000 * 10**8 // 10_100
    assert outstanding(index_of(live.id)) == done.units_settled
    assert cash_of(investor.owner) == 4_000_000
    assert cash_minor(live.id) == 995_000

    indices.advance(live.id, BASE + 8 * DAY, since=BASE + 3 * DAY)
    assert set(holdings(live.id)) == {"AAA", "BBB", "CCC"}
    fund = value(live.id, day=BASE + 8 * DAY, known_by=indices.after(BASE + 8 * DAY))
    assert 995_000 - 1_995 <= fund.nav_minor <= 995_000 - 1_980
    assert fund.cash_minor >= 0
    assert (
        unit_holdings(investor_id=investor.id, at=indices.after(BASE + 8 * DAY))[0].value_minor
        == fund.nav_minor
    )
