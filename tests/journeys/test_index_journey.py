"""
An index over real prices: defined, rebalanced week by week, subscribed to and dealt, and every figure of it
computed a second time here, from the file alone. Skips aloud where the prices are not given.
"""

import math
from datetime import UTC, date, datetime, timedelta

import polars
import pytest

from indices.levels import selectors as levels
from indices.levels.services import advance
from indices.methodologies import services as methodologies
from indices.prices import services as prices
from indices.rebalances import selectors as rebalances
from indices.subscriptions import selectors as orders
from indices.subscriptions import services as subscriptions
from indices.subscriptions.dealing import deal
from portal.audit import selectors as audit
from portal.audit.sequencer import seal_all
from portal.audit.verify import verify_log
from portal.domain.actors import Actor
from portal.ledger import selectors as ledger
from portal.ledger.verify import verify_ledger
from portal.management.story import investors
from portal.management.story.cast import actor_of, found_house
from portal.management.story.clock import Clock
from portal.management.story.people import HERO

pytestmark = pytest.mark.slow
WORKER = Actor.worker("indices")
BASE = date(2025, 8, 3)  # a Sunday
FIRST, SECOND = (
    BASE + timedelta(days=1),
    BASE + timedelta(days=8),
)  # the Mondays on which the baskets take effect
SYMBOLS = ["BTC", "ETH", "SOL", "XRP", "ADA"]
RULES = {
    "theme": "Five large caps",
    "universe": {"symbols": SYMBOLS},
    "selection": {"top": 5},
    "weighting": {"method": "cap", "cap_ppm": 400_000},
    "schedule": {"every": "week", "weekday": 6, "lag_days": 1},
    "fees": {"streaming_ppm": 0, "entry_bps": 0, "exit_bps": 0, "trading_bps": 0},
    "dealing": {"cut_off": "16:00", "minimum_minor": "10000", "accredited_only": True},
}


class Published:
    """The file as anybody may read it."""

    def __init__(self, path):
        frame = polars.read_parquet(path).filter(polars.col("symbol").is_in(SYMBOLS))
        self.rows = {(row["symbol"], row["date"].date()): row for row in frame.iter_rows(named=True)}

    def close(self, symbol, day):
        return self.rows[symbol, day]["close"]

    def capped_weights(self, day, cap):
        """Market capitalisation, what exceeds the cap handed to the others in proportion until nobody exceeds it."""
        caps = {symbol: self.rows[symbol, day]["market_cap_usd"] for symbol in SYMBOLS}
        weights = {symbol: value / sum(caps.values()) for symbol, value in caps.items()}
        while any(weight > cap + 1e-15 for weight in weights.values()):
            fixed = {symbol for symbol, weight in weights.items() if weight >= cap - 1e-15}
            rest = sum(caps[symbol] for symbol in SYMBOLS if symbol not in fixed)
            weights = {
                symbol: cap if symbol in fixed else (1 - cap * len(fixed)) * caps[symbol] / rest
                for symbol in SYMBOLS
            }
        return weights


@pytest.fixture
def published(reference_data):
    path = reference_data / "market" / "seed_tokens_daily.parquet"
    if not path.is_file():
        pytest.skip(f"no real prices at {path}: set REFERENCE_DATA")
    return path, Published(path)


@pytest.fixture
def index(transactional_db, published, now):
    """The index, live since its base date, and an accredited investor with 100,000.00."""
    clock = Clock(datetime(2025, 8, 2, 9, tzinfo=UTC))
    house = found_house("Aldermoor", clock)
    investors.import_sample_list(house, clock)
    prices.import_file(path=published[0], source="published", actor=WORKER, at=now)
    operator = actor_of(house.operator)
    made = methodologies.define_index(
        code="FIVE", name="Five", document=RULES, base_date=BASE, actor=operator, at=clock()
    )
    made = methodologies.launch(index_id=made.id, actor=operator, at=clock())
    hero = investors.admit(HERO, 10_000_000, house, clock)
    return made, hero, clock


def test_two_weeks_of_a_capped_index_give_the_levels_that_the_file_gives(index, published):
    made, _, clock = index
    clock.go_to(SECOND + timedelta(days=5), 1)
    done = advance(index_id=made.id, actor=WORKER, at=clock())
    assert done.stopped == ""
    found = {level.day: level for level in levels.levels(made.id)}
    assert not any(level.simulated for level in found.values())

    file = published[1]
    first = file.capped_weights(BASE, 0.4)
    assert max(first.values()) == pytest.approx(0.4)
    at_second = None
    for day in sorted(found):
        if day <= SECOND:
            expected = 100 * sum(w * file.close(s, day) / file.close(s, FIRST) for s, w in first.items())
            at_second = expected
        else:
            second = file.capped_weights(SECOND - timedelta(days=1), 0.4)
            expected = at_second * sum(
                w * file.close(s, day) / file.close(s, SECOND) for s, w in second.items()
            )
        assert float(found[day].level) == pytest.approx(expected, rel=1e-8), day
    assert float(found[FIRST].level) == 100
    applied = rebalances.rebalances(index_id=made.id, states=["applied"])
    assert [r.effective_date for r in applied] == [SECOND, FIRST]
    assert float(applied[0].level) == pytest.approx(float(found[SECOND].level), rel=1e-12)


def test_units_are_bought_at_the_next_level_and_nothing_is_lost(index, published):
    made, hero, clock = index
    clock.go_to(FIRST + timedelta(days=1), 1)
    advance(index_id=made.id, actor=WORKER, at=clock())
    clock.go_to(FIRST + timedelta(days=1), 10)
    order = subscriptions.place_create(
        index_id=made.id, investor_id=hero.id, amount_minor=2_500_000, actor=hero.actor, at=clock()
    )
    assert _money(hero.owner).reserved == 2_500_000
    clock.go_to(FIRST + timedelta(days=2), 1)
    advance(index_id=made.id, actor=WORKER, at=clock())
    deal(index_id=made.id, actor=WORKER, at=clock())

    dealt = orders.order(order.id)
    level = levels.level_on(made.id, FIRST + timedelta(days=1)).level
    units = next(b for b in ledger.balances(owner=hero.owner, instrument_id=made.unit_instrument_id)).posted
    assert dealt.state == "settled"
    # The price is the level rounded up to a cent, the units are rounded down to 1e-8: nobody gets more than he paid.
    price_minor = math.ceil(level * 100)
    assert units == 2_500_000 * 10**8 // price_minor
    assert (_money(hero.owner).posted, _money(hero.owner).reserved) == (7_500_000, 0)
    outstanding = [b.posted for b in ledger.balances(instrument_id=made.unit_instrument_id)]
    assert sum(outstanding) == 0

    clock.go_to(SECOND + timedelta(days=1), 1)
    advance(index_id=made.id, actor=WORKER, at=clock())
    held = rebalances.holdings(made.id)
    assert set(held) == set(SYMBOLS)
    worth = sum(quantity / 10**18 * published[1].close(symbol, SECOND) for symbol, quantity in held.items())
    # Money paid in waits as cash until the next rebalance, and buys there what it was worth.
    assert worth + rebalances.cash_minor(made.id) / 100 == pytest.approx(25_000, abs=0.05)

    seal_all(at=clock())
    for action in (
        "rebalances.proposed",
        "rebalances.applied",
        "levels.calculated",
        "methodologies.index_launched",
    ):
        assert audit.events(action=action, limit=1), action
    assert verify_ledger() + verify_log() == []


def _money(owner):
    return next(b for b in ledger.balances(owner=owner) if b.instrument_code == "USD")
