"""`verify` finds what a superuser changed in prices, rules, baskets, levels, orders and units, and names the row."""

from datetime import timedelta

import pytest

from indices.domain.schedule import closes_at
from indices.subscriptions import dealing, services
from portal.audit.verify import verify_rows
from portal.management.commands.verify import verify_indices
from tests.factories import indices, tampering
from tests.factories.investors import approved_investor

pytestmark = pytest.mark.django_db(transaction=True)
BASE, DAY = indices.BASE, timedelta(days=1)


@pytest.fixture
def story():
    """An index with fees over three rebalances; units bought, some redeemed by selling tokens, an order that waits."""
    indices.steady(20)
    live = indices.live_index(
        fees={"trading_bps": 20, "entry_bps": 50, "exit_bps": 25, "streaming_ppm": 20_000}
    )
    ann = approved_investor(at=closes_at(BASE) - timedelta(hours=20), cash={"USD": 5_000_000})
    who = {"index_id": live.id, "investor_id": ann.id, "actor": ann.actor}
    indices.advance(live.id, BASE + DAY)
    services.place_create(amount_minor=1_000_000, at=indices.after(BASE + DAY), **who)
    indices.advance(live.id, BASE + 2 * DAY, since=BASE + 2 * DAY)
    dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(BASE + 2 * DAY))
    indices.advance(live.id, BASE + 9 * DAY, since=BASE + 3 * DAY)
    services.place_redeem(units=4_000_000_000, at=indices.after(BASE + 9 * DAY), **who)
    taken_back = services.place_create(amount_minor=20_000, at=indices.after(BASE + 9 * DAY), **who)
    services.cancel(order_id=taken_back.id, actor=ann.actor, at=indices.after(BASE + 9 * DAY))
    indices.advance(live.id, BASE + 10 * DAY, since=BASE + 10 * DAY)
    dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(BASE + 10 * DAY))
    indices.advance(live.id, BASE + 16 * DAY, since=BASE + 11 * DAY)
    services.place_create(amount_minor=50_000, at=indices.after(BASE + 16 * DAY), **who)
    return live


def test_what_the_services_wrote_agrees_with_trail_and_ledger(story):
    assert verify_indices() == []


@pytest.mark.slow
def test_every_column_a_superuser_changes_is_found_and_its_row_named(story, superuser_connection):
    tried, held, unseen = 0, [], []
    for model in tampering.kept_models("indices"):
        table = model._meta.db_table
        key = tampering.key_of_a_row(superuser_connection, model)
        if key is None:
            continue
        for column in tampering.columns_of(model):
            with tampering.changed(superuser_connection, table, column, key) as done:
                tried += done
                if not done:
                    held.append(f"{table}.{column}")
                elif f"{table} {key}: it is not what the audit trail recorded." not in verify_rows("indices"):
                    unseen.append(f"{table}.{column}")
    assert unseen == []
    assert tried > 80
    assert len(held) <= 4, held
    assert verify_rows("indices") == []


LEVEL = "UPDATE indices_level SET level = level + 0.000000000000000001 WHERE day = '2025-01-10'"
CLOSE = "UPDATE indices_observation SET close = close + 0.01 WHERE day = '2025-01-10'"


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (LEVEL, "indices_level TEST of 2025-01-10: it says"),
        ("DELETE FROM indices_level WHERE day = '2025-01-10'", "TEST of 2025-01-11: the level of the day before it"),
        ("UPDATE indices_level SET divisor = divisor * 2", "its divisor is not that of its basket"),
        ("UPDATE indices_level SET data_hash = repeat('0', 64)", "the prices known then are not those"),
        (
            "UPDATE indices_level SET basket_id = (SELECT max(id) FROM indices_basket) WHERE day = '2025-01-10'",
            "TEST of 2025-01-10: it counts a basket that was not in force",
        ),
        (CLOSE, "TEST of 2025-01-10: the prices known then"),
        (CLOSE, "indices_importbatch"),
        ("DELETE FROM indices_observation WHERE day = '2025-01-10'", "prices that it counted are gone: AAA, BBB, CCC"),
        ("UPDATE indices_observation SET market_cap = 1 WHERE day = '2025-01-10'", "indices_importbatch"),
        ("UPDATE indices_methodologyversion SET document = '{}'", "its rules do not give its fingerprint"),
        ("UPDATE indices_index SET unit_instrument_id = unit_instrument_id + 1", "its units are not its own instrument"),
        ("UPDATE indices_constituent SET weight_ppb = weight_ppb + 1 WHERE symbol = 'AAA'", "indices_basketline AAA of"),
        ("UPDATE indices_basketline SET quantity = quantity + 1 WHERE symbol = 'BBB'", "indices_basketline BBB of"),
        ("UPDATE indices_basket SET divisor = divisor * 2", "divisor or levels do not follow from its lines"),
        ("UPDATE indices_basket SET level_after = 1", "its basket says otherwise"),
        ("UPDATE indices_trade SET quantity = quantity + 1 WHERE symbol = 'AAA'", "by the ledger"),
        ("UPDATE indices_trade SET value_minor = value_minor + 1 WHERE symbol = 'AAA'", "of USD by the trades"),
        ("DELETE FROM indices_trade WHERE rebalance_id IS NOT NULL", "its trades give 0 and 0"),
        ("UPDATE indices_rebalance SET state = 'held' WHERE state = 'applied'", "its basket says otherwise"),
        (
            "UPDATE indices_order SET units_settled = units_settled + 1 WHERE kind = 'create'",
            "are not what the ledger moved for it",
        ),
        ("UPDATE indices_order SET cash_settled_minor = 1 WHERE kind = 'redeem'", "are not what the ledger moved"),
        ("UPDATE indices_order SET amount_minor = 1 WHERE state = 'placed'", "its reservation in the ledger says"),
        ("UPDATE indices_order SET state = 'cancelled' WHERE state = 'placed'", "its reservation in the ledger says"),
        ("UPDATE indices_order SET run_id = NULL WHERE kind = 'redeem'", "its totals are not the sum of its orders"),
        ("UPDATE indices_dealingrun SET paid_in_minor = 1", "its totals are not the sum of its orders"),
        ("UPDATE indices_dealingrun SET pot_minor = 1", "its pot was to hold 1"),
        ("UPDATE indices_streamedfee SET units = units + 1", "units, the ledger gave"),
        ("DELETE FROM indices_streamedfee", "orders and fees give"),
        ("DELETE FROM indices_order WHERE state = 'cancelled'", "the audit trail tells of it, and it is gone"),
        (
            "INSERT INTO indices_streamedfee (index_id, until, units, supply_before) SELECT index_id, now(), 0, 0 "
            "FROM indices_streamedfee LIMIT 1",
            "no event of the audit trail tells of it",
        ),
    ],
)  # fmt: skip
def test_a_row_changed_by_a_superuser_is_named(story, superuser_connection, statement, sentence):
    superuser_connection.execute("SET session_replication_role = replica")
    superuser_connection.execute(statement)
    found = verify_indices()
    assert any(sentence in line for line in found), found
