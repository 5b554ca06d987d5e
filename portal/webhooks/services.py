"""
Writes: endpoints and their secrets; messages from the trail; one try of one delivery.

The log is read in its own order, which has no gaps, so that each event makes its messages exactly once; each
message is tried at least once and keeps its id, so that a receiver can tell it from another.
"""

import base64
import json
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from standardwebhooks import Webhook

from portal.audit.essences import essences
from portal.audit.facts import EventFacts
from portal.audit.selectors import last_leaf, sequenced
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid
from portal.outbox.services import enqueue
from portal.webhooks import sending
from portal.webhooks.facts import Answer, EndpointFacts, NewSecret
from portal.webhooks.formats import (
    DELIVERY,
    ENDPOINT,
    FOR_INVESTORS,
    FOR_ORGANISATIONS,
    TEST,
    WAITS,
    body_of,
    concerns,
)
from portal.webhooks.models import Attempt, Delivery, Endpoint, Progress
from portal.webhooks.selectors import NoSuchEndpoint, endpoint_facts, message_id

TOPIC = "portal.webhooks.deliver"
MOST_ENDPOINTS = 10
BATCH = 500
ROTATING = timedelta(hours=24)
GONE = 410
WORKER = Actor.worker("webhooks")


class NoSuchDelivery(NoSuchEndpoint):
    code = "no-such-delivery"


class BadTypes(Invalid):
    code = "bad-event-types"


class TooManyEndpoints(Conflict):
    code = "too-many-endpoints"


class EndpointNotActive(Conflict):
    """Nothing is sent where nothing is wanted."""

    code = "endpoint-not-active"


def add_endpoint(
    *, owner: str, user_id: UUID, url: str, types: Iterable[str], actor: Actor, at: datetime
) -> NewSecret:
    """
    Send messages of these types to an address from now on.

    owner   "organisation:<uuid>" or "investor:<uuid>"; the caller has asked for the right to act for it
    raises  BadTarget, BadTypes, TooManyEndpoints
    """
    sending.check_url(url)
    chosen, secret = _types(owner, types), _new_secret()
    kind, _, bare = owner.partition(":")
    with transaction.atomic():
        held = Endpoint.objects.select_for_update().filter(owner=owner).exclude(state="removed")
        if len(held.order_by("pk")) >= MOST_ENDPOINTS:
            raise TooManyEndpoints(f"{MOST_ENDPOINTS} endpoints are possible.", next_step="Remove one first.")
        made = Endpoint(
            owner=owner,
            organisation_id=UUID(bare) if kind == "organisation" else None,
            user_id=user_id,
            url=url,
            types=chosen,
            secret=secret,
            created_at=at,
        )
        made.save()
        _tell("added", made, actor, at, types=chosen)
    return NewSecret(endpoint_facts(made), secret)


def rotate_secret(*, endpoint_id: UUID, owner: str, actor: Actor, at: datetime) -> NewSecret:
    """
    A new secret; for ROTATING the old one signs beside it, so that no message is refused meanwhile.

    raises  NoSuchEndpoint
    """
    secret = _new_secret()
    with transaction.atomic():
        found = _locked(endpoint_id, owner)
        found.previous_secret = found.secret
        found.secret = secret  # type: ignore[assignment]
        found.previous_until = at + ROTATING
        found.save(update_fields=["previous_secret", "secret", "previous_until"])
        _tell("secret_rotated", found, actor, at)
    return NewSecret(endpoint_facts(found), secret)


def remove_endpoint(*, endpoint_id: UUID, owner: str, actor: Actor, at: datetime) -> None:
    """raises  NoSuchEndpoint"""
    with transaction.atomic():
        _move(_locked(endpoint_id, owner), "remove", "", actor, at)


def enable_endpoint(*, endpoint_id: UUID, owner: str, actor: Actor, at: datetime) -> EndpointFacts:
    """
    Send again to an endpoint that was disabled; what it missed meanwhile is not made up for.

    raises  NoSuchEndpoint, NotAllowedNow
    """
    with transaction.atomic():
        found = _locked(endpoint_id, owner)
        _move(found, "enable", "", actor, at)
    return endpoint_facts(found)


