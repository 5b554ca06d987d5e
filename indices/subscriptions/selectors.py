"""Reads of orders, dealing runs, and of who holds units."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db.models import Case, F, Q, Sum, When

from indices.domain import valuation
from indices.domain.dealing import may_create, may_redeem
from indices.domain.schedule import last_closed
from indices.levels.selectors import last_level, level_on
from indices.methodologies.facts import IndexFacts
from indices.methodologies.selectors import index as index_of
from indices.methodologies.selectors import version_on
from indices.rebalances.selectors import value
from indices.subscriptions.facts import OrderFacts, RunFacts, UnitHoldingFacts
from indices.subscriptions.models import DealingRun, Order
from investors.accreditation.selectors import claims_of
from portal.domain.decision import Decision
from portal.domain.errors import NotFound
from portal.ledger import selectors as ledger


class NoSuchOrder(NotFound):
    code = "no-such-order"


class NoSuchRun(NotFound):
    code = "no-such-dealing-run"


def order(order_id: UUID, *, investor_id: UUID | None = None) -> OrderFacts:
    """
    An order; with `investor_id` only when it is his.

    raises  NoSuchOrder
    """
    query = Order.objects.select_related("index", "run").filter(pk=order_id)
    if investor_id is not None:
        query = query.filter(investor_id=investor_id)
    found = query.first()
    if found is None:
        raise NoSuchOrder("There is no order with this id.")
    return order_facts(found)


def orders(
    *,
    investor_id: UUID | None = None,
    index_id: UUID | None = None,
    states: Collection[str] | None = None,
    limit: int = 100,
) -> list[OrderFacts]:
    """Orders that fit, newest first."""
    query = Order.objects.select_related("index", "run").order_by("-placed_at", "pk")
    for name, given in (("investor_id", investor_id), ("index_id", index_id)):
        if given is not None:
            query = query.filter(**{name: given})
    if states is not None:
        query = query.filter(state__in=list(states))
    return [order_facts(found) for found in query[:limit]]


def runs(*, index_id: UUID | None = None, limit: int = 60) -> list[RunFacts]:
    """Dealing runs, newest first."""
    query = DealingRun.objects.all() if index_id is None else DealingRun.objects.filter(index_id=index_id)
    return [run_facts(found) for found in query[:limit]]


def run(run_id: UUID) -> RunFacts:
    """raises  NoSuchRun"""
    found = DealingRun.objects.filter(pk=run_id).first()
    if found is None:
        raise NoSuchRun("There is no dealing run with this id.")
    return run_facts(found)


def assess_create(*, index_id: UUID, investor_id: UUID, amount_minor: int, at: datetime) -> Decision:
    """
    What the rules say to an order for units, now.

    raises  NoSuchIndex, NoVersionInForce, NoSuchInvestor
    """
    return may_create(
        rules=version_on(index_id, at.date()).rules,
        state=index_of(index_id).state,
        claims=claims_of(investor_id, on=at.date()),
        amount_minor=amount_minor,
        available_minor=available_cash(investor_id),
        on=at.date(),
    )


def assess_redeem(*, index_id: UUID, investor_id: UUID, units: int, at: datetime) -> Decision:
    """What the rules say to an order to redeem units, now."""
    index = index_of(index_id)
    return may_redeem(
        state=index.state,
        claims=claims_of(investor_id, on=at.date()),
        units=units,
        available_units=available_units(index, investor_id),
    )


def available_cash(investor_id: UUID) -> int:
    """Cents free in the investor's cash account."""
    found = ledger.balances(owner=f"investor:{investor_id}", purpose="cash")
    return sum(balance.available for balance in found if balance.instrument_code == valuation.CASH)


def available_units(index: IndexFacts, investor_id: UUID) -> int:
    """1e-8 units that the investor holds and has not set aside for an order."""
    if index.unit_instrument_id is None:
        return 0
    found = ledger.balances(
        owner=f"investor:{investor_id}", instrument_id=index.unit_instrument_id, purpose="holding"
    )
    return sum(balance.available for balance in found)


