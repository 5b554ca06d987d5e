"""Orders are placed before a cut-off, and may be taken back until the close that deals them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from indices.domain.schedule import closes_at, dealing_day
from indices.methodologies.models import Index
from indices.methodologies.selectors import NoSuchIndex, version_on
from indices.rebalances.trading import cash_account
from indices.subscriptions.facts import OrderFacts
from indices.subscriptions.models import ORDER, Order
from indices.subscriptions.selectors import NoSuchOrder, assess_create, assess_redeem, order_facts
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.decision import Decision
from portal.domain.errors import Conflict, Invalid, Refused
from portal.ledger.services import open_account, release, reserve


class OrderRefused(Refused):
    """The rules refused an order; `decision` has every finding. Nothing was reserved."""

    code = "order-refused"

    def __init__(self, decision: Decision) -> None:
        failures = decision.failures
        super().__init__(
            failures[0].message,
            next_step=" ".join(dict.fromkeys(finding.remedy for finding in failures if finding.remedy)),
            source=failures[0].source,
            reasons=[finding.message for finding in failures],
        )
        self.decision = decision


class NotPositive(Invalid):
    code = "order-not-positive"


class BeingDealt(Conflict):
    """The order's close has passed; it is dealt and cannot be taken back."""

    code = "order-being-dealt"


def place_create(
    *, index_id: UUID, investor_id: UUID, amount_minor: int, actor: Actor, at: datetime
) -> OrderFacts:
    """
    Order units for an amount of cash at the next close; the cash is reserved.

    raises  NoSuchIndex, NotPositive, OrderRefused with every finding, InsufficientBalance
    """
    if amount_minor <= 0:
        raise NotPositive("The amount must be above zero.", field="amount")
    with transaction.atomic():
        index = _share_index(index_id)
        decision = assess_create(index_id=index_id, investor_id=investor_id, amount_minor=amount_minor, at=at)
        if not decision.passed:
            raise OrderRefused(decision)
        account = cash_account(f"investor:{investor_id}", actor=actor, at=at)
        return _place(index, investor_id, "create", amount_minor, account, decision, actor, at)


def place_redeem(*, index_id: UUID, investor_id: UUID, units: int, actor: Actor, at: datetime) -> OrderFacts:
    """
    Order the redemption of units (1e-8) at the next close; the units are reserved.

    raises  NoSuchIndex, NotPositive, OrderRefused, InsufficientBalance
    """
    if units <= 0:
        raise NotPositive("The number of units must be above zero.", field="units")
    with transaction.atomic():
        index = _share_index(index_id)
        decision = assess_redeem(index_id=index_id, investor_id=investor_id, units=units, at=at)
        if not decision.passed:
            raise OrderRefused(decision)
        account = open_account(
            owner=f"investor:{investor_id}", instrument_id=index.unit_instrument_id, purpose="holding"
        )
        return _place(index, investor_id, "redeem", units, account, decision, actor, at)


def cancel(
    *, order_id: UUID, actor: Actor, at: datetime, investor_id: UUID | None = None, reason: str = ""
) -> OrderFacts:
    """
    Take an order back before its close; what was reserved is free again.

    raises  NoSuchOrder (also when it is not this investor's), NotAllowedNow, BeingDealt
    """
    with transaction.atomic():
        query = Order.objects.select_for_update(of=("self",)).select_related("index", "run")
        order = query.filter(pk=order_id).first()
        if order is None or (investor_id is not None and order.investor_id != investor_id):
            raise NoSuchOrder("There is no order with this id.")
        state = ORDER.after(order.state, "cancel")
        if closes_at(order.dealing_day) <= at:
            raise BeingDealt(f"The order is dealt at the close of {order.dealing_day}, which has passed.")
        end(order, state, reason, actor, at)
    return order_facts(order)


def end(order: Order, state: str, reason: str, actor: Actor, at: datetime) -> None:
    """End an order that is locked without dealing it: what it reserved is free again. Inside a transaction."""
    release(reservation_id=order.reservation_id, actor=actor, at=at)
    order.state, order.reason = state, reason
    order.save(update_fields=["state", "reason"])
    record(
        actor=actor,
        action=f"subscriptions.order_{state}",
        subject=f"order:{order.pk}",
        at=at,
        reason=reason,
        index=str(order.index_id),
        rows=essences(order),
    )


def _share_index(index_id: UUID) -> Index:
    """The index, which may not be suspended or changed while an order is placed; orders do not wait for each other."""
    index = Index.objects.select_for_update(no_key=True).filter(pk=index_id).first()
    if index is None:
        raise NoSuchIndex("There is no index with this id.")
    return index


def _place(
    index: Index,
    investor_id: UUID,
    kind: str,
    quantity: int,
    account_id: int,
    decision: Decision,
    actor: Actor,
    at: datetime,
) -> OrderFacts:
    order = Order(
        index=index,
        investor_id=investor_id,
        kind=kind,
        amount_minor=quantity if kind == "create" else None,
        units=quantity if kind == "redeem" else None,
        dealing_day=dealing_day(at, version_on(index.pk, at.date()).rules.cut_off),
        decision=decision.as_dict(),
        placed_at=at,
    )
    order.reservation_id = reserve(
        key=f"order:{order.pk}",
        account_id=account_id,
        amount=quantity,
        reference=f"order:{order.pk}",
        actor=actor,
        at=at,
    )
    order.save(force_insert=True)
    record(
        actor=actor,
        action="subscriptions.order_placed",
        subject=f"order:{order.pk}",
        at=at,
        index=str(index.pk),
        investor=str(investor_id),
        kind=kind,
        quantity=str(quantity),
        dealing_day=order.dealing_day.isoformat(),
        decision=order.decision,
        rows=essences(order),
    )
    return order_facts(order)
