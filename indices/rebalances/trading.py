"""Trades of an index's own holdings in the ledger: tokens against the outside market, cash against the outside bank."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from indices.domain import valuation
from indices.domain.rebalance import Trade
from indices.rebalances.models import Trade as TradeRow
from indices.rebalances.selectors import LEDGER_PREFIX
from portal.domain.actors import Actor
from portal.ledger.facts import Leg
from portal.ledger.services import define_instrument, open_account, post

VENUE = "venue:market"
"""The subject of the outside bank account through which trades are paid, apart from investors' deposits."""


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
) -> None:
    """
    Post trades in one transaction of the ledger and keep them; the same key posts once. Inside a transaction.

    raises  InsufficientBalance when the index holds less than it sells
    """
    if not trades:
        return
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
    TradeRow.objects.bulk_create(
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