def send_test(*, endpoint_id: UUID, owner: str, actor: Actor, at: datetime) -> UUID:
    """
    A message that means nothing, to see whether it arrives.

    returns  the delivery's id
    raises   NoSuchEndpoint, EndpointNotActive
    """
    with transaction.atomic():
        found = _locked(endpoint_id, owner)
        _must_be_active(found)
        made = _make(found, event_id=uuid4(), kind=TEST, subject=f"endpoint:{found.pk}", happened=at, at=at)
        assert made is not None
        _tell("test_asked", found, actor, at)
    return made.pk


def replay(*, delivery_id: UUID, owner: str, actor: Actor, at: datetime) -> None:
    """
    Deliver once more what was delivered or given up; the message and its id stay the same.

    raises  NoSuchDelivery, EndpointNotActive, NotAllowedNow while it is on its way anyhow
    """
    with transaction.atomic():
        found = _delivery(delivery_id, owner)
        _must_be_active(found.endpoint)
        found.state = DELIVERY.after(found.state, "replay")
        found.round, found.next_at = 0, at
        found.save(update_fields=["state", "round", "next_at"])
        _enqueue(found, at=at, when=at)
        _tell("replayed", found.endpoint, actor, at, delivery=str(found.pk))


def fan_out(*, at: datetime) -> int:
    """
    Read the log on from where it was left and make a message for each endpoint that wants an event.

    returns  how many leaves were read
    """
    with transaction.atomic():
        Progress.objects.get_or_create(pk=1)
        progress = Progress.objects.select_for_update().get(pk=1)
        # The end of the log first, then who listens: an endpoint that comes between misses nothing of its own time.
        end = last_leaf()
        gone = Q(
            organisation_id=None, user__is_active=False
        )  # An investor whose account is closed is told nothing.
        listening = list(Endpoint.objects.filter(state="active").exclude(gone).order_by("pk"))
        wanted = {name for one in listening for name in one.types}
        if listening:
            last, events = sequenced(after=progress.leaf_index, actions=wanted, limit=BATCH)
        else:
            last, events = end, []
        if last == progress.leaf_index:
            return 0
        for event in events:
            for one in listening:
                if _wants(one, event):
                    _make(
                        one, event_id=event.event_id, kind=event.action, subject=event.subject,
                        happened=event.happened_at, at=at,
                    )  # fmt: skip
        read, progress.leaf_index = last - progress.leaf_index, last
        progress.save(update_fields=["leaf_index"])
    return read if listening else 0


def deliver(*, delivery_id: UUID, number: int, at: datetime) -> None:
    """
    One try, the `number`th. The other side is called outside a transaction; called again after a crash between call
    and note, it gets the same message once more, and one try is noted.
    """
    found = Delivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if found is None or found.state != "waiting" or found.tries + 1 != number:
        return
    if found.endpoint.state != "active":
        answer = Answer(0, "The endpoint is disabled.", 0)
    else:
        answer = sending.post(url=found.endpoint.url, body=found.body, headers=_headers(found, at))
    _note(found.pk, number, answer, at)


def _note(delivery_id: UUID, number: int, answer: Answer, at: datetime) -> None:
    with transaction.atomic():
        found = (
            Delivery.objects.select_for_update(of=("self",)).select_related("endpoint").get(pk=delivery_id)
        )
        if found.state != "waiting" or found.tries + 1 != number:
            return
        Attempt.objects.create(
            delivery=found, number=number, at=at, status=answer.status, error=answer.error[:200],
            milliseconds=answer.milliseconds,
        )  # fmt: skip
        found.tries, found.next_at = number, None
        if 200 <= answer.status < 300:
            found.state, found.delivered_at = DELIVERY.after(found.state, "deliver"), at
        elif answer.status == GONE or found.endpoint.state != "active" or found.round >= len(WAITS):
            found.state = DELIVERY.after(found.state, "give_up")
        else:
            found.next_at = at + WAITS[found.round]
            found.round += 1
            _enqueue(found, at=at, when=found.next_at)
        found.save(update_fields=["tries", "round", "state", "next_at", "delivered_at"])
        if answer.status == GONE:
            endpoint = Endpoint.objects.select_for_update().get(pk=found.endpoint_id)
            if endpoint.state == "active":
                _move(endpoint, "disable", "It answered 410 Gone.", WORKER, at)


