"""One door for effects: enqueue(). The rest is what relay, consumers and operators do with a message."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from portal.audit.services import OutsideTransaction, record
from portal.domain.actors import Actor
from portal.domain.errors import NotFound
from portal.outbox.models import MESSAGE, Message
from portal.runtime.statements import one_row

MAX_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=1)


class NoSuchMessage(NotFound):
    code = "no-such-message"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to a worker."""

    message_id: int
    topic: str
    payload: dict[str, Any]


_ENQUEUE = """
INSERT INTO outbox_message (topic, key, payload, state, attempts, created_at, available_at, last_error)
VALUES (%s, %s, %s::jsonb, 'waiting', 0, %s, %s, '') ON CONFLICT (topic, key) DO NOTHING
"""


def enqueue(
    *, topic: str, key: str, payload: dict[str, Any], at: datetime, available_at: datetime | None = None
) -> None:
    """
    Ask for an effect after this transaction commits; the same (topic, key) asks once.

    topic    name of the Celery task that does it
    payload  its keyword arguments: ids only
    raises   OutsideTransaction
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{topic} was to be enqueued outside a transaction.")
    one_row(_ENQUEUE, [topic, key, json.dumps(payload), at, available_at or at])


def claim_due(*, at: datetime, limit: int = 100) -> list[Delivery]:
    """
    Messages due now, marked as sent. Call inside the transaction in which they are handed to the broker:
    when the broker does not take them, the mark goes with the transaction.
    """
    due = list(
        Message.objects.select_for_update(skip_locked=True)
        .filter(state="waiting", available_at__lte=at)
        .order_by("available_at", "id")[:limit]
    )
    Message.objects.filter(pk__in=[message.pk for message in due]).update(
        state="sent", sent_at=at, attempts=F("attempts") + 1
    )
    return [Delivery(message.pk, message.topic, message.payload) for message in due]


def begin(*, message_id: int) -> Delivery | None:
    """What a consumer has to do; None when it is done already, was given up, or nobody knows it."""
    message = Message.objects.filter(pk=message_id).exclude(state__in=["done", "dead"]).first()
    return Delivery(message.pk, message.topic, message.payload) if message else None


def finish(*, message_id: int, at: datetime) -> None:
    """The effect is there."""
    Message.objects.filter(pk=message_id).exclude(state="done").update(
        state="done", done_at=at, last_error=""
    )


def fail(*, message_id: int, error: str, at: datetime) -> None:
    """The consumer raised: wait longer each time, and give up aloud after MAX_ATTEMPTS."""
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message_id)
        if message.state != "sent":
            return
        _again_or_never(message, event="fail", error=error, wait=backoff(message.attempts), at=at)


def _again_or_never(message: Message, *, event: str, error: str, wait: timedelta, at: datetime) -> None:
    """Under the message's lock: back to waiting by `event`, or dead after MAX_ATTEMPTS, which the trail tells."""
    given_up = message.attempts >= MAX_ATTEMPTS
    message.state = MESSAGE.after(message.state, "give_up" if given_up else event)
    message.available_at = at + wait
    message.last_error = error[:4000]
    message.save(update_fields=["state", "available_at", "last_error"])
    if given_up:
        record(
            actor=Actor.worker("outbox"),
            action="outbox.gave_up",
            subject=f"message:{message.pk}",
            at=at,
            topic=message.topic,
            attempts=message.attempts,
        )


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 1 s, 2 s, 4 s … at most an hour."""
    return min(timedelta(seconds=2 ** max(attempts - 1, 0)), LONGEST_WAIT)


def resend_lost(*, at: datetime, after: timedelta) -> int:
    """
    Messages sent longer ago than `after` and never finished wait again: whoever had them is gone. Should he be
    only slow, the effect is asked for twice, which consumers are made for. What was lost MAX_ATTEMPTS times is
    given up, since it may be what kills the workers.

    returns  how many wait again
    """
    with transaction.atomic():
        lost = list(
            Message.objects.select_for_update(skip_locked=True)
            .filter(state="sent", sent_at__lt=at - after)
            .order_by("pk")
        )
        for message in lost:
            error = message.last_error or "It was sent and never finished: its worker is gone."
            _again_or_never(message, event="resend", error=error, wait=timedelta(0), at=at)
    return sum(message.state == "waiting" for message in lost)


def retry(*, message_id: int, actor: Actor, at: datetime) -> None:
    """
    An operator sends a dead letter once more.

    raises  NoSuchMessage, NotAllowedNow
    """
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=message_id).first()
        if message is None:
            raise NoSuchMessage("There is no such message.")
        message.state = MESSAGE.after(message.state, "retry")
        message.attempts = 0
        message.available_at = at
        message.save(update_fields=["state", "attempts", "available_at"])
        record(
            actor=actor, action="outbox.retried", subject=f"message:{message.pk}", at=at, topic=message.topic
        )
