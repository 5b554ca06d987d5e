"""Index units: ordered before a cut-off, dealt at the next close at one price, conserved to the last unit and cent."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest

from indices.domain.schedule import closes_at
from indices.levels.selectors import level_on
from indices.methodologies import services as methodologies
from indices.methodologies.selectors import index as index_of
from indices.rebalances.selectors import cash_minor, holdings, value
from indices.subscriptions import dealing, services
from indices.subscriptions.selectors import NoSuchOrder, order, orders, outstanding, unit_holdings
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


def books_balance() -> None:
    """Every instrument sums to zero over all accounts."""
    for instrument in ledger.instruments():
        found = ledger.balances(instrument_id=instrument.id)
        assert sum(balance.posted for balance in found) == 0, instrument.code
        assert all(balance.reserved == 0 for balance in found), instrument.code


def bought(live, investor, amount=1_000_000, *, day=BASE + DAY):
    """An investor who bought at the close of the day after `day`."""
    indices.advance(live.id, day)
    services.place_create(
        index_id=live.id,
        investor_id=investor.id,
        amount_minor=amount,
        actor=investor.actor,
        at=indices.after(day),
    )
    indices.advance(live.id, day + DAY, since=day + DAY)
    return dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(day + DAY))


def test_units_go_back_at_the_next_close_paid_from_sales_in_proportion(live, investor):
    bought(live, investor)
    indices.advance(live.id, BASE + 9 * DAY, since=BASE + 3 * DAY)
    before, units = (
        holdings(live.id),
        unit_holdings(investor_id=investor.id, at=indices.after(BASE + 9 * DAY))[0].units,
    )
    asked = services.place_redeem(
        index_id=live.id,
        investor_id=investor.id,
        units=units // 2,
        actor=investor.actor,
        at=indices.after(BASE + 9 * DAY),
    )
    indices.advance(live.id, BASE + 10 * DAY, since=BASE + 10 * DAY)
    fund = value(live.id, day=BASE + 10 * DAY, known_by=indices.after(BASE + 10 * DAY))
    run = dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(BASE + 10 * DAY))
    done = order(asked.id)
    gross = (units // 2) * fund.nav_minor // units
    assert done.state == "settled"
    assert done.fee_minor == -(-gross * 25 // 10_000)
    assert done.cash_settled_minor == gross - done.fee_minor
    assert run.paid_out_minor == gross
    assert cash_of(investor.owner) == 4_000_000 + gross - done.fee_minor
    assert outstanding(index_of(live.id)) == units - units // 2
    after = holdings(live.id)
    assert all(0.49 < after[symbol] / before[symbol] < 0.51 for symbol in before)
    books_balance()


def test_all_units_can_go_back_and_nothing_is_left_but_dust(live, investor):
    bought(live, investor)
    units = unit_holdings(investor_id=investor.id, at=indices.after(BASE + 2 * DAY))[0].units
    services.place_redeem(
        index_id=live.id,
        investor_id=investor.id,
        units=units,
        actor=investor.actor,
        at=indices.after(BASE + 2 * DAY),
    )
    indices.advance(live.id, BASE + 3 * DAY, since=BASE + 3 * DAY)
    dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(BASE + 3 * DAY))
    assert outstanding(index_of(live.id)) == 0
    assert (cash_minor(live.id), holdings(live.id)) == (0, {})
    books_balance()


def test_everybody_of_a_run_deals_at_one_price_and_cash_that_comes_in_pays_what_goes_out(live, investor):
    bought(live, investor)
    indices.advance(live.id, BASE + 9 * DAY, since=BASE + 3 * DAY)
    second = approved_investor(at=closes_at(BASE) - timedelta(hours=20), cash={"USD": 3_000_000})
    at = indices.after(BASE + 9 * DAY)
    units = unit_holdings(investor_id=investor.id, at=at)[0].units
    services.place_redeem(
        index_id=live.id, investor_id=investor.id, units=units // 3, actor=investor.actor, at=at
    )
    services.place_create(
        index_id=live.id, investor_id=second.id, amount_minor=777_777, actor=second.actor, at=at
    )
    before = holdings(live.id)
    indices.advance(live.id, BASE + 10 * DAY, since=BASE + 10 * DAY)
    run = dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(BASE + 10 * DAY))
    assert {found.price for found in orders(index_id=live.id) if found.run_id == run.id} == {run.price}
    assert holdings(live.id) == before
    assert run.created_units == (777_777 - 3_889) * run.units_before // run.nav_minor
    books_balance()


@pytest.mark.parametrize("stop", ["priced", "created", "filled", "redeemed"])
def test_a_run_that_died_is_taken_up_where_it_stopped(live, investor, stop):
    bought(live, investor)
    at = indices.after(BASE + 2 * DAY)
    units = unit_holdings(investor_id=investor.id, at=at)[0].units
    services.place_redeem(
        index_id=live.id, investor_id=investor.id, units=units // 2, actor=investor.actor, at=at
    )
    services.place_create(
        index_id=live.id, investor_id=investor.id, amount_minor=50_000, actor=investor.actor, at=at
    )
    indices.advance(live.id, BASE + 3 * DAY, since=BASE + 3 * DAY)
    at = indices.after(BASE + 3 * DAY)
    steps = {
        "priced": lambda run: None,
        "created": lambda run: dealing.settle_chunk(run_id=run, kind="create", actor=indices.ACTOR, at=at),
        "filled": lambda run: dealing.fill_pot(run_id=run, actor=indices.ACTOR, at=at),
        "redeemed": lambda run: dealing.settle_chunk(run_id=run, kind="redeem", actor=indices.ACTOR, at=at),
    }
    run = dealing.price_run(index_id=live.id, actor=indices.ACTOR, at=at)
    for name, step in steps.items():
        step(run)
        if name == stop:
            break
    done = dealing.deal(index_id=live.id, actor=indices.ACTOR, at=at)
    assert (done.id, done.state) == (run, "settled")
    assert dealing.deal(index_id=live.id, actor=indices.ACTOR, at=at) is None
    assert [found.state for found in orders(index_id=live.id)] == ["settled"] * 3
    assert done.paid_out_minor == (units // 2) * done.nav_minor // done.units_before
    books_balance()


def test_an_order_that_the_rules_refuse_tells_all_reasons_and_reserves_nothing(live, investor):
    poor = approved_investor(at=closes_at(BASE) - timedelta(hours=20), accredited=False, cash={"USD": 5_000})
    with pytest.raises(services.OrderRefused) as refused:
        services.place_create(
            index_id=live.id,
            investor_id=poor.id,
            amount_minor=9_000,
            actor=poor.actor,
            at=indices.after(BASE),
        )
    failed = [finding.rule for finding in refused.value.decision.failures]
    assert failed == ["minimum-order", "cash-available"]
    assert "$90.00; the least is $100.00" in refused.value.reasons[0]
    assert (orders(investor_id=poor.id), cash_of(poor.owner)) == ([], 5_000)
    books_balance()


def test_an_index_for_accredited_investors_asks_for_it(investor):
    indices.steady(5)
    closed = indices.live_index("CLOSED", dealing={"accredited_only": True, "minimum_minor": "100"})
    other = approved_investor(at=closes_at(BASE) - timedelta(hours=20), accredited=False, cash={"USD": 5_000})
    with pytest.raises(services.OrderRefused) as refused:
        services.place_create(
            index_id=closed.id,
            investor_id=other.id,
            amount_minor=1_000,
            actor=other.actor,
            at=indices.after(BASE),
        )
    assert [finding.rule for finding in refused.value.decision.failures] == ["investor-accredited"]
    placed = services.place_create(
        index_id=closed.id,
        investor_id=investor.id,
        amount_minor=1_000,
        actor=investor.actor,
        at=indices.after(BASE),
    )
    assert placed.state == "placed"


def test_more_units_than_are_free_cannot_go_back(live, investor):
    bought(live, investor)
    at = indices.after(BASE + 2 * DAY)
    units = unit_holdings(investor_id=investor.id, at=at)[0].units
    services.place_redeem(index_id=live.id, investor_id=investor.id, units=units, actor=investor.actor, at=at)
    with pytest.raises(services.OrderRefused, match=r"0\.00000000 are free"):
        services.place_redeem(index_id=live.id, investor_id=investor.id, units=1, actor=investor.actor, at=at)
    assert len(orders(index_id=live.id, states=["placed"])) == 1


def test_an_order_is_taken_back_until_its_close_and_only_by_its_owner(live, investor):
    at = indices.after(BASE)
    placed = services.place_create(
        index_id=live.id, investor_id=investor.id, amount_minor=20_000, actor=investor.actor, at=at
    )
    with pytest.raises(NoSuchOrder):
        services.cancel(order_id=placed.id, investor_id=uuid4(), actor=investor.actor, at=at)
    late = indices.after(placed.dealing_day)
    with pytest.raises(services.BeingDealt):
        services.cancel(order_id=placed.id, investor_id=investor.id, actor=investor.actor, at=late)
    ended = services.cancel(order_id=placed.id, investor_id=investor.id, actor=investor.actor, at=at)
    assert ended.state == "cancelled"
    books_balance()


def test_nothing_is_dealt_while_the_level_of_the_close_is_not_published(live, investor):
    services.place_create(
        index_id=live.id,
        investor_id=investor.id,
        amount_minor=20_000,
        actor=investor.actor,
        at=indices.after(BASE),
    )
    with pytest.raises(dealing.NotYetDealt, match="level of 2025-01-06 is not published"):
        dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(BASE + DAY))
    assert orders(index_id=live.id)[0].state == "placed"


def test_the_streaming_fee_is_minted_for_the_house_by_the_formula(investor):
    indices.steady(20)
    live = indices.live_index(fees={"trading_bps": 0, "streaming_ppm": 20_000})
    bought(live, investor)
    supply = outstanding(index_of(live.id))
    indices.advance(live.id, BASE + 12 * DAY, since=BASE + 3 * DAY)
    at = indices.after(BASE + 12 * DAY)
    services.place_create(
        index_id=live.id, investor_id=investor.id, amount_minor=20_000, actor=investor.actor, at=at
    )
    indices.advance(live.id, BASE + 13 * DAY, since=BASE + 13 * DAY)
    run = dealing.deal(index_id=live.id, actor=indices.ACTOR, at=indices.after(BASE + 13 * DAY))
    elapsed = 11 * 86_400
    share = Fraction(20_000 * elapsed, 1_000_000 * 31_557_600)
    assert run.fee_units == int(share * supply / (1 - share))
    assert run.units_before == supply + run.fee_units
    books_balance()


@pytest.mark.parametrize("amount", [0, -5])
def test_an_order_for_nothing_is_refused(live, investor, amount):
    with pytest.raises(services.NotPositive):
        services.place_create(
            index_id=live.id,
            investor_id=investor.id,
            amount_minor=amount,
            actor=investor.actor,
            at=indices.after(BASE),
        )


def test_a_suspended_index_takes_no_orders(live, investor):
    methodologies.move(
        index_id=live.id, event="suspend", reason="review", actor=indices.OPERATOR, at=indices.after(BASE)
    )
    with pytest.raises(services.OrderRefused, match="The index is suspended"):
        services.place_create(
            index_id=live.id,
            investor_id=investor.id,
            amount_minor=20_000,
            actor=investor.actor,
            at=indices.after(BASE),
        )
