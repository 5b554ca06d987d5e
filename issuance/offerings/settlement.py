"""
Settling what was allotted and freeing what was not: chunk by chunk, each one transaction, each subscription
under its own key, so that a run that was killed goes on where it stopped.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from issuance.domain.allotment import METHODS, Demand, consideration
from issuance.offerings.models import OFFERING_LIFECYCLE, SUBSCRIPTION_LIFECYCLE, Offering, Subscription
from issuance.offerings.selectors import WAITING, NoSuchOffering, waiting_chunks
from issuance.register.facts import Intended, LotTerms, Payment
from issuance.register.services import MovementRefused, issue
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.ledger import selectors as ledger
from portal.ledger.facts import Leg
from portal.ledger.services import open_account, release
from portal.outbox.services import enqueue

CHUNK = 100
"""Subscriptions that are settled or released in one transaction."""
SETTLE = "issuance.offerings.settle"
REFUND = "issuance.offerings.refund"


def settle_chunk(*, offering_id: UUID, chunk: int, actor: Actor, at: datetime) -> int:
    """
    Settle one chunk of a closed offering: each allotment is issued against its payment under the
    subscription's own key, the rest of its cash is freed. Doing it again does nothing.

    returns  how many subscriptions it finished
    raises   NoSuchOffering
    """
    with transaction.atomic():
        row = locked(offering_id)
        if row.state != "closed":
            return 0
        done = 0
        for one in _chunk(row, chunk, ("allotted",)):
            _settle(one, row, actor, at)
            done += 1
        row.save(update_fields=["subscribed_quantity"])
        finish(row, actor, at)
    return done


def refund_chunk(*, offering_id: UUID, chunk: int, actor: Actor, at: datetime) -> int:
    """
    Free the cash of one chunk of a cancelled offering. Doing it again does nothing.

    returns  how many subscriptions it released
    raises   NoSuchOffering
    """
    with transaction.atomic():
        row = locked(offering_id)
        if row.state != "cancelling":
            return 0
        found = _chunk(row, chunk, ("reserved",))
        for one in found:
            release_one(one, row, "release", actor, at)
        row.save(update_fields=["subscribed_quantity"])
        finish(row, actor, at)
    return len(found)


def allot(row: Offering) -> int:
    """Allotments of all waiting subscriptions in the order in which they came; returns their sum."""
    waiting = list(
        Subscription.objects.select_for_update().filter(offering=row, state="reserved").order_by("number")
    )
    demands = [Demand(str(one.pk), one.quantity) for one in waiting]
    parts = METHODS[row.method](row.max_quantity, demands, step=row.step)
    for one in waiting:
        one.state = SUBSCRIPTION_LIFECYCLE.after(one.state, "allot")
        one.allotted_quantity = parts[str(one.pk)]
    Subscription.objects.bulk_update(waiting, ["state", "allotted_quantity"], batch_size=1000)
    return sum(parts.values())


def _settle(one: Subscription, row: Offering, actor: Actor, at: datetime) -> None:
    """Issue against payment. What the rules refuse now (a lapsed identity, a freeze) is refunded, and says why."""
    quantity, security = one.allotted_quantity, row.security
    if not quantity:
        release_one(one, row, "refuse", actor, at)
        return
    price = consideration(quantity, price_minor=row.price_minor, scale=security.scale)
    money = ledger.instrument(security.currency).id
    legs = (
        Leg(open_account(owner=one.investor, instrument_id=money, purpose="cash"), -price),
        Leg(open_account(owner=f"issuer:{security.issuer_id}", instrument_id=money, purpose="cash"), price),
    )
    lock = None if row.lock_up_days is None else at.astimezone(UTC).date() + timedelta(days=row.lock_up_days)
    terms = LotTerms(exemption=row.exemption, price_minor=row.price_minor, locked_until=lock)
    intended = Intended(
        kind="issue",
        security_id=security.pk,
        quantity=quantity,
        subject=f"subscription:{one.pk}",
        target=one.investor,
    )
    try:
        line = issue(
            key=f"subscription:{one.pk}",
            intended=intended,
            lot=terms,
            payment=Payment(legs, one.reservation_id),
            actor=actor,
            at=at,
        )
    except MovementRefused as refused:
        release_one(one, row, "refuse", actor, at, decision=str(refused.decision_id))
        return
    one.state = SUBSCRIPTION_LIFECYCLE.after(one.state, "settle")
    one.paid_minor, one.movement_id, one.done_at = price, line.id, at
    one.save(update_fields=["state", "paid_minor", "movement_id", "done_at"])
    row.subscribed_quantity -= one.quantity


def release_one(
    one: Subscription, row: Offering, event: str, actor: Actor, at: datetime, decision: str = ""
) -> None:
    release(reservation_id=one.reservation_id, actor=actor, at=at)
    one.state = SUBSCRIPTION_LIFECYCLE.after(one.state, event)
    one.done_at = at
    one.save(update_fields=["state", "done_at"])
    row.subscribed_quantity -= one.quantity
    told(
        row,
        f"offering.subscription_{one.state}",
        actor,
        at,
        subscription=str(one.pk),
        investor=one.investor,
        **({"decision": decision} if decision else {}),
    )


def _chunk(row: Offering, chunk: int, states: tuple[str, ...]) -> list[Subscription]:
    first = chunk * CHUNK + 1
    return list(
        Subscription.objects.select_for_update()
        .filter(offering=row, number__gte=first, number__lt=first + CHUNK, state__in=states)
        .order_by("number")
    )


def hand_out(row: Offering, topic: str, at: datetime) -> None:
    for chunk in waiting_chunks(row.pk, size=CHUNK):
        enqueue(
            topic=topic,
            key=f"{row.pk}:{chunk}",
            payload={"offering_id": str(row.pk), "chunk": chunk},
            at=at,
        )


def finish(row: Offering, actor: Actor, at: datetime) -> None:
    """The last chunk to be done finishes the offering; so does closing one without subscriptions."""
    if Subscription.objects.filter(offering=row, state__in=WAITING).exists():
        return
    event = "settle" if row.state == "closed" else "finish_cancelling"
    row.state, row.settled_at = OFFERING_LIFECYCLE.after(row.state, event), at
    row.save(update_fields=["state", "settled_at"])
    told(row, "offering.settled" if event == "settle" else "offering.refunded", actor, at)


def locked(offering_id: UUID) -> Offering:
    row = (
        Offering.objects.select_for_update(of=("self",))
        .select_related("security__issuer", "security__token")
        .filter(pk=offering_id)
        .first()
    )
    if row is None:
        raise NoSuchOffering("There is no offering with this id.")
    return row


def told(row: Offering, action: str, actor: Actor, at: datetime, reason: str = "", **facts: Any) -> None:
    record(
        actor=actor,
        action=action,
        subject=f"offering:{row.pk}",
        organisation=row.security.issuer_id,
        reason=reason,
        at=at,
        **facts,
    )