def outstanding(index: IndexFacts) -> int:
    """1e-8 units in all hands."""
    if index.unit_instrument_id is None:
        return 0
    found = ledger.balances(owner=index.owner, instrument_id=index.unit_instrument_id, purpose="issued")
    return -sum(balance.posted for balance in found)


def unit_holdings(*, investor_id: UUID, at: datetime) -> list[UnitHoldingFacts]:
    """What an investor holds of every index, worth at the last published close."""
    codes = {
        balance.instrument_code.removeprefix("unit:"): balance
        for balance in ledger.balances(owner=f"investor:{investor_id}", purpose="holding")
        if balance.instrument_code.startswith("unit:") and balance.posted
    }
    paid = _invested(investor_id)
    found = []
    for index in (index_of(pk) for pk in _ids_of(codes)):
        balance = codes[index.code]
        level = last_level(index.id)
        worth = None if level is None else _worth(index, balance.posted, level.day, at)
        found.append(
            UnitHoldingFacts(
                index_id=index.id,
                code=index.code,
                name=index.name,
                units=balance.posted,
                reserved=balance.reserved,
                value_minor=worth,
                invested_minor=paid.get(index.id, 0),
                as_of=None if level is None else level.day,
                simulated=level is not None and level.simulated,
            )
        )
    return found


def _worth(index: IndexFacts, units: int, day: date, at: datetime) -> int | None:
    """Cents at a day's close; None while a price of that day lacks."""
    try:
        fund = value(index.id, day=day, known_by=at)
    except valuation.MissingPrice:
        return None
    return valuation.units_worth(units=units, nav_minor=fund.nav_minor, outstanding=outstanding(index))


def _ids_of(codes: Collection[str]) -> list[UUID]:
    return list(
        Order.objects.filter(index__code__in=list(codes))
        .order_by("index__code")
        .values_list("index_id", flat=True)
        .distinct()
    )


def _invested(investor_id: UUID) -> dict[UUID, int]:
    signed = Case(When(Q(kind="create"), then=F("cash_settled_minor")), default=-F("cash_settled_minor"))
    rows = (
        Order.objects.filter(investor_id=investor_id, state="settled")
        .values("index_id")
        .annotate(paid=Sum(signed))
    )
    return {row["index_id"]: int(row["paid"]) for row in rows}


def to_deal(*, at: datetime) -> list[UUID]:
    """Indices with an unfinished run, or with orders whose close has passed and is published."""
    day = last_closed(at)
    found = set(DealingRun.objects.filter(state="priced").values_list("index_id", flat=True))
    waiting = Order.objects.filter(state="placed", run=None, dealing_day__lte=day)
    for index_id in waiting.values_list("index_id", flat=True).distinct():
        dealt = DealingRun.objects.filter(index_id=index_id, day=day).exists()
        if not dealt and level_on(index_id, day) is not None:
            found.add(index_id)
    return sorted(found)


def order_facts(found: Order) -> OrderFacts:
    return OrderFacts(
        id=found.pk,
        index_id=found.index_id,
        index_code=found.index.code,
        index_name=found.index.name,
        investor_id=found.investor_id,
        kind=found.kind,
        amount_minor=found.amount_minor,
        units=found.units,
        state=found.state,
        reason=found.reason,
        dealing_day=found.dealing_day,
        decision=found.decision,
        run_id=found.run_id,
        price=None if found.run is None else found.run.price,
        units_settled=found.units_settled,
        cash_settled_minor=found.cash_settled_minor,
        fee_minor=found.fee_minor,
        transaction_id=found.transaction_id,
        placed_at=found.placed_at,
        settled_at=found.settled_at,
    )


def run_facts(found: DealingRun) -> RunFacts:
    return RunFacts(
        id=found.pk,
        index_id=found.index_id,
        day=found.day,
        state=found.state,
        nav_minor=found.nav_minor,
        units_before=found.units_before,
        fee_units=found.fee_units,
        price=found.price,
        created_units=found.created_units,
        redeemed_units=found.redeemed_units,
        paid_in_minor=found.paid_in_minor,
        paid_out_minor=found.paid_out_minor,
        simulated=found.simulated,
        priced_at=found.priced_at,
        settled_at=found.settled_at,
    )
