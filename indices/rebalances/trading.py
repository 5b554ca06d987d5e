"""
What a rebalance puts into effect: the next basket with its divisor, and the trades of the index's own holdings in
the ledger, tokens against the outside market and cash against the outside bank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from indices.domain import valuation
from indices.domain.level import divisor_after, level_of
from indices.domain.rebalance import Plan, Trade, plan
from indices.domain.schedule import last_closed
from indices.methodologies.models import Index
from indices.methodologies.selectors import version_facts
from indices.prices.selectors import prices_on
from indices.rebalances.facts import BasketFacts
from indices.rebalances.models import Basket, BasketLine, Rebalance
from indices.rebalances.models import Trade as TradeRow
from indices.rebalances.selectors import LEDGER_PREFIX, cash_minor, holdings, periods, whole_prices
from portal.domain.actors import Actor
from portal.ledger.facts import Leg
from portal.ledger.services import define_instrument, open_account, post

BASE_BASKET_DOLLARS = 1_000_000
VENUE = "venue:market"
"""The subject of the outside bank account through which trades are paid, apart from investors' deposits."""


@dataclass(frozen=True, slots=True)
class NextBasket:
    """The next basket with its divisor; levels at the same closes by the old one and by this."""

    quantities: dict[str, int]
    divisor: Decimal
    before: Decimal | None
    after: Decimal


def next_basket(found: Rebalance, index: Index, old: BasketFacts | None, at: datetime) -> NextBasket:
    """
    The basket of a rebalance at its effective date's closes.

    raises  MissingPrice naming every token, of the old basket or the new, without a price of that day
    """
    weights = _weights(found)
    held = {} if old is None else old.quantities
    symbols = {*weights, *held} - {valuation.CASH}
    prices = whole_prices(prices_on(found.effective_date, symbols=symbols, known_by=at))
    valuation.value_e36(dict.fromkeys(symbols, 1), prices)
    return basket_after(old, weights, prices, base_level=index.base_level)


def basket_after(
    old: BasketFacts | None, weights: Mapping[str, int], prices: Mapping[str, int], *, base_level: Decimal
) -> NextBasket:
    """
    The basket of these weights that takes over from `old` at these prices, or begins the index at its base level.

    weights  symbol -> parts per billion; prices  symbol -> 1e-18 dollars, of both baskets
    """
    worth = BASE_BASKET_DOLLARS * 10**36 if old is None else valuation.value_e36(old.quantities, prices)
    quantities = valuation.basket_quantities(weights, prices, worth=worth)
    after = valuation.value_e36(quantities, prices)
    if old is None:
        first = level_of(valuation.dollars(after), Decimal(1))
        divisor = divisor_after(Decimal(1), before=base_level, after=first)
        return NextBasket(quantities, divisor, None, level_of(valuation.dollars(after), divisor))
    divisor = divisor_after(old.divisor, before=worth, after=after)
    before = level_of(valuation.dollars(worth), old.divisor)
    return NextBasket(quantities, divisor, before, level_of(valuation.dollars(after), divisor))


def plan_trades(found: Rebalance, index: Index, at: datetime) -> Plan | None:
    """
    Trades of the index's own holdings, at the last closes; None when it holds nothing, or when a later rebalance is
    due by now as well.

    raises  MissingPrice, CannotFund
    """
    held, cash = holdings(index.pk), cash_minor(index.pk)
    if not held and not cash:
        return None
    day = max(found.effective_date, last_closed(at))
    if any(
        reference > found.reference_date and effective <= day
        for reference, _, effective in periods(index.pk, until=last_closed(at))
    ):
        return None
    weights = {symbol: share for symbol, share in _weights(found).items() if symbol != valuation.CASH}
    rules = version_facts(found.version).rules
    return plan(
        held,
        cash,
        weights,
        prices=whole_prices(prices_on(day, symbols={*held, *weights}, known_by=at)),
        minimum_minor=rules.minimum_trade_minor,
        cost_bps=rules.trading_bps,
    )


def keep_basket(found: Rebalance, basket: NextBasket, at: datetime) -> list[Basket | BasketLine]:
    """Write it down; from its effective date on levels count it. returns  the basket and its lines"""
    kept = Basket.objects.create(
        index_id=found.index_id,
        rebalance=found,
        effective_date=found.effective_date,
        divisor=basket.divisor,
        level_before=basket.before,
        level_after=basket.after,
        created_at=at,
    )
    lines = BasketLine.objects.bulk_create(
        BasketLine(basket=kept, symbol=symbol, quantity=quantity)
        for symbol, quantity in sorted(basket.quantities.items())
    )
    return [kept, *lines]


def _weights(found: Rebalance) -> dict[str, int]:
    return dict(found.constituents.filter(weight_ppb__gt=0).values_list("symbol", "weight_ppb"))


def cash_account(owner: str, *, actor: Actor, at: datetime) -> int:
    """The owner's cash account in dollars, opened when it is not there yet."""
    return open_account(owner=owner, instrument_id=_dollars(actor, at), purpose="cash")


def execute(
    *,
    index_id: UUID,
    trades: Sequence[Trade],
    key: str,
    kind: str,
    reference: str,
    day: date,
    rebalance_id: UUID | None = None,
    dealing_run_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> list[TradeRow]:
    """
    Post trades in one transaction of the ledger and keep them; the same key posts once. Inside a transaction.

    returns  the trades as kept
    raises  InsufficientBalance when the index holds less than it sells
    """
    if not trades:
        return []
    owner = f"index:{index_id}"
    legs = []
    for trade in trades:
        token = define_instrument(
            code=LEDGER_PREFIX + trade.symbol,
            kind="crypto",
            scale=valuation.TOKEN_SCALE,
            name=trade.symbol,
            actor=actor,
            at=at,
        )
        legs.append(Leg(open_account(owner=owner, instrument_id=token.id, purpose="holding"), trade.quantity))
        legs.append(
            Leg(open_account(owner="outside", instrument_id=token.id, purpose="market"), -trade.quantity)
        )
    cash = sum(trade.cash_minor for trade in trades)
    if cash:
        bank = open_account(owner="outside", instrument_id=_dollars(actor, at), purpose="bank", subject=VENUE)
        legs += [Leg(cash_account(owner, actor=actor, at=at), cash), Leg(bank, -cash)]
    post(key=key, kind=kind, reference=reference, legs=legs, actor=actor, at=at)
    return TradeRow.objects.bulk_create(
        TradeRow(
            index_id=index_id,
            rebalance_id=rebalance_id,
            dealing_run_id=dealing_run_id,
            day=day,
            symbol=trade.symbol,
            quantity=trade.quantity,
            price=trade.price,
            value_minor=trade.value_minor,
            cost_minor=trade.cost_minor,
        )
        for trade in trades
    )


def _dollars(actor: Actor, at: datetime) -> int:
    return define_instrument(
        code=valuation.CASH, kind="cash", scale=valuation.MONEY_SCALE, name="US dollar", actor=actor, at=at
    ).id