def _wants(one: Endpoint, event: EventFacts) -> bool:
    if event.action not in one.types or event.happened_at < one.created_at:
        return False
    if one.organisation_id is not None:
        return event.organisation == one.organisation_id
    facts = json.loads(event.facts)
    return concerns(
        one.owner, subject=event.subject, actor_id=event.actor_id, user_id=str(one.user_id), facts=facts
    )


def _make(
    one: Endpoint, *, event_id: UUID, kind: str, subject: str, happened: datetime, at: datetime
) -> Delivery | None:
    """The message, once for each event; None where it is there already."""
    noun, _, bare = subject.partition(":")
    data = {"event": str(event_id), noun: bare}
    if one.organisation_id is not None:
        data["organisation"] = str(one.organisation_id)
    made, new = Delivery.objects.get_or_create(
        endpoint=one,
        event_id=event_id,
        defaults={
            "type": kind,
            "subject": subject,
            "body": body_of(kind=kind, at=happened, data=data),
            "created_at": at,
            "next_at": at,
        },
    )
    if new:
        _enqueue(made, at=at, when=at)
    return made if new else None


def _headers(found: Delivery, at: datetime) -> dict[str, str]:
    """Standard Webhooks: the id of the message, the moment of this try, a signature by each secret in force."""
    one = found.endpoint
    keys = [str(one.secret)]
    if one.previous_secret and one.previous_until and at < one.previous_until:
        keys.append(str(one.previous_secret))
    name = message_id(found.pk)
    return {
        "Content-Type": "application/json",
        "User-Agent": "portal-webhooks/1",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(name, at, found.body) for key in keys),
    }


def _enqueue(found: Delivery, *, at: datetime, when: datetime) -> None:
    number = found.tries + 1
    enqueue(
        topic=TOPIC,
        key=f"{found.pk}:{number}",
        payload={"delivery_id": str(found.pk), "number": number},
        at=at,
        available_at=when,
    )


def _locked(endpoint_id: UUID, owner: str) -> Endpoint:
    found = (
        Endpoint.objects.select_for_update()
        .filter(pk=endpoint_id, owner=owner)
        .exclude(state="removed")
        .first()
    )
    if found is None:
        raise NoSuchEndpoint("There is no such endpoint.")
    return found


def _delivery(delivery_id: UUID, owner: str) -> Delivery:
    found = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("endpoint")
        .filter(pk=delivery_id, endpoint__owner=owner)
        .first()
    )
    if found is None:
        raise NoSuchDelivery("There is no such delivery.")
    return found


def _must_be_active(one: Endpoint) -> None:
    if one.state != "active":
        raise EndpointNotActive(
            f"The endpoint is {one.state}: nothing is sent to it.", next_step="Enable it first."
        )


def _move(one: Endpoint, step: str, reason: str, actor: Actor, at: datetime) -> None:
    one.state, one.reason = ENDPOINT.after(one.state, step), reason
    one.save(update_fields=["state", "reason"])
    _tell(f"{step}d", one, actor, at)


def _tell(event: str, one: Endpoint, actor: Actor, at: datetime, **facts: Any) -> None:
    record(
        actor=actor,
        action=f"webhooks.{event}",
        subject=f"endpoint:{one.pk}",
        organisation=one.organisation_id,
        at=at,
        owner=one.owner,
        rows=essences(one),
        **facts,
    )


def _types(owner: str, asked: Iterable[str]) -> list[str]:
    chosen = sorted(set(asked))
    possible = FOR_ORGANISATIONS if owner.startswith("organisation:") else FOR_INVESTORS
    wrong = [one for one in chosen if one not in possible]
    if not chosen or wrong:
        told = (
            f"There is no event type {wrong[0][:40]!r} here." if wrong else "Choose at least one event type."
        )
        raise BadTypes(told, field="types", next_step=f"Possible are: {', '.join(possible)}.")
    return chosen


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
